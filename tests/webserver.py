"""An https server for tests that interrupts, stalls, redirects and refuses on request."""

from __future__ import annotations

import hashlib
import random
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

CONTENT = random.Random(0).randbytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()


@dataclass
class Site:
    """The behavior of the server, and a record of its requests."""

    url: str
    content: bytes = CONTENT
    headers: dict[str, str] = field(default_factory=lambda: {"ETag": '"1"'})
    ranges: bool = True
    length: bool = True
    statuses: list[int] = field(
        default_factory=list
    )  # statuses of the next responses, instead of the file
    cuts: list[int] = field(
        default_factory=list
    )  # bytes after which the next responses are interrupted
    stall: bool = False  # stall instead of interrupting
    asked: list[str] = field(default_factory=list)  # Range of each request, or an empty string
    sent: list[int] = field(default_factory=list)  # bytes of each response
    over: threading.Event = field(default_factory=threading.Event)

    def answer(self, handler: BaseHTTPRequestHandler) -> None:
        asked = handler.headers.get("Range", "")
        self.asked.append(asked)
        status = self.statuses.pop(0) if self.statuses else 200
        start, headers = 0, dict(self.headers)
        same = handler.headers.get("If-Range") in (
            headers.get("ETag"),
            headers.get("Last-Modified"),
        )
        if status == 200 and asked and self.ranges and same:
            start = int(asked.removeprefix("bytes=").removesuffix("-"))
            status = 206 if start < len(self.content) else 416
            span = f"{start}-{len(self.content) - 1}" if status == 206 else "*"
            headers["Content-Range"] = f"bytes {span}/{len(self.content)}"
        body = self.content[start:] if status < 300 else b""
        handler.send_response(status)
        if self.length:
            headers["Content-Length"] = str(len(body))
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        cut = self.cuts.pop(0) if self.cuts and body else len(body)
        self.sent.append(min(cut, len(body)))
        handler.wfile.write(body[:cut])
        if self.stall and cut < len(body):
            self.over.wait(5)


class Server(ThreadingHTTPServer):
    daemon_threads = False  # closing the server waits for its threads
    site: Site

    def handle_error(self, *_: object) -> None:
        """Ignore clients that disconnect early."""


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.site.answer(self)

    def log_message(self, *_: object) -> None:
        pass
