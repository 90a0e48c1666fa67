"""Where the queue lies between two days: the jobs, and the journal of what came of them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any, TypeAlias

from PySide6.QtCore import QIODevice, QSaveFile

from restorer import Ignored, Job, Result, dump_jobs, journal_line, load_jobs, read_journal

from .rows import Row, row_of

Record: TypeAlias = dict[str, Any]

_ENDED = ("done", "skipped", "failed", "cancelled")


class QueueStore:
    """Two files in one folder: ``queue.json``, and ``journal.jsonl`` as `restore batch` writes it.

    States are not in the first: who goes on after a crash reads them from the journal, of which
    nothing but the line being written can be lost.

    Args:
        folder: Made when there is something to keep.
    """

    def __init__(self, folder: Path) -> None:
        self.jobs_path = folder / "queue.json"
        self.journal_path = folder / "journal.jsonl"

    def load(self) -> list[Row]:
        """Return the rows as they were left; what ran waits again.

        A list that cannot be understood is put aside. Raises OSError, ValueError.
        """
        if not self.jobs_path.exists():
            return []
        try:
            jobs = load_jobs(self.jobs_path.read_text("utf-8"))
        except ValueError:
            self.jobs_path.replace(self.jobs_path.with_name("queue-damaged.json"))
            raise
        ended = self._ended()
        return [_row(job, ended.get((str(job.source), str(job.target)))) for job in jobs]

    def save(self, jobs: Sequence[Job]) -> None:
        """Keep the jobs, all or as they were. Raises OSError."""
        self.jobs_path.parent.mkdir(parents=True, exist_ok=True)
        file = QSaveFile(str(self.jobs_path))
        text = dump_jobs(jobs).encode("utf-8")
        opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if not opened or file.write(text) != len(text) or not file.commit():
            raise OSError(f"{self.jobs_path}: {file.errorString()}")

    def note(self, events: Iterable[Result | Ignored]) -> None:
        """Write into the journal what came of files. Raises OSError."""
        self._append(journal_line(event) for event in events)

    def forget(self, jobs: Iterable[Job]) -> None:
        """Write that jobs wait again, or are gone. Raises OSError."""
        self._append(
            journal_line({"status": "again", "source": str(job.source), "target": str(job.target)})
            for job in jobs
        )

    def begin(self) -> None:
        """Begin a new journal. Raises OSError."""
        self.journal_path.unlink(missing_ok=True)

    def _append(self, lines: Iterable[str]) -> None:
        text = "".join(lines)
        if text:
            self.journal_path.parent.mkdir(parents=True, exist_ok=True)
            with self.journal_path.open("a", encoding="utf-8") as file:
                file.write(text)

    def _ended(self) -> dict[tuple[str, str], Record]:
        """Return by source and target what the journal says last of jobs that ended."""
        try:
            records = read_journal(self.journal_path)
        except OSError:
            return {}
        ended: dict[tuple[str, str], Record] = {}
        for record in records:
            key = (str(record.get("source")), str(record.get("asked", record.get("target"))))
            if record.get("status") in _ENDED:
                ended[key] = record
            else:
                ended.pop(key, None)
        return ended


def _row(job: Job, record: Record | None) -> Row:
    if record is None:
        return Row(job)
    result = Result(
        job,
        record["status"],
        Path(str(record.get("target"))),
        float(record.get("seconds") or 0),
        error=str(record.get("error") or ""),
        notes=tuple(str(note) for note in record.get("notes") or ()),
    )
    return row_of(result)
