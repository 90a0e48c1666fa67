"""The contact sheet of `restore compare`: cells with captions."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image, ImageDraw
from PIL.Image import Resampling

from .fonts import font_for

_GAP, _LINE = 12, 20
_SMALLEST = 320  # smaller crops are enlarged by integer factors
_ACROSS = 1600  # width of a sheet, about that of a screen
_BACKGROUND, _TEXT, _CAPTION_TEXT = "#16181d", "#f2f2f2", "#9aa0aa"  # as in montage.py


@dataclass(frozen=True, eq=False)
class Cell:
    """One crop.

    Attributes:
        picture: 8-bit RGB image; None shows `text` instead.
        title: First line below the image.
        captions: Further lines.
        text: Reason for a missing image.
    """

    picture: Image.Image | None
    title: str
    captions: Sequence[str] = ()
    text: str = ""


def contact_sheet(title: str, cells: Sequence[Cell]) -> Image.Image:
    """Draw the cells in rows, all crops at the same size with square, sharp pixels."""
    width, height = _cell_size([cell.picture for cell in cells if cell.picture is not None])
    stride = max(width, _SMALLEST) + _GAP
    columns = max(1, min(len(cells), _ACROSS // stride))
    columns = math.ceil(len(cells) / math.ceil(len(cells) / columns))  # rows of similar length
    below = _LINE * (1 + max(len(cell.captions) for cell in cells)) + _GAP
    rows = math.ceil(len(cells) / columns)
    size = (_GAP + columns * stride, _LINE + 2 * _GAP + rows * (height + below + _GAP))
    page = Image.new("RGB", size, _BACKGROUND)
    draw = ImageDraw.Draw(page)
    draw.text(
        (_GAP, _GAP),
        _fitted(draw, title, size[0] - 2 * _GAP, 15),
        _CAPTION_TEXT,
        font_for(title, 15),
    )
    for number, cell in enumerate(cells):
        row, column = divmod(number, columns)
        left, top = _GAP + column * stride, _LINE + 2 * _GAP + row * (height + below + _GAP)
        if cell.picture is None:
            words = textwrap.fill(cell.text, 40)
            draw.multiline_text((left, top), words, _CAPTION_TEXT, font_for(words, 14))
        else:
            page.paste(_enlarged(cell.picture, (width, height)), (left, top))
        lines = (
            (cell.title, _TEXT, 16),
            *((caption, _CAPTION_TEXT, 14) for caption in cell.captions),
        )
        for line, (text, color, points) in enumerate(lines):
            place = left, top + height + 8 + line * _LINE
            draw.text(
                place, _fitted(draw, text, stride - _GAP, points), color, font_for(text, points)
            )
    return page


def _cell_size(pictures: Sequence[Image.Image]) -> tuple[int, int]:
    """Return the size of the largest crop, times an integer factor if it is small."""
    width = max((picture.width for picture in pictures), default=_SMALLEST)
    height = max((picture.height for picture in pictures), default=_SMALLEST)
    factor = max(1, round(_SMALLEST / max(width, height)))
    return width * factor, height * factor


def _enlarged(picture: Image.Image, size: tuple[int, int]) -> Image.Image:
    """Repeat pixels, or interpolate if the factor is not an integer."""
    whole = size[0] % picture.width == 0 and size[1] % picture.height == 0
    return picture.resize(size, Resampling.NEAREST if whole else Resampling.BICUBIC)


def _fitted(draw: ImageDraw.ImageDraw, text: str, width: int, points: int) -> str:
    """Shorten a text to `width` at its beginning, because the end of a path is more informative."""
    cut = text
    while draw.textlength(cut, font_for(text, points)) > width and len(cut) > 2:
        cut = "…" + cut[2:]
    return cut
