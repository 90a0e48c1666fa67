"""Choices: what the user asks of the pictures, as data; without Qt.

They become the steps and settings of the core, a command line, and a preset; the three say the
same. Options are written and read by their entries in the core's table.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import prod
from pathlib import Path
from typing import Any

from restorer import (
    AUTO,
    OPTIONS,
    SETTINGS_OPTIONS,
    STEP_OPTIONS,
    TASKS,
    Chosen,
    ModelSpec,
    Option,
    Settings,
    Step,
    join_command,
    list_models,
    model_spec,
    mosaic_task,
    raw_model,
    target_name,
    usual_task,
)

TASK_ORDER = tuple(
    task.id for task in sorted(TASKS.values(), key=lambda task: task.place) if task.place
)
RAW_ORDER = (mosaic_task(), *TASK_ORDER)  # of camera RAW, which is demosaiced first
CAMERA_SUFFIX = ".dng"  # of results in the colors of the camera
NAME = "{stem}-restored{suffix}"
SCALES = (1, *sorted(TASKS[usual_task()].default_models))  # what automatic restoration enlarges by


@dataclass(frozen=True)
class TaskChoice:
    """One task that the window offers.

    Attributes:
        model: Its model, wanted or not; empty if there is none.
    """

    task: str
    model: str
    wanted: bool = False


@dataclass(frozen=True)
class Choices:
    """What the user asks for.

    Attributes:
        tasks: One entry for each task of TASK_ORDER, or for camera RAW of RAW_ORDER.
        other_tasks: Those of the other kind of picture.
        raw: Whether the tasks are those of camera RAW.
        template: The options of all steps, in a step without a model.
        references: Reference pictures, for the tasks that need them.
        suffix: Suffix of the result, with its dot; None for that of the source.
        settings: The settings of all steps.
        automatic: Whether the steps are those that suit each picture.
        enlargement: The scale of automatic restoration.
        chosen: What suits the open picture; None until it is known. The tasks are those, then.
    """

    tasks: tuple[TaskChoice, ...]
    other_tasks: tuple[TaskChoice, ...] = ()
    raw: bool = False
    template: Step = field(default_factory=lambda: Step(""))
    references: tuple[Path, ...] = ()
    suffix: str | None = None
    settings: Settings = field(default_factory=Settings)
    automatic: bool = False
    enlargement: int = 1
    chosen: Chosen | None = None

    @cached_property  # asked for a hundred times in a change of the state
    def models(self) -> tuple[ModelSpec, ...]:
        """The models of the tasks that are wanted, in order."""
        return tuple(
            model_spec(task_choice.model)
            for task_choice in self.tasks
            if task_choice.wanted and task_choice.model
        )

    @property
    def scale(self) -> int:
        """Factor by which the result is larger than the picture."""
        if self.automatic:
            return self.enlargement
        return prod(spec.scale for spec in self.models)

    @property
    def steps(self) -> tuple[Step, ...]:
        """The steps that the core runs."""
        return tuple(map(self.step, self.models))

    @property
    def asked(self) -> tuple[Step, ...]:
        """The steps for any picture: one that stands for those that suit it, or the steps."""
        if not self.automatic:
            return self.steps
        scale = None if self.enlargement == 1 else self.enlargement
        return (replace(self.template, model=AUTO, bayer=None, scale=scale),)

    @property
    def wanted_damage(self) -> tuple[object, ...]:
        """What decides, beside the picture, which steps suit it."""
        if not self.automatic:
            return ()
        return self.enlargement, self.template.sigma, self.template.jpeg_quality, self.raw

    def suited(self, chosen: Chosen | None) -> Choices:
        """Return the choices with the steps that suit a picture; with none while they are unknown.

        Other choices than automatic ones stay.
        """
        if not self.automatic:
            return self
        models = {spec.task: spec.id for spec in map(_spec, chosen.steps if chosen else ())}
        tasks = tuple(
            replace(k, wanted=k.task in models, model=models.get(k.task, k.model))
            for k in self.tasks
        )
        return replace(self, tasks=tasks, chosen=chosen)

    def step(self, spec: ModelSpec) -> Step:
        """Return a step of a model, with the options that it takes."""
        refused = {o.field: o.default for o in STEP_OPTIONS if not spec.takes(o)}
        if spec.traits.mosaic or (self.automatic and spec.traits.enlarges):
            refused |= _FULL  # colors cannot be mixed with a mosaic
        return replace(self.template, model=spec.id, **refused)

    def value(self, option: Option) -> Any:
        """Return the value of an option."""
        return getattr(self.template if option in STEP_OPTIONS else self.settings, option.field)

    def task_choice(self, task: str) -> TaskChoice:
        """Return the entry of a task."""
        return next(task_choice for task_choice in self.tasks if task_choice.task == task)

    def with_task(self, task: str, **changes: Any) -> Choices:
        """Return choices with one entry changed, which are not automatic.

        Only one task that enlarges can be wanted.
        """
        tasks = tuple(replace(k, **changes) if k.task == task else k for k in self.tasks)
        if TASKS[task].enlarges and changes.get("wanted"):
            others = {each.id for each in TASKS.values() if each.enlarges} - {task}
            tasks = tuple(replace(k, wanted=False) if k.task in others else k for k in tasks)
        return replace(self, tasks=tasks, automatic=False, enlargement=1, chosen=None)

    def for_kind(self, *, raw: bool) -> Choices:
        """Return the choices with the tasks of camera RAW, or with those of other pictures."""
        if raw == self.raw:
            return self
        return replace(self, tasks=self.other_tasks, other_tasks=self.tasks, raw=raw)

    def behind_demosaicing(self) -> Choices:
        """Return choices of other pictures for camera RAW: the same tasks behind demosaicing."""
        if self.raw:
            return self
        return replace(self.for_kind(raw=True), tasks=(self.other_tasks[0], *self.tasks))

    @property
    def development(self) -> tuple[object, ...]:
        """What determines the colors of the steps' input; of camera RAW only, else empty."""
        if not self.raw:
            return ()
        values = (self.value(o) for o in SETTINGS_OPTIONS if o.group in ("raw", "mosaic"))
        return (*values, self.settings.profile, self.camera_colors)

    @property
    def camera_colors(self) -> bool:
        """Whether the result keeps the colors of the camera."""
        return self.raw and self.suffix == CAMERA_SUFFIX

    @property
    def mixes_input(self) -> bool:
        """Whether the strength applies to any step."""
        return any(
            not spec.traits.mosaic and not (self.automatic and spec.traits.enlarges)
            for spec in self.models
        )

    def with_step(self, step: Step) -> Choices:
        """Return choices with the model of a step, and the options that it takes."""
        spec = model_spec(step.model)
        taken = {o.field: getattr(step, o.field) for o in STEP_OPTIONS if spec.takes(o)}
        return self.with_values(**taken).with_task(spec.task, model=spec.id, wanted=True)

    def with_changes(self, **changes: Any) -> Choices:
        """Return choices with some fields changed."""
        return replace(self, **changes)

    def with_values(self, **values: Any) -> Choices:
        """Return choices with other values of some options, by the names of their fields."""
        own = {option.field for option in STEP_OPTIONS}
        template = replace(self.template, **{k: v for k, v in values.items() if k in own})
        settings = replace(self.settings, **{k: v for k, v in values.items() if k not in own})
        return replace(self, template=template, settings=settings)

    def takes(self, condition: str) -> bool:
        """Whether one of the networks is conditioned on sigma, or on jpeg_quality."""
        return any(spec.condition == condition for spec in self.models)

    @property
    def noise(self) -> str:
        """Kind of noise whose level a network is told; empty if none is. See `ModelSpec.noise`."""
        return next((spec.noise for spec in self.models if spec.condition == "sigma"), "")

    @property
    def needs_references(self) -> bool:
        """Whether one of the networks takes reference pictures."""
        return any(spec.traits.needs_references for spec in self.models)

    @property
    def ready(self) -> bool:
        """Whether there is something to do, with all that it needs."""
        return bool(self.models) and (not self.needs_references or bool(self.references))

    @property
    def blends(self) -> bool:
        """Whether the strength can change without a new run: only if there is a single step.

        In a chain, each step passes the mixture of its input and result on to the next one.
        """
        return len(self.models) == 1 and not self.raw and (self.mixes_input or not self.automatic)

    def for_networks(self) -> Choices:
        """Return the choices that determine the networks' output, with defaults for all others.

        Depth, file format and mostly the strength are applied to that output, without a new run.
        """
        return self._for_networks

    @cached_property
    def _for_networks(self) -> Choices:
        groups = ("result", "output") if self.raw else ("result", "output", "raw", "mosaic")
        result = {o.field: o.default for o in SETTINGS_OPTIONS if o.group in groups}
        if self.raw:
            result["profile"] = self.settings.profile  # decides about the primaries of the steps
        references = self.references if self.needs_references else ()
        made = replace(
            self.with_values(**result),
            suffix=CAMERA_SUFFIX if self.camera_colors else None,
            references=references,
            other_tasks=(),
        )
        if not self.mixes_input:
            return made.with_values(**_FULL)
        return made.with_values(**_FULL) if self.blends else made

    def at_full_strength(self) -> Choices:
        """Return the choices of `for_networks`, at full strength even in a chain."""
        return self.for_networks().with_values(**_FULL)

    @property
    def finish(self) -> tuple[object, ...]:
        """What determines the pixels beside `for_networks`: how their output is finished."""
        own = self.settings
        blend = (self.template.strength, self.template.detail) if self.blends else ()
        return (*blend, own.bits, own.profile, own.dither, own.seed if own.dither else 0)

    def target(self, source: Path) -> Path:
        """Return where the command line would write the result."""
        return source.with_name(target_name(source, self.asked, NAME, self.suffix))

    def options(self) -> dict[str, Any]:
        """Return the options of `restore image` that differ from its defaults, as TOML values."""
        found: dict[str, Any] = {"model": [spec.id for spec in self.models]}
        if self.automatic:
            found = {"task": [AUTO]} | ({"scale": self.enlargement} if self.scale != 1 else {})
        found |= {option.name: option.write(value) for option, value in self._changed()}
        return found | ({"format": self.suffix.removeprefix(".")} if self.suffix else {})

    def command(self, source: Path, target: Path | None = None) -> str:
        """Return the line that does the same to a file in a shell."""
        words = ["restore", "image", str(source)]
        if target is not None and target != self.target(source):
            words += ["-o", str(target)]
        if self.automatic:
            words += ["--scale", str(self.enlargement)] if self.scale != 1 else []
        else:
            words += [word for spec in self.models for word in ("--model", spec.id)]
        for option, value in self._changed():
            cleared = option.is_flag and not option.write(value)
            words += [f"--no-{option.name}" if cleared else f"--{option.name}"]
            words += [] if option.is_flag else [option.format(value)]
        if self.suffix:
            words += ["--format", self.suffix.removeprefix(".")]
        for reference in self.references if self.needs_references else ():
            words += ["--reference", str(reference)]
        return join_command(words)

    def of_page(self, page: int, pages: int) -> Choices:
        """Return the choices for one page of several, by its number from 0."""
        if pages == 1:
            return self
        return replace(self, settings=replace(self.settings, pages=str(page + 1)))

    def _changed(self) -> Iterator[tuple[Option, Any]]:
        """Yield the options that differ from their defaults and apply to the models."""
        for option in OPTIONS:
            taken = any(s.takes(option) for s in self.models)
            taken = not option.mosaic if self.automatic else taken
            applies = option not in STEP_OPTIONS or taken
            if applies and (value := self.value(option)) != option.default:
                yield option, value


def automatic_choices() -> Choices:
    """Return the choices of a new user: what each picture needs, in its own size."""
    return replace(usual_choices(), automatic=True).suited(None)


def usual_choices() -> Choices:
    """Return the choices of someone who chooses the steps: twice as large, by the usual models."""
    tasks = tuple(TaskChoice(task, _usual_model(task)) for task in TASK_ORDER)
    demosaicing = TaskChoice(mosaic_task(), raw_model(), wanted=True)
    return Choices(tasks, (demosaicing, *tasks)).with_task(usual_task(), wanted=True)


_FULL = {"strength": 1.0, "detail": None}


def _spec(step: Step) -> ModelSpec:
    return model_spec(step.model)


def _usual_model(task: str) -> str:
    models = TASKS[task].default_models
    if models:
        return next(iter(models.values()))
    return next((spec.id for spec in list_models(task) if spec.weights.embedded), "")
