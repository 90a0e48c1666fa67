"""The mode of an operator: its number format, and whether it is being exported."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import torch
from torch import Tensor

CallableT = TypeVar("CallableT", bound=Callable[..., Tensor])


def is_exporting() -> bool:
    """Whether operations are recorded for another runtime: `torch.export`, ONNX or a trace.

    An exported operator takes its plain form, one operation for all pixels: loops over blocks would
    be unrolled for one size, and several operations on buffers have no counterpart in ONNX.
    """
    exporting = getattr(torch.compiler, "is_exporting", torch.compiler.is_compiling)  # torch < 2.7
    tracing = torch.jit.is_tracing()  # type: ignore[attr-defined, no-untyped-call]  # untyped in torch
    return bool(exporting() or tracing or torch.onnx.is_in_onnx_export())


def at_least_float32(x: Tensor) -> Tensor:
    """Return `x` in float32, or as it is in float64; half precision selects other pixels."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def in_bfloat16(x: Tensor) -> bool:
    """Whether the caller computes in bfloat16: the features have that type, or autocast makes it.

    Products may then be computed in bfloat16 where they select no pixels.
    """
    kind = x.device.type
    autocast = torch.is_autocast_enabled(kind) and torch.get_autocast_dtype(kind) == torch.bfloat16
    return x.dtype == torch.bfloat16 or autocast


def uncompiled(function: CallableT) -> CallableT:
    """Return the function; under `torch.compile`, in a form that runs as it is.

    The compiler would unroll the loops over blocks, for minutes, and gains nothing there.
    """
    if torch.compiler.is_compiling() and not is_exporting():
        return torch.compiler.disable(function)  # type: ignore[no-untyped-call, no-any-return]
    return function
