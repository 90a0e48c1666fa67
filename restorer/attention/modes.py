"""The mode in which an operator runs: its number format, and whether it is being recorded."""

from __future__ import annotations

import torch
from torch import Tensor


def is_recorded() -> bool:
    """Whether the operations are being recorded for another runtime, by export or tracing.

    A recorded operator takes its plain form, one operation for all pixels: loops over blocks would
    be unrolled for one size, and several operations on buffers have no counterpart in ONNX.
    """
    exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)  # torch < 2.7
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # untyped in torch
    return bool(exporting() or tracing or torch.onnx.is_in_onnx_export())


def at_least_float32(x: Tensor) -> Tensor:
    """Return `x` in float32, or as it is in float64; half precision selects other pixels."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
