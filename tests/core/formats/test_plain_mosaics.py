"""Plain mosaics: gray pictures and files without a header that hold the samples of a sensor."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import restorer
from restorer import Image, Mosaic, Settings
from restorer.errors import ImageError, ImageFormatError, SettingsError
from restorer.formats.color import matrix
from restorer.formats.raw.plain import PACKINGS, PlainMosaic
from restorer.formats.source import open_source
from restorer.sensor import bayer

MODEL = "panet-demosaic-lite"


def packed(samples: NDArray[np.uint16], packing: str) -> bytes:
    """Pack samples, a sample after the other, from the description of MIPI CSI-2."""
    if packing in ("8", "16", "16be"):
        return samples.astype({"8": "u1", "16": "<u2", "16be": ">u2"}[packing]).tobytes()
    bits, group = int(packing), {"10": 4, "12": 2}[packing]
    found = bytearray()
    for row in samples:
        for at in range(0, len(row), group):
            four = [int(value) for value in row[at : at + group]]
            found += bytes(value >> bits - 8 for value in four)
            width = bits - 8
            found.append(sum((v & (1 << width) - 1) << width * n for n, v in enumerate(four)))
    return bytes(found)


def open_page(path: Path, plain: PlainMosaic) -> Any:
    with open_source(path, plain=plain) as source:
        assert source.header.channels == 3
        page = source.read_page()
        assert (source.header.height, source.header.width) == (page.height, page.width)
        return page


@settings(max_examples=20, deadline=None)
@given(
    packing=st.sampled_from(list(PACKINGS)),
    height=st.integers(1, 6),
    groups=st.integers(1, 4),
    stated=st.booleans(),
    seed=st.integers(0, 99),
)
def test_samples_without_a_header_are_read_as_they_were_packed(
    tmp_path_factory: pytest.TempPathFactory,
    packing: str,
    height: int,
    groups: int,
    stated: bool,
    seed: int,
) -> None:
    path = tmp_path_factory.mktemp("plain") / "a.raw"
    most = 2 ** PACKINGS[packing].bits - 1
    random = np.random.default_rng(seed)
    samples = random.integers(1, most, (height, 4 * groups), np.uint16, endpoint=True)
    path.write_bytes(packed(samples, packing))
    name = packing if stated or packing == "16be" else None
    page = open_page(path, PlainMosaic("gbrg", samples.shape, name))
    assert isinstance(page, Mosaic)
    assert page.pattern == "gbrg"
    assert np.abs(page.samples[..., 0] * most - samples).max() < 1e-2


@pytest.mark.parametrize("suffix", [".png", ".tif"])
@pytest.mark.parametrize("bits", [8, 16])
def test_a_gray_picture_is_a_mosaic_where_it_is_said(
    tmp_path: Path, suffix: str, bits: int
) -> None:
    kind: Any = np.uint8 if bits == 8 else np.uint16
    pixels = np.random.default_rng(0).integers(10, 200, (12, 14, 1), kind)
    path = tmp_path / f"a{suffix}"
    restorer.write(Image(pixels), path)
    page = open_page(path, PlainMosaic("bggr", black=10, white=210))
    assert isinstance(page, Mosaic)
    assert np.abs(page.samples - (pixels.astype(np.float32) - 10) / 200).max() < 1e-6
    assert isinstance(restorer.read_page(path), Image)


def test_the_options_restore_the_colors_of_a_scene(tmp_path: Path) -> None:
    color, gains = np.array([0.4, 0.3, 0.2]), np.array([2.0, 1.0, 1.5])
    samples = np.zeros((32, 48))
    for y, x, number in bayer.sites("grbg"):
        samples[y::2, x::2] = color[number] / gains[number]
    counts = np.rint(samples * 3800 + 200).astype(np.uint16)
    (tmp_path / "a.raw").write_bytes(packed(counts, "12"))
    tifffile.imwrite(tmp_path / "a.tif", counts)
    values = {"raw_black": 200, "raw_white": 4000, "white_balance": "2,1.5", "tone": "linear"}
    for name, size in (("a.raw", "48x32"), ("a.tif", None)):
        chosen = Settings(mosaic="grbg", raw_size=size, **values)  # type: ignore[arg-type]  # of several kinds
        job = restorer.Job(tmp_path / name, tmp_path / "b.tif", (MODEL,), chosen)
        result = restorer.run_job(restorer.with_raw_steps([job])[0])
        assert result.status == "done", result.error
        found = matrix.decoded(restorer.read(tmp_path / "b.tif").to_float())[8:-8, 8:-8]
        assert np.abs(found.mean((0, 1)) - color).max() < 0.005
        direct = restorer.restore(tmp_path / name, MODEL, settings=chosen)
        assert np.array_equal(direct.pixels, restorer.read(tmp_path / "b.tif").pixels)
        (tmp_path / "b.tif").unlink()


def test_files_without_a_header_in_a_folder_are_taken_where_their_size_is_said(
    tmp_path: Path,
) -> None:
    (tmp_path / "a.raw").write_bytes(bytes(96))
    for chosen, count in ((Settings(), 0), (Settings(mosaic="rggb", raw_size="8x6"), 1)):
        batch = restorer.plan_jobs(tmp_path, tmp_path / "out", [MODEL], settings=chosen)
        assert len(batch.jobs) == count
    assert batch.jobs[0].target.name == "a.tif"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"size": (512, 700)}, "these would fit: 1024 x 768 at 8 bits, 768 x 512 at 16 bits"),
        ({"packing": "12"}, "16 or 16be bits would fit"),
        ({"size": (3, 5)}, "786,432 bytes, expected of 5 x 3 samples 15 at 8 bits"),
        (
            {"black": 5000.0, "white": 4000.0},
            "the black level 5000 is not below the white level 4000",
        ),
    ],
)
def test_a_wrong_description_is_refused_and_others_are_named(
    tmp_path: Path, changes: dict[str, Any], said: str
) -> None:
    path = tmp_path / "a.raw"
    path.write_bytes(bytes(768 * 512 * 2))
    described = {"pattern": "rggb", "size": (512, 768), **changes}
    with pytest.raises(ImageFormatError, match=f"a.raw: .*{said}"):
        open_page(path, PlainMosaic(**described))


def test_what_is_no_mosaic_is_refused(tmp_path: Path) -> None:
    restorer.write(Image(np.zeros((8, 8, 3), np.uint8)), tmp_path / "a.png")
    with pytest.raises(ImageFormatError, match="3 channels, but a mosaic has one"):
        open_page(tmp_path / "a.png", PlainMosaic("rggb"))
    (tmp_path / "a.raw").write_bytes(bytes(range(64)))
    with pytest.raises(ImageFormatError, match="this format is not supported"):
        open_page(tmp_path / "a.raw", PlainMosaic("rggb"))
    with pytest.raises(ImageError), open_source(tmp_path / "a.raw", max_pixels=9) as _:
        pass
    with pytest.raises(SettingsError, match="set the mosaic"):
        Settings(raw_size="8x8")
    for size in ("8", "0x8", "8x-1", "8 x 8", "99999999x1"):
        with pytest.raises(SettingsError, match="4000x3000"):
            Settings(mosaic="rggb", raw_size=size)


def test_a_white_level_that_is_much_too_high_is_noted(tmp_path: Path) -> None:
    pixels = np.full((8, 8, 1), 4000, np.uint16)
    restorer.write(Image(pixels), tmp_path / "a.png")
    dark = open_page(tmp_path / "a.png", PlainMosaic("rggb"))
    assert any("no sample is above 4000 of 65535" in note for note in dark.notes)
    right = open_page(tmp_path / "a.png", PlainMosaic("rggb", white=4095))
    assert not any("white level" in note for note in right.notes)
