"""The folder of results: a result is skipped only if it is sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restorer import (
    Decision,
    Image,
    Job,
    OutputFolder,
    Settings,
    SettingsError,
    Step,
    last_command,
    plan_jobs,
    run_job,
    write,
)

DENOISE = Step("panet-denoise-lite", sigma=20.0)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    source = tmp_path / "in" / "a.png"
    pixels = np.random.default_rng(0).integers(0, 255, (16, 16, 3), dtype=np.uint8)
    write(Image(pixels), source)
    return Job(source, tmp_path / "out" / "a.png", (DENOISE,))


def ran(job: Job) -> Path:
    """Run a job as a batch does, and return its target."""
    with OutputFolder(job.target.parent, ["batch", "in", "out"]) as output:
        output.open()
        assert output.claim(job)
        output.start(job)
        output.finish(job, run_job(job))
    return job.target


def decided(job: Job) -> Decision:
    (decision,) = OutputFolder(job.target.parent).decide([job])
    return decision


def skip_reason(job: Job) -> str:
    skipped = decided(job).skipped
    return "" if skipped is None else skipped.error.removeprefix(f"{job.target}: ")


def test_a_sound_result_is_skipped_wherever_the_folder_lies(job: Job, tmp_path: Path) -> None:
    ran(job)
    assert skip_reason(job) == "done before"
    (tmp_path / "out").rename(tmp_path / "elsewhere")
    assert skip_reason(replace(job, target=tmp_path / "elsewhere" / "a.png")) == "done before"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda job: os.utime(job.source, (0, 0)), "the source has changed"),
        (lambda job: job.target.write_bytes(b""), "the result was empty"),
        (
            lambda job: job.target.write_bytes(job.target.read_bytes()[:60]),
            "the result was damaged",
        ),
        (lambda job: job.target.unlink(), "the result is gone"),
    ],
    ids=["source", "empty", "cut", "gone"],
)
def test_a_result_that_is_not_sound_is_made_again(
    job: Job, change: Callable[[Job], object], reason: str
) -> None:
    ran(job)
    change(job)
    decision = decided(job)
    assert (decision.skipped, decision.again) == (None, reason)
    assert run_job(decision.job).status == "done"


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"steps": (replace(DENOISE, sigma=21.0),)}, "the steps have changed"),
        ({"settings": Settings(seed=1)}, "the settings have changed"),
        ({"references": (Path("a.png"),)}, "the references have changed"),
    ],
    ids=["steps", "settings", "references"],
)
def test_another_request_replaces_the_result(
    job: Job, changed: dict[str, object], reason: str
) -> None:
    ran(job)
    decision = decided(replace(job, **changed))  # type: ignore[arg-type]
    assert (decision.skipped, decision.again) == (None, reason)
    assert decision.job.settings.existing == "replace"


def test_settings_that_do_not_decide_the_pixels_change_nothing(job: Job) -> None:
    ran(job)
    assert skip_reason(replace(job, settings=Settings(memory=2**31))) == "done before"


def test_files_of_users_are_never_replaced(job: Job) -> None:
    write(Image(np.zeros((4, 4, 3), np.uint8)), job.target)
    os.utime(job.source, (0, 0))
    assert skip_reason(job) == "exists already"
    os.utime(job.source)
    assert skip_reason(job) == "exists already, and is older than its source"
    job.target.unlink()
    write(Image(np.zeros((4, 4, 3), np.uint8)), ran(job))  # edited since
    assert skip_reason(job) == "was changed after it was written"


def test_a_job_that_was_killed_is_done_again(job: Job) -> None:
    with OutputFolder(job.target.parent) as output:
        output.open()
        output.start(job)
        run_job(job)  # and no record of the end
    assert decided(job).again == "it never finished"


def test_a_failure_after_a_result_leaves_the_result_sound(job: Job) -> None:
    result = run_job(job)
    with OutputFolder(job.target.parent) as output:
        output.open()
        for ended in (result, replace(result, status="failed", target_state=None)):
            output.start(job)
            output.finish(job, ended)
    assert skip_reason(job) == "done before"


def test_a_journal_cut_anywhere_in_its_last_record_redoes_at_most_that_job(job: Job) -> None:
    ran(job)
    (path,) = (job.target.parent / ".restorer").glob("*.jsonl")
    whole = path.read_bytes()
    last = whole.rstrip(b"\n").rindex(b"\n") + 1
    for end in range(last, len(whole) - 1, 7):
        path.write_bytes(whole[:end])
        assert decided(job).again == "it never finished"
    path.write_bytes(whole[:-1])  # all of the record but the end of the line
    assert skip_reason(job) == "done before"


def test_a_new_sibling_does_not_rename_an_earlier_result(job: Job, tmp_path: Path) -> None:
    ran(job)
    write(Image(np.zeros((4, 4, 3), np.uint8)), tmp_path / "in" / "a.jpg")
    earlier = OutputFolder(tmp_path / "out").targets
    batch = plan_jobs(tmp_path / "in", tmp_path / "out", [DENOISE], suffix=".png", earlier=earlier)
    assert {each.source.name: each.target.name for each in batch.jobs} == {
        "a.jpg": "a_jpg.png",
        "a.png": "a.png",
    }


def test_files_that_a_killed_run_left_are_removed_but_those_of_a_live_one(job: Job) -> None:
    folder = job.target.parent
    folder.mkdir()
    other = replace(job, target=folder / "b.png")
    parts = [folder / f".{name}.png.{'0' * 32}.part" for name in "ab"]
    for part in parts:
        part.touch()
    with OutputFolder(folder) as live, OutputFolder(folder) as output:
        live.open()
        assert live.claim(other)
        output.decide([job, other])
        output.open()
        assert [part.exists() for part in parts] == [False, True]


def test_two_runs_at_once_share_the_work(job: Job) -> None:
    with OutputFolder(job.target.parent) as one, OutputFolder(job.target.parent) as two:
        one.open()
        two.open()
        assert one.claim(job)
        assert not two.claim(job)


def test_the_last_command_can_be_run_again(job: Job, tmp_path: Path) -> None:
    ran(job)
    assert last_command(tmp_path / "out") == (("batch", "in", "out"), os.getcwd())
    with pytest.raises(SettingsError, match="no batch"):
        last_command(tmp_path / "in")
