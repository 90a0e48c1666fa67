"""A watched folder gives each file once it is whole, and again after each change."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, Queue

import pytest

from restorer import Decision, FolderWatch, Job, SettingsError, check_apart, plan_jobs
from restorer.batch import watching

SETTLE_S = 0.8
MODEL = "panet-sr-x2-lite"


@contextmanager
def watched(folder: Path, **options: bool) -> Iterator[Queue[str]]:
    """Watch a folder in a thread; the queue gets the names of the files as they are handed out."""
    names: Queue[str] = Queue()
    watch = FolderWatch(
        folder,
        lambda: plan_jobs(folder, folder.parent / "out", [MODEL]).jobs,
        lambda jobs: [Decision(job) for job in jobs],
        settle_s=SETTLE_S,
        **options,
    )

    def follow() -> None:
        for decision in watch:
            names.put(decision.job.source.name)

    thread = threading.Thread(target=follow)
    thread.start()
    try:
        yield names
    finally:
        watch.stop()
        thread.join()


def none_comes(names: Queue[str], seconds: float) -> bool:
    try:
        names.get(timeout=seconds)
    except Empty:
        return True
    return False


@pytest.mark.parametrize("poll", [False, True])
def test_files_are_given_when_they_are_whole_and_again_when_they_change(
    tmp_path: Path, poll: bool
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "old.png").write_bytes(b"old")
    with watched(folder, poll=poll) as names:
        assert names.get(timeout=20) == "old.png"
        growing = folder / "new.png"
        begun = time.monotonic()
        for _ in range(4):  # a slow copy
            with growing.open("ab") as file:
                file.write(b"part")
            time.sleep(SETTLE_S / 8)
        assert names.empty()
        assert names.get(timeout=20) == "new.png"
        assert time.monotonic() - begun >= 1.3 * SETTLE_S
        growing.write_bytes(b"another picture")
        assert names.get(timeout=20) == "new.png"
        (folder / "notes.txt").write_text("no picture")
        assert none_comes(names, 2 * SETTLE_S)


def test_a_folder_that_is_away_is_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"a")
    with watched(folder) as names:
        assert names.get(timeout=20) == "a.png"
        shutil.rmtree(folder)
        (tmp_path / "later").mkdir()
        (tmp_path / "later" / "b.png").write_bytes(b"b")
        time.sleep(2 * SETTLE_S)
        (tmp_path / "later").rename(folder)
        assert names.get(timeout=20) == "b.png"
    assert sum("waiting for the folder" in record.message for record in caplog.records) <= 1


def test_an_empty_file_waits_longer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "_EMPTY_S", 2 * SETTLE_S)
    folder = tmp_path / "in"
    folder.mkdir()
    begun = time.monotonic()
    (folder / "a.png").touch()
    with watched(folder) as names:
        assert names.get(timeout=20) == "a.png"
        assert time.monotonic() - begun >= 2 * SETTLE_S


@pytest.mark.parametrize(
    ("source", "target"), [("a", "a"), ("a", "a/b"), ("a/b", "a"), ("a", "link/b")]
)
def test_folders_that_overlap_are_refused(tmp_path: Path, source: str, target: str) -> None:
    (tmp_path / "a" / "b").mkdir(parents=True)
    (tmp_path / "link").symlink_to(tmp_path / "a")
    with pytest.raises(SettingsError, match="is inside the other"):
        check_apart(tmp_path / source, tmp_path / target)


def test_folders_beside_each_other_are_fine(tmp_path: Path) -> None:
    check_apart(tmp_path / "a", tmp_path / "ab")
    check_apart(tmp_path, "memory://a")
    with pytest.raises(SettingsError, match="is inside the other"):
        check_apart("memory://a/b", "memory://a")


def test_a_missing_package_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"install restorer\[watch\]"):
        FolderWatch(tmp_path, list, list)


def test_files_are_kept_while_the_folder_of_results_is_away(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watching, "_RESCAN_S", SETTLE_S)
    folder, calls, names = tmp_path / "in", [], list[str]()
    folder.mkdir()
    (folder / "a.png").write_bytes(b"a")

    def decide(jobs: Sequence[Job]) -> list[Decision]:
        calls.extend(jobs)
        if len(calls) == 1:
            raise SettingsError("out: cannot be read")
        return [Decision(job) for job in jobs]

    watch = FolderWatch(
        folder, lambda: plan_jobs(folder, tmp_path / "out", [MODEL]).jobs, decide, settle_s=SETTLE_S
    )
    for decision in watch:
        names.append(decision.job.source.name)
        if len(names) == 1:  # another run holds its claim; it comes again with the next file
            watch.forget(decision.job.source)
            (folder / "b.png").write_bytes(b"b")
        if len(names) == 3:
            watch.stop()
    assert sorted(names) == ["a.png", "a.png", "b.png"]


def test_a_file_that_an_older_one_replaces_is_given_again(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "a.png").write_bytes(b"a")
    with watched(folder) as names:
        assert names.get(timeout=20) == "a.png"
        os.utime(folder / "a.png", (10**9, 10**9))
        assert names.get(timeout=20) == "a.png"


def test_a_watch_that_the_system_refuses_is_said_once_and_files_come_still(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refuse(*paths: object, **options: object) -> Iterator[object]:
        raise PermissionError("in/sub")  # an unreadable folder inside
        yield

    monkeypatch.setattr("watchfiles.watch", refuse)
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "a.png").write_bytes(b"a")
    with watched(tmp_path / "in") as names:
        assert names.get(timeout=20) == "a.png"
        time.sleep(1.2)
    assert caplog.text.count("waiting for the folder") == 1
