"""Devices, number formats and threads."""

from __future__ import annotations

import os
import platform
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext
from functools import cache
from typing import Literal

import torch

from restorer.attention.tf32 import tf32
from restorer.errors import SettingsError

Precision = Literal["fp32", "tf32", "bf16", "fp16"]

DTYPES = {
    "fp32": torch.float32,
    "tf32": torch.float32,
    "bf16": torch.bfloat16,
    "fp16": torch.float16,
}


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
            f"device {device!r}: not on this machine; expected one of {', '.join(devices)}"
        )
    return found


def check_precision(precision: str) -> Precision | None:
    """Return the number format, None for ``auto``. Raises SettingsError for an unknown one."""
    if precision == "auto":
        return None
    if precision not in DTYPES:
        raise SettingsError(f"precision {precision!r}; expected one of auto, {', '.join(DTYPES)}")
    return precision  # type: ignore[return-value]  # a key of DTYPES


def has_fast_bf16(kind: str) -> bool:
    """Whether the device kind (``cpu``, ``cuda``) multiplies bfloat16 in hardware."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    if kind != "cpu" or not hasattr(torch.cpu, "get_capabilities"):  # older than PyTorch 2.10
        return False
    found = torch.cpu.get_capabilities()  # of x86, and of ARM
    return bool(found.get("avx512_bf16") or found.get("bf16"))


def fast_precisions(device: str) -> list[Precision]:
    """Return the formats that may be faster than float32 on the device."""
    kind = device.split(":")[0]
    if kind == "cuda":
        # Cards that multiply bfloat16 have TF32, too, since the same generation.
        return ["tf32", "bf16", "fp16"] if has_fast_bf16(kind) else ["fp16"]
    if kind == "mps":
        return ["fp16"]
    return ["bf16"] if has_fast_bf16(kind) else []


def cpu_threads() -> int:
    """Return the number of threads that an operator of torch uses on the CPU."""
    return torch.get_num_threads()


def set_cpu_threads(count: int) -> None:
    """Set the number of threads of an operator for all threads that begin after this call."""
    torch.set_num_threads(count)


@cache
def survive_forks() -> None:
    """Let processes that are forked from now on use one thread, as those of a `DataLoader` do.

    They have none of the threads of OpenMP that this process has begun, and would wait for them
    for ever.
    """
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(after_in_child=lambda: torch.set_num_threads(1))


@contextmanager
def shared_threads(workers: int) -> Iterator[None]:
    """Share the CPU's cores among `workers` threads that begin inside the context."""
    before = torch.get_num_threads()
    torch.set_num_threads(max(1, before // workers))
    try:
        yield
    finally:
        torch.set_num_threads(before)


@contextmanager
def single_threads(count: int) -> Iterator[ThreadPoolExecutor]:
    """Give `count` threads that use one core each; what has not begun ends with them."""
    before = torch.get_num_threads()
    pool = ThreadPoolExecutor(count, initializer=torch.set_num_threads, initargs=(1,))
    try:
        yield pool
    finally:
        pool.shutdown(cancel_futures=True)
        torch.set_num_threads(before)  # for threads that begin later: each of the pool has set it


def machine_of(device: str) -> str:
    """Return the kind of processor and the version of PyTorch, which may decide the last bits."""
    kind = f"{platform.machine()} {torch.backends.cpu.get_cpu_capability()}"
    if device.startswith("cuda"):
        kind = torch.cuda.get_device_name(device)
    return f"{kind}, PyTorch {torch.__version__}"


@contextmanager
def number_format(device: str, precision: Precision) -> Iterator[None]:
    """Compute in the number format where that is safe, and elsewhere in full float32."""
    kind, dtype = device.split(":")[0], DTYPES[precision]
    reduced = nullcontext() if dtype == torch.float32 else torch.autocast(kind, dtype)
    with tf32(kind, precision == "tf32"), reduced:
        yield
