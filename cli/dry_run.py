"""``--dry-run``: what would be made, from the headers, and from pixels where auto is to choose."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .report import named
from .words import counted, duration, size, tell, warn

if TYPE_CHECKING:
    from restorer import Address, Batch, Decision, FileForecast, Forecast, Ignored

_PROBLEMS = {
    "source": "the source cannot be read",
    "limit": "the format of the result cannot hold it",
    "target": "the result cannot be created",
    "request": "the references or the color profile do not fit",
}
_OUTCOMES = {"skip": "would be skipped", "fail": "would fail"}
_RENAMED = 10  # names of results that are listed
# Reading all headers of so many files takes ten seconds. Of more, those of a sample are read, whose
# mean size is good to 2 % where sizes vary by as much as their mean.
_ALL_HEADERS, _SAMPLE = 20_000, 2_000
_LOOKS = 100  # pictures that are decoded to say what auto would do, about a second each


def show_plan(
    decisions: Sequence[Decision],
    batch: Batch | None = None,
    *,
    workers: int | None = None,
    all_headers: bool = False,
    as_json: bool = False,
) -> int:
    """List source, target and sizes, then what the batch needs.

    Unless `all_headers` are to be read, those of very many files are sampled. Return the exit code:
    1 if a file would fail or the disk space does not suffice.
    """
    from restorer import forecast_batch

    on_file = _JsonFiles().add if as_json else _show_file
    headers = None if all_headers or len(decisions) <= _ALL_HEADERS else _SAMPLE
    forecast = forecast_batch(
        decisions, workers=workers, headers=headers, looks=_LOOKS, on_file=on_file
    )
    ignored = () if batch is None else batch.ignored
    renamed = () if batch is None else batch.renamed
    missing = [each for each in ignored if each.failed]
    if as_json:
        plan = asdict(forecast) | {"renamed": renamed, "ignored": [*map(asdict, ignored)]}
        tell("],", *json.dumps(plan, indent=1, default=str).removeprefix("{\n").splitlines())
    else:
        for each in missing:
            warn(named(each.path, f"would fail: {each.reason}"))
        _summarize(forecast, ignored, renamed)
    failed = forecast.outcomes.get("fail", 0) + len(missing)
    return 1 if failed or any(disk.short for disk in forecast.disks) else 0


class _JsonFiles:
    """Prints the start of the plan as JSON: a list of files, one a line, none of them kept."""

    def __init__(self) -> None:
        self._before = ""
        tell('{"files": [')

    def add(self, file: FileForecast) -> None:
        """Print a file."""
        tell(f"{self._before}{json.dumps(_entry(file))}")
        self._before = ","


def _show_file(file: FileForecast) -> None:
    job = file.decision.job
    if file.outcome == "skip":
        tell(f"would be skipped: {job.target}: {file.reason}")
    elif file.outcome == "fail":
        warn(named(job.source, f"would fail: {file.reason}"))
    else:
        (height, width), (rows, columns) = file.size, file.result_size
        sizes = f"  {width} x {height} -> {columns} x {rows}" if file.format else ""
        sizes += f", {file.pages} pages" if file.pages > 1 else ""
        planned = "" if file.chosen is None else f"  {'; '.join(file.chosen.notes)}"
        tell(f"{job.source} -> {job.target}{sizes}{planned}{_note(file)}")


def _note(file: FileForecast) -> str:
    """Return what becomes of a file that is there already."""
    job = file.decision.job
    if file.reason:
        return f"  again: {file.reason}"
    words = {"replace": "be replaced", "number": "get a number"}
    asked = words.get(job.settings.existing)
    if asked is None or not isinstance(job.target, Path) or not os.path.exists(job.target):
        return ""
    return f"  exists, would {asked}"


def _summarize(
    forecast: Forecast,
    ignored: Sequence[Ignored],
    renamed: Sequence[tuple[Path | Address, Path | Address]],
) -> None:
    reasons = Counter(each.reason for each in ignored if not each.failed)
    counts = {words: forecast.outcomes.get(key, 0) for key, words in _OUTCOMES.items()}
    counts["would fail"] += sum(each.failed for each in ignored)
    counts["ignored"] = reasons.total()
    about = "about " if forecast.unread else ""
    tell(
        f"{forecast.outcomes.get('restore', 0)} to restore,"
        f" {about}{forecast.pixels / 1e6:.1f} megapixels to {forecast.result_pixels / 1e6:.1f}"
        + "".join(f", {count} {word}" for word, count in counts.items() if count)
    )
    if forecast.unread:
        tell(_sampled(forecast))
    if forecast.formats:
        tell(f"formats: {_listed(forecast.formats)} to {_listed(forecast.result_formats)}")
    for disk in forecast.disks:
        said = f"disk space in {disk.folder}: about {size(disk.needed_bytes)} needed,"
        said += f" {size(disk.free_bytes)} free"
        if disk.short:
            warn(f"{said}; free some space or choose another folder")
        else:
            tell(said)
    if forecast.formats:
        tell(f"time: {_time(forecast)}")
    for wanted, given in renamed[:_RENAMED]:
        tell(f"renamed: {given}, because several results would be {wanted}")
    if len(renamed) > _RENAMED:
        tell(f"renamed: {len(renamed) - _RENAMED} more")
    problems = {_PROBLEMS[problem]: count for problem, count in forecast.problems.items()}
    for word, found in (
        ("would fail", problems),
        ("again", forecast.again),
        ("would be skipped", forecast.skipped),
        ("ignored", dict(reasons.most_common())),
    ):
        for reason, count in found.items():
            tell(f"{word}: {counted(reason, count)}")


def _sampled(forecast: Forecast) -> str:
    """Say which headers were read, and what that means for the other files."""
    said = f"headers: {forecast.headers} read, {forecast.unread} not; --all-headers reads all"
    failed = sum(n for problem, n in forecast.problems.items() if problem != "target")
    more = round(forecast.unread * failed / max(1, forecast.headers))
    return said + (f"; about {more} of the others would fail, too" if more else "")


def _time(forecast: Forecast) -> str:
    if forecast.seconds is not None:
        return f"about {duration(forecast.seconds)} on this machine"
    if forecast.unmeasured:
        return f"unknown for {', '.join(forecast.unmeasured)}; run `restore doctor` once"
    return "unknown for whole images"


def _listed(formats: Mapping[str, int]) -> str:
    return ", ".join(f"{count} {name}" for name, count in formats.items())


def _entry(file: FileForecast) -> dict[str, Any]:
    """Return a file as JSON."""
    job = file.decision.job
    keys = ("outcome", "reason", "problem", "format", "size", "result_format", "result_size")
    values = {key: getattr(file, key) for key in (*keys, "size_bytes", "seconds", "pages")}
    chosen = None if file.chosen is None else asdict(file.chosen)
    return {"source": str(job.source), "target": str(job.target), **values, "chosen": chosen}
