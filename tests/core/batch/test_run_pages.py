"""Jobs on files of several pages."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import tifffile

import restorer
from restorer import Image, Job, JobContext, Settings, Step
from restorer.batch import memory
from restorer.batch.stores.store import FileState

from helpers import make_photograph

MODEL = "panet-denoise-lite"


@pytest.fixture(scope="module")
def pages() -> list[Image]:
    """Return pages of several sizes, with more and more noise."""
    rng = np.random.default_rng(1)
    found = []
    for number in range(3):
        clean = make_photograph(24 + 8 * number, 40).astype(float)
        noisy = clean + rng.normal(0, 8 + 8 * number, clean.shape)
        found.append(Image(np.clip(noisy, 0, 255).astype(np.uint8)))
    return found


@pytest.fixture
def source(tmp_path: Path, pages: list[Image]) -> Path:
    path = tmp_path / "in.tif"
    restorer.write_pages(pages, path)
    return path


def test_each_page_is_restored_like_a_file_of_its_own(source: Path, pages: list[Image]) -> None:
    heard: list[tuple[str, int, int]] = []
    context = JobContext(report=lambda *event: heard.append(event))
    job = Job(source, source.with_name("out.tif"), (Step(MODEL),))
    result = restorer.run_job(job, context)
    assert (result.status, result.pages, result.missing, result.notes) == ("done", 3, (), ())
    assert (result.size, len(result.plans)) == ((24, 40), 3)
    for page, found in zip(pages, restorer.read_pages(result.target), strict=True):
        np.testing.assert_array_equal(found.pixels, restorer.restore(page, MODEL).pixels)
    assert [event[1:] for event in heard if event[0] == "page"] == [(1, 3), (2, 3), (3, 3)]
    shares = [done / total for phase, done, total in heard if phase == "restore"]
    assert shares == sorted(shares)
    assert shares[-1] == 1
    assert restorer.verify_result(source, result.target).state == "passed"


def test_a_rival_that_takes_the_target_meanwhile_leaves_the_next_number(
    source: Path, rival: Callable[[Path], None]
) -> None:
    target = source.with_name("out.tif")
    rival(target)
    job = Job(source, target, (Step(MODEL),), Settings(existing="number"))
    result = restorer.run_job(job)
    assert (result.status, result.target.name, result.pages) == ("done", "out-2.tif", 3)
    assert target.read_text() == "rival"


def test_a_result_of_pages_can_be_made_again(source: Path) -> None:
    result = restorer.run_job(Job(source, source.with_name("out.tif"), (Step(MODEL),)))
    assert len({plan.sigma for plan in result.plans}) == 3
    assert restorer.replay_result(result.target).same
    broken = [*restorer.read_pages(result.target)]
    broken[2] = Image(255 - broken[2].pixels, broken[2].metadata)
    restorer.write_pages(broken, result.target)
    assert not restorer.replay_result(result.target).same
    assert restorer.verify_result(source, result.target).state == "failed"


def test_pages_can_be_chosen(source: Path, pages: list[Image]) -> None:
    def run(chosen: str, name: str) -> restorer.Result:
        settings = Settings(pages=chosen, existing="replace")
        return restorer.run_job(Job(source, source.with_name(name), (Step(MODEL),), settings))

    result = run("3,1-2,2", "out.tif")
    assert result.pages == 3
    result = run("2-3", "out.tif")
    assert [page.height for page in restorer.read_pages(result.target)] == [32, 40]
    result = run("2", "out.png")
    assert (result.size, result.notes) == ((32, 40), ())
    result = run("2-3", "out.png")
    assert result.size == (32, 40)
    assert result.notes == ("not kept: 1 other page",)
    result = run("2-4", "out.tif")
    assert result.error == f"{source}: pages 2-4: the file has 3 pages"
    for wrong in ("", "0", "3-2", "1,,2", "a", "1-"):
        with pytest.raises(restorer.SettingsError, match="numbers and ranges of pages"):
            Settings(pages=wrong)


def test_a_damaged_page_is_left_out_and_named(source: Path) -> None:
    with tifffile.TiffFile(source) as file:
        at = file.pages[1].dataoffsets[0]
    data = bytearray(source.read_bytes())
    data[at : at + 60] = bytes(60)
    source.write_bytes(data)
    result = restorer.run_job(Job(source, source.with_name("out.tif"), (Step(MODEL),)))
    assert (result.status, result.pages, result.missing) == ("done", 2, (2,))
    assert result.notes[0].startswith("left out: page 2: damaged")
    assert [page.height for page in restorer.read_pages(result.target)] == [24, 40]
    settings = Settings(pages="2")
    alone = restorer.run_job(Job(source, source.with_name("b.tif"), (Step(MODEL),), settings))
    assert alone.status == "failed"


def test_a_forecast_counts_the_pages(source: Path) -> None:
    jobs = [Job(source, source.with_name(name), (Step(MODEL),)) for name in ("a.tif", "a.png")]
    files: list[restorer.FileForecast] = []
    restorer.forecast_batch(map(restorer.Decision, jobs), on_file=files.append)
    assert [(file.pages, file.pixels) for file in files] == [(3, 3 * 24 * 40), (1, 24 * 40)]


@pytest.mark.parametrize("suffix", [".webp", ".gif", ".png"])
def test_all_frames_are_given_the_same_noise_level(
    tmp_path: Path, pages: list[Image], suffix: str
) -> None:
    rng, still = np.random.default_rng(3), make_photograph(24, 40).astype(float)
    frames = []
    for number in range(4):
        noisy = np.clip(still + rng.normal(0, 5 + 4 * number, still.shape), 0, 255)
        kept = restorer.Metadata(frame=restorer.Frame(40.0 + 10 * number, 2))
        frames.append(Image(noisy.astype(np.uint8), kept))
    source, target = tmp_path / "in.png", tmp_path / f"out{suffix}"
    restorer.write_pages(frames, source)
    result = restorer.run_job(Job(source, target, (Step(MODEL),)))
    assert (result.status, result.pages, len(result.plans)) == ("done", 4, 1)
    levels = sorted(restorer.estimate_sigma(frame) for frame in frames)
    assert levels[0] < (result.plans[0].sigma or 0) < levels[-1]
    assert [page.metadata.frame for page in restorer.read_pages(target)] == [
        frame.metadata.frame for frame in frames
    ]
    assert restorer.replay_result(target).same


def test_frames_become_pages_but_pages_no_frames(tmp_path: Path, source: Path) -> None:
    frames = [Image(make_photograph(16, 20)) for _ in range(2)]
    restorer.write_pages(frames, tmp_path / "moving.webp")
    made = restorer.run_job(Job(tmp_path / "moving.webp", tmp_path / "a.tif", (Step(MODEL),)))
    assert made.pages == 2
    assert made.notes == ("TIFF holds no times of frames; left out",)
    made = restorer.run_job(Job(source, tmp_path / "a.webp", (Step(MODEL),)))
    assert (made.pages, made.notes) == (1, ("not kept: 2 other pages",))


def test_a_page_that_is_chosen_can_be_streamed(
    source: Path, pages: list[Image], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SHARE", 0)
    step, target = Step("panet-sr-x2-lite"), source.with_name("out.tif")
    result = restorer.run_job(Job(source, target, (step,), Settings(pages="3")))
    assert (result.status, result.notes) == ("done", ())
    expected = restorer.restore(pages[2], step)
    np.testing.assert_array_equal(restorer.read(target).pixels, expected.pixels)


def test_a_page_that_does_not_fit_into_memory_is_told_with_the_way_out(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.batch.run_pages.free_bytes", lambda device: 1000)
    result = restorer.run_job(Job(source, source.with_name("out.tif"), (Step(MODEL),)))
    assert result.status == "failed"
    assert "a page of 40 x 24 pixels takes" in result.error
    assert "setting pages" in result.error


def test_a_later_run_says_what_the_result_lacks(source: Path, tmp_path: Path) -> None:
    job = Job(source, tmp_path / "out" / "a.tif", (Step(MODEL),))
    restorer.write_pages(restorer.read_pages(source), job.target)
    states = {f"{name}_state": FileState.of(getattr(job, name)) for name in ("source", "target")}
    result = restorer.Result("done", job.target, pages=2, missing=(2,), **states)
    with restorer.OutputFolder(tmp_path / "out") as output:
        output.open()
        output.start(job)
        output.finish(job, result)
    (decision,) = restorer.OutputFolder(tmp_path / "out").decide([job])
    assert decision.skipped is not None
    assert decision.skipped.error.endswith("done before, without the pages that could not be read")
