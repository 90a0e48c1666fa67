"""Restore a picture of any kind, and return the same kind."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any, overload

from restorer.errors import SettingsError
from restorer.formats import find_profile
from restorer.image import Image
from restorer.inputs import (
    Opened,
    Picture,
    PictureT,
    check_kept,
    device_of,
    open_picture,
    plain_mosaic_of,
)
from restorer.restoration.automatic import expected_model, is_chosen, open_chosen
from restorer.restoration.planning import plan_steps
from restorer.restoration.provenance import FileHash
from restorer.restoration.reference.files import Reference
from restorer.restoration.reference.provenance import ReferenceMaps
from restorer.restoration.resolve import Model, open_reference_run, open_steps
from restorer.restoration.run import OnPart, Restoration
from restorer.restoration.source import Source
from restorer.settings import CancelToken, OnTick, RunPlan, Settings
from restorer.tasks import AUTO, default_model, usual_task
from restorer.tiling.plan import Region

log = logging.getLogger(__name__)

OnMaps = Callable[[ReferenceMaps], None]
OnPlans = Callable[[tuple[RunPlan, ...]], None]


@overload
def restore(
    image: str | os.PathLike[str] | Source,
    model: Model = ...,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> Image: ...
@overload
def restore(
    image: PictureT,
    model: Model = ...,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> PictureT: ...
def restore(
    image: Picture | Source,
    model: Model = AUTO,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> Any:
    """Restore a picture and return it, `scale` times as large, in the kind and depth of the input.

    Values are display-referred (encoded), colors are RGB, and alpha is straight. Integers are
    clipped to their range after every step; floats are not. An `Image` keeps its metadata, a PIL
    image its ``info``, and a tensor its device. An `Image` carries notes on what happened; for
    other kinds, the notes are logged.

    Args:
        image: An `Image`; an array (H, W), (H, W, 1..4); a tensor (C, H, W) or (N, C, H, W); a PIL
            image; or a path or `Source`, for which the result is an `Image`. Arrays and tensors are
            uint8, uint16, or float with white 1. A model given by name runs on the device of the
            tensor, unless the settings name another.
        model: ``auto`` repairs the damage it finds; `Step("auto", scale=2)` also enlarges. Or a
            model: an id, the path of a checkpoint, a model from `load` or `wrap_model`, a module,
            or a model descriptor of spandrel. Or a step: a `Step` with an id or path and its
            options, or a pair of a model and its `Step`. Or a list of steps in order, of which only
            the first may be ``auto``.
        references: Sharp pictures of the same subject, of any kind and size, for a step that takes
            references; ``auto`` then uses the default model for them. For several images with the
            same references, open these once (`open_references`).
        settings: Options of the run; None takes the defaults.
        on_tile: Called with (done, total) tiles over all steps.
        on_part: Called with a region of the result and its image as soon as its tiles are finished,
            so that the user can watch the result grow. Parts do not overlap, and need not cover the
            whole result: there are none with references, in context ``whole``, or if the last step
            has its own `detail`. They start over for a second picture, and after a restart for lack
            of memory.
        on_maps: Called at the end with maps that show where the detail came from.
        cancel: Stops the work between two tiles, with Cancelled.

    Raises:
        ImageDataError: The picture has an unsupported kind, shape, type or range.
        ImageError: The file of the picture cannot be read.
        ModelError, SettingsError: The model cannot be opened, or does not work with these settings.
        InferenceError: No tile fits into memory, or the result is not finite.
        Cancelled: `cancel` was set.

    Examples:
        >>> small = np.full((24, 32, 3), 128, np.uint8)
        >>> restorer.restore(small, "panet-sr-x2-lite").shape
        (48, 64, 3)
        >>> restorer.restore("noisy.png").notes[-1]
        'found white noise: remove noise'
    """
    call = _Call(
        settings or Settings(),
        references,
        on_tile=on_tile,
        on_part=on_part,
        on_maps=on_maps,
        cancel=cancel,
    )
    return call.run(image, model)


@overload
def restore_region(
    image: str | os.PathLike[str] | Source,
    model: Model,
    region: Region,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    start: tuple[int, int] | None = None,
    on_plans: OnPlans | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> Image: ...
@overload
def restore_region(
    image: PictureT,
    model: Model,
    region: Region,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    start: tuple[int, int] | None = None,
    on_plans: OnPlans | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> PictureT: ...
def restore_region(
    image: Picture | Source,
    model: Model,
    region: Region,
    *,
    references: Sequence[Picture | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_part: OnPart | None = None,
    start: tuple[int, int] | None = None,
    on_plans: OnPlans | None = None,
    on_maps: OnMaps | None = None,
    cancel: CancelToken | None = None,
) -> Any:
    """Restore only a region: return that part of the result of `restore`, computing only its tiles.

    On a CPU, the pixels are exactly those of the full result, with one exception: if a step after
    the first estimates the noise level, it estimates it from the part that was computed. If you
    give the level, or pass the `sigma` and `side` of the plans to the full run, the pixels are the
    same there, too.

    Args:
        image: The picture, as for `restore`. Its noise, and whether it is gray, are properties of
            the whole picture; a `Source` keeps them from one call to the next, and the result is an
            `Image`.
        model: As for `restore`.
        region: Region of the picture, in its pixels.
        references: As for `restore`. A `Source` keeps their registration as long as the same
            `Reference` objects are passed.
        settings: As for `restore`. Without `tile` or `memory`, the size of the tiles depends on the
            free memory.
        on_tile: Called with (done, total) tiles of the region, over all steps.
        on_part: As for `restore`; regions are those of the whole result.
        start: Position (row, column) in the picture where the tiles of the last step begin; the
            others follow in order of their distance. None goes from top to bottom.
        on_plans: Called at the end of each picture with the plans of its steps.
        on_maps: As for `restore`; the maps are empty outside the region.
        cancel: As for `restore`.

    Raises the errors of `restore`, and SettingsError for a region outside the picture and for
    context ``whole``, in which each pixel needs the whole picture.

    Examples:
        >>> picture = np.full((24, 32, 3), 128, np.uint8)
        >>> region = restorer.Region(4, 8, 10, 12)  # top, left, height, width
        >>> restorer.restore_region(picture, "panet-sr-x2-lite", region).shape
        (20, 24, 3)
    """
    call = _Call(
        settings or Settings(),
        references,
        region,
        start,
        on_tile,
        on_part,
        on_plans,
        on_maps,
        cancel,
    )
    return call.run(image, model)


def check_steps(model: Model, settings: Settings | None = None) -> None:
    """Raise the errors that `restore` would raise before its first tile for any image.

    Opens the models (for ``auto``, all that it may choose), and checks color profile, device, steps
    and tiles. Raises ModelError, SettingsError.

    Examples:
        >>> restorer.check_steps(restorer.Step("panet-denoise-lite", sigma=25))
        >>> restorer.check_steps("panet-denoise-lite", restorer.Settings(profile="absent.icc"))
        Traceback (most recent call last):
        restorer.errors.SettingsError: ...
    """
    settings = settings or Settings()
    find_profile(settings.profile)
    steps = open_steps(expected_model(model), settings, bits=8)
    plan_steps(steps, (1, 1), Region(0, 0, 1, 1), settings)


@dataclass(frozen=True)
class _Call:
    """What a call asks for beside picture and model; fields are the arguments of that name."""

    settings: Settings
    references: Sequence[Picture | Reference]
    region: Region | None = None
    start: tuple[int, int] | None = None
    on_tile: OnTick | None = None
    on_part: OnPart | None = None
    on_plans: OnPlans | None = None
    on_maps: OnMaps | None = None
    cancel: CancelToken | None = None

    def run(self, image: Picture | Source, model: Model) -> Any:
        """Return the result of the region, or of all of a picture, in the kind of the picture."""
        picture, opened, sources = _opened(image, self.settings)
        self._check_region(sources)
        check_kept(picture, self.settings.bits)
        references = _checked_references(self.references)
        if references and model == AUTO:
            model = default_model(usual_task(references=True))
        settings = self.settings
        if settings.device == "auto":
            settings = replace(settings, device=device_of(picture) or "auto")
        bits = max(source.bits for source in sources)
        fixed = None if is_chosen(model) else open_steps(model, settings, bits, sources[0].pattern)
        results: list[Image] = []
        for number, source in enumerate(sources):
            steps, chosen = fixed or [], None
            if fixed is None:
                steps, chosen = open_chosen(model, source, settings, bits)
            reference_run = open_reference_run(steps, references)
            restored, plans = Restoration(
                source,
                steps,
                settings,
                references=reference_run,
                chosen=chosen,
                on_tile=_within(self.on_tile, number, len(sources)),
                on_part=self.on_part,
                start=self.start,
                cancel=self.cancel,
            ).run(self.region)
            if self.on_plans is not None:
                self.on_plans(plans)
            maps = reference_run.maps if reference_run is not None else None
            if self.on_maps is not None and maps is not None:
                self.on_maps(maps)
            results.append(restored)
            if not isinstance(picture, (Image, str, os.PathLike)):
                for note in restored.notes:
                    log.info("%s", note)
        return opened.rebuild(results)

    def _check_region(self, sources: Sequence[Source]) -> None:
        region = self.region
        if region is None:
            return
        if self.settings.context == "whole":
            raise SettingsError(
                "context whole: needs the whole picture, not a region; restore the picture"
            )
        for source in sources:
            if min(region.height, region.width) < 1 or not source.region.holds(region):
                height, width = source.size
                raise SettingsError(f"{region}: not in a picture of {width} x {height}")


def _opened(picture: Picture | Source, settings: Settings) -> tuple[Picture, Opened, list[Source]]:
    """Return the caller's picture, the same as images, and these with their global properties."""
    if isinstance(picture, Source):
        return picture.image, open_picture(picture.image), [picture]
    opened = open_picture(picture, plain_mosaic_of(settings))
    file = FileHash.of(picture) if isinstance(picture, str | os.PathLike) else None
    return picture, opened, [Source(each, file, settings) for each in opened.images]


def _checked_references(references: Sequence[Picture | Reference]) -> list[Picture | Reference]:
    """Return reference pictures as a list. Raises SettingsError for a picture outside a list."""
    if isinstance(references, Sequence) and not isinstance(references, str):
        return list(references)
    kind = type(references).__name__
    raise SettingsError(
        f"references: {kind}, expected a list of pictures; put a single one into [...]"
    )


def _within(on_tile: OnTick | None, number: int, count: int) -> OnTick | None:
    """Return a callback for one of several pictures that reports the progress over all of them."""
    if on_tile is None or count == 1:
        return on_tile
    return lambda done, total: on_tile(number * total + done, count * total)
