"""Download a file over https, with resuming, verification and atomic replacement."""

from __future__ import annotations

import errno
import logging
import os
import re
import shutil
import ssl
import sys
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
from restorer.formats.files import file_sha256
from restorer.formats.sync import sync_file
from restorer.settings import CancelToken, OnTick

log = logging.getLogger(__name__)

_ATTEMPTS = 5
_DELAY_S = 1.0  # before the second attempt, doubled before each further one
_BLOCK_BYTES = 1 << 16
# The certificates of Debian, Fedora, openSUSE and Alpine; others have one of these, too.
_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/ca-bundle.pem",
    "/etc/ssl/cert.pem",
)
_BY_HAND = "download the file with a browser and save it as"


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
    """Download `url` to `target` atomically and return its SHA-256.

    Data of an interrupted download stays in ``<target>.part``; the next call resumes it if the file
    on the server has not changed. Interruptions are first retried a few times. If two processes
    download the same target, the second one waits; with `sha256`, it then finds the file without a
    connection, and so does every later call. Proxies are read from the environment.

    Args:
        url: https address; redirects must be https, too.
        target: Target file; its folder is created.
        sha256: Expected SHA-256; a file with another one is removed.
        size: Expected size in bytes; 0 if unknown.
        max_bytes: Larger files are refused as early as possible.
        on_bytes: Called with (bytes received, total bytes); the total is 0 if unknown.
        cancel: Checked between blocks; a silent server delays it for up to `timeout_s`.
        context: Trusted certificates; None uses those of the system.
        timeout_s: Timeout of the server.

    Raises:
        WeightsError: The download failed; partial data is kept if another call can resume it.
        Cancelled: The download was cancelled; partial data is kept.
    """
    _require_https(url)
    job = _Download(
        url=url,
        target=target,
        size=size,
        limit=size or max_bytes,
        timeout_s=timeout_s,
        on_bytes=on_bytes,
        cancel=cancel or CancelToken(),
        opener=build_opener(_HttpsRedirects, HTTPSHandler(context=context or _of_system())),
    )
    expected = sha256.lower()
    try:
        with _exclusive(job):
            if expected and target.is_file() and file_sha256(target) == expected:
                return expected
            _fetch(job)
            return _publish(job, expected)
    except OSError as error:  # a local error; network errors are mapped where they arise
        kept = (
            "; the received data is kept, run again to resume" if os.path.isfile(job.part) else ""
        )
        reason = error.strerror or error
        raise WeightsError(f"{target}: cannot be written: {reason}{kept}") from error


@dataclass(frozen=True)
class _Download:
    """The parameters of a download; `limit` is the largest allowed size."""

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
        """A file with the URL of the partial data and, in line 2, the validator of its version."""
        return self.target.with_name(f"{self.target.name}.part.origin")

    def discard(self) -> None:
        self.origin.unlink(missing_ok=True)
        self.part.unlink(missing_ok=True)


class _Interrupted(Exception):  # noqa: N818, RUF100  (not an error yet)
    """The server or the connection failed; another attempt may succeed."""


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


def _of_system() -> ssl.SSLContext | None:
    """Return the system's certificates where Python does not find them by itself; otherwise None.

    It may know none of those of macOS. On Linux, it looks where the system has them that it was
    built on, which is another one where it came with the application.
    """
    system: str = sys.platform
    if system == "darwin":
        import truststore

        context: ssl.SSLContext = truststore.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return context
    known = ssl.get_default_verify_paths()  # of those that exist
    if system != "linux" or known.cafile or known.capath:
        return None
    bundle = next((path for path in _BUNDLES if os.path.isfile(path)), None)
    return ssl.create_default_context(cafile=bundle) if bundle else None


def _require_https(url: str) -> None:
    if not re.fullmatch("https://[!-~]+", url, re.IGNORECASE):
        raise WeightsError(f"{url}: expected an address that starts with https://")


@contextmanager
def _exclusive(job: _Download) -> Iterator[None]:
    """Create the folder and lock the target against other processes and threads."""
    if job.target.is_dir():
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    job.target.parent.mkdir(parents=True, exist_ok=True)
    path = job.target.with_name(f"{job.target.name}.lock")
    lock = FileLock(path)
    while not lock.is_locked:
        job.cancel.check()
        with suppress(Timeout):
            lock.acquire(timeout=0.2)
    try:
        yield
    finally:
        with suppress(OSError):  # Windows removes it on release; others wait for the existing file
            path.unlink()
        lock.release()


def _fetch(job: _Download) -> None:
    """Download until the partial file is complete."""
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            return _fetch_once(job)
        except _Interrupted as cause:
            if attempt == _ATTEMPTS:
                raise WeightsError(f"{job.url}: {cause}; run again to resume") from cause
            log.info("%s: %s, attempt %d of %d", job.url, cause, attempt, _ATTEMPTS)
            _pause(_DELAY_S * 2 ** (attempt - 1), job.cancel)


def _pause(seconds: float, cancel: CancelToken) -> None:
    end = time.monotonic() + seconds
    while (left := end - time.monotonic()) > 0:
        cancel.check()
        time.sleep(min(left, 0.1))


def _fetch_once(job: _Download) -> None:
    job.cancel.check()
    have, validator = _resumable(job)
    headers = {"User-Agent": "restorer"}  # some hosts reject urllib's default
    if have:
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with _open(job, headers) as response:
        if response.status == 416:  # no data remains, or the remote file became shorter
            if response.headers.get("Content-Range") == f"bytes */{have}":
                return
            job.discard()
            raise _Interrupted("the file on the server has changed")
        if response.headers.get_content_type() == "text/html":
            raise WeightsError(f"{job.url}: is a web page, not a file; {_BY_HAND} {job.target}")
        if response.status == 206:
            total = _continued_total(job, response, have)
        else:
            have, total = 0, response.length or 0
        _check_size(job, total)
        if have == 0:
            _begin(job, response)
        _receive(job, response, have, total)


def _resumable(job: _Download) -> tuple[int, str]:
    """Return the size and the validator of resumable data, or (0, "").

    Without a validator, data of two versions could be joined.
    """
    try:
        url, _, validator = job.origin.read_text("utf-8").partition("\n")
        have = job.part.stat().st_size
    except (OSError, ValueError):
        return 0, ""
    return (have, validator) if url == job.url and validator else (0, "")


def _open(job: _Download, headers: dict[str, str]) -> Any:
    """Return a response with status 200, 206 or 416. Raises _Interrupted, WeightsError."""
    try:
        return job.opener.open(Request(job.url, headers=headers), timeout=job.timeout_s)
    except HTTPError as error:
        if error.code == 416 and "Range" in headers:
            return error
        with error:
            raise _refusal(job, error) from error
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise WeightsError(
                f"{job.url}: the certificate of the server is not trusted"
                f" ({error.reason.verify_message}); check the clock and the proxy of this machine"
            ) from error
        raise _interrupted(job, error.reason) from error
    except (OSError, HTTPException) as error:
        raise _interrupted(job, error) from error


def _refusal(job: _Download, error: HTTPError) -> Exception:
    found = f"{error.code} {error.reason}"
    if error.code == 429 or error.code >= 500:
        return _Interrupted(f"the server is not available ({found})")
    if error.code in (401, 403):
        return WeightsError(
            f"{job.url}: the server requires an account or denies access ({found});"
            f" {_BY_HAND} {job.target}"
        )
    return WeightsError(
        f"{job.url}: not available ({found}); find its new address, then {_BY_HAND} {job.target}"
    )


def _interrupted(job: _Download, reason: object) -> _Interrupted:
    if isinstance(reason, TimeoutError):
        return _Interrupted(f"the server did not respond for {job.timeout_s:g} s")
    return _Interrupted(f"the connection failed ({reason})")


def _continued_total(job: _Download, response: Any, have: int) -> int:
    """Return the total size, 0 if unknown, from a response that continues at `have`."""
    found = response.headers.get("Content-Range", "")
    match = re.fullmatch(r"bytes (\d+)-\d+/(\d+|\*)", found)
    if match is None or int(match[1]) != have:
        job.discard()
        raise _Interrupted(
            f"the server sent another range ({found or 'none'}) than from byte {have:,}"
        )
    return 0 if match[2] == "*" else int(match[2])


def _check_size(job: _Download, total: int) -> None:
    if job.size and total not in (0, job.size):
        job.discard()
        raise WeightsError(
            f"{job.url}: {total:,} bytes, expected {job.size:,}; the file on the server has changed"
        )
    if total > job.limit:
        raise _too_large(job, f"{total:,} bytes")


def _too_large(job: _Download, found: str) -> WeightsError:
    job.discard()
    return WeightsError(f"{job.url}: {found}, expected at most {job.limit:,}; nothing was kept")


def _begin(job: _Download, response: Any) -> None:
    """Truncate the partial file, then record its origin; a kill in between is harmless."""
    job.part.write_bytes(b"")
    etag = response.headers.get("ETag", "")
    strong = etag and not etag.startswith("W/")  # a weak one does not guarantee equal bytes
    validator = etag if strong else response.headers.get("Last-Modified", "")
    job.origin.write_text(f"{job.url}\n{validator}", "utf-8")


def _receive(job: _Download, response: Any, done: int, total: int) -> None:
    """Append received data to the partial file, which has `done` bytes."""
    free = shutil.disk_usage(job.target.parent).free
    if total - done > free:
        raise OSError(errno.ENOSPC, f"{total - done:,} bytes required, {free:,} free on the disk")
    with job.part.open("ab") as file:
        while block := _read(job, response):
            done += len(block)
            if done > job.limit:
                raise _too_large(job, "more bytes")
            file.write(block)
            if job.on_bytes is not None:
                job.on_bytes(done, total or job.size)
            job.cancel.check()
    if done < total:
        raise _Interrupted(f"the connection was interrupted at {done:,} of {total:,} bytes")


def _read(job: _Download, response: Any) -> bytes:
    try:
        block: bytes = response.read1(_BLOCK_BYTES)  # available data; `read` waits for a full block
    except (OSError, HTTPException) as error:
        raise _interrupted(job, error) from error
    return block


def _publish(job: _Download, sha256: str) -> str:
    """Verify the partial file, move it to the target and return its SHA-256."""
    size, digest = job.part.stat().st_size, file_sha256(job.part)
    if job.size and size != job.size:
        found, expected = f"{size:,} bytes", f"{job.size:,}"
    elif sha256 and digest != sha256:
        found, expected = f"SHA-256 {digest}", sha256
    else:
        with job.part.open("r+b") as file:
            sync_file(file.fileno())
        os.replace(job.part, job.target)
        job.origin.unlink(missing_ok=True)
        return digest
    job.discard()
    raise WeightsError(
        f"{job.url}: {found}, expected {expected}; the file was removed, run again to download it"
    )
