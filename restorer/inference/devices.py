"""Devices, number formats and free memory."""

from __future__ import annotations

import ctypes
import platform
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Literal

import torch

from restorer.errors import OutOfMemoryError, SettingsError

Precision = Literal["fp32", "bf16", "fp16"]

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def available_devices() -> list[str]:
    """Return the devices of this machine, best first; ``cpu`` is always the last.

    Examples:
        >>> restorer.available_devices()[-1]
        'cpu'
    """
    devices = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return [*devices, "cpu"]


def choose_device(device: str) -> str:
    """Return the device for ``auto`` (the best), ``cpu``, ``cuda``, ``cuda:1`` or ``mps``.

    ``auto`` never takes ``mps``, some of whose operators are known to be wrong. Raises
    SettingsError if the machine has no such device.
    """
    devices = available_devices()
    if device == "auto":
        return next(d for d in devices if d != "mps")
    found = next((d for d in devices if device in (d, d.split(":")[0])), None)
    if found is None:
        raise SettingsError(
            f"device {device!r}: not on this machine; known are {', '.join(devices)}"
        )
    return found


def check_precision(precision: str) -> Precision | None:
    """Return the number format, None for ``auto``. Raises SettingsError for an unknown one."""
    if precision == "auto":
        return None
    if precision not in DTYPES:
        raise SettingsError(f"precision {precision!r}; known are auto, {', '.join(DTYPES)}")
    return precision  # type: ignore[return-value]  # a key of DTYPES


def has_fast_bf16(kind: str) -> bool:
    """Whether the device kind (``cpu``, ``cuda``) multiplies bfloat16 in hardware."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def fast_precisions(device: str) -> list[Precision]:
    """Return the formats that may be faster than float32 on the device."""
    kind = device.split(":")[0]
    if kind == "cuda":
        return ["bf16", "fp16"] if has_fast_bf16(kind) else ["fp16"]
    if kind == "mps":
        return ["fp16"]
    return ["bf16"] if has_fast_bf16(kind) else []


def cpu_threads() -> int:
    """Return the number of threads that an operator of torch uses on the CPU."""
    return torch.get_num_threads()


def set_cpu_threads(count: int) -> None:
    """Set the number of threads of an operator for all threads that begin after this call."""
    torch.set_num_threads(count)


@contextmanager
def shared_threads(workers: int) -> Iterator[None]:
    """Share the CPU's cores among `workers` threads that begin inside the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // workers))
    try:
        yield
    finally:
        torch.set_num_threads(before)


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


def free_bytes(device: str) -> int:
    """Return the free memory of `device` in bytes."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0])
    return _free_host_bytes()


def _free_host_bytes() -> int:
    """Return the kernel's estimate, or half the 8 GiB of a typical machine without one."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            available = next(line for line in lines if line.startswith("MemAvailable"))
        return int(available.split()[1]) * 1024
    except (OSError, StopIteration, ValueError):
        return 4 << 30


def machine_of(device: str) -> str:
    """Return the kind of processor and the version of PyTorch, which may decide the last bits."""
    kind = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    if device.startswith("cuda"):
        kind = torch.cuda.get_device_name(device)
    return f"{kind}, PyTorch {torch.__version__}"


def autocast(device: str, precision: Precision) -> AbstractContextManager[object]:
    """Return a context in which torch uses the number format where that is safe."""
    if precision == "fp32":
        return nullcontext()
    return torch.autocast(device.split(":")[0], DTYPES[precision])


def free_cache() -> None:
    """Release the memory of accelerators that torch keeps for later."""
    if torch.cuda.is_available():
        torch.cuda.empty_cache()


@contextmanager
def fitting(device: str, what: str) -> Iterator[None]:
    """Turn torch's errors for lack of memory into OutOfMemoryError, naming `what`."""
    try:
        yield
    except (MemoryError, RuntimeError) as error:
        lacking = isinstance(error, (MemoryError, torch.OutOfMemoryError))
        if not lacking and "DefaultCPUAllocator" not in str(error):  # a RuntimeError on the CPU
            raise
        if device.startswith("cuda"):
            torch.cuda.empty_cache()
        raise OutOfMemoryError(f"{what} does not fit into the memory of {device}") from error
