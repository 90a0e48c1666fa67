"""What a step does to color before and behind its network.

Each pixel by itself, so that a band of rows becomes what it would become in the whole picture.
Arrays are (H, W, C) float32 with white = 1.0, encoded values.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np

from restorer import color
from restorer.image import FloatArray
from restorer.models.catalog import ModelSpec
from restorer.restoration.source import UNCOMPRESSED
from restorer.settings import Origin, RunPlan

_CLEAN = 96  # least quality of a JPEG file in which nobody sees the compression


@dataclass(frozen=True)
class Condition:
    """What a network is told of the damage, in one more plane.

    Attributes:
        sigma: Noise level on the 0-255 scale, of values with white 1.
        jpeg_quality: The lowest that the picture was saved with, 1 to 100.
        origin: Where that comes from.
    """

    sigma: float | None = None
    jpeg_quality: int | None = None
    origin: Origin = ""

    @property
    def level(self) -> float | None:
        """How strong the damage is, 0 for none, on the 0-255 scale; None where nothing is told."""
        return self.sigma if self.jpeg_quality is None else 100.0 - self.jpeg_quality

    def recorded(self, plan: RunPlan) -> RunPlan:
        """Return the plan of the run with what its network was told."""
        return replace(plan, sigma=self.sigma, jpeg_quality=self.jpeg_quality, origin=self.origin)


def notes_of(plans: Iterable[RunPlan]) -> tuple[str, ...]:
    """Return what to say of the measured damage: a picture may need no restoration."""
    qualities = [plan.jpeg_quality for plan in plans if plan.origin in ("file", "estimated")]
    return tuple(_of_quality(q) for q in qualities if q is not None and q >= _CLEAN)


def planes_of(spec: ModelSpec, colors: FloatArray, level: float | None = None) -> FloatArray:
    """Return the planes that the network takes of (H, W, 1 or 3) color.

    Networks for gray JPEG files are for the luma of color ones; chroma passes beside them.

    Args:
        spec: The network's model.
        colors: Values that networks know: at most a few times white.
        level: How strong the damage is, 0-255 scale, for a network that is told; see `Condition`.
    """
    planes = color.luma(colors) if _luma_only(spec) else color.network_planes(colors, spec.channels)
    if level is None:
        return planes
    plane = np.full((*colors.shape[:2], 1), level / 255, np.float32)
    return np.concatenate([planes, plane], axis=2)


def merged(spec: ModelSpec, colors: FloatArray, restored: FloatArray, *, gray: bool) -> FloatArray:
    """Return the network's result (H * scale, W * scale, C') as color of the input's planes.

    Args:
        spec: The network's model.
        colors: What `planes_of` was given.
        restored: What the network made of that.
        gray: Whether all planes of the whole picture are equal: networks tint gray pictures a
            little, and the eye sees it.
    """
    if _luma_only(spec):
        return colors + (restored - color.luma(colors))
    if gray:
        grays: FloatArray = restored.mean(2, keepdims=True)
        return grays.repeat(colors.shape[2], 2)
    return restored


def _of_quality(quality: int) -> str:
    if quality == UNCOMPRESSED:
        return "no traces of JPEG compression were found"
    return f"it was saved at JPEG quality {quality}, whose traces nobody sees"


def _luma_only(spec: ModelSpec) -> bool:
    return spec.traits.luma and spec.channels == 1
