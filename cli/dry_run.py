"""``--dry-run``: what would be made, from the headers alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from math import prod
from typing import TYPE_CHECKING

from .report import named
from .words import counted, tell, warn

if TYPE_CHECKING:
    from restorer import Decision, Ignored


def show_plan(decisions: Sequence[Decision], ignored: Sequence[Ignored]) -> int:
    """List source, target and sizes; return the exit code, 1 if a file could not be read."""
    from restorer import RestorerError, check_job, model_spec

    pixels, counts = Counter[str](), Counter[str]()
    for decision in decisions:
        job = decision.job
        if decision.skipped is not None:
            counts["would be skipped"] += 1
            tell(f"would be skipped: {decision.skipped.error}")
            continue
        try:
            header = check_job(job)
        except RestorerError as error:
            counts["would fail"] += 1
            warn(named(job.source, f"would fail: {error}"))
            continue
        size = header.width, header.height
        scale = prod(model_spec(step.model).scale for step in job.steps)
        exists = job.target.exists()
        tell(_line(decision, size, scale, exists=exists))
        if exists and job.settings.existing == "skip":
            counts["would be skipped"] += 1
            continue
        counts["to restore"] += 1
        pixels["in"] += prod(size)
        pixels["out"] += prod(size) * scale**2
    for folder in (each for each in ignored if each.failed):
        counts["would fail"] += 1
        warn(named(folder.path, f"would fail: {folder.reason}"))
    reasons = Counter(each.reason for each in ignored if not each.failed)
    counts["ignored"] = reasons.total()
    tell(
        f"{counts.pop('to restore', 0)} to restore,"
        f" {pixels['in'] / 1e6:.1f} megapixels to {pixels['out'] / 1e6:.1f}"
        + "".join(f", {count} {word}" for word, count in counts.items() if count)
    )
    for reason, count in reasons.most_common():
        tell(f"ignored: {counted(reason, count)}")
    return 1 if counts["would fail"] else 0


def _line(decision: Decision, size: tuple[int, int], scale: int, *, exists: bool) -> str:
    job = decision.job
    width, height = size
    line = f"{job.source} -> {job.target}  {width} x {height} -> {width * scale} x {height * scale}"
    if decision.again:
        return f"{line}  again: {decision.again}"
    words = {"skip": "be skipped", "replace": "be replaced", "number": "get a number"}
    return f"{line}  exists, would {words[job.settings.existing]}" if exists else line
