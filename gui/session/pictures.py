"""Pictures: what the window shows of the open one and of its result; frozen."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Image, Mosaic, Region

from .box import Box
from .convert import Pyramid

if TYPE_CHECKING:
    from restorer import Source


@dataclass(frozen=True, eq=False)
class OpenPicture:
    """The picture that is open.

    Attributes:
        path: The file; None for a picture from the clipboard.
        name: Name for titles.
        source: The pixels of the file and the core's analysis of them.
        shown: The picture in the colors of the screen.
        mosaic: The samples of camera RAW; None for other pictures.
        development: How they became colors, see `Choices.development`.
        page: Number of the page that is shown, from 0.
        pages: Number of pages of the file, or of frames.
        animated: Whether they are frames of an animation.
        gray: A picture with one channel, which may be a mosaic; None for others.
    """

    path: Path | None
    name: str
    source: Source
    shown: Pyramid
    mosaic: Mosaic | None = None
    development: tuple[object, ...] = ()
    page: int = 0
    pages: int = 1
    animated: bool = False
    gray: Image | None = None

    @property
    def image(self) -> Image:
        """The pixels; those of camera RAW by interpolation."""
        return self.source.plain

    @cached_property
    def colors(self) -> Source:
        """The source; of camera RAW, one with the pixels of `image`."""
        return self.source if self.mosaic is None else restorer.Source(self.image)

    @property
    def size(self) -> tuple[int, int]:
        """(width, height)."""
        return self.image.width, self.image.height

    @property
    def place(self) -> tuple[object, ...]:
        """What tells it from other pictures: its file and page."""
        return self.path, self.name, self.page


@dataclass(frozen=True, eq=False)
class CameraPreview:
    """The preview that a RAW file holds, shown until its samples are there.

    Attributes:
        name: Name for titles.
        shown: The preview in the colors of the screen.
    """

    name: str
    shown: Pyramid


@dataclass(frozen=True, eq=False)
class Patch:
    """A part of the result, restored for the preview.

    Attributes:
        box: Its place, in pixels of the result.
        region: The region of the input that `image` shows, a little larger than the box.
        image: Output of the networks, float32.
        final: The pixels that would be saved, inside the box.
        shown: `final` in the colors of the screen.
        finish: What turned `image` into `final`, see `Choices.finish`.
    """

    box: Box
    region: Region
    image: Image
    final: Image
    shown: Pyramid
    finish: tuple[object, ...]


@dataclass(frozen=True, eq=False)
class LoadedResult:
    """A result that was read from a file.

    Attributes:
        image: Its pixels.
        shown: The result in the colors of the screen.
        scale: Its size divided by that of the original.
    """

    image: Image
    shown: Pyramid
    scale: int
