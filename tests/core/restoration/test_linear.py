"""Pictures in linear light on their way through the networks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import restorer
from restorer import Image, Job, Metadata, Region, Settings, Source, Step, find_profile, formats
from restorer.batch import memory
from restorer.formats.color import matrix
from restorer.image import FloatArray

from helpers import make_photograph

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"
PHOTO: FloatArray = (make_photograph(24, 32) / 255).astype(np.float32)
LINEAR = matrix.decoded(PHOTO)


def lit(values: FloatArray) -> Image:
    return Image(np.ascontiguousarray(values), transfer="linear")


def scene(lamp: float = 60) -> Image:
    """A picture with a lamp many times as bright as white, and noise below black."""
    values = LINEAR.copy()
    values[8:14, 10:18] = lamp
    values[20, 20] = -0.01
    return lit(values)


@pytest.mark.parametrize("model", [DENOISE, ENLARGE])
def test_the_result_is_that_of_the_encoded_picture(model: str) -> None:
    expected = restorer.restore(Image(PHOTO), model).pixels
    found = restorer.restore(lit(LINEAR), model)
    assert found.is_linear
    assert found.bits == 32
    np.testing.assert_allclose(matrix.encoded(found.pixels), np.clip(expected, 0, 1), atol=2e-3)


@pytest.mark.parametrize("brightness", [60, 5000])
@pytest.mark.parametrize("model", [DENOISE, ENLARGE])
def test_values_above_white_survive_and_do_not_overshoot(model: str, brightness: float) -> None:
    image = scene(brightness)
    scale = restorer.model_spec(model).scale
    found = restorer.restore(image, model).pixels
    lamp = found[10 * scale : 12 * scale, 12 * scale : 16 * scale]
    error = np.abs(lamp / brightness - 1)
    assert error.mean() < 0.05
    assert error.max() < 0.4  # beside the edge
    assert found.max() <= image.pixels.max() * (1 + 1e-5)
    assert found.min() >= image.pixels.min() - 1e-6


def test_pictures_in_absolute_units_are_restored_like_others() -> None:
    usual, bright = (
        restorer.restore(lit(LINEAR * np.float32(factor)), DENOISE).pixels for factor in (1, 1000)
    )
    error = np.abs(bright / 1000 - usual).mean() / usual.mean()
    assert error < 0.02


def test_integers_of_a_linear_picture_are_encoded_and_told() -> None:
    result = restorer.restore(scene(), DENOISE, settings=Settings(bits=8))
    assert (result.bits, result.transfer) == (8, "encoded")
    assert any("were above white and were clipped" in note for note in result.notes)
    floats = restorer.restore(scene(), DENOISE)
    expected = np.clip(matrix.encoded(floats.pixels), 0, 1)
    np.testing.assert_allclose(result.to_float(), expected, atol=0.5 / 255 + 1e-6)
    wide = restorer.restore(scene(), DENOISE, settings=Settings(bits=16, profile="rec2020-linear"))
    assert (wide.bits, wide.transfer) == (16, "linear")  # as was asked for
    assert any("were above white and were clipped" in note for note in wide.notes)


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.8, 0.2)])
def test_strength_after_the_run_is_strength_in_the_run(shares: tuple[float, float]) -> None:
    source, (coarse, fine) = Source(scene()), shares
    whole = restorer.restore(source, DENOISE)
    found = restorer.at_strength(source, whole, coarse, fine)
    expected = restorer.restore(source, Step(DENOISE, strength=coarse, detail=fine))
    np.testing.assert_allclose(found.pixels, expected.pixels, rtol=1e-4, atol=1e-5)


def test_a_region_has_the_pixels_of_the_whole() -> None:
    source, region = Source(scene()), Region(4, 6, 12, 16)
    settings = Settings(tile=32, overlap=16, device="cpu", precision="fp32")
    whole = restorer.restore(source, ENLARGE, settings=settings)
    part = restorer.restore_region(source, ENLARGE, region, settings=settings)
    np.testing.assert_array_equal(part.pixels, region.scaled(2).of(whole.pixels))


def test_a_linear_profile_counts_and_large_files_are_streamed_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    profile = find_profile("rec2020-linear")
    image = Image(np.rint(LINEAR * 65535).astype(np.uint16), Metadata(icc=profile))
    formats.write(image, tmp_path / "a.tif")
    assert formats.read(tmp_path / "a.tif").is_linear
    settings, found = Settings(tile=32, overlap=16, provenance="none"), []
    for name in ("whole.tif", "streamed.tif"):
        job = Job(tmp_path / "a.tif", tmp_path / name, (Step(ENLARGE),), settings)
        assert restorer.run_job(job).status == "done"
        found.append(formats.read(tmp_path / name))
        monkeypatch.setattr(memory, "SHARE", 0)
    assert [each.metadata.icc for each in found] == [profile, profile]
    steps = found[0].pixels.astype(int) - found[1].pixels
    assert np.abs(steps).max() <= 2
    expected = restorer.restore(lit(LINEAR), ENLARGE, settings=settings).pixels
    np.testing.assert_allclose(found[0].to_float(), np.clip(expected, 0, 1), atol=2e-3)


@pytest.mark.parametrize("suffix", [".exr", ".hdr", ".png"])
def test_results_of_linear_files_are_verified(tmp_path: Path, suffix: str) -> None:
    formats.write(scene(), tmp_path / "a.exr")
    target = tmp_path / f"b{suffix}"
    assert restorer.run_job(Job(tmp_path / "a.exr", target, (Step(ENLARGE),))).status == "done"
    verified = restorer.verify_result(tmp_path / "a.exr", target)
    checks = {check.name: check.state for check in verified.checks}
    assert checks["low frequencies"] == "passed"


def test_a_screen_shows_linear_light_encoded() -> None:
    shown = restorer.to_display(lit(LINEAR)).pixels
    assert np.abs(shown.astype(int) - make_photograph(24, 32)).max() <= 1
    bright = restorer.to_display(scene()).pixels
    assert (bright[8:14, 10:18] == 255).all()
    source = Source(lit(LINEAR))
    assert source.plain.is_linear
    assert not source.image.is_linear


def test_comparisons_show_linear_pictures_in_their_kind() -> None:
    for sample in restorer.compare_models(scene(), [ENLARGE], Region(0, 0, 8, 8)):
        assert sample.image.is_linear
