"""The models there are: reads ``restorer.weights/catalog.toml``."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from restorer.errors import UnknownModelError
from restorer.tiling import TileNeeds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib


@dataclass(frozen=True)
class WeightsFile:
    """Where the parameters of a model lie and how to know that they are whole."""

    name: str
    sha256: str
    size: int
    embedded: bool


@dataclass(frozen=True)
class ModelSpec:
    """One ``[[model]]`` of the catalogue.

    Attributes:
        id: ``<network>-<task>[-<setting>]``, ``-lite`` for what ships, ``-paper`` for the authors'
            own.
        title: What it is good at, for people.
        architecture: A key of ``restorer.networks.ARCHITECTURES``; `params` are its arguments.
        scale: Factor of enlargement, 1 for none.
        channels: Colour planes in and out; 3 is RGB.
        condition: What the network must be told in one more plane: ``sigma`` or nothing.
        condition_max: The largest sigma that it knows, on the 0-255 scale.
        peak: What white is to the network, 1 or 255.
        source: Paper and repository, or the recipe.
    """

    id: str
    title: str
    task: str
    architecture: str
    params: Mapping[str, Any]
    scale: int
    channels: int
    condition: str
    condition_max: float
    peak: float
    license: str
    source: str
    tile: TileNeeds
    weights: WeightsFile


def list_models(task: str | None = None) -> list[ModelSpec]:
    """Return all models, or those of one task, in the order of the catalogue."""
    return [spec for spec in _catalog().values() if task in (None, spec.task)]


def model_spec(model: str) -> ModelSpec:
    """Return the model of that id; UnknownModelError names the known ones."""
    if model not in _catalog():
        raise UnknownModelError(f"model {model!r} is unknown; known are {', '.join(_catalog())}")
    return _catalog()[model]


@cache
def _catalog() -> dict[str, ModelSpec]:
    text = files("restorer.weights").joinpath("catalog.toml").read_text("utf-8")
    return {entry["id"]: _spec(entry) for entry in tomllib.loads(text)["model"]}


def _spec(entry: Mapping[str, Any]) -> ModelSpec:
    return ModelSpec(
        **{**entry, "tile": TileNeeds(**entry["tile"]), "weights": WeightsFile(**entry["weights"])}
    )
