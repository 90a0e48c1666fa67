"""``restore models``: list all models."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .words import size, table, tell, tell_json

if TYPE_CHECKING:
    from restorer import ModelSpec

_HEAD = ("id", "task", "scale", "kind", "weights", "state", "speed", "license", "figure", "title")


@click.command()
@click.option("--task", help="List only the models for this task.")
@click.option("--installed", is_flag=True, help="List only models with installed weights.")
@click.option("--json", "as_json", is_flag=True, help="Print all data as JSON.")
def models(task: str | None, installed: bool, as_json: bool) -> None:
    """List all models, and whether their weights are installed.

    States of weights: embedded: in the package; installed: in your weights folder; fetch: `restore
    weights fetch ID` downloads them; browser: `restore weights fetch ID` prints the page to
    download them from; corrupt: truncated or modified.

    Faithful models add nothing to the picture. Generative models invent texture that looks right
    but may be wrong; their results say so.
    """
    from restorer import TASKS, UnknownModelError, list_models, speed_class, weights_state

    if task is not None and task not in TASKS:
        raise UnknownModelError(f"task {task!r} is unknown; expected one of {', '.join(TASKS)}")
    specs = [(spec, weights_state(spec)) for spec in list_models(task)]
    if installed:
        specs = [(spec, found) for spec, found in specs if found in ("embedded", "installed")]
    if as_json:
        entries = [
            {**asdict(spec), "state": found, "speed": speed_class(spec)} for spec, found in specs
        ]
        tell_json(entries)
    elif specs:
        tell(*table(_HEAD, [_row(spec, found) for spec, found in specs]))
    else:
        tell("no models; see `restore weights --help` for adding one")


def _row(spec: ModelSpec, found: str) -> tuple[str, ...]:
    from restorer import speed_class

    weights = size(spec.weights.size) if spec.weights.size else ""
    scale, speed = f"{spec.scale}x", speed_class(spec)
    return (
        *(spec.id, spec.task, scale, spec.kind, weights, found, speed),
        *(spec.license, spec.figure, spec.title),
    )
