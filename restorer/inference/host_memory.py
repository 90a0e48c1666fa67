"""The free memory of the host, within the limits of a container."""

from __future__ import annotations

import ctypes
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

_UNKNOWN = 4 << 30  # half of a typical machine's 8 GiB
_CGROUPS = Path("/sys/fs/cgroup")
_UNLIMITED = 1 << 60  # cgroup v1 states about 2**63 for no limit


def free_host_bytes() -> int:
    """Return the memory that this process may still take, in bytes.

    On Linux this is the kernel's estimate, or what the limit of a control group (container, batch
    system) leaves, if that is less. On Windows and macOS it is the system's own figure. Where none
    is known, it is 4 GiB.
    """
    found = _of_linux() if sys.platform.startswith("linux") else _of_others()
    if found is None:
        found = _UNKNOWN
    limited = list(cgroup_free_bytes()) if sys.platform.startswith("linux") else []
    return max(0, min([found, *limited]))


def cgroup_free_bytes(
    root: Path = _CGROUPS, membership: Path = Path("/proc/self/cgroup")
) -> Iterator[int]:
    """Yield what each limit of the control groups of this process leaves.

    Cached files count as free, since the kernel drops them first.

    Args:
        root: Where the control groups are mounted, version 2 or 1.
        membership: The file that names those of this process.
    """
    try:
        lines = membership.read_text("utf-8").splitlines()
    except OSError:
        return
    for line in lines:
        _, controllers, path = line.split(":", 2)
        if not controllers:
            base, limit, usage, cache = root, "memory.max", "memory.current", "inactive_file"
        elif "memory" in controllers.split(","):
            base, limit = root / "memory", "memory.limit_in_bytes"
            usage, cache = "memory.usage_in_bytes", "total_inactive_file"
        else:
            continue
        # In a container, the path may be that outside; then the root is the group itself.
        inner = Path(path.lstrip("/"))
        for folder in dict.fromkeys((base / inner, *(base / p for p in inner.parents), base)):
            most = _number(folder / limit)
            if most is not None and most < _UNLIMITED:
                used = _number(folder / usage) or 0
                yield most - used + _stated(folder / "memory.stat", cache)


def _of_linux() -> int | None:
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            available = next(line for line in lines if line.startswith("MemAvailable"))
        return int(available.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return None


def _of_others() -> int | None:
    system: str = sys.platform
    try:
        return _of_windows() if system == "win32" else _of_macos()
    except (OSError, ValueError, AttributeError, subprocess.SubprocessError):
        return None


class _MemoryStatus(ctypes.Structure):
    """MEMORYSTATUSEX of Windows."""

    _fields_ = (
        ("length", ctypes.c_uint32),
        ("load", ctypes.c_uint32),
        ("total", ctypes.c_uint64),
        ("available", ctypes.c_uint64),
        *((f"more_{number}", ctypes.c_uint64) for number in range(5)),
    )


def _of_windows() -> int:
    status = _MemoryStatus(length=ctypes.sizeof(_MemoryStatus))
    if not ctypes.windll.kernel32.GlobalMemoryStatusEx(ctypes.byref(status)):  # type: ignore[attr-defined,unused-ignore]  # of Windows
        raise OSError("GlobalMemoryStatusEx")
    return int(status.available)


def _of_macos() -> int:
    """Return the free, inactive, speculative and purgeable pages that `vm_stat` counts."""
    ended = subprocess.run(["vm_stat"], capture_output=True, text=True, timeout=5, check=True)
    return pages_of_vm_stat(ended.stdout)


def pages_of_vm_stat(text: str) -> int:
    """Return the bytes of memory that can be had, by the output of macOS's `vm_stat`."""
    head, *lines = text.splitlines()
    page = int(head.partition("page size of ")[2].partition(" ")[0])
    counts = dict(line.split(":", 1) for line in lines if ":" in line)
    kinds = ("Pages free", "Pages inactive", "Pages speculative", "Pages purgeable")
    return page * sum(int(counts[kind].strip().rstrip(".")) for kind in kinds if kind in counts)


def _number(path: Path) -> int | None:
    """Return the number in a file; None without the file, or for ``max``."""
    try:
        return int(path.read_text("ascii"))
    except (OSError, ValueError):
        return None


def _stated(path: Path, name: str) -> int:
    """Return a value of a file with lines of names and numbers; 0 without it."""
    try:
        lines = path.read_text("ascii").splitlines()
    except OSError:
        return 0
    return next((int(line.split()[1]) for line in lines if line.startswith(f"{name} ")), 0)
