"""The contract of every engine."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

import restorer
from restorer import CancelToken, Job, Progress, Result, Settings, Step, formats
from restorer.batch.engines import ENGINES, local
from restorer.inference.predictor import Predictor

from helpers import make_photograph

MODEL = "panet-sr-x2-lite"


@pytest.fixture(params=sorted(ENGINES))
def engine(request: pytest.FixtureRequest) -> str:
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


@pytest.mark.parametrize("workers", [1, 3])
def test_every_job_has_exactly_one_result(engine: str, workers: int, jobs: list[Job]) -> None:
    events = list(restorer.run_jobs(jobs, engine=engine, workers=workers))
    results = [e for e in events if isinstance(e, Result)]
    assert sorted(r.job.source for r in results) == sorted(j.source for j in jobs)
    assert [r.status for r in results].count("done") == 4
    assert [r.status for r in results].count("failed") == 1
    assert any(isinstance(e, Progress) for e in events)


def test_cancelled_jobs_have_results_too(engine: str, jobs: list[Job]) -> None:
    cancel = CancelToken()
    results = []
    for event in restorer.run_jobs(jobs, engine=engine, cancel=cancel):
        if isinstance(event, Progress):
            cancel.cancel()
        else:
            results.append(event)
    assert len(results) == len(jobs)
    assert "cancelled" in {r.status for r in results}
    assert not list(jobs[0].target.parent.glob("*.part"))


def test_early_exit_stops_the_work(engine: str, jobs: list[Job]) -> None:
    before = threading.active_count()
    for _ in restorer.run_jobs(jobs, engine=engine):
        break
    assert threading.active_count() == before


def test_bugs_are_raised_not_swallowed(jobs: list[Job], monkeypatch: pytest.MonkeyPatch) -> None:
    def bug(*args: object, **options: object) -> Result:
        raise ZeroDivisionError

    monkeypatch.setattr(local, "run_job", bug)
    with pytest.raises(ZeroDivisionError):
        list(restorer.run_jobs(jobs))


def test_wrong_engines_and_workers_are_refused() -> None:
    with pytest.raises(restorer.SettingsError, match="local"):
        restorer.run_jobs([], engine="nonsense")
    with pytest.raises(restorer.SettingsError, match="at least 1"):
        restorer.run_jobs([], workers=0)


def test_jobs_and_results_pickle() -> None:
    import pickle

    job = Job(Path("a"), Path("b"), (Step(MODEL),))
    result = Result(job, "done", job.target)
    assert pickle.loads(pickle.dumps(result)) == result


@pytest.mark.parametrize("workers", [1, 2])
def test_networks_run_as_many_as_asked_and_files_are_read_meanwhile(
    workers: int, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    good = [job for job in jobs if job.source.name != "bad.png"]
    lock, ahead = threading.Lock(), threading.Event()
    running = most = started = 0
    forward, read = Predictor.run_rows, formats.read

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
    monkeypatch.setattr(formats, "read", counted_read)
    results = [e for e in restorer.run_jobs(good, workers=workers) if isinstance(e, Result)]
    assert {r.status for r in results} == {"done"}
    assert most == workers


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
