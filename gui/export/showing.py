"""Pictures that show a restoration: a part of it, or before and after in one picture."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QColor, QImage, QPainter

import restorer
from restorer import Image, Metadata

from ..session.box import Box
from .request import Content

_WHITE = (255, 255, 255)
_GRAY = 128
_GAP_SHARE = 0.01  # of the side across which the pictures lie
_LINE_SHARE = 0.003
_LABEL_SHARE = 1 / 28  # height of a label's letters, of the shorter side
_LEAST_LABEL = 11  # pixels
_WIDE = 2.0  # pictures that are wider than this lie above each other


def part_of(image: Image, size: tuple[int, int], box: Box | None) -> Image:
    """Return a part of an image, cut between pixels of the original.

    Args:
        image: The original, or its result.
        size: (width, height) of the original.
        box: The part in fractions of the picture; None returns the image.
    """
    if box is None:
        return image
    left, right = _edges(box.x, box.right, size[0], image.width)
    top, bottom = _edges(box.y, box.bottom, size[1], image.height)
    pixels: Any = np.ascontiguousarray(image.pixels[top:bottom, left:right])
    return replace(image, pixels=pixels)


def side_by_side(
    before: Image, after: Image, content: Content, labels: tuple[str, str] | None
) -> Image:
    """Return one sRGB picture of 8 bits with the original and its result.

    Args:
        before: The original, or a part of it; it is enlarged to the size of the result.
        after: The result, or the same part of it.
        content: ``sides`` for both in full; ``split`` for the left half of one beside the right
            half of the other one.
        labels: What is written on them; None for nothing.
    """
    shown = [restorer.to_display(each, background=_WHITE).pixels for each in (before, after)]
    height, width = shown[1].shape[:2]
    import cv2  # takes a tenth of a second, for which the window need not wait

    first = cv2.resize(shown[0], (width, height), interpolation=cv2.INTER_CUBIC)
    metadata = Metadata(after.metadata.exif, after.metadata.xmp)
    if content == "split":
        made = shown[1].copy()
        made[:, : width // 2] = first[:, : width // 2]
        line = max(2, round(width * _LINE_SHARE))
        made[:, max(0, width // 2 - line // 2) : width // 2 + line - line // 2] = 255
        places = [QRect(0, 0, width // 2, height), QRect(width // 2, 0, width - width // 2, height)]
    else:
        axis = 0 if width > _WIDE * height else 1
        gap = max(2, round(shown[1].shape[axis] * _GAP_SHARE))
        across = (gap, width, 3) if axis == 0 else (height, gap, 3)
        made = np.concatenate([first, np.full(across, _GRAY, np.uint8), shown[1]], axis=axis)
        x, y = (0, height + gap) if axis == 0 else (width + gap, 0)
        places = [QRect(0, 0, width, height), QRect(x, y, width, height)]
    if labels is not None:
        made = _labeled(made, places, labels)
    return Image(made, metadata)


def _edges(low: float, high: float, length: int, result: int) -> tuple[int, int]:
    """Return first pixel and end of a range of the result, at edges of pixels of the original."""
    first = min(max(0, int(low * length)), length - 1)
    last = min(max(first + 1, -int(-high * length // 1)), length)
    return first * result // length, max(last * result // length, first * result // length + 1)


def _labeled(
    pixels: NDArray[np.uint8], places: list[QRect], labels: tuple[str, str]
) -> NDArray[np.uint8]:
    """Write each label on a dark box in the upper left corner of its place."""
    height, width = pixels.shape[:2]
    image = QImage(pixels.data, width, height, 3 * width, QImage.Format.Format_RGB888)
    image = image.convertToFormat(QImage.Format.Format_RGB32)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    font = painter.font()
    side = min(places[0].width(), places[0].height())
    font.setPixelSize(max(_LEAST_LABEL, round(side * _LABEL_SHARE)))
    painter.setFont(font)
    metrics, margin = painter.fontMetrics(), font.pixelSize() // 2
    for place, text in zip(places, labels, strict=True):
        box = metrics.boundingRect(text).adjusted(-margin, -margin // 2, margin, margin // 2)
        box.moveTopLeft(place.topLeft())
        box.translate(margin, margin)
        painter.fillRect(box, QColor(0, 0, 0, 150))
        painter.setPen(QColor("white"))
        painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)
    painter.end()
    image = image.convertToFormat(QImage.Format.Format_RGB888)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(height, image.bytesPerLine())
    return np.ascontiguousarray(rows[:, : 3 * width].reshape(height, width, 3))
