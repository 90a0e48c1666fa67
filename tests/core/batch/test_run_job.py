"""One job: how often it touches its files."""

from __future__ import annotations

import os
import time
from pathlib import Path
from typing import Any

import pytest

import restorer
from restorer import Job, Settings, Step
from restorer.batch import memory

from helpers import make_photograph


def test_a_source_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, opened = tmp_path / "in.png", []
    restorer.write(restorer.Image(make_photograph(24, 24)), source)
    open_path = Path.open

    def counted(path: Path, *arguments: Any, **options: Any) -> Any:
        opened.append(path)
        return open_path(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", counted)
    job = Job(source, tmp_path / "out.png", (Step("panet-sr-x2-lite"),))
    assert restorer.run_job(job).status == "done"
    assert opened.count(source) == 1


@pytest.mark.parametrize("streamed", [False, True])
@pytest.mark.parametrize("keep", [False, True])
def test_file_times_are_those_of_the_source_on_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, keep: bool, streamed: bool
) -> None:
    source, target, then = tmp_path / "in.tif", tmp_path / "out.tif", 1_000_000_000_123_456_700
    restorer.write(restorer.Image(make_photograph(24, 24)), source)
    source.chmod(0o444)
    os.utime(source, ns=(then, then))
    if streamed:
        monkeypatch.setattr(memory, "SHARE", 0)
    before = time.time_ns() - 10**10
    job = Job(source, target, (Step("panet-sr-x2-lite"),), Settings(keep_times=keep))
    assert restorer.run_job(job).status == "done"
    state = target.stat()
    assert (state.st_mtime_ns == then) if keep else (state.st_mtime_ns > before)
    assert state.st_mode & 0o200, "permissions are those of a new file"
