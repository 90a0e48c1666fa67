"""Animations: frames that build on each other, as whole pictures of the canvas."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain, islice
from typing import Any, Literal

import numpy as np

from restorer.errors import ImageDataError, ImageFormatError
from restorer.formats.codec import MOST_PAGES, Header
from restorer.image import Frame, Image, Metadata, Pixels

Disposal = Literal["keep", "clear", "restore"]


@dataclass(frozen=True)
class Part:
    """What a frame changes of the canvas.

    Attributes:
        top: First row.
        left: First column.
        height: Rows.
        width: Columns.
        delay_ms: How long the canvas is shown then.
        disposal: What happens to the part afterwards: it is kept, becomes transparent, or what it
            was before.
        over: Whether it is laid over the canvas by its alpha, in place of replacing it.
    """

    top: int
    left: int
    height: int
    width: int
    delay_ms: float
    disposal: Disposal = "keep"
    over: bool = False


class Animation:
    """The frames of an open file, composed in their order.

    Args:
        header: Size and kind of the canvas; alpha where any frame shows through.
        parts: What each frame changes.
        loops: How often it is played, 0 for ever.
        decode: Returns the pixels of a part, of the type of the canvas, perhaps without alpha.
    """

    def __init__(
        self, header: Header, parts: Sequence[Part], loops: int, decode: Callable[[int], Any]
    ) -> None:
        self._header, self._parts, self._loops, self._decode = header, parts, loops, decode
        self._next = 0
        self._canvas: Any = None

    def reader(self, number: int, metadata: Metadata, notes: tuple[str, ...]) -> FrameReader:
        """Return the reader of a frame, with the metadata of the file and its own time."""
        frame = Frame(self._parts[number].delay_ms, self._loops)
        return FrameReader(self, number, self._header, replace(metadata, frame=frame), notes)

    def pixels(self, number: int) -> Pixels:
        """Return the canvas as it is shown in a frame; frames are cheapest in their order."""
        if number < self._next or self._canvas is None:
            dtype: Any = np.uint16 if self._header.bits == 16 else np.uint8
            shape = self._header.height, self._header.width, self._header.channels
            self._next, self._canvas = 0, np.zeros(shape, dtype)
        while self._next < number:
            self._show(self._next)
            self._next += 1
        self._next += 1
        shown: Pixels = self._show(number)
        return shown

    def _show(self, number: int) -> Any:
        """Draw a frame; return a copy of the canvas, and prepare it for the next one."""
        part = self._parts[number]
        try:
            own = self._decode(number)
        except ImageFormatError as error:
            raise ImageFormatError(f"frame {number + 1}: {error}") from error
        place = self._canvas[part.top : part.top + part.height, part.left : part.left + part.width]
        own = own[: place.shape[0], : place.shape[1]]
        channels = place.shape[2]
        if own.shape[2] < channels:
            own = _opaque(own)
        before = place.copy() if part.disposal == "restore" else None
        if part.over and own.shape[2] in (2, 4):
            own = _laid_over(own, place if own.shape[2] == channels else _opaque(place))
        place[...] = own[..., :channels]
        shown = self._canvas.copy()
        if part.disposal == "clear":
            place[...] = 0
        elif before is not None:
            place[...] = before
        return shown


class FrameReader:
    """The reader of one frame."""

    def __init__(
        self,
        animation: Animation,
        number: int,
        header: Header,
        metadata: Metadata,
        notes: tuple[str, ...],
    ) -> None:
        self._animation, self._number = animation, number
        self.header, self.metadata, self.notes = header, metadata, notes

    def decode(self) -> Image:
        """Return the canvas as it is shown in this frame."""
        return Image(self._animation.pixels(self._number), self.metadata, self.notes)


def shows_through(parts: Sequence[Part], height: int, width: int) -> bool:
    """Whether a canvas is transparent somewhere, even where all parts are opaque."""
    first = parts[0]
    covers = (first.top, first.left) == (0, 0) and first.height >= height and first.width >= width
    cleared = any(part.disposal == "clear" for part in parts[:-1])
    return not covers or cleared or first.disposal == "restore"


def check_count(count: int) -> None:
    """Raise ImageFormatError for more frames than any animation has."""
    if count > MOST_PAGES:
        raise ImageFormatError(
            f"an animation of more than {MOST_PAGES:,} frames; split it into parts"
        )


def claimed(claim: int, count: int) -> tuple[str, ...]:
    """Return a note where the header of a file claims another number of frames than it holds."""
    if claim == count:
        return ()
    return (f"the file claims {claim:,} frames, but holds {count:,}",)


def opened(pages: Iterator[Image]) -> tuple[bool, Iterator[Image]]:
    """Return whether there are several frames, and all of them, of the kind of the first.

    Raises ImageDataError without frames, for those of another size, or colors that the first has
    not.
    """
    found = [*islice(pages, 2)]
    if not found:
        raise ImageDataError("no frames, expected at least one")
    return len(found) > 1, _alike(chain(found, pages))


def delays(pages: Iterator[Image], unit_ms: float, most: int) -> Iterator[tuple[Image, int]]:
    """Yield frames with their times in units, rounded so that their sum does not drift."""
    due = spent = 0.0
    for page in pages:
        due += (page.metadata.frame or Frame()).delay_ms
        units = min(max(0, round((due - spent) / unit_ms)), most)
        spent += units * unit_ms
        yield page, units


def _alike(pages: Iterator[Image]) -> Iterator[Image]:
    first: Image | None = None
    for number, page in enumerate(pages, 1):
        first = first or page
        if page.pixels.shape[:2] != first.pixels.shape[:2]:
            raise ImageDataError(
                f"frame {number}: {page.width} x {page.height} pixels, the first has"
                f" {first.width} x {first.height}; a TIFF can hold pages of several sizes"
            )
        yield page if page.pixels.shape == first.pixels.shape else _converted(page, first, number)


def _converted(page: Image, first: Image, number: int) -> Image:
    """Return a frame with the channels of the first."""
    colors = page.pixels.shape[2] - page.has_alpha
    wanted = first.pixels.shape[2] - first.has_alpha
    if colors > wanted or (page.has_alpha and not first.has_alpha):
        what = "colors" if colors > wanted else "transparency"
        raise ImageDataError(f"frame {number}: has {what}, unlike the first; convert that")
    values = page.to_float()
    color = np.repeat(values[..., :colors], wanted // colors, axis=2)
    alpha = values[..., colors:] if page.has_alpha else np.ones_like(values[..., :1])
    joined = np.concatenate([color, alpha], axis=2) if first.has_alpha else color
    return page.with_float(joined, bits=first.bits)


def _opaque(pixels: Any) -> Any:
    """Return pixels with an alpha channel."""
    alpha = np.full((*pixels.shape[:2], 1), np.iinfo(pixels.dtype).max, pixels.dtype)
    return np.concatenate([pixels, alpha], axis=2)


def _laid_over(own: Any, place: Any) -> Any:
    """Return pixels laid over others by their alpha; both are straight."""
    white = np.iinfo(own.dtype).max
    alpha = own[..., -1:]
    laid = np.where(alpha == white, own, place)
    partial = ((alpha > 0) & (alpha < white))[..., 0]
    if partial.any():
        above, below = (each[partial].astype(np.float64) / white for each in (own, place))
        share = above[:, -1:]
        rest = below[:, -1:] * (1 - share)
        total = share + rest
        color = (above[:, :-1] * share + below[:, :-1] * rest) / total
        laid[partial] = np.rint(np.concatenate([color, total], axis=1) * white)
    return laid
