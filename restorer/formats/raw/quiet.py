"""Silence for LibRaw, which prints damage to the C library's ``stderr``; rawpy has no handler.

The stream of the C library is swapped, not the file descriptor: what Python and its threads print
is not touched. Other C libraries than glibc forbid the swap; there, LibRaw's lines appear.
"""

from __future__ import annotations

import ctypes
import os
import platform
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from threading import Lock

_lock, _users = Lock(), 0


@contextmanager
def quiet() -> Iterator[None]:
    """Drop what C code prints to its ``stderr`` meanwhile; threads may nest it."""
    global _users
    streams = _streams()
    if streams is None:
        yield
        return
    stream, own, nothing = streams
    with _lock:
        _users += 1
        stream.value = nothing
    try:
        yield
    finally:
        with _lock:
            _users -= 1
            if not _users:
                stream.value = own


@cache
def _streams() -> tuple[ctypes.c_void_p, int, int] | None:
    """Return the variable ``stderr``, its stream, and one to nowhere; None without glibc."""
    if platform.libc_ver()[0] != "glibc":
        return None
    library = ctypes.CDLL(None)
    library.fopen.restype = ctypes.c_void_p
    nothing = library.fopen(os.devnull.encode(), b"w")
    stream = ctypes.c_void_p.in_dll(library, "stderr")
    return (stream, stream.value, nothing) if nothing and stream.value else None
