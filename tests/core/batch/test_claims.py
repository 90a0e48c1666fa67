"""Claims: at most one live run holds a target."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace

import pytest

from restorer.batch.claims import Claims, mark_name, remove_ended, remove_marks, run_name


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "claims").mkdir()
    return tmp_path


def begun(folder: Path, name: str | None = None) -> Claims:
    return Claims(folder / "claims", name or run_name("now"))


@pytest.fixture
def runs(folder: Path) -> Iterator[list[Claims]]:
    both = [begun(folder) for _ in range(2)]
    yield both
    for run in both:
        run.close()


@pytest.fixture(params=["links", "no links"])
def links(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """File systems with and without hard links."""

    def refuse(*paths: object) -> None:
        raise PermissionError

    if request.param == "no links":
        monkeypatch.setattr("restorer.batch.claims.os.link", refuse)


@pytest.mark.usefixtures("links")
def test_a_target_is_held_until_it_is_released(runs: list[Claims]) -> None:
    mine, other = runs
    assert mine.take("a.png")
    assert not other.take("a.png")
    assert other.take("b.png")
    mine.release("a.png")
    assert other.take("a.png")


@pytest.mark.usefixtures("links")
def test_of_many_runs_one_gets_a_target(runs: list[Claims]) -> None:
    with ThreadPoolExecutor(8) as threads:
        taken = list(threads.map(lambda n: runs[n % 2].take("a.png"), range(40)))
    assert sum(taken) == 1


def test_a_run_that_ends_leaves_no_claim(folder: Path) -> None:
    run = begun(folder)
    assert run.take("a.png")
    run.close()
    assert list((folder / "claims").iterdir()) == []


def test_claims_of_a_killed_process_are_taken_over_at_once(folder: Path) -> None:
    script = (
        "import os, sys; from pathlib import Path; from restorer.batch.claims import *;"
        "claims = Claims(Path(sys.argv[1]) / 'claims', run_name('then'));"
        "print(claims.take('a.png'), flush=True); os.kill(os.getpid(), 9)"
    )
    done = subprocess.run([sys.executable, "-c", script, folder], capture_output=True, text=True)
    assert done.stdout == "True\n", done.stderr
    run = begun(folder)
    assert run.take("a.png")
    run.close()


@pytest.mark.usefixtures("links")
def test_a_run_elsewhere_is_dead_after_a_minute_without_a_sign_of_life(folder: Path) -> None:
    other = begun(folder, "then-0123abcd-1-beef")  # another machine
    assert other.take("a.png")
    other._heart.stop()  # hangs
    run = begun(folder)
    assert not run.take("a.png")
    past = time.time() - 61
    os.utime(folder / "claims" / "then-0123abcd-1-beef.run", (past, past))
    assert run.take("a.png")
    run.close()


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """A clock that never jumps, `ahead` seconds before the real one."""
    clock = SimpleNamespace(ahead=0.0, monotonic=lambda: time.monotonic() + clock.ahead)
    monkeypatch.setattr("restorer.batch.claims.time", clock)
    return clock


@pytest.mark.parametrize("jump", [3600, -3600], ids=["ahead", "back"])
@pytest.mark.parametrize("where", ["here", "elsewhere"])
def test_a_clock_that_jumps_costs_no_live_run_its_claim(
    jump: float, where: str, folder: Path, clock: SimpleNamespace
) -> None:
    name = run_name("now") if where == "here" else f"now-0123abcd-1-{abs(jump)}{jump < 0}"
    other, run = begun(folder, name), begun(folder)
    assert other.take("a.png")
    clock.ahead -= jump  # all clocks of files have jumped since
    sign = time.time() - jump
    os.utime(folder / "claims" / f"{name}.run", (sign, sign))
    assert not run.take("a.png")
    clock.ahead += 20
    other._sign()
    assert not run.take("a.png")
    os.utime(folder / "claims" / f"{name}.run", (sign, sign))  # it never gave that sign
    assert not run.take("a.png")
    clock.ahead += 30
    assert run.take("a.png")
    other.close()
    run.close()


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="a device of Linux")
def test_a_claim_that_a_full_disk_cuts_is_gone(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*paths: object) -> None:
        raise PermissionError

    run = begun(folder)
    monkeypatch.setattr("restorer.batch.claims.os.link", refuse)
    full = os.open("/dev/full", os.O_WRONLY)
    with monkeypatch.context() as patch:
        patch.setattr(Path, "open", lambda path, *a, **k: os.fdopen(full, "wb", buffering=0))
        patch.setattr(Path, "unlink", lambda path, **k: removed.append(path.suffix))
        removed: list[str] = []
        with pytest.raises(OSError, match="No space left"):
            run.take("a.png")
        assert removed == [".claim"]
    run.close()


def test_what_killed_processes_left_is_removed(folder: Path) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    mark = mark_name()
    dead = mark.replace(f"-{os.getpid()}-", f"-{int(ended.stdout)}-")
    for name in (mark, dead):
        (folder / name).touch()
        (folder / f"ray{name}").mkdir()
    remove_marks(folder)
    remove_ended(folder, "ray*")
    assert {path.name for path in folder.iterdir()} == {"claims", mark, f"ray{mark}"}
