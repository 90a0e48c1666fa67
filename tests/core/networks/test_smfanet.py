"""SMFANet equals its paper: the formulas on small weights, the figures with the published ones."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

import restorer
from restorer.models.checkpoint import load_state, read_state
from restorer.networks import SMFANet

from helpers import assert_equals, golden_weights, load_golden

DATA = Path(__file__).parents[4] / "shared" / "data"  # not part of the project
WEIGHTS = DATA / "checkpoints" / "smfanet"


@pytest.mark.golden
def test_output_equals_an_independent_implementation_of_the_paper() -> None:
    description, tensors = load_golden("smfanet_x3")
    network = SMFANet(**description["ctor"]).eval()
    load_state(network, golden_weights(tensors))
    for tag in "ab":
        with torch.no_grad():
            result = network(tensors[f"in/x_{tag}"])
        assert_equals(result, tensors[f"out/y_{tag}"], description["atol"][f"y_{tag}"])


@pytest.mark.parametrize(
    ("scale", "blocks", "channels", "parameters"),
    [(2, 8, 36, 185_628), (3, 8, 36, 190_503), (4, 12, 48, 495_888)],
)
def test_published_sizes_are_recognized_by_their_shapes(
    scale: int, blocks: int, channels: int, parameters: int
) -> None:
    with torch.device("meta"):
        network = SMFANet(scale=scale, blocks=blocks, channels=channels)
    assert sum(p.numel() for p in network.parameters()) == parameters
    shapes = {key: tuple(value.shape) for key, value in network.published_state().items()}
    expected = {"scale": scale, "blocks": blocks, "channels": channels, "expansion": 2}
    assert SMFANet.arguments(shapes) == expected


def test_a_sum_over_the_picture_needs_the_whole_picture() -> None:
    spec = restorer.model_spec("smfanet-x2-paper")
    assert spec.tile.global_context
    torch.manual_seed(0)
    network = SMFANet(blocks=1, channels=8).eval()
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter)
    x = torch.rand(1, 3, 32, 96)
    far = x.clone()
    far[..., 88:] = 0
    with torch.no_grad():
        assert not torch.equal(network(x)[..., :16], network(far)[..., :16])


@pytest.mark.golden
@pytest.mark.skipif(not WEIGHTS.is_dir(), reason="needs the published weights, in ../shared")
@pytest.mark.parametrize(
    "model", [spec.id for spec in restorer.list_models() if spec.architecture == "smfanet"]
)
def test_published_weights_are_those_of_the_catalog(model: str, store: Path) -> None:
    spec = restorer.model_spec(model)
    path = WEIGHTS / spec.weights.url.rpartition("/")[2]
    found = restorer.identify_checkpoint(path)
    assert (found.published, found.sha256) == ((model,), spec.weights.sha256)
    load_state(SMFANet(**spec.params), read_state(path))
    assert restorer.weights_state(restorer.add_weights(spec, path)) == "installed"
