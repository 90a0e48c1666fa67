"""The input planes of a network, the condition it receives, and its output as color.

Everything works pixel by pixel, so that a band of rows becomes what it is in the whole picture.
Arrays are (H, W, C) float32 with white = 1.0, encoded values.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from restorer import color
from restorer.estimate.levels import Levels
from restorer.estimate.noise_map import NoiseMap
from restorer.image import FloatArray
from restorer.models.catalog import ModelSpec
from restorer.settings import Origin, RunPlan, Step
from restorer.tiling.plan import Region


@dataclass(frozen=True)
class Condition:
    """The level of damage that a network is conditioned on; it fills one more input plane.

    Attributes:
        sigma: Noise level on the 0-255 scale, of values with white 1.
        jpeg_quality: Lowest JPEG quality that the picture was saved with, 1 to 100.
        origin: Source of the value.
        local: Noise levels of areas, where they differ from `sigma`.
    """

    sigma: float | None = None
    jpeg_quality: int | None = None
    origin: Origin = ""
    local: NoiseMap | None = None

    def levels(self, region: Region) -> FloatArray | None:
        """Return the strength of the damage in a region of the picture, (h, w, 1).

        It is on the 0-255 scale, 0 for none. None for a blind network.
        """
        if self.local is not None:
            return self.local.at(region)[..., None]
        level = self.sigma if self.jpeg_quality is None else 100.0 - self.jpeg_quality
        if level is None:
            return None
        return np.full((region.height, region.width, 1), level, np.float32)

    def recorded(self, plan: RunPlan) -> RunPlan:
        """Return the plan of a run with this condition."""
        return replace(plan, sigma=self.sigma, jpeg_quality=self.jpeg_quality, origin=self.origin)


def condition_of(
    spec: ModelSpec,
    step: Step,
    *,
    levels: Levels,
    jpeg_quality: Callable[[], tuple[int, Origin]],
    white: float = 1.0,
    known: RunPlan | None = None,
) -> Condition:
    """Return the condition that the step gives for its network, or else an estimate.

    Args:
        spec: The network's model.
        step: Its options.
        levels: Estimates of the noise level of values with white 1.
        jpeg_quality: Estimates the JPEG quality.
        white: White of the source, in which the step gives its noise level.
        known: The plan of an earlier run whose condition holds instead.
    """
    if known is not None and spec.condition:
        found = Condition(known.sigma, known.jpeg_quality, known.origin)
        return found if known.sigma is None else _with_local(found, spec, levels)
    if spec.condition == "sigma":
        if step.sigma is None:
            level = min(levels.sigma(spec.noise), spec.condition_max)
            found = Condition(sigma=level, origin="estimated")
        else:
            found = Condition(sigma=step.sigma / white, origin="given")
        return _with_local(found, spec, levels)
    if spec.condition == "jpeg_quality":
        if step.jpeg_quality is not None:
            return Condition(jpeg_quality=step.jpeg_quality, origin="given")
        quality, origin = jpeg_quality()
        return Condition(jpeg_quality=quality, origin=origin)
    return Condition()


def planes_of(spec: ModelSpec, colors: FloatArray, levels: FloatArray | None = None) -> FloatArray:
    """Return the input planes of a network from (H, W, 1 or 3) color.

    Networks for gray JPEG files restore the luma of color ones; chroma passes beside them.

    Args:
        spec: The network's model.
        colors: Values in the range of networks: at most a few times white.
        levels: `Condition.levels` for a network that is conditioned on them.
    """
    planes = color.luma(colors) if _luma_only(spec) else color.network_planes(colors, spec.channels)
    if levels is None:
        return planes
    return np.concatenate([planes, levels / np.float32(255)], axis=2)


def merged(spec: ModelSpec, colors: FloatArray, restored: FloatArray, *, gray: bool) -> FloatArray:
    """Return the network's result (H * scale, W * scale, C') as color with the planes of the input.

    Args:
        spec: The network's model.
        colors: The argument of `planes_of`.
        restored: The network's result for those planes.
        gray: Whether all planes of the whole picture are equal: networks tint gray pictures
            slightly, but visibly.
    """
    if _luma_only(spec):
        return colors + (restored - color.luma(colors))
    if gray:
        grays: FloatArray = restored.mean(2, keepdims=True)
        return grays.repeat(colors.shape[2], 2)
    return restored


def _with_local(found: Condition, spec: ModelSpec, levels: Levels) -> Condition:
    """Return the condition with levels of areas; white noise of a given level is everywhere."""
    assert found.sigma is not None, "the level of the whole is known"
    if found.origin == "given" and spec.noise == "white":
        return found
    return replace(found, local=levels.local(found.sigma, spec.noise))


def _luma_only(spec: ModelSpec) -> bool:
    return spec.traits.luma and spec.channels == 1
