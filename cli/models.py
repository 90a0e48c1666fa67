"""``restore models``: what there is to choose from."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from .words import size, table, tell

if TYPE_CHECKING:
    from restorer import ModelSpec

_HEAD = ("id", "task", "scale", "weights", "state", "license", "title")


@click.command()
@click.option("--task", help="Only the models of this task.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON with all that is known.")
def models(task: str | None, as_json: bool) -> None:
    """List the models, and whether their weights are in order."""
    from restorer import default_model, list_models

    if task is not None:
        default_model(task)  # raises for an unknown task, naming the known ones
    specs = list_models(task)
    if as_json:
        tell(json.dumps([{**asdict(spec), "state": state(spec)} for spec in specs], indent=2))
    else:
        tell(table(_HEAD, [_row(spec) for spec in specs]))


def state(spec: ModelSpec) -> str:
    """Say where the weights are: ``embedded``, ``installed``, ``absent`` or ``corrupt``."""
    from restorer import verify_weights

    found = verify_weights(spec)
    if found != "ok":
        return found
    return "embedded" if spec.weights.embedded else "installed"


def _row(spec: ModelSpec) -> tuple[str, ...]:
    scale, weights = f"{spec.scale}x", size(spec.weights.size)
    return (spec.id, spec.task, scale, weights, state(spec), spec.license, spec.title)
