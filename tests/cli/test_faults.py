"""A batch whose disk, folders or permissions fail midway, and the run after it."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import faults
import pytest

from restorer import Job, JobContext, Result, run_job
from restorer.batch.engines import worker

COUNT = 8


@pytest.fixture
def source(tmp_path: Path, make_picture: Callable[..., Path]) -> Path:
    for number in range(COUNT):
        make_picture(tmp_path / "in" / f"{number}.png", 16 + number)
    return tmp_path / "in"


@pytest.fixture
def batch(restore: Callable[..., Any], source: Path) -> Callable[..., tuple[int, str]]:
    """Restore the pictures into a folder; return the exit code and all that was said."""

    def run(out: Path, *words: str) -> tuple[int, str]:
        restored = restore("batch", source, out, "--task", "denoising", "--sigma", "20", *words)
        return restored.exit_code, restored.output

    return run


@pytest.fixture
def mount() -> Iterator[Callable[..., None]]:
    """Mount over a folder until the end of the test; where that is not allowed, skip it."""
    mounted: list[Path] = []

    def make(folder: Path, *words: str) -> None:
        folder.mkdir(exist_ok=True)
        command = ["mount", *words, str(folder)]
        try:
            subprocess.run(command, check=True, capture_output=True)
        except (OSError, subprocess.CalledProcessError):
            pytest.skip("nothing can be mounted here")
        if "remount" not in " ".join(words):
            mounted.append(folder)

    yield make
    for folder in reversed(mounted):
        subprocess.run(["umount", "-l", str(folder)], check=True)


def results(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("*.png")}


def hidden(folder: Path) -> list[Path]:
    return [*folder.glob(".*.part"), *folder.glob(".*.mark"), *folder.glob(".restorer/claims/*")]


@pytest.fixture
def midway(monkeypatch: pytest.MonkeyPatch) -> Callable[[Callable[[], object]], None]:
    """Have something happen before the fourth file."""

    def plan(action: Callable[[], object]) -> None:
        begun = []

        def counted(job: Job, context: JobContext) -> Result:
            begun.append(job)
            if len(begun) == COUNT // 2:
                action()
            return run_job(job, context)

        monkeypatch.setattr(worker, "run_job", counted)

    return plan


@pytest.mark.parametrize("engine", ["serial", "local"])
def test_bugs_in_readers_and_encoders_fail_their_files_alone(
    engine: str,
    batch: Callable[..., tuple[int, str]],
    source: Path,
    out: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    faults.install(monkeypatch.setattr)
    (source / "3.png").rename(source / "crash.png")
    code, said = batch(out, "--engine", engine, "--quiet")
    assert code == 1
    assert "failed: " in said
    assert "crash.png: the program failed; please report this error: ZeroDivisionError at" in said
    assert sorted(results(out)) == sorted(f"{n}.png" for n in range(COUNT) if n != 3)
    assert hidden(out) == []


def test_a_full_disk_fails_files_and_the_next_run_completes_them(
    batch: Callable[..., tuple[int, str]], out: Path, tmp_path: Path, mount: Callable[..., None]
) -> None:
    batch(tmp_path / "whole")
    mount(out, "-t", "tmpfs", "-o", "size=24k", "tmpfs")
    code, said = batch(out)
    assert code == 1
    assert "No space left on device" in said
    assert "the journal in the folder of results cannot be written" in said
    assert 0 < len(results(out)) < COUNT
    assert list(out.glob(".*.part")) == []
    mount(out, "-o", "remount,size=1m")
    code, said = batch(out)
    assert code == 0, said
    assert results(out) == results(tmp_path / "whole")
    assert hidden(out) == []


def test_a_folder_that_becomes_read_only_fails_files_and_the_next_run_completes_them(
    batch: Callable[..., tuple[int, str]],
    out: Path,
    tmp_path: Path,
    mount: Callable[..., None],
    midway: Callable[..., None],
) -> None:
    batch(tmp_path / "whole")

    def protect() -> None:
        mount(out, "--bind", str(out))
        mount(out, "-o", "remount,bind,ro")

    midway(protect)
    code, said = batch(out, "--engine", "serial")
    assert code == 1
    assert said.count("no permission to write in") == COUNT // 2 + 1
    assert "the journal in the folder of results cannot be written" in said
    subprocess.run(["mount", "-o", "remount,bind,rw", str(out)], check=True)
    code, said = batch(out)
    assert code == 0, said
    assert results(out) == results(tmp_path / "whole")
    assert hidden(out) == []


@pytest.mark.parametrize("fault", ["input gone", "output gone", "output renamed"])
@pytest.mark.skipif(os.name == "nt", reason="open files stay there")
def test_folders_that_go_midway_cost_files_that_the_next_run_makes(
    fault: str,
    batch: Callable[..., tuple[int, str]],
    source: Path,
    out: Path,
    tmp_path: Path,
    midway: Callable[..., None],
) -> None:
    batch(tmp_path / "whole")
    shutil.copytree(source, tmp_path / "copy")
    actions = {
        "input gone": lambda: shutil.rmtree(source),
        "output gone": lambda: shutil.rmtree(out),
        "output renamed": lambda: out.rename(tmp_path / "elsewhere"),
    }
    midway(actions[fault])
    code, said = batch(out, "--engine", "serial")
    if fault == "input gone":
        assert code == 1
        assert said.count("No such file or directory") == COUNT // 2 + 1
        (tmp_path / "copy").rename(source)
    else:
        assert code == 1
        assert "run the command again, which restores what is missing" in said
        assert len(results(out)) == COUNT // 2 + 1
    code, said = batch(out)
    assert code == 0, said
    assert results(out) == results(tmp_path / "whole")
    assert hidden(out) == []
