"""One job: how often it touches its files."""

from __future__ import annotations

import os
import sys
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


@pytest.fixture
def no_open_target(monkeypatch: pytest.MonkeyPatch) -> None:
    """Replace no file that this process has open, as Windows does."""
    replace = os.replace

    def guarded(source: str | Path, target: str | Path) -> None:
        for descriptor in os.listdir("/proc/self/fd"):
            link = f"/proc/self/fd/{descriptor}"
            if os.path.lexists(link) and os.readlink(link) == os.fspath(target):
                raise PermissionError(13, "The process cannot access the file")
        replace(source, target)

    monkeypatch.setattr(os, "replace", guarded)


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("kind", ["whole", "streamed", "pages", "animation"])
def test_a_file_is_closed_before_its_result_replaces_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_open_target: None, kind: str
) -> None:
    path = tmp_path / ("in.gif" if kind == "animation" else "in.tif")
    image = restorer.Image(make_photograph(24, 24))
    if kind in ("pages", "animation"):
        restorer.write_pages([image, image], path)
    else:
        restorer.write(image, path)
    if kind == "streamed":
        monkeypatch.setattr(memory, "SHARE", 0)
    before = path.read_bytes()
    with path.open("rb"), pytest.raises(PermissionError):
        os.replace(path, path)
    job = Job(path, path, (Step("panet-denoise-lite", sigma=5),), Settings(existing="replace"))
    result = restorer.run_job(job)
    assert result.status == "done", result.error
    assert path.read_bytes() != before
    assert os.listdir(tmp_path) == [path.name]
