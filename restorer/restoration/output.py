"""Fit a result to the requested file: its size, resolution and metadata."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from restorer.errors import SettingsError
from restorer.formats.credit import kept_metadata
from restorer.formats.history import without as without_account
from restorer.formats.metadata import PageT, with_stated_dpi
from restorer.formats.raw.carried_tags import public_tags
from restorer.image import Metadata
from restorer.restoration.shrinking import shrink
from restorer.sensor.mosaic import Mosaic
from restorer.settings import Settings

_CM_PER_INCH = 2.54
_PRINT_DPI = 300.0  # what labs ask for
_LOWEST_DPI = 1.0


def output_size(height: int, width: int, settings: Settings) -> tuple[int, int]:
    """Return the height and width of a result file; settings may shrink it but not enlarge it.

    Examples:
        >>> restorer.output_size(3000, 4000, restorer.Settings(long_edge=2000))
        (1500, 2000)
        >>> restorer.output_size(3000, 4000, restorer.Settings(print_size=10, dpi=254))
        (750, 1000)
    """
    longest = max(height, width)
    limits = [longest, settings.long_edge or longest, _print_pixels(settings) or longest]
    limit = min(limits)
    short = max(1, round(min(height, width) * limit / longest))
    return (limit, short) if height > width else (short, limit)


def prepare_output(image: PageT, settings: Settings) -> PageT:
    """Return a result as its file will hold it: shrunk, with its resolution and metadata.

    `run_job` does the same before it writes. If the settings ask for none of this, the image stays
    as it is.

    Args:
        image: A result of `restore`.
        settings: Its `long_edge`, `print_size`, `dpi`, `metadata` and `dither` are used.

    Raises SettingsError for samples of a sensor, which cannot be shrunk.

    Examples:
        >>> image = restorer.read("photo.jpg")
        >>> small = restorer.prepare_output(image, restorer.Settings(long_edge=32))
        >>> small.height, small.width
        (24, 32)
    """
    size = output_size(image.height, image.width, settings)
    metadata, notes = output_metadata(image.metadata, size, settings)
    fitted: Any = replace(image, metadata=metadata, notes=(*image.notes, *notes))
    if isinstance(image, Mosaic):
        check_samples(image.height, image.width, settings)
        if settings.metadata != "keep":
            fitted = replace(fitted, tags=public_tags(fitted.tags))
    else:
        fitted = shrink(fitted, size, dither_seed=settings.seed if settings.dither else None)
    return fitted  # type: ignore[no-any-return]  # of the same kind


def check_samples(height: int, width: int, settings: Settings) -> None:
    """Raise SettingsError where samples of a sensor of this size were to be shrunk."""
    if output_size(height, width, settings) != (height, width):
        option = "print size" if settings.long_edge is None else "long edge"
        raise SettingsError(
            f"{option}: the samples of a sensor, {width} x {height}, cannot be shrunk; choose"
            " another format than DNG"
        )


def output_metadata(
    metadata: Metadata, size: tuple[int, int], settings: Settings
) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of the file of a result of this size (height, width), and notes.

    The account of the restoration is left out with all other metadata; a sidecar may still get it.
    """
    metadata, notes = kept_metadata(metadata, settings.metadata)
    if settings.metadata == "none" and settings.provenance == "embed":
        metadata = without_account(metadata)
    dpi, wanted = settings.dpi, _print_pixels(settings)
    if wanted is not None and settings.print_size is not None and max(size) != wanted:
        dpi = max(_LOWEST_DPI, max(size) * _CM_PER_INCH / settings.print_size)
        notes += (f"{settings.print_size:g} cm are printed at {dpi:.0f} dpi",)
    elif wanted is not None:
        dpi = dpi or _PRINT_DPI
    return (metadata if dpi is None else with_stated_dpi(metadata, dpi)), notes


def _print_pixels(settings: Settings) -> int | None:
    """Return the pixels of the long edge in print; None where no size of a print is asked for."""
    if settings.print_size is None:
        return None
    return max(1, round(settings.print_size / _CM_PER_INCH * (settings.dpi or _PRINT_DPI)))
