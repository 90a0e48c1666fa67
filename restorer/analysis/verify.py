"""Proof that a result is sound: it opens, and holds what its source holds, with the same colors."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from restorer import bayer, color
from restorer.analysis.block_means import Agreement, BlockMeans, block_side, compare, gather
from restorer.analysis.kept_metadata import Check, State, check_metadata
from restorer.errors import ImageError, ImageTooLargeError, SettingsError
from restorer.formats import (
    FORMATS,
    Format,
    ImageFile,
    RowsError,
    find_profile,
    open_source,
    profiles,
)
from restorer.formats import profile_name as name_of
from restorer.formats.metadata import turned
from restorer.image import Bits, FloatArray, Image
from restorer.inference.devices import free_bytes
from restorer.restoration.source import Source

_BAND_PIXELS = 1 << 19  # converted to float at once
_NOT_KEPT = "not kept: "  # the start of a reader's note on what no result has
_TURNS = {
    2: "mirrored",
    3: "turned by 180 degrees",
    4: "mirrored upside down",
    5: "transposed",
    6: "turned by 90 degrees to the right",
    7: "transposed about the other diagonal",
    8: "turned by 90 degrees to the left",
}


@dataclass(frozen=True)
class Verification:
    """What was found about a result.

    Attributes:
        checks: One for each property; those that no longer matter after a failure are left out.
    """

    source: Path
    result: Path
    checks: tuple[Check, ...]

    @property
    def state(self) -> State:
        """``failed`` if a check failed, else ``noted`` if one has a note, else ``passed``."""
        states = {check.state for check in self.checks}
        return "failed" if "failed" in states else "noted" if "noted" in states else "passed"


def verify_result(
    source: Path | str,
    result: Path | str,
    *,
    scale: int | None = None,
    bits: Bits | None = None,
    profile: str = "keep",
) -> Verification:
    """Check a result against its source: every property that `restore` promises to keep.

    Both files are read as a whole; large TIFF files are read by rows.

    Args:
        source: The file that was restored.
        result: The file that was written.
        scale: The enlargement; None accepts any whole one.
        bits: The bit depth that was asked for; None expects that of the source.
        profile: The color profile that was asked for, see `find_profile`.

    Raises SettingsError for a file that is no color profile.

    Examples:
        >>> image = restorer.restore(restorer.read("noisy.png"), "panet-denoise-lite")
        >>> notes = restorer.write(image, "result.png")
        >>> found = restorer.verify_result("noisy.png", "result.png", scale=1)
        >>> found.state
        'passed'
        >>> [check.name for check in found.checks][:3]
        ['file', 'size', 'depth']
    """
    source, result = Path(source), Path(result)
    wanted = find_profile(profile)
    checks: Sequence[Check]
    try:
        with ExitStack() as stack:
            original = _Picture(stack.enter_context(open_source(source, max_pixels=None)))
            if not result.exists():
                return Verification(source, result, (Check("file", "failed", "does not exist"),))
            checks = _check_file(stack, original, result, scale, bits, wanted)
    except ImageError as error:
        checks = (Check("source", "failed", _reason(error, source)),)
    return Verification(source, result, tuple(checks))


class _Picture:
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


def _check_file(
    stack: ExitStack,
    source: _Picture,
    path: Path,
    scale: int | None,
    bits: Bits | None,
    wanted: bytes | None,
) -> list[Check]:
    """Return all checks of a file that exists."""
    try:
        result = _Picture(stack.enter_context(open_source(path, max_pixels=None)))
        format = next(row for row in FORMATS.values() if row.name == result.header.format)
        checks = [_check_size(source, result, scale)]
        pixels = [_check_alpha(source, result, format)]
        pixels.append(_check_profile(source.first, result.first, format, wanted))
        if checks[0].state != "failed":
            pixels += _check_colors(source, result)
        else:
            for _ in result.bands():  # damaged rows raise
                pass
    except ImageError as error:
        return [Check("file", "failed", _reason(error, path))]
    checks = [Check("file", "passed", f"a whole {format.name}"), *checks]
    checks.append(_check_depth(source.header.bits, result.header.bits, format, bits))
    found, size = result.first.metadata, result.size
    checks += [*pixels, *check_metadata(source.first.metadata, found, format, size)]
    lost = [note.removeprefix(_NOT_KEPT) for note in source.first.notes if _NOT_KEPT in note]
    return checks + (
        [Check("other parts", "noted", f"not kept: {', '.join(lost)}")] if lost else []
    )


def _check_size(source: _Picture, result: _Picture, scale: int | None) -> Check:
    (height, width), (tall, wide) = source.size, result.size
    found = tall // height
    words = f"{wide} x {tall}"
    if found and (tall, wide) == (found * height, found * width) and scale in (None, found):
        times = "as the source" if found == 1 else f"{found} times the source"
        return Check("size", "passed", f"{words}, {times}")
    times = "a whole multiple" if scale is None else f"{scale} times"
    swapped = wide // height == tall // width > 0 and not wide % height and not tall % width
    reason = "; rows and columns are exchanged" if swapped else ""
    return Check("size", "failed", f"{words}, expected {times} of {width} x {height}{reason}")


def _check_depth(source: Bits, result: Bits, format: Format, bits: Bits | None) -> Check:
    wanted = bits or source
    held = max((each for each in format.bits if each <= wanted), default=format.bits[0])
    if result == wanted:
        return Check("depth", "passed", f"{result} bits")
    if result == held:
        return Check("depth", "noted", f"{result} bits; {format.name} holds no {wanted}")
    state: State = "noted" if result > held and bits is None else "failed"
    return Check("depth", state, f"{result} bits, expected {held}")


def _check_alpha(source: _Picture, result: _Picture, format: Format) -> Check:
    had, has = (picture.header.channels in (2, 4) for picture in (source, result))
    if had == has:
        return Check("alpha", "passed", "kept" if has else "none, as in the source")
    if has:
        return Check("alpha", "failed", "the source has none")
    if all((image.to_float()[..., -1] >= 1).all() for image in source.bands()):
        return Check("alpha", "noted", "none; the source is opaque")
    if format.alpha:
        return Check("alpha", "failed", "is missing")
    return Check("alpha", "noted", f"{format.name} holds none; compared on white")


def _check_profile(source: Image, result: Image, format: Format, wanted: bytes | None) -> Check:
    """Check that the profile is the one asked for, or that of the source."""
    gray = result.pixels.shape[2] <= 2
    own, kept = source.metadata.icc, result.metadata.icc
    fits = profiles.profile_space(own) == ("GRAY" if gray else "RGB")
    if wanted is not None:
        expected, note = (None if gray else wanted), "as asked for"
    elif own and not (fits and "icc" in format.carries):
        expected, note = None, f"{format.name} with {'gray' if gray else 'RGB'} cannot hold it"
    else:
        expected, note = own, ""
    name = _profile_words(kept)
    if not _looks_same(expected, kept):
        return Check("color profile", "failed", f"{name}, expected {_profile_words(expected)}")
    if _looks_same(own, kept):
        return Check("color profile", "passed", name)
    return Check("color profile", "noted", f"{name}, not {_profile_words(own)}: {note}")


def _looks_same(first: bytes | None, second: bytes | None) -> bool:
    """Whether colors look the same in two profiles; none means sRGB."""
    first, second = (profile or profiles.srgb_profile() for profile in (first, second))
    spaces = {profiles.profile_space(profile) for profile in (first, second)}
    if first == second or len(spaces) > 1:
        return first == second
    return profiles.compare(first, second, "GRAY" if spaces == {"GRAY"} else "RGB") == "same"


def _profile_words(profile: bytes | None) -> str:
    return (name_of(profile) or "a profile without a name") if profile else "none (sRGB)"


def _check_colors(source: _Picture, result: _Picture) -> list[Check]:
    """Compare the means of blocks, of a mosaic at its samples; find out how they are turned."""
    pair = _Pair(source, result)
    agreement = pair.compare(lambda values: values)
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
    return [Check("orientation", "passed", "upright"), _colors("failed", agreement)]


def _colors(state: State, found: Agreement) -> Check:
    words = f"{found.share:.1%} of the blocks agree; mean shift {found.shift:.1f} of 255"
    aside = f", {found.clipped:.0%} of the blocks clipped" if found.clipped > 0.005 else ""
    return Check("low frequencies", state, words + aside)


class _Pair:
    """Two pictures of one shape, brought to one color space, white level and channel count."""

    def __init__(self, source: _Picture, result: _Picture) -> None:
        self._pictures = source, result
        first, second = source.first, result.first
        self._convert = not _looks_same(first.metadata.icc, second.metadata.icc)
        self._opaque = not (first.has_alpha and second.has_alpha)
        self._white = Source(first).white if first.bits == second.bits == 32 else 1.0
        channels = [image.pixels.shape[2] - image.has_alpha for image in (first, second)]
        self._channels = max(channels)
        self._means: Sequence[BlockMeans] = ()

    def compare(self, view: Callable[[FloatArray], FloatArray]) -> Agreement:
        """Return the agreement of what a view shows of the values of both."""
        return self._compared(view, view)

    def compare_mosaic(self, pattern: str) -> Agreement | None:
        """Return the agreement at the samples of a mosaic; None where the source is none."""
        ones = partial(bayer.spread, pattern=pattern)

        def sampled(values: FloatArray) -> FloatArray:
            gray = values[..., :1] if color.is_gray(values) else values
            return bayer.spread(bayer.raw_samples(gray, pattern), pattern)

        def masked(values: FloatArray) -> FloatArray:
            return values * ones(np.ones((*values.shape[:2], 1), np.float32))

        try:
            return self._compared(sampled, masked)
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
        view: Callable[[FloatArray], FloatArray],
        of_result: Callable[[FloatArray], FloatArray],
    ) -> Agreement:
        source, result = self._pictures
        side = block_side(*source.size)
        scale = result.header.height // source.header.height
        self._means = [
            gather(map(see, map(self._values, picture.bands())), *picture.size, side * times)
            for picture, see, times in ((source, view, 1), (result, of_result, scale))
        ]
        return compare(*self._means)

    def _values(self, image: Image) -> FloatArray:
        """Return colors on white, and alpha where both pictures have it."""
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


def _reason(error: ImageError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
