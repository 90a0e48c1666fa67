"""Write GIF: 256 colors a frame, chosen so that what does not move does not flicker.

A frame of few colors is written exactly. Of others, the palette of the frame before is used as long
as it fits, the dither pattern stays in place, and a pixel that hardly changes keeps the color that
it was shown with.
"""

from __future__ import annotations

import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
from PIL import Image as PilImage

from restorer.formats.animation import delays, opened
from restorer.formats.codec import WriterOptions
from restorer.formats.gif.blocks import ICC, LOOPS, XMP, XMP_END, read_blocks
from restorer.image import Frame, Image

_MOST_LOOPS = 2**16
_HELD = 3 * 4**2  # squared change of a pixel that keeps what is shown: 4 levels a channel
_FITS = 1.3  # times the error of a palette of its own, the error that keeps the one before
_SPREAD = 12  # levels of the dither pattern, about the distance of 256 colors in a photograph
_HALF = 128  # the least alpha of pixels that are shown

_FEW_COLORS = (
    "GIF holds 256 colors per frame; other colors became the nearest of these (WebP and PNG hold"
    " all)"
)
_HARD_EDGES = "GIF holds no partial transparency; pixels with less than half became transparent"


@dataclass(frozen=True, eq=False)
class _Drawn:
    """A frame in the colors of a palette.

    Attributes:
        table: (N, 3) colors, at most 256.
        indices: (H, W); `transparent` where the frame shows through.
        transparent: Index without a color; -1 for none.
    """

    table: Any
    indices: Any
    transparent: int


def encode(image: Image, file: BinaryIO, options: WriterOptions) -> tuple[str, ...]:
    """Write a still picture."""
    return write_pages(iter([image]), file, options)


def write_pages(pages: Iterator[Image], file: BinaryIO, _: WriterOptions) -> tuple[str, ...]:
    """Write frames in hundredths of a second; return notes of what they lost."""
    animated, frames = opened(pages)
    painter: _Painter | None = None
    for frame, delay in delays(frames, 10, 2**16 - 1):
        if painter is None:
            painter = _Painter(frame)
            file.write(_head(frame, animated=animated))
        top, left, drawn = painter.draw(frame)
        disposal = 2 if frame.has_alpha and animated else 1 if animated else 0
        file.write(_control(drawn, delay if animated else 0, disposal))
        file.write(_picture(drawn, top, left))
    file.write(b";")
    assert painter is not None, "there is a page"
    return painter.notes


class _Painter:
    """Draws frames one after another, each with a look at the one before."""

    def __init__(self, first: Image) -> None:
        self._alpha = first.has_alpha
        self._shown: Any = None  # (H, W, 3) colors on the screen
        self._source: Any = None  # the colors that they stand for
        self._palette: Any = None
        self._few = self._hard = False

    @property
    def notes(self) -> tuple[str, ...]:
        """What was lost."""
        return (_FEW_COLORS,) * self._few + (_HARD_EDGES,) * self._hard

    def draw(self, frame: Image) -> tuple[int, int, _Drawn]:
        """Return what to draw, and where its top left corner is."""
        colors: Any = frame.pixels[..., : 1 if frame.pixels.shape[2] <= 2 else 3]
        colors = np.ascontiguousarray(np.broadcast_to(colors, (*colors.shape[:2], 3)))
        visible = None
        if self._alpha:
            alpha = frame.pixels[..., -1]
            self._hard = self._hard or bool(((alpha > 0) & (alpha < 255)).any())
            visible = alpha >= _HALF
        moving = self._shown is not None and not self._alpha
        table, indices = self._quantized(colors, visible, room=moving)
        if visible is not None and not visible.all():
            return 0, 0, _Drawn(table, np.where(visible, indices, len(table)), len(table))
        drawn = table[indices]
        if not moving:
            self._shown, self._source = drawn, colors
            return 0, 0, _Drawn(table, indices, -1)
        exact = np.array_equal(drawn, colors)
        change = _squared(self._shown, drawn) if exact else _squared(self._source, colors)
        keep = change <= (0 if exact else _HELD)
        self._shown, self._source = (
            np.where(keep[..., None], before, after)
            for before, after in ((self._shown, drawn), (self._source, colors))
        )
        return _changed(table, indices, keep)

    def _quantized(self, colors: Any, visible: Any, *, room: bool) -> tuple[Any, Any]:
        """Return a table and (H, W) indices.

        Args:
            colors: (H, W, 3).
            visible: (H, W) truth values; None for all.
            room: Whether a table of chosen colors leaves an index free.
        """
        exact = 256 if visible is None else 255
        most = 255 if room else exact
        packed = (colors.astype(np.uint32) * np.array([1, 256, 65536], np.uint32)).sum(2)
        if visible is not None:
            shown = packed[visible]
            packed = np.where(visible, packed, shown[0] if shown.size else 0)
        own, indices = np.unique(packed, return_inverse=True)
        if len(own) <= exact:
            table = np.stack([own & 255, own >> 8 & 255, own >> 16], axis=1).astype(np.uint8)
            return table, indices.reshape(packed.shape)
        self._few = True
        dithered = _dithered(colors)
        fresh = _palette_of(colors, most)
        best = self._mapped(dithered, fresh)
        if self._palette is not None and len(self._palette) <= most:
            kept = self._mapped(dithered, self._palette)
            errors = (
                float(_squared(t[i], colors).mean())
                for t, i in ((self._palette, kept), (fresh, best))
            )
            if next(errors) <= _FITS * next(errors):
                return self._palette, kept
        self._palette = fresh
        return fresh, best

    def _mapped(self, colors: Any, table: Any) -> Any:
        """Return the indices of the nearest colors of a table."""
        palette = PilImage.new("P", (1, 1))
        filled = np.concatenate([table, np.repeat(table[-1:], 256 - len(table), 0)])
        palette.putpalette(filled.tobytes())
        mapped = PilImage.fromarray(colors).quantize(palette=palette, dither=PilImage.Dither.NONE)
        return np.minimum(np.asarray(mapped), len(table) - 1)


def _changed(table: Any, indices: Any, keep: Any) -> tuple[int, int, _Drawn]:
    """Return the rectangle of a frame that changes, transparent where it does not."""
    rows, columns = (np.flatnonzero(~keep.all(axis)) for axis in (1, 0))
    if not len(rows):
        return 0, 0, _Drawn(table[:1], np.ones((1, 1), np.uint8), 1)
    top, left = int(rows[0]), int(columns[0])
    place = slice(top, int(rows[-1]) + 1), slice(left, int(columns[-1]) + 1)
    if len(table) == 256 or not keep[place].any():
        return top, left, _Drawn(table, indices[place], -1)
    drawn = np.where(keep[place], len(table), indices[place])
    return top, left, _Drawn(table, drawn, len(table))


def _squared(first: Any, second: Any) -> Any:
    """Return the squared distance of colors, (H, W)."""
    return np.square(first.astype(np.int32) - second).sum(2)


def _palette_of(colors: Any, most: int) -> Any:
    found = PilImage.fromarray(colors).quantize(
        most, method=PilImage.Quantize.MEDIANCUT, dither=PilImage.Dither.NONE
    )
    table = np.array(found.getpalette(), np.uint8).reshape(-1, 3)[:most]
    return np.unique(table, axis=0)


def _dithered(colors: Any) -> Any:
    """Return colors with a pattern that stays in place, so that it does not flicker."""
    pattern = np.zeros((1, 1))
    for _ in range(3):  # Bayer's matrix of 8 x 8
        pattern = np.block([[4 * pattern, 4 * pattern + 2], [4 * pattern + 3, 4 * pattern + 1]])
    steps = (pattern + 0.5) / 64 - 0.5
    height, width = colors.shape[:2]
    tiled = np.tile(steps, (-(-height // 8), -(-width // 8)))[:height, :width, None]
    return np.clip(np.rint(colors + _SPREAD * tiled), 0, 255).astype(np.uint8)


def _head(first: Image, *, animated: bool) -> bytes:
    """Return what comes before the frames."""
    kept = first.metadata
    sides = (side.to_bytes(2, "little") for side in (first.width, first.height))
    # A table of two colors, which no frame uses: some programs miss that of the background.
    parts = [b"GIF89a", *sides, b"\xf0\0\0", bytes(3), b"\xff\xff\xff"]
    loops = min((kept.frame or Frame()).loops, _MOST_LOOPS)
    if animated and loops != 1:
        count = max(loops - 1, 0)
        parts.append(_application(LOOPS) + b"\3\1" + count.to_bytes(2, "little") + b"\0")
    if kept.icc:
        parts.append(_application(ICC) + _blocks(kept.icc))
    if kept.xmp:
        parts.append(_application(XMP) + kept.xmp + XMP_END)
    if comment := kept.blocks.get("comment"):
        parts.append(b"!\xfe" + _blocks(comment))
    return b"".join(parts)


def _application(name: bytes) -> bytes:
    return b"!\xff" + bytes([len(name)]) + name


def _blocks(data: bytes) -> bytes:
    cut = (data[at : at + 255] for at in range(0, len(data), 255))
    return b"".join(bytes([len(part)]) + part for part in cut) + b"\0"


def _control(drawn: _Drawn, delay: int, disposal: int) -> bytes:
    flags = disposal << 2 | (drawn.transparent >= 0)
    index = max(drawn.transparent, 0)
    return b"!\xf9\4" + bytes([flags]) + delay.to_bytes(2, "little") + bytes([index, 0])


def _picture(drawn: _Drawn, top: int, left: int) -> bytes:
    """Return the block of a frame, with its own table."""
    import imagecodecs

    height, width = drawn.indices.shape
    indices = np.ascontiguousarray(drawn.indices, np.uint8)
    most = 2 * indices.size + 4096  # codes have up to 12 bits; imagecodecs makes room for 8
    whole = bytes(imagecodecs.gif_encode(indices, out=most))
    file = io.BytesIO(whole)
    at, size = read_blocks(file).frames[0].data
    bits = max(1, int(max(len(drawn.table), drawn.transparent + 1) - 1).bit_length())
    table: bytes = drawn.table.tobytes().ljust(3 << bits, b"\0")
    place = (value.to_bytes(2, "little") for value in (left, top, width, height))
    head = b"".join((b",", *place, bytes([0x80 | bits - 1])))
    return head + table + whole[at : at + size]
