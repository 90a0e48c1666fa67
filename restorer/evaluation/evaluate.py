"""The papers' evaluation: damage clean pictures, restore them, compare, all by their rules."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from restorer.errors import SettingsError
from restorer.evaluation.protocols import PROTOCOLS, Case, Protocol, Value, protocol_of
from restorer.formats import READABLE
from restorer.image import Image
from restorer.inference.loading import open_model
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, model_spec
from restorer.models.identify import describe_model, identify_checkpoint
from restorer.models.store import weights_path
from restorer.restoration.api import restore
from restorer.settings import Settings, Step
from restorer.training.degrade import Bytes, quantize
from restorer.training.patches import load_rgb

_WARM_UP = 64  # side of what a model is given before its time counts


@dataclass(frozen=True)
class Score:
    """One picture restored by one method.

    Attributes:
        folder: Of the clean picture.
        image: Its file name.
        method: The model, as it was named, or a baseline.
        protocol: A key of `PROTOCOLS`.
        setting: What was done to the picture, as the column of a table says it.
        psnr: In dB; infinity for a perfect result.
        ssim: Structural similarity.
        seconds: Of the restoration, without opening the model.
        megapixels: Of the damaged picture.
    """

    folder: str
    image: str
    method: str
    protocol: str
    setting: str
    psnr: float
    ssim: float
    seconds: float
    megapixels: float


class Evaluation:
    """Models and baselines on folders of clean pictures: checked when made, run by `scores`.

    Args:
        models: Ids of the catalog and paths of checkpoints, all of one task. Without any, the
            baselines of `protocol` are measured alone.
        folders: Pictures lie directly inside.
        protocol: A key of `PROTOCOLS`; None for the usual one of the models' task.
        task: Of checkpoints that may be for several.
        values: By the name of the protocol's setting. By default each model is measured at what it
            was trained for, one for all values at the protocol's usual ones.
        limit: Take only the first so many pictures of a folder.
        baselines: Whether to measure what is used without a network too.
        blind: Whether models that are told the value have to find it out themselves.
        settings: For the models.

    Raises:
        SettingsError: Models of several tasks, a folder without pictures, a value that the
            protocol does not know.
        ModelError: There is no such model, or it cannot be opened.
    """

    def __init__(
        self,
        models: Sequence[str | Path],
        folders: Sequence[Path],
        *,
        protocol: str | None = None,
        task: str | None = None,
        values: Mapping[str, Sequence[Value]] | None = None,
        limit: int | None = None,
        baselines: bool = True,
        blind: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self._pictures = {folder: _pictures(folder, limit) for folder in folders}
        if task is None and protocol is not None and protocol in PROTOCOLS:
            task = PROTOCOLS[protocol].task
        specs = {model: _spec(model, task) for model in dict.fromkeys(models)}
        self.name = protocol or protocol_of(_common_task(specs))
        self.protocol = _protocol(self.name, specs)
        self._settings = settings or Settings()
        self._blind = blind
        asked = self._asked(values or {})
        trials = {model: self._values(spec, asked) for model, spec in specs.items()}
        found = dict.fromkeys(value for own in trials.values() for value in own)
        self.values = asked or tuple(sorted(found)) or self.protocol.usual
        if not self.values:
            raise SettingsError(
                f"protocol {self.name!r}: name models, or a {self.protocol.setting}"
            )
        self._specs = {model: (specs[model], own) for model, own in trials.items()}
        self._baselines = dict(self.protocol.baselines) if baselines else {}

    @property
    def methods(self) -> tuple[str, ...]:
        """The rows of the table, baselines first."""
        return (*self._baselines, *map(str, self._specs))

    @property
    def settings(self) -> tuple[str, ...]:
        """The columns of the table."""
        return tuple(map(self._label, self.values))

    def __len__(self) -> int:
        """Return the number of scores."""
        trials = len(self._baselines) * len(self.values)
        trials += sum(len(own) for _, own in self._specs.values())
        return trials * sum(map(len, self._pictures.values()))

    def scores(self) -> Iterator[Score]:
        """Restore every picture by every method and yield what came of it, method by method.

        Raises what `restore` raises.
        """
        for model, (spec, values) in self._specs.items():
            predictor = self._open(model, spec)
            for value in values:
                run = partial(self._restore, predictor, self._step(spec, value))
                yield from self._run(str(model), value, run, warm_up=value == values[0])
        for name, baseline in self._baselines.items():  # last: of models more can be wrong
            for value in self.values:
                yield from self._run(name, value, baseline)

    def _run(
        self, method: str, value: Value, run: Callable[[Case], Bytes], *, warm_up: bool = False
    ) -> Iterator[Score]:
        for folder, paths in self._pictures.items():
            for number, path in enumerate(paths):
                case = self._case(folder, number, value)
                if warm_up:
                    run(_corner(case))
                    warm_up = False
                start = time.perf_counter()
                restored = run(case)
                seconds = time.perf_counter() - start
                if restored.shape != case.truth.shape:
                    raise SettingsError(f"{method}: gives no result of protocol {self.name!r}")
                psnr, ssim = self.protocol.compare(restored, case.truth, value)
                megapixels = case.image.height * case.image.width / 1e6
                where, label = (str(folder), path.name), self._label(value)
                yield Score(*where, method, self.name, label, psnr, ssim, seconds, megapixels)

    def _case(self, folder: Path, number: int, value: Value) -> Case:
        """Return a picture of a folder, damaged, with its reference if the protocol gives one."""
        paths = self._pictures[folder]
        case = self.protocol.case(load_rgb(paths[number]), value, number)
        if self.protocol.refer is None:
            return case
        others = [p for other, own in self._pictures.items() if other != folder for p in own]
        reference = self.protocol.refer(case.truth, paths, others, number)
        return replace(case, references=(reference,))

    def _open(self, model: str | Path, spec: ModelSpec) -> Predictor:
        wishes = self._settings
        task = spec.task if isinstance(model, Path) else None
        return open_model(model, device=wishes.device, precision=wishes.precision, task=task)

    def _restore(self, predictor: Predictor, step: Step, case: Case) -> Bytes:
        restored = restore(
            case.image,
            [(predictor, step)],
            references=case.references,
            settings=self._settings,
        )
        return quantize(restored.to_float() * 255)

    def _step(self, spec: ModelSpec, value: Value) -> Step:
        """Return the step of a model that is told the value, if it takes one."""
        setting = self.protocol.setting
        told = setting == "bayer" or (setting == spec.condition and not self._blind)
        options: dict[str, Any] = {setting: value} if told else {}
        return Step(spec.id, **options)

    def _asked(self, values: Mapping[str, Sequence[Value]]) -> tuple[Value, ...]:
        """Return the values of the protocol's setting. Raises SettingsError for those of others."""
        setting = self.protocol.setting
        if others := [name for name, own in values.items() if own and name != setting]:
            raise SettingsError(f"protocol {self.name!r} varies the {setting}, not {others[0]}")
        return tuple(
            self.protocol.checked(value) for value in dict.fromkeys(values.get(setting, ()))
        )

    def _values(self, spec: ModelSpec, asked: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return the values that a model is measured at."""
        setting = self.protocol.setting
        if setting == "scale":
            if asked and spec.scale not in asked:
                raise SettingsError(f"{spec.id}: enlarges {spec.scale}x, not {asked[0]}x")
            return (spec.scale,)
        trained = spec.trained_for.get(setting)
        return asked or (self.protocol.usual if trained is None else (trained,))

    def _label(self, value: Value) -> str:
        return self.protocol.label.format(value)


def _spec(model: str | Path, task: str | None) -> ModelSpec:
    """Return what is known of a model. Raises SettingsError, ModelError."""
    if isinstance(model, str):
        spec = model_spec(model)
        weights_path(spec)  # which says how to get them
        return spec
    found = identify_checkpoint(model)
    if task is None and len(found.tasks) > 1:
        raise SettingsError(f"{model}: may be for {' or '.join(found.tasks)}; say for which task")
    return describe_model(found, task=task or found.tasks[0])


def _common_task(specs: Mapping[str | Path, ModelSpec]) -> str:
    """Return the task of all models. Raises SettingsError for several, or none."""
    tasks: dict[str, str | Path] = {}
    for model, spec in specs.items():
        tasks.setdefault(spec.task, model)
    if len(tasks) > 1:
        told = ", ".join(f"{model} is for {task}" for task, model in tasks.items())
        raise SettingsError(f"models of one task can be compared; {told}")
    if not tasks:
        raise SettingsError("no models to evaluate")
    return next(iter(tasks))


def _protocol(name: str, specs: Mapping[str | Path, ModelSpec]) -> Protocol:
    if name not in PROTOCOLS:
        raise SettingsError(f"protocol {name!r} is unknown; known are {', '.join(PROTOCOLS)}")
    protocol = PROTOCOLS[name]
    if specs and (task := _common_task(specs)) != protocol.task:
        raise SettingsError(f"protocol {name!r} is for {protocol.task}; the models are for {task}")
    return protocol


def _pictures(folder: Path, limit: int | None) -> list[Path]:
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in READABLE)
    except OSError as error:
        raise SettingsError(f"{folder}: no folder that can be read") from error
    if not found:
        raise SettingsError(f"{folder}: no pictures; expected the clean ones of a test set")
    return found[:limit]


def _corner(case: Case) -> Case:
    """Return the corner of a case; even, so that a mosaic keeps its pattern."""
    pixels = case.image.pixels[:_WARM_UP, :_WARM_UP].copy()
    return replace(case, image=Image(pixels))
