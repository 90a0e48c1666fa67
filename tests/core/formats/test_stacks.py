"""Stacks of ImageJ, OME-TIFF and tifffile keep their axes."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import restorer
from restorer import Image
from restorer.formats.exif import ifd

SHAPE = 2, 3, 2, 6, 8
OPTIONS: dict[str, dict[str, Any]] = {
    "imagej": {
        "imagej": True,
        "resolution": (4.0, 4.0),
        "metadata": {"axes": "TZCYX", "spacing": 1.5, "unit": "um", "min": 0, "max": 999},
    },
    "ome": {
        "ome": True,
        "photometric": "minisblack",
        "metadata": {"axes": "TZCYX", "PhysicalSizeX": 0.25, "PhysicalSizeY": 0.25},
    },
    "shaped": {"photometric": "minisblack"},
}


def stack() -> Any:
    return np.random.default_rng(0).integers(0, 2**16, SHAPE).astype(np.uint16)


def doubled(path: Path, bits: int = 16) -> list[Image]:
    pages = []
    for page in restorer.read_pages(path):
        pixels: Any = page.pixels.repeat(2, 0).repeat(2, 1)
        pages.append(Image(pixels // 257 if bits == 8 else pixels, page.metadata))
        if bits == 8:
            pages[-1] = Image(pages[-1].pixels.astype(np.uint8), page.metadata)
    return pages


@pytest.mark.parametrize("kind", OPTIONS)
@pytest.mark.parametrize("big", [False, True])
def test_the_axes_of_a_stack_are_those_of_its_result(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, big: bool
) -> None:
    if big:
        monkeypatch.setattr("restorer.formats.tiff.tiff.BIG", 400)
    source, target = tmp_path / "a.tif", tmp_path / "b.tif"
    tifffile.imwrite(source, stack(), **OPTIONS[kind])
    assert restorer.write_pages(doubled(source), target) == ()
    with tifffile.TiffFile(source) as before, tifffile.TiffFile(target) as after:
        old, new = before.series[0], after.series[0]
        assert after.is_bigtiff == big
        assert (new.kind, new.axes, new.shape[:-2]) == (old.kind, old.axes, old.shape[:-2])
        np.testing.assert_array_equal(new.asarray(), old.asarray().repeat(2, -2).repeat(2, -1))
        if kind == "imagej":
            assert after.imagej_metadata == before.imagej_metadata
            assert after.pages[0].tags["XResolution"].value == (8, 1)
            assert after.pages[0].tags["ResolutionUnit"].value == 1
        if kind == "ome":
            found = re.findall(r'PhysicalSize[XY]="([^"]*)"', after.ome_metadata or "")
            assert found == ["0.125", "0.125"]


def test_the_range_of_values_goes_with_their_type(tmp_path: Path) -> None:
    for kind in ("imagej", "ome"):
        tifffile.imwrite(tmp_path / "a.tif", stack(), **OPTIONS[kind])
        restorer.write_pages(doubled(tmp_path / "a.tif", bits=8), tmp_path / "b.tif")
        with tifffile.TiffFile(tmp_path / "b.tif") as file:
            if kind == "imagej":
                assert file.imagej_metadata is not None
                assert not {"min", "max"} & file.imagej_metadata.keys()
            else:
                assert ' Type="uint8"' in (file.ome_metadata or "")


def test_the_planes_behind_a_single_directory_are_pages(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack(), **OPTIONS["imagej"])
    with path.open("r+b") as file:
        layout, at = ifd.read_layout(file)
        file.seek(ifd.read_directory(file, layout, at).next_at)
        file.write(bytes(4))
    assert restorer.probe(path).pages == 12
    found = np.stack([page.pixels[..., 0] for page in restorer.read_pages(path)])
    np.testing.assert_array_equal(found, stack().reshape(12, 6, 8))
    path.write_bytes(path.read_bytes().replace(b"images=12", b"images=99"))
    assert restorer.probe(path).pages == 1, "so many are not in the file"


def test_axes_that_no_longer_hold_are_left_out_with_a_note(tmp_path: Path) -> None:
    path = tmp_path / "a.tif"
    tifffile.imwrite(path, stack(), **OPTIONS["imagej"])
    pages = [*restorer.read_pages(path)]
    note = "not kept: ImageJ axes of the stack, which has other pages now"
    assert restorer.write_pages(pages[:-1], tmp_path / "b.tif") == (note,)
    with tifffile.TiffFile(tmp_path / "b.tif") as file:
        assert file.imagej_metadata is None
    alone = restorer.read(path)
    assert restorer.write(alone, tmp_path / "b.tif") == ("not kept: axes of the stack",)
    options = restorer.writer_options(path, compression="none")
    (note,) = restorer.write_pages(pages, tmp_path / "b.tif", options)
    assert note.startswith("not kept: ImageJ axes of the stack")
