"""Measure how the tiles of a network must be placed so that no seam shows.

The result of a part of a picture is compared with the same pixels of the result of all of it. Near
the cut they differ: by how far, says how much tiles have to overlap. If they differ everywhere, the
network uses statistics of the whole picture. Attention in windows agrees where tiles begin on the
grid of the windows. Pictures are strips, so that a network of a minute per megapixel takes seconds.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from itertools import takewhile
from typing import TypeAlias

import msgspec
import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.models import community, kept
from restorer.models.community import CommunityModel
from restorer.networks.layers import channels_last
from restorer.tiling.plan import TileNeeds, round_up

log = logging.getLogger(__name__)

Run: TypeAlias = Callable[[Tensor], Tensor]

_FOLDER = "tiles"

GATE_DB = 54.0  # PSNR to one tile: an error of half a level of 8 bits
_ALIGNED_DB = 60.0  # what is left far from a cut on the grid, from padding and number formats
_LENGTH, _THICKNESS = 384, 64  # of the strips
_FARTHEST = 144  # pixels from a cut, which leave as many to compare
_WINDOW = 8  # pixels that are compared together
# Periods that are tried, in chains that begin with the largest: windows of 7, 8, 12, 16, 22, and
# the factors of networks that work on coarse features.
_CHAINS: tuple[tuple[int, ...], ...] = (
    (64, 32, 16, 8, 4, 2),
    (48, 24, 12, 6, 3),
    (56, 28, 14, 7),
    (40, 20, 10, 5),
    (44, 22, 11),
)
_RAMP = 16  # pixels beyond the radius over which tiles are blended
_SIDE, _WHOLE_SIDE, _WHOLE_OVERLAP = 256, 1 << 14, 64
_LIMIT_S = 60.0  # of a measurement; networks that take longer are not measured


@dataclass(frozen=True)
class Seams:
    """What was measured.

    Attributes:
        period: Tiles begin on multiples of this.
        radius: Pixels from a cut at which the result is that of the whole picture; None if it is
            nowhere.
        psnr: PSNR in dB to the result of the whole picture, beyond the radius.
    """

    period: int
    radius: int | None
    psnr: float

    def tile(self, needs: TileNeeds) -> TileNeeds:
        """Return the needs of tiles, from those that the network states."""
        period = math.lcm(needs.period, self.period)
        if self.radius is None:
            return whole_tile(replace(needs, period=period))
        return replace(
            needs,
            period=period,
            side=round_up(max(_SIDE, needs.min_side, 8 * self.radius), period),
            overlap=round_up(2 * self.radius + _RAMP, period),
            radius=self.radius,
            global_context=False,
        )


def measured_tile(found: CommunityModel, state: Mapping[str, Tensor], sha256: str) -> TileNeeds:
    """Return the needs of tiles of a checkpoint, measured once and kept.

    A network that takes the whole picture by itself, or too long, is not measured: it gets one tile
    where memory allows.
    """
    key = kept.key(sha256)
    try:
        return msgspec.convert(kept.load(_FOLDER, key), TileNeeds)
    except msgspec.ValidationError:  # none
        pass
    needs, seams = tile_needs(found), None
    if found.tiling != "internal":
        network = channels_last(community.build(state))
        seams = measure_seams(network, channels=found.channels, scale=found.scale, needs=needs)
    tile = whole_tile(needs) if seams is None else seams.tile(needs)
    log.info("%s: measured %s; %s", found.name, seams, tile)
    kept.store(_FOLDER, key, asdict(tile))
    return tile


def tile_needs(found: CommunityModel) -> TileNeeds:
    """Return the needs of tiles that a network of spandrel states; it pads its input itself."""
    unit = max(1, found.multiple_of)
    # Networks that use the whole image get large tiles, as far as memory permits.
    side = 512 if found.tiling == "discouraged" else 256
    return TileNeeds(
        multiple_of=1,
        min_side=8,
        side=round_up(max(side, found.min_side), unit),
        overlap=32,
        border=0,
        bytes_per_pixel=16_000 * max(1, found.scale**2 // 2),
        global_context=found.tiling != "supported",
        period=unit,
    )


def whole_tile(needs: TileNeeds) -> TileNeeds:
    """Return the needs of tiles of a network that depends on the whole picture."""
    return replace(
        needs,
        side=round_up(_WHOLE_SIDE, needs.period),
        overlap=round_up(_WHOLE_OVERLAP, needs.period),
        radius=0,
        global_context=True,
        whole=True,
    )


def measure_seams(run: Run, *, channels: int, scale: int, needs: TileNeeds) -> Seams | None:
    """Measure a network; None if it takes more than a minute.

    Args:
        run: Maps (1, channels, H, W), white 1, to (1, channels, scale * H, scale * W).
        channels: Input and output channels.
        scale: Scale of the result.
        needs: The sizes that the network takes.
    """
    deadline = time.perf_counter() + _LIMIT_S
    thickness = round_up(max(_THICKNESS, needs.min_side), math.lcm(needs.multiple_of, needs.period))
    picture = _textured(channels, thickness, round_up(_LENGTH, needs.period))
    period, radius, worst = 1, 0, math.inf
    try:
        for each in (run, _turned(run)):
            strip = _Strip(each, picture, scale, deadline)
            period = math.lcm(period, strip.period())
            found, psnr = strip.radius(period)
            worst = min(worst, psnr)
            if found is None:
                return Seams(period, None, worst)
            radius = max(radius, found)
    except TimeoutError:
        return None
    return Seams(period, radius, worst)


class _Strip:
    """The result of a long picture, with which those of its parts are compared."""

    def __init__(self, run: Run, picture: Tensor, scale: int, deadline: float) -> None:
        self._run, self._picture, self._scale, self._deadline = run, picture, scale, deadline
        self._far: dict[int, float] = {}
        self._whole = self._checked(picture)

    def period(self) -> int:
        """Return the smallest step of tiles that are right far from their edges.

        Where statistics of the whole picture count, none is; the grid of most windows then is.
        """
        if self._fits(1):
            return 1
        chain = next((each for each in _CHAINS if self._fits(each[0])), _CHAINS[0][:1])
        return [chain[0], *takewhile(self._fits, chain[1:])][-1]

    def _fits(self, period: int) -> bool:
        return self._far_psnr(period) >= _ALIGNED_DB

    def radius(self, period: int) -> tuple[int | None, float]:
        """Return the distance from a cut of half the strip at which its result is the same.

        Also returns the PSNR beyond it; without such a distance, that of the far pixels.
        """
        length = self._picture.shape[3]
        middle = round_up(length // 2, period)
        right = self._errors(slice(middle, None))
        left = self._errors(slice(None, middle)).flip(0)
        shortest = min(len(left), len(right))
        errors = torch.maximum(left[:shortest], right[:shortest])
        usable = errors[: len(errors) // _WINDOW * _WINDOW].view(-1, _WINDOW).mean(1)
        beyond = (usable > 10 ** (-GATE_DB / 10)).nonzero()
        radius = (int(beyond.max()) + 1) * _WINDOW if len(beyond) else 0
        far = errors[min(radius, _FARTHEST) :]
        return None if radius > _FARTHEST else radius, _psnr(far)

    def _far_psnr(self, period: int) -> float:
        """Return the PSNR far from a cut on multiples of the period, but not of twice of it."""
        if period not in self._far:
            count = -(-_CHAINS[0][0] // period)
            start = (count | 1) * period
            errors = self._errors(slice(start, None))
            self._far[period] = _psnr(errors[-_LENGTH // 4 :])
        return self._far[period]

    def _errors(self, part: slice) -> Tensor:
        """Return the mean squared error of the result of a part, by input column."""
        scale = self._scale
        inside = slice(*(None if n is None else n * scale for n in (part.start, part.stop)))
        difference = self._checked(self._picture[..., part]) - self._whole[..., inside]
        return difference.double().square().mean((0, 1, 2)).view(-1, scale).mean(1)

    def _checked(self, picture: Tensor) -> Tensor:
        if time.perf_counter() > self._deadline:
            raise TimeoutError
        with torch.no_grad():
            return self._run(picture)


def _psnr(errors: Tensor) -> float:
    return -10 * math.log10(max(float(errors.mean()), 1e-12))


def _turned(run: Run) -> Run:
    return lambda x: run(x.transpose(2, 3)).transpose(2, 3)


def _textured(channels: int, height: int, width: int) -> Tensor:
    """Return a picture of dark, fine texture on the left and bright, smoother areas on the right.

    The statistics of its parts differ as those of foliage and sky.
    """
    generator = torch.Generator().manual_seed(0)
    rise = torch.linspace(0, 1, width)
    tint = torch.linspace(0.2, 0.5, channels)[None, :, None, None]
    picture = 0.25 + tint * rise
    for side, left, right in ((1, 0.06, 0.02), (2, 0.08, 0.03), (8, 0.06, 0.03), (32, 0.02, 0.1)):
        grains = torch.randn(
            1, channels, height // side + 2, width // side + 2, generator=generator
        )
        large = F.interpolate(grains, scale_factor=side, mode="bilinear")
        picture = picture + (left + (right - left) * rise) * large[..., :height, :width]
    return picture.clamp(0, 1)
