"""The contract of every engine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import faults
import pytest
from faults import FaultyJob

import restorer
from restorer import (
    Finished,
    Job,
    Progress,
    Result,
    RunControl,
    Settings,
    Started,
    Step,
    formats,
)
from restorer.batch.engines import ENGINES, EngineRow, child
from restorer.batch.engines.attempts import Attempt
from restorer.estimate import levels
from restorer.inference.predictor import Predictor
from restorer.restoration import source

from helpers import make_photograph

MODEL = "panet-sr-x2-lite"


RAY = pytest.param("ray", marks=pytest.mark.slow)  # it starts a cluster
# What workers share (`run_one`) is tested where they start fast.
LOCAL = sorted(set(ENGINES) - {"ray"})


@pytest.fixture(params=[RAY if name == "ray" else name for name in sorted(ENGINES)])
def engine(request: pytest.FixtureRequest) -> str:
    if request.param == "ray":
        request.getfixturevalue("ray_cluster")
    return str(request.param)


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    for number in range(4):
        restorer.write(restorer.Image(make_photograph(24, 24)), tmp_path / f"in/{number}.png")
    (tmp_path / "in/bad.png").write_bytes(b"bad")
    batch = restorer.plan_jobs(
        tmp_path / "in", tmp_path / "out", [MODEL], settings=Settings(tile=16, overlap=4)
    )
    return list(batch.jobs)


@pytest.mark.parametrize(
    ("engine", "workers"),
    [
        *((name, workers) for name in LOCAL for workers in (1, 2)),
        pytest.param("ray", 2, marks=pytest.mark.slow),
    ],
    indirect=["engine"],
)
def test_every_job_has_exactly_one_result(engine: str, workers: int, jobs: list[Job]) -> None:
    events = list(restorer.run_jobs(jobs, engine=engine, workers=workers))
    for job in jobs:
        own = [type(e) for e in events if e.id == job.id]
        assert own[0] is Started
        assert own[-1] is Finished
        assert [own.count(kind) for kind in (Started, Finished)] == [1, 1]
    ended = [e for e in events if isinstance(e, Finished)]
    assert sorted(e.id for e in ended) == sorted(job.id for job in jobs)
    results = [e.result for e in ended]
    assert [r.status for r in results].count("done") == 4
    assert [r.status for r in results].count("failed") == 1
    assert any(isinstance(e, Progress) for e in events)


@pytest.mark.parametrize("engine", LOCAL, indirect=True)
def test_a_wrong_result_is_repaired_or_fails_and_is_never_done(
    engine: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "in.png"
    restorer.write(restorer.Image(make_photograph(64, 80)), source)
    jobs = [
        faults.BrokenJob(
            source,
            tmp_path / f"{seed}.png",
            ("panet-denoise-lite",),
            Settings(device="cpu", precision=precision, seed=seed, tile=48, keep_colors=seed != 2),
        )
        for seed, precision in enumerate(["fp32", "fp32", "fp32", "bf16", "bf16"])
    ]
    restorer.release_models()
    with monkeypatch.context() as patch:
        faults.break_networks(patch.setattr)
        events = list(restorer.run_jobs(jobs, engine=engine, workers=1))
    restorer.release_models()
    results = {e.id: e.result for e in events if isinstance(e, Finished)}
    right, even, shifted, nan, even_in_bf16 = (results[job.id] for job in jobs)
    assert (even.status, shifted.status) == ("failed", "failed")
    assert "panet-denoise-lite: the result does not agree with its input" in even.error
    assert "the structure of the picture was lost around row 0, column 0" in even.error
    assert "its colors are off by 7" in shifted.error
    assert [path.name for path in sorted(tmp_path.glob("?.png"))] == ["0.png", "3.png", "4.png"]
    assert {result.status for result in (right, nan, even_in_bf16)} == {"done"}
    pixels = [restorer.read(tmp_path / f"{n}.png").pixels for n in (0, 3, 4)]
    assert (pixels[0] == pixels[1]).all()
    assert (pixels[0] == pixels[2]).all()
    assert even_in_bf16.plans[0].precision == "fp32"
    assert "it was computed again in fp32 on the CPU" in "".join(even_in_bf16.notes)
    assert right.notes == ()


def test_cancelled_jobs_have_results_too(engine: str, jobs: list[Job]) -> None:
    control = RunControl()
    results = []
    for event in restorer.run_jobs(jobs, engine=engine, control=control):
        if isinstance(event, Progress):
            control.cancel()
        elif isinstance(event, Finished):
            results.append(event.result)
    assert len(results) == len(jobs)
    assert "cancelled" in {r.status for r in results}
    assert not list(jobs[0].target.parent.glob("*.part"))


@pytest.mark.parametrize("engine", LOCAL, indirect=True)
def test_early_exit_stops_the_work(engine: str, jobs: list[Job]) -> None:
    before = threading.active_count()
    for _ in restorer.run_jobs(jobs, engine=engine):
        break
    assert threading.active_count() == before


def test_one_job_is_cancelled_and_the_others_go_on(engine: str, jobs: list[Job]) -> None:
    control, status = RunControl(), {}
    control.cancel(jobs[0].id)
    for event in restorer.run_jobs(jobs, engine=engine, control=control):
        if isinstance(event, Finished):
            status[event.id] = event.result.status
    assert status.pop(jobs[0].id) == "cancelled"
    assert sorted(status.values()) == ["done", "done", "done", "failed"]


def test_every_engine_gives_the_pixels_of_the_serial_one(
    engine: str, jobs: list[Job], tmp_path: Path
) -> None:
    def made(name: str) -> dict[str, bytes]:
        own = [replace(job, target=tmp_path / name / job.target.name) for job in jobs]
        list(restorer.run_jobs(own, engine=name, workers=2))
        return {p.name: p.read_bytes() for p in (tmp_path / name).iterdir()}

    assert made(engine) == made("serial")


def faulty(job: Job, target: str, fault: Callable[[], None] | None = None) -> FaultyJob:
    path = job.target.with_name(target)
    return FaultyJob(job.source, path, job.steps, job.settings, fault=fault)


@pytest.mark.parametrize("engine", LOCAL, indirect=True)
def test_a_bug_in_a_tile_or_a_format_fails_that_job_and_says_where(
    engine: str, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    jobs = [job for job in jobs if job.source.name != "bad.png"]
    buggy = [faulty(jobs[0], f"crash{suffix}") for suffix in sorted(formats.WRITABLE)]
    buggy.append(faulty(jobs[0], "tile.png", faults.crash))
    for suffix in sorted(formats.WRITABLE):
        source = jobs[0].source.with_name(f"crash{suffix}")
        restorer.write(restorer.Image(make_photograph(16, 16)), source)
        buggy.append(replace(faulty(jobs[0], f"read{suffix}.png"), source=source))
    faults.install(monkeypatch.setattr)
    events = list(restorer.run_jobs([*buggy, *jobs], engine=engine))
    ended = {e.id: e.result for e in events if isinstance(e, Finished)}
    for job in buggy:
        assert ended[job.id].status == "failed"
        assert f"{job.source}: the program failed; please report" in ended[job.id].error
        assert "ZeroDivisionError at faults.py:" in ended[job.id].error
    assert [ended[job.id].status for job in jobs] == ["done"] * 4


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("engine", ["processes", RAY], indirect=True)
def test_a_file_is_tried_again_when_its_worker_dies_and_given_up_after_three_deaths(
    engine: str, jobs: list[Job], caplog: pytest.LogCaptureFixture
) -> None:
    good = [job for job in jobs if job.source.name != "bad.png"]
    dying = [faulty(good[0], "dying.png"), faulty(good[1], "dead.png", faults.die)]
    events = list(restorer.run_jobs([*dying, *good], engine=engine, workers=1))
    assert [e.id for e in events if isinstance(e, Started)] == [j.id for j in [*dying, *good]]
    ended = {e.id: e.result for e in events if isinstance(e, Finished)}
    assert ended[dying[0].id].status == "done"
    assert ended[dying[1].id].status == "failed"
    assert "1.png: 3 worker processes died" in ended[dying[1].id].error
    reason = "SIGKILL" if engine == "processes" else "on 127.0.0.1"
    assert reason in ended[dying[1].id].error
    assert [ended[job.id].status for job in good] == ["done"] * 4
    assert not list(good[0].target.parent.glob(".*.part"))
    assert caplog.text.count(f"worker process died ({reason})") == 4


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
@pytest.mark.parametrize("engine", ["processes", RAY], indirect=True)
def test_a_worker_that_dies_before_it_reports_leaves_no_second_result(
    engine: str, jobs: list[Job]
) -> None:
    numbered = replace(jobs[0], settings=replace(jobs[0].settings, existing="number"))
    job = faulty(numbered, "late.png")
    job.target.parent.mkdir()
    job.target.write_bytes(b"before")
    events = list(restorer.run_jobs([job], engine=engine, workers=1))
    assert isinstance(events[-1], Finished)
    assert events[-1].result.status == "done"
    assert events[-1].result.target.name == "late-2.png"
    names = sorted(path.name for path in job.target.parent.iterdir())
    assert names == ["late-2.png", "late.png", "reported"]
    assert job.target.read_bytes() == b"before"


def test_numbered_names_are_chosen_apart_and_again_where_one_is_taken(jobs: list[Job]) -> None:
    job = replace(jobs[0], settings=replace(jobs[0].settings, existing="number"))
    one, two = (Attempt(job, RunControl()) for _ in range(2))
    assert [each.job.target.name for each in (one, two)] == ["0.png", "0-2.png"]
    assert not one.renumber(Result("failed", one.job.target))
    assert one.renumber(Result("skipped", one.job.target))
    assert one.job.target.name == "0-3.png"
    assert one.end(Result("failed", one.job.target)).result.target == job.target


def test_a_worker_that_cannot_read_its_orders_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    class Garbled:
        def send(self, message: object) -> None:
            raise AssertionError

        def recv(self) -> object:
            raise AttributeError("no such class")

    ended: list[int] = []
    monkeypatch.setattr(child, "_GRACE_S", 0)
    monkeypatch.setattr(child.os, "_exit", ended.append)
    line = child._Line(Garbled())
    line.listen()
    assert line.orders.get(timeout=1) is None
    assert ended == [1]


def test_an_engine_is_one_row(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    row = EngineRow("restorer.batch.engines.serial:run", "one job after another")
    monkeypatch.setitem(ENGINES, "dummy", row)
    ended = [e for e in restorer.run_jobs(jobs, engine="dummy") if isinstance(e, Finished)]
    assert len(ended) == len(jobs)
    monkeypatch.setitem(
        ENGINES, "cloud", EngineRow("no.such.module:run", "elsewhere", extra="cloud")
    )
    with pytest.raises(restorer.SettingsError, match=r"install restorer\[cloud\]"):
        restorer.run_jobs(jobs, engine="cloud")


def test_strings_are_taken_for_paths_and_models(jobs: list[Job]) -> None:
    text = Job(str(jobs[0].source), str(jobs[0].target), (MODEL,))  # type: ignore[arg-type]
    assert text == Job(jobs[0].source, jobs[0].target, (Step(MODEL),))
    assert text.id == Job(jobs[0].source, jobs[0].target, (Step(MODEL),)).id
    assert text.id != jobs[0].id  # other settings
    with pytest.raises(restorer.SettingsError, match="job"):
        Job(None, Path("a"), (Step(MODEL),))  # type: ignore[arg-type]
    with pytest.raises(restorer.SettingsError, match="expected steps and settings"):
        Job(Path("a"), Path("b"), (Step(MODEL),), {"tile": 48})  # type: ignore[arg-type]
    with pytest.raises(restorer.SettingsError, match="expected steps and settings"):
        Job(Path("a"), Path("b"), (7,))  # type: ignore[arg-type]


def test_wrong_engines_and_workers_are_refused() -> None:
    with pytest.raises(restorer.SettingsError, match="local"):
        restorer.run_jobs([], engine="nonsense")
    with pytest.raises(restorer.SettingsError, match="at least 1"):
        restorer.run_jobs([], workers=0)


def test_jobs_and_results_pickle() -> None:
    import pickle

    job = Job(Path("a"), Path("b"), (Step(MODEL),))
    assert pickle.loads(pickle.dumps(job)) == job
    result = Result("done", job.target)
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("workers", [1, 2])
def test_networks_run_as_many_as_asked_and_files_are_read_meanwhile(
    workers: int, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [job for job in jobs if job.source.name != "bad.png"]
    lock, ahead = threading.Lock(), threading.Event()
    running = most = started = 0
    forward, read = Predictor.run_rows, formats.ImageFile.read_page

    def counted_run(*args: Any, **options: Any) -> Any:
        nonlocal running, most
        with lock:
            running += 1
            most = max(most, running)
        assert ahead.wait(10), "nobody reads the next file while the networks run"
        yield from forward(*args, **options)
        with lock:
            running -= 1

    def counted_read(*args: Any, **options: Any) -> Any:
        nonlocal started
        with lock:
            started += 1
            if started > workers:
                ahead.set()
        return read(*args, **options)

    monkeypatch.setattr(Predictor, "run_rows", counted_run)
    monkeypatch.setattr(formats.ImageFile, "read_page", counted_read)
    events = list(restorer.run_jobs(good, workers=workers))
    results = [e.result for e in events if isinstance(e, Finished)]
    assert {r.status for r in results} == {"done"}
    assert most == workers


@pytest.mark.parametrize("step", [Step("panet-denoise-lite"), Step("auto", scale=2)])
def test_damage_is_estimated_outside_the_threads_of_networks(
    step: Step, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    networks, estimates = set[str](), set[str]()

    def note(names: set[str], owner: Any, name: str) -> None:
        call = getattr(owner, name)

        def noted(*args: Any, **options: Any) -> Any:
            names.add(threading.current_thread().name)
            return call(*args, **options)

        monkeypatch.setattr(owner, name, noted)

    note(networks, Predictor, "run_rows")
    note(estimates, levels, "sigma_of_rows")
    note(estimates, source, "examine")
    asked = [replace(job, steps=(step,)) for job in jobs if job.source.name != "bad.png"]
    list(restorer.run_jobs(asked, workers=1))
    assert networks
    assert estimates
    assert not networks & estimates


def test_threads_that_wait_for_others_soon_sleep() -> None:
    """Where they spin for long, networks lose time beside other programs."""
    environment = {k: v for k, v in os.environ.items() if k != "GOMP_SPINCOUNT"}
    told = subprocess.run(
        [sys.executable, "-c", "import restorer, torch"],
        env={**environment, "OMP_DISPLAY_ENV": "verbose"},
        capture_output=True,
        text=True,
        check=True,
    ).stderr
    if "GOMP_SPINCOUNT" not in told:
        pytest.skip("this build of torch does not use GNU OpenMP")
    assert "GOMP_SPINCOUNT = '10000'" in told


@pytest.mark.parametrize("name", ["folder.png", "bad.png/new/a.png", "n" * 300 + ".png"])
def test_a_target_that_cannot_be_created_fails_before_the_first_tile(
    name: str, jobs: list[Job], tmp_path: Path
) -> None:
    (tmp_path / "in" / "folder.png").mkdir()
    job = replace(jobs[0], target=tmp_path / "in" / name)
    events = list(restorer.run_jobs([job], engine="serial"))
    assert events[-1].result.status == "failed"  # type: ignore[union-attr]
    assert "choose" in events[-1].result.error  # type: ignore[union-attr]
    assert not [e for e in events if isinstance(e, Progress) and e.phase == "restore"]
    with pytest.raises(restorer.ImageWriteError):
        restorer.check_job(job)


@pytest.mark.skipif(sys.platform != "linux", reason="workers are forks of a server on Linux alone")
def test_workers_share_one_server_and_get_the_environment_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = []
    for hue in ("red", "blue"):
        monkeypatch.setenv("HUE", hue)
        job = faults.ReportingJob(tmp_path / "in.png", tmp_path / "out.png", (MODEL,))
        events = list(restorer.run_jobs([job], engine="processes", workers=1))
        told += [event.result.notes for event in events if isinstance(event, Finished)]
    (first, red), (second, blue) = told
    assert (red, blue) == ("red", "blue")
    assert first == second != str(os.getpid())
