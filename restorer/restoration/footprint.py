"""Estimate the peak memory of a restoration.

The factors are measured, see docs/benchmarks.md. Estimates are meant to be up to a quarter too
long, so that no job takes more than it has reserved.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from restorer.formats import Header
from restorer.models.catalog import ModelSpec

# Bytes for each sample: float32 pictures of the source and of its result, beside the integers.
_SOURCE, _RESULT = 5, 8
_ALPHA = 4  # for colors that are continued under transparent pixels
_CONDITION = 8  # for the plane of the condition of a network
_SPARE = 1.1
_NOISE = 11  # bytes for each sample while the noise is estimated
_PATCHES = 40_000  # at most so many are compared for the noise
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
    condition = _CONDITION if any(spec.condition for spec in specs) else 0
    return int(_SPARE * samples * (_SOURCE + more + condition + (_RESULT + more) * scale**2))


def job_bytes(
    header: Header,
    specs: Sequence[ModelSpec],
    bits: int | None = None,
    *,
    side: int | None = None,
    tiles: bool = True,
    at_once: int = 1,
    pictures: int = 1,
) -> int:
    """Return the estimated peak of a job: of its networks, or of the estimates before them.

    Args:
        header: The source; with fewer rows where it is streamed.
        specs: The models, which run one after another.
        bits: Depth of the result; None for that of the source.
        side: Side of the tiles; None for the preferred one of each model.
        tiles: Whether the tiles lie in this memory, and not in that of a GPU.
        at_once: Number of tiles that run at once.
        pictures: Number of pictures of this size: the source and its references.
    """
    peak = picture_bytes(header, specs, bits) * pictures
    if tiles:
        peak += max((_tile_bytes(spec, header, side, at_once) for spec in specs), default=0)
    return max([peak, *(_estimate_bytes(spec, header) for spec in specs)])


def _estimate_bytes(spec: ModelSpec, header: Header) -> int:
    """Return the peak while the condition of a network is estimated."""
    pixels, integers = header.height * header.width, header.bits // 8
    if spec.condition == "sigma":
        patches = min(_PATCHES, pixels) * _PATCH_BYTES
        return int(header.channels * ((_NOISE + integers) * pixels + patches))
    return 0


def _tile_bytes(spec: ModelSpec, header: Header, side: int | None, at_once: int) -> int:
    scale = spec.scale if spec.base else 1
    area = max(header.height * header.width * scale**2, spec.tile.min_side**2)
    longest = scale * max(header.height, header.width)  # that of a streamed picture, too
    side = side or spec.tile.for_picture((longest, longest)).side
    return spec.tile.bytes_per_pixel * min(at_once * side**2, area)
