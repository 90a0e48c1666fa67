"""The table of file formats, and how to find a row of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from restorer.errors import ImageFormatError
from restorer.formats import bmp, jpeg, png, tiff, webp
from restorer.formats.header import Codec


@dataclass(frozen=True)
class Format:
    """One kind of file and what it can hold.

    Attributes:
        name: The name that users know.
        suffixes: Lower case, with the dot; the first is the usual one.
        bits: Bit depths, ascending; an image of another depth is written with the next lower one.
        channels: Channel counts, ascending; gray is copied to RGB, alpha is composited on white.
        carries: The fields of Metadata that a file can hold.
        max_side: Largest height and width in pixels.
        codec: The module that reads and writes it.
        max_bytes: Largest size of uncompressed pixels.
        least_share: Share of the uncompressed size that files of photographs hardly fall below.
    """

    name: str
    suffixes: tuple[str, ...]
    bits: tuple[Literal[8, 16, 32], ...]
    channels: tuple[int, ...]
    carries: tuple[str, ...]
    max_side: int
    codec: Codec
    max_bytes: int = 2**62
    least_share: float = 0.2

    @property
    def alpha(self) -> bool:
        """Whether it holds transparency."""
        return 4 in self.channels


_ALL = ("exif", "xmp", "icc", "dpi")
FORMATS = (
    # the JPEG standard ends at 65,535, libjpeg at 65,500
    Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        (8,),
        (1, 3),
        _ALL,
        65_500,
        jpeg,
        least_share=0.01,
    ),
    # libpng reads no more than a million a side unless told to
    Format("PNG", (".png",), (8, 16), (1, 2, 3, 4), _ALL, 1_000_000, png),
    Format(
        "WebP", (".webp",), (8,), (3, 4), ("exif", "xmp", "icc"), 16_383, webp, least_share=0.01
    ),
    Format("BMP", (".bmp", ".dib"), (8,), (1, 3), ("dpi",), 2**31 - 1, bmp, 2**32 - 2**16, 1.0),
    Format("TIFF", (".tif", ".tiff"), (8, 16, 32), (1, 2, 3, 4), _ALL, 2**31 - 1, tiff),
)
SUFFIXES = frozenset(suffix for format in FORMATS for suffix in format.suffixes)


def recognized(start: bytes, path: Path) -> Format:
    """Return the format of a file by its first bytes. Raises ImageFormatError for all others."""
    if not start:
        raise ImageFormatError("the file is empty")
    for format in FORMATS:
        if format.codec.accepts(start):
            return format
    suffix = path.suffix.lower()
    what = f"no valid {suffix} file" if suffix in SUFFIXES else "no known kind of image"
    raise ImageFormatError(f"{what}; known are {', '.join(known_suffixes())}")


def known_suffixes() -> list[str]:
    """Return the usual suffix of each format."""
    return [format.suffixes[0] for format in FORMATS]
