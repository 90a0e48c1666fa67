"""The predictor: any size, lack of memory at any tile, results that are not finite."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from restorer.errors import Cancelled, InvalidOutputError, OutOfMemoryError, SettingsError
from restorer.image import Image
from restorer.inference.loading import open_model
from restorer.inference.predictor import Predictor
from restorer.restoration.api import restore
from restorer.settings import CancelToken, Settings
from restorer.tiling.plan import plan_tiles

from helpers import Enlarge, fake_predictor, load_golden, make_photograph, make_spec

SIZES = [(500, 300), (300, 500), (512, 512), (1000, 400), (400, 1000), (33, 17)]


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    return pixels.repeat(scale, 0).repeat(scale, 1)


@settings(max_examples=40)
@given(
    height=st.integers(1, 150),
    width=st.integers(1, 150),
    scale=st.integers(1, 4),
    tile=st.sampled_from([16, 32, 64]),
    overlap=st.integers(0, 8),
)
def test_identity_network_gives_identity_image(
    height: int, width: int, scale: int, tile: int, overlap: int
) -> None:
    pixels = make_photograph(height, width)
    predictor = fake_predictor(Enlarge(scale), scale)
    result = restore(Image(pixels), predictor, settings=Settings(tile=tile, overlap=overlap))
    np.testing.assert_array_equal(result.pixels, enlarged(pixels, scale))


def out_of_memory_at(failing: int) -> Callable[[int, Tensor], Tensor]:
    def fail(call: int, x: Tensor) -> Tensor:
        if call == failing:
            raise torch.OutOfMemoryError("injected")
        return x

    return fail


@pytest.mark.parametrize("scale", [1, 2, 4])
@pytest.mark.parametrize("failing", [1, 2, 3, 5, 7, 9, 11])
@pytest.mark.parametrize("size", SIZES)
def test_image_starts_again_after_lack_of_memory(
    size: tuple[int, int], failing: int, scale: int
) -> None:
    pixels = make_photograph(*size)
    predictor = fake_predictor(Enlarge(scale, out_of_memory_at(failing)), scale)
    result = restore(Image(pixels), predictor, settings=Settings(tile=128, overlap=16))
    np.testing.assert_array_equal(result.pixels, enlarged(pixels, scale))


def test_lack_of_memory_at_every_tile_restarts_the_image_once_with_smaller_tiles() -> None:
    pixels = make_photograph(100, 90)
    wishes = Settings(tile=32, overlap=4)
    tiles = len(plan_tiles((100, 90), make_spec().tile, side=32, overlap=4).tiles)
    assert tiles == 16
    for failing in range(1, tiles + 1):
        network = Enlarge(2, out_of_memory_at(failing))
        seen: list[tuple[int, int]] = []
        result = restore(
            Image(pixels),
            fake_predictor(network, 2),
            settings=wishes,
            on_tile=lambda done, total, seen=seen: seen.append((done, total)),
        )
        np.testing.assert_array_equal(result.pixels, enlarged(pixels, 2))
        totals = {total for _, total in seen[failing - 1 :]}
        assert len(totals) == 1
        assert totals.pop() > tiles, "smaller tiles are more tiles"
        assert network.calls == failing + len(seen[failing - 1 :])


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory"),
    ],
)
def test_lack_of_memory_with_the_smallest_tile_fails_the_image(error: Exception) -> None:
    def fail(call: int, x: Tensor) -> Tensor:
        raise error

    predictor = fake_predictor(Enlarge(1, fail))
    with pytest.raises(OutOfMemoryError, match="does not fit into the memory of cpu"):
        restore(Image(make_photograph(64, 64)), predictor)
    assert predictor.network.calls == 2, "tiles of 24 and 12; half of 12 is below the minimum"


def test_other_errors_of_a_network_fly() -> None:
    def fail(call: int, x: Tensor) -> Tensor:
        raise RuntimeError("a bug")

    with pytest.raises(RuntimeError, match="a bug"):
        restore(Image(make_photograph(8, 8)), fake_predictor(Enlarge(1, fail)))


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_result_that_is_not_finite_fails_the_image(value: float) -> None:
    def spoil(call: int, x: Tensor) -> Tensor:
        x = x.clone()
        x[0, 0, 0, 0] = value if call == 2 else x[0, 0, 0, 0]
        return x

    with pytest.raises(InvalidOutputError, match="NaN or infinity"):
        restore(Image(make_photograph(64, 64)), fake_predictor(Enlarge(1, spoil)))


def test_tile_that_is_not_finite_in_half_precision_is_computed_again_in_float32(
    caplog: pytest.LogCaptureFixture,
) -> None:
    def overflow(call: int, x: Tensor) -> Tensor:
        return x * float("inf") if torch.is_autocast_enabled("cpu") and call == 2 else x

    pixels = make_photograph(64, 64)
    network = Enlarge(1, overflow)
    predictor = Predictor(make_spec(), network, "cpu", "bf16")
    result = restore(Image(pixels), predictor)
    np.testing.assert_array_equal(result.pixels, pixels)
    assert "computing it in fp32 on cpu" in caplog.text
    tiles = len(plan_tiles((64, 64), predictor.spec.tile).tiles)
    assert network.calls == tiles + 1


def test_tile_of_other_colors_is_computed_again_in_float32() -> None:
    def blacken(call: int, x: Tensor) -> Tensor:
        return x * 0 if torch.is_autocast_enabled("cpu") else x

    pixels = make_photograph(64, 64)
    predictor = Predictor(make_spec(), Enlarge(1, blacken), "cpu", "bf16")
    np.testing.assert_array_equal(restore(Image(pixels), predictor).pixels, pixels)
    black = Predictor(make_spec(), Enlarge(1, lambda call, x: x * 0), "cpu", "bf16")
    assert restore(Image(pixels), black).pixels.shape == pixels.shape, "a network's own colors"


def test_cancel_stops_before_the_next_tile() -> None:
    token = CancelToken()

    def cancel(call: int, x: Tensor) -> Tensor:
        if call == 3:
            token.cancel()
        return x

    network = Enlarge(1, cancel)
    with pytest.raises(Cancelled):
        restore(Image(make_photograph(96, 96)), fake_predictor(network), cancel=token)
    assert network.calls == 3


def test_all_tiles_of_a_step_have_one_seed_in_every_run() -> None:
    class Seeds(Enlarge):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            seen.append(seed)
            return super().forward(x, seed=seed)

    seen: list[int] = []
    predictor = fake_predictor(Seeds())
    for _ in range(2):
        restore(Image(make_photograph(64, 64)), predictor, settings=Settings(seed=7))
    assert len(seen) > 2
    assert set(seen) == {7}


def test_progress_counts_every_tile_once() -> None:
    ticks: list[tuple[int, int]] = []
    restore(
        Image(make_photograph(64, 96)),
        fake_predictor(Enlarge()),
        on_tile=lambda done, total: ticks.append((done, total)),
    )
    total = ticks[-1][1]
    assert ticks == [(i + 1, total) for i in range(total)]


@pytest.mark.golden
def test_self_ensemble_equals_the_authors() -> None:
    description, tensors = load_golden("forward_x8")

    class Proxy(nn.Module):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            enlarged = nn.functional.interpolate(x, scale_factor=2, mode="nearest")
            return nn.functional.conv2d(enlarged, tensors["weights/k"], padding=1)

    x, expected = (tensors[key][0].permute(1, 2, 0).numpy() for key in ("in/x", "out/y"))
    predictor = fake_predictor(Proxy(), 2, multiple_of=1)
    plan = plan_tiles((x.shape[0], x.shape[1]), predictor.spec.tile)
    assert len(plan.tiles) == 1
    result = predictor.run(np.ascontiguousarray(x), plan, self_ensemble=True)
    np.testing.assert_allclose(result, expected, rtol=0, atol=description["atol"])


def test_self_ensemble_of_the_identity_is_the_identity_in_any_size() -> None:
    pixels = make_photograph(33, 50)
    wishes = Settings(tile=32, self_ensemble=True)
    result = restore(Image(pixels), fake_predictor(Enlarge(2), 2), settings=wishes)
    np.testing.assert_array_equal(result.pixels, enlarged(pixels, 2))


def test_self_ensemble_stops_within_a_tile() -> None:
    token = CancelToken()

    def cancel(call: int, x: Tensor) -> Tensor:
        if call == 3:
            token.cancel()
        return x

    network = Enlarge(1, cancel)
    image, wishes = Image(make_photograph(8, 8)), Settings(self_ensemble=True)
    with pytest.raises(Cancelled):
        restore(image, fake_predictor(network), settings=wishes, cancel=token)
    assert network.calls == 3


def test_network_of_one_plane_takes_every_plane_of_a_color_picture() -> None:
    class Gray(Enlarge):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            assert x.shape[1] == 1
            return super().forward(x, seed=seed)

    spec = replace(make_spec(2), channels=1)
    predictor = Predictor(spec, Gray(2), "cpu", "fp32")
    for pixels in (make_photograph(20, 30), make_photograph(20, 30)[..., :1]):
        result = restore(Image(np.ascontiguousarray(pixels)), predictor)
        np.testing.assert_array_equal(result.pixels, enlarged(pixels, 2))


def test_gray_deblocking_changes_the_luma_of_a_color_picture_alone() -> None:
    class Brighter(nn.Module):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            assert x.shape[1] == 1
            return x + 0.1

    spec = replace(make_spec(), channels=1, task="deblocking")
    pixels = (make_photograph(20, 30) / np.float32(300)).astype(np.float32)
    predictor = Predictor(spec, Brighter(), "cpu", "fp32")
    result = restore(Image(pixels), predictor, settings=Settings(keep_colors=False))
    np.testing.assert_allclose(result.pixels, pixels + 0.1, atol=1e-6)


def test_chop_is_refused_where_the_authors_have_none_and_beside_own_tiles() -> None:
    image = Image(make_photograph(8, 8))
    with pytest.raises(SettingsError, match="no test procedure"):
        restore(image, fake_predictor(Enlarge()), settings=Settings(tiling="chop"))
    spec = replace(make_spec(), architecture="nlsn")
    predictor = Predictor(spec, Enlarge(), "cpu", "fp32")
    with pytest.raises(SettingsError, match="leave out tile"):
        restore(image, predictor, settings=Settings(tiling="chop", tile=32))
    result = restore(image, predictor, settings=Settings(tiling="chop"))
    np.testing.assert_array_equal(result.pixels, image.pixels)


@settings(max_examples=20)
@given(
    size=st.tuples(st.integers(5, 90), st.integers(5, 90)),
    layers=st.integers(1, 4),
    side=st.sampled_from([24, 32, 48]),
    scale=st.sampled_from([1, 2]),
)
def test_convolutional_network_tiled_equals_whole(
    size: tuple[int, int], layers: int, side: int, scale: int
) -> None:
    torch.manual_seed(0)
    convolutions = [nn.Conv2d(3, 3, 3, padding=1) for _ in range(layers)]
    network = nn.Sequential(*convolutions, nn.Upsample(scale_factor=scale))

    class Net(nn.Module):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            result: Tensor = network(x)
            return result

    values = np.random.default_rng(0).random((*size, 3), np.float32)
    predictor = fake_predictor(Net(), scale, multiple_of=1, overlap=2, radius=layers)
    plan = plan_tiles(size, predictor.spec.tile, side=side)
    whole = plan_tiles(size, predictor.spec.tile, side=96)
    assert len(whole.tiles) == 1
    np.testing.assert_allclose(
        predictor.run(values, plan), predictor.run(values, whole), rtol=0, atol=1e-6
    )


@pytest.mark.parametrize("model", ["panet-sr-x2-lite", "panet-denoise-lite"])
@pytest.mark.parametrize("batch", [2, 5])
def test_number_of_tiles_at_once_does_not_change_the_result(model: str, batch: int) -> None:
    predictor = open_model(model, device="cpu", precision="fp32")
    planes = 3 + bool(predictor.spec.condition)
    values = np.random.default_rng(0).random((70, 120, planes), np.float32)
    plan = plan_tiles((70, 120), predictor.spec.tile, side=32)
    one, several = (predictor.run(values, plan, batch=count) for count in (1, batch))
    np.testing.assert_allclose(several, one, rtol=0, atol=2e-6)
