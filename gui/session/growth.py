"""Growth: a result on its way, which the canvas shows part by part."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from PySide6.QtGui import QImage

from restorer import Image

from .box import Box, joined
from .choices import Choices
from .convert import SMALLEST_LEVEL, ArrayImage, Bytes, Pyramid


class Growth:
    """Pixels of a result for the screen, in all sizes; one thread adds parts, another shows them.

    Args:
        size: (width, height) of the result.
        picture: What it is a result of: path, name and page.
        choices: The choices that make it.

    Attributes:
        parts: The boxes that have pixels, merged; a new tuple after each change.
        pyramid: The pixels; those outside of the parts mean nothing.
    """

    def __init__(
        self, size: tuple[int, int], picture: tuple[object, ...], choices: Choices
    ) -> None:
        self._picture = picture
        self._made = choices.for_networks(), choices.finish
        self._finals: list[tuple[Box, Image]] = []
        self.parts: tuple[Box, ...] = ()
        self._levels: list[Bytes] = []
        width, height = size
        while True:
            self._levels.append(np.empty((height, width, 4), np.uint8))
            if max(width, height) <= SMALLEST_LEVEL:
                break
            width, height = (width + 1) // 2, (height + 1) // 2
        # Without a copy: what is written to the arrays shows in the images.
        self.pyramid = Pyramid(tuple(map(ArrayImage, self._levels)))

    def is_of(self, picture: tuple[object, ...], choices: Choices) -> bool:
        """Whether it is the result of a picture for these choices."""
        return (picture, choices.for_networks(), choices.finish) == (self._picture, *self._made)

    def add(self, box: Box, final: Image, shown: QImage) -> None:
        """Add a part.

        Args:
            box: Its place.
            final: The pixels that would be saved.
            shown: The same in the colors of the screen.
        """
        import cv2  # at first use, so that the window opens without it

        pixels = np.frombuffer(shown.constBits(), np.uint8).reshape(shown.height(), -1, 4)
        top, left = int(box.y), int(box.x)
        bottom, right = top + pixels.shape[0], left + pixels.shape[1]
        self._levels[0][top:bottom, left:right] = pixels
        for below, level in pairwise(self._levels):
            top, left, bottom, right = top // 2, left // 2, -(-bottom // 2), -(-right // 2)
            finer = below[2 * top : 2 * bottom, 2 * left : 2 * right]
            size = right - left, bottom - top
            small = cv2.resize(finer, size, interpolation=cv2.INTER_AREA)
            level[top:bottom, left:right] = small
        self._finals.append((box, final))
        self.parts = joined(self.parts, box)

    def final_at(self, x: int, y: int) -> tuple[float, ...] | None:
        """Return the values that would be saved at a pixel; None if they are not there yet."""
        for box, final in reversed(self._finals):
            if box.holds(Box(x, y, 1, 1)):
                pixel = final.pixels[y - int(box.y), x - int(box.x)]
                return tuple(value.item() for value in pixel)
        return None
