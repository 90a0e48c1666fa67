"""Bring files onto the disk, so that they survive a power cut."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path


def sync_file(descriptor: int) -> None:
    """Wait until an open file is on the disk. Raises OSError.

    On macOS, fsync leaves it in the cache of the drive; F_FULLFSYNC does not.
    """
    full = _full_sync()
    if full is not None:
        import fcntl

        with suppress(OSError):  # file systems without it, such as network shares
            fcntl.fcntl(descriptor, full)
            return
    os.fsync(descriptor)


def sync_folder(folder: Path) -> None:
    """Make a new name survive a power cut; Windows has no such call and needs none."""
    if os.name == "nt":
        return
    with suppress(OSError):  # folders without read permission, some network file systems
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            sync_file(descriptor)
        finally:
            os.close(descriptor)


def _full_sync() -> int | None:
    """Return the number of macOS's call, None on other systems."""
    try:
        import fcntl
    except ImportError:  # Windows
        return None
    return getattr(fcntl, "F_FULLFSYNC", None)
