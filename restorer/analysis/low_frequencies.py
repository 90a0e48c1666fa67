"""Compare the low frequencies of a result with those of its source, in bounded memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

import numpy as np

from restorer import color
from restorer.analysis.block_means import Agreement, BlockMeans, block_side, compare, gather
from restorer.analysis.kept_metadata import Check, State
from restorer.errors import ImageTooLargeError, SettingsError
from restorer.formats import ImageFile, RowsError
from restorer.formats.color import profiles
from restorer.formats.metadata import turned
from restorer.image import FloatArray, Image
from restorer.inference.memory import free_bytes
from restorer.sensor import bayer

_BAND_PIXELS = 1 << 19  # converted to float at once
_TURNS = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored upside down",
    5: "transposed",
    6: "turned by 90 degrees to the right",
    7: "transposed about the other diagonal",
    8: "turned by 90 degrees to the left",
}


class Picture:
    """An open picture whose pixels come in bands.

    Attributes:
        first: The whole picture, or its first row, with metadata.
        header: Size and kind of the picture.
    """

    def __init__(self, file: ImageFile) -> None:
        self.file, self.header = file, file.header
        self._read: Callable[[int, int], Image]
        if file.has_rows and file.header.bits != 32:
            try:
                rows = file.rows()
            except RowsError:
                pass
            else:
                self.first = rows.first
                self._read = lambda top, bottom: replace(rows.first, pixels=rows.read(top, bottom))
                return
        self.first = whole = self._whole()
        self._read = lambda top, bottom: replace(whole, pixels=whole.pixels[top:bottom])

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.header.height, self.header.width

    def bands(self) -> Iterator[Image]:
        """Yield the rows from top to bottom; bands start at even rows."""
        height, width = self.size
        rows = max(2, _BAND_PIXELS // width // 2 * 2)
        for top in range(0, height, rows):
            yield self._read(top, min(top + rows, height))

    def _whole(self) -> Image:
        header = self.header
        needed = 2 * header.height * header.width * header.channels * header.bits // 8
        free = free_bytes("cpu")
        if needed > free:
            raise ImageTooLargeError(
                f"takes {needed / 1e9:.1f} GB of memory to read, {free / 1e9:.1f} are free"
            )
        return self.file.read()


def check_colors(source: Picture, result: Picture) -> list[Check]:
    """Compare the means of blocks, of a mosaic at its samples; find out how they are turned."""
    pair = _Pair(source, result)
    agreement = pair.compare()
    if agreement.within:
        return [Check("orientation", "passed", "upright"), _colors("passed", agreement)]
    if turn := pair.find_turn():
        words = f"the result is {_TURNS[turn]}"
        return [Check("orientation", "failed", words), _colors("failed", agreement)]
    if result.header.channels >= 3 and result.size == source.size:
        for pattern in bayer.PATTERNS:
            mosaic = pair.compare_mosaic(pattern)
            if mosaic is not None and mosaic.within:
                words = f"the source is a mosaic ({pattern}), compared at its samples"
                return [Check("mosaic", "noted", words), _colors("passed", mosaic)]
    return [_colors("failed", agreement)]


def _colors(state: State, found: Agreement) -> Check:
    words = f"{found.share:.1%} of the blocks agree; mean shift {found.shift:.1f} of 255"
    aside = f", {found.clipped:.0%} of the blocks clipped" if found.clipped > 0.005 else ""
    return Check("low frequencies", state, words + aside)


class _Pair:
    """Two pictures of one shape, brought to one color space, white level and channel count."""

    def __init__(self, source: Picture, result: Picture) -> None:
        self._pictures = source, result
        first, second = source.first, result.first
        same = looks_same(first.metadata.icc, second.metadata.icc)
        self._convert = not same or first.is_linear or second.is_linear
        self._opaque = not (first.has_alpha and second.has_alpha)
        self._white = first.white if first.bits == second.bits == 32 else 1.0
        channels = [image.pixels.shape[2] - image.has_alpha for image in (first, second)]
        self._channels = max(channels)
        self._means: list[BlockMeans] = []

    def compare(self) -> Agreement:
        """Return the agreement of all colors."""
        return self._compared(lambda values: values, lambda values: values)

    def compare_mosaic(self, pattern: str) -> Agreement | None:
        """Return the agreement at the samples of a mosaic; None where the source is none."""
        if min(self._pictures[0].size) < 2:
            return None

        def samples(values: FloatArray) -> FloatArray:
            gray = values[..., :1] if color.is_gray(values) else values
            return bayer.sampled(np.repeat(bayer.raw_samples(gray, pattern), 3, axis=2), pattern)

        try:
            return self._compared(samples, partial(bayer.sampled, pattern=pattern), step=2)
        except SettingsError:  # in full color
            return None

    def find_turn(self) -> int:
        """Return the orientation in which the result agrees with its source; 0 for none."""
        source, result = self._means
        for turn in _TURNS:
            mean = turned(result.mean, turn)
            clipped = turned(result.clipped, turn)
            if (
                mean.shape == source.mean.shape
                and compare(source, replace(result, mean=mean, clipped=clipped)).within
            ):
                return turn
        return 0

    def _compared(
        self,
        of_source: Callable[[FloatArray], FloatArray],
        of_result: Callable[[FloatArray], FloatArray],
        step: int = 1,
    ) -> Agreement:
        """Compare views of both pictures, whose sides are `step` times as small."""
        source, result = self._pictures
        side = block_side(*source.size)
        scale = result.header.height // source.header.height
        self._means = []
        for picture, view, times in ((source, of_source, 1), (result, of_result, scale)):
            height, width = (length // step for length in picture.size)
            bands = (view(self._values(band)) for band in picture.bands())
            self._means.append(gather(bands, height, width, side * times // step))
        return compare(*self._means)

    def _values(self, image: Image) -> FloatArray:
        """Return encoded colors on white, and alpha where both pictures have it."""
        values, alpha = color.split(image.to_float())
        if self._convert:
            opaque = replace(image, pixels=np.ascontiguousarray(values))
            values = profiles.with_profile(opaque, profiles.srgb_profile()).to_float()
        # Highlights of float pictures are cut off, as in the other picture if it has integers.
        values = np.clip(values / np.float32(self._white), 0, 1)
        values = color.network_planes(values, self._channels)
        if alpha is None:
            return values
        values = values * alpha + (1 - alpha)
        return values if self._opaque else color.join(values, alpha)


def looks_same(first: bytes | None, second: bytes | None) -> bool:
    """Whether colors look the same in two profiles; none means sRGB."""
    first, second = (profile or profiles.srgb_profile() for profile in (first, second))
    spaces = {profiles.profile_space(profile) for profile in (first, second)}
    if first == second or len(spaces) > 1:
        return first == second
    return profiles.compare(first, second, "GRAY" if spaces == {"GRAY"} else "RGB") == "same"
