"""From an image to a better image."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from restorer.errors import SettingsError
from restorer.formats import find_profile
from restorer.image import Image
from restorer.restoration.reference.files import Reference
from restorer.restoration.reference.provenance import ReferenceMaps
from restorer.restoration.resolve import Model, open_reference_run, open_steps
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.restoration.step import plan_steps
from restorer.settings import CancelToken, OnTick, RunPlan, Settings
from restorer.tiling.plan import Region


def restore(
    image: Image,
    model: Model,
    *,
    references: Sequence[Image | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_maps: Callable[[ReferenceMaps], None] | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Return the restored image, `scale` times as large, with the metadata and depth of the input.

    Integer images are clipped to [0, 1] after every step; float images are not.

    Args:
        image: Gray or RGB, with or without alpha.
        model: A model id, a step with its options, or several steps in order; each may come with
            its model, opened.
        references: Sharp pictures of the same subject, of any size, for a step that takes
            references. For several images with the same references, open them once
            (`open_references`).
        settings: Options of the run; None takes the defaults.
        on_tile: Called with (done, total) tiles over all steps.
        on_maps: Called at the end with the maps of the origin of the detail.
        cancel: Stops the work between two tiles, by Cancelled.

    Raises:
        ModelError, SettingsError: The model cannot be opened, or not with these settings.
        InferenceError: No tile fits into memory, or the result is not finite.
        Cancelled: `cancel` was set.
    """
    source, settings = Source(image), settings or Settings()
    restored, _ = _run(source, model, None, references, settings, on_tile, on_maps, cancel)
    return restored


def restore_region(
    image: Image | Source,
    model: Model,
    region: Region,
    *,
    references: Sequence[Image | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_plans: Callable[[tuple[RunPlan, ...]], None] | None = None,
    on_maps: Callable[[ReferenceMaps], None] | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Return a region of the result of `restore`, with the same pixels, in the time of its tiles.

    The pixels are exactly the same on a CPU, where one tile runs at a time, with one exception: a
    step behind the first that estimates the noise level does so on the part that was made for it.
    With the level given, or with the `sigma` and `side` of the plans given to the full run, the
    pixels are the same there too.

    Args:
        image: The picture. Its noise, and whether it is gray, are properties of the whole; a
            `Source` keeps them from one call to the next.
        model: As for `restore`.
        region: Region of the picture, in its pixels.
        references: As for `restore`. Their registration on a `Source` is kept as long as the same
            `Reference` objects are given.
        settings: As for `restore`; with `tile` and `memory` left open, the size of the tiles
            depends on the free memory.
        on_tile: Called with (done, total) tiles of the region, over all steps.
        on_plans: Called at the end with the plan of each step.
        on_maps: As for `restore`; the maps are empty outside the region.
        cancel: As for `restore`.

    Raises the errors of `restore`, and SettingsError for a region outside the picture and for
    context ``whole``, where each pixel needs all of the picture.
    """
    settings = settings or Settings()
    source = image if isinstance(image, Source) else Source(image)
    if settings.context == "whole":
        raise SettingsError("context whole: a region needs all of the picture; restore that")
    if min(region.height, region.width) < 1 or not source.region.holds(region):
        raise SettingsError(f"{region}: not in a picture of {source.size[1]} x {source.size[0]}")
    restored, plans = _run(source, model, region, references, settings, on_tile, on_maps, cancel)
    if on_plans is not None:
        on_plans(plans)
    return restored


def check_steps(model: Model, settings: Settings | None = None) -> None:
    """Raise the errors that `restore` raises before its first tile, whatever the image.

    Opens the models, and checks color profile, device, steps and tiles. Raises ModelError,
    SettingsError.

    Examples:
        >>> restorer.check_steps(restorer.Step("panet-denoise-lite", sigma=25))
        >>> restorer.check_steps("panet-denoise-lite", restorer.Settings(profile="absent.icc"))
        Traceback (most recent call last):
        restorer.errors.SettingsError: ...
    """
    settings = settings or Settings()
    find_profile(settings.profile)
    steps = open_steps(model, settings, bits=8)
    plan_steps(steps, (1, 1), Region(0, 0, 1, 1), settings)


def _run(
    source: Source,
    model: Model,
    region: Region | None,
    references: Sequence[Image | Reference],
    settings: Settings,
    on_tile: OnTick | None,
    on_maps: Callable[[ReferenceMaps], None] | None,
    cancel: CancelToken | None,
) -> tuple[Image, tuple[RunPlan, ...]]:
    """Return the result of a region, or of all of the picture, and the plan of each step."""
    steps = open_steps(model, settings, source.image.bits)
    reference_run = open_reference_run(steps, references)
    restoration = Restoration(
        source, steps, settings, references=reference_run, on_tile=on_tile, cancel=cancel
    )
    result = restoration.run(region)
    if on_maps is not None and reference_run is not None and reference_run.maps is not None:
        on_maps(reference_run.maps)
    return result
