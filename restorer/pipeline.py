"""From an image to a better image, and from a file to a better file."""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import TypeVar

from restorer import formats, stream
from restorer.batch import numbered
from restorer.calibration import GATE_DB, agreement_with_cpu, known_precision
from restorer.catalog import ModelSpec, model_family, model_spec
from restorer.checkpoint import write_state
from restorer.devices import Precision, check_precision, choose_device, free_bytes
from restorer.errors import (
    Cancelled,
    ImageTooLargeError,
    InferenceError,
    RestorerError,
    SettingsError,
    TargetExistsError,
)
from restorer.image import Image
from restorer.inference import Predictor
from restorer.jobs import CancelToken, Job, OnTick, Result, RunPlan, Settings, Step
from restorer.networks import PublishedNetwork
from restorer.passage import Passage
from restorer.recognition import describe_model, recognise

log = logging.getLogger(__name__)
T = TypeVar("T")


def open_model(
    model: ModelSpec | str | Path, *, device: str = "auto", precision: str = "auto"
) -> Predictor:
    """Return a model, ready to run; one of the catalogue is loaded once and shared.

    A path is that of a checkpoint, which is recognised by its names and shapes; `recognise` and
    `describe_model` say more, and let more be said, about what it is for. The precision ``auto`` is
    what `try_precisions` chose on this machine, float32 before. Apple's ``mps``, some of whose
    operators are known to be wrong, is compared with the CPU before a model first runs there.

    Raises UnknownModelError, WeightsError, CheckpointError, or SettingsError (no such device).
    """
    where, how = choose_device(device), check_precision(precision)
    if isinstance(model, Path):
        found = recognise(model)
        spec = describe_model(found, task=found.tasks[0])
        return Predictor.from_checkpoint(spec, model, where, how or "fp32")
    spec = model_spec(model) if isinstance(model, str) else model
    if where == "mps" and (agreement := agreement_with_cpu(spec, where)) < GATE_DB:
        raise SettingsError(
            f"device mps: computes {spec.id} wrongly ({agreement:.1f} dB to the CPU); use cpu"
        )
    how = how or known_precision(spec, where)
    if isinstance(model, ModelSpec):
        return Predictor.load(spec, where, how)
    return _shared(spec.id, spec.weights.sha256, where, how)


def estimate_run(
    model: str, size: tuple[int, int], settings: Settings | None = None
) -> tuple[float, int]:
    """Estimate the seconds that a picture of (height, width) takes in context ``whole``.

    Stages of the network are tried on small regions, for a few seconds in all; good to a factor of
    two. Also returns the bytes of the feature maps, in memory and on the disk.

    Raises what `open_model` raises, and SettingsError for a network without stages.
    """
    wishes = settings or Settings()
    predictor = open_model(model, device=wishes.device, precision=wishes.precision)
    return predictor.estimate_whole(size, memory_bytes=wishes.memory)


def export_weights(model: str, target: Path) -> None:
    """Write the weights of a model as its authors store them, whole or not at all.

    Args:
        model: Its weights must be installed.
        target: ``.safetensors``, or ``.pt`` or ``.pth`` for a pickled state dict; must not exist.

    Raises UnknownModelError, WeightsError, CheckpointError, SettingsError (no such suffix).
    """
    network = open_model(model, device="cpu").network
    if not isinstance(network, PublishedNetwork):
        raise SettingsError(f"{model}: has no layout but that of its file")
    write_state(network.published_state(), target)


def restore(
    image: Image,
    model: Predictor | Step | str | Sequence[Step | str],
    *,
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> Image:
    """Return the restored image, `scale` times as large, with the metadata and depth of the input.

    Integer images are clipped to [0, 1] after every step; float images are not.

    Args:
        image: Gray or RGB, with or without alpha.
        model: A model id, a step with its options, or several steps to take in order.
        settings: What may be left to the program.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops the work between two tiles, by Cancelled.

    Raises:
        ModelError, SettingsError: The model cannot be opened, or not with these settings.
        InferenceError: No tile fits into memory, or the result is not finite.
        Cancelled: `cancel` was set.
    """
    wishes = settings or Settings()
    return Passage(_opened(model, wishes), wishes, on_tile, cancel).restore(image)[0]


def run_job(
    job: Job,
    *,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
    slot: AbstractContextManager[object] | None = None,
) -> Result:
    """Restore one file into another; what is wrong with it ends in the result, not in an error.

    Args:
        job: What to do.
        on_tile: Called with (done, total) tiles.
        cancel: Stops the work between two tiles.
        slot: Held while the networks run, and not while files are decoded and encoded, so that
            others may do that meanwhile.
    """
    start = time.monotonic()

    def ended(result: Result) -> Result:
        return replace(result, seconds=time.monotonic() - start)

    blank = Result(job, "failed", job.target)
    try:
        if job.settings.existing == "skip" and _exists(job.target):
            return ended(replace(blank, status="skipped", error=f"{job.target}: exists already"))
        return ended(_run_job(job, on_tile, cancel, slot or nullcontext()))
    except Cancelled as error:
        return ended(replace(blank, status="cancelled", error=str(error)))
    except TargetExistsError:  # another process was faster
        return ended(replace(blank, status="skipped", error=f"{job.target}: exists already"))
    except RestorerError as error:
        return ended(replace(blank, error=str(error)))
    except MemoryError:
        message = f"{job.source}: does not fit into memory; free some, or shrink the picture"
        return ended(replace(blank, error=message))


def check_job(job: Job) -> formats.Header:
    """Return the header of the source, if nothing is known to stand in the way of the job.

    From headers, catalogue and suffix alone: what is not a whole still picture within the budget,
    and what the target format cannot hold, is refused before hours of work. Raises ImageError.
    """
    header = formats.check_source(job.source, max_pixels=_budget(job.settings))
    scale = math.prod(model_spec(step.model).scale for step in job.steps)
    formats.check_target(job.target, header.height * scale, header.width * scale)
    return header


def _run_job(
    job: Job,
    on_tile: OnTick | None,
    cancel: CancelToken | None,
    slot: AbstractContextManager[object],
) -> Result:
    settings = job.settings
    header = check_job(job)
    passes = _opened(job.steps, settings)
    try:
        streamed = _stream(job, header, passes, on_tile, cancel, slot)
        if streamed is not None:
            return streamed
        image = formats.read(job.source, max_pixels=_budget(settings))
        with slot:
            if cancel is not None:
                cancel.check()
            restored, plans = Passage(passes, settings, on_tile, cancel).restore(image)
    except InferenceError as error:
        raise type(error)(f"{job.source}: {error}") from error
    if cancel is not None:
        cancel.check()

    def write(target: Path, existing: formats.Existing) -> tuple[str, ...]:
        return formats.write(restored, target, quality=settings.quality, existing=existing)

    target, notes = _write(job, write)
    return Result(job, "done", target, plans=plans, notes=(*restored.notes, *notes))


def _stream(
    job: Job,
    header: formats.Header,
    passes: Sequence[tuple[Predictor, Step]],
    on_tile: OnTick | None,
    cancel: CancelToken | None,
    slot: AbstractContextManager[object],
) -> Result | None:
    """Restore from TIFF to TIFF, band by band, what is large for this memory.

    None for all that can be held in memory as a whole; ImageTooLargeError for what has to be held
    so and cannot.
    """
    scale = math.prod(predictor.spec.scale for predictor, _ in passes)
    target = formats.check_target(job.target, header.height * scale, header.width * scale)
    streams = header.format == target.name == "TIFF" and job.settings.context == "tile"
    if not streams or not stream.is_large(header, scale):
        return None
    try:
        stream.check_rows(job.source, header, passes)
        with formats.open_rows(job.source, max_pixels=_budget(job.settings)) as rows:

            def write(
                target: Path, existing: formats.Existing
            ) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
                return stream.restore_rows(
                    rows, target, existing, passes, job.settings, on_tile, cancel
                )

            with slot:
                path, (plans, notes) = _write(job, write)
            return Result(job, "done", path, plans=plans, notes=notes)
    except formats.RowsError as error:
        needed, free = stream.whole_bytes(header, scale), free_bytes("cpu")
        if needed > free:
            raise ImageTooLargeError(
                f"{error}, so that it cannot be streamed; as a whole it takes {needed / 1e9:.1f} GB"
                f" of memory, {free / 1e9:.1f} are free"
            ) from error
        log.info("%s, so that it is held in memory as a whole", error)
        return None


def _write(job: Job, write: Callable[[Path, formats.Existing], T]) -> tuple[Path, T]:
    """Write under the job's target, or under a numbered name where that was asked and is needed."""
    existing = job.settings.existing
    if existing != "number":
        return job.target, write(job.target, "replace" if existing == "replace" else "fail")
    for target in numbered(job.target):
        try:
            if not _exists(target):
                return target, write(target, "fail")
        except TargetExistsError:  # another process was faster
            continue
    raise AssertionError("numbers do not end")


def _budget(settings: Settings) -> int:
    return formats.DEFAULT_MAX_PIXELS if settings.max_pixels is None else settings.max_pixels


def _exists(path: Path) -> bool:
    try:
        return path.exists() or path.is_symlink()
    except OSError:  # a name too long, a link to itself: writing will say so
        return False


@lru_cache(maxsize=4)
def _shared(model: str, sha256: str, device: str, precision: Precision) -> Predictor:
    """Load a model once; again when other weights were installed under its id."""
    return Predictor.load(model_spec(model), device, precision)


def _opened(
    model: Predictor | Step | str | Sequence[Step | str], settings: Settings
) -> list[tuple[Predictor, Step]]:
    if isinstance(model, Predictor):
        _check_spec(model.spec, settings)
        return [(model, Step(model.spec.id))]
    wanted = [model] if isinstance(model, (str, Step)) else model
    steps = [Step(step) if isinstance(step, str) else step for step in wanted]
    if not steps:
        raise SettingsError("no steps: say what to do with the picture")
    for step in steps:
        spec = model_spec(step.model)
        _check_step(step, spec)
        _check_spec(spec, settings)
    return [
        (open_model(s.model, device=settings.device, precision=settings.precision), s)
        for s in steps
    ]


def _check_spec(spec: ModelSpec, settings: Settings) -> None:
    """Refuse what the model cannot do at all, or not with these settings."""
    if spec.task == "reference-sr":
        raise SettingsError(
            f"{spec.id}: takes its texture from a reference picture, which cannot be given yet"
        )
    family = model_family(spec.architecture)
    if settings.tiling == "chop" and (family is None or family.chop is None):
        raise SettingsError(f"chop: {spec.id} has no test procedure of its authors'")
    if settings.tiling == "chop" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("chop: knows its own tiles; leave out tile and overlap")
    if settings.context == "whole" and (settings.tiling == "chop" or settings.self_ensemble):
        raise SettingsError("context whole: has no tiles to chop or to turn")
    if settings.context == "whole" and (settings.tile, settings.overlap) != (None, None):
        raise SettingsError("context whole: has no tiles; leave out tile and overlap")
    if settings.self_ensemble and spec.task == "demosaicing":
        raise SettingsError(f"self-ensemble: {spec.id} would see flipped mosaics")


def _check_step(step: Step, spec: ModelSpec) -> None:
    """Refuse numbers that would spoil the picture; of NaN every comparison is false."""
    if step.bayer is not None and spec.task != "demosaicing":
        raise SettingsError(f"bayer: {spec.id} is for {spec.task}, not for mosaics")
    if step.strength != 1 and spec.task == "demosaicing":
        raise SettingsError(f"strength: {spec.id} cannot mix its colours with a mosaic")
    if not 0 <= step.strength <= 1:
        raise SettingsError(f"strength {step.strength}: expected 0 to 1")
    if step.sigma is not None and not 0 <= step.sigma < math.inf:
        raise SettingsError(f"sigma {step.sigma}: expected a noise level of 0 or more")
