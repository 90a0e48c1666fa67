"""Replay: repeat a restoration from its provenance, and compare the pixels."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from itertools import islice, zip_longest
from math import inf, log10
from pathlib import Path
from typing import TypeAlias

import numpy as np

import restorer
from restorer.analysis.low_frequencies import Picture
from restorer.batch.jobs import Job, Result
from restorer.batch.recorded import Recorded, find_record
from restorer.batch.run_job import run_job
from restorer.batch.stores.store import FileState
from restorer.errors import (
    ImageWriteError,
    InferenceError,
    ModelError,
    SettingsError,
    WeightsError,
)
from restorer.formats import open_source
from restorer.formats.files import file_sha256
from restorer.formats.history import SIDECAR
from restorer.inference.devices import available_devices, machine_of
from restorer.models.catalog import list_models, model_spec
from restorer.models.store import weights_path
from restorer.restoration.chosen import Chosen, named_alike
from restorer.restoration.provenance import FileHash, Provenance
from restorer.settings import RunPlan, Settings, Step
from restorer.tasks import AUTO, conditioned_task, default_model, raw_model

_Names: TypeAlias = Mapping[tuple[str, str], str]  # by the model and weights of a plan

_SHOWN_DIGITS = 12  # of a hash in a message
_PROFILES = ("keep", "srgb", "display-p3")


@dataclass(frozen=True)
class Replay:
    """A repeated result, compared with the original one.

    Attributes:
        result: The file that was compared.
        source: The source that was found.
        psnr: PSNR in dB between the pixels; infinity if they are equal, 0 if the sizes differ.
        largest: Largest difference, in steps of 8 bits.
        share: Share of the samples that differ.
        notes: What differs from the original run: program, machine, device, tiles.
    """

    result: Path
    source: Path
    psnr: float
    largest: float
    share: float
    notes: tuple[str, ...]

    @property
    def same(self) -> bool:
        """Whether the pixels are the same."""
        return self.share == 0


def replay_result(
    path: Path | str,
    *,
    source: Path | str | None = None,
    references: Sequence[Path | str] = (),
    checkpoints: Sequence[Path | str] = (),
    output: Path | str | None = None,
) -> Replay:
    """Repeat the restoration that made a result, and compare the pixels.

    The provenance is that of `read_provenance`. Source, references and weights are identified by
    their SHA-256, or, if only a journal records them, by size and date.

    Args:
        path: The result.
        source: The source; None looks for it where the journal says, then next to the result.
        references: The references; those that are missing are looked for in the same way.
        checkpoints: Files of weights that are not in the catalog.
        output: Where to write the new picture, in the format of the result; None does not write it.

    Raises SettingsError for a result without provenance, a source that is missing or another one
    and an `output` of another format; WeightsError for weights that are missing or differ; the
    errors of `read` and `write`; InferenceError where the run fails.

    Examples:
        >>> (job,) = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"]).jobs
        >>> result = restorer.run_job(job)
        >>> restorer.replay_result(result.target, source="photo.jpg").same
        True
    """
    path = Path(path)
    if path.suffix.lower() == SIDECAR:
        raise SettingsError(f"{path}: is a sidecar; give the picture next to it")
    if output is not None and Path(output).suffix.lower() != path.suffix.lower():
        raise SettingsError(f"{output}: needs the suffix {path.suffix} of the result")
    recorded = find_record(path)
    found = recorded.provenance
    original = _find_source(path, recorded, source)
    files = _find_references(path, recorded, original, references)
    names = _names(found.plans + recorded.plans, _hashes(checkpoints))
    plans, each = (_with_models(some, names) for some in (found.plans, recorded.plans))
    chosen = tuple(_chosen_again(recorded.chosen, recorded.plans, names))
    steps = (Step(AUTO),) if chosen else _steps_again(found, names)
    notes = list(_differences(found.version, found.machine, plans))
    with tempfile.TemporaryDirectory() as folder:
        settings = _settings(found.settings, plans, path, Path(folder))
        if output is None:
            settings = replace(settings, provenance="none")
        target = Path(folder, f"again{path.suffix}") if output is None else Path(output)
        result = run_job(Job(original, target, steps, settings, files, plans=each, chosen=chosen))
        _check_done(result)
        notes += _changed_plans(each, result.plans)
        assert isinstance(result.target, Path), "of a path"
        psnr, largest, share = _compare(path, result.target)
    return Replay(path, original, psnr, largest, share, tuple(notes))


def _find_source(path: Path, recorded: Recorded, given: Path | str | None) -> Path:
    """Return the source, whose content is that of the record."""
    wanted = recorded.provenance.source
    if given is not None:
        if not Path(given).is_file():
            raise SettingsError(f"{given}: no such file")
        _check_source(Path(given), wanted, recorded.source_state)
        return Path(given)
    if wanted is None:
        raise SettingsError(f"{path}: was made from a picture in memory; give the source")
    places = [recorded.source, path.with_name(wanted.name)]
    found = [place for place in places if place is not None and place.is_file()]
    found = [place for place in found if not place.samefile(path)]
    if not found:
        raise SettingsError(f"{path}: its source {wanted.name} was not found; give its path")
    for place in found[:-1]:
        try:
            _check_source(place, wanted, recorded.source_state)
        except SettingsError:
            continue
        return place
    _check_source(found[-1], wanted, recorded.source_state)
    return found[-1]


def _check_source(path: Path, wanted: FileHash | None, state: FileState | None) -> None:
    if wanted is None:
        return
    if wanted.sha256 and (found := file_sha256(path)) != wanted.sha256:
        raise SettingsError(
            f"{path}: is not the source; its SHA-256 is {_short(found)}, recorded is"
            f" {_short(wanted.sha256)} ({wanted.name})"
        )
    if not wanted.sha256 and state is not None and FileState.of(path) != state:
        raise SettingsError(f"{path}: is not the source, or was changed since")


def _find_references(
    path: Path, recorded: Recorded, source: Path, given: Sequence[Path | str]
) -> tuple[Path, ...]:
    """Return the references in the order of the record."""
    places = [*map(Path, given), *recorded.references]
    found: list[Path] = []
    for wanted in recorded.provenance.references:
        near = [source.with_name(wanted.name), path.with_name(wanted.name)]
        if not wanted.sha256:
            near = [place for place in [*places, *near] if place.name == wanted.name]
        else:
            near = [*places, *near]
        for place in near:
            if place.is_file() and wanted.sha256 in ("", file_sha256(place)):
                found.append(place)
                break
        else:
            digest = f" (SHA-256 {_short(wanted.sha256)})" if wanted.sha256 else ""
            raise SettingsError(f"{path}: its reference {wanted.name}{digest} was not found")
    return tuple(found)


def _hashes(checkpoints: Sequence[Path | str]) -> dict[str, str]:
    return {file_sha256(Path(each)): str(Path(each).absolute()) for each in checkpoints}


def _find_model(plan: RunPlan, checkpoints: Mapping[str, str]) -> str:
    """Return the id or the checkpoint that has the weights of a plan now."""
    if not plan.weights:
        raise WeightsError(
            f"{plan.model}: was a network in memory, so the result cannot be repeated"
        )
    if plan.twin and all(spec.weights.sha256 != plan.twin for spec in list_models()):
        raise WeightsError(
            f"{plan.model}: the weights with which its own were interpolated, SHA-256"
            f" {_short(plan.twin)}, are missing"
        )
    if plan.weights in checkpoints:
        return checkpoints[plan.weights]
    known = [spec for spec in list_models() if spec.weights.sha256 == plan.weights]
    if known:
        spec = next((spec for spec in known if spec.id == plan.model), known[0])
        weights_path(spec)
        return spec.id
    recorded = f"SHA-256 {_short(plan.weights)}"
    try:
        now = model_spec(plan.model).weights.sha256
    except ModelError:
        now = ""
    if now:
        raise WeightsError(
            f"{plan.model}: its weights differ, SHA-256 {_short(now)}; recorded is {recorded}"
        )
    raise WeightsError(f"{plan.model}: its weights, {recorded}, are missing; give their file")


def _names(plans: Iterable[RunPlan], checkpoints: Mapping[str, str]) -> _Names:
    """Return the names that the models of plans have now."""
    kinds = {(plan.model, plan.weights): plan for plan in plans}
    return {kind: _find_model(plan, checkpoints) for kind, plan in kinds.items()}


def _with_models(plans: Iterable[RunPlan], names: _Names) -> tuple[RunPlan, ...]:
    return tuple(replace(plan, model=model_spec(_name(plan, names)).id) for plan in plans)


def _name(plan: RunPlan, names: _Names) -> str:
    return names[plan.model, plan.weights]


def _steps_again(found: Provenance, names: _Names) -> tuple[Step, ...]:
    """Return the steps with the models of the plans; a base model has no step of its own."""
    models = [_name(plan, names) for plan in found.plans]
    following = (model_spec(model).base for model in models[1:])
    asked = [model for model, base in zip_longest(models, following) if not base]
    return tuple(_with_model(step, model) for step, model in zip(found.steps, asked, strict=True))


def _chosen_again(
    chosen: Iterable[Chosen], plans: Iterable[RunPlan], names: _Names
) -> Iterator[Chosen]:
    """Yield what `auto` chose for each page, with the models of the plans."""
    models = iter([_name(plan, names) for plan in plans])
    for each in chosen:
        yield named_alike(each, [*islice(models, len(each.steps))])


def _with_model(step: Step, model: str) -> Step:
    """Return a step with its model; one that denoises camera RAW ran by the model for RAW."""
    if model == raw_model() and step.model == default_model(conditioned_task("sigma")):
        return replace(step, bayer=None)
    return replace(step, model=model)


def _settings(recorded: Settings, plans: Sequence[RunPlan], path: Path, folder: Path) -> Settings:
    """Return the settings of the new run; a profile of the user's is taken from the result."""
    device = plans[0].device if plans else "auto"
    device = device if device in available_devices() else "auto"
    profile = recorded.profile
    if profile not in _PROFILES:
        with open_source(path, max_pixels=None) as file:
            icc = file.metadata.icc
        if icc is not None:
            (folder / "profile.icc").write_bytes(icc)
            profile = str(folder / "profile.icc")
    with open_source(path, max_pixels=None) as file:
        pixels = file.header.height * file.header.width
    # Larger sources than usual were accepted when the result was made.
    return replace(recorded, device=device, profile=profile, max_pixels=max(pixels, 1 << 27))


def _differences(version: str, machine: str, plans: Sequence[RunPlan]) -> Iterable[str]:
    """Yield what is not as it was when the result was made."""
    if version != restorer.__version__:
        yield f"made by version {version} of the program; this is {restorer.__version__}"
    if not plans:
        return
    device = plans[0].device
    if device not in available_devices():
        yield f"made on the device {device}, which this machine lacks"
    elif machine not in ("", now := machine_of(device)):
        yield f"made on {machine}; this is {now}"


def _changed_plans(before: tuple[RunPlan, ...], after: tuple[RunPlan, ...]) -> Iterable[str]:
    # The plans of several pages that are all the same were recorded once.
    times = len(before) // len(after) if after else 0
    for old, new in zip(before, after * times, strict=False):
        if old.side != new.side:
            yield f"{old.model}: tiles of {new.side} in place of {old.side}, for lack of memory"


def _check_done(result: Result) -> None:
    if result.status == "skipped":
        raise ImageWriteError(result.error)
    if result.status != "done":
        raise InferenceError(result.error)


def _compare(first: Path, second: Path) -> tuple[float, float, float]:
    """Return PSNR, largest difference in steps of 8 bits, and the share of other samples.

    They are those of all pages together.
    """
    total, largest, other, count = 0.0, 0.0, 0, 0
    with ExitStack() as stack:
        files = [
            stack.enter_context(open_source(each, max_pixels=None)) for each in (first, second)
        ]
        if files[0].header.pages != files[1].header.pages:
            return 0.0, 255.0, 1.0
        for number in range(files[0].header.pages):
            pictures = [Picture(file.page(number)) for file in files]
            a, b = (picture.header for picture in pictures)
            if a != b:
                return 0.0, 255.0, 1.0
            count += a.height * a.width * a.channels
            for one, two in zip(*(picture.bands() for picture in pictures), strict=True):
                other += int((one.pixels != two.pixels).sum())
                difference = np.abs(one.to_float() - two.to_float())
                total += float(np.square(difference, dtype=np.float64).sum())
                largest = max(largest, float(difference.max()))
    psnr = -10 * log10(total / count) if total else inf
    return psnr, largest * 255, other / count


def _short(digest: str) -> str:
    return f"{digest[:_SHOWN_DIGITS]}..."
