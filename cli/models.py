"""``restore models``: what there is to choose from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .words import size, table, tell

if TYPE_CHECKING:
    from restorer import ModelSpec

_HEAD = ("id", "task", "scale", "weights", "state", "speed", "license", "figure", "title")
# Seconds for a megapixel of input on two CPU cores, and the word for it.
_SPEEDS = ((15, "fast"), (120, "medium"), (600, "slow"))


@click.command()
@click.option("--task", help="Only the models of this task.")
@click.option("--installed", is_flag=True, help="Only those that can be used at once.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with all that is known.")
def models(task: str | None, installed: bool, as_json: bool) -> None:
    """List the models, and whether their weights are here.

    embedded: in the package; installed: in your store; fetch: `restore weights fetch ID` gets
    them; browser: a browser gets them, `restore weights fetch ID` says where; corrupt: cut or
    altered.
    """
    from restorer import TASKS, UnknownModelError, list_models

    if task is not None and task not in TASKS:
        raise UnknownModelError(f"task {task!r} is unknown; known are {', '.join(TASKS)}")
    specs = [(spec, state(spec)) for spec in list_models(task)]
    if installed:
        specs = [(spec, found) for spec, found in specs if found in ("embedded", "installed")]
    if as_json:
        entries = [{**asdict(spec), "state": found, "speed": _speed(spec)} for spec, found in specs]
        tell(json.dumps(entries, indent=2))
    elif specs:
        tell(table(_HEAD, [_row(spec, found) for spec, found in specs]))
    else:
        tell("no models; `restore weights --help` says how to add one")


def state(spec: ModelSpec) -> str:
    """Say where the weights are.

    ``embedded``, ``installed``, ``fetch`` or ``browser`` for how to get them, ``absent``, or
    ``corrupt``.
    """
    from restorer import verify_weights

    found = verify_weights(spec)
    if found == "ok":
        return "embedded" if spec.weights.embedded else "installed"
    if found == "absent" and not spec.weights.embedded:
        return "fetch" if spec.weights.url else "browser" if spec.weights.page else found
    return found


def _speed(spec: ModelSpec) -> str:
    if not spec.seconds:
        return ""
    return next((word for limit, word in _SPEEDS if spec.seconds < limit), "very slow")


def _row(spec: ModelSpec, found: str) -> tuple[str, ...]:
    weights = size(spec.weights.size) if spec.weights.size else ""
    scale, speed = f"{spec.scale}x", _speed(spec)
    return (spec.id, spec.task, scale, weights, found, speed, spec.license, spec.figure, spec.title)
