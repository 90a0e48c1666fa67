"""Initialize the networks of a recipe, randomly or from a narrower or shallower network."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.models.catalog import model_spec
from restorer.models.checkpoint import read_state
from restorer.models.store import weights_path
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import count_blocks
from restorer.training.recipe import Recipe

_LAST_OF_BLOCK = re.compile(r"(before|after)\.\d+\.body\.2\.(weight|bias)")


def build_networks(members: Sequence[Recipe]) -> nn.ModuleList:
    """Return the network of each recipe; they share the parameters of the first one.

    Raises ModelError if a recipe starts from weights that are not installed or not readable.
    """
    return nn.ModuleList(share_trunk([_initialize(member) for member in members]))


def share_trunk(networks: Sequence[nn.Module]) -> Sequence[nn.Module]:
    """Make all networks share the parameters of the first one with equal names and shapes."""
    trunk = dict(networks[0].named_parameters())
    for network in networks[1:]:
        for name, own in list(network.named_parameters()):
            if name in trunk and trunk[name].shape == own.shape:
                parent, _, leaf = name.rpartition(".")
                setattr(network.get_submodule(parent), leaf, trunk[name])
    return networks


def adopt(network: nn.Module, state: Mapping[str, Tensor]) -> None:
    """Copy the matching parameters of another network's state; others keep their initial values.

    Kernels with fewer input channels than in `state` take the first ones; those with more are 0 for
    the others. Residual blocks that
    `state` lacks are inserted in the middle, on both sides of the attention, and start as the
    identity (Chen et al. 2016, "Net2Net", arXiv:1511.05641).
    """
    own = network.state_dict()
    given = _deepened(state, own)
    with torch.no_grad():
        for name, values in own.items():
            other = given.get(name)
            if other is None or other.ndim != values.ndim:
                continue
            if other.ndim == 4 and other.shape[0] == values.shape[0]:
                other = other[:, : values.shape[1]]
                more = values.shape[1] - other.shape[1]
                other = F.pad(other, (0, 0, 0, 0, 0, more))
            if other.shape == values.shape:
                values.copy_(other)


def _deepened(state: Mapping[str, Tensor], own: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Return the state with the blocks of a deeper network; new blocks are the identity."""
    given, wanted = _count(state), _count(own)
    if not 0 < given <= wanted:
        return dict(state)
    deepened = {_renumber(name, wanted - given): values for name, values in state.items()}
    new = (name for name in own if _LAST_OF_BLOCK.fullmatch(name) and name not in deepened)
    return deepened | {name: torch.zeros_like(own[name]) for name in new}


def _count(state: Mapping[str, Tensor]) -> int:
    """Return the number of blocks after the attention."""
    return count_blocks({name: tuple(values.shape) for name, values in state.items()}, "after")


def _renumber(name: str, places: int) -> str:
    part, _, rest = name.partition(".")
    number, _, leaf = rest.partition(".")
    return f"after.{int(number) + places}.{leaf}" if part == "after" else name


def _initialize(recipe: Recipe) -> nn.Module:
    network = ARCHITECTURES[recipe.architecture](**recipe.params)
    if recipe.start is not None:
        path = Path(recipe.start)
        adopt(
            network, read_state(path if path.is_file() else weights_path(model_spec(recipe.start)))
        )
    return network
