"""Conversion between pixels and Qt's images: pyramids, thumbnails, pictures of the clipboard."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QBrush, QColorSpace, QImage, QImageReader, QPainter

from restorer import (
    DEFAULT_MAX_PIXELS,
    Image,
    ImageTooLargeError,
    Metadata,
    probe,
    read,
    to_display,
)

Bytes: TypeAlias = NDArray[np.uint8]

SMALLEST_LEVEL = 256  # longer side of the last level of a pyramid
_SMOOTH = Qt.TransformationMode.SmoothTransformation
_EXACT = Qt.AspectRatioMode.IgnoreAspectRatio
_CHECK_SIDE = 8  # squares below transparent pixels


class ArrayImage(QImage):
    """An image over (H, W, 4) bytes in the order B, G, R, A, without a copy; it keeps them."""

    def __init__(self, pixels: Bytes) -> None:
        height, width = pixels.shape[:2]
        kind = QImage.Format.Format_RGB32
        super().__init__(pixels.data, width, height, pixels.strides[0], kind)
        self._pixels = pixels


@dataclass(frozen=True, eq=False)
class Pyramid:
    """A picture for the screen in several sizes, RGB32.

    Attributes:
        levels: The picture, then each level half as wide and high as the last, rounded up.
    """

    levels: tuple[QImage, ...]

    @property
    def width(self) -> int:
        """Size of the picture in pixels."""
        return self.levels[0].width()

    @property
    def height(self) -> int:
        """Size of the picture in pixels."""
        return self.levels[0].height()

    def level(self, zoom: float) -> QImage:
        """Return the smallest level with at least one pixel for each pixel of the screen."""
        number = 0
        while number + 1 < len(self.levels) and zoom * 2 ** (number + 1) <= 1 + 1e-6:
            number += 1
        return self.levels[number]

    @property
    def size_bytes(self) -> int:
        """Memory of all levels."""
        return sum(level.sizeInBytes() for level in self.levels)


def pyramid(pixels: Bytes) -> Pyramid:
    """Return the pyramid of (H, W, 1 to 4) bytes; a checkerboard shows transparency."""
    import cv2  # at first use, so that the window opens without it

    if pixels.shape[2] in (2, 4):
        return pyramid_of(to_qimage(pixels))
    # Qt keeps Python's lock while it converts and scales: the window stood still for 2 s in a
    # picture of 49 megapixels.
    code = cv2.COLOR_GRAY2BGRA if pixels.shape[2] == 1 else cv2.COLOR_RGB2BGRA
    whole: Any = cv2.cvtColor(np.ascontiguousarray(pixels), code)
    return _halving(whole)


def pyramid_of(image: QImage) -> Pyramid:
    """Return the pyramid of a picture."""
    whole = image.convertToFormat(QImage.Format.Format_RGB32)
    rows = np.frombuffer(whole.constBits(), np.uint8).reshape(whole.height(), -1, 4)
    return _halving(rows.copy())


def _halving(pixels: Bytes) -> Pyramid:
    import cv2

    made = [pixels]
    while max(made[-1].shape[:2]) > SMALLEST_LEVEL:
        height, width = ((length + 1) // 2 for length in made[-1].shape[:2])
        half: Any = cv2.resize(made[-1], (width, height), interpolation=cv2.INTER_AREA)
        made.append(half)
    return Pyramid(tuple(map(ArrayImage, made)))


def to_qimage(pixels: Bytes) -> QImage:
    """Return (H, W, 1 to 4) bytes as an RGB32 image that owns its memory."""
    height, width, channels = pixels.shape
    if channels == 2:
        pixels = np.concatenate([pixels[..., :1].repeat(3, 2), pixels[..., 1:]], axis=2)
    pixels = np.ascontiguousarray(pixels)
    kind = {
        1: QImage.Format.Format_Grayscale8,
        3: QImage.Format.Format_RGB888,
    }.get(channels, QImage.Format.Format_RGBA8888)
    seen = QImage(pixels.data, width, height, pixels.strides[0], kind)
    if channels in (2, 4):
        return _on_checkers(seen)
    return seen.convertToFormat(QImage.Format.Format_RGB32)


def to_pixels(image: QImage) -> Bytes:
    """Return a QImage as (H, W, 3 or 4) bytes, RGB order."""
    alpha = image.hasAlphaChannel()
    kind = QImage.Format.Format_RGBA8888 if alpha else QImage.Format.Format_RGB888
    image = image.convertToFormat(kind)
    rows = np.frombuffer(image.constBits(), np.uint8).reshape(image.height(), -1)
    channels = 4 if alpha else 3
    packed = rows[:, : image.width() * channels]
    return packed.reshape(image.height(), image.width(), channels).copy()


def from_clipboard(image: QImage) -> Image:
    """Return a picture that another program has copied, with its color profile."""
    profile = image.colorSpace()
    icc = bytes(profile.iccProfile().data()) if profile.isValid() else None
    return Image(to_pixels(image), Metadata(icc=icc or None))


def thumbnail(path: Path, side: int) -> QImage:
    """Return a picture in sRGB whose longer side is at most `side`.

    Qt's reader scales large JPEG files without decoding all of them; the core reads other formats.
    Raises ImageError.
    """
    header = probe(path)
    if header.height * header.width > DEFAULT_MAX_PIXELS:
        raise ImageTooLargeError(f"{path}: {header.width} x {header.height} pixels are too many")
    size = QSize(header.width, header.height).scaled(
        QSize(side, side), Qt.AspectRatioMode.KeepAspectRatio
    )
    image = _by_qt(path, size) if header.format == "JPEG" else QImage()
    if image.isNull():
        image = _by_core(path, size)
    return image.convertToFormat(QImage.Format.Format_RGB32)


def _by_qt(path: Path, size: QSize) -> QImage:
    reader = QImageReader(str(path))
    reader.setAutoTransform(True)
    turned = reader.transformation().value & 4  # rotated by a quarter
    reader.setScaledSize(size.transposed() if turned else size)
    image = reader.read()
    if image.colorSpace().isValid() and image.colorSpace().colorModel().name == "Rgb":
        image.convertToColorSpace(QColorSpace(QColorSpace.NamedColorSpace.SRgb))
    return image


def _by_core(path: Path, size: QSize) -> QImage:
    image = read(path)
    step = max(
        1, min(image.height // (2 * size.height() or 1), image.width // (2 * size.width() or 1))
    )
    part = with_pixels(image, image.pixels[::step, ::step])
    small = to_qimage(to_display(part).pixels)
    return small.scaled(size.expandedTo(QSize(1, 1)), _EXACT, _SMOOTH)


def with_pixels(image: Image, pixels: NDArray[Any]) -> Image:
    """Return an image with other pixels of the same kind."""
    return replace(image, pixels=np.ascontiguousarray(pixels))


def _on_checkers(image: QImage) -> QImage:
    """Return the picture on a checkerboard, the usual sign of transparency."""
    board = QImage(image.size(), QImage.Format.Format_RGB32)
    squares = QImage(2 * _CHECK_SIDE, 2 * _CHECK_SIDE, QImage.Format.Format_RGB32)
    squares.fill(0xFFB4B4B4)
    painter = QPainter(squares)
    for x, y in ((0, 0), (_CHECK_SIDE, _CHECK_SIDE)):
        painter.fillRect(QRectF(x, y, _CHECK_SIDE, _CHECK_SIDE), Qt.GlobalColor.white)
    painter.end()
    painter = QPainter(board)
    painter.fillRect(board.rect(), QBrush(squares))
    painter.drawImage(0, 0, image)
    painter.end()
    return board
