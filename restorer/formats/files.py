"""Make files appear whole or not at all."""

from __future__ import annotations

import errno
import hashlib
import os
import re
import shutil
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO, Literal, Protocol, TypeAlias, TypeVar

from restorer.errors import ImageWriteError, TargetExistsError
from restorer.formats.sync import sync_file, sync_folder

Existing: TypeAlias = Literal["replace", "fail"]  # what to do about a file of that name
Place = TypeVar("Place", bound="_Named")
Times: TypeAlias = tuple[int, int]  # of access and modification, in nanoseconds

_TEMPORARY = re.compile(r"\.(.+)\.([0-9a-f]{16}(?:[0-9a-f]{16})?)\.part", re.DOTALL)
_ADDED = 1 + 1 + 16 + len(".part")  # characters of a temporary name beside those of its target
_MAX_STEM_BYTES = 255 - _ADDED  # a name has 255 bytes on the usual file systems
_MAX_PATH = 259  # characters, on Windows where long paths are not switched on
# Windows refuses to replace a file that a viewer, an indexer or a virus scanner has open.
_BUSY_DELAYS_S = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6) if os.name == "nt" else ()


@contextmanager
def created(
    path: Path, existing: Existing, times: Times | None = None, *, rescue: bool = False
) -> Iterator[BinaryIO]:
    """Give a file to write, beside the target under a temporary name; move it there at the end.

    The file and its folder are synced; its times are those of now, or `times`, its permissions
    those of a replaced file. Raises
    TargetExistsError where "fail" holds, ImageWriteError for any OSError, inside or here; the
    temporary file is gone after any exception. With `rescue`, a file whose target cannot be
    replaced, as another program holds it, gets a numbered name, and the error says which.
    """
    temporary: Path | None = None
    try:
        if path.is_dir():
            raise ImageWriteError(f"{path}: is a folder")
        if existing == "fail" and os.path.lexists(path):  # before the work; decided by _publish
            raise _taken(path)
        _make_folder(path.parent)
        temporary = path.with_name(temporary_name(path.name))
        with temporary.open("x+b") as file:  # of the umask's mode, unlike the tempfile module's
            yield file
            file.flush()
            sync_file(file.fileno())
        if times is not None:
            os.utime(temporary, ns=times)
        if existing == "replace":
            with suppress(OSError):  # mostly: no such file
                shutil.copymode(path, temporary)
        try:
            _publish(temporary, path, existing)
        except PermissionError as error:
            if not rescue or existing != "replace":
                raise
            kept = _publish_beside(temporary, path)
            raise ImageWriteError(
                f"{path}: cannot be replaced: {error.strerror or error}; the result was saved as"
                f" {kept.name}; close the file in other programs"
            ) from error
        sync_folder(path.parent)
    except OSError as error:
        reason = error.strerror or error
        raise ImageWriteError(f"{path}: cannot be written: {reason}") from error
    finally:
        if temporary is not None:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)


class _Named(Protocol):
    """A path, or the address of a file."""

    @property
    def stem(self) -> str: ...
    @property
    def suffix(self) -> str: ...
    def with_name(self, name: str, /) -> Any: ...


def numbered(target: Place) -> Iterator[Place]:
    """Yield `target` and numbered names: ``photo.png``, ``photo-2.png`` and so on."""
    yield target
    for number in count(2):
        yield target.with_name(f"{target.stem}-{number}{target.suffix}")


def leftovers(folder: Path, process: int | None = None) -> Iterator[tuple[Path, str]]:
    """Yield the temporary files in a folder, each with the name of its target.

    They belong to processes at work, or were left by killed ones; `process` is the id of one.
    """
    mark = "" if process is None else _process_mark(process)
    with suppress(OSError):  # no such folder, or none that can be read
        for entry in os.scandir(folder):
            target = temporary_target(entry.name, mark)
            if target is not None:
                yield folder / entry.name, target


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in lower-case hex."""
    with path.open("rb") as file:
        return stream_sha256(file)


def stream_sha256(file: BinaryIO) -> str:
    """Return the SHA-256 of the rest of an open file."""
    digest = hashlib.sha256()
    while block := file.read(1 << 20):
        digest.update(block)
    return digest.hexdigest()


def temporary_name(name: str) -> str:
    """Return a name beside a file, for what becomes that file; see `leftovers`."""
    stem = os.fsencode(name)[:_MAX_STEM_BYTES].decode("utf-8", "ignore")
    return f".{stem}.{_process_mark(os.getpid())}{uuid.uuid4().hex[:8]}.part"


def temporary_target(name: str, mark: str = "") -> str | None:
    """Return the name of the target of a temporary file; None for other names."""
    found = _TEMPORARY.fullmatch(name)
    return found[1] if found and found[2].startswith(mark) else None


def _process_mark(process: int) -> str:
    return f"{process % (1 << 32):08x}"


def _taken(path: Path) -> TargetExistsError:
    return TargetExistsError(f"{path}: cannot be written: the file already exists")


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except FileExistsError as error:
        raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR)) from error


def _publish(temporary: Path, path: Path, existing: Existing) -> None:
    if existing == "replace":
        _replace(temporary, path)
        return
    try:
        try:
            os.link(temporary, path)  # fails where the name is taken, on NFS too
        except FileExistsError:
            raise
        except OSError:  # no hard links here (FAT, some shares): claim the name, then fill it
            os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY))
            _replace(temporary, path)
    except FileExistsError as error:
        raise _taken(path) from error


def _replace(temporary: Path, path: Path) -> None:
    for delay_s in _BUSY_DELAYS_S:
        with suppress(PermissionError):
            os.replace(temporary, path)
            return
        time.sleep(delay_s)
    os.replace(temporary, path)


def _publish_beside(temporary: Path, path: Path) -> Path:
    """Give a file the first numbered name that is free, and return it."""
    for free in islice(numbered(path), 1, None):
        with suppress(TargetExistsError):
            _publish(temporary, free, "fail")
            return free
    raise AssertionError("numbers do not end")
