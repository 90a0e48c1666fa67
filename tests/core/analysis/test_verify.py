"""The proof of a result finds each fault, and none in sound results of any task."""

from __future__ import annotations

import io
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

import restorer
from restorer import Image, Job, Metadata, Settings, Step, formats
from restorer.analysis import low_frequencies
from restorer.analysis.block_means import gather
from restorer.formats.color.profiles import display_p3_profile
from restorer.sensor import bayer

from helpers import make_photograph

XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:dc="http://purl.org/dc/elements/1.1/" dc:source="a"/></rdf:RDF></x:xmpmeta>'
)


def exif(**tags: Any) -> bytes:
    block = PilImage.Exif()
    block[271] = "Maker"
    block.get_ifd(0x8769).update({0x9003: "2024:05:06 07:08:09", 0xA002: 40, **tags})
    return block.tobytes().removeprefix(b"Exif\0\0")


def photograph(height: int = 40, width: int = 48) -> Image:
    pixels = np.concatenate([make_photograph(height, width), np.full((height, width, 1), 200)], 2)
    metadata = Metadata(exif(), XMP, display_p3_profile(), (300, 300), {"comment": b"words"})
    return Image(pixels.astype(np.uint8), metadata)


def enlarged(image: Image, scale: int = 2) -> Image:
    return replace(image, pixels=image.pixels.repeat(scale, 0).repeat(scale, 1))


def failed(source: Path, result: Path, **options: Any) -> set[str]:
    checks = restorer.verify_result(source, result, **options).checks
    return {check.name for check in checks if check.state == "failed"}


@pytest.fixture(scope="module")
def source(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("verify") / "a.png"
    restorer.write(photograph(), path)
    return path


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".tif", ".webp", ".bmp"])
@pytest.mark.parametrize("scale", [1, 3])
def test_a_result_in_any_format_is_sound(source: Path, suffix: str, scale: int) -> None:
    result = source.with_name(f"b{suffix}")
    restorer.write(enlarged(restorer.read(source), scale), result)
    assert failed(source, result) == set()
    assert failed(source, result, scale=scale) == set()
    assert failed(source, result, scale=scale + 1) == {"size"}


def without(**fields: Any) -> Callable[[Image], Image]:
    return lambda image: replace(image, metadata=replace(image.metadata, **fields))


def pixels(change: Callable[[Any], Any]) -> Callable[[Image], Image]:
    return lambda image: replace(image, pixels=np.ascontiguousarray(change(image.pixels)))


FAULTS = {
    "EXIF": without(exif=None),
    "XMP": without(xmp=XMP.replace(b'"a"', b'"b"')),
    "resolution": without(dpi=(72, 72)),
    "comment": without(blocks={}),
    "alpha": pixels(lambda p: p[..., :3]),
    "size": pixels(lambda p: p[:-1]),
    "low frequencies": pixels(lambda p: p + np.array([6, 0, 0, 0], np.uint8)),
}


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_is_found_by_its_own_check(source: Path, name: str) -> None:
    result = source.with_name("c.png")
    restorer.write(FAULTS[name](enlarged(restorer.read(source))), result)
    assert failed(source, result) - {"low frequencies"} == {name} - {"low frequencies"}
    assert name == "alpha" or failed(source, result) == {name}


def test_a_lost_tag_is_named(source: Path) -> None:
    result = source.with_name("d.png")
    restorer.write(without(exif=exif().replace(b"Maker", b"Taker"))(photograph()), result)
    checks = restorer.verify_result(source, result).checks
    assert [c.words for c in checks if c.state == "failed"] == ["missing or changed: tag 0x010f"]


def test_a_patch_of_other_content_is_found(source: Path) -> None:
    changed = photograph()
    changed.pixels[8:24, 8:24, :3] = 255 - changed.pixels[8:24, 8:24, :3]
    restorer.write(changed, source.with_name("e.png"))
    assert failed(source, source.with_name("e.png")) == {"low frequencies"}


@pytest.mark.parametrize("turn", range(2, 9))
def test_a_turned_result_is_recognized(source: Path, turn: int) -> None:
    image = photograph(48, 48)
    restorer.write(image, source.with_name("square.png"))
    result = source.with_name("f.png")
    restorer.write(replace(image, pixels=low_frequencies.turned(image.pixels, turn)), result)
    assert failed(source.with_name("square.png"), result) == {"orientation", "low frequencies"}


@pytest.mark.parametrize("turn", range(1, 9))
def test_the_orientation_of_the_source_is_counted(tmp_path: Path, turn: int) -> None:
    block = PilImage.Exif()
    block[274] = turn
    file = io.BytesIO()
    PilImage.fromarray(make_photograph(40, 48)).save(file, "JPEG", exif=block, quality=95)
    (tmp_path / "a.jpg").write_bytes(file.getvalue())
    restorer.write(enlarged(restorer.read(tmp_path / "a.jpg")), tmp_path / "b.jpg")
    assert failed(tmp_path / "a.jpg", tmp_path / "b.jpg") == set()


def test_places_that_moved_with_the_picture_are_sound(tmp_path: Path) -> None:
    subject = (
        b'<rdf:Description xmlns:exif="http://ns.adobe.com/exif/1.0/"><exif:SubjectArea><rdf:Seq>'
        b"<rdf:li>5</rdf:li><rdf:li>9</rdf:li></rdf:Seq></exif:SubjectArea>"
        b"<exif:FocalPlaneXResolution>100/1</exif:FocalPlaneXResolution>"
        b"<exif:FocalPlaneYResolution>200/1</exif:FocalPlaneYResolution></rdf:Description></rdf:RDF"
    )
    image = photograph()
    block = PilImage.Exif()
    block[274] = 6
    block.get_ifd(0x8769).update({0xA002: image.width, 0xA003: image.height})
    metadata = Metadata(block.tobytes()[6:], XMP.replace(b"</rdf:RDF", subject))
    restorer.write(replace(image, metadata=metadata), tmp_path / "a.png")
    restorer.write(enlarged(restorer.read(tmp_path / "a.png")), tmp_path / "b.png")
    found = restorer.read(tmp_path / "b.png").metadata.xmp
    assert found is not None
    assert b"100/1" not in found
    assert b"<rdf:li>5<" not in found
    assert failed(tmp_path / "a.png", tmp_path / "b.png") == set()


def test_a_profile_is_converted_knowingly_or_lost(source: Path) -> None:
    result, image = source.with_name("g.png"), photograph()
    restorer.write(formats.with_profile(image, formats.find_profile("srgb") or b""), result)
    assert failed(source, result) == {"color profile"}
    assert failed(source, result, profile="srgb") == set()
    vivid = replace(image, pixels=image.pixels.copy())
    vivid.pixels[..., 0] = 250
    restorer.write(vivid, source.with_name("vivid.png"))
    restorer.write(without(icc=None)(vivid), result)
    assert failed(source.with_name("vivid.png"), result) == {"color profile", "low frequencies"}


def test_a_resolution_replaces_another_one_in_exif_where_only_that_states_one(
    tmp_path: Path,
) -> None:
    block = PilImage.Exif()
    block[282], block[283], block[296] = 72.0, 72.0, 2
    image = Image(make_photograph(32, 32), Metadata(block.tobytes()[6:], dpi=(240, 240)))
    restorer.write(image, tmp_path / "a.jpg")
    restorer.write(image, tmp_path / "b.webp")
    checks = restorer.verify_result(tmp_path / "a.jpg", tmp_path / "b.webp").checks
    (found,) = (check for check in checks if check.name == "resolution")
    assert (found.state, found.words) == ("passed", "240 x 240 dpi")


def test_opaque_alpha_may_go_and_other_alpha_may_not(source: Path) -> None:
    opaque = photograph()
    opaque.pixels[..., 3] = 255
    restorer.write(opaque, source.with_name("opaque.png"))
    restorer.write(pixels(lambda p: p[..., :3])(opaque), source.with_name("rgb.png"))
    assert failed(source.with_name("opaque.png"), source.with_name("rgb.png")) == set()
    assert "alpha" in failed(source, source.with_name("rgb.png"))


def test_colors_that_a_codec_spreads_over_edges_agree(tmp_path: Path) -> None:
    art = np.zeros((32, 32, 3), np.uint8)
    art[::16], art[:, 4::8, 0], art[5::8, :, 2] = 255, 255, 255
    restorer.write(Image(art), tmp_path / "a.png")
    restorer.write(enlarged(Image(art)), tmp_path / "b.webp")
    assert failed(tmp_path / "a.png", tmp_path / "b.webp") == set()


def test_depth_is_that_of_the_source_or_asked_for(source: Path) -> None:
    deep = photograph().with_float(photograph().to_float(), bits=16)
    restorer.write(deep, source.with_name("deep.png"))
    assert failed(source.with_name("deep.png"), source) == {"depth"}
    assert failed(source.with_name("deep.png"), source, bits=8) == set()
    assert failed(source, source.with_name("deep.png")) == set()
    assert failed(source, source.with_name("deep.png"), bits=32) == set(), "PNG holds 16 at most"


@pytest.mark.parametrize(
    ("make", "name"),
    [
        (lambda path, good: None, "file"),
        (lambda path, good: path.write_bytes(good[:-400]), "file"),
        (lambda path, good: path.write_bytes(b""), "file"),
    ],
)
def test_a_missing_or_damaged_result_fails(
    source: Path, tmp_path: Path, make: Callable[[Path, bytes], None], name: str
) -> None:
    make(tmp_path / "a.png", source.read_bytes())
    assert failed(source, tmp_path / "a.png") == {name}
    assert failed(tmp_path / "none.png", source) == {"source"}


STEPS = {
    "super-resolution": ("panet-sr-x2-lite", 0),
    "denoising": ("panet-denoise-lite", 25),
    "deblocking": ("panet-deblock-lite", 0),
    "demosaicing": ("panet-demosaic-lite", 0),
}


@pytest.mark.parametrize("task", STEPS)
def test_results_of_every_task_are_sound(tmp_path: Path, task: str) -> None:
    model, sigma = STEPS[task]
    image = Image(make_photograph(48, 64))
    noise = np.random.default_rng(0).normal(0, sigma / 255, image.pixels.shape)
    image = image.with_float(image.to_float() + noise.astype(np.float32))
    if task == "demosaicing":
        samples = bayer.spread(np.ones((48, 64, 1), np.float32), "rggb")
        image = Image((image.pixels * samples).sum(2, keepdims=True).astype(np.uint8))
    path = tmp_path / ("a.jpg" if task == "deblocking" else "a.tif")
    restorer.write(image, path)
    job = Job(path, tmp_path / "b.tif", (Step(model),), Settings(tile=48))
    assert restorer.run_job(job).status == "done"
    found = restorer.verify_result(path, job.target)
    assert found.state != "failed", found
    assert any(check.name == "mosaic" for check in found.checks) == (task == "demosaicing")
    if task == "demosaicing":
        shifted = np.roll(restorer.read(job.target).pixels, 1, axis=2)
        restorer.write(Image(np.ascontiguousarray(shifted)), job.target)
        assert "low frequencies" in failed(path, job.target)


@settings(max_examples=25)
@given(st.integers(1, 40), st.integers(1, 40), st.integers(3, 12), st.integers(1, 9), st.data())
def test_means_of_blocks_do_not_depend_on_bands(
    height: int, width: int, side: int, rows: int, data: st.DataObject
) -> None:
    values = np.random.default_rng(data.draw(st.integers(0, 99))).random((height, width, 2))
    bands = [values[top : top + rows].astype(np.float32) for top in range(0, height, rows)]
    found = gather(bands, height, width, side)
    for row, column in np.ndindex(found.mean.shape[:2]):
        block = values[row * side : (row + 1) * side, column * side : (column + 1) * side]
        np.testing.assert_allclose(found.mean[row, column], block.mean((0, 1)), atol=1e-6)
        np.testing.assert_allclose(found.deviation[row, column], block.std((0, 1)), atol=1e-3)


def test_large_tiff_files_are_read_by_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    restorer.write(photograph(), tmp_path / "a.tif")
    restorer.write(enlarged(photograph()), tmp_path / "b.tif")
    monkeypatch.setattr(low_frequencies, "_BAND_PIXELS", 200)
    monkeypatch.setattr(formats.ImageFile, "read", None)
    assert failed(tmp_path / "a.tif", tmp_path / "b.tif") == set()


def test_results_are_found_under_the_names_of_a_batch(source: Path, tmp_path: Path) -> None:
    given, out = tmp_path / "in", tmp_path / "out"
    for name in ("a.png", "a.jpg", "sub/b.jpg", "sub/c.png"):
        (given / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, given / name)
    (given / "notes.txt").touch()
    batch = restorer.plan_jobs(given, out, ["panet-sr-x2-lite"], suffix=".tif")
    made = {job.source: job.target for job in batch.jobs if job.source.name != "c.png"}
    for target in made.values():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (out / "a_png-source.png").touch()
    found = restorer.pair_results(given, out)
    assert dict(found.pairs) == {**made, given / "sub/c.png": out / "sub/c.png"}
    assert [path.name for path in found.extra] == ["a_png-source.png"]
    assert [each.path.name for each in found.ignored] == ["notes.txt"]
    with pytest.raises(
        restorer.SettingsError, match="need the model that made the results; give it"
    ):
        restorer.pair_results(given, out, name="{stem}-x{scale}{suffix}")
    shutil.copy(source, out / "sub" / "c-x2.png")
    named = restorer.pair_results(
        given, out, steps=["panet-sr-x2-lite"], name="{stem}-x{scale}{suffix}"
    )
    assert dict(named.pairs)[given / "sub/c.png"] == out / "sub/c-x2.png"
    with pytest.raises(restorer.SettingsError, match="no such folder"):
        restorer.pair_results(given, tmp_path / "none")
