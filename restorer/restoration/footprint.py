"""Estimates of the memory that a restoration takes at its peak.

The factors are measured, see docs/benchmarks.md; estimates are up to a quarter too long, so that no
job takes more than it has reserved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from restorer.formats import Header
from restorer.models.catalog import ModelSpec

# Bytes for each sample: float32 pictures of the source and of its result, beside the integers.
_SOURCE, _RESULT = 5, 8
_LUMA = 8  # for the other planes, where a network takes the luma alone
_ALPHA = 4  # for colors that are continued under transparent pixels
_SPARE = 1.1
_ESTIMATE = 11  # bytes for each sample of the source while its noise level is estimated
_PATCHES = 40_000  # at most so many are compared for it
_PATCH_BYTES = 2.2 * 64 * 8  # 8 x 8 in double precision, and once more to center them


def picture_bytes(header: Header, specs: Sequence[ModelSpec], bits: int | None = None) -> int:
    """Return the estimated peak of the pictures of a job that holds them whole.

    Args:
        header: The source.
        specs: The models, which run one after another.
        bits: Depth of the result; None for that of the source.
    """
    samples = header.height * header.width * header.channels
    deepest = max(header.bits, bits or 0) // 8
    scale = math.prod(spec.scale for spec in specs)
    more = deepest + (_ALPHA if header.channels in (2, 4) else 0)
    luma = _LUMA if any(spec.channels == 1 for spec in specs) else 0
    return int(_SPARE * samples * (_SOURCE + more + (_RESULT + more + luma) * scale**2))


def job_bytes(
    header: Header,
    specs: Sequence[ModelSpec],
    bits: int | None = None,
    *,
    side: int | None = None,
    tiles: bool = True,
    pictures: int = 1,
) -> int:
    """Return the estimated peak of a job: of its networks, or of the estimates before them.

    Args:
        header: The source; with fewer rows where it is streamed.
        specs: The models, which run one after another.
        bits: Depth of the result; None for that of the source.
        side: Side of the tiles; None for the preferred one of each model.
        tiles: Whether the tiles lie in this memory, and not in that of a GPU.
        pictures: Number of pictures of this size: the source and its references.
    """
    pixels = header.height * header.width
    peak = picture_bytes(header, specs, bits) * pictures
    if tiles:
        peak += max(_tile_bytes(spec, pixels, side) for spec in specs)
    if any(spec.condition == "sigma" for spec in specs):
        patches = min(_PATCHES, pixels) * _PATCH_BYTES
        peak = max(peak, int(header.channels * (_ESTIMATE * pixels + patches)))
    return peak


def _tile_bytes(spec: ModelSpec, pixels: int, side: int | None) -> int:
    area = max(pixels * spec.scale**2 if spec.base else pixels, spec.tile.min_side**2)
    return spec.tile.bytes_per_pixel * min((side or spec.tile.side) ** 2, area)
