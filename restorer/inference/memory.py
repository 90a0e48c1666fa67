"""Device memory: how much is free, how much a call takes, and errors when it runs out."""

from __future__ import annotations

import ctypes
import gc
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import torch

from restorer.errors import OutOfMemoryError
from restorer.inference.host_memory import free_host_bytes

TILE_SHARE = 0.7  # of the free memory; the picture itself and other programs need the rest

# What the libraries say of memory that they cannot get, in errors that have no class of their own.
_LACKS = (
    "DefaultCPUAllocator",  # PyTorch on the CPU
    "out of memory",  # of CUDA outside PyTorch's allocator, of MPS, of oneDNN
    "Invalid buffer size",  # MPS, beyond the largest buffer of the device
    "ALLOC_FAILED",  # cuBLAS, cuDNN, cuSOLVER
    "ALLOCATION_FAILED",  # cuDNN 9: host and device
    "CUBLAS_STATUS_NOT_INITIALIZED",  # no memory for the workspace of a handle
    "unable to find an engine",  # cuDNN: no algorithm whose workspace fits
    "Unable to find a valid cuDNN algorithm",  # the same, before cuDNN 8
)

_workers = 1  # of this machine, that share each of its GPUs


def share_devices(workers: int) -> None:
    """Let `workers`, threads or processes, plan with equal parts of the memory of each GPU."""
    global _workers
    _workers = max(1, workers)


@contextmanager
def shared_devices(workers: int) -> Iterator[None]:
    """Share the memory of GPUs among `workers` inside the context."""
    before = _workers
    share_devices(workers)
    try:
        yield
    finally:
        share_devices(before)


def free_bytes(device: str) -> int:
    """Return the free memory of `device` in bytes, on a GPU the part of one worker."""
    if not device.startswith("cuda"):
        return free_host_bytes()
    free, total = torch.cuda.mem_get_info(device)
    unused = torch.cuda.memory_reserved(device) - torch.cuda.memory_allocated(device)
    return _part(int(free), int(total), int(unused), _workers)


def tile_budget(device: str) -> int:
    """Return the bytes that the tiles in work may take on a device."""
    return int(free_bytes(device) * TILE_SHARE)


def is_lack_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory was lacking, in the host or in a GPU."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _LACKS)


@contextmanager
def fitting(device: str, what: str) -> Iterator[None]:
    """Turn torch's errors for lack of memory into OutOfMemoryError, naming `what`.

    What the failed call had computed is released, so that the next one finds its memory free.
    """
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        if not is_lack_of_memory(error):
            raise
        _drop_frames(error)
        if not device.startswith("cpu"):
            gc.collect()
            free_cache()
        raise OutOfMemoryError(f"{what} does not fit into the memory of {device}") from error


def free_cache() -> None:
    """Release the memory of accelerators that torch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()
    if torch.backends.mps.is_available():
        torch.mps.empty_cache()


class MemoryMeter:
    """Measures how far calls raise the memory in use above its present level.

    On the CPU this is the memory of the whole process, as Linux reports it. Without glibc, freed
    memory may stay with the process; then only calls of rising demand can be measured.
    """

    def __init__(self, device: str) -> None:
        self._device = device
        _trim()
        self._start = _resident("VmRSS")

    def peak(self, call: Callable[[], object]) -> int | None:
        """Return the peak of a call in bytes; None where the system does not report it."""
        if self._device.startswith("cuda"):
            torch.cuda.synchronize(self._device)
            before = torch.cuda.memory_allocated(self._device)
            torch.cuda.reset_peak_memory_stats(self._device)
            call()
            return int(torch.cuda.max_memory_allocated(self._device)) - before
        _trim()
        with suppress(OSError):
            Path("/proc/self/clear_refs").write_text("5", "ascii")  # the peak falls to now
        call()
        highest = _resident("VmHWM") if self._device == "cpu" else None
        return None if highest is None or self._start is None else highest - self._start

    def own_peak(self, call: Callable[[], object]) -> int | None:
        """Return the peak of a short call, which may be made twice.

        On a GPU, what other threads of this process allocate meanwhile counts, too, and is rarely
        the same in two calls: the smaller peak is the better one.
        """
        peaks = [self.peak(call) for _ in range(2 if self._device.startswith("cuda") else 1)]
        found = [peak for peak in peaks if peak is not None]
        return min(found) if len(found) == len(peaks) else None


def _part(free: int, total: int, unused: int, workers: int) -> int:
    """Return the memory of one of several workers.

    Args:
        free: What no process has.
        total: All memory of the device.
        unused: What this process has reserved, and does not use: it gets it without asking.
        workers: How many plan with it; the part of one does not depend on what others hold.
    """
    return min(free + unused, total // workers)


def _drop_frames(error: BaseException | None) -> None:
    """Release the local variables of the calls that failed, of the causes of an error, too."""
    while error is not None:
        traceback.clear_frames(error.__traceback__)
        error.__traceback__ = None
        error = error.__cause__ or error.__context__


def _trim() -> None:
    """Make glibc return freed memory to the system."""
    with suppress(OSError, AttributeError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def _resident(field: str) -> int | None:
    """Return a field of the process status in bytes; None outside Linux."""
    try:
        lines = Path("/proc/self/status").read_text("ascii").splitlines()
    except OSError:
        return None
    return next((int(line.split()[1]) * 1024 for line in lines if line.startswith(field)), None)
