"""Jobs on pictures that are too large for memory: what ends well, and what is left else."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tifffile

import restorer
from restorer import Image, Job, Settings, Step, formats
from restorer.batch import memory
from restorer.formats.tiff import bands
from restorer.restoration.spool import Spool

from helpers import make_photograph
from large_files import DENOISE, ENLARGE, job, picture, write_small_strips


@pytest.fixture(autouse=True)
def _everything_is_large(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(memory, "SHARE", 0)


def test_chain_of_the_shipped_networks_gives_the_pixels_of_the_whole(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    steps = [Step(DENOISE), Step(ENLARGE)]
    first = job(source, *steps)
    assert (first.status, len(streams)) == ("done", 1)
    found = formats.read(first.target)
    monkeypatch.setattr(memory, "SHARE", 1)
    second = job(source, *steps, existing="replace")
    assert len(streams) == 1
    expected = formats.read(second.target)
    assert first.plans == second.plans
    np.testing.assert_allclose(found.pixels.astype(int), expected.pixels, atol=1)
    assert sorted(p.name for p in source.parent.iterdir()) == ["in.tif", "out.tif"]


def test_only_what_is_large_and_from_tiff_to_tiff_is_streamed(
    source: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def run(name: str, **options: Any) -> str:
        target = source.with_name(name)
        return restorer.run_job(
            Job(source, target, (Step(DENOISE, sigma=9),), Settings(tile=32, **options))
        ).status

    assert run("out.png") == "done"
    monkeypatch.setattr(memory, "SHARE", 1)
    assert run("whole.tif") == "done"
    assert not streams
    monkeypatch.setattr(memory, "SHARE", 0)
    assert run("rows.tif") == "done"
    assert [path.name for path in streams] == ["rows.tif"]


def with_alpha(path: Path) -> None:
    formats.write(Image(np.full((20, 20, 4), 99, np.uint8)), path)


def of_floats(path: Path) -> None:
    formats.write(Image(np.full((20, 20, 3), 0.5, np.float32)), path)


def turned(path: Path) -> None:
    tag = (274, 3, 1, 6, True)
    values = make_photograph(20, 20)
    tifffile.imwrite(path, values, photometric="rgb", metadata=None, extratags=[tag])


def of_one_strip(path: Path) -> None:
    with path.open("w+b") as file:
        write_small_strips(file, picture(30, 20, 16, 3), rowsperstrip=30)


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        (with_alpha, "has transparency"),
        (of_floats, "has float samples"),
        (turned, "is to be turned"),
        (of_one_strip, "strips are 30 rows high"),
    ],
    ids=["alpha", "floats", "turned", "one strip"],
)
def test_what_cannot_be_streamed_is_held_whole_or_refused_with_the_reason(
    tmp_path: Path, streams: list[Path], monkeypatch: pytest.MonkeyPatch, make: Any, reason: str
) -> None:
    monkeypatch.setattr(bands, "_MAX_ROW_BYTES", 2000)
    make(tmp_path / "in.tif")
    assert job(tmp_path / "in.tif", Step(DENOISE, sigma=9)).status == "done"
    assert not streams
    (tmp_path / "out.tif").unlink()
    monkeypatch.setattr("restorer.batch.run_rows.free_bytes", lambda device: 1000)
    result = job(tmp_path / "in.tif", Step(DENOISE, sigma=9))
    assert result.status == "failed"
    assert reason in result.error
    assert "in.tif" in result.error
    assert "cannot be streamed" in result.error
    assert not (tmp_path / "out.tif").exists()


@pytest.mark.parametrize(
    "step",
    [Step(ENLARGE, strength=0.5), Step(DENOISE, sigma=9, detail=0.5)],
    ids=["strength", "detail"],
)
def test_steps_that_need_the_whole_picture_get_it(
    source: Path, streams: list[Path], step: Step
) -> None:
    assert job(source, step).status == "done"
    assert not streams


@pytest.mark.parametrize("compression", ["zlib", "lzw"])
def test_damage_in_the_middle_fails_the_job_and_leaves_nothing(
    source: Path, streams: list[Path], compression: str
) -> None:
    with source.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3), compression=compression)
    with tifffile.TiffFile(source) as file:
        at, size = file.pages[0].dataoffsets[3], file.pages[0].databytecounts[3]
    data = bytearray(source.read_bytes())
    data[at + size // 3 : at + size // 3 + 60] = b"\xf7" * 60
    source.write_bytes(data)
    result = job(source, Step(DENOISE, sigma=9))
    assert streams
    assert result.status == "failed"
    assert str(source) in result.error
    assert "rows 30 to 40 are damaged" in result.error
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]
    assert source.read_bytes() == data


def test_existing_targets_are_skipped_replaced_or_numbered(
    source: Path, streams: list[Path]
) -> None:
    original = source.read_bytes()
    target = source.with_name("out.tif")
    target.write_bytes(b"mine")
    step = Step(DENOISE, sigma=9)
    assert job(source, step).status == "skipped"
    assert target.read_bytes() == b"mine"
    numbered = job(source, step, existing="number")
    assert (numbered.status, numbered.target.name) == ("done", "out-2.tif")
    assert target.read_bytes() == b"mine"
    assert job(source, step, existing="replace").status == "done"
    assert target.read_bytes() == numbered.target.read_bytes()
    assert len(streams) == 2
    assert source.read_bytes() == original


@pytest.mark.parametrize("existing", ["skip", "number"])
def test_rival_that_writes_the_target_meanwhile_is_spared(
    source: Path, streams: list[Path], rival: Callable[[Path], None], existing: str
) -> None:
    target = source.with_name("out.tif")
    rival(target)
    result = job(source, Step(DENOISE, sigma=9), existing=existing)
    expected = ("skipped", "out.tif") if existing == "skip" else ("done", "out-2.tif")
    assert (result.status, result.target.name) == expected
    assert streams
    assert target.read_text() == "rival"


def test_full_disk_fails_the_job_and_leaves_nothing(
    source: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Spool, "append", full)
    result = job(source, Step(DENOISE, sigma=9), Step(ENLARGE))
    assert result.status == "failed"
    assert "out.tif: cannot be written: No space left" in result.error
    assert [path.name for path in source.parent.iterdir()] == ["in.tif"]


def test_missing_strips_are_refused_before_the_work(source: Path, streams: list[Path]) -> None:
    source.write_bytes(source.read_bytes()[:-3000])
    result = job(source, Step(DENOISE, sigma=9))
    assert result.status == "failed"
    assert not streams


def test_budget_message_tells_of_streaming(source: Path) -> None:
    result = job(source, Step(DENOISE, sigma=9), max_pixels=100)
    assert result.status == "failed"
    assert "max-pixels (from TIFF to TIFF" in result.error
