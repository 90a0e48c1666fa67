"""Attention maps contain the weights of the network's own run."""

from __future__ import annotations

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import restorer
from restorer import Image, Region, Source, map_attention
from restorer.attention.patch import patch_attention, patch_weights
from restorer.inference.predictor import Predictor
from restorer.networks import PAEDSR, NonLocalNet, PANet

from helpers import make_photograph, make_spec

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"
IMAGE = Image(make_photograph(60, 70))


def patches(x: torch.Tensor) -> torch.Tensor:
    """Convert (1, C, H, W) to zero-padded 3x3 patches (9 C, H W)."""
    return nn.functional.unfold(x, 3, padding=1)[0]


@settings(max_examples=30)
@given(
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.lists(st.tuples(st.integers(1, 9), st.integers(1, 9)), min_size=1, max_size=3),
    st.booleans(),
    st.data(),
)
def test_weights_equal_a_row_of_the_dense_softmax(
    size: tuple[int, int], levels: list[tuple[int, int]], hard: bool, data: st.DataObject
) -> None:
    query = torch.randn(1, 4, *size)
    keys = [torch.randn(1, 4, *level) for level in levels]
    at = data.draw(st.integers(0, size[0] - 1)), data.draw(st.integers(0, size[1] - 1))
    found = patch_weights(query, keys, at, softmax_scale=2.0, norm_floor=1e-4, hard=hard)
    assert [tuple(w.shape) for w in found] == levels
    flat = torch.cat([patches(k) / patches(k).norm(dim=0).clamp_min(1e-4) for k in keys], 1)
    expected = (2 * patches(query)[:, at[0] * size[1] + at[1]] @ flat).softmax(0)
    row = torch.cat([w.flatten() for w in found])
    if hard:
        assert row.argmax() == expected.argmax()
        assert row.sum() == 1
    else:
        torch.testing.assert_close(row, expected, atol=1e-5, rtol=0)


def test_pasting_with_the_weights_of_nine_patches_reproduces_the_pixel() -> None:
    query, sizes = torch.randn(1, 4, 7, 8), [(7, 8), (5, 6)]
    keys = [torch.randn(1, 4, *size) for size in sizes]
    values = [torch.randn(1, 3, *size) for size in sizes]
    options: dict[str, Any] = {"softmax_scale": 3.0, "norm_floor": 1e-4}
    whole = patch_attention(query, list(zip(keys, values, strict=True)), **options)
    row, column = 3, 4
    pixel = torch.zeros(3)
    for down in (-1, 0, 1):
        for across in (-1, 0, 1):  # the patch around that position contains the pixel
            weights = patch_weights(query, keys, (row - down, column - across), **options)
            for weight, value in zip(weights, values, strict=True):
                shown = nn.functional.pad(value, (1, 1, 1, 1))[0]
                h, w = weight.shape
                shown = shown[:, 1 + down : 1 + down + h, 1 + across : 1 + across + w]
                pixel += (weight * shown).sum((1, 2))
    torch.testing.assert_close(pixel, whole[0, :, row, column], atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("model", [DENOISE, ENLARGE])
def test_weights_of_the_included_models_equal_those_of_their_run(
    model: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[tuple[Any, Any]] = []

    def noting(query: Any, levels: Any, **options: Any) -> Any:
        given.append((query, [key for key, _ in levels]))
        return patch_attention(query, levels, **options)

    region, at = Region(4, 8, 40, 48), (21, 30)
    found = map_attention(IMAGE, model, at, region=region, sigma=15)
    monkeypatch.setattr("restorer.attention.pyramid.patch_attention", noting)
    part = Image(np.ascontiguousarray(region.of(IMAGE.pixels)))
    sigma = 15.0 if model == DENOISE else None
    restorer.restore(part, restorer.Step(model, sigma), settings=restorer.Settings(tile=96))
    (query, keys), spec = given[0], restorer.model_spec(model)
    border = spec.tile.border
    cell = (40 + 2 * border) // query.shape[2]
    place = tuple((n - corner + border) // cell for n, corner in zip(at, (4, 8), strict=True))
    expected = patch_weights(query, keys, place, softmax_scale=10.0, norm_floor=1e-4)  # type: ignore[arg-type]
    for level, weights in zip(found.levels, expected, strict=True):
        np.testing.assert_allclose(level.weights, weights.numpy(), atol=1e-6)
    assert [level.scale for level in found.levels] == [1, 0.9, 0.8]
    assert sum(level.share for level in found.levels) == pytest.approx(1, abs=1e-5)


def test_the_map_of_a_region_shows_all_of_it_where_a_run_attends_in_windows() -> None:
    wide = Image(np.random.default_rng(0).random((24, 400, 3), np.float32))
    found = map_attention(wide, ENLARGE, (12, 390), region=Region(0, 0, 24, 400))
    assert found.levels[0].weights.shape[1] * found.levels[0].cell[1] >= 400
    assert map_attention(wide, ENLARGE, (12, 390)).region.width == 208  # that of one window


def holds(box: tuple[float, float, float, float], row: float, column: float) -> bool:
    return box[0] <= row < box[0] + box[2] and box[1] <= column < box[1] + box[3]


@pytest.mark.parametrize("at", [(0, 0), (59, 69), (33, 12)])
def test_the_patch_contains_the_pixel_and_matches_are_the_strongest(at: tuple[int, int]) -> None:
    found = map_attention(Source(IMAGE), ENLARGE, at, matches=5)
    assert found.region == Region(0, 0, 60, 70)
    top, left, height, width = found.patch
    third = (top + height / 3, left + width / 3, height / 3, width / 3)
    assert holds(third, *at)
    assert found.matches[0].weight == max(level.weights.max() for level in found.levels)
    assert [m.weight for m in found.matches] == sorted(m.weight for m in found.matches)[::-1]
    assert len(found.matches) == 5
    for match, other in itertools.combinations(found.matches, 2):
        assert not match.contains_center_of(other)
    for match in found.matches:
        level = found.levels[match.level]
        row = (match.top - level.top) / level.cell[0] + 1
        column = (match.left - level.left) / level.cell[1] + 1
        assert level.weights[round(row), round(column)] == np.float32(match.weight)
        assert match.height == pytest.approx(3 * level.cell[0])


def test_a_repeated_pattern_is_found_at_its_position() -> None:
    network = PANet(blocks=2, channels=8)
    thing = np.random.default_rng(1).random((9, 9, 3))
    values = np.full((48, 48, 3), 0.5)
    values[10:19, 6:15] = values[30:39, 25:34] = thing
    image = Image(values.astype(np.float32))
    attention: Any = network.body[1]
    attention.conv_match_L_base.load_state_dict(attention.conv_match.state_dict())
    attention.softmax_scale = 1000.0
    spec = replace(make_spec(multiple_of=1, side=64), architecture="panet")
    found = map_attention(image, Predictor(spec, network, "cpu", "fp32"), (14, 10))
    full = found.levels[0].weights
    assert full[34, 29] == pytest.approx(full[14, 10], rel=1e-3)
    assert full[34, 29] > 0.3
    assert {(m.top, m.left) for m in found.matches[:2]} == {(13.0, 9.0), (33.0, 28.0)}


@pytest.mark.parametrize(
    ("network", "scale", "levels"),
    [
        (PANet(blocks=2, channels=8), 1, 5),
        (PAEDSR(scale=2, blocks=2, channels=16), 2, 5),
        (NonLocalNet(blocks=4, channels=8, every=2), 1, 1),
        (NonLocalNet(blocks=4, channels=8, every=2, pooling=False, pairwise="gaussian"), 1, 1),
    ],
    ids=["PANet", "PA-EDSR", "non-local", "Gaussian"],
)
def test_all_networks_with_such_attention_have_attention_maps(
    network: nn.Module, scale: int, levels: int
) -> None:
    predictor = Predictor(make_spec(scale, multiple_of=2, border=3), network, "cpu", "fp32")
    image = Image(make_photograph(29, 31)[..., :1].copy())
    found = map_attention(image, predictor, (20, 9))
    assert len(found.levels) == levels
    assert sum(level.share for level in found.levels) == pytest.approx(1, abs=1e-5)
    for level in found.levels:
        height, width = level.weights.shape
        assert (level.top, level.left) == (-3, -3)
        assert height * level.cell[0] == pytest.approx(36, abs=2)
        assert width * level.cell[1] == pytest.approx(38, abs=2)
    assert not any(len(m._forward_hooks) for m in network.modules()), "nothing is left behind"


def test_the_row_of_a_non_local_block_equals_its_affinity() -> None:
    network = NonLocalNet(blocks=2, channels=8, every=2, pooling=False)
    predictor = Predictor(make_spec(1, multiple_of=1), network, "cpu", "fp32")
    found = map_attention(IMAGE, predictor, (13, 17), region=Region(10, 10, 9, 12))
    part = Region(10, 10, 9, 12).of(IMAGE.pixels).astype(np.float32) / 255
    x = torch.from_numpy(part).permute(2, 0, 1)[None]
    with torch.inference_mode():
        for layer in (network.head, *network.body[:2]):
            x = layer(x)
        expected = network.body[2].affinity(x)[0, 3 * 12 + 7].view(9, 12)  # type: ignore[operator]
    np.testing.assert_allclose(found.levels[0].weights, expected.numpy(), atol=1e-6)


@pytest.mark.parametrize(
    ("model", "at", "options", "words"),
    [
        (ENLARGE, (70, 0), {}, "row 70, column 0: outside"),
        (ENLARGE, (5, 5), {"region": Region(50, 50, 20, 20)}, "outside the image of 70 x 60"),
        (ENLARGE, (5, 5), {"region": Region(50, 50, 2, 2)}, "row 5, column 5: outside"),
        (ENLARGE, (5, 5), {"attention": 1}, "network has 1 with"),
    ],
)
def test_invalid_requests_are_refused(
    model: str, at: tuple[int, int], options: dict[str, Any], words: str
) -> None:
    with pytest.raises(restorer.SettingsError, match=words):
        map_attention(IMAGE, model, at, **options)


def test_networks_without_attention_maps_and_large_regions_are_refused() -> None:
    other = NonLocalNet(blocks=2, channels=8, every=2, pairwise="dot_product")
    predictor = Predictor(make_spec(1, multiple_of=2), other, "cpu", "fp32")
    with pytest.raises(restorer.SettingsError, match="do not add up"):
        map_attention(IMAGE, predictor, (5, 5), region=Region(0, 0, 20, 20))
    none = Predictor(make_spec(1), nn.Conv2d(3, 3, 1), "cpu", "fp32")
    with pytest.raises(restorer.SettingsError, match="network has 0 with"):
        map_attention(IMAGE, none, (5, 5), region=Region(0, 0, 20, 20))
    with pytest.raises(restorer.SettingsError, match="at most 64 x 64"):
        map_attention(Image(make_photograph(65, 65)), none, (5, 5), region=Region(0, 0, 65, 65))
