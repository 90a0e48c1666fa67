"""Fonts for labels in pictures."""

from __future__ import annotations

from functools import cache

from PIL import ImageFont

_LATIN_END = "\u0250"  # the font of Pillow has little beyond
# Fonts with many scripts, by the names of their files: Linux, Windows, macOS. Pillow searches the
# folders of the system.
_WIDE = (
    *("NotoSansCJK-Regular.ttc", "NotoSansCJKjp-Regular.otf", "DroidSansFallbackFull.ttf"),
    *("wqy-zenhei.ttc", "msyh.ttc", "meiryo.ttc", "malgun.ttf", "arialuni.ttf"),
    *("PingFang.ttc", "Hiragino Sans GB.ttc", "Arial Unicode.ttf", "DejaVuSans.ttf"),
)


def font_for(text: str, points: int) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    """Return a font that has the letters of a text, if the system has such a one."""
    return _font(points, all(letter < _LATIN_END or letter == "…" for letter in text))


@cache
def _font(points: int, latin: bool) -> ImageFont.ImageFont | ImageFont.FreeTypeFont:
    for name in () if latin else _WIDE:
        try:
            return ImageFont.truetype(name, points)
        except OSError:
            continue
    return ImageFont.load_default(points)
