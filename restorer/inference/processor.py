"""Identify the processor of this machine, to store measurements under it."""

from __future__ import annotations

import os
import platform
import subprocess
import sys
from contextlib import suppress
from functools import cache
from pathlib import Path


@cache
def processor() -> str:
    """Return the model of the processor and the number of cores that this process may use.

    Unlike the name of a host, it stays the same in new containers and after DHCP. It is never
    empty.
    """
    return f"{_model() or platform.machine() or 'unknown'}, {_cores()} cores"


def _cores() -> int:
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def _model() -> str:
    system: str = sys.platform
    with suppress(OSError, subprocess.SubprocessError):
        if system == "linux":
            return model_of_cpuinfo(Path("/proc/cpuinfo").read_text("utf-8", "replace"))
        if system == "darwin":
            words = ["sysctl", "-n", "machdep.cpu.brand_string"]
            ended = subprocess.run(words, capture_output=True, text=True, timeout=5, check=True)
            return ended.stdout.strip()
    return platform.processor()


def model_of_cpuinfo(text: str) -> str:
    """Return the model that Linux states, on ARM the numbers of maker and part; empty for none."""
    found: dict[str, str] = {}
    for line in text.splitlines():
        name, _, value = line.partition(":")
        found.setdefault(name.strip(), value.strip())
    if "model name" in found:
        return found["model name"]
    return " ".join(found[key] for key in ("CPU implementer", "CPU part") if key in found)
