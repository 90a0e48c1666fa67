"""Recipes: all that fixes a network but the photographs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from restorer.errors import SettingsError
from restorer.networks import ARCHITECTURES
from restorer.training.degradations import DEGRADATIONS, Degradation

_OWN = ("model", "start", "params", "degradation")  # what a sibling may have of its own


@dataclass(frozen=True)
class Recipe:
    """One TOML file of ``weights/recipes``.

    Attributes:
        model: Id of the network that comes out.
        architecture: A name of `restorer.networks.ARCHITECTURES`.
        params: Arguments of its constructor.
        degradation: ``kind``, a name of `DEGRADATIONS`, and the arguments of that class.
        iterations: Batches in all.
        batch: Patches a batch.
        patch: Side of a patch in pixels of the network's input.
        learning_rate: Of Muon and Adam, at the end of the warm-up; falls along a cosine to a
            hundredth.
        start: Id of the model whose weights are taken where they fit, also into a deeper network
            (`restorer.training.growth.adopt`); None begins at random.
        symmetric: Whether turned and flipped pictures give turned and flipped results, which takes
            a damage that does not know directions, and a start that was trained so.
        seed: Of initial weights and batches.
        warmup: Iterations over which the learning rate rises.
        average: How much of the moving average of the weights an iteration keeps.
        precise_share: Last share of the iterations that is computed in float32 throughout.
        checkpoint_every: Iterations between two states on disk.
        siblings: Networks trained beside this one over one trunk, an iteration each in turn (MDSR,
            Lim et al. 2017, arXiv:1707.02921): ``model``, and what differs of ``start``, ``params``
            and ``degradation``.
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
    symmetric: bool = False
    seed: int = 0
    warmup: int = 200
    average: float = 0.999
    precise_share: float = 0.0
    checkpoint_every: int = 250
    siblings: Sequence[Mapping[str, Any]] = ()

    def members(self) -> list[Recipe]:
        """Return the recipe of each network that comes out, the one of `model` first."""
        alone = replace(self, siblings=())
        return [alone, *(_sibling(alone, own) for own in self.siblings)]

    def degrade(self) -> Degradation:
        """Return the degradation; raise SettingsError for one that is not known."""
        options = dict(self.degradation)
        kind = options.pop("kind", None)
        if kind not in DEGRADATIONS:
            known = ", ".join(DEGRADATIONS)
            raise SettingsError(f"recipe: degradation {kind!r}; known are {known}")
        try:
            degradation: Degradation = DEGRADATIONS[kind](**options)
        except TypeError as error:
            raise SettingsError(f"recipe: degradation {kind!r}: {error}") from error
        return degradation


def _sibling(recipe: Recipe, own: Mapping[str, Any]) -> Recipe:
    unknown = [key for key in own if key not in _OWN]
    if unknown:
        known = ", ".join(_OWN)
        raise SettingsError(f"recipe: a sibling has no {', '.join(unknown)}; known are {known}")
    if "model" not in own:
        raise SettingsError("recipe: a sibling has no model")
    return replace(
        recipe,
        model=own["model"],
        start=own.get("start", recipe.start),
        params={**recipe.params, **own.get("params", {})},
        degradation={**recipe.degradation, **own.get("degradation", {})},
    )


def read_recipe(table: Mapping[str, Any]) -> Recipe:
    """Return the recipe of a parsed TOML table; raise SettingsError for what it does not know."""
    try:
        recipe = Recipe(**table)
    except TypeError as error:
        raise SettingsError(f"recipe: {error}") from error
    if recipe.architecture not in ARCHITECTURES:
        known = ", ".join(ARCHITECTURES)
        raise SettingsError(f"recipe: architecture {recipe.architecture!r}; known are {known}")
    recipe.members()
    return recipe
