"""The predictor: any size, lack of memory at any tile, results that are not finite."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from restorer.errors import Cancelled, InvalidOutputError, OutOfMemoryError
from restorer.image import Image
from restorer.inference import Predictor
from restorer.jobs import CancelToken, Settings
from restorer.pipeline import restore
from restorer.tiling import plan_tiles

from helpers import Enlarge, fake_predictor, make_photograph, make_spec

SIZES = [(500, 300), (300, 500), (512, 512), (1000, 400), (400, 1000), (33, 17)]


def enlarged(pixels: np.ndarray, scale: int) -> np.ndarray:
    return pixels.repeat(scale, 0).repeat(scale, 1)


@settings(max_examples=40, deadline=None)
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
    assert "again in fp32" in caplog.text
    tiles = len(plan_tiles((64, 64), predictor.spec.tile).tiles)
    assert network.calls == tiles + 1


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


def test_every_tile_has_its_own_seed_and_the_same_one_in_every_run() -> None:
    class Seeds(Enlarge):
        def forward(self, x: Tensor, *, seed: int) -> Tensor:
            seen.append(seed)
            return super().forward(x, seed=seed)

    seen: list[int] = []
    predictor = fake_predictor(Seeds())
    for _ in range(2):
        restore(Image(make_photograph(64, 64)), predictor, settings=Settings(seed=7))
    first, second = seen[: len(seen) // 2], seen[len(seen) // 2 :]
    assert first == second == list(range(7, 7 + len(first)))


def test_progress_counts_every_tile_once() -> None:
    ticks: list[tuple[int, int]] = []
    restore(
        Image(make_photograph(64, 96)),
        fake_predictor(Enlarge()),
        on_tile=lambda done, total: ticks.append((done, total)),
    )
    total = ticks[-1][1]
    assert ticks == [(i + 1, total) for i in range(total)]
