"""What was written is on the disk soon, whatever follows."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import pytest

from restorer.batch.syncing import DelayedSync


class Disk:
    """Counts the changes that were synced."""

    def __init__(self, error: OSError | None = None) -> None:
        self.written = self.safe = self.syncs = 0
        self.error = error
        self.synced = threading.Event()

    def sync(self) -> None:
        self.syncs += 1
        self.safe = self.written
        error = self.error
        self.synced.set()
        if error is not None:
            raise error


@pytest.fixture
def disk() -> Disk:
    return Disk()


@pytest.fixture
def syncing(disk: Disk) -> Iterator[DelayedSync]:
    syncing = DelayedSync(disk.sync, 0.05)
    yield syncing
    syncing.close()


def test_a_last_change_is_synced_without_another_one(disk: Disk, syncing: DelayedSync) -> None:
    with syncing.change():
        disk.written += 1
    assert disk.synced.wait(5)
    assert disk.safe == 1


def test_many_changes_share_a_sync(disk: Disk, syncing: DelayedSync) -> None:
    start = time.monotonic()
    for _ in range(1000):
        with syncing.change():
            disk.written += 1
    assert disk.syncs <= 1 + (time.monotonic() - start) / 0.05
    while disk.safe < 1000:
        disk.synced.clear()
        assert disk.synced.wait(5)


def test_an_error_is_raised_by_the_next_change_once() -> None:
    disk = Disk(OSError("full"))
    syncing = DelayedSync(disk.sync, 0.01)
    with syncing.change():
        pass
    assert disk.synced.wait(5)

    def change() -> None:
        with syncing.change():
            disk.written += 1

    disk.error = None
    with pytest.raises(OSError, match="full"):
        change()
    change()
    assert disk.written == 2, "a record is written though one before could not be synced"
    syncing.close()


def test_closing_ends_the_thread_that_is_about_to_sync(disk: Disk) -> None:
    syncing = DelayedSync(disk.sync, 0.01)
    closing = threading.Thread(target=syncing.close, daemon=True)
    with syncing.change():
        syncing._changed.set()
        time.sleep(0.2)  # the thread waits for this change to end
        closing.start()
        while not syncing._ended.is_set():
            time.sleep(0.001)
        time.sleep(0.05)
    closing.join(10)
    assert not closing.is_alive()
