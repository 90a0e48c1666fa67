"""A picture larger than memory: the same pixels, metadata and promises as one held whole."""

from __future__ import annotations

import io
from dataclasses import replace
from pathlib import Path

import imagecodecs
import numpy as np
import pytest
import tifffile
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from torch import Tensor, nn

import restorer
from restorer import CancelToken, Image, Metadata, Settings, Step, estimate_sigma, formats
from restorer.batch import memory
from restorer.errors import Cancelled, OutOfMemoryError
from restorer.formats.color import profiles
from restorer.inference.predictor import Predictor
from restorer.restoration import streaming as stream
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source

from helpers import Enlarge, fake_predictor, make_photograph, make_spec
from large_files import DENOISE, job, open_rows, picture, write_small_strips


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SHARE", 0)


class Sharpen(nn.Module):
    """A convolution that sees the border and its neighbors; it adds a plane that it is told."""

    def __init__(self, scale: int = 1, planes: int = 3) -> None:
        super().__init__()
        self.scale, self.planes = scale, planes
        weight = torch.tensor([[-0.1, -0.2, -0.1], [0, 1.6, 0.1], [-0.1, -0.2, 0]])
        self.register_buffer("kernel", weight.repeat(planes, 1, 1, 1))

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        kernel = self.get_buffer("kernel")
        y = nn.functional.conv2d(x[:, : self.planes], kernel, padding=1, groups=self.planes)
        if x.shape[1] > self.planes:
            y = y + x[:, self.planes :]
        return nn.functional.interpolate(y, scale_factor=self.scale, mode="bilinear")


def streamed(
    source: Path, target: Path, passes: list[tuple[Predictor, Step]], wishes: Settings
) -> tuple[tuple[restorer.RunPlan, ...], tuple[str, ...]]:
    with open_rows(source) as rows:
        stream.check_header(source, rows.header)
        stream.check_steps(source, passes)
        return stream.StreamedRestoration(rows, passes, wishes).write(target, "fail")


@settings(max_examples=60)
@given(
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    bits=st.sampled_from([8, 16]),
    channels=st.sampled_from([1, 3]),
    steps=st.sampled_from([("denoising", (2,)), ("denoising", (1, 2)), ("denoising", (3, 1))])
    | st.sampled_from([("denoising", (1,)), ("deblocking", (1,)), ("deblocking", (1, 1))]),
    border=st.integers(0, 9),
    side=st.sampled_from([16, 32]),
    wishes=st.builds(
        Settings,
        overlap=st.integers(0, 8),
        self_ensemble=st.booleans(),
        bits=st.sampled_from([None, 8, 16, 32]),
        dither=st.booleans(),
        seed=st.integers(0, 9),
    ),
    gray=st.booleans(),
)
def test_streamed_pixels_are_those_of_the_picture_held_whole(
    tmp_path_factory: pytest.TempPathFactory,
    size: tuple[int, int],
    bits: int,
    channels: int,
    steps: tuple[str, tuple[int, ...]],
    border: int,
    side: int,
    wishes: Settings,
    gray: bool,
) -> None:
    folder = tmp_path_factory.mktemp("stream")
    image = picture(*size, bits, channels)
    if gray:
        image = replace(
            image, pixels=np.ascontiguousarray(image.pixels[..., :1].repeat(channels, 2))
        )
    formats.write(image, folder / "in.tif")
    wishes = replace(wishes, tile=side)
    task, scales = steps
    planes = 1 if task == "deblocking" else 3
    condition = "sigma" if task == "denoising" else ""
    passes = []
    for scale in scales:
        spec = make_spec(scale, condition, border=border)
        spec = replace(spec, task=task, channels=planes)
        strength = 0.5 if scale == 1 else 1
        network = Sharpen(scale, planes)
        passes.append((Predictor(spec, network, "cpu", "fp32"), Step("fake", None, strength)))
    expected, plans = Restoration(Source(formats.read(folder / "in.tif")), passes, wishes).run()
    found_plans, notes = streamed(folder / "in.tif", folder / "out.tif", passes, wishes)
    found = formats.read(folder / "out.tif")
    assert (found_plans, notes) == (plans, expected.notes)
    assert found.bits == expected.bits
    # float: the last bit of a sum; integers: what that does to a value halfway between two
    difference = np.abs(found.pixels.astype(float) - expected.pixels)
    assert difference.max() <= (1e-5 if found.bits == 32 else 1)
    assert found.bits == 32 or np.count_nonzero(difference) <= difference.size / 1000
    assert [path.name for path in sorted(folder.iterdir())] == ["in.tif", "out.tif"]


@pytest.mark.parametrize(("size", "stopped_at"), [(16, 3), (96, 1)])
def test_cancel_stops_before_the_next_tile_and_leaves_nothing(
    source: Path, size: int, stopped_at: int
) -> None:
    token = CancelToken()

    def cancel(call: int, x: Tensor) -> Tensor:
        if call == stopped_at:
            token.cancel()
        return x

    network = Enlarge(1, cancel)
    passes = [(fake_predictor(network, side=size), Step("fake"))]
    target = source.with_name("out.tif")
    chosen = Settings(tile=size)
    with open_rows(source) as rows, pytest.raises(Cancelled):
        stream.StreamedRestoration(rows, passes, chosen, cancel=token).write(target, "fail")
    assert network.calls == stopped_at
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]
    token = CancelToken()
    token.cancel()
    assert job(source, Step(DENOISE, sigma=9), cancel=token).status == "cancelled"


@pytest.mark.parametrize("failing", [1, 2, 4])
@pytest.mark.parametrize("steps", [1, 2])
def test_lack_of_memory_starts_the_step_again_with_smaller_tiles(
    source: Path, failing: int, steps: int
) -> None:
    def fail(call: int, x: Tensor) -> Tensor:
        if call == failing:
            raise torch.OutOfMemoryError("injected")
        return x

    passes = [(fake_predictor(Enlarge(2, fail), 2), Step("fake")) for _ in range(steps)]
    wishes, target = Settings(tile=32, overlap=4), source.with_name("out.tif")
    ticks: list[tuple[int, int]] = []
    with open_rows(source) as rows:
        restoration = stream.StreamedRestoration(
            rows, passes, wishes, on_tile=lambda done, total: ticks.append((done, total))
        )
        plans, _ = restoration.write(target, "fail")
    assert all(plan.side < 32 for plan in plans)
    expected = formats.read(source).pixels.repeat(2**steps, 0).repeat(2**steps, 1)
    np.testing.assert_array_equal(formats.read(target).pixels, expected)
    assert ticks[-1][0] == ticks[-1][1]


def test_lack_of_memory_with_the_smallest_tile_fails_and_leaves_nothing(source: Path) -> None:
    def fail(call: int, x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("injected")

    target = source.with_name("out.tif")
    passes = [(fake_predictor(Enlarge(1, fail)), Step("fake"))]
    with open_rows(source) as rows, pytest.raises(OutOfMemoryError):
        stream.StreamedRestoration(rows, passes, Settings()).write(target, "fail")
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]


@pytest.mark.parametrize("gray", [False, True])
def test_noise_is_estimated_as_in_a_picture_that_is_held(source: Path, gray: bool) -> None:
    pixels = make_photograph(260, 200).astype(np.float32) / 255
    pixels += np.random.default_rng(0).normal(0, 20 / 255, pixels.shape).astype(np.float32)
    if gray:
        pixels = pixels[..., :1].repeat(3, 2)
    image = Image(np.zeros((1, 1, 3), np.uint8)).with_float(pixels, bits=16)
    with source.open("w+b") as file:
        write_small_strips(file, image)
    result = job(source, Step(DENOISE, strength=0), tile=96)
    assert result.notes == ()
    assert result.plans[0].sigma == estimate_sigma(image.to_float())


def test_jpeg_quality_is_estimated_as_in_a_picture_that_is_held(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    file = io.BytesIO()
    PilImage.fromarray(make_photograph(200, 264)).save(file, "JPEG", quality=30)
    pixels = np.array(PilImage.open(file))
    with source.open("w+b") as opened:
        write_small_strips(opened, Image(pixels))
    steps = [Step(DENOISE, sigma=5), Step("panet-deblock-lite", strength=0)]
    first = job(source, *steps, tile=96)
    monkeypatch.setattr(memory, "SHARE", 1)
    second = job(source, *steps, tile=96, existing="replace")
    assert len(streams) == 1
    assert [plan.jpeg_quality for plan in first.plans] == [None, 30]
    assert first.plans == second.plans


def test_streamed_gray_with_a_profile_of_colors_looks_the_same(tmp_path: Path) -> None:
    adobe = Metadata(icc=imagecodecs.cms_profile("adobergb"))
    with (tmp_path / "in.tif").open("w+b") as file:
        image = replace(picture(60, 48, 16, 1), metadata=adobe)
        gray = image.pixels[..., 0]
        tifffile.imwrite(file, gray, photometric="minisblack", metadata=None, iccprofile=adobe.icc)
    result = job(tmp_path / "in.tif", Step(DENOISE, sigma=5, strength=0))
    assert (result.status, result.error) == ("done", "")
    note = "the RGB color profile does not fit gray pixels; the colors were converted to sRGB"
    assert note in result.notes
    after = formats.read(tmp_path / "out.tif")
    assert after.metadata.icc is None
    shown, before = (restorer.to_display(each).pixels.astype(int) for each in (after, image))
    assert np.abs(shown - before).max() <= 1


@pytest.mark.parametrize("dither", [False, True])
def test_streamed_colors_are_converted_like_those_of_the_whole(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch, dither: bool
) -> None:
    wanted = {"profile": "display-p3", "bits": 8, "dither": dither}
    first = job(source, Step(DENOISE, sigma=5), **wanted)
    assert (first.status, len(streams)) == ("done", 1)
    found = formats.read(first.target)
    monkeypatch.setattr(memory, "SHARE", 1)
    second = job(source, Step(DENOISE, sigma=5), existing="replace", **wanted)
    assert (second.status, len(streams)) == ("done", 1)
    expected = formats.read(second.target)
    np.testing.assert_array_equal(found.pixels, expected.pixels)
    assert found.metadata == expected.metadata
    assert found.metadata.icc == profiles.display_p3_profile()
