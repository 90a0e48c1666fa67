"""The options that `restore image` and `restore batch` share, and the request built from them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from functools import wraps
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from restorer import (
    AUTO,
    AUTO_SR,
    FORMATS,
    OPTIONS,
    SETTINGS_OPTIONS,
    STEP_OPTIONS,
    TASKS,
    Choice,
    Option,
    conditioned_task,
    default_model,
    mosaic_task,
    raw_model,
    usual_task,
)

from .presets import DEFAULT_FILE, take_preset

if TYPE_CHECKING:
    from restorer import Job, ModelSpec, Settings, Step

AUTOMATIC = (AUTO, AUTO_SR)

Command = TypeVar("Command", bound=Callable[..., Any])


class OptionType(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """The values of an entry of the table of options."""

    def __init__(self, option: Option) -> None:
        self.name = option.name
        self._option = option

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the value of the field; a default is one already."""
        try:
            return self._option.read(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


def table_option(option: Option) -> Callable[[Command], Command]:
    """Return the click option of an entry of the table; its parameter is named like the field.

    A flag that stands for one of two choices gives True or False, see `Option.read`.
    """
    name = f"--{option.name}"
    if option.is_flag:
        is_set = option.write(option.default)  # and then needs a word that clears it
        words = f"{name}/--no-{option.name}" if is_set else name
        text = f"{option.help}  [default: on]" if is_set else option.help
        return click.option(words, option.field, is_flag=True, default=is_set, help=text)
    kind = option.offered
    listed = f"[{'|'.join(kind.words)}]" if isinstance(kind, Choice) else None
    usual = option.usual or ("none" if option.default is None else option.format(option.default))
    return click.option(
        name,
        option.field,
        type=OptionType(option),
        metavar=option.metavar or listed,
        default=option.default,
        help=f"{option.help}  [default: {usual}]",
    )


def table_options(*names: str) -> Callable[[Command], Command]:
    """Add the options of some fields of the table."""

    def add(command: Command) -> Command:
        for option in reversed(OPTIONS):
            if option.field in names:
                table_option(option)(command)
        return command

    return add


@dataclass(frozen=True)
class Request:
    """What the user asks for every picture; most fields are named like options.

    Without task or model, pictures are repaired and, with a scale, enlarged; the task that enlarges
    takes the model that suits each picture.

    Attributes:
        values: Values of the table of options, by fields.
    """

    task: tuple[str, ...]
    model: tuple[str, ...]
    scale: int | None
    reference: tuple[Path, ...]
    reference_dir: Path | None
    explain: bool
    format: str | None
    values: Mapping[str, Any]

    @property
    def suffix(self) -> str | None:
        """Suffix of the targets, None for that of the source."""
        return f".{self.format}" if self.format else None

    def steps(self) -> tuple[Step, ...]:
        """Return the steps in the order asked for."""
        from restorer import Step, model_spec

        models = self.model or self._default_models()
        specs = [model_spec(model) for model in models if model not in AUTOMATIC]
        self._check_references(specs)
        scale = self.scale if models[0] in AUTOMATIC else None  # that of the other models is theirs
        if scale is None and self.scale not in (None, own := prod(spec.scale for spec in specs)):
            raise click.UsageError(f"--scale {self.scale}: {_names(specs)} has scale {own}")
        for option in STEP_OPTIONS:
            asked = self.values[option.field] != option.default
            if asked and not any(takes(model, option) for model in models):
                raise click.UsageError(
                    f"--{option.name}: {' and '.join(models)} takes none; {_task_of(option)} does"
                )
        return tuple(
            Step(
                model,
                scale=scale if model in AUTOMATIC else None,
                **{o.field: self.values[o.field] for o in STEP_OPTIONS if takes(model, o)},
            )
            for model in models
        )

    def settings(self) -> Settings:
        """Return what holds for every step. Raises SettingsError for an unusable color profile."""
        from restorer import Settings, find_profile

        values = {option.field: self.values[option.field] for option in SETTINGS_OPTIONS}
        settings = Settings(**values)
        find_profile(settings.profile)
        return settings

    def completed(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Return the jobs with the references that are asked for.

        Where neither task, model nor scale is given, RAW pictures are demosaiced, without their
        noise.
        """
        from restorer import Step, with_raw_steps, with_references

        if not self._has_references:
            if self.task or self.model or self.scale is not None:
                return tuple(jobs)
            asked = ("bayer", "strength", "detail")
            step = Step(raw_model(), **{name: self.values[name] for name in asked})
            return with_raw_steps(jobs, [step])
        found = tuple(replace(job, references=self.reference, explain=self.explain) for job in jobs)
        return found if self.reference_dir is None else with_references(found, self.reference_dir)

    @property
    def _has_references(self) -> bool:
        return bool(self.reference or self.reference_dir)

    def _check_references(self, specs: Sequence[ModelSpec]) -> None:
        taking = [spec.id for spec in specs if spec.traits.needs_references]
        if taking and not self._has_references:
            raise click.UsageError(f"{taking[0]}: needs reference pictures; give --reference FILE")
        if self._has_references and not taking:
            task = usual_task(references=True)
            raise click.UsageError(f"--reference: {_names(specs)} takes none; --task {task} does")
        if self.explain and not self._has_references:
            raise click.UsageError("--explain: needs reference pictures; give --reference FILE")

    def _default_models(self) -> list[str]:
        if not self.task and not self._has_references:
            return [AUTO]
        if self.task == (usual_task(),):
            return [AUTO_SR]
        tasks = self.task or (usual_task(references=True),)
        enlarging = {task.id for task in TASKS.values() if task.enlarges}
        return [
            AUTO if task == AUTO else default_model(task, self.scale if task in enlarging else None)
            for task in tasks
        ]


_TASKS = (
    click.option(
        "--task",
        multiple=True,
        metavar="TASK",
        help=f"{AUTO}, {', '.join(list(TASKS)[:-1])} or {list(TASKS)[-1]}; several run in the order"
        f" given.  [default: {AUTO}, which repairs the damage it finds;"
        f" {usual_task(references=True)} with references; demosaicing for RAW files]",
    ),
    click.option(
        "--model",
        multiple=True,
        metavar="ID",
        help="Id of the model; `restore models` lists them. May be repeated.",
    ),
    click.option(
        "--scale",
        metavar="N",
        type=click.IntRange(1),
        help=f"Factor of enlargement: 2, 3 or 4.  [default: none; 2 for the task {usual_task()}]",
    ),
)

_STEPS = (
    *_TASKS,
    *map(table_option, sorted(STEP_OPTIONS, key=lambda o: (o.mosaic, not o.conditional))),
)

_REFERENCES = (
    click.option(
        "--reference",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="Sharper image of the same subject, which lends its fine texture; may be repeated.",
    ),
    click.option(
        "--reference-dir",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="Folder of references. Each image gets those with its name, or else those that match"
        " its content best.",
    ),
    click.option(
        "--explain",
        is_flag=True,
        help="Also write maps of what came from the references: OUT-confidence.png and"
        " OUT-source.png.",
    ),
)

_FORMAT = click.option(
    "--format",
    type=click.Choice(
        [f.suffixes[0][1:] for f in FORMATS.values() if f.writer], case_sensitive=False
    ),
    help="File format of the result.  [default: that of the source]",
)

_PLAN = (
    click.option(
        "--dry-run", is_flag=True, help="Show the results and their sizes; write nothing."
    ),
    click.option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write a report of the run as JSON lines: a line when a file starts, a line when it"
        " ends, and a summary.",
    ),
)

_RUN = (
    click.option("-q", "--quiet", is_flag=True, help="Print errors only."),
    click.option("-v", "--verbose", is_flag=True, help="Print every file and note immediately."),
    click.option(
        "--preset",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=take_preset,
        help="Use the options of this preset; options on the command line take precedence.",
    ),
    click.option(
        "--presets",
        metavar="FILE",
        type=click.Path(path_type=Path),
        default=DEFAULT_FILE,
        show_default=True,
        is_eager=True,
        expose_value=False,
        callback=take_preset,
        help="TOML file with the presets, one table each.",
    ),
)


# What a file keeps that is restored in place, and what a working copy never is.
_NOT_EDITED = (
    *("existing", "keep_times", "pages", "provenance", "bits", "quality", "lossless"),
    *("mosaic", "raw_size", "raw_bits", "raw_black", "raw_white", "bayer"),
    *("white_balance", "exposure", "tone", "highlights"),
)
_NO_REFERENCES = {"reference": (), "reference_dir": None, "explain": False}


def restoration_options(command: Command) -> Command:
    """Add the shared options; those on pictures reach the command as one `request`."""
    settings = [*map(table_option, SETTINGS_OPTIONS)]
    first = next(n for n, option in enumerate(SETTINGS_OPTIONS) if option.group == "result")
    settings.insert(first, _FORMAT)
    return _with(command, (*_STEPS, *_REFERENCES, *settings, *_PLAN, *_RUN), {})


def editing_options(command: Command) -> Command:
    """Add the options that hold for files restored in place, likewise."""
    left = [option for option in OPTIONS if option.field not in _NOT_EDITED]
    defaults = {option.field: option.default for option in OPTIONS if option not in left}
    steps = [*_TASKS, *(table_option(option) for option in left if option in STEP_OPTIONS)]
    settings = [table_option(option) for option in left if option not in STEP_OPTIONS]
    absent = {**defaults, **_NO_REFERENCES, "format": None}
    return _with(command, (*steps, *settings, *_RUN), absent)


def _with(
    command: Command, options: Sequence[Callable[[Any], Any]], absent: Mapping[str, Any]
) -> Command:
    """Add options; those of `Request` that are not among them have the values of `absent`."""

    @wraps(command)
    def collected(*args: Any, **params: Any) -> Any:
        params = {**absent, **params}
        values = {}
        for option in OPTIONS:
            value = params.pop(option.field)
            flag = option.is_flag and option.field not in absent
            values[option.field] = option.read(value) if flag else value
        own = (field.name for field in fields(Request) if field.name != "values")
        request = Request(**{name: params.pop(name) for name in own}, values=values)
        return command(*args, request=_resolve(request), **params)

    for add in reversed(options):
        add(collected)
    return collected  # type: ignore[return-value]  # same to callers: click passes by keyword


def given(name: str) -> bool:
    """Whether the option is on the command line itself, not in a preset or by default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _resolve(request: Request) -> Request:
    """Let a task or model on the command line override the other one in a preset."""
    if request.task and request.model:
        if given("task") == given("model"):
            raise click.UsageError("--task and --model: give only one; a model determines its task")
        return replace(request, task=()) if given("model") else replace(request, model=())
    return request


def takes(model: str, option: Option) -> bool:
    """Whether a step of a model takes an option of `Step`."""
    from restorer import model_spec

    if model == AUTO:
        return not (option.mosaic or option.twin)
    return model != AUTO_SR and model_spec(model).takes(option)


def _names(specs: Sequence[ModelSpec]) -> str:
    return " and ".join(spec.id for spec in specs)


def _task_of(option: Option) -> str:
    """Return the task, or the models, that take an option which other models refuse."""
    from restorer import list_models

    if option.twin:
        return " or ".join(spec.id for spec in list_models() if spec.takes(option))
    if option.conditional:
        return conditioned_task(option.field)
    return mosaic_task()
