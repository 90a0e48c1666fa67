"""Camera RAW without its noise: colors, or samples that stay samples."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from raw_files import BLACK, WHITE, linear_photograph, sensor, write_dng

import restorer
from restorer import Mosaic, Settings, Step
from restorer.errors import SettingsError
from restorer.formats.color import matrix
from restorer.image import FloatArray

pytest.importorskip("rawpy")

MODEL, DENOISER = restorer.raw_model(), "panet-denoise-lite"
SCALE, OFFSET = 2e-3, 1e-4
LINEAR = Settings(tone="linear")


@pytest.fixture(scope="module")
def colors() -> FloatArray:
    return linear_photograph(64, 80)


@pytest.fixture(scope="module")
def noisy(tmp_path_factory: pytest.TempPathFactory, colors: FloatArray) -> Path:
    path = tmp_path_factory.mktemp("raw") / "noisy.dng"
    light = (sensor(colors, "gbrg").astype(np.float64) - BLACK) / (WHITE - BLACK)
    noise = np.random.default_rng(0).normal(size=light.shape)
    light += noise * np.sqrt(SCALE * light + OFFSET)
    samples = np.clip(np.rint(light * (WHITE - BLACK) + BLACK), 0, 65_535).astype(np.uint16)
    write_dng(path, samples, "gbrg", profile=(51041, 12, 2, (SCALE, OFFSET)))
    return path


def mosaic_of(path: Path) -> Mosaic:
    page = restorer.read_page(path)
    assert isinstance(page, Mosaic)
    return page


def error(image: restorer.Image, colors: FloatArray) -> float:
    difference = image.to_float() - matrix.encoded(colors)
    return float(np.sqrt((difference[4:-4, 4:-4] ** 2).mean()))


def test_noise_of_raw_is_removed_by_default_and_as_strongly_as_asked(
    noisy: Path, colors: FloatArray
) -> None:
    errors = [
        error(restorer.restore(noisy, Step(MODEL, strength=share), settings=LINEAR), colors)
        for share in (0, 0.5, 1)
    ]
    assert errors[0] > 1.3 * errors[1]
    assert errors[1] > 1.1 * errors[2]
    (job,) = restorer.with_raw_steps([restorer.Job(noisy, noisy.with_suffix(".tif"), (DENOISER,))])
    assert [step.model for step in job.steps] == [MODEL]


def test_the_task_denoising_takes_the_noise_from_the_samples(noisy: Path) -> None:
    denoised = restorer.restore(noisy, DENOISER)
    assert np.array_equal(denoised.pixels, restorer.restore(noisy, MODEL).pixels)
    provenance = restorer.provenance_of(denoised)
    assert provenance is not None
    assert [plan.model for plan in provenance.plans] == [MODEL]
    assert provenance.plans[0].origin == "file"
    told = restorer.restore(noisy, Step(DENOISER, sigma=5))  # of colors, after demosaicing
    assert not np.array_equal(told.pixels, denoised.pixels)


@pytest.mark.parametrize("step", [Step(MODEL), Step(MODEL, strength=0.8, detail=0.3)])
def test_a_region_is_that_of_the_whole(noisy: Path, step: Step) -> None:
    page = mosaic_of(noisy)
    region = restorer.Region(5, 7, 20, 31)
    part = restorer.restore_region(page, step, region)
    assert np.array_equal(part.pixels, region.of(restorer.restore(page, step).pixels))


def test_progress_counts_every_pass(noisy: Path) -> None:
    for step in (Step(MODEL), Step(MODEL, strength=0.5)):
        seen: list[int] = []
        totals = set[int]()

        def count(done: int, total: int, seen: list[int] = seen, totals: set[int] = totals) -> None:
            seen.append(done)
            totals.add(total)

        restorer.restore(noisy, step, settings=Settings(tile=48), on_tile=count)
        assert seen == list(range(1, len(seen) + 1))
        assert totals == {len(seen)}


def test_samples_stay_samples_in_a_dng(noisy: Path, tmp_path: Path, colors: FloatArray) -> None:
    job = restorer.Job(noisy, tmp_path / "clean.dng", (DENOISER,))
    result = restorer.run_job(job)
    assert result.status == "done", result.error
    assert not result.notes
    before, after = mosaic_of(noisy), mosaic_of(job.target)
    clean = (sensor(colors, "gbrg").astype(np.float32)[..., None] - BLACK) / (WHITE - BLACK)
    left = np.sqrt(((after.samples - clean) ** 2).mean())
    assert left < 0.55 * np.sqrt(((before.samples - clean) ** 2).mean())
    assert abs(float((after.samples - clean).mean())) < 1e-3
    assert after.noise is not None
    assert after.noise.scale[1] < 0.05 * SCALE
    assert np.allclose(after.color.neutral, before.color.neutral, atol=1e-4)
    replayed = restorer.replay_result(job.target, source=noisy)
    assert replayed.same, replayed.notes


def test_samples_are_mixed_as_strongly_as_asked(noisy: Path) -> None:
    page = mosaic_of(noisy)
    full, half, none = (
        restorer.denoise_mosaic(page, Step(DENOISER, strength=share)) for share in (1, 0.5, 0)
    )
    assert np.abs(none.samples - page.samples).max() < 1e-6
    assert np.abs(half.samples - (page.samples + full.samples) / 2).max() < 1e-5
    assert half.noise_reduction == 0.5
    assert half.noise is not None
    assert half.noise.offset[0] == pytest.approx(OFFSET / 4)


def test_saturated_samples_of_all_colors_keep_their_brightness(noisy: Path) -> None:
    page = mosaic_of(noisy)
    page.samples[:40, :40] = 1
    found = restorer.denoise_mosaic(page).samples[8:32, 8:32]
    assert np.abs(found - 1).max() < 0.02


def test_white_balance_and_exposure_are_stated(noisy: Path, tmp_path: Path) -> None:
    settings = Settings(white_balance="4,1.6", exposure=1.0)
    job = restorer.Job(noisy, tmp_path / "a.dng", (DENOISER,), settings=settings)
    assert restorer.run_job(job).status == "done"
    color = mosaic_of(job.target).color
    assert color.neutral == pytest.approx([0.25, 1, 0.625], abs=1e-4)
    assert color.exposure == 1


def test_one_step_alone_leaves_samples(noisy: Path) -> None:
    for steps in ("panet-sr-x2-lite", Step(DENOISER, sigma=5), [DENOISER, "panet-sr-x2-lite"]):
        with pytest.raises(SettingsError, match="samples of a sensor"):
            restorer.denoise_mosaic(mosaic_of(noisy), steps)


def test_little_noise_is_left_to_the_network_for_mosaics_without(
    noisy: Path, colors: FloatArray, tmp_path: Path
) -> None:
    write_dng(tmp_path / "clean.dng", sensor(colors, "gbrg"), "gbrg")
    for path, expected in ((tmp_path / "clean.dng", "panet-demosaic-lite"), (noisy, MODEL)):
        for step in (Step(MODEL), "panet-sr-x2-lite"):
            job = restorer.Job(path, tmp_path / "a.tif", (step,), Settings(existing="replace"))
            assert restorer.run_job(job).plans[0].model == expected
        assert restorer.replay_result(tmp_path / "a.tif", source=path).same
        job = restorer.Job(path, tmp_path / "a.tif", (DENOISER,), Settings(existing="replace"))
        assert restorer.run_job(job).plans[0].model == MODEL
