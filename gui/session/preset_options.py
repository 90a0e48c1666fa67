"""Preset options: the choices that the options of a preset mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from restorer import AUTO, OPTIONS, TASKS, WRITABLE, default_model, model_spec, mosaic_task

from .choices import RAW_ORDER, SCALES, Choices, automatic_choices, usual_choices

# The names that a preset may have; those outside the table mean tasks, models and a file format.
PRESET_NAMES = frozenset({"task", "model", "scale", "format", *(o.name for o in OPTIONS)})


def from_options(options: Mapping[str, Any]) -> Choices:
    """Return the choices that a preset's options mean; their names are among PRESET_NAMES.

    Raises ValueError, saying which option cannot be understood, and UnknownModelError.
    """
    choices = _chosen_models(options)
    if suffix := options.get("format"):
        suffix = f".{suffix}".lower()
        if suffix not in WRITABLE:
            known = ", ".join(sorted(each.removeprefix(".") for each in WRITABLE))
            raise ValueError(f"format {options['format']!r}: expected one of {known}")
        choices = replace(choices, suffix=suffix)
    values = {}
    for option in OPTIONS:
        if option.name in options:
            try:
                values[option.field] = option.read(options[option.name])
            except ValueError as error:
                raise ValueError(f"{option.name} {error}") from None
    return choices.with_values(**values)


def _chosen_models(options: Mapping[str, Any]) -> Choices:
    """Return the choices that the tasks, models and scale of a preset mean."""
    choices, scale = usual_choices(), options.get("scale")
    scale = int(scale) if isinstance(scale, str) and scale.isdecimal() else scale
    specs = [model_spec(model) for model in _list(options.get("model", ()))]
    tasks = _list(options.get("task", ()))
    if not specs and set(tasks) <= {AUTO}:
        if scale not in (None, *SCALES):
            raise ValueError(f"scale {scale!r}: expected one of {', '.join(map(str, SCALES))}")
        return replace(automatic_choices(), enlargement=scale or 1)
    if tasks or specs:
        choices = replace(choices, tasks=tuple(replace(k, wanted=False) for k in choices.tasks))
    if mosaic_task() in (*tasks, *(spec.task for spec in specs)):
        choices = choices.behind_demosaicing()
    for task in tasks:
        if task not in RAW_ORDER:
            raise ValueError(f"task {task!r}: the window knows {', '.join(RAW_ORDER)}")
        model = choices.task_choice(task).model
        if scale is not None and TASKS[task].enlarges:
            model = default_model(task, scale)
        choices = choices.with_task(task, model=model, wanted=True)
    for spec in specs:
        if spec.task not in RAW_ORDER:
            raise ValueError(f"model {spec.id}: is for {spec.task}, which the window cannot do")
        choices = choices.with_task(spec.task, model=spec.id, wanted=True)
    if scale not in (None, choices.scale):
        names = " and ".join(spec.id for spec in choices.models)
        raise ValueError(f"scale {scale!r}: {names} has scale {choices.scale}")
    return choices


def _list(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]
