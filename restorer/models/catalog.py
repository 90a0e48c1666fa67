"""The models there are: reads ``restorer.weights/catalog.toml`` and the user's own entries."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any

from platformdirs import user_data_path

from restorer.errors import UnknownModelError
from restorer.options import Option
from restorer.tasks import TASKS, Task
from restorer.tiling.plan import ChopRule, TileNeeds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

# Seconds for a megapixel of input on two CPU cores, and the word for it.
_SPEEDS = ((15, "fast"), (120, "medium"), (600, "slow"))


@dataclass(frozen=True)
class WeightsFile:
    """Where the parameters of a model lie and how to know that they are whole.

    Attributes:
        name: File name, in the package or in the user's folder.
        sha256: Of the whole file; empty until a file of unknown hash has been added or fetched.
        size: In bytes; 0 while the hash is empty.
        embedded: Whether the file ships with the package.
        url: Direct https address, or empty.
        page: Where a browser finds the file if no program can, or empty.
    """

    name: str
    sha256: str = ""
    size: int = 0
    embedded: bool = False
    url: str = ""
    page: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """One ``[[model]]`` of the catalog.

    Attributes:
        id: ``<network>-<task>[-<setting>]``, ``-lite`` for what ships, ``-paper`` for the authors'
            own.
        title: What it is good at, for people.
        architecture: A key of ``restorer.networks.ARCHITECTURES`` with `params` as its arguments,
            or ``spandrel``.
        scale: Factor of enlargement, 1 for none.
        source: Paper and repository, or the recipe.
        channels: Color planes in and out; 3 is RGB.
        peak: What white is to the network, 1 or 255.
        condition: What the network must be told in one more plane: ``sigma``, ``jpeg_quality`` or
            nothing.
        condition_max: The largest sigma that it knows, on the 0-255 scale.
        trained_for: The one setting that the weights are for: ``sigma``, ``jpeg_quality``, or
            ``bayer`` (the colors of the first two rows, ``grbg``).
        figure: The measure that the model is known by, in words.
        seconds: A megapixel of input takes, on two CPU cores in float32; 0 where not measured.
        base: Id of the model that enlarges where no reference helps; what this one takes is that
            result, with what the references show, and its tiles count pixels of the result.
    """

    id: str
    title: str
    task: str
    architecture: str
    params: Mapping[str, Any]
    scale: int
    license: str
    source: str
    tile: TileNeeds
    weights: WeightsFile
    channels: int = 3
    peak: float = 1.0
    condition: str = ""
    condition_max: float = 0.0
    trained_for: Mapping[str, Any] = field(default_factory=dict)
    figure: str = ""
    seconds: float = 0.0
    base: str = ""

    @property
    def planes(self) -> int:
        """Planes that the network takes: beside the colors those of what it is told."""
        if self.base:
            return 2 * self.channels + 1
        return self.channels + bool(self.condition)

    @property
    def runs_alone(self) -> bool:
        """Whether the network runs on planes alone, without features of a reference."""
        return not self.traits.needs_references or bool(self.base)

    @property
    def traits(self) -> Task:
        """What holds for every model of the task."""
        return TASKS[self.task]

    @property
    def has_attention_maps(self) -> bool:
        """Whether `map_attention` can show the attention of the model on a picture."""
        family = model_family(self.architecture)
        return self.traits.attention_maps and family is not None and family.attention_maps

    def takes(self, option: Option) -> bool:
        """Whether a step of this model takes an option of `Step`."""
        if option.conditional:
            return self.condition == option.field
        return not option.mosaic or self.traits.mosaic


@dataclass(frozen=True)
class Family:
    """What holds for every checkpoint of an architecture: ``[family.<architecture>]``.

    Attributes:
        title: The network by the name of its paper.
        source: Paper and repository.
        license: Of the published code and weights.
        tile: Needs of its models, unless an entry says otherwise.
        chop: How its authors cut test images; None where they did not.
        attention_maps: Whether `map_attention` can trace the attention of the network.
    """

    title: str
    source: str
    license: str
    tile: TileNeeds
    chop: ChopRule | None = None
    attention_maps: bool = False


def list_models(task: str | None = None) -> list[ModelSpec]:
    """Return all models, or those of one task, in the order of the catalog, then the user's."""
    return [spec for spec in _models().values() if task in (None, spec.task)]


def model_spec(model: str) -> ModelSpec:
    """Return the model of that id; UnknownModelError names the known ones."""
    models = _models()
    if model not in models:
        raise UnknownModelError(f"model {model!r} is unknown; known are {', '.join(models)}")
    return models[model]


def is_shipped(model: str) -> bool:
    """Whether the catalog itself names the model, with or without its weights."""
    return any(table["id"] == model for table in _catalog()["model"])


def model_family(architecture: str) -> Family | None:
    """Return what holds for the models of an architecture, if the catalog says."""
    table = _catalog().get("family", {}).get(architecture)
    if table is None:
        return None
    chop = ChopRule(**table["chop"]) if "chop" in table else None
    return Family(**{**table, "tile": TileNeeds(**table["tile"]), "chop": chop})


def speed_class(spec: ModelSpec) -> str:
    """Return ``fast``, ``medium``, ``slow`` or ``very slow``; empty where it was not measured."""
    if not spec.seconds:
        return ""
    return next((word for limit, word in _SPEEDS if spec.seconds < limit), "very slow")


def weights_folder() -> Path:
    """Return the user's folder for weights and their entries (``<id>.json``); it may not exist."""
    return user_data_path("restorer") / "weights"


def _models() -> Mapping[str, ModelSpec]:
    """Return the shipped entries, completed and followed by those of the user's folder."""
    try:
        with os.scandir(weights_folder()) as found:
            entries = [(e.path, e.stat().st_mtime_ns) for e in found if e.name.endswith(".json")]
    except OSError:  # no folder, or not ours to read
        entries = []
    return _merged(tuple(sorted(entries)))


@lru_cache(maxsize=2)
def _merged(entries: tuple[tuple[str, int], ...]) -> Mapping[str, ModelSpec]:
    """Read the user's entries; again when one was added or changed."""
    tables: dict[str, dict[str, Any]] = {table["id"]: table for table in _catalog()["model"]}
    for path, _ in entries:
        try:
            table = json.loads(Path(path).read_text("utf-8"))
            shipped = tables.get(table["id"], {})
            weights = {**shipped.get("weights", {}), **table["weights"]}
            merged = {**shipped, **table, "weights": weights}
            _spec(merged)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s: no model entry, left out: %s", path, error)
        else:
            tables[table["id"]] = merged
    return {model: _spec(table) for model, table in tables.items()}


@cache
def _catalog() -> Mapping[str, Any]:
    return tomllib.loads(files("restorer.weights").joinpath("catalog.toml").read_text("utf-8"))


def _spec(entry: Mapping[str, Any]) -> ModelSpec:
    family = _catalog().get("family", {}).get(entry["architecture"], {})
    shared = {key: family[key] for key in ("license", "source") if key in family}
    tile = TileNeeds(**{**family.get("tile", {}), **entry.get("tile", {})})
    return ModelSpec(
        **{**shared, **entry, "tile": tile, "weights": WeightsFile(**entry["weights"])}
    )
