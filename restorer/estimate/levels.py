"""Noise levels that networks are conditioned on: one of the whole picture, and those of areas."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from restorer.estimate.noise import Rows, sigma_of_rows
from restorer.estimate.noise_map import NoiseMap, noise_map
from restorer.estimate.photo_noise import photo_noise
from restorer.image import FloatArray


@dataclass(frozen=True)
class Levels:
    """Estimates of the noise of a picture, which are made when they are needed.

    Networks for white noise receive its level, and areas with less; those for photographs receive
    levels that follow the brightness (`ModelSpec.noise`).

    Attributes:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
        is_gray: Whether all planes are equal.
        corner: Row and column of the first pixel in the whole picture.
    """

    size: tuple[int, int]
    rows: Rows
    is_gray: Callable[[], bool]
    corner: tuple[int, int] = (0, 0)

    def sigma(self, noise: str = "white") -> float:
        """Return the noise level of the picture, on the 0-255 scale."""
        return self._photo[0] if noise == "photo" else self._white

    def local(self, sigma: float, noise: str = "white") -> NoiseMap | None:
        """Return the levels of areas where that of the whole is `sigma`; None if all are."""
        if noise == "photo":
            level, levels = self._photo
            if not level:
                return None
            return NoiseMap(levels * np.float32(sigma / level), self.corner)
        found = self._white_map(sigma)
        return found and replace(found, corner=self.corner)

    @cached_property
    def _white(self) -> float:
        return sigma_of_rows(self.size, self.rows, gray=self.is_gray())

    @cached_property
    def _photo(self) -> tuple[float, FloatArray]:
        """The root mean square of the levels of blocks, and these."""
        levels = photo_noise(self.size, self.rows)
        return float(np.sqrt((levels**2).mean())), levels

    def _white_map(self, sigma: float) -> NoiseMap | None:
        if sigma not in self._white_maps:
            self._white_maps[sigma] = noise_map(self.size, self.rows, sigma)
        return self._white_maps[sigma]

    @cached_property
    def _white_maps(self) -> dict[float, NoiseMap | None]:
        return {}
