"""Training recipes: everything that determines a network, except the photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.exceptions import TOMLKitError

from restorer.errors import SettingsError
from restorer.networks import ARCHITECTURES
from restorer.training.degradations import DEGRADATIONS, Degradation

_OWN = ("model", "start", "params", "degradation", "teacher")  # keys that a sibling may override


@dataclass(frozen=True)
class Recipe:
    """The contents of one TOML file in ``weights/recipes``.

    Attributes:
        model: Id of the resulting model.
        architecture: A key of `restorer.networks.ARCHITECTURES`.
        params: Arguments of its constructor.
        degradation: ``kind``, a key of `DEGRADATIONS`, and the arguments of that class.
        iterations: Total number of batches.
        batch: Patches per batch.
        patch: Side of a patch in input pixels.
        learning_rate: Learning rate of Muon and Adam after the warm-up; a cosine schedule reduces
            it to a hundredth.
        start: Id of the model, or path of the checkpoint, whose matching weights initialize the
            network, which may be deeper (`restorer.training.growth.adopt`); None uses random
            weights.
        teacher: Id of the model, or path of the checkpoint, whose results on the photographs are
            the targets (`restorer.training.teacher`); None for the photographs themselves.
        fourier: Weight of the L1 loss of the discrete Fourier transforms, which is added to that of
            the pixels (Cho et al. 2021, arXiv:2108.05054).
        symmetric: Whether to train a network that is equivariant to rotations and flips; this
            requires an isotropic degradation, and a `start` that was trained this way.
        seed: Seed of initial weights and batches.
        warmup: Iterations during which the learning rate rises.
        average: Decay of the moving average of the weights per iteration.
        precise_share: Share of the iterations, at the end, that run entirely in float32.
        checkpoint_every: Iterations between two checkpoints.
        siblings: Networks that share their trunk with this one and are trained in turn (MDSR, Lim
            et al. 2017, arXiv:1707.02921): ``model``, and differing values of ``start``,
            ``params``, ``degradation`` and ``teacher``.
    """

    model: str
    architecture: str
    params: Mapping[str, Any]
    degradation: Mapping[str, Any]
    iterations: int
    batch: int
    patch: int
    learning_rate: float
    start: str | None = None
    teacher: str | None = None
    fourier: float = 0.0
    symmetric: bool = False
    seed: int = 0
    warmup: int = 200
    average: float = 0.999
    precise_share: float = 0.0
    checkpoint_every: int = 250
    siblings: Sequence[Mapping[str, Any]] = ()

    def members(self) -> list[Recipe]:
        """Return the recipe of each resulting network, starting with `model`."""
        alone = replace(self, siblings=())
        return [alone, *(_sibling(alone, own) for own in self.siblings)]

    def with_pairs(self) -> Recipe:
        """Return the recipe for given pairs of images instead of a simulated degradation.

        Raises SettingsError for several networks, and for a task that needs more than pairs.
        """
        if self.siblings:
            names = ", ".join(member.model for member in self.members())
            raise SettingsError(
                f"recipe {self.model}: pairs train one network, not {names}; name one of them"
            )
        given = self.degrade()
        paired = {
            "kind": "paired",
            "scale": given.scale,
            "task": given.task,
            "conditioned": bool(self.params.get("conditions")),
        }
        recipe = replace(self, degradation=paired, teacher=None)
        recipe.degrade()
        return recipe

    def degrade(self) -> Degradation:
        """Return the degradation. Raises SettingsError for an unknown one."""
        options = dict(self.degradation)
        kind = options.pop("kind", None)
        if kind not in DEGRADATIONS:
            known = ", ".join(DEGRADATIONS)
            raise SettingsError(f"recipe: degradation {kind!r}; expected one of {known}")
        try:
            degradation: Degradation = DEGRADATIONS[kind](**options)
        except TypeError as error:
            raise SettingsError(f"recipe: degradation {kind!r}: {error}") from error
        return degradation


def _sibling(recipe: Recipe, own: Mapping[str, Any]) -> Recipe:
    unknown = [key for key in own if key not in _OWN]
    if unknown:
        known = ", ".join(_OWN)
        raise SettingsError(
            f"recipe: sibling: unknown keys {', '.join(unknown)}; expected one of {known}"
        )
    if "model" not in own:
        raise SettingsError("recipe: sibling: requires the key model")
    return replace(
        recipe,
        model=own["model"],
        start=own.get("start", recipe.start),
        teacher=own.get("teacher", recipe.teacher),
        params={**recipe.params, **own.get("params", {})},
        degradation={**recipe.degradation, **own.get("degradation", {})},
    )


def read_recipe(source: Mapping[str, Any] | str | Path) -> Recipe:
    """Return a recipe.

    Args:
        source: A TOML file, the name of an included recipe, the id of a model that one of them
            trains (then without its teacher), or a parsed TOML table.

    Raises SettingsError for unknown names and invalid entries.

    Examples:
        >>> recipe = restorer.read_recipe("panet-denoise-lite")
        >>> recipe.architecture, recipe.degradation["kind"]
        ('panet-lite', 'noise')
    """
    if isinstance(source, Mapping):
        return _of_table(source)
    path = Path(source)
    if path.is_file():
        return _of_text(path.read_bytes(), str(source))
    included = _included()
    if (name := str(source).removesuffix(".toml")) in included:
        return included[name]
    members = {
        member.model: replace(member, teacher=None)  # own photographs know more of their subject
        for each in included.values()
        for member in each.members()
    }
    if name in members:
        return members[name]
    known = ", ".join(sorted({*included, *members}))
    raise SettingsError(f"recipe {str(source)!r}: no such file; included recipes are {known}")


def _included() -> dict[str, Recipe]:
    folder = files("restorer.weights").joinpath("recipes")
    return {
        each.name.removesuffix(".toml"): _of_text(each.read_bytes(), each.name)
        for each in folder.iterdir()
    }


def _of_text(text: bytes, name: str) -> Recipe:
    try:
        return _of_table(tomlkit.parse(text.decode("utf-8")).unwrap())
    except (SettingsError, ValueError, TOMLKitError) as error:  # not a recipe, UTF-8, or TOML
        raise SettingsError(f"recipe {name!r}: {error}") from error


def _of_table(table: Mapping[str, Any]) -> Recipe:
    try:
        recipe = Recipe(**table)
    except TypeError as error:
        raise SettingsError(f"recipe: {error}") from error
    if recipe.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise SettingsError(
            f"recipe: architecture {recipe.architecture!r}; expected one of {known}"
        )
    recipe.members()
    return recipe
