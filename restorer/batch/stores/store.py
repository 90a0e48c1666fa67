"""Read the stores that fsspec supports: kinds and states of files, folders, contents.

All functions raise OSError, whose text is one sentence without secrets and without the address,
and SettingsError for an address whose protocol is unknown or whose package is not installed.
"""

from __future__ import annotations

import errno
import io
import os
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, Literal, TypeAlias, cast
from urllib.parse import unquote

from restorer.batch.stores.address import Address, Location, without_secrets
from restorer.errors import RestorerError, SettingsError

Kind: TypeAlias = Literal["file", "directory"]

_SPARE_BYTES = 64 << 20  # of a disk that a file being fetched leaves free
_BLOCK_BYTES = 1 << 20
_HEAD_BYTES = 1 << 18  # of one request for headers; most files have theirs in the first 64 kB
_ARCHIVES = ("zip", "tar", "libarchive")
_OF_ONE_THREAD = ("sftp", "ssh")  # a connection of paramiko hangs where threads share it
_OPTIONS = {scheme: {"use_listings_cache": False} for scheme in ("s3", "s3a")}
_REMEDIES = {
    **dict.fromkeys(("s3", "s3a"), "s3fs; install restorer[cloud]"),
    **dict.fromkeys(("http", "https"), "aiohttp; install restorer[cloud]"),
    **dict.fromkeys(("sftp", "ssh"), "paramiko; install it"),
}
# Names of exceptions of botocore, aiohttp and paramiko, which only fsspec imports.
_REASONS = {
    **dict.fromkeys(
        ("NoCredentialsError", "PartialCredentialsError"),
        "no keys found; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY or AWS_PROFILE, or"
        " FSSPEC_S3_ANON=true for a public bucket",
    ),
    "AuthenticationException": "the server refuses user, password and keys",
    "BadHostKeyException": "the key of this host is not the one in ~/.ssh/known_hosts; it may be"
    " somebody else's",
    **dict.fromkeys(
        ("EndpointConnectionError", "ConnectTimeoutError", "ClientConnectorError"),
        "the server cannot be reached",
    ),
}

_filesystems: dict[str, Any] = {}
_own = threading.local()  # has the file systems of this thread
_connecting = threading.Lock()


@dataclass(frozen=True)
class FileState:
    """The state of a file, to tell whether it has changed since an earlier run.

    Attributes:
        mtime_ns: Time of change; of an address in whole seconds, 0 where the store has none.
        tag: What the store has as a mark of the content: ETag or checksum; empty for paths.
    """

    size_bytes: int
    mtime_ns: int
    tag: str = ""

    @classmethod
    def of(cls, place: Location) -> FileState | None:
        """Return the present state of a file; None if there is none, or none that can be read."""
        try:
            if isinstance(place, Address):
                with store_errors():
                    filesystem, path = connect(place)
                    info = filesystem.info(path)
                    return None if _is_folder(info) else _state(info)
            found = place.stat()
        except OSError:
            return None
        return cls(found.st_size, found.st_mtime_ns)


@dataclass(frozen=True)
class Entry:
    """A file or folder in a folder, with the interface of `os.DirEntry` that walking needs.

    Attributes:
        state: The state of a file, where the store lists it.
    """

    name: str
    folder: bool
    state: FileState | None

    def is_dir(self) -> bool:
        """Whether it is a folder."""
        return self.folder


class Listing:
    """The states of files at one moment; a folder at an address is listed once for all of them."""

    def __init__(self) -> None:
        self._folders: dict[Address, dict[str, Entry]] = {}

    def state(self, place: Location) -> FileState | None:
        """Return what `FileState.of` does. Raises OSError for an address."""
        if not isinstance(place, Address):
            return FileState.of(place)
        folder = place.parent
        if folder not in self._folders:
            try:
                found = entries(folder)
            except FileNotFoundError:
                found = []
            self._folders[folder] = {entry.name: entry for entry in found}
        entry = self._folders[folder].get(place.name)
        if entry is None or entry.folder:
            return None
        return entry.state or FileState.of(place)


def connect(address: Address) -> tuple[Any, str]:
    """Return the file system of an address and the path in it; connections are kept."""
    if address.scheme in _OF_ONE_THREAD:
        found = _own.__dict__
        if address.root not in found:
            found[address.root] = _connected(address)
    else:
        found = _filesystems
        with _connecting:
            if address.root not in found:
                found[address.root] = _connected(address)
    filesystem = found[address.root]
    return filesystem, filesystem._strip_protocol(address.own_url)


def kind(address: Address) -> Kind | None:
    """Return what there is at an address; None for nothing."""
    with store_errors():
        filesystem, path = connect(address)
        try:
            return "directory" if _is_folder(filesystem.info(path)) else "file"
        except FileNotFoundError as error:
            if _web_error(error) is None:
                return None
            raise


def entries(folder: Address) -> list[Entry]:
    """Return the files and folders in a folder."""
    with store_errors():
        filesystem, path = connect(folder)
        found = {}
        for info in filesystem.ls(path, detail=True):
            inner = info["name"].rstrip("/").removeprefix(path.rstrip("/")).lstrip("/")
            if folder.is_web:
                inner = unquote(inner.partition("?")[0])
            if inner and "/" not in inner and inner not in (".", ".."):  # no mark of the folder
                known = not _is_folder(info) and info.get("size") is not None
                found[inner] = Entry(inner, _is_folder(info), _state(info) if known else None)
        return [*found.values()]


def read_bytes(address: Address) -> bytes:
    """Return the content of a small file."""
    with store_errors():
        filesystem, path = connect(address)
        return cast(bytes, filesystem.cat_file(path))


def has_content(address: Address, path: Path) -> bool:
    """Whether a file has the content of a local one; it is read only if their sizes are equal."""
    state, size_bytes = FileState.of(address), path.stat().st_size
    if state is None or state.size_bytes != size_bytes:
        return False
    return read_bytes(address) == path.read_bytes()


def read_start(address: Address, size_bytes: int) -> bytes:
    """Return the first bytes of a file; nothing where they cannot be read."""
    try:
        with store_errors():
            filesystem, path = connect(address)
            return cast(bytes, filesystem.cat_file(path, start=0, end=size_bytes))[:size_bytes]
    except OSError:
        return b""


def read_many(addresses: list[Address]) -> list[bytes]:
    """Return the contents of files in one folder, several at a time where the store allows it."""
    if not addresses:
        return []
    with store_errors():
        filesystem, _ = connect(addresses[0])
        paths = [connect(address)[1] for address in addresses]
        contents = filesystem.cat(paths)
        return [contents[path] for path in paths]


@contextmanager
def open_head(address: Address) -> Iterator[BinaryIO]:
    """Open a file of which the beginning will be read, by requests of what is read."""
    with store_errors():
        filesystem, path = connect(address)
        options = {"block_size": _HEAD_BYTES, "cache_type": "readahead"}
        file = filesystem.open(path, "rb", **options)
    with file:
        yield io.BufferedReader(_Seekable(file)) if address.scheme in _OF_ONE_THREAD else file


class _Seekable(io.RawIOBase):
    """A file of paramiko, whose own `seek` does not return the place."""

    def __init__(self, file: Any) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._file.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)

    def seek(self, offset: int, whence: int = 0) -> int:
        self._file.seek(offset, whence)
        return int(self._file.tell())


def fetch(address: Address, path: Path, check: Callable[[], None]) -> None:
    """Copy a file to a new local one; `check` is called with each chunk and may raise.

    The file is never larger than the disk has space for, and is whole.
    """
    from fsspec.callbacks import Callback

    class Guard(Callback):  # type: ignore[misc]  # fsspec has no types
        def relative_update(self, inc: int = 1) -> None:
            check()
            _check_space(path.parent, inc)

    with store_errors():
        filesystem, remote = connect(address)
        size = filesystem.info(remote).get("size")
        _check_space(path.parent, size or 0)
        guard = Guard()
        if address.scheme in _OF_ONE_THREAD:  # their `get_file` reports nothing
            with filesystem.open(remote, "rb") as source, path.open("wb") as target:
                source.prefetch(size)
                while block := source.read(_BLOCK_BYTES):
                    guard.relative_update(len(block))
                    target.write(block)
        else:
            filesystem.get_file(remote, os.fspath(path), callback=guard)
        if size is not None and path.stat().st_size != size:
            raise OSError(errno.EIO, f"{path.stat().st_size:,} of {size:,} bytes arrived")


@contextmanager
def store_errors() -> Iterator[None]:
    """Turn what the libraries of stores raise into OSError, see the head of this module."""
    try:
        yield
    except RestorerError:
        raise
    except FileNotFoundError as error:
        cause = _web_error(error)
        if cause is not None:
            raise OSError(errno.EIO, _reason(cause)) from error
        what = "no such bucket" if "bucket" in str(error).lower() else "no such file or folder"
        raise FileNotFoundError(errno.ENOENT, what) from error
    except PermissionError as error:
        said = without_secrets(str(error))
        raise PermissionError(errno.EACCES, f"access denied; check the keys ({said})") from error
    except FileExistsError as error:
        raise FileExistsError(errno.EEXIST, "exists already") from error
    except Exception as error:
        number = getattr(error, "errno", None) or errno.EIO
        raise OSError(number, _reason(error)) from error


def _web_error(error: FileNotFoundError) -> Exception | None:
    """Return the other error for which the file system of the web says that there is no file."""
    cause = error.__cause__
    if not isinstance(cause, Exception) or not type(cause).__module__.startswith("aiohttp"):
        return None
    return None if getattr(cause, "status", 0) in (404, 410) else cause


def _reason(error: Exception) -> str:
    for each in type(error).__mro__:
        if each.__name__ in _REASONS:
            return _REASONS[each.__name__]
    if isinstance(error, ConnectionError | TimeoutError):
        return "the server cannot be reached"
    if status := getattr(error, "status", 0):  # of aiohttp, whose text has the whole URL
        return f"the server answers {status} {getattr(error, 'message', '')}"
    said = getattr(error, "strerror", None) or str(error) or type(error).__name__
    return " ".join(without_secrets(said).split())


def _connected(address: Address) -> Any:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise SettingsError(f"{address}: needs fsspec; install restorer[cloud]") from error
    scheme = address.scheme
    if scheme in _ARCHIVES and "::" not in address.url:
        raise SettingsError(f"{address}: names no archive; {scheme}://::ARCHIVE means all of it")
    if any(f"::{each}:" in address.url for each in _OF_ONE_THREAD):
        raise SettingsError(f"{address}: archives cannot be read over SFTP; copy the archive first")
    try:
        if scheme in _OF_ONE_THREAD:
            from restorer.batch.stores.sftp import KnownHostsFileSystem

            options = KnownHostsFileSystem._get_kwargs_from_urls(address.own_url)
            return KnownHostsFileSystem(**options, skip_instance_cache=True)
        return url_to_fs(address.url, **_OPTIONS.get(scheme, {}))[0]
    except ImportError as error:
        needed = _REMEDIES.get(scheme, f"another package: {error}")
        raise SettingsError(f"{address}: needs {needed}") from error
    except ValueError as error:
        if "not known" in str(error):
            raise SettingsError(f"{address}: {scheme}:// is not known") from error
        raise


def _is_folder(info: dict[str, Any]) -> bool:
    """Whether there is a folder; on the web, that is a page with links."""
    return info["type"] != "file" or str(info.get("mimetype", "")).startswith("text/html")


def _state(info: dict[str, Any]) -> FileState:
    tag = next((info[key] for key in ("ETag", "CRC", "Last-Modified") if info.get(key)), "")
    when = next((info[key] for key in ("LastModified", "mtime", "created") if info.get(key)), 0)
    seconds = when.timestamp() if isinstance(when, datetime) else float(when)
    return FileState(info.get("size") or 0, int(seconds) * 10**9, str(tag))


def _check_space(folder: Path, size_bytes: int) -> None:
    free = shutil.disk_usage(folder).free
    if size_bytes + _SPARE_BYTES > free:
        raise OSError(
            errno.ENOSPC,
            f"needs {max(size_bytes, 1) / 1e6:,.1f} MB in {folder.parent}, {free / 1e6:,.0f} MB are"
            " free; free some, or name another folder in TMPDIR",
        )
