"""Fetch one file over https: go on after a cut, check what came, show it whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import logging
import os
import re
import shutil
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import IO, Any
from urllib.error import HTTPError, URLError
from urllib.request import HTTPRedirectHandler, HTTPSHandler, OpenerDirector, Request, build_opener

from filelock import FileLock, Timeout

from restorer.errors import WeightsError
from restorer.settings import CancelToken, OnTick

log = logging.getLogger(__name__)

_TRIES = 5
_DELAY_S = 1.0  # before the second try, doubled before each further one
_BLOCK_BYTES = 1 << 16
_BY_HAND = "fetch the file in a browser and put it at"


def download(
    url: str,
    target: Path,
    *,
    sha256: str = "",
    size: int = 0,
    max_bytes: int = 2 << 30,
    on_bytes: OnTick | None = None,
    cancel: CancelToken | None = None,
    context: ssl.SSLContext | None = None,
    timeout_s: float = 30.0,
) -> str:
    """Fetch `url` to `target`, which is made or replaced whole, and return its SHA-256.

    What came before a cut, a stop or a kill stays in ``<target>.part``; the next call goes on from
    there if the file on the server is still the same. Cuts are retried a few times first. Where
    two processes want one target, the second waits; with `sha256` it then finds the file there, as
    does every later call, without a connection. Proxies come from the environment.

    Args:
        url: https only, redirects too.
        target: Its folder is made.
        sha256: What the file must have; anything else is removed.
        size: In bytes, what the file must have; 0 if unknown.
        max_bytes: Larger files are refused as soon as that shows.
        on_bytes: Told (bytes there, bytes in all); 0 in all if unknown.
        cancel: Checked between blocks; a silent server delays it for up to `timeout_s`.
        context: What certificates to trust; None for the system's.
        timeout_s: How long the server may stay silent.

    Raises:
        WeightsError: With the remedy; the part is kept where another call can go on from it.
        Cancelled: The part is kept.
    """
    _require_https(url)
    order = _Order(
        url=url,
        target=target,
        size=size,
        limit=size or max_bytes,
        timeout_s=timeout_s,
        on_bytes=on_bytes,
        cancel=cancel or CancelToken(),
        opener=build_opener(_HttpsRedirects, HTTPSHandler(context=context)),
    )
    expected = sha256.lower()
    try:
        with _alone(order):
            if expected and target.is_file() and file_sha256(target) == expected:
                return expected
            _fetch(order)
            return _publish(order, expected)
    except OSError as error:  # of this machine; those of the network are mapped where they arise
        kept = "; what came is kept, run again to go on" if os.path.isfile(order.part) else ""
        reason = error.strerror or error
        raise WeightsError(f"{target}: cannot be written: {reason}{kept}") from error


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hex."""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()


@dataclass(frozen=True)
class _Order:
    """What is wanted, and by what means; `limit` bytes are not to be exceeded."""

    url: str
    target: Path
    size: int
    limit: int
    timeout_s: float
    on_bytes: OnTick | None
    cancel: CancelToken
    opener: OpenerDirector

    @property
    def part(self) -> Path:
        return self.target.with_name(f"{self.target.name}.part")

    @property
    def origin(self) -> Path:
        """The URL of the part and, in the second line, the validator of its version there."""
        return self.target.with_name(f"{self.target.name}.part.origin")

    def discard(self) -> None:
        self.origin.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


class _Cut(Exception):  # noqa: N818, RUF100  (an event that may pass)
    """The server or the way to it failed, which another try may not meet."""


class _HttpsRedirects(HTTPRedirectHandler):
    def redirect_request(
        self, req: Request, fp: IO[bytes], code: int, msg: str, headers: Any, newurl: str
    ) -> Request | None:
        try:
            _require_https(newurl)
        except WeightsError:
            fp.close()
            raise
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def _require_https(url: str) -> None:
    if not re.fullmatch("https://[!-~]+", url, re.IGNORECASE):
        raise WeightsError(f"{url}: is not fetched, expected an address that begins with https://")


@contextmanager
def _alone(order: _Order) -> Iterator[None]:
    """Make the folder and keep other processes and threads from fetching to the same target."""
    if order.target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    order.target.parent.mkdir(parents=True, exist_ok=True)
    path = order.target.with_name(f"{order.target.name}.lock")
    lock = FileLock(path)
    while not lock.is_locked:
        order.cancel.check()
        with suppress(Timeout):
            lock.acquire(timeout=0.2)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes it on release; others wait on a file still named
            path.unlink()
        lock.release()


def _fetch(order: _Order) -> None:
    """Bring the part to its full length."""
    for tried in range(1, _TRIES + 1):
        try:
            return _fetch_once(order)
        except _Cut as cut:
            if tried == _TRIES:
                raise WeightsError(f"{order.url}: {cut}; run again to go on") from cut
            log.info("%s: %s, try %d of %d", order.url, cut, tried, _TRIES)
            _pause(_DELAY_S * 2 ** (tried - 1), order.cancel)


def _pause(seconds: float, cancel: CancelToken) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        cancel.check()
        time.sleep(min(left, 0.1))


def _fetch_once(order: _Order) -> None:
    order.cancel.check()
    have, validator = _resumable(order)
    headers = {"User-Agent": "restorer"}  # some hosts turn urllib's own name away
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with _open(order, headers) as response:
        if response.status == 416:  # nothing is left to send, or the file there became shorter
            if response.headers.get("Content-Range") == f"bytes */{have}":
                return
            order.discard()
            raise _Cut("the file there has changed")
        if response.headers.get_content_type() == "text/html":
            raise WeightsError(f"{order.url}: is a web page, not a file; {_BY_HAND} {order.target}")
        if response.status == 206:
            total = _continued_total(order, response, have)
        else:
            have, total = 0, response.length or 0
        _check_size(order, total)
        if have == 0:
            _begin(order, response)
        _receive(order, response, have, total)


def _resumable(order: _Order) -> tuple[int, str]:
    """Return the bytes that are there and the validator to ask for the rest with; (0, "") if none.

    Without a validator the rest of another version could be joined to them.
    """
    try:
        url, _, validator = order.origin.read_text("utf-8").partition("\n")
        have = order.part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    return (have, validator) if url == order.url and validator else (0, "")


def _open(order: _Order, headers: dict[str, str]) -> Any:
    """Return the response, of status 200, 206 or 416; raise _Cut or WeightsError."""
    try:
        return order.opener.open(Request(order.url, headers=headers), timeout=order.timeout_s)
    except HTTPError as error:
        if error.code == 416 and "Range" in headers:
            return error
        with error:
            raise _refusal(order, error) from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise WeightsError(
                f"{order.url}: the certificate of the server is not trusted"
                f" ({error.reason.verify_message}); check the clock and the proxy of this machine"
            ) from error
        raise _cut(order, error.reason) from error
    except (OSError, HTTPException) as error:
        raise _cut(order, error) from error


def _refusal(order: _Order, error: HTTPError) -> Exception:
    found = f"{error.code} {error.reason}"
    if error.code == 429 or error.code >= 500:
        return _Cut(f"the server cannot answer now ({found})")
    if error.code in (401, 403):
        return WeightsError(
            f"{order.url}: the server asks for an account or refuses ({found});"
            f" {_BY_HAND} {order.target}"
        )
    return WeightsError(
        f"{order.url}: is not to be had there ({found}); look for its new place, {_BY_HAND}"
        f" {order.target}"
    )


def _cut(order: _Order, reason: object) -> _Cut:
    if isinstance(reason, TimeoutError):
        return _Cut(f"the server was silent for {order.timeout_s:g} s")
    return _Cut(f"the connection failed ({reason})")


def _continued_total(order: _Order, response: Any, have: int) -> int:
    """Return the length of the whole file, 0 if unknown, from an answer that goes on at `have`."""
    found = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", found)
    if match is None or int(match[1]) != have:
        order.discard()
        raise _Cut(f"the server sent another part ({found or 'no range'}) than from byte {have:,}")
    return 0 if match[2] == "*" else int(match[2])


def _check_size(order: _Order, total: int) -> None:
    if order.size and total not in (0, order.size):
        order.discard()
        raise WeightsError(
            f"{order.url}: {total:,} bytes, expected {order.size:,}; the file there is another one"
        )
    if total > order.limit:
        raise _too_large(order, f"{total:,} bytes")


def _too_large(order: _Order, found: str) -> WeightsError:
    order.discard()
    return WeightsError(f"{order.url}: {found}, expected at most {order.limit:,}; nothing was kept")


def _begin(order: _Order, response: Any) -> None:
    """Empty the part and note where it comes from, in this order: a kill between is harmless."""
    order.part.write_bytes(b"")
    etag = response.headers.get("ETag", "")
    strong = etag and not etag.startswith("W/")  # a weak one does not promise the same bytes
    validator = etag if strong else response.headers.get("Last-Modified", "")
    order.origin.write_text(f"{order.url}\n{validator}", "utf-8")


def _receive(order: _Order, response: Any, done: int, total: int) -> None:
    """Append what comes to the part, which has `done` bytes."""
    free = shutil.disk_usage(order.target.parent).free
    if total - done > free:
        raise OSError(errno.ENOSPC, f"{total - done:,} bytes to come, {free:,} free on the disk")
    with order.part.open("ab") as file:
        while block := _read(order, response):
            done += len(block)
            if done > order.limit:
                raise _too_large(order, "more bytes")
            file.write(block)
            if order.on_bytes is not None:
                order.on_bytes(done, total or order.size)
            order.cancel.check()
    if done < total:
        raise _Cut(f"the connection was cut at {done:,} of {total:,} bytes")


def _read(order: _Order, response: Any) -> bytes:
    try:
        block: bytes = response.read1(_BLOCK_BYTES)  # what is there; `read` waits for a full block
    except (OSError, HTTPException) as error:
        raise _cut(order, error) from error
    return block


def _publish(order: _Order, sha256: str) -> str:
    """Check the part, give it its name and return its SHA-256."""
    size, digest = order.part.stat().st_size, file_sha256(order.part)
    if order.size and size != order.size:
        found, expected = f"{size:,} bytes", f"{order.size:,}"
    elif sha256 and digest != sha256:
        found, expected = f"SHA-256 {digest}", sha256
    else:
        with order.part.open("r+b") as file:
            os.fsync(file.fileno())
        os.replace(order.part, order.target)
        order.origin.unlink(missing_ok=True)
        return digest
    order.discard()
    raise WeightsError(
        f"{order.url}: {found}, expected {expected}; it was removed, run again to fetch it anew"
    )
