"""Journals: what came of a run as JSON lines, and jobs as JSON, for whoever goes on later."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Any

from restorer.batch.jobs import Job, Result
from restorer.batch.planning import Ignored
from restorer.errors import SettingsError
from restorer.settings import Settings, Step


def journal_line(event: Result | Ignored | Mapping[str, Any]) -> str:
    """Return a line, with its end, that tells of a file or, as a mapping, of anything else.

    Flush after each, so that a crash leaves all lines but the one being written.
    """
    if isinstance(event, Result):
        record: Mapping[str, Any] = _result_record(event)
    elif isinstance(event, Ignored):
        status = "failed" if event.failed else "ignored"
        record = {"status": status, "source": str(event.path), "error": event.reason}
    else:
        record = event
    # ASCII escapes also carry file names that are no valid UTF-8.
    return json.dumps(record) + "\n"


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the records of a journal in order; a line that was cut is left out.

    Raises OSError.
    """
    records = []
    for line in path.read_text("utf-8", errors="replace").splitlines():
        try:
            record = json.loads(line)
        except ValueError:
            continue
        if isinstance(record, dict):
            records.append(record)
    return records


def dump_jobs(jobs: Iterable[Job]) -> str:
    """Return jobs as JSON, for `load_jobs`; neighbors that do the same say it once."""
    groups = []
    for (steps, settings, references, explain), alike in groupby(jobs, key=_what):
        files = [[str(job.source), str(job.target)] for job in alike]
        groups.append(
            {
                "steps": [asdict(step) for step in steps],
                "settings": asdict(settings),
                "references": [str(path) for path in references],
                "explain": explain,
                "files": files,
            }
        )
    return json.dumps({"jobs": groups}, default=str)


def load_jobs(text: str) -> list[Job]:
    """Return the jobs that `dump_jobs` wrote. Raises ValueError for anything else."""
    jobs = []
    try:
        for group in json.loads(text)["jobs"]:
            steps = tuple(Step(**step) for step in group["steps"])
            settings = Settings(**group["settings"])
            references = tuple(Path(path) for path in group.get("references", ()))
            explain = bool(group.get("explain", False))
            jobs += [
                Job(Path(a), Path(b), steps, settings, references, explain)
                for a, b in group["files"]
            ]
    except (AttributeError, KeyError, TypeError, SettingsError) as error:
        raise ValueError(f"no list of jobs: {error}") from error
    return jobs


def _what(job: Job) -> tuple[tuple[Step, ...], Settings, tuple[Path, ...], bool]:
    return job.steps, job.settings, job.references, job.explain


def _result_record(result: Result) -> dict[str, Any]:
    numbered = {} if result.target == result.job.target else {"asked": str(result.job.target)}
    return {
        "status": result.status,
        "source": str(result.job.source),
        **numbered,
        "target": str(result.target),
        "seconds": round(result.seconds, 3),
        "plans": [asdict(plan) for plan in result.plans],
        "error": result.error,
        "notes": list(result.notes),
    }
