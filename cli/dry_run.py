"""``--dry-run``: what would be made, from the headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from .report import named
from .words import tell, warn

if TYPE_CHECKING:
    from restorer import Ignored, Job


def show_plan(jobs: Sequence[Job], ignored: Sequence[Ignored]) -> int:
    """List source, target and sizes; return the exit code, 1 if a file could not be read."""
    from restorer import RestorerError

    pixels, unreadable = Counter[str](), 0
    for job in jobs:
        try:
            tell(_line(job, pixels))
        except RestorerError as error:
            unreadable += 1
            warn(named(job.source, f"would fail: {error}"))
    restorable = len(jobs) - unreadable
    for folder in (each for each in ignored if each.failed):
        unreadable += 1
        warn(named(folder.path, f"would fail: {folder.reason}"))
    left_out = [each for each in ignored if not each.failed]
    tell(
        f"{restorable} to restore,"
        f" {pixels['in'] / 1e6:.1f} megapixels to {pixels['out'] / 1e6:.1f}"
        + (f", {unreadable} would fail" if unreadable else "")
        + (f", {len(left_out)} ignored" if left_out else "")
    )
    for reason, count in Counter(each.reason for each in left_out).most_common():
        tell(f"ignored: {count} {reason}")
    return 1 if unreadable else 0


def _line(job: Job, pixels: Counter[str]) -> str:
    from restorer import check_job, model_spec

    header = check_job(job)
    scale = prod(model_spec(step.model).scale for step in job.steps)
    width, height = header.width * scale, header.height * scale
    pixels["in"] += header.width * header.height
    pixels["out"] += width * height
    line = f"{job.source} -> {job.target}  {header.width} x {header.height} -> {width} x {height}"
    if job.target.exists():
        line += {
            "skip": "  exists, would be skipped",
            "replace": "  exists, would be replaced",
            "number": "  exists, would get a number",
        }[job.settings.existing]
    return line
