"""TTSR equals the authors' network."""

from __future__ import annotations

import json

import numpy as np
import pytest
import torch
from PIL import Image
from torch import Tensor

from restorer.models.checkpoint import load_state
from restorer.networks import ttsr
from restorer.networks.ttsr import TTSR

from helpers import GOLDEN, assert_equals, golden_weights, load_golden, make_photograph

SMALL = {"blocks": (1, 2, 1, 1), "channels": 4}


def published_layout(name: str) -> dict[str, tuple[int, ...]]:
    entries = json.loads((GOLDEN / "keys" / f"{name}.json").read_text("utf-8"))["entries"]
    return {entry["key"]: tuple(entry["shape"]) for entry in entries}


def shapes(state: dict[str, Tensor]) -> dict[str, tuple[int, ...]]:
    return {key: tuple(value.shape) for key, value in state.items()}


@pytest.mark.golden
def test_output_equals_the_authors() -> None:
    description, tensors = load_golden("ttsr")
    weights = golden_weights(tensors)
    arguments = TTSR.arguments(shapes(weights))
    assert arguments == {"blocks": (2, 1, 1, 1), "channels": 16}
    network = TTSR(**arguments).eval()
    load_state(network, weights)
    # The authors' images are in [-1, 1].
    lr, lrsr, ref, refsr = ((tensors[f"in/{k}_a"] + 1) / 2 for k in ("lr", "lrsr", "ref", "refsr"))
    with torch.no_grad():
        features = network.encode_reference(ref, refsr)
        restored, transfer = network.restore(lr, lrsr, features)
        textures = network.texture_features((tensors["out/sr_a"] + 1) / 2)
    results = {
        "sr_a": restored * 2 - 1,
        "S_a": transfer.soft,
        "T_lv3_a": transfer.lv3,
        "T_lv2_a": transfer.lv2,
        "T_lv1_a": transfer.lv1,
        "tpl_lv1_a": textures.lv1,
        "tpl_lv2_a": textures.lv2,
        "tpl_lv3_a": textures.lv3,
    }
    assert results.keys() == description["atol"].keys()
    for name, result in results.items():
        assert_equals(result, tensors[f"out/{name}"], description["atol"][name])


def test_the_published_configuration_has_the_published_layout() -> None:
    layout = published_layout("ttsr_x4")
    with torch.device("meta"):
        network = TTSR()
    assert shapes(network.published_state()) == layout
    assert sum(p.numel() for p in network.parameters()) == 6_729_615
    assert sum(p.numel() for p in network.MainNet.parameters()) == 6_174_275
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == 6_729_603


def test_arguments_are_read_from_the_keys() -> None:
    assert TTSR.arguments(published_layout("ttsr_x4")) == {
        "blocks": (16, 16, 8, 4),
        "channels": 64,
    }
    assert TTSR.arguments(shapes(TTSR(**SMALL).published_state())) == SMALL
    assert TTSR.arguments(published_layout("panet_sr_x4")) is None
    assert TTSR.arguments({}) is None


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (7, 3)])
def test_the_result_is_four_times_larger_for_any_reference(size: tuple[int, int]) -> None:
    network = TTSR(**SMALL).eval()
    with torch.no_grad():
        for reference_size in ((4, 4), (13, 22)):
            features = network.encode_reference(torch.rand(1, 3, *reference_size))
            result = network(torch.rand(1, 3, *size), features, seed=3)
            assert result.shape == (1, 3, 4 * size[0], 4 * size[1])
            assert 0 <= result.min() <= result.max() <= 1


def test_the_result_trains_every_parameter() -> None:
    network = TTSR(**SMALL)
    features = network.encode_reference(torch.rand(2, 3, 16, 24))
    result = network(torch.rand(2, 3, 4, 5), features)
    result.sum().backward()
    trained = {k for k, p in network.named_parameters() if p.grad is not None}
    learned = {k for k, p in network.named_parameters() if p.requires_grad}
    assert trained == learned


def test_texture_features_train_the_image_only() -> None:
    network = TTSR(**SMALL)
    sr = torch.rand(1, 3, 8, 8, requires_grad=True)
    sum(level.sum() for level in network.texture_features(sr)).backward()
    assert sr.grad is not None
    assert all(p.grad is None for p in network.parameters())


def test_matches_are_found_in_float32_under_autocast() -> None:
    network = TTSR(**SMALL).eval()
    x, reference = torch.rand(1, 3, 6, 6), torch.rand(1, 3, 24, 24)
    with torch.no_grad():
        expected = network.restore(x, ttsr._resize(x, 4), network.encode_reference(reference))[1]
        with torch.autocast("cpu", torch.bfloat16):
            features = network.encode_reference(reference)
            _, transfer = network.restore(x, ttsr._resize(x, 4), features)
    assert torch.equal(transfer.index, expected.index)
    assert torch.equal(transfer.soft, expected.soft)


@pytest.mark.parametrize("factor", [1 / 4, 4])
def test_images_are_resized_as_pillow_does(factor: float) -> None:
    photograph = make_photograph(40, 52)
    size = (int(52 * factor), int(40 * factor))
    expected = np.asarray(Image.fromarray(photograph).resize(size, Image.Resampling.BICUBIC))
    image = torch.from_numpy(photograph).permute(2, 0, 1)[None] / 255
    result = ttsr._resize(image, factor)[0].permute(1, 2, 0) * 255
    # Pillow rounds to integers after each of its two passes.
    assert np.abs(result.numpy() - expected).max() < 1.2
