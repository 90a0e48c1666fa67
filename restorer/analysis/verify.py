"""Check that a result is sound: it can be read, and keeps its source's properties and colors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from restorer.analysis.kept_metadata import Check, State, check_metadata
from restorer.analysis.low_frequencies import Picture, check_colors, looks_same
from restorer.errors import ImageError
from restorer.formats import FORMATS, Format, ImageFile, find_profile, open_source, profile_name
from restorer.formats.color import profiles
from restorer.image import Bits, Image

_NOT_KEPT = "not kept: "  # the start of a reader's note on what no result has


@dataclass(frozen=True)
class Verification:
    """The outcome of checking a result.

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
        bits: The requested bit depth; None expects that of the source.
        profile: The requested color profile, see `find_profile`.

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
    wanted = _Wanted(scale, bits, find_profile(profile))
    checks: Sequence[Check]
    try:
        with open_source(source, max_pixels=None) as original:
            if not result.exists():
                return Verification(source, result, (Check("file", "failed", "does not exist"),))
            checks = _check_file(original, result, wanted)
    except ImageError as error:
        checks = (Check("source", "failed", _reason(error, source)),)
    return Verification(source, result, tuple(checks))


@dataclass(frozen=True)
class _Wanted:
    """What was asked for; None where any whole scale will do, or what the source has."""

    scale: int | None
    bits: Bits | None
    profile: bytes | None


def _check_file(source: ImageFile, path: Path, wanted: _Wanted) -> list[Check]:
    """Return all checks of a file that exists."""
    try:
        with open_source(path, max_pixels=None) as result:
            count, found = source.header.pages, result.header.pages
            if found == 1:
                return _check_page(source, result, path, wanted)
            if count != found:
                return [Check("pages", "failed", f"{found} of {count}")]
            pages = (
                _check_page(source.page(n), result.page(n), path, wanted) for n in range(count)
            )
            return [Check("pages", "passed", f"all {count}"), *_worst(pages)]
    except ImageError as error:
        return [Check("file", "failed", _reason(error, path))]


def _worst(pages: Iterable[Sequence[Check]]) -> list[Check]:
    """Return for each property of the pages the first check with the worst outcome."""
    found: dict[str, Check] = {}
    states = ("passed", "noted", "failed")
    for number, checks in enumerate(pages, 1):
        for check in checks:
            before = found.get(check.name)
            if before is None:
                found[check.name] = check
            elif states.index(check.state) > states.index(before.state):
                found[check.name] = replace(check, words=f"page {number}: {check.words}")
    return [*found.values()]


def _check_page(original: ImageFile, file: ImageFile, path: Path, wanted: _Wanted) -> list[Check]:
    """Return all checks of a picture, or of one page."""
    source = Picture(original)
    try:
        result = Picture(file)
        format = next(row for row in FORMATS.values() if row.name == result.header.format)
        checks = [_check_size(source, result, wanted.scale)]
        pixels = [_check_alpha(source, result, format)]
        pixels.append(_check_profile(source.first, result.first, format, wanted.profile))
        if checks[0].state != "failed":
            pixels += check_colors(source, result)
        else:
            for _ in result.bands():  # damaged rows raise
                pass
    except ImageError as error:
        return [Check("file", "failed", _reason(error, path))]
    checks = [Check("file", "passed", f"a whole {format.name}"), *checks]
    checks.append(_check_depth(source.header.bits, result.header.bits, format, wanted.bits))
    found, size = result.first.metadata, result.size
    checks += [*pixels, *check_metadata(source.first.metadata, found, format, size)]
    lost = [note.removeprefix(_NOT_KEPT) for note in source.first.notes if _NOT_KEPT in note]
    return checks + (
        [Check("other parts", "noted", f"not kept: {', '.join(lost)}")] if lost else []
    )


def _check_size(source: Picture, result: Picture, scale: int | None) -> Check:
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
    held = format.written_bits(wanted)
    if result == wanted:
        return Check("depth", "passed", f"{result} bits")
    if result == held:
        return Check("depth", "noted", f"{result} bits; {format.name} cannot hold {wanted} bits")
    state: State = "noted" if result > held and bits is None else "failed"
    return Check("depth", state, f"{result} bits, expected {held}")


def _check_alpha(source: Picture, result: Picture, format: Format) -> Check:
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
    if not looks_same(expected, kept):
        return Check("color profile", "failed", f"{name}, expected {_profile_words(expected)}")
    if looks_same(own, kept):
        return Check("color profile", "passed", name)
    return Check("color profile", "noted", f"{name}, not {_profile_words(own)}: {note}")


def _profile_words(profile: bytes | None) -> str:
    return (profile_name(profile) or "a profile without a name") if profile else "none (sRGB)"


def _reason(error: ImageError, path: Path) -> str:
    return str(error).removeprefix(f"{path}: ")
