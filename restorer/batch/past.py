"""What the journals of earlier runs record about the targets in a folder."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass, replace
from typing import Any

from restorer.batch.home import journals
from restorer.batch.journal import FinishRecord, HeaderRecord, StartRecord
from restorer.batch.stores.address import Location, relative_folder

# What differs between two requests, and the words for it.
CHANGES = (
    ("steps", "the steps have changed"),
    ("settings", "the settings have changed"),
    ("references", "the references have changed"),
    ("explain", "the settings have changed"),
    ("weights", "the weights have changed"),
    ("version", "the program has changed"),
)
_FREE = ("existing", "memory", "max_pixels")  # settings that do not decide the pixels


@dataclass(frozen=True)
class Past:
    """What the journals know of one target.

    Attributes:
        source: Absolute path or address of its source.
        request: What was asked for, without paths, as JSON.
        done: The last result that was written, of this request; None if there was none.
        run: The name of the run that began its last job.
        crashed: Whether that job has not ended, as the journals know.
    """

    source: str
    request: str
    run: str
    done: FinishRecord | None = None
    crashed: bool = False


def read_past(home: Location) -> dict[str, Past]:
    """Return what the journals of a folder know of each target, relative to the folder.

    The folder may have moved since; the targets in it are known by their paths below it.
    """
    past: dict[str, Past] = {}
    requests = _Requests()
    for run, journal in journals(home):
        relative = RelativePaths(home.parent)
        running: dict[str, tuple[str, Past]] = {}
        for record in journal:
            if isinstance(record, HeaderRecord):
                relative = RelativePaths(record.output or home.parent)
            elif isinstance(record, StartRecord):
                target = relative.of(record.request["target"])
                begun = Past(record.request["source"], requests.of(record.request), run)
                running[record.id] = target, begun
                past[target] = replace(past.get(target, begun), run=run, crashed=True)
            elif isinstance(record, FinishRecord) and record.id in running:
                target, begun = running.pop(record.id)
                if record.status == "done":
                    past[target] = replace(begun, done=record)
                else:
                    past[target] = replace(past[target], crashed=False)
    return past


class RelativePaths:
    """Makes the paths of files relative to a folder, those of each of their folders once."""

    def __init__(self, start: Location | str) -> None:
        self._start = str(start)
        self._folders: dict[str, str] = {}

    def of(self, path: Location | str) -> str:
        """Return what `os.path.relpath` does."""
        folder, name = os.path.split(str(path))
        if folder not in self._folders:
            self._folders[folder] = relative_folder(folder, self._start)
        inner = self._folders[folder]
        return name if inner == os.curdir else os.path.join(inner, name)

    @property
    def folders(self) -> list[str]:
        """The folders of all paths so far, relative to the first one."""
        return [*self._folders.values()]


def request_text(request: dict[str, Any]) -> str:
    """Return what decides the pixels of a result, apart from its source, as JSON."""
    kept = {key: request[key] for key, _ in CHANGES if key in request}
    settings = {k: v for k, v in kept.get("settings", {}).items() if k not in _FREE}
    return json.dumps({**kept, "settings": settings}, sort_keys=True, default=str)


class _Requests:
    """Gives jobs that share a request one text of it; those of a run follow each other."""

    def __init__(self) -> None:
        self._last: dict[str, Any] = {}
        self._text = ""
        self._texts: dict[str, str] = {}

    def of(self, request: dict[str, Any]) -> str:
        """Return what `request_text` does."""
        options = {key: request[key] for key in request if key not in ("source", "target")}
        if options != self._last or not self._text:
            text = request_text(options)
            self._last, self._text = options, self._texts.setdefault(text, text)
        return self._text
