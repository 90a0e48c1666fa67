"""Write to stores: a file appears whole or not at all, and a new one never replaces another.

What the stores give:

- S3: an object appears with its last byte. ``If-None-Match: *`` creates one only where there is
  none, also against other machines (AWS since 2024, MinIO, R2, Ceph; moto in tests).
- SFTP: the file is written under a temporary name. ``rename`` refuses a name that is taken, and
  ``posix-rename@openssh.com`` replaces it at once.
- Memory, of one process: a lock.

Other stores can be read only. All functions raise what those of `store` raise, and FileExistsError.
"""

from __future__ import annotations

import io
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, TypeAlias

from restorer.batch.stores.address import Address
from restorer.batch.stores.store import connect, entries, store_errors
from restorer.errors import SettingsError
from restorer.formats.files import temporary_name, temporary_target

# Called with the file system, the path in it, the content, and whether it must be new.
Writer: TypeAlias = "Callable[[Any, str, Path | bytes, bool], None]"

_memory = threading.Lock()
_CONFLICTS = 5  # with other writers, until one gives up; S3 lets both try again


def check_writable(address: Address) -> None:
    """Raise SettingsError for an address of a store that can be read only."""
    if address.scheme not in WRITERS:
        known = ", ".join(f"{scheme}://" for scheme in ("s3", "sftp", "memory"))
        raise SettingsError(
            f"{address}: {address.scheme}:// can be read only; results can go to a folder, {known}"
        )


def write(address: Address, content: Path | bytes, *, new: bool) -> None:
    """Write a file; where it must be `new`, raise FileExistsError if there is one."""
    check_writable(address)
    with store_errors():
        filesystem, path = connect(address)
        WRITERS[address.scheme](filesystem, path, content, new)


def create(address: Address, content: bytes) -> bool:
    """Create a file; return False if there is one."""
    try:
        write(address, content, new=True)
    except FileExistsError:
        return False
    return True


def remove(address: Address) -> None:
    """Remove a file, if there is one."""
    with store_errors(), suppress(FileNotFoundError):
        filesystem, path = connect(address)
        filesystem.rm_file(path)


def leftovers_at(folder: Address) -> Iterator[tuple[Address, str]]:
    """Yield what `restorer.formats.files.leftovers` does, for a store with temporary names."""
    if WRITERS.get(folder.scheme) is not _write_renamed:
        return
    with suppress(FileNotFoundError):
        for entry in entries(folder):
            target = temporary_target(entry.name)
            if target is not None:
                yield folder / entry.name, target


def _write_object(filesystem: Any, path: str, content: Path | bytes, new: bool) -> None:
    mode = "create" if new else "overwrite"
    for attempt in range(_CONFLICTS):
        try:
            if isinstance(content, bytes):
                filesystem.pipe_file(path, content, mode=mode)
            else:
                filesystem.put_file(str(content), path, mode=mode)
            return
        except OSError as error:
            response = getattr(error.__cause__, "response", {})
            code = response.get("Error", {}).get("Code", "")
            if code in ("PreconditionFailed", "412"):
                raise FileExistsError(path) from error
            conflict = code in ("ConditionalRequestConflict", "409")
            if not conflict or attempt == _CONFLICTS - 1:
                raise


def _write_memory(filesystem: Any, path: str, content: Path | bytes, new: bool) -> None:
    data = content if isinstance(content, bytes) else content.read_bytes()
    with _memory:
        filesystem.pipe_file(path, data, mode="create" if new else "overwrite")


def _write_renamed(filesystem: Any, path: str, content: Path | bytes, new: bool) -> None:
    folder, _, name = path.rpartition("/")
    for attempt in range(_CONFLICTS):
        try:
            filesystem.makedirs(folder or "/", exist_ok=True)
            break
        except OSError:  # another writer may make the same folders
            if attempt == _CONFLICTS - 1:
                raise
    temporary = f"{folder}/{temporary_name(name)}"
    try:
        source = io.BytesIO(content) if isinstance(content, bytes) else content.open("rb")
        with source, filesystem.open(temporary, "wb") as file:
            shutil.copyfileobj(source, file)
        if not new:
            filesystem.ftp.posix_rename(temporary, path)
        elif filesystem.exists(path):
            raise FileExistsError(path)
        else:
            try:
                filesystem.ftp.rename(temporary, path)
            except OSError as error:  # the protocol has one code for all failures
                raise (FileExistsError(path) if filesystem.exists(path) else error) from error
    except BaseException:
        with suppress(OSError):
            filesystem.rm_file(temporary)
        raise


WRITERS: dict[str, Writer] = {
    "memory": _write_memory,
    "s3": _write_object,
    "s3a": _write_object,
    "sftp": _write_renamed,
    "ssh": _write_renamed,
}
