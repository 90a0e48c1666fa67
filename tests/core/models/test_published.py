"""State dicts in the authors' layouts: identification by shapes, and export."""

from __future__ import annotations

import json
from typing import Any

import pytest
import torch
from torch import nn

from restorer.models.checkpoint import load_state
from restorer.networks.enlcn import ENLCN
from restorer.networks.nlsn import NLSN
from restorer.networks.nonlocal_net import NonLocalNet
from restorer.networks.panet import PAEDSR, PANet, PANetLite
from restorer.networks.smfanet import SMFANet

from helpers import GOLDEN, golden_weights, load_golden

# Variant: class, arguments, published number of parameters minus the 24 of the mean shifts.
VARIANTS: dict[str, tuple[Any, dict[str, Any], int]] = {
    "panet_sr_x2": (PAEDSR, {"scale": 2}, 40_811_870 - 24),
    "panet_sr_x3": (PAEDSR, {"scale": 3}, 43_762_270 - 24),
    "panet_sr_x4": (PAEDSR, {"scale": 4}, 43_172_190 - 24),
    "panet_dn": (PANet, {}, 5_957_279 - 24),
    "panet_demosaic": (PANet, {}, 5_957_279 - 24),
    "panet_car": (PANet, {"colors": 1}, 5_954_973 - 24),
    "nlsn_x2": (NLSN, {"scale": 2}, 41_796_187 - 24),
    "nlsn_x3": (NLSN, {"scale": 3}, 44_746_587 - 24),
    "nlsn_x4": (NLSN, {"scale": 4}, 44_156_507 - 24),
    "enlcn_x2": (ENLCN, {"scale": 2}, 41_223_067 - 24),
    "enlcn_x3_unpublished": (ENLCN, {"scale": 3}, 44_173_467 - 24),
    "enlcn_x4": (ENLCN, {"scale": 4}, 43_583_387 - 24),
}
SMALL: list[nn.Module] = [
    PAEDSR(scale=4, blocks=2, channels=8),
    PANet(colors=1, blocks=2, channels=4),
    NLSN(scale=3, blocks=9, channels=8),
    ENLCN(scale=2, blocks=8, channels=8, features=6),
    NonLocalNet(blocks=2, channels=4, every=1),
    PANetLite(scale=2, blocks=3, channels=8, unshuffle=2, squeeze=3, attention_channels=4),
    SMFANet(scale=3, blocks=2, channels=8),
    PANetLite(conditions=1, blocks=2, channels=8, unshuffle=4, attention_channels=0),
]
CLASSES: list[Any] = [PAEDSR, PANet, PANetLite, NLSN, ENLCN, NonLocalNet, SMFANet]


def published_shapes(variant: str) -> dict[str, tuple[int, ...]]:
    entries = json.loads((GOLDEN / "keys" / f"{variant}.json").read_text("utf-8"))["entries"]
    return {entry["key"]: tuple(entry["shape"]) for entry in entries}


def shapes_of(network: Any) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in network.published_state().items()}


@pytest.mark.golden
@pytest.mark.parametrize("variant", VARIANTS)
def test_published_configurations_have_the_published_layout(variant: str) -> None:
    build, arguments, count = VARIANTS[variant]
    with torch.device("meta"):
        network = build(**arguments)
    assert sum(p.numel() for p in network.parameters()) == count
    assert shapes_of(network) == published_shapes(variant)


@pytest.mark.golden
@pytest.mark.parametrize("variant", VARIANTS)
def test_published_shapes_identify_their_network_only(variant: str) -> None:
    shapes = published_shapes(variant)
    found = {c: c.arguments(shapes) for c in CLASSES}
    build = VARIANTS[variant][0]
    assert [c for c, arguments in found.items() if arguments is not None] == [build]
    with torch.device("meta"):
        assert shapes_of(build(**found[build])) == shapes


@pytest.mark.golden
@pytest.mark.parametrize("case", ["panet_sr_x4", "panet_car", "nlsn_x4", "enlcn_x2"])
def test_published_state_equals_that_of_the_authors_code(case: str) -> None:
    _, tensors = load_golden(case)
    state = golden_weights(tensors)
    build = VARIANTS[case][0]
    network = build(**build.arguments({k: tuple(v.shape) for k, v in state.items()}))
    load_state(network, state)
    result = network.published_state()
    assert result.keys() == state.keys()
    assert all(torch.equal(result[key], state[key]) for key in state)


@pytest.mark.parametrize("network", SMALL, ids=lambda n: type(n).__name__)
def test_published_state_can_be_loaded(network: Any) -> None:
    state = network.published_state()
    found = {c: c.arguments(shapes_of(network)) for c in CLASSES}
    assert [c for c, arguments in found.items() if arguments is not None] == [type(network)]
    other = type(network)(**found[type(network)])
    load_state(other, state)
    for key, value in other.state_dict().items():
        assert torch.equal(value, network.state_dict()[key])


@pytest.mark.parametrize("build", [PAEDSR, NLSN, ENLCN])
def test_white_may_be_255(build: Any) -> None:
    network = build(scale=2, blocks=8, channels=8, peak=255.0)
    state = network.published_state()
    assert state["sub_mean.bias"].tolist() == pytest.approx([-114.444, -111.4605, -103.02])
    assert state["add_mean.bias"].equal(-state["sub_mean.bias"])
    mean = state["add_mean.bias"].view(1, 3, 1, 1).expand(1, 3, 4, 4)
    torch.testing.assert_close(network.sub_mean(mean), torch.zeros(1, 3, 4, 4))


@pytest.mark.parametrize(
    "shapes",
    [
        {},
        {"head.0.weight": (64,), "tail.0.weight": (3,), "head.1.weight": (0, 0, 3, 3)},
        {"body.0.conv_match.0.weight": (), "tail.0.0.weight": (4, 1, 3, 3)},
        {"body.3.g.weight": (2, 4, 1, 1)},
        {"body.1.conv_match_L_base.0.weight": (1,), "tail.0.weight": (3, 4, 3, 3)},
        {"body.0.attn_fn.projection_matrix": (), "tail.0.0.weight": (4, 1, 3, 3)},
    ],
)
def test_unknown_shapes_identify_no_network(shapes: dict[str, tuple[int, ...]]) -> None:
    assert [c.arguments(shapes) for c in CLASSES] == [None] * len(CLASSES)
