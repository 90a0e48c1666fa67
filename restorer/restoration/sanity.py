"""Check the result of a step: scaled down, it must agree with its input.

A network restores fine detail; low frequencies it leaves. Where the means of areas are others, or
the structure between them is gone, something failed: a device, a number format, damaged weights, a
bug. Results are compared as their rows come, in strips, so that a picture may be of any size.

Thresholds were measured with the models of the catalog on 169 photographs, as they are, with noise
up to sigma 50, and in JPEG files of quality 10 and 40; see the constants.
"""

from __future__ import annotations

import cv2
import numpy as np

from restorer.errors import InvalidOutputError
from restorer.image import FloatArray
from restorer.models.catalog import is_shipped
from restorer.restoration.conditioning import Condition
from restorer.restoration.step import StepRun

_CELL = 8  # input pixels of an area whose means are compared
# Width in pixels of the grains of noise in photographs, by which the means of cells scatter more
# than those of white noise. With 1, three of nine pictures with camera noise were refused.
_GRAIN = 4
_LEVEL_WINDOW, _DETAIL_WINDOW = 4, 8  # cells
SHORT_STRIP = _CELL * _DETAIL_WINDOW  # rows that are compared at once, in wide pictures
_STRIP = 4 * SHORT_STRIP  # in narrow ones, where fewer rows cost more time
# The means of windows of 32 pixels differed by up to 19 of 255 levels, and by up to 25 where the
# noise level was told wrongly: noise of 10 as 40. Noise that is cut off at black moves them more.
_LEVEL, _LEVEL_DEVIATIONS = 24 / 255, 0.5
# Share of the contrast between cells that results keep in windows of 64 pixels: at least 0.24 was
# seen where no damage explains the contrast; 0 in a flat tile and in a tile of another place.
_GAIN = 0.2
# It is judged where the contrast is this many times that of the means of noise, and visible.
_STRUCTURE, _LEAST_CONTRAST = 8.0, 2 / 255
_DC_STEP = 16  # of luma at quality 50, in the tables of the JPEG standard


class DisagreementError(InvalidOutputError):
    """The result of a step does not agree with its input."""


class Gate:
    """Compares the input of a step with its result, strip by strip.

    Args:
        name: The model, for messages.
        scale: Enlargement.
        noise: Standard deviation of the means of cells, white 1, by the damage that the network is
            conditioned on; it removes structure that looks like such damage.
        first: Row of the input that comes first.
        strip: Rows that are compared at once.
        grain: Width of the grains of noise in pixels.
        judges: Whether results are compared; else all pass.

    Attributes:
        rows: The row up to which they agree.
    """

    def __init__(
        self,
        name: str,
        scale: int,
        noise: float = 0.0,
        *,
        first: int = 0,
        strip: int = _STRIP,
        grain: int = 1,
        judges: bool = True,
    ) -> None:
        self._name, self._scale, self._noise, self._judges = name, scale, noise, judges
        self._strip, self._grain = strip, grain
        self.rows = first
        self._held: list[tuple[FloatArray, FloatArray]] = []

    @classmethod
    def of(cls, run: StepRun, condition: Condition, first: int = 0, strip: int = _STRIP) -> Gate:
        """Return the gate of a step, which judges no models that may change colors and structure.

        The restoration models of the catalog may not. What models of others do is not known.
        """
        judges = is_shipped(run.spec.id) and not run.predictor.borrowed
        grain = _GRAIN if run.spec.noise == "photo" else 1
        noise = (condition.sigma or 0.0) / 255 / _CELL * grain
        if condition.jpeg_quality is not None:
            noise = _dc_error(condition.jpeg_quality)
        return cls(
            run.spec.id,
            run.spec.scale,
            noise,
            first=first,
            strip=strip,
            grain=grain,
            judges=judges,
        )

    def add(self, given: FloatArray, restored: FloatArray) -> None:
        """Take the next rows of the input, (h, w, C), and of the result, white 1.

        Raises DisagreementError.
        """
        if not self._judges:
            self.rows += len(given)
            return
        while len(given):
            rows = self._strip - sum(len(part) for part, _ in self._held)
            self._held.append((given[:rows], restored[: rows * self._scale]))
            given, restored = given[rows:], restored[rows * self._scale :]
            if sum(len(part) for part, _ in self._held) == self._strip:
                self.close()

    def close(self) -> None:
        """Compare the rows that are left. Raises DisagreementError."""
        parts, self._held = self._held, []
        if not parts:
            return
        given, restored = (
            side[0] if len(side) == 1 else np.concatenate(side) for side in zip(*parts, strict=True)
        )
        height, width = (length // _CELL * _CELL for length in given.shape[:2])
        if height and width:
            size = height * self._scale, width * self._scale
            whole = np.ascontiguousarray(given[:height, :width])
            self._check(whole, np.ascontiguousarray(restored[: size[0], : size[1]]))
        self.rows += len(given)

    def _check(self, given: FloatArray, restored: FloatArray) -> None:
        before, after = _means(given, _CELL), _means(restored, _CELL * self._scale)
        variance = np.maximum(_means(given * given, _CELL) - before * before, 0)
        shift = np.abs(_windows(after - before, _LEVEL_WINDOW))
        deviation = np.sqrt(_windows(variance, _LEVEL_WINDOW))
        bound = _LEVEL + _LEVEL_DEVIATIONS * np.maximum(deviation, self._noise * _CELL)
        fits = shift <= bound  # of NaN, too, it is not
        if not fits.all():
            found = np.where(fits, -1, np.nan_to_num(shift, nan=np.inf))
            row, column, _ = np.unravel_index(found.argmax(), found.shape)
            side, level = _CELL * _LEVEL_WINDOW, float(shift[row, column].max()) * 255
            raise self._error(f"its colors are off by {level:.0f} of 255", row, column, side)
        fine, kept = (values - _blurred(values) for values in (before, after))
        contrast = _windows(fine * fine, _DETAIL_WINDOW).mean(2)
        noise = np.maximum(variance * (self._grain / _CELL) ** 2, self._noise**2)
        noise = _windows(noise, _DETAIL_WINDOW).mean(2)
        judged = (contrast > _STRUCTURE * noise) & (contrast > _LEAST_CONTRAST**2)
        gain = _windows(fine * kept, _DETAIL_WINDOW).mean(2) / np.maximum(contrast, 1e-12)
        lost = judged & ~(gain >= _GAIN)
        if lost.any():
            row, column = np.unravel_index(np.where(lost, gain, np.inf).argmin(), lost.shape)
            side = _CELL * _DETAIL_WINDOW
            raise self._error("the structure of the picture was lost", row, column, side)

    def _error(self, words: str, row: int | np.intp, column: int | np.intp, side: int) -> Exception:
        top, left = self.rows + int(row) * side, int(column) * side
        return DisagreementError(
            f"{self._name}: the result does not agree with its input: {words} around row {top},"
            f" column {left} of the input"
        )


def _dc_error(quality: int) -> float:
    """Return the standard deviation of the means of JPEG blocks by quantization, white 1."""
    percent = 5000 / quality if quality < 50 else 200 - 2 * quality
    step = _DC_STEP * percent / 100 / _CELL  # a coefficient is 8 times the mean
    return float(step / 12**0.5 / 255)


def _means(values: FloatArray, side: int) -> FloatArray:
    """Return the means of squares of this side, which divides height and width."""
    height, width, channels = values.shape
    size = width // side, height // side
    small = cv2.resize(values, size, interpolation=cv2.INTER_AREA)
    return np.asarray(small, np.float32).reshape(size[1], size[0], channels)


def _windows(values: FloatArray, side: int) -> FloatArray:
    """Return the means of windows of cells; the last ones of an axis repeat its last cells."""
    below, right = (-length % side for length in values.shape[:2])
    padded = cv2.copyMakeBorder(values, 0, below, 0, right, cv2.BORDER_REPLICATE)
    rows, columns = (length // side for length in padded.shape[:2])
    found: FloatArray = padded.reshape(rows, side, columns, side, -1).mean((1, 3))
    return found


def _blurred(values: FloatArray) -> FloatArray:
    return np.asarray(cv2.blur(values, (3, 3)), np.float32).reshape(values.shape)
