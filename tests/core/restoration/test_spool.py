"""Rows that a stopped job has finished are not computed again, and change nothing."""

from __future__ import annotations

import io
import signal
import subprocess
import sys
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from unittest.mock import patch

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from restorer import CancelToken, Image, Job, JobContext, Settings, Step, formats, run_job
from restorer.batch import kept_rows, memory
from restorer.errors import Cancelled
from restorer.inference.predictor import Predictor
from restorer.restoration import planning, streaming
from restorer.restoration.spool import Resumption, Spool

from helpers import make_photograph, make_spec

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"
BATCH = """
import sys
from restorer.batch import kept_rows, memory
from restorer.cli import main
memory.SHARE = kept_rows._LONG_PIXELS = 0
main()
"""


class Smooth(nn.Module):
    """A network that sees its neighbors, and counts its tiles."""

    def __init__(self, scale: int, stop: CancelToken, at: int) -> None:
        super().__init__()
        self.scale, self.tiles, self._stop, self._at = scale, 0, stop, at

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        self.tiles += 1
        if self.tiles == self._at:
            self._stop.cancel()
        y = nn.functional.avg_pool2d(x[:, :3], 3, 1, 1)
        return nn.functional.interpolate(y, scale_factor=self.scale, mode="bilinear")


def noisy(height: int, width: int) -> Image:
    values = make_photograph(height, width) / np.float32(255)
    values = values + np.random.default_rng(0).normal(0, 0.1, values.shape).astype(np.float32)
    return Image(np.zeros((1, 1, 3), np.uint8)).with_float(values.astype(np.float32), bits=16)


@settings(max_examples=8)
@given(
    scales=st.sampled_from([(1,), (2,), (1, 2), (2, 1)]),
    at=st.integers(1, 12),
    step=st.integers(0, 1),
    border=st.integers(0, 5),
    wishes=st.builds(
        Settings,
        bits=st.sampled_from([None, 8, 16, 32]),
        dither=st.booleans(),
        profile=st.sampled_from(["keep", "srgb", "display-p3"]),
        overlap=st.integers(0, 8),
    ),
    cut=st.integers(0, 400),
)
def test_a_stopped_job_goes_on_with_its_rows_and_gives_the_same_file(
    tmp_path_factory: pytest.TempPathFactory,
    scales: tuple[int, ...],
    at: int,
    step: int,
    border: int,
    wishes: Settings,
    cut: int,
) -> None:
    folder = tmp_path_factory.mktemp("rows")
    formats.write(noisy(64, 24), folder / "in.tif")
    step = min(step, len(scales) - 1)

    def restored(name: str, at: int, side: int, kept: Resumption | None) -> list[int]:
        stop = CancelToken()
        networks = [Smooth(s, stop, at if n == step else 0) for n, s in enumerate(scales)]
        passes = [
            (Predictor(make_spec(s, border=border), n, "cpu", "fp32"), Step("fake"))
            for n, s in zip(networks, scales, strict=True)
        ]
        with formats.open_source(folder / "in.tif") as source:
            smaller = patch.object(planning._Planner, "_side", lambda *_: (side, ""))
            with smaller, suppress(Cancelled):
                streaming.StreamedRestoration(
                    source.rows(), passes, wishes, cancel=stop, resumption=kept
                ).write(folder / name, "replace")
        return [network.tiles for network in networks]

    whole = restored("whole.tif", 0, 16, None)
    resumption = Resumption(folder / "job", {"request": "one"})
    stopped = restored("out.tif", at, 16, resumption)
    files = sorted(folder.glob("job-*.rows"))
    if cut:  # a crash loses the end of what was written last
        data = files[-1].read_bytes()
        files[-1].write_bytes(data[: max(len(data) - cut, data.index(b"\n") + 1)])
    before = sum(file.stat().st_size for file in files)
    again = restored("out.tif", 0, 32, resumption)  # more memory is free now
    assert (folder / "out.tif").read_bytes() == (folder / "whole.tif").read_bytes()
    if not cut and before > 2000 and stopped != whole:
        assert sum(again) < sum(whole)
    resumption.remove()
    assert not [*folder.glob("*.rows")]


@given(
    sizes=st.lists(st.integers(1, 4), min_size=1, max_size=4),
    kept=st.floats(0, 1),
    junk=st.binary(max_size=40),
)
def test_whole_bands_survive_a_cut_at_any_byte(sizes: list[int], kept: float, junk: bytes) -> None:
    rng = np.random.default_rng(0)
    bands = [rng.integers(0, 65535, (n, 3, 2), np.uint16) for n in sizes]
    file = io.BytesIO()
    spool = Spool(file)
    assert spool.begin({"plan": 1}, 3, 2, np.uint16) == 0
    ends = []
    for band in bands:
        spool.append(band)
        ends.append((file.tell(), spool.rows))
    length = int(kept * ends[-1][0])
    cut = io.BytesIO(file.getvalue()[:length] + junk)
    rows = max([n for end, n in ends if end <= length], default=0)
    found = Spool(cut)
    assert found.begin({"plan": 1}, 3, 2, np.uint16) == rows
    found.append(bands[0])
    expected = np.concatenate([*bands, bands[0]])[:rows]
    np.testing.assert_array_equal(found.read(0, rows + len(bands[0]))[:rows], expected)
    np.testing.assert_array_equal(found.read(rows, rows + len(bands[0])), bands[0])
    assert Spool(cut).begin({"plan": 2}, 3, 2, np.uint16) == 0
    assert cut.getvalue().count(b"\n") == 1


@pytest.mark.skipif(sys.platform == "win32", reason="kills by signals")
def test_a_batch_that_is_killed_goes_on_inside_of_a_picture(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source, out, whole = tmp_path / "in" / "a.tif", tmp_path / "out", tmp_path / "whole.tif"
    source.parent.mkdir()
    formats.write(noisy(400, 40), source)
    words = ["--task", "denoising", "--task", "super-resolution", "--scale", "2", "--tile", "32"]
    command = [sys.executable, "-c", BATCH, "batch", str(source.parent), str(out), *words]
    for step, share in ((0, 0.5), (1, 0.3)):  # killed twice
        size = (400 * 40 * 12, 800 * 80 * 6)[step] * share
        with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
            deadline = time.monotonic() + 60
            while not any(f.stat().st_size > size for f in out.glob(f".restorer/*-{step}.rows")):
                assert time.monotonic() < deadline
                assert process.poll() is None, process.stderr and process.stderr.read()
                time.sleep(0.002)
            process.kill()
        assert process.returncode == -signal.SIGKILL
        assert not (out / "a.tif").exists()
    done = subprocess.run([*command, "--verbose"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert "800 rows were kept" in done.stderr
    assert not [*out.glob(".restorer/*.rows")]
    monkeypatch.setattr(memory, "SHARE", 0)
    steps = tuple(map(Step, (DENOISE, ENLARGE)))
    assert run_job(Job(source, whole, steps, Settings(tile=32))).status == "done"
    assert (out / "a.tif").read_bytes() == whole.read_bytes()


@pytest.mark.parametrize("change", ["nothing", "source", "settings"])
def test_rows_of_another_request_or_source_are_dropped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    source, (tiles, stop) = tmp_path / "in.tif", ([], CancelToken())
    monkeypatch.setattr(memory, "SHARE", 0)
    monkeypatch.setattr(kept_rows, "_LONG_PIXELS", 0)
    (tmp_path / "out" / ".restorer").mkdir(parents=True)
    formats.write(noisy(200, 24), source)
    job = Job(source, tmp_path / "out" / "a.tif", (Step(DENOISE, sigma=9),), Settings(tile=32))

    def report(phase: str, done: int, total: int) -> None:
        if phase == "restore":
            tiles.append((done, total))
        if len(tiles) == 12:
            stop.cancel()

    assert run_job(job, JobContext(report, stop)).status == "cancelled"
    if change == "source":
        formats.write(noisy(200, 24), source)
    if change == "settings":
        job = replace(job, settings=replace(job.settings, dither=True))
    tiles.clear()
    assert run_job(job, JobContext(report)).status == "done"
    assert tiles[-1][0] == tiles[-1][1]
    assert (tiles[0][0] > 1) == (change == "nothing")
    assert not [*tmp_path.rglob("*.rows")]
