"""The folder of results: a result is skipped only if it is sound."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta, timezone, tzinfo
from pathlib import Path

import numpy as np
import pytest

import restorer.batch.output
from restorer import (
    Decision,
    Image,
    Job,
    OutputFolder,
    Result,
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


def test_the_last_record_may_be_cut_at_any_byte(job: Job) -> None:
    other = replace(job, target=job.target.with_name("b.png"))
    ran(job)
    whole = ran(other).read_bytes()
    journal = max((job.target.parent / ".restorer").glob("*.jsonl"))
    text = journal.read_bytes()
    last = text.rindex(b"\n", 0, -1) + 1
    for end in range(last, len(text) + 1):
        journal.write_bytes(text[:end])
        first, second = OutputFolder(job.target.parent).decide([job, other])
        assert first.skipped is not None
        assert (second.again == "it never finished") == (end < len(text) - 1)
        assert (second.skipped is None) == (end < len(text) - 1)
    journal.write_bytes(text[: (last + len(text)) // 2])
    again = decided(other)
    other.target.write_bytes(whole[:50])  # the kill may have come before
    assert run_job(again.job).status == "done"
    assert other.target.read_bytes() == whole


class Clock(datetime):
    """A clock that has jumped."""

    jump = timedelta()

    @classmethod
    def now(cls, tz: tzinfo | None = None) -> Clock:
        return super().now(tz) + cls.jump


@pytest.mark.parametrize("hours", [0, -1, 5])
def test_the_order_of_runs_does_not_depend_on_the_clock(
    hours: int, job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    for run in range(3):
        Clock.jump = run * timedelta(hours=hours)
        monkeypatch.setattr(restorer.batch.output, "datetime", Clock)
        os.utime(job.source, ns=(0, 10**18 + run))
        again = decided(job)
        assert again.again == ("the source has changed" if run else "")
        ran(again.job)
        assert skip_reason(job) == "done before"


@pytest.mark.parametrize("seconds", [-1e8, 1e8], ids=["past", "future"])
def test_times_far_from_now_are_compared_for_equality(job: Job, seconds: float) -> None:
    then = datetime.now(timezone.utc).timestamp() + seconds
    os.utime(job.source, (then, then))
    ran(job)
    assert skip_reason(job) == "done before"
    os.utime(job.source, (then - 1, then - 1))
    assert decided(job).again == "the source has changed"


def test_what_was_stopped_is_done_by_the_next_run(job: Job) -> None:
    with OutputFolder(job.target.parent) as output:
        output.open()
        assert output.claim(job)
        output.start(job)
        output.finish(job, Result("cancelled", job.target))
    assert decided(job).skipped is None


def test_a_journal_that_is_lost_is_reported(job: Job, caplog: pytest.LogCaptureFixture) -> None:
    folder = job.target.parent
    with OutputFolder(folder) as output:
        output.open()
        assert output.claim(job)
        output.start(job)
        folder.rename(folder.with_name("elsewhere"))
    assert "out/.restorer: cannot be written: No such file" in caplog.text


def test_a_folder_that_kept_the_claims_of_an_ended_run_gives_them_to_the_next(
    job: Job, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, OutputFolder(job.target.parent) as output:
        output.open()
        assert output.claim(job)
        patch.setattr(Path, "unlink", lambda path, **_: os.open("/no/such/file", 0))
        output.__exit__(None, None, None)
    with OutputFolder(job.target.parent) as output:
        output.open()
        assert output.claim(job)
