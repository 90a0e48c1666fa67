"""From an image to a better image, and from a file to a better file."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from typing import TypeAlias, TypeVar

from restorer.errors import (
    SettingsError,
)
from restorer.image import Image
from restorer.inference.loading import open_model
from restorer.inference.merging import merging
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, model_family, model_spec
from restorer.restoration.reference.files import (
    Reference,
)
from restorer.restoration.reference.provenance import ReferenceMaps
from restorer.restoration.reference.run import Guide
from restorer.restoration.run import Passage
from restorer.restoration.source import Source
from restorer.settings import STEP_OPTIONS, CancelToken, OnTick, RunPlan, Settings, Step
from restorer.tasks import conditioned_task
from restorer.tiling.plan import Region

log = logging.getLogger(__name__)
T = TypeVar("T")
OpenStep: TypeAlias = tuple[Predictor, Step]  # the model is open already, from a file perhaps


def restore(
    image: Image,
    model: Predictor | Step | str | Sequence[OpenStep | Step | str],
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
        model: A model id, a step with its options, or several steps to take in order; each may
            come with its model, opened.
        references: Sharp pictures of the same thing, of any size, for a step that takes such; who
            restores several pictures with them opens them once (`open_references`).
        settings: What may be left to the program.
        on_tile: Called with (done, total) tiles over all steps.
        on_maps: Called in the end with what came from which reference.
        cancel: Stops the work between two tiles, by Cancelled.

    Raises:
        ModelError, SettingsError: The model cannot be opened, or not with these settings.
        InferenceError: No tile fits into memory, or the result is not finite.
        Cancelled: `cancel` was set.
    """
    wishes = settings or Settings()
    passes = open_steps(model, wishes)
    guide = open_guide(passes, references)
    restored, _ = Passage(passes, wishes, on_tile, cancel, guide).restore(image)
    if on_maps is not None and guide is not None and guide.maps is not None:
        on_maps(guide.maps)
    return restored


def restore_region(
    image: Image | Source,
    model: Predictor | Step | str | Sequence[OpenStep | Step | str],
    region: Region,
    *,
    references: Sequence[Image | Reference] = (),
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    on_plans: Callable[[tuple[RunPlan, ...]], None] | None = None,
    on_maps: Callable[[ReferenceMaps], None] | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Return a region of what `restore` gives, with the same pixels, in the time of its own tiles.

    Exactly the same on a CPU, where one tile runs at a time, but for one thing: a noise level that
    a later step than the first is to estimate is that of the part that was made for it. Who gives
    the level, or the plans' `sigma` and `side` to the full run, gets the same pixels there too.

    Args:
        image: The picture. Its noise, and whether it is gray, are properties of the whole: a
            `Source` that is given again remembers them.
        model: As for `restore`.
        region: Of the picture, in its pixels.
        references: As for `restore`. How they lie on a `Source` is remembered as long as the same
            `Reference` objects are given.
        settings: As for `restore`; `tile` and `memory` left open may choose other tiles when other
            memory is free.
        on_tile: Called with (done, total) tiles of those that are run, over all steps.
        on_plans: Called in the end with the plan of each step.
        on_maps: As for `restore`; nothing is known outside the region.
        cancel: As for `restore`.

    Raises what `restore` raises, and SettingsError for a region that is not in the picture and for
    context ``whole``, where all of the picture is needed for each pixel.
    """
    wishes = settings or Settings()
    picture = image if isinstance(image, Source) else Source(image)
    if wishes.context == "whole":
        raise SettingsError("context whole: a region needs all of the picture; restore that")
    if min(region.height, region.width) < 1 or not picture.region.holds(region):
        raise SettingsError(f"{region}: not in a picture of {picture.size[1]} x {picture.size[0]}")
    passes = open_steps(model, wishes)
    guide = open_guide(passes, references)
    passage = Passage(passes, wishes, on_tile, cancel, guide)
    restored, plans = passage.restore_region(picture, region)
    if on_plans is not None:
        on_plans(plans)
    if on_maps is not None and guide is not None and guide.maps is not None:
        on_maps(guide.maps)
    return restored


def open_steps(
    model: Predictor | Step | str | Sequence[OpenStep | Step | str], settings: Settings
) -> list[OpenStep]:
    """Return the steps with their models, opened and checked; raises SettingsError."""
    if isinstance(model, Predictor):
        model = [(model, Step(model.spec.id))]
    wanted = [model] if isinstance(model, (str, Step)) else model
    steps = [Step(step) if isinstance(step, str) else step for step in wanted]
    if not steps:
        raise SettingsError("no steps: say what to do with the picture")
    for each in steps:
        spec, step = (
            (each[0].spec, each[1]) if isinstance(each, tuple) else (model_spec(each.model), each)
        )
        _check_step(step, spec)
        _check_spec(spec, settings)
    passes = [
        each
        if isinstance(each, tuple)
        else (open_model(each.model, device=settings.device, precision=settings.precision), each)
        for each in steps
    ]
    return [each for predictor, step in passes for each in _halves(predictor, step)]


def _halves(predictor: Predictor, step: Step) -> list[OpenStep]:
    """Part a model that has a base into the enlargement by that and the merging of references."""
    if not predictor.spec.base:
        return [(predictor, step)]
    base = open_model(predictor.spec.base, device=predictor.device, precision=predictor.precision)
    return [(base, Step(base.spec.id)), (merging(predictor), step)]


def open_guide(
    passes: Sequence[OpenStep], references: Sequence[Image | Reference], *, needed: bool = True
) -> Guide | None:
    """Return the references for the step that takes them; refuse one without the other.

    Where they are not needed, a network that has a base does without.
    """
    taking = [n for n, (p, _) in enumerate(passes) if p.spec.traits.needs_references]
    if not taking and not references:
        return None
    if not taking:
        raise SettingsError("references: no step takes any; the task reference-sr does")
    first = passes[taking[0]][0].spec
    if not references and (needed or not first.base):
        raise SettingsError(f"{first.id}: takes its texture from reference pictures; name one")
    before = passes[: taking[0] - bool(first.base)]
    if len(taking) > 1 or any(p.spec.scale != 1 for p, _ in before):
        raise SettingsError(f"{first.id}: has to be the only step that enlarges, or the first one")
    return Guide(
        [
            each if isinstance(each, Reference) else Reference.of(each, str(number))
            for number, each in enumerate(references, 1)
        ]
    )


def _check_spec(spec: ModelSpec, settings: Settings) -> None:
    """Refuse what the model cannot do at all, or not with these settings."""
    if not spec.traits.whole_context and (settings.context, settings.tiling) != ("tile", "blend"):
        raise SettingsError(f"{spec.id}: takes references tile by tile; leave out context and chop")
    family = model_family(spec.architecture)
    if settings.tiling == "chop" and (family is None or family.chop is None):
        raise SettingsError(f"chop: {spec.id} has no test procedure of its authors'")
    if settings.tiling == "chop" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("chop: knows its own tiles; leave out tile and overlap")
    if settings.context == "whole" and (settings.tiling == "chop" or settings.self_ensemble):
        raise SettingsError("context whole: has no tiles to chop or to turn")
    if settings.context == "whole" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("context whole: has no tiles; leave out tile and overlap")
    if settings.self_ensemble and spec.traits.mosaic:
        raise SettingsError(f"self-ensemble: {spec.id} would see flipped mosaics")


def _check_step(step: Step, spec: ModelSpec) -> None:
    """Refuse options that the model does not take; `Step` itself has checked their values."""
    if step.bayer is not None and not spec.traits.mosaic:
        raise SettingsError(f"bayer: {spec.id} is for {spec.task}, not for mosaics")
    if step.mixes_input and spec.traits.mosaic:
        raise SettingsError(f"strength: {spec.id} cannot mix its colors with a mosaic")
    for option in (each for each in STEP_OPTIONS if each.conditional):
        value = getattr(step, option.field)
        if value is not None and spec.condition != option.field:
            task = conditioned_task(option.field)
            raise SettingsError(
                f"{option.title} {value:g}: {spec.id} takes none;"
                f" models for {task} that are told it do"
            )
