"""Evaluation by the papers' rules: degrade clean images, restore them, and compare."""

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

_WARM_UP = 64  # side of the crop that a model restores before its time is measured


@dataclass(frozen=True)
class Score:
    """The quality and time of one image restored by one method.

    Attributes:
        folder: Folder of the clean image.
        image: File name of the clean image.
        method: The model as given by the caller, or a baseline.
        protocol: A key of `PROTOCOLS`.
        setting: The degradation, as in the column heading of a table.
        psnr: PSNR in dB; infinity for a perfect result.
        ssim: Structural similarity.
        seconds: Time of the restoration, without opening the model.
        megapixels: Size of the degraded image.
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
    """An evaluation of models and baselines on folders of clean images.

    The constructor checks all arguments; `scores` runs the evaluation.

    Args:
        models: Catalog ids and checkpoint paths, all for one task. Without models, only the
            baselines of `protocol` are measured.
        folders: Folders that directly contain the images.
        protocol: A key of `PROTOCOLS`; None selects the default of the models' task.
        task: Task of checkpoints that fit several tasks.
        values: Values by the name of the protocol's setting. By default, a model is measured at
            the value it was trained for, or at the protocol's defaults if it takes any value.
        limit: Use only the first `limit` images of a folder.
        baselines: Whether to measure baselines without a network as well.
        blind: Whether models must estimate the value instead of receiving it.
        settings: Settings for the models.

    Raises:
        SettingsError: The models are for several tasks, a folder contains no images, or a value is
            invalid for the protocol.
        ModelError: A model does not exist or cannot be opened.
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
        self._images = {folder: _images(folder, limit) for folder in folders}
        if task is None and protocol is not None and protocol in PROTOCOLS:
            task = PROTOCOLS[protocol].task
        specs = {model: _spec(model, task) for model in dict.fromkeys(models)}
        self.name = protocol or protocol_of(_common_task(specs))
        self.protocol = _protocol(self.name, specs)
        self._settings = settings or Settings()
        self._blind = blind
        requested = self._requested(values or {})
        trials = {model: self._values(spec, requested) for model, spec in specs.items()}
        found = dict.fromkeys(value for own in trials.values() for value in own)
        self.values = requested or tuple(sorted(found)) or self.protocol.usual
        if not self.values:
            raise SettingsError(
                f"protocol {self.name!r}: requires models or values of {self.protocol.setting}"
            )
        self._specs = {model: (specs[model], own) for model, own in trials.items()}
        self._baselines = dict(self.protocol.baselines) if baselines else {}

    @property
    def methods(self) -> tuple[str, ...]:
        """Row headings of the table, baselines first."""
        return (*self._baselines, *map(str, self._specs))

    @property
    def settings(self) -> tuple[str, ...]:
        """Column headings of the table."""
        return tuple(map(self._label, self.values))

    def __len__(self) -> int:
        """Return the number of scores."""
        trials = len(self._baselines) * len(self.values)
        trials += sum(len(own) for _, own in self._specs.values())
        return trials * sum(map(len, self._images.values()))

    def scores(self) -> Iterator[Score]:
        """Restore every image with every method and yield the scores, method by method.

        Raises what `restore` raises.
        """
        for model, (spec, values) in self._specs.items():
            predictor = self._open(model, spec)
            for value in values:
                run = partial(self._restore, predictor, self._step(spec, value))
                yield from self._run(str(model), value, run, warm_up=value == values[0])
        for name, baseline in self._baselines.items():  # last, because models fail more often
            for value in self.values:
                yield from self._run(name, value, baseline)

    def _run(
        self, method: str, value: Value, run: Callable[[Case], Bytes], *, warm_up: bool = False
    ) -> Iterator[Score]:
        for folder, paths in self._images.items():
            for number, path in enumerate(paths):
                case = self._case(folder, number, value)
                if warm_up:
                    run(_corner(case))
                    warm_up = False
                start = time.perf_counter()
                restored = run(case)
                seconds = time.perf_counter() - start
                if restored.shape != case.truth.shape:
                    raise SettingsError(
                        f"{method}: result has another size than protocol {self.name!r} requires"
                    )
                psnr, ssim = self.protocol.compare(restored, case.truth, value)
                megapixels = case.image.height * case.image.width / 1e6
                where, label = (str(folder), path.name), self._label(value)
                yield Score(*where, method, self.name, label, psnr, ssim, seconds, megapixels)

    def _case(self, folder: Path, number: int, value: Value) -> Case:
        """Return a degraded image of a folder, with a reference if the protocol provides one."""
        paths = self._images[folder]
        case = self.protocol.case(load_rgb(paths[number]), value, number)
        if self.protocol.pick_reference is None:
            return case
        others = [p for other, own in self._images.items() if other != folder for p in own]
        reference = self.protocol.pick_reference(case.truth, paths, others, number)
        return replace(case, references=(reference,))

    def _open(self, model: str | Path, spec: ModelSpec) -> Predictor:
        device, precision = self._settings.device, self._settings.precision
        task = spec.task if isinstance(model, Path) else None
        return open_model(model, device=device, precision=precision, task=task)

    def _restore(self, predictor: Predictor, step: Step, case: Case) -> Bytes:
        restored = restore(
            case.image,
            [(predictor, step)],
            references=case.references,
            settings=self._settings,
        )
        return quantize(restored.to_float() * 255)

    def _step(self, spec: ModelSpec, value: Value) -> Step:
        """Return the step of a model, with the value if the model takes it."""
        setting = self.protocol.setting
        given = setting == "bayer" or (setting == spec.condition and not self._blind)
        options: dict[str, Any] = {setting: value} if given else {}
        return Step(spec.id, **options)

    def _requested(self, values: Mapping[str, Sequence[Value]]) -> tuple[Value, ...]:
        """Return values for the protocol's setting. Raises SettingsError for other settings."""
        setting = self.protocol.setting
        if others := [name for name, own in values.items() if own and name != setting]:
            raise SettingsError(f"protocol {self.name!r} varies {setting}, not {others[0]}")
        return tuple(
            self.protocol.checked(value) for value in dict.fromkeys(values.get(setting, ()))
        )

    def _values(self, spec: ModelSpec, requested: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return the values at which a model is measured."""
        setting = self.protocol.setting
        if setting == "scale":
            if requested and spec.scale not in requested:
                raise SettingsError(f"{spec.id}: has scale {spec.scale}, not {requested[0]}")
            return (spec.scale,)
        trained = spec.trained_for.get(setting)
        return requested or (self.protocol.usual if trained is None else (trained,))

    def _label(self, value: Value) -> str:
        return self.protocol.label.format(value)


def _spec(model: str | Path, task: str | None) -> ModelSpec:
    """Return the specification of a model. Raises SettingsError, ModelError."""
    if isinstance(model, str):
        spec = model_spec(model)
        weights_path(spec)  # the error explains how to install missing weights
        return spec
    found = identify_checkpoint(model)
    if task is None and len(found.tasks) > 1:
        raise SettingsError(f"{model}: fits the tasks {' and '.join(found.tasks)}; choose one")
    return describe_model(found, task=task or found.tasks[0])


def _common_task(specs: Mapping[str | Path, ModelSpec]) -> str:
    """Return the common task of all models. Raises SettingsError for several tasks or none."""
    tasks: dict[str, str | Path] = {}
    for model, spec in specs.items():
        tasks.setdefault(spec.task, model)
    if len(tasks) > 1:
        found = ", ".join(f"{model} is for {task}" for task, model in tasks.items())
        raise SettingsError(f"models must be for the same task; {found}")
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


def _images(folder: Path, limit: int | None) -> list[Path]:
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in READABLE)
    except OSError as error:
        raise SettingsError(f"{folder}: not a readable folder") from error
    if not found:
        raise SettingsError(
            f"{folder}: contains no images; expected the clean images of a test set"
        )
    return found[:limit]


def _corner(case: Case) -> Case:
    """Return the top left corner of a case, which keeps the pattern of a mosaic."""
    pixels = case.image.pixels[:_WARM_UP, :_WARM_UP].copy()
    return replace(case, image=Image(pixels))
