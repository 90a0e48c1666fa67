"""The before-and-after image of `restore demo`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from PIL import Image, ImageDraw

from .fonts import font_for

if TYPE_CHECKING:
    from restorer.training.degrade import Bytes

_GAP, _CAPTION = 12, 34
_BACKGROUND, _TEXT, _CAPTION_TEXT = (
    "#16181d",
    "#f2f2f2",
    "#9aa0aa",
)  # legible on light and dark pages


@dataclass(frozen=True)
class Panel:
    """A square with halves before and after.

    Attributes:
        before, after: The two halves, (side, side / 2, 3) uint8; all panels have the same size.
        labels: Labels of the two halves.
        caption: Caption below the panel.
    """

    before: Bytes
    after: Bytes
    labels: tuple[str, str]
    caption: str


def before_and_after(rows: Sequence[Sequence[Panel]]) -> Image.Image:
    """Draw the panels in rows."""
    side = len(rows[0][0].before)
    stride = side + _CAPTION + _GAP // 2
    width = _GAP + max(map(len, rows)) * (side + _GAP)
    height = _GAP + len(rows) * stride
    page = Image.new("RGB", (width, height), _BACKGROUND)
    draw = ImageDraw.Draw(page)
    for down, row in enumerate(rows):
        for across, panel in enumerate(row):
            left, top = _GAP + across * (side + _GAP), _GAP + down * stride
            page.paste(_halves(panel), (left, top))
            middle = (left + side // 2, top + side + _CAPTION // 2)
            draw.text(
                middle, panel.caption, _CAPTION_TEXT, font_for(panel.caption, 15), anchor="mm"
            )
    return page


def _halves(panel: Panel) -> Image.Image:
    side, half = panel.before.shape[:2]
    square = Image.new("RGB", (side, side))
    square.paste(Image.fromarray(panel.before), (0, 0))
    square.paste(Image.fromarray(panel.after), (half, 0))
    draw = ImageDraw.Draw(square, "RGBA")
    draw.line((half, 0, half, side), _TEXT, 2)
    for label, x in zip(panel.labels, (half // 2, half + half // 2), strict=True):
        place, anchor, font = (x, side - 16), "mm", font_for(label, 14)
        left, top, right, bottom = draw.textbbox(place, label, font, anchor)
        draw.rounded_rectangle((left - 7, top - 4, right + 7, bottom + 4), 6, (0, 0, 0, 150))
        draw.text(place, label, _TEXT, font, anchor)
    return square
