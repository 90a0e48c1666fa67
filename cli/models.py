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
    from restorer import TASKS, UnknownModelError, list_models, speed_class, weights_state

    if task is not None and task not in TASKS:
        raise UnknownModelError(f"task {task!r} is unknown; known are {', '.join(TASKS)}")
    specs = [(spec, weights_state(spec)) for spec in list_models(task)]
    if installed:
        specs = [(spec, found) for spec, found in specs if found in ("embedded", "installed")]
    if as_json:
        entries = [
            {**asdict(spec), "state": found, "speed": speed_class(spec)} for spec, found in specs
        ]
        tell(json.dumps(entries, indent=2))
    elif specs:
        tell(table(_HEAD, [_row(spec, found) for spec, found in specs]))
    else:
        tell("no models; `restore weights --help` says how to add one")


def _row(spec: ModelSpec, found: str) -> tuple[str, ...]:
    from restorer import speed_class

    weights = size(spec.weights.size) if spec.weights.size else ""
    scale, speed = f"{spec.scale}x", speed_class(spec)
    return (spec.id, spec.task, scale, weights, found, speed, spec.license, spec.figure, spec.title)
