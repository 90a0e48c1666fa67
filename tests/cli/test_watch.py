"""`restore watch` restores what arrives, goes on after a restart, and ends on a signal."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

import restorer
from restorer import Image

COMMAND = [sys.executable, "-m", "restorer", "watch", "in", "out", "--settle", "0.3"]
MODEL = ["--model", "panet-sr-x2-lite", "--jobs", "1"]


def picture(path: Path, level: int) -> None:
    restorer.write(Image(np.full((8, 8, 3), level, np.uint8)), path)


def wait_for(path: Path, level: int, process: subprocess.Popen[str]) -> None:
    deadline = time.monotonic() + 90
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()
        if path.is_file() and abs(restorer.read(path).pixels.mean() - level) < 4:
            return
        time.sleep(0.1)
    raise AssertionError(f"{path} does not appear")


@pytest.mark.skipif(os.name == "nt", reason="signals of Unix")
def test_arriving_files_are_restored_once_over_restarts(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    picture(tmp_path / "in" / "a.png", 40)
    for number, arrivals in enumerate(([("b.png", 90)], [("c.png", 140), ("a.png", 200)])):
        with subprocess.Popen(
            [*COMMAND, *MODEL],
            cwd=tmp_path,
            text=True,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        ) as process:
            if number == 0:
                wait_for(tmp_path / "out" / "a.png", 40, process)
            for name, level in arrivals:
                picture(tmp_path / "in" / name, level)
            for name, level in arrivals:
                wait_for(tmp_path / "out" / name, level, process)
            process.send_signal(signal.SIGTERM)
            said, warned = process.communicate(timeout=60)
        assert process.returncode == 0, warned
        assert "2 done" in said, said
    assert "1 skipped" in said  # b.png, done before; c.png is new, a.png has changed
    assert sorted(p.name for p in (tmp_path / "out").glob("*.png")) == ["a.png", "b.png", "c.png"]


def test_folders_that_overlap_and_dry_runs_are_refused(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    for words, expected in (
        (["in", "in/out"], "is inside the other"),
        (["in", "out", "--dry-run"], "`restore batch` with --dry-run shows a plan"),
    ):
        command = [*COMMAND[:4], *words]
        found = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
        assert found.returncode == 2
        assert expected in found.stderr
