"""The small texture transformer changes only fine texture inside references."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from restorer.networks import ARCHITECTURES
from restorer.networks.ttsr_lite import TTSRLite

SMALL = {"channels": 8, "blocks": 1, "textures": 4}


def network(scale: int = 2, trust: float | None = None) -> TTSRLite:
    made = TTSRLite(scale=scale, **SMALL)
    if trust is not None:
        assert made.trust.bias is not None
        nn.init.constant_(made.trust.bias, trust)
    return made.eval().requires_grad_(False)


def picture(size: tuple[int, int], scale: int, seed: int = 0) -> Tensor:
    """Return an image with fine texture, (1, 3, scale H, scale W)."""
    generator = torch.Generator().manual_seed(seed)
    coarse = torch.rand(1, 3, *size, generator=generator)
    fine = torch.rand(1, 3, *(n * scale for n in size), generator=generator)
    return F.interpolate(coarse, scale_factor=scale, mode="bicubic").clamp(0, 1) * 0.8 + fine * 0.2


def planes(base: Tensor, shown: Tensor, inside: float = 1.0) -> Tensor:
    return torch.cat([base, shown, torch.full_like(base[:, :1], inside)], 1)


SIZES = st.tuples(st.integers(6, 14), st.integers(6, 14))


@settings(max_examples=15)
@given(size=SIZES, scale=st.sampled_from([2, 4]), seed=st.integers(0, 99))
def test_pixels_outside_the_reference_are_not_changed(
    size: tuple[int, int], scale: int, seed: int
) -> None:
    base, shown = picture(size, scale, seed), picture(size, scale, seed + 1)
    guided = network(scale, trust=50.0).guide(planes(base, shown, inside=0.0))
    torch.testing.assert_close(guided.restored, base, rtol=0, atol=0)
    assert not guided.confidence.any()


@settings(max_examples=15)
@given(size=SIZES, scale=st.sampled_from([2, 4]), seed=st.integers(0, 99))
def test_merged_texture_has_no_low_frequencies(
    size: tuple[int, int], scale: int, seed: int
) -> None:
    base, shown = picture(size, scale, seed), picture(size, scale, seed + 1)
    change = network(scale, trust=50.0).guide(planes(base, shown)).restored - base
    coarse = F.interpolate(change, scale_factor=1 / scale, mode="bicubic", antialias=True)
    assert coarse.abs().max() <= 0.3 * change.abs().max() + 1e-6


@pytest.mark.parametrize("scale", [2, 4])
def test_the_ground_truth_as_reference_is_reproduced(scale: int) -> None:
    truth = picture((24, 24), scale)
    small = F.interpolate(truth, scale_factor=1 / scale, mode="bicubic", antialias=True)
    base = torch.zeros_like(truth)
    for _ in range(30):  # until downscaling it gives the small image, as for good enlargements
        left = small - F.interpolate(base, scale_factor=1 / scale, mode="bicubic", antialias=True)
        base = base + F.interpolate(left, scale_factor=scale, mode="bicubic")
    darker = truth * 0.7 + 0.1  # with another exposure and contrast
    guided = network(scale, trust=50.0).guide(planes(base, darker))
    inner = (..., slice(scale * 4, -scale * 4), slice(scale * 4, -scale * 4))
    before = (base - truth)[inner].square().mean()
    assert (guided.restored - truth)[inner].square().mean() < 0.1 * before
    assert guided.confidence[inner].mean() > 0.9


def test_an_unrelated_texture_is_not_trusted() -> None:
    base, shown = picture((24, 24), 2, seed=1), picture((24, 24), 2, seed=2)
    guided = network(2, trust=50.0).guide(planes(base, shown))
    assert guided.confidence.mean() < 0.1


def test_a_new_network_hardly_changes_the_enlargement() -> None:
    base, shown = picture((16, 16), 4), picture((16, 16), 4)
    guided = network(4).guide(planes(base, shown))
    assert guided.confidence.max() < 0.2


def test_relevance_is_the_cosine_of_texture_patches() -> None:
    own = network(2)
    x, y = torch.rand(1, 3, 9, 11), torch.rand(1, 3, 9, 11)
    here, there = (F.unfold(own.extractor(p), 3, padding=1) for p in (x, y))
    expected = F.cosine_similarity(here, there, dim=1).view(1, 1, 9, 11)
    torch.testing.assert_close(own.relevance(x, y), expected)
    torch.testing.assert_close(own.relevance(x, x), torch.ones(1, 1, 9, 11))
    assert own.judge(x, x * 0.5 + 0.2).mean() > 0.98  # exposure is matched first


@pytest.mark.parametrize("scale", [2, 4])
def test_shapes_determine_the_arguments(scale: int) -> None:
    made = TTSRLite(scale=scale, channels=12, blocks=3, textures=5)
    shapes = {key: tuple(value.shape) for key, value in made.state_dict().items()}
    expected = {"scale": scale, "channels": 12, "blocks": 3, "textures": 5}
    assert TTSRLite.arguments(shapes) == expected
    for name, other in ARCHITECTURES.items():
        assert (other.arguments(shapes) is None) == (name != "ttsr-lite")


def test_gradients_reach_every_parameter() -> None:
    made = TTSRLite(scale=2, **SMALL)
    for layer in (made.trust, made.touch):
        nn.init.normal_(layer.weight, std=0.1)
    made(planes(picture((8, 8), 2), picture((8, 8), 2))).square().mean().backward()
    assert all(p.grad is not None and p.grad.abs().sum() > 0 for p in made.parameters())
