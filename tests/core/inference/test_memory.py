"""Free memory, errors for the lack of it, and what a failed call leaves behind."""

from __future__ import annotations

import errno
import os
import weakref
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor, nn

from restorer.errors import OutOfMemoryError
from restorer.image import Image
from restorer.inference import memory
from restorer.inference.autotune import even_batch
from restorer.inference.memory import fitting, free_bytes, is_lack_of_memory, shared_devices
from restorer.inference.predictor import Predictor
from restorer.inference.whole import feature_maps
from restorer.restoration.planning import plan_steps
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.settings import Settings, Step
from restorer.tiling.plan import Region, plan_tiles

from helpers import fake_predictor, make_photograph, make_spec

GIB = 1 << 30


@pytest.mark.parametrize(
    "error",
    [
        MemoryError(),
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2.00 GiB"),
        torch.AcceleratorError("CUDA error: out of memory", 2),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("cuDNN error: CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED"),
        RuntimeError("GET was unable to find an engine to execute this computation"),
        RuntimeError("FIND was unable to find an engine to execute this computation"),
        RuntimeError("MPS backend out of memory (MPS allocated: 8.00 GB)"),
        RuntimeError("Invalid buffer size: 12.00 GB"),
        RuntimeError("[enforce fail at alloc_cpu.cpp] DefaultCPUAllocator: can't allocate memory"),
    ],
    ids=lambda error: str(error)[:40],
)
def test_lack_of_memory_is_known_in_all_its_forms(error: Exception) -> None:
    assert is_lack_of_memory(error)
    found = pytest.raises(OutOfMemoryError, match="a tile does not fit into the memory of cpu")
    with found, fitting("cpu", "a tile"):
        raise error


@pytest.mark.parametrize(
    "error",
    [
        RuntimeError("mat1 and mat2 shapes cannot be multiplied"),
        torch.AcceleratorError("CUDA error: an illegal memory access was encountered", 700),
        ValueError("out of memory"),
    ],
)
def test_other_errors_stay_as_they_are(error: Exception) -> None:
    assert not is_lack_of_memory(error)
    with pytest.raises(type(error), match=str(error)), fitting("cpu", "a tile"):
        raise error


@pytest.mark.parametrize("inner", [False, True], ids=["direct", "during another error"])
def test_the_cache_is_emptied_after_what_the_failed_call_held(
    inner: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    held: list[weakref.ref[Tensor]] = []
    alive: list[bool] = []
    monkeypatch.setattr(
        memory, "free_cache", lambda: alive.extend(ref() is not None for ref in held)
    )

    def layer(x: Tensor) -> None:
        activation = x + 1
        held.append(weakref.ref(activation))
        try:
            raise torch.OutOfMemoryError("injected")
        except torch.OutOfMemoryError:
            if inner:
                raise RuntimeError("CUDNN_STATUS_ALLOC_FAILED")  # noqa: B904  as a library would
            raise

    with pytest.raises(OutOfMemoryError), fitting("cuda:0", "a tile"):
        layer(torch.zeros(3))
    assert alive == [False]


class Card:
    """The memory of a GPU, as `torch.cuda` tells it."""

    def __init__(self, free: int, reserved: int, allocated: int) -> None:
        self.free, self.reserved, self.allocated = free, reserved, allocated

    def put_into(self, monkeypatch: pytest.MonkeyPatch) -> None:
        answers = {
            "mem_get_info": lambda device: (self.free, 24 * GIB),
            "memory_reserved": lambda device: self.reserved,
            "memory_allocated": lambda device: self.allocated,
        }
        for name, answer in answers.items():
            monkeypatch.setattr(torch.cuda, name, answer)


def test_memory_that_the_allocator_keeps_for_later_is_free(monkeypatch: pytest.MonkeyPatch) -> None:
    fresh, used = Card(22 * GIB, GIB, GIB), Card(4 * GIB, 19 * GIB, GIB)
    found = []
    for card in (fresh, used):
        card.put_into(monkeypatch)
        found.append(free_bytes("cuda:0"))
    assert found == [22 * GIB, 22 * GIB], "the plan does not depend on what ran before"


def test_workers_plan_with_equal_parts_of_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    Card(22 * GIB, 0, 0).put_into(monkeypatch)
    with shared_devices(3):
        first = free_bytes("cuda:0")
        Card(14 * GIB, 8 * GIB, 8 * GIB).put_into(monkeypatch)  # while another one works
        assert first == free_bytes("cuda:0") == 8 * GIB
        Card(2 * GIB, 0, 0).put_into(monkeypatch)
        assert free_bytes("cuda:0") == 2 * GIB, "no more than there is"
    assert free_bytes("cuda:0") == 2 * GIB


@given(tiles=st.integers(1, 300), most=st.integers(1, 16))
def test_batches_are_filled_evenly(tiles: int, most: int) -> None:
    batch = even_batch(tiles, most)
    runs = -(-tiles // batch)
    assert 1 <= batch <= most
    assert runs == -(-tiles // most), "no more runs than with the largest batch"
    assert runs * batch - tiles < runs, "less than one copy for each run"


class Limited(nn.Module):
    """Has memory for so many pixels at once."""

    def __init__(self, pixels: int) -> None:
        super().__init__()
        self.pixels = pixels
        self.shapes: list[tuple[int, int]] = []

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        count, side = x.shape[0], x.shape[2]
        self.shapes.append((count, side))
        if count * x.shape[2] * x.shape[3] > self.pixels:
            raise RuntimeError("cuDNN error: CUDNN_STATUS_ALLOC_FAILED")
        return x * 0.5 + 0.25 * x.mean((2, 3), keepdim=True)  # depends on the tile


def test_after_lack_of_memory_fewer_tiles_run_at_once_before_they_get_smaller() -> None:
    image, settings = Image(make_photograph(90, 70)), Settings(tile=32, overlap=4, bits=32)
    plain, region = Limited(1 << 30), Region(0, 0, 90, 70)

    def run(network: nn.Module, batch: int):
        steps = [(fake_predictor(network), Step("fake"))]
        (planned,) = plan_steps(steps, image.pixels.shape[:2], region, settings)
        plans = [replace(planned.plan, batch=batch)]
        return Restoration(Source(image), steps, settings, plans=plans).run()

    expected, _ = run(plain, 1)
    two = Limited(2 * 32 * 32)
    restored, (plan,) = run(two, 8)
    assert [count for count, _ in two.shapes[:3]] == [8, 4, 2]
    assert (plan.batch, plan.side) == (2, 32)
    np.testing.assert_array_equal(restored.pixels, expected.pixels)
    less_than_one = Limited(24 * 24)
    _, (plan,) = run(less_than_one, 4)
    assert [count for count, _ in less_than_one.shapes[:3]] == [4, 2, 1]
    assert plan.batch == 1
    assert plan.side < 32


@pytest.mark.parametrize("batch", [2, 3, 7, 16])
def test_all_batches_of_a_picture_have_one_size_and_its_regions_the_same_pixels(batch: int) -> None:
    network = Limited(1 << 30)
    predictor = Predictor(make_spec(), network, "cpu", "fp32")
    planes = make_photograph(90, 70).astype(np.float32) / 255
    plan = plan_tiles((90, 70), make_spec().tile, side=32, overlap=4)
    whole = predictor.run(planes, plan, batch=batch)
    region = Region(20, 10, 30, 25)
    corner = plan.cover(region)
    part = predictor.run(corner.of(planes), plan, region=region, batch=batch)
    assert {count for count, _ in network.shapes} == {batch}
    np.testing.assert_array_equal(part, region.of(whole))
    np.testing.assert_array_equal(whole, predictor.run(planes, plan))


def test_maps_are_reserved_where_the_system_has_no_call_for_it(tmp_path, monkeypatch) -> None:
    monkeypatch.delattr(os, "posix_fallocate", raising=False)
    monkeypatch.setattr(feature_maps, "_BLOCK_BYTES", 1000)
    values = feature_maps._map_file((10, 30, 4), tmp_path)
    assert values.shape == (10, 30, 4)
    assert not values.any()
    values[:] = 1

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(feature_maps, "_fill", full)
    with pytest.raises(OutOfMemoryError, match="do not fit onto the disk"):
        feature_maps._map_file((10, 30, 4), tmp_path)
