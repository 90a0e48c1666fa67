"""A picture larger than memory: the same pixels, metadata and promises as one held whole."""

from __future__ import annotations

import io
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

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
from restorer import (
    CancelToken,
    Image,
    Job,
    JobContext,
    Metadata,
    Result,
    Settings,
    Step,
    estimate_sigma,
    formats,
)
from restorer.batch import memory
from restorer.errors import Cancelled, ImageFormatError, OutOfMemoryError
from restorer.formats.color import profiles
from restorer.formats.exif import ifd
from restorer.formats.tiff import bands, tiff
from restorer.inference.predictor import Predictor
from restorer.restoration import streaming as stream
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source
from restorer.restoration.spool import Spool

from helpers import Enlarge, fake_predictor, make_photograph, make_spec

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"


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


def picture(height: int, width: int, bits: int, channels: int, seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).normal(0, 0.1, (height, width, channels))
    values = make_photograph(height, width)[..., :channels] / np.float32(255) + noise
    return Image(np.zeros((1, 1, channels), np.uint8)).with_float(
        values.astype(np.float32),
        bits=bits,  # type: ignore[arg-type]
    )


@contextmanager
def open_rows(path: Path) -> Iterator[formats.Rows]:
    with formats.open_source(path) as source:
        yield source.rows()


def streamed(
    source: Path, target: Path, passes: list[tuple[Predictor, Step]], wishes: Settings
) -> tuple[tuple[restorer.RunPlan, ...], tuple[str, ...]]:
    with open_rows(source) as rows:
        stream.check_header(source, rows.header)
        stream.check_steps(source, passes)
        return stream.restore_rows(rows, target, "fail", passes, wishes)


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


@settings(max_examples=100)
@given(
    dtype=st.sampled_from([np.uint8, np.uint16]),
    channels=st.sampled_from([1, 3]),
    compression=st.sampled_from([None, "zlib", "lzw", "zstd"]),
    predictor=st.booleans(),
    layout=st.sampled_from([{}, {"tile": (16, 32)}, {"rowsperstrip": 1}, {"rowsperstrip": 7}]),
    byteorder=st.sampled_from("<>"),
    bigtiff=st.booleans(),
    planar=st.booleans(),
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    data=st.data(),
)
def test_rows_of_every_layout_are_those_of_the_whole(
    tmp_path_factory: pytest.TempPathFactory,
    dtype: Any,
    channels: int,
    compression: str | None,
    predictor: bool,
    layout: dict[str, Any],
    byteorder: Any,
    bigtiff: bool,
    planar: bool,
    size: tuple[int, int],
    data: st.DataObject,
) -> None:
    rng = np.random.default_rng(0)
    values = rng.integers(0, np.iinfo(dtype).max, (*size, channels), dtype, endpoint=True)
    separate = planar and channels == 3
    path = tmp_path_factory.mktemp("rows") / "a.tif"
    tifffile.imwrite(
        path,
        np.ascontiguousarray(np.moveaxis(values, -1, 0))
        if separate
        else values.squeeze(2)
        if channels == 1
        else values,
        photometric="rgb" if channels == 3 else "minisblack",
        planarconfig=("separate" if planar else "contig") if channels == 3 else None,
        compression=compression,
        predictor=predictor and compression is not None,
        byteorder=byteorder,
        bigtiff=bigtiff,
        metadata=None,
        **layout,
    )
    with open_rows(path) as rows:
        np.testing.assert_array_equal(rows.first.pixels, values[:1])
        for _ in range(3):
            top = data.draw(st.integers(0, size[0] - 1))
            bottom = data.draw(st.integers(top + 1, size[0]))
            np.testing.assert_array_equal(rows.read(top, bottom), values[top:bottom])


@pytest.mark.parametrize(
    "options",
    [
        {"photometric": "miniswhite"},
        {"photometric": "palette", "colormap": np.arange(768, dtype=np.uint16).reshape(3, 256)},
        {"photometric": "separated"},
        {"photometric": "cielab"},
        {"photometric": "rgb", "extrasamples": ["unspecified"]},
        {"photometric": "rgb", "compression": "jpeg"},
    ],
    ids=lambda options: options["photometric"],
)
def test_rows_of_every_color_are_those_of_the_whole(
    tmp_path: Path, options: dict[str, Any]
) -> None:
    channels = {"cielab": (3,), "rgb": (4,), "separated": (4,)}.get(options["photometric"], ())
    channels = (3,) if "compression" in options else channels
    values = np.random.default_rng(0).integers(0, 256, (40, 24, *channels)).astype(np.uint8)
    tifffile.imwrite(tmp_path / "a.tif", values, rowsperstrip=8, metadata=None, **options)
    whole = formats.read(tmp_path / "a.tif")
    with open_rows(tmp_path / "a.tif") as rows:
        parts = [rows.read(top, min(top + 9, 40)) for top in range(0, 40, 9)]
        np.testing.assert_array_equal(np.concatenate(parts), whole.pixels)
        assert (rows.first.metadata, rows.first.notes) == (whole.metadata, whole.notes)


EXIF = b"II*\0\x08\0\0\0\x01\0\x0f\x01\x02\0\x06\0\0\0\x1a\0\0\0\0\0\0\0Maker\0"


@pytest.mark.parametrize("big", [False, True])
@pytest.mark.parametrize("bits", [8, 16])
def test_streamed_file_is_tiled_and_carries_all_metadata(
    tmp_path: Path, bits: int, big: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if big:
        monkeypatch.setattr(tiff, "BIG", 0)
    metadata = Metadata(EXIF, b"<x/>", profiles.srgb_profile(), (300.0, 150.0))
    formats.write(replace(picture(270, 260, bits, 3), metadata=metadata), tmp_path / "in.tif")
    result = job(tmp_path / "in.tif", Step(DENOISE, sigma=5, strength=0), tile=96)
    assert (result.status, result.error) == ("done", "")
    before, after = (formats.read(tmp_path / name) for name in ("in.tif", "out.tif"))
    np.testing.assert_array_equal(after.pixels, before.pixels)
    assert after.metadata == before.metadata == metadata
    with tifffile.TiffFile(tmp_path / "out.tif") as file:
        page = file.pages[0]
        assert (file.is_bigtiff, page.is_tiled, page.compression, page.predictor) == (big, 1, 8, 2)


def job(source: Path, *steps: Step, cancel: CancelToken | None = None, **options: Any) -> Result:
    wishes = Settings(**{"tile": 32, "overlap": 8, **options})
    target = source.with_name("out.tif")
    return restorer.run_job(Job(source, target, steps, wishes), JobContext(cancel=cancel))


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.tif"
    with path.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3))
    return path


def write_small_strips(file: Any, image: Image, **options: Any) -> None:
    tifffile.imwrite(
        file,
        image.pixels,
        photometric="rgb",
        metadata=None,
        **{"compression": "zlib", "rowsperstrip": 10, **options},
    )


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The targets that were streamed."""
    seen: list[Path] = []
    whole = stream.restore_rows

    def spy(rows: Any, target: Path, *arguments: Any, **options: Any) -> Any:
        seen.append(target)
        return whole(rows, target, *arguments, **options)

    monkeypatch.setattr(stream, "restore_rows", spy)
    return seen


def test_chain_of_the_shipped_networks_gives_the_pixels_of_the_whole(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [Step(DENOISE), Step(ENLARGE)]
    first = job(source, *steps)
    assert (first.status, len(streams)) == ("done", 1)
    found = formats.read(first.target)
    monkeypatch.setattr(memory, "SHARE", 1)
    second = job(source, *steps, existing="replace")
    assert len(streams) == 1
    expected = formats.read(second.target)
    assert first.plans == second.plans
    np.testing.assert_allclose(found.pixels.astype(int), expected.pixels, atol=1)
    assert sorted(p.name for p in source.parent.iterdir()) == ["in.tif", "out.tif"]


def test_only_what_is_large_and_from_tiff_to_tiff_is_streamed(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, **options: Any) -> str:
        target = source.with_name(name)
        return restorer.run_job(
            Job(source, target, (Step(DENOISE, sigma=9),), Settings(tile=32, **options))
        ).status

    assert run("out.png") == "done"
    monkeypatch.setattr(memory, "SHARE", 1)
    assert run("whole.tif") == "done"
    assert not streams
    monkeypatch.setattr(memory, "SHARE", 0)
    assert run("rows.tif") == "done"
    assert [path.name for path in streams] == ["rows.tif"]


def with_alpha(path: Path) -> None:
    formats.write(Image(np.full((20, 20, 4), 99, np.uint8)), path)


def of_floats(path: Path) -> None:
    formats.write(Image(np.full((20, 20, 3), 0.5, np.float32)), path)


def turned(path: Path) -> None:
    tag = (274, 3, 1, 6, True)
    values = make_photograph(20, 20)
    tifffile.imwrite(path, values, photometric="rgb", metadata=None, extratags=[tag])


def of_one_strip(path: Path) -> None:
    with path.open("w+b") as file:
        write_small_strips(file, picture(30, 20, 16, 3), rowsperstrip=30)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (with_alpha, "has transparency"),
        (of_floats, "has float samples"),
        (turned, "is to be turned"),
        (of_one_strip, "strips are 30 rows high"),
    ],
    ids=["alpha", "floats", "turned", "one strip"],
)
def test_what_cannot_be_streamed_is_held_whole_or_refused_with_the_reason(
    tmp_path: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch, make: Any, reason: str
) -> None:
    monkeypatch.setattr(bands, "_MAX_ROW_BYTES", 2000)
    make(tmp_path / "in.tif")
    assert job(tmp_path / "in.tif", Step(DENOISE, sigma=9)).status == "done"
    assert not streams
    (tmp_path / "out.tif").unlink()
    monkeypatch.setattr("restorer.batch.run_rows.free_bytes", lambda device: 1000)
    result = job(tmp_path / "in.tif", Step(DENOISE, sigma=9))
    assert result.status == "failed"
    assert reason in result.error
    assert "in.tif" in result.error
    assert "cannot be streamed" in result.error
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize(
    "step",
    [Step(ENLARGE, strength=0.5), Step(DENOISE, sigma=9, detail=0.5)],
    ids=["strength", "detail"],
)
def test_steps_that_need_the_whole_picture_get_it(
    source: Path, streams: list[Path], step: Step
) -> None:
    assert job(source, step).status == "done"
    assert not streams


def test_uncompressed_strip_of_any_height_is_read_row_by_row(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression=None, rowsperstrip=60)
    monkeypatch.setattr(bands, "_MAX_ROW_BYTES", 400)
    assert job(source, Step(DENOISE, strength=0)).status == "done"
    assert streams
    result = formats.read(source.with_name("out.tif"))
    np.testing.assert_array_equal(result.pixels, formats.read(source).pixels)


@pytest.mark.parametrize("compression", ["zlib", "lzw"])
def test_damage_in_the_middle_fails_the_job_and_leaves_nothing(
    source: Path, streams: list[Path], compression: str
) -> None:
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression=compression)
    with tifffile.TiffFile(source) as file:
        at, size = file.pages[0].dataoffsets[3], file.pages[0].databytecounts[3]
    data = bytearray(source.read_bytes())
    data[at + size // 3 : at + size // 3 + 60] = b"\xf7" * 60
    source.write_bytes(data)
    result = job(source, Step(DENOISE, sigma=9))
    assert streams
    assert result.status == "failed"
    assert str(source) in result.error
    assert "rows 30 to 40 are damaged" in result.error
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]
    assert source.read_bytes() == data


def test_existing_targets_are_skipped_replaced_or_numbered(
    source: Path, streams: list[Path]
) -> None:
    original = source.read_bytes()
    target = source.with_name("out.tif")
    target.write_bytes(b"mine")
    step = Step(DENOISE, sigma=9)
    assert job(source, step).status == "skipped"
    assert target.read_bytes() == b"mine"
    numbered = job(source, step, existing="number")
    assert (numbered.status, numbered.target.name) == ("done", "out-2.tif")
    assert target.read_bytes() == b"mine"
    assert job(source, step, existing="replace").status == "done"
    assert target.read_bytes() == numbered.target.read_bytes()
    assert len(streams) == 2
    assert source.read_bytes() == original


@pytest.mark.parametrize("existing", ["skip", "number"])
def test_rival_that_writes_the_target_meanwhile_is_spared(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch, existing: str
) -> None:
    target, sync = source.with_name("out.tif"), os.fsync

    def rival(descriptor: int) -> None:
        target.write_text("rival")
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", rival)
    result = job(source, Step(DENOISE, sigma=9), existing=existing)
    expected = ("skipped", "out.tif") if existing == "skip" else ("done", "out-2.tif")
    assert (result.status, result.target.name) == expected
    assert streams
    assert target.read_text() == "rival"


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
    with open_rows(source) as rows, pytest.raises(Cancelled):
        stream.restore_rows(rows, target, "fail", passes, Settings(tile=size), None, token)
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
        plans, _ = stream.restore_rows(
            rows, target, "fail", passes, wishes, lambda done, total: ticks.append((done, total))
        )
    assert all(plan.side < 32 for plan in plans)
    expected = formats.read(source).pixels.repeat(2**steps, 0).repeat(2**steps, 1)
    np.testing.assert_array_equal(formats.read(target).pixels, expected)
    assert ticks[-1][0] == ticks[-1][1]


def test_lack_of_memory_with_the_smallest_tile_fails_and_leaves_nothing(source: Path) -> None:
    def fail(call: int, x: Tensor) -> Tensor:
        raise torch.OutOfMemoryError("injected")

    target = source.with_name("out.tif")
    with open_rows(source) as rows, pytest.raises(OutOfMemoryError):
        stream.restore_rows(
            rows, target, "fail", [(fake_predictor(Enlarge(1, fail)), Step("fake"))], Settings()
        )
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


def test_full_disk_fails_the_job_and_leaves_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Spool, "append", full)
    result = job(source, Step(DENOISE, sigma=9), Step(ENLARGE))
    assert result.status == "failed"
    assert "out.tif: cannot be written: No space left" in result.error
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]


def test_missing_strips_are_refused_before_the_work(source: Path, streams: list[Path]) -> None:
    source.write_bytes(source.read_bytes()[:-3000])
    result = job(source, Step(DENOISE, sigma=9))
    assert result.status == "failed"
    assert not streams


def test_budget_message_tells_of_streaming(source: Path) -> None:
    result = job(source, Step(DENOISE, sigma=9), max_pixels=100)
    assert result.status == "failed"
    assert "max-pixels (from TIFF to TIFF" in result.error


@settings(max_examples=30)
@given(
    heights=st.lists(st.integers(1, 300), min_size=1, max_size=5),
    width=st.integers(1, 600),
    channels=st.sampled_from([1, 3]),
    again=st.booleans(),
)
def test_bands_of_any_height_are_written_exactly(
    tmp_path_factory: pytest.TempPathFactory,
    heights: list[int],
    width: int,
    channels: int,
    again: bool,
) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 1 << 16, (sum(heights), width, channels)).astype(np.uint16)

    def images() -> Iterator[Image]:
        for part in np.split(pixels, np.cumsum(heights)[:-1]):
            yield Image(part, Metadata(EXIF))

    def failing() -> Iterator[Image]:
        yield Image(pixels[:1])
        raise OutOfMemoryError("injected")

    path = tmp_path_factory.mktemp("bands") / "a.tif"
    with path.open("w+b") as file:
        if again:
            with pytest.raises(OutOfMemoryError):
                formats.write_rows(failing(), (sum(heights), width), file, path)
        formats.write_rows(images(), (sum(heights), width), file, path)
    image = formats.read(path)
    np.testing.assert_array_equal(image.pixels, pixels)
    assert image.metadata == Metadata(EXIF)


class Distant(io.BytesIO):
    """A file whose bytes all lie behind the first 8 GiB."""

    START = 2**33

    def seek(self, at: int, whence: int = 0) -> int:
        return super().seek(at - self.START if whence == 0 else at, whence) + self.START


def test_directories_of_bigtiff_work_at_large_offsets() -> None:
    layout = ifd.Layout("<", big=True)
    text = ifd.Field(2, 12, b"hello world\0")
    gps = ifd.Directory({1: ifd.Field(2, 2, b"N\0")})
    data = ifd.serialize(ifd.Directory({271: text}, {ifd.GPS: gps}), layout, Distant.START)
    found = ifd.read_directory(Distant(data), layout, Distant.START)
    assert found.fields[271].data == text.data
    assert found.children[ifd.GPS].fields[1].data == b"N\0"


def test_damaged_rows_leave_the_sound_ones_readable(source: Path) -> None:
    values = picture(60, 48, 16, 3).pixels
    with tifffile.TiffFile(source) as file:
        at = file.pages[0].dataoffsets[5]
    data = bytearray(source.read_bytes())
    data[at : at + 9] = bytes(9)
    source.write_bytes(data)
    with open_rows(source) as rows:
        np.testing.assert_array_equal(rows.read(0, 50), values[:50])
        with pytest.raises(ImageFormatError, match="rows 50 to 60 are damaged"):
            rows.read(45, 55)


def test_lzw_that_would_crash_the_decoder_is_refused(source: Path) -> None:
    assert imagecodecs.LZW.available
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression="lzw")
    with tifffile.TiffFile(source) as file:
        at = file.pages[0].dataoffsets[2]
    data = bytearray(source.read_bytes())
    data[at + 30 : at + 60] = b"\xf7" * 30
    source.write_bytes(data)
    with open_rows(source) as rows, pytest.raises(ImageFormatError, match="LZW data"):
        rows.read(20, 21)


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
