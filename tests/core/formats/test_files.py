"""How files appear, also on systems other than this one."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

import numpy as np
import pytest

from restorer import Image, ImageWriteError, read, write
from restorer.formats import files, sync
from restorer.formats.files import created, leftovers, temporary_name, temporary_target

PICTURE = Image(np.full((4, 5, 3), 7, np.uint8))


@pytest.fixture
def busy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Return how often replacing ``a.png`` still fails, as where a viewer has it open."""
    left, replace = [10**6], os.replace

    def refuse(source: str | Path, target: str | Path) -> None:
        if Path(target).name == "a.png" and left[0]:
            left[0] -= 1
            raise PermissionError(13, "Permission denied")
        replace(source, target)

    monkeypatch.setattr(os, "replace", refuse)
    monkeypatch.setattr(files, "_BUSY_DELAYS_S", (0.0, 0.0, 0.0))
    (tmp_path / "a.png").write_bytes(b"original")
    return left


def test_a_target_that_is_busy_for_a_moment_is_replaced(tmp_path: Path, busy: list[int]) -> None:
    busy[0] = 3
    write(PICTURE, tmp_path / "a.png", existing="replace")
    assert np.array_equal(read(tmp_path / "a.png").pixels, PICTURE.pixels)
    assert os.listdir(tmp_path) == ["a.png"]


def test_the_result_of_a_target_that_stays_busy_is_kept(tmp_path: Path, busy: list[int]) -> None:
    (tmp_path / "a-2.png").write_bytes(b"another")
    with pytest.raises(ImageWriteError, match=r"cannot be replaced.*was saved as a-3\.png"):
        write(PICTURE, tmp_path / "a.png", existing="replace")
    assert np.array_equal(read(tmp_path / "a-3.png").pixels, PICTURE.pixels)
    assert (tmp_path / "a.png").read_bytes() == b"original"
    assert (tmp_path / "a-2.png").read_bytes() == b"another"
    assert sorted(os.listdir(tmp_path)) == ["a-2.png", "a-3.png", "a.png"]


def test_only_results_are_kept_under_other_names(tmp_path: Path, busy: list[int]) -> None:
    with (
        pytest.raises(ImageWriteError, match="Permission denied"),
        created(tmp_path / "a.png", "replace") as file,
    ):
        file.write(b"a cache")
    assert os.listdir(tmp_path) == ["a.png"]


@pytest.mark.parametrize("name", ["a.png", "n" * 255, "ü" * 127 + ".tif", "a.b.part"])
def test_temporary_names_are_short_and_tell_their_target(tmp_path: Path, name: str) -> None:
    made = temporary_name(name)
    assert len(os.fsencode(made)) <= min(255, len(os.fsencode(name)) + 23)
    target = temporary_target(made)
    assert target is not None
    assert name.startswith(target)
    assert target == name or len(os.fsencode(name)) > 230
    (tmp_path / made).touch()
    found = [(path.name, target) for path, target in leftovers(tmp_path, os.getpid())]
    assert found == [(made, target)]


def test_what_an_older_version_left_is_known() -> None:
    assert temporary_target(f".a.png.{'0' * 32}.part") == "a.png"
    assert temporary_target(f".a.png.{'0' * 24}.part") is None


def test_files_reach_the_platter_on_macos(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", lambda _, command: calls.append(command))
    write(PICTURE, tmp_path / "a.png")
    assert calls == [51, 51]  # the file, and its folder


def test_a_share_without_full_sync_gets_a_plain_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(_: int, __: int) -> None:
        raise OSError(45, "Operation not supported")

    synced: list[int] = []
    monkeypatch.setattr(fcntl, "F_FULLFSYNC", 51, raising=False)
    monkeypatch.setattr(fcntl, "fcntl", refuse)
    monkeypatch.setattr(os, "fsync", synced.append)
    with (tmp_path / "a").open("wb") as file:
        sync.sync_file(file.fileno())
        assert synced == [file.fileno()]
