"""Choose device and precision; how much memory is free."""

from __future__ import annotations

from typing import Literal

import torch

from restorer.errors import SettingsError

Precision = Literal["fp32", "bf16", "fp16"]

DTYPES = {"fp32": torch.float32, "bf16": torch.bfloat16, "fp16": torch.float16}


def available_devices() -> list[str]:
    """Return the devices that can be asked for, best first; ``cpu`` is always the last."""
    devices = [f"cuda:{i}" for i in range(torch.cuda.device_count())]
    if torch.backends.mps.is_available():
        devices.append("mps")
    return [*devices, "cpu"]


def choose_device(wish: str) -> str:
    """Return the device for a wish: ``auto`` (the best), ``cpu``, ``cuda``, ``cuda:1``, ``mps``.

    ``auto`` never takes ``mps``, some of whose operators are known to be wrong; it can be asked for
    by name. Raises SettingsError if the machine has no such device.
    """
    devices = available_devices()
    if wish == "auto":
        return next(d for d in devices if d != "mps")
    found = next((d for d in devices if wish in (d, d.split(":")[0])), None)
    if found is None:
        raise SettingsError(f"device {wish!r}: not on this machine; known are {', '.join(devices)}")
    return found


def choose_precision(wish: str) -> Precision:
    """Return the number format for a wish; ``auto`` is float32, alike on every device."""
    if wish == "auto":
        return "fp32"
    if wish not in DTYPES:
        raise SettingsError(f"precision {wish!r}; known are auto, {', '.join(DTYPES)}")
    return wish  # type: ignore[return-value]  # a key of DTYPES


def has_fast_bf16(kind: str) -> bool:
    """Whether the device kind (``cpu``, ``cuda``) multiplies bfloat16 in hardware."""
    if kind == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return kind == "cpu" and bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def free_bytes(device: str) -> int:
    """Return the memory that a new allocation on `device` may hope for."""
    if device.startswith("cuda"):
        return int(torch.cuda.mem_get_info(device)[0])
    return _free_host_bytes()


def _free_host_bytes() -> int:
    """Return the kernel's estimate where there is one, else half a typical machine's 8 GiB."""
    try:
        with open("/proc/meminfo", encoding="ascii") as lines:
            fields = dict(line.split(":", 1) for line in lines)
        return int(fields["MemAvailable"].split()[0]) * 1024
    except (OSError, KeyError, ValueError):
        return 4 << 30


def empty_cache(device: str) -> None:
    """Give cached blocks back after an out-of-memory error."""
    if device.startswith("cuda"):
        torch.cuda.empty_cache()
