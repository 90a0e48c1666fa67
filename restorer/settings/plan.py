"""RunPlan: how one network runs on a device for a picture; plain data."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec

from restorer.settings.settings import Context, Tiling

Origin: TypeAlias = Literal["", "given", "file", "estimated"]


@dataclass(frozen=True)
class RunPlan:
    """A request resolved against model, device and image.

    With the options of its `Step`, it fixes the pixels of one run of a network.

    Attributes:
        sigma: Noise level that the network was given, if it takes one.
        jpeg_quality: JPEG quality that the network was given, if it takes one.
        origin: Source of that value: the step, the file or an estimate; empty where there is none.
        side: Side of the tiles; 0 in context ``whole``.
        batch: Number of tiles that went through the network at once.
        keep_colors: Whether the local means of the result follow those of the input.
        weights: SHA-256 of the weights; empty for a network in memory.
        twin: SHA-256 of the weights with which they were interpolated (`Step.denoise`).
    """

    model: str
    device: str
    precision: str
    side: int
    overlap: int
    seed: int
    tiling: Tiling = "blend"
    self_ensemble: bool = False
    sigma: float | None = None
    jpeg_quality: int | None = None
    origin: Origin = ""
    context: Context = "tile"
    batch: int = 1
    keep_colors: bool = False
    weights: str = ""
    twin: str = ""


def plain(value: Any) -> dict[str, Any]:
    """Return a plan, or another dataclass, as JSON holds it: in journals and in results."""
    found: dict[str, Any] = msgspec.to_builtins(value)
    return found
