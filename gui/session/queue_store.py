"""Storage of jobs on the disk: the list of them, and the journal of their results."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TypeAlias

from PySide6.QtCore import QIODevice, QSaveFile

from restorer import (
    FinishRecord,
    Ignored,
    Job,
    Journal,
    Result,
    WaitRecord,
    dump_jobs,
    load_jobs,
    read_journal,
)

from .shelf import QUEUE, QUEUE_JOURNAL

_Ended: TypeAlias = dict[tuple[str, str], FinishRecord]  # by source and target of the job
_Write: TypeAlias = Callable[[Journal], None]


class QueueStore:
    """Two files in one folder: ``queue.json``, and ``journal.jsonl`` as `restore batch` writes it.

    The first holds jobs without their states. After a crash these are read from the journal, of
    which at most the last line is lost.

    Args:
        folder: Created when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.jobs_path = folder / QUEUE
        self.journal_path = folder / QUEUE_JOURNAL

    def load(self) -> list[tuple[Job, Result | None]]:
        """Return the jobs of the last time, and how they ended; one that ran waits again.

        An unreadable list is put aside. Raises OSError, ValueError.
        """
        if not self.jobs_path.exists():
            return []
        try:
            jobs = load_jobs(self.jobs_path.read_text("utf-8"))
        except ValueError:
            self.jobs_path.replace(self.jobs_path.with_name("queue-damaged.json"))
            raise
        ended = self._ended()
        return [(job, _result(ended.get((str(job.source), str(job.target))))) for job in jobs]

    def save(self, jobs: Iterable[Job]) -> None:
        """Write the list of jobs, whole or not at all. Raises OSError."""
        self.jobs_path.parent.mkdir(parents=True, exist_ok=True)
        file = QSaveFile(str(self.jobs_path))
        text = dump_jobs(jobs).encode("utf-8")
        opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if not opened or file.write(text) != len(text) or not file.commit():
            raise OSError(f"{self.jobs_path}: {file.errorString()}")

    def begin(self) -> None:
        """Begin a new journal. Raises OSError."""
        self.journal_path.unlink(missing_ok=True)

    def ignore(self, files: Iterable[Ignored]) -> None:
        """Record files that were left out of the queue. Raises OSError."""
        self._append(partial(Journal.ignore, ignored=each) for each in files)

    def start(self, jobs: Iterable[Job]) -> None:
        """Record that jobs have begun. Raises OSError."""
        self._append(partial(Journal.start, job=job) for job in jobs)

    def finish(self, results: Mapping[Job, Result]) -> None:
        """Record the results of jobs. Raises OSError."""
        self._append(partial(Journal.finish, job=j, result=r) for j, r in results.items())

    def forget(self, jobs: Iterable[Job]) -> None:
        """Record that jobs wait again, or were taken out. Raises OSError."""
        self._append(partial(Journal.wait, job=job) for job in jobs)

    def _append(self, records: Iterable[_Write]) -> None:
        records = list(records)
        if not records:
            return
        self.journal_path.parent.mkdir(parents=True, exist_ok=True)
        with self.journal_path.open("a", encoding="utf-8") as file:
            journal = Journal(file, continued=file.tell() > 0)
            for write in records:
                write(journal)

    def _ended(self) -> _Ended:
        """Return the last results of jobs that do not wait again."""
        ended: _Ended = {}
        try:
            records = read_journal(self.journal_path)
        except (OSError, ValueError):
            return ended
        for record in records:
            if isinstance(record, FinishRecord):
                ended[record.source, record.requested or record.target] = record
            elif isinstance(record, WaitRecord):
                ended.pop((record.source, record.target), None)
        return ended


def _result(record: FinishRecord | None) -> Result | None:
    if record is None:
        return None
    return Result(
        record.status,
        Path(record.target),
        record.seconds,
        error=record.error,
        notes=record.notes,
        missing=record.missing,
    )
