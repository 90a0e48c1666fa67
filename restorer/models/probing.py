"""Probe what a network needs of its input, with runs on small noise images.

A network is convolutional if each pixel of its result depends on a neighborhood that moves with the
pixel. Its tiles then give the result of the whole image, where they overlap by that neighborhood.
"""

from __future__ import annotations

import logging
import math
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeAlias

import torch
from torch import Tensor

from restorer.errors import ModelError
from restorer.tiling.plan import TileNeeds, round_up

log = logging.getLogger(__name__)

Run: TypeAlias = Callable[[Tensor], Tensor]

_FIRST_SIDES = (64, 128, 96, 32, 112, 48, 256)  # one of them suits every network tried
_MULTIPLES = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 128)
_SMALLEST = 8  # shorter sides are padded in any case
_LENGTHS = (64, 128, 256, 512)  # of strips that are as thin as the network permits
_SLOW_S = 5.0  # a run of this time is not repeated on a longer strip
_DECAY = 4  # of changes over twice the distance, at least; those of a global operation stay
# Of the largest value: what counts as a change, and how much tiles may deviate.
_CHANGED, _EQUAL = 1e-6, 1e-5
_SIDE, _GLOBAL_SIDE, _OVERLAP = 256, 512, 32
_PIXEL_BYTES = 16_000  # of the networks of the catalog at scale 1, rounded up


@dataclass(frozen=True)
class Needs:
    """The measured needs of a network.

    Attributes:
        scale: Side of the result divided by that of the input.
        planes: Input planes.
        channels: Planes of the result.
        multiple_of: Sides must be multiples of this.
        min_side: The smallest side, 8 or more.
        square: Whether the network takes squares only.
        period: Shifts of the input by multiples of this shift the result.
        radius: Input pixels to each side that a pixel of the result depends on; None where they
            are not limited, or too many to be measured.
    """

    scale: int
    planes: int
    channels: int
    multiple_of: int
    min_side: int
    square: bool
    period: int
    radius: int | None

    def tile(self) -> TileNeeds:
        """Return the needs as those of tiles."""
        local = self.radius is not None
        radius = self.radius or 0
        side = max(_SIDE, 4 * radius + _SIDE // 2) if local else _GLOBAL_SIDE
        return TileNeeds(
            multiple_of=self.multiple_of,
            min_side=self.min_side,
            side=round_up(max(side, self.min_side), self.period),
            overlap=2 * radius if local else _OVERLAP,
            border=0,
            bytes_per_pixel=_PIXEL_BYTES * max(1, self.scale**2 // 2),
            global_context=not local,
            radius=radius,
            period=self.period,
        )


def measure_needs(
    run: Run,
    *,
    name: str,
    device: str = "cpu",
    planes: Iterable[int] = (3, 1),
    multiple_of: int | None = None,
    min_side: int | None = None,
    radius: int | None = None,
    local: bool | None = None,
) -> Needs:
    """Measure a network by calling it; what is given is not measured.

    Args:
        run: Maps (1, planes, H, W) float32 to (1, C, scale * H, scale * W) in evaluation mode,
            without gradients, and the same input to the same output.
        name: The name of the network in messages.
        device: The device of its input.
        planes: The numbers of input planes to try.
        multiple_of: Sides must be multiples of this.
        min_side: The smallest side.
        radius: Input pixels to each side that a pixel of the result depends on.
        local: Whether there is such a radius.

    Raises ModelError for a network that takes none of the sizes tried, with its own error, and for
    one whose result has another size than a whole multiple of the input.
    """
    probe = _Probe(run, device)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of sizes that a network does not expect
        side, count, first = probe.first(name, planes)
        channels, scale = _output_of(first, side, name)

        def takes(height: int, width: int) -> bool:
            found = probe.run(count, height, width)
            return found is not None and found.shape == (1, channels, height * scale, width * scale)

        units = _MULTIPLES if multiple_of is None else (multiple_of,)
        unit = next((n for n in units if _takes_multiples(takes, n, side)), None)
        if unit is None:
            raise ModelError(f"{name}: takes {side} x {side}, but no steps of sides; multiple_of?")
        least = min_side or next(
            n for n in range(round_up(_SMALLEST, unit), 999, unit) if takes(n, n)
        )
        base = round_up(max(32, least), unit)
        square = not takes(base, base + unit)
        period = unit
        if radius is None and local is not False and not square:
            radius, period = probe.locality(count, scale, unit, base)
    if radius is None and local is not False:
        reason = f"is not convolutional within {probe.longest // 2} pixels"
        log.warning(
            "%s: %s; its tiles are blended, and differ from the result of the whole image",
            name,
            "takes squares only" if square else reason,
        )
    found = Needs(scale, count, channels, unit, least, square, period, radius)
    log.info("%s: measured %s", name, found)
    return found


class _Probe:
    """Runs of a network on noise; failures are answers, too."""

    def __init__(self, run: Run, device: str) -> None:
        self._run = run
        self._device = device
        self._error: Exception | None = None
        self.longest = 0

    def first(self, name: str, planes: Iterable[int]) -> tuple[int, int, Tensor]:
        """Return the first side and number of planes that the network takes, and its result."""
        first: Exception | None = None
        for side in _FIRST_SIDES:
            for count in planes:
                found = self.run(count, side, side)
                if found is not None:
                    return side, count, found
                first = first or self._error
        reason = " ".join(str(first).split()) or type(first).__name__
        side, count = _FIRST_SIDES[0], next(iter(planes))
        raise ModelError(
            f"{name}: fails for (1, {count}, {side}, {side}): {reason:.300}"
        ) from first

    def run(self, planes: int, height: int, width: int) -> Tensor | None:
        """Return the result for noise, None where the network fails."""
        try:
            return self._run(self._noise(planes, height, width))
        except Exception as error:  # noqa: BLE001  (networks raise all kinds of errors)
            self._error = error
            return None

    def locality(
        self, planes: int, scale: int, unit: int, thickness: int
    ) -> tuple[int | None, int]:
        """Return the radius over both directions, None without one, and the period."""
        radius, period = 0, unit
        for run in (self._run, _turned(self._run)):
            reach = self._reach(run, planes, scale, unit, thickness)
            if reach is None:
                return None, unit
            radius = max(radius, reach)
        for run in (self._run, _turned(self._run)):
            shift = self._period(run, planes, scale, unit, thickness, radius)
            if shift is None:
                return None, unit
            period = math.lcm(period, shift)
        return radius, period

    def _reach(self, run: Run, planes: int, scale: int, unit: int, thickness: int) -> int | None:
        """Return how far a change of one half of a strip reaches into the other half."""
        before = math.inf  # the change at the far end of the strip before
        for length in _LENGTHS:
            length = round_up(max(length, 2 * unit), unit)
            self.longest = max(self.longest, length)
            x = self._noise(planes, thickness, length)
            middle, start = length // 2, time.perf_counter()
            result = run(x)
            seconds = time.perf_counter() - start
            reach, far = 0, 0.0
            for half in (slice(middle, None), slice(None, middle)):
                changed = x.clone()
                changed[..., half] = 1 - changed[..., half] / 2
                change = (run(changed) - result).abs().amax((0, 1, 2))
                edge = middle * scale
                change = change[:edge].flip(0) if half.stop is None else change[edge:]
                reach = max(reach, _last(change > _CHANGED * float(result.abs().max())))
                far = max(far, float(change[-scale:].max()))
            if reach < (length - middle - 1) * scale:
                return -(-reach // scale)
            if seconds > _SLOW_S or far > before / _DECAY:
                break
            before = far
        return None

    def _period(
        self, run: Run, planes: int, scale: int, unit: int, thickness: int, radius: int
    ) -> int | None:
        """Return the smallest shift that gives the same pixels; None without one."""
        shifts = [n for n in _MULTIPLES if n % unit == 0] or [unit]
        length = round_up(2 * radius + shifts[-1] + _SMALLEST, unit)
        x = self._noise(planes, thickness, length)
        whole = run(x)
        for shift in shifts:
            cut, same = run(x[..., shift:]), whole[..., shift * scale :]
            error = (cut - same)[..., radius * scale :].abs().max()
            if float(error) <= _EQUAL * float(whole.abs().max()):
                return shift
        return None

    def _noise(self, planes: int, height: int, width: int) -> Tensor:
        generator = torch.Generator().manual_seed(0)
        return torch.rand((1, planes, height, width), generator=generator).to(self._device)


def _turned(run: Run) -> Run:
    return lambda x: run(x.transpose(2, 3)).transpose(2, 3)


def _output_of(result: Tensor, side: int, name: str) -> tuple[int, int]:
    """Return the planes of a result and its scale."""
    shape = tuple(result.shape)
    if len(shape) != 4 or shape[2] != shape[3] or shape[2] % side or not shape[2]:
        raise ModelError(
            f"{name}: returns {shape} for sides of {side}, expected (1, C, H, W) with sides of a"
            f" multiple of {side}"
        )
    return shape[1], shape[2] // side


def _takes_multiples(takes: Callable[[int, int], bool], unit: int, least: int) -> bool:
    base = round_up(least, unit)
    return all(takes(n, n) for n in (base, base + unit, base + 3 * unit))


def _last(seen: Tensor) -> int:
    """Return the number of pixels up to the last one that is set."""
    places = seen.nonzero()
    return int(places.max()) + 1 if len(places) else 0
