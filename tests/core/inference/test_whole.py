"""Context `whole`: equal to the network without tiles, however the regions are cut and kept."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from restorer.errors import Cancelled, InvalidOutputError, OutOfMemoryError
from restorer.inference.whole.run import estimate_whole, run_whole
from restorer.networks import ENLCN, NLSN, PAEDSR, TTSR, NonLocalNet, PANet, PANetLite
from restorer.networks.layers import channels_last
from restorer.networks.stages import Global, Stage, Staged
from restorer.settings import CancelToken

from helpers import limit_blocks

LITE = {"blocks": 4, "channels": 8, "attention_channels": 4}
NETWORKS: dict[str, Callable[[], nn.Module]] = {
    "pa-edsr-x2": lambda: PAEDSR(scale=2, blocks=4, channels=8, reduction=4),
    "pa-edsr-x3": lambda: PAEDSR(scale=3, blocks=4, channels=8, reduction=4),
    "panet": lambda: PANet(blocks=24, channels=8),
    "panet-gray": lambda: PANet(colors=1, blocks=2, channels=8),
    "lite-x2": lambda: PANetLite(scale=2, squeeze=4, **LITE),
    "lite-sigma": lambda: PANetLite(conditions=1, unshuffle=2, squeeze=4, **LITE),
    "lite-bare": lambda: PANetLite(scale=3, unshuffle=2, blocks=4, attention_channels=0),
    "nlsn-x4": lambda: NLSN(scale=4, blocks=8, channels=8, chunk_size=36),
    "enlcn-x2": lambda: ENLCN(scale=2, blocks=8, channels=8),
    "nonlocal-x2": lambda: NonLocalNet(scale=2, blocks=4, every=2, channels=8),
    "nonlocal": lambda: NonLocalNet(blocks=3, every=2, channels=8, batch_norm=True),
}
PLENTY = 1 << 30
HEIGHT, WIDTH = 37, 43  # neither a multiple of a cell, nor of a region, nor of a chunk


def build(name: str) -> nn.Module:
    """A network with random weights whose attentions, zero at first, have a say."""
    torch.manual_seed(0)
    network = NETWORKS[name]()
    for parameter in network.parameters():
        if not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    return channels_last(network).eval().requires_grad_(False)


def noise(network: nn.Module, height: int, width: int) -> NDArray[np.float32]:
    channels = network.stages().image.channels
    return np.random.default_rng(0).random((height, width, channels), np.float32)


def untiled(network: nn.Module, values: NDArray[np.float32], seed: int = 0) -> NDArray[np.float32]:
    program = network.stages()
    cell, (height, width) = program.image.density, values.shape[:2]
    padded = np.pad(values, [(0, -height % cell), (0, -width % cell), (0, 0)], mode="reflect")
    x = torch.from_numpy(padded).permute(2, 0, 1)[None]
    with torch.inference_mode():
        y = network(x.contiguous(memory_format=torch.channels_last), seed=seed)
    scale = program.result.density // cell
    return y[0].permute(1, 2, 0).numpy()[: height * scale, : width * scale]


@pytest.mark.parametrize("name", NETWORKS)
def test_whole_equals_the_network_without_tiles(name: str) -> None:
    network = build(name)
    values = noise(network, HEIGHT, WIDTH)
    result = run_whole(network, values, seed=5, memory_bytes=PLENTY, side=16)
    np.testing.assert_allclose(result, untiled(network, values, seed=5), rtol=0, atol=1e-4)


@settings(max_examples=25)
@given(
    name=st.sampled_from(["lite-x2", "lite-sigma", "nlsn-x4", "nonlocal"]),
    height=st.integers(1, 40),
    width=st.integers(1, 40),
    side=st.integers(1, 40),
)
def test_neither_size_nor_regions_matter(name: str, height: int, width: int, side: int) -> None:
    network = build(name)
    values = noise(network, height, width)
    result = run_whole(network, values, memory_bytes=PLENTY, side=side)
    np.testing.assert_allclose(result, untiled(network, values), rtol=0, atol=1e-4)


@pytest.mark.parametrize("name", NETWORKS)
def test_no_stage_sees_beyond_its_radius_nor_is_told_much_more(name: str) -> None:
    network = build(name).double()
    for parameter in network.parameters():
        parameter.abs_()  # no activation cuts, no contributions cancel
    for stage in network.stages().stages:
        if isinstance(stage, Global):
            continue
        halo = -(-stage.radius // stage.reads[0].density)
        middle = halo + 2
        inputs = [
            torch.rand(1, m.channels, *2 * [(2 * middle + 1) * m.density], dtype=torch.float64)
            for m in stage.reads
        ]
        for x in inputs:
            x.requires_grad_()
        density = stage.writes.density
        cell = slice(middle * density, (middle + 1) * density)
        stage.run(*inputs)[:, :, cell, cell].sum().backward()
        seen = [reach_beyond_cell(x.grad, middle) for x in inputs]
        for m, pixels in zip(stage.reads, seen, strict=True):
            assert pixels <= halo * m.density
        assert stage.radius - seen[0] <= 4 * max(1, stage.reads[0].density)


def reach_beyond_cell(gradient: Tensor | None, middle: int) -> int:
    """How many pixels beside the cell in the middle have an influence."""
    assert gradient is not None
    rows = gradient.abs().sum((0, 1, 3)).nonzero().flatten()
    density = gradient.shape[2] // (2 * middle + 1)
    before, behind = middle * density - int(rows[0]), int(rows[-1]) + 1 - (middle + 1) * density
    return max(before, behind)


def test_same_seed_gives_same_pixels_and_another_seed_others() -> None:
    network = build("nlsn-x4")
    values = noise(network, HEIGHT, WIDTH)
    first, again, other = (
        run_whole(network, values, seed=seed, memory_bytes=PLENTY) for seed in (1, 1, 2)
    )
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 1e-6


def test_peak_is_what_the_network_knows_as_white() -> None:
    network = build("enlcn-x2")
    values = noise(network, 12, 15)
    result = run_whole(network, values, peak=255, memory_bytes=PLENTY)
    np.testing.assert_allclose(result, untiled(network, values * 255) / 255, rtol=0, atol=1e-4)
    np.testing.assert_array_equal(values, noise(network, 12, 15), "the input is left alone")


def mapped_files(folder: Path) -> int:
    """How many files of the folder this process has mapped, deleted ones included."""
    return Path("/proc/self/maps").read_text("ascii").count(str(folder))


needs_proc = pytest.mark.skipif(not Path("/proc/self/maps").exists(), reason="Linux tells of maps")


@needs_proc
@pytest.mark.parametrize("end", ["result", "cancel", "bug"])
def test_maps_beyond_the_budget_lie_in_files_that_go_in_every_case(
    end: str, tmp_path: Path
) -> None:
    network, token = build("nlsn-x4"), CancelToken()
    values = noise(network, HEIGHT, WIDTH)
    seen = []

    def look(done: int, total: int) -> None:
        seen.append(mapped_files(tmp_path))
        if done == total // 2 and end == "cancel":
            token.cancel()
        if done == total // 2 and end == "bug":
            raise ZeroDivisionError

    def run() -> NDArray[np.float32]:
        return run_whole(
            network, values, memory_bytes=1000, scratch=tmp_path, on_tick=look, cancel=token
        )

    if end == "result":
        np.testing.assert_allclose(run(), untiled(network, values), rtol=0, atol=1e-4)
    else:
        with pytest.raises(Cancelled if end == "cancel" else ZeroDivisionError):
            run()
    assert max(seen) == 3, "features, what is hashed of them, and their attention"
    assert mapped_files(tmp_path) == 0
    assert list(tmp_path.iterdir()) == []


@needs_proc
def test_maps_within_the_budget_lie_in_memory(tmp_path: Path) -> None:
    network = build("panet")
    values = noise(network, HEIGHT, WIDTH)
    size_bytes = HEIGHT * WIDTH * 8 * 4
    seen: dict[int, int] = {}
    for maps in (0, 1, 2):
        counts: list[int] = []
        run_whole(
            network,
            values,
            memory_bytes=maps * size_bytes * 4 // 3 + 4,
            scratch=tmp_path,
            on_tick=lambda *_, counts=counts: counts.append(mapped_files(tmp_path)),
        )
        seen[maps] = max(counts)
    assert seen == {0: 2, 1: 1, 2: 0}


@needs_proc
def test_files_lie_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    network, seen = build("enlcn-x2"), []
    run_whole(
        network,
        noise(network, 9, 9),
        memory_bytes=1000,
        on_tick=lambda *_: seen.append(mapped_files(tmp_path)),
    )
    assert max(seen) > 0


def test_map_that_the_disk_has_no_room_for_is_lack_of_memory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 10})
    monkeypatch.setattr("restorer.inference.whole.feature_maps.shutil.disk_usage", lambda _: usage)
    network = build("enlcn-x2")
    with pytest.raises(OutOfMemoryError, match="do not fit onto the disk"):
        run_whole(network, noise(network, 9, 9), memory_bytes=1000, scratch=tmp_path)


@pytest.mark.parametrize("name", ["nlsn-x4", "lite-sigma"])
def test_progress_counts_every_region_and_attention_once(name: str) -> None:
    network, ticks = build(name), []
    run_whole(
        network,
        noise(network, HEIGHT, WIDTH),
        memory_bytes=PLENTY,
        side=16,
        on_tick=lambda done, total: ticks.append((done, total)),
    )
    total = ticks[-1][1]
    assert ticks == [(i + 1, total) for i in range(total)]
    assert total > len(network.stages().stages)


def test_cancel_stops_within_an_attention(monkeypatch: pytest.MonkeyPatch) -> None:
    network, token = build("nonlocal"), CancelToken()
    limit_blocks(monkeypatch, 64)
    block, calls = network.body[2], []

    def affinity(query: Tensor, key: Tensor) -> Tensor:
        calls.append(query.shape)
        token.cancel()
        return (query.mT @ key).softmax(-1)

    monkeypatch.setitem(
        type(block).forward.__globals__["AFFINITIES"], "embedded_gaussian", affinity
    )
    with pytest.raises(Cancelled):
        run_whole(network, noise(network, 16, 16), memory_bytes=PLENTY, cancel=token)
    assert len(calls) == 1


def test_lack_of_memory_in_an_attention_is_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    network = build("enlcn-x2")

    def fail(*_: object) -> Tensor:
        raise RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory")

    monkeypatch.setattr("restorer.networks.enlcn.read_sums", fail)
    with pytest.raises(OutOfMemoryError, match="whole image of 9 x 8 does not fit"):
        run_whole(network, noise(network, 8, 9), memory_bytes=PLENTY)


def test_result_that_is_not_finite_in_float32_fails() -> None:
    network = build("enlcn-x2")
    values = noise(network, 8, 9)
    values[3, 3, 0] = np.nan
    with pytest.raises(InvalidOutputError, match="NaN or infinity"):
        run_whole(network, values, memory_bytes=PLENTY, precision="bf16")


def test_half_precision_is_near() -> None:
    network = build("enlcn-x2")
    values = noise(network, 24, 31)
    result = run_whole(network, values, memory_bytes=PLENTY, precision="bf16")
    error = np.abs(result - untiled(network, values)).max()
    assert 1e-5 < error < 0.05


@pytest.mark.parametrize("name", ["lite-x2", "nlsn-x4"])
def test_estimate_grows_with_the_image_as_its_attention_does(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_attentions_alone(_: object, stage: Stage, __: object) -> float:
        return float(isinstance(stage, Global))

    monkeypatch.setattr("restorer.inference.whole.run._probe", time_attentions_alone)
    network = build(name)
    small, large = (
        estimate_whole(network, (side, side), device_bytes=PLENTY) for side in (512, 1024)
    )
    assert large.seconds / small.seconds == {"lite-x2": 16, "nlsn-x4": 4}[name]
    assert large.map_bytes == 4 * small.map_bytes


def test_estimate_of_a_small_image_is_a_fair_one() -> None:
    network = build("nonlocal")
    assert 0 < estimate_whole(network, (64, 64), device_bytes=PLENTY).seconds < 10


def test_networks_that_offer_stages_are_known_by_it() -> None:
    assert isinstance(build("panet"), Staged)
    assert not isinstance(TTSR.__new__(TTSR), Staged)


class Largest(TorchDispatchMode):
    """Notes the largest tensor of numbers that is made beside given ones."""

    def __init__(self, *given: Tensor) -> None:
        super().__init__()
        self.given = {x.untyped_storage().data_ptr() for x in given}
        self.elements = 0

    def __torch_dispatch__(
        self, func: Any, types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        made = func(*args, **(kwargs or {}))
        for x in made if isinstance(made, tuple | list) else (made,):
            if not isinstance(x, Tensor) or not x.is_floating_point():
                continue
            if x.untyped_storage().data_ptr() not in self.given:
                self.elements = max(self.elements, x.numel())
        return made


@pytest.mark.parametrize("name", ["nlsn-x4", "enlcn-x2"])
def test_linear_attentions_make_no_map_in_memory(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_blocks(monkeypatch, 1 << 11)
    limit_blocks(monkeypatch, 16, "hashed")
    attentions = [s for s in build(name).stages().stages if isinstance(s, Global)]
    assert attentions
    for stage in attentions:
        maps = {
            m: torch.rand(1, *m.shape((64, 64))).permute(0, 3, 1, 2)
            for m in {*stage.reads, stage.writes}
        }
        inputs, out = [maps[m] for m in stage.reads], maps[stage.writes]
        with torch.inference_mode(), Largest(*maps.values()) as largest:
            stage.run(*inputs, out)
        assert largest.elements <= out.numel() / 2
