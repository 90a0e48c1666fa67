"""The disk space that the results of a batch need, by file system."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from restorer.batch.jobs import Job
from restorer.batch.stores.address import Address
from restorer.batch.stores.store import FileState


@dataclass(frozen=True)
class DiskNeed:
    """Disk space that results need on one file system.

    Attributes:
        folder: The folder of the first of these results, or the nearest one that exists.
        needed_bytes: Estimated size of all results, less that of the files that they replace.
        free_bytes: Free space.
    """

    folder: Path
    needed_bytes: int
    free_bytes: int

    @property
    def short(self) -> bool:
        """Whether the results would not fit."""
        return self.needed_bytes > self.free_bytes


class DiskSpace:
    """Adds up the sizes of results by file systems."""

    def __init__(self) -> None:
        self._disks: dict[str, int] = {}  # by folder
        self._folders: dict[int, Path] = {}
        self._needed: Counter[int] = Counter()
        self._replaced: Counter[int] = Counter()
        self._files: Counter[int] = Counter()
        self._known: Counter[int] = Counter()  # files of known size

    def add(self, job: Job, size_bytes: int, *, known: bool) -> None:
        """Add the result of a job, less the file that it replaces.

        Args:
            job: The job; what has an address is left out, since stores do not tell what is free.
            size_bytes: Estimated size of the result.
            known: Whether the header of the source was read. Results of others count 0 bytes, and
                are taken to be as large as those that are known.
        """
        if isinstance(job.target, Address):
            return
        disk = self._disk(os.path.dirname(job.target))
        state = FileState.of(job.target) if job.settings.existing == "replace" else None
        self._replaced[disk] += 0 if state is None else state.size_bytes
        self._needed[disk] += size_bytes
        self._files[disk] += 1
        self._known[disk] += known

    def needs(self) -> tuple[DiskNeed, ...]:
        """Return the sums."""
        return tuple(
            DiskNeed(folder, max(0, self._need(disk)), shutil.disk_usage(folder).free)
            for disk, folder in self._folders.items()
        )

    def _need(self, disk: int) -> int:
        whole = self._needed[disk] * self._files[disk] / max(1, self._known[disk])
        return round(whole) - self._replaced[disk]

    def _disk(self, name: str) -> int:
        if name not in self._disks:
            folder = Path(name)
            while not folder.exists() and folder != folder.parent:
                folder = folder.parent
            disk = folder.stat().st_dev
            self._folders.setdefault(disk, folder)
            self._disks[name] = disk
        return self._disks[name]
