"""Evaluate models: degrade clean images, restore them, and compare."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeAlias

from restorer.errors import SettingsError
from restorer.evaluation.entries import Entry, clean_entries, paired_entries
from restorer.evaluation.methods import EvaluatedModel, Method, method_of, name_of
from restorer.evaluation.protocols import (
    PROTOCOLS,
    Case,
    Protocol,
    Value,
    pairs_protocol,
    protocol_of,
)
from restorer.evaluation.table import EvaluationTable, Score
from restorer.image import Image
from restorer.inputs import Picture
from restorer.settings import OnTick, Settings
from restorer.training.degrade import Bytes, crop_to_multiple

# Folders, or images in memory.
Pictures: TypeAlias = str | Path | Sequence[str | Path] | Sequence[Picture]

_WARM_UP = 64  # side of the crop that a model restores before its time is measured
_PAIRS = "pairs"  # name of the protocol for given pairs


def evaluate(
    models: EvaluatedModel | Sequence[EvaluatedModel] | Mapping[str, EvaluatedModel],
    data: Pictures,
    *,
    inputs: Pictures | None = None,
    protocol: str | None = None,
    task: str | None = None,
    values: Mapping[str, Sequence[Value]] | None = None,
    limit: int | None = None,
    baselines: bool = True,
    blind: bool = False,
    settings: Settings | None = None,
    on_image: OnTick | None = None,
) -> EvaluationTable:
    """Restore a test set with models and baselines, and return PSNR and SSIM.

    Without `inputs`, the clean images are degraded by a protocol of the papers. With them, the
    given pairs are measured: on Y with `scale` pixels shaved on each side if the clean images are
    larger, else on all channels. Results are rounded to 8 bits before the comparison.

    Args:
        models: Ids, paths of checkpoints, loaded models, or modules; a mapping names the rows of
            the table. A module or function of (1, C, H, W) tensors with white = 1 is measured as
            by `wrap_model`, which also tells it the noise level. An empty list measures only the
            baselines of `protocol`.
        data: The clean images: a folder that directly contains them, several folders, or images of
            any kind that `restore` takes.
        inputs: Their degraded versions: as many folders, with files matched by name (``a.png`` or
            ``a_noisy.png``, and ``a.png``), or as many images.
        protocol: Degradation and comparison, a key of `PROTOCOLS`; None selects the default of the
            models' task, and for modules that enlarge, ``super-resolution``.
        task: Task of checkpoints that fit several tasks.
        values: Values by the name of the protocol's setting (``sigma``, ``jpeg_quality``,
            ``bayer``). By default, a model is measured at the value it was trained for, or at the
            protocol's defaults if it takes any value. For pairs, the one value is given to models.
        limit: Use only the first `limit` images of a folder.
        baselines: Whether to measure baselines without a network as well.
        blind: Whether models must estimate the value instead of receiving it.
        settings: Settings for the models.
        on_image: Called with (done, total) images over all methods.

    Raises:
        SettingsError: The models are for several tasks, a folder contains no images, a file has no
            counterpart, sizes do not fit, or a value is invalid for the protocol.
        ModelError: A model does not exist or cannot be opened.
        ImageError: An image cannot be read.

    Examples:
        >>> table = restorer.evaluate("panet-denoise-lite", "photos", values={"sigma": [25]})
        >>> print(table)  # doctest: +SKIP
        >>> best = max(table.means(), key=lambda mean: mean.psnr)
        >>> best.method, best.setting
        ('panet-denoise-lite', 'sigma 25')
        >>> photo = restorer.read("clean.png").pixels
        >>> table = restorer.evaluate({"mine": lambda x: x}, [photo], inputs=[photo])
        >>> table.scores[0].psnr
        inf
    """
    run = Evaluation(
        named_models(models),
        data,
        inputs=inputs,
        protocol=protocol,
        task=task,
        values=values,
        limit=limit,
        baselines=baselines,
        blind=blind,
        settings=settings,
    )
    scores = []
    for score in run.scores():
        scores.append(score)
        if on_image is not None:
            on_image(len(scores), len(run))
    return EvaluationTable(run.protocol.title, run.methods, run.settings, tuple(scores))


def named_models(
    models: EvaluatedModel | Sequence[EvaluatedModel] | Mapping[str, EvaluatedModel],
) -> Mapping[str, EvaluatedModel]:
    """Return models by the names of their rows."""
    if isinstance(models, Mapping):
        return models
    if isinstance(models, Sequence) and not isinstance(models, str):
        return {name_of(model): model for model in models}
    return {name_of(models): models}


class Evaluation:
    """An evaluation whose scores are computed one by one; the arguments are those of `evaluate`.

    The constructor checks all arguments; `scores` runs the evaluation.

    Args:
        models: Models by name.
    """

    def __init__(
        self,
        models: Mapping[str, EvaluatedModel],
        data: Pictures,
        *,
        inputs: Pictures | None = None,
        protocol: str | None = None,
        task: str | None = None,
        values: Mapping[str, Sequence[Value]] | None = None,
        limit: int | None = None,
        baselines: bool = True,
        blind: bool = False,
        settings: Settings | None = None,
    ) -> None:
        self._settings = settings or Settings()
        self._blind = blind
        self._pairs = inputs is not None
        values = {name: own for name, own in (values or {}).items() if own}
        if task is None and protocol in PROTOCOLS:
            task = PROTOCOLS[protocol].task
        if inputs is None:
            self._entries = clean_entries(data, limit)
        else:
            if protocol is not None:
                raise SettingsError(f"protocol {protocol!r}: degrades images, but inputs are given")
            self._entries, scale = paired_entries(data, inputs, limit)
        methods = [method_of(name, model, task) for name, model in models.items()]
        if inputs is None:
            self.name = protocol or protocol_of(_common_task(methods))
            self.protocol = _protocol(self.name, methods)
            requested = self._requested(values)
        else:
            self.name, self.protocol = _PAIRS, pairs_protocol(scale)
            requested = (scale,)
            self._check_given(values)
        self._given = values if self._pairs else {}
        trials = [(method, self._values(method, requested)) for method in methods]
        found = dict.fromkeys(value for _, own in trials for value in own)
        self.values = requested or tuple(sorted(found)) or self.protocol.usual
        if not self.values:
            raise SettingsError(
                f"protocol {self.name!r}: requires models or values of {self.protocol.setting}"
            )
        self._trials = trials
        self._baselines = dict(self.protocol.baselines) if baselines else {}

    @property
    def methods(self) -> tuple[str, ...]:
        """Row headings of the table, baselines first."""
        return (*self._baselines, *(method.name for method, _ in self._trials))

    @property
    def settings(self) -> tuple[str, ...]:
        """Column headings of the table."""
        return tuple(map(self._label, self.values))

    def __len__(self) -> int:
        """Return the number of scores."""
        trials = len(self._baselines) * len(self.values)
        trials += sum(len(own) for _, own in self._trials)
        return trials * sum(map(len, self._entries.values()))

    def scores(self) -> Iterator[Score]:
        """Restore every image with every method and yield the scores, method by method.

        Raises what `restore` raises.
        """
        for method, values in self._trials:
            opened = method.open(self._settings)
            for value in values:
                options = self._options(method, value)
                yield from self._run(
                    method.name,
                    value,
                    lambda case, run=opened, given=options: run(case, given),  # type: ignore[misc]  # bound now
                    warm_up=value == values[0],
                )
        for name, baseline in self._baselines.items():  # last, because models fail more often
            for value in self.values:
                yield from self._run(name, value, baseline)

    def _run(
        self, method: str, value: Value, run: Callable[[Case], Bytes], *, warm_up: bool = False
    ) -> Iterator[Score]:
        for folder, entries in self._entries.items():
            for number, entry in enumerate(entries):
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
                where, label = (folder, entry.name), self._label(value)
                yield Score(*where, method, self.name, label, psnr, ssim, seconds, megapixels)

    def _case(self, folder: str, number: int, value: Value) -> Case:
        """Return a degraded image of a folder, with a reference if the protocol provides one."""
        entries = self._entries[folder]
        clean = entries[number].truth()
        if self._pairs:
            return Case(entries[number].input(), crop_to_multiple(clean, int(value)), value)
        case = self.protocol.case(clean, value, number)
        if self.protocol.pick_reference is None:
            return case
        others = [
            path for other, own in self._entries.items() if other != folder for path in _paths(own)
        ]
        reference = self.protocol.pick_reference(case.truth, _paths(entries), others, number)
        return replace(case, references=(reference,))

    def _options(self, method: Method, value: Value) -> dict[str, Any]:
        """Return the options of a step: the value, if the model takes it."""
        given = {name: own[0] for name, own in self._given.items()}
        if not self._pairs:
            given = {self.protocol.setting: value}
        return {
            name: own
            for name, own in given.items()
            if name == "bayer" or (name == method.spec.condition and not self._blind)
        }

    def _check_given(self, values: Mapping[str, Sequence[Value]]) -> None:
        if many := [name for name, own in values.items() if len(own) > 1]:
            raise SettingsError(f"pairs have one degradation; give one value of {many[0]}")

    def _requested(self, values: Mapping[str, Sequence[Value]]) -> tuple[Value, ...]:
        """Return values for the protocol's setting. Raises SettingsError for other settings."""
        setting = self.protocol.setting
        if others := [name for name in values if name != setting]:
            raise SettingsError(f"protocol {self.name!r} varies {setting}, not {others[0]}")
        return tuple(
            self.protocol.checked(value) for value in dict.fromkeys(values.get(setting, ()))
        )

    def _values(self, method: Method, requested: tuple[Value, ...]) -> tuple[Value, ...]:
        """Return the values at which a model is measured."""
        setting = self.protocol.setting
        if setting == "scale":
            scale = method.spec.scale
            if requested and scale not in requested:
                raise SettingsError(f"{method.name}: has scale {scale}, not {requested[0]}")
            return (scale,)
        trained = method.spec.trained_for.get(setting)
        return requested or (self.protocol.usual if trained is None else (trained,))

    def _label(self, value: Value) -> str:
        return self.protocol.label.format(value)


def _common_task(methods: Sequence[Method]) -> str:
    """Return the common task of all models. Raises SettingsError for several tasks or none."""
    tasks: dict[str, str] = {}
    for method in methods:
        if not method.any_task:
            tasks.setdefault(method.spec.task, method.name)
    if len(tasks) > 1:
        found = ", ".join(f"{model} is for {task}" for task, model in tasks.items())
        raise SettingsError(f"models must be for the same task; {found}")
    if not methods:
        raise SettingsError("no models to evaluate")
    if tasks:
        return next(iter(tasks))
    if methods[0].spec.scale == 1:
        raise SettingsError(f"{methods[0].name}: a module has no task; choose a protocol")
    return methods[0].spec.task


def _protocol(name: str, methods: Sequence[Method]) -> Protocol:
    if name not in PROTOCOLS:
        raise SettingsError(f"protocol {name!r} is unknown; expected one of {', '.join(PROTOCOLS)}")
    protocol = PROTOCOLS[name]
    models = [method for method in methods if not method.any_task]
    if models and (task := _common_task(models)) != protocol.task:
        raise SettingsError(f"protocol {name!r} is for {protocol.task}; the models are for {task}")
    return protocol


def _paths(entries: Sequence[Entry]) -> list[Path]:
    found = [entry.clean for entry in entries if isinstance(entry.clean, Path)]
    if len(found) < len(entries):
        raise SettingsError("data: references require folders of images")
    return found


def _corner(case: Case) -> Case:
    """Return the top left corner of a case, which keeps the pattern of a mosaic."""
    pixels = case.image.pixels[:_WARM_UP, :_WARM_UP].copy()
    return replace(case, image=Image(pixels))
