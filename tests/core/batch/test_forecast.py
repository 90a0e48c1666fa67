"""A plan says before the run what the run does."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from restorer import (
    Decision,
    FileForecast,
    Image,
    Job,
    OutputFolder,
    Settings,
    forecast_batch,
    plan_jobs,
    probe,
    run_job,
    write,
)

ENLARGE = ("panet-sr-x2-lite",)


def picture(path: Path, height: int = 12, width: int = 16) -> Path:
    pixels = np.random.default_rng(0).integers(0, 255, (height, width, 3), dtype=np.uint8)
    write(Image(pixels), path)
    return path


def forecasts(jobs: list[Job], **options: int) -> list[FileForecast]:
    files: list[FileForecast] = []
    forecast_batch([*map(Decision, jobs)], on_file=files.append, **options)
    return files


def test_each_file_becomes_what_was_forecast(tmp_path: Path) -> None:
    picture(tmp_path / "in" / "a.png")
    picture(tmp_path / "in" / "b.jpg")
    (tmp_path / "in" / "c.png").write_bytes(b"no picture")
    picture(tmp_path / "out" / "a.bmp")
    (tmp_path / "out" / "b.bmp").mkdir()
    picture(tmp_path / "in" / "d.png")
    jobs = plan_jobs(tmp_path / "in", tmp_path / "out", ENLARGE, suffix=".bmp").jobs
    decisions = OutputFolder(tmp_path / "out").decide(jobs)
    files: list[FileForecast] = []
    forecast = forecast_batch(decisions, on_file=files.append)
    assert forecast.outcomes == {"fail": 2, "skip": 1, "restore": 1}
    assert forecast.problems == {"target": 1, "source": 1}
    words = {"done": "restore", "failed": "fail", "skipped": "skip"}
    for decision, file in zip(decisions, files, strict=True):
        result = decision.skipped or run_job(decision.job)
        assert words[result.status] == file.outcome
        if result.status == "done":
            assert result.size == file.result_size
            assert abs(os.path.getsize(result.target) - file.size_bytes) < 100  # of headers
            assert probe(result.target).format == file.result_format


def test_a_format_that_cannot_hold_the_result_is_a_limit(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png", 1, 9000)
    (file,) = forecasts([Job(source, tmp_path / "b.webp", ENLARGE)])
    assert (file.outcome, file.problem) == ("fail", "limit")
    assert "16,383" in file.reason


def test_a_format_of_floats_needs_their_space(tmp_path: Path) -> None:
    job = Job(picture(tmp_path / "a.png"), tmp_path / "b.pfm", ENLARGE)
    (file,) = forecasts([job])
    assert abs(os.path.getsize(run_job(job).target) - file.size_bytes) < 100  # of headers


def test_a_replaced_file_gives_its_space_back(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.bmp")
    target = tmp_path / "b.bmp"
    target.write_bytes(bytes(1000))
    options = Settings(existing="replace")
    (new,) = forecast_batch([Decision(Job(source, tmp_path / "c.bmp", ENLARGE))]).disks
    (again,) = forecast_batch([Decision(Job(source, target, ENLARGE, options))]).disks
    assert new.needed_bytes - again.needed_bytes == 1000
    assert new.folder == tmp_path


@settings(max_examples=5, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.sampled_from([(20, 300), (64, 64), (300, 200)]), st.sampled_from([None, 1, 2]))
def test_time_follows_the_measured_speed_and_the_pixels(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, size: tuple[int, int], workers: int | None
) -> None:
    source = picture(tmp_path / f"{size}.bmp", *size)
    monkeypatch.setattr(
        "restorer.batch.model_speeds.known_speed", lambda spec, device, count: 1000.0 * (count or 4)
    )
    (file,) = forecasts([Job(source, tmp_path / "b.bmp", ENLARGE)], workers=workers or 0)
    assert file.seconds is not None
    least = file.pixels / (1000 * (workers or 4))
    assert least <= file.seconds < 6 * least  # overlaps and borders are computed, too
    twice = Job(source, tmp_path / "b.bmp", ENLARGE * 2)
    (more,) = forecasts([twice], workers=workers or 0)
    assert more.seconds is not None
    assert more.seconds > 3 * file.seconds  # the second step enlarges four times as many pixels


def test_time_is_unknown_before_any_measurement(tmp_path: Path) -> None:
    source = picture(tmp_path / "a.png")
    forecast = forecast_batch([Decision(Job(source, tmp_path / "b.png", ENLARGE))])
    assert (forecast.seconds, forecast.unmeasured) == (None, ENLARGE)


def test_a_sample_of_headers_stands_for_all_of_like_files(tmp_path: Path) -> None:
    for number in range(12):
        picture(tmp_path / "in" / f"{number:02}.bmp")
    jobs = plan_jobs(tmp_path / "in", tmp_path / "out", ENLARGE).jobs
    whole = forecast_batch(map(Decision, jobs))
    files: list[FileForecast] = []
    sampled = forecast_batch(map(Decision, jobs), headers=4, on_file=files.append)
    assert (sampled.headers, sampled.unread, sampled.formats) == (4, 8, {"BMP": 4})
    assert [d.needed_bytes for d in sampled.disks] == [d.needed_bytes for d in whole.disks]
    alike = {"headers": 12, "unread": 0, "formats": whole.formats, "disks": whole.disks}
    assert replace(sampled, **alike) == whole  # type: ignore[arg-type]
    assert [file.format for file in files] == ["BMP", "", ""] * 4


@pytest.mark.parametrize("obstacle", ["folder", "long name", "format"])
def test_targets_are_checked_where_headers_are_not_read(tmp_path: Path, obstacle: str) -> None:
    source = picture(tmp_path / "a.png")
    blocked = {
        "folder": tmp_path / "out" / "b.png",
        "long name": tmp_path / "out" / f"{'b' * 300}.png",
        "format": tmp_path / "out" / "b.xyz",
    }[obstacle]
    (tmp_path / "out" / "b.png").mkdir(parents=True)
    targets = [tmp_path / "out" / "a.png", blocked, tmp_path / "out" / "c.png"]
    decisions = [Decision(Job(source, target, ENLARGE)) for target in targets]
    read = forecast_batch(decisions)
    unread = forecast_batch(decisions, headers=1)
    assert (unread.outcomes, unread.problems) == (read.outcomes, read.problems)
    assert (unread.outcomes["fail"], unread.unread) == (1, 1)
