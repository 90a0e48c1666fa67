"""Shelf: results and the state of the strip on the disk, so that nothing is lost with the process.

Each running window has a folder of its own with a lock; a folder whose window was killed goes to
the next window that starts. A result is two files: the pixels, and what describes them.
"""

from __future__ import annotations

import json
import logging
import os
import shutil
import tempfile
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np
from platformdirs import user_cache_path
from PySide6.QtCore import QIODevice, QLockFile, QSaveFile

from restorer import Image, ImageFormatError, Metadata

from .choices import Choices
from .documents import Document, Kept, Restoration, Saved
from .strip import Strip

log = logging.getLogger(__name__)

BUDGET_BYTES = 20 * 10**9  # of all results; 40 photographs of 24 megapixels, 12 bytes a pixel
SPARE_BYTES = 2 * 10**9  # that stay free on the disk
QUEUE, QUEUE_JOURNAL = "queue.json", "journal.jsonl"  # see `QueueStore`
_JOURNAL, _LOCK = "journal.json", "lock"
_T = TypeVar("_T")


@dataclass(frozen=True)
class Entry:
    """A document in the journal; see `Document`."""

    path: Path | None
    name: str
    recipe: Choices
    pasted: Path | None = None
    page: int = 0
    pages: int = 1
    stage: Literal["idle", "waiting", "failed"] = "idle"
    failure: str = ""
    kept: Kept | None = None
    saved: Saved | None = None
    size: tuple[int, int] | None = None

    @classmethod
    def of(cls, document: Document) -> Entry:
        """Return the entry of a document; a run begins again."""
        return cls(
            document.path,
            document.name,
            document.recipe,
            document.pasted,
            document.page,
            document.pages,
            _stage(document),
            document.failure,
            document.kept,
            document.saved,
            document.size,
        )

    def document(self, id: int) -> Document:
        """Return the document; it does not wait yet."""
        content = {name: getattr(self, name) for name in self.__dataclass_fields__}
        made = Document(id, **content)
        return replace(made, stage="idle") if self.stage == "waiting" else made

    @property
    def unsaved(self) -> bool:
        """Whether its result was not saved."""
        return self.document(0).unsaved


@dataclass(frozen=True)
class _Journal:
    entries: tuple[Entry, ...] = ()


@dataclass(frozen=True)
class _Described:
    """What an image has beside its pixels."""

    metadata: Metadata
    notes: tuple[str, ...] = ()
    jpeg_quality: int | None = None
    transfer: Literal["encoded", "linear"] = "encoded"


@dataclass
class Shelf:
    """The folder of this window.

    Args:
        base: Where the folders of all windows are; None for a temporary one, which is not offered
            again.

    Attributes:
        left_over: What a window that was killed has left, until it is taken or thrown away.
    """

    base: Path | None = None
    left_over: tuple[Entry, ...] = ()
    _folder: Path | None = field(default=None, repr=False)
    _lock: QLockFile | None = field(default=None, repr=False)
    _written: str = field(default="", repr=False)

    @property
    def folder(self) -> Path:
        """The folder, which is made when it is first needed."""
        if self._folder is None:
            if self.base is not None:
                self.base.mkdir(parents=True, exist_ok=True)
            self._folder = Path(tempfile.mkdtemp(prefix="restorer-", dir=self.base))
            self._take_lock(self._folder)
        return self._folder

    @property
    def has_queue(self) -> bool:
        """Whether there is a list of jobs."""
        return self._folder is not None and (self._folder / QUEUE).exists()

    def claim(self) -> None:
        """Take over the folder of a window that was killed, and remove empty ones."""
        if self.base is None or not self.base.is_dir():
            return
        for folder in sorted(path for path in self.base.iterdir() if path.is_dir()):
            if self._folder is not None or not self._take_lock(folder):
                continue
            entries = _read_journal(folder / _JOURNAL)
            held = any(entry.stage == "waiting" or entry.unsaved for entry in entries)
            if held or (folder / QUEUE).exists():
                self._folder, self.left_over = folder, entries
                return
            self._drop_lock()
            shutil.rmtree(folder, ignore_errors=True)

    def room(self, strip: Strip) -> int:
        """Return how many bytes a new result may take. Raises OSError."""
        names = {each.kept.name: each.kept for each in strip.documents if each.kept is not None}
        names |= {each.kept.name: each.kept for each in self.left_over if each.kept is not None}
        used = sum(kept.size_bytes for kept in names.values())
        return min(BUDGET_BYTES - used, shutil.disk_usage(self.folder).free - SPARE_BYTES)

    def put(self, restoration: Restoration) -> Kept:
        """Write a result, whole or not at all. Raises OSError."""
        image, now = restoration.image, time.time()
        name = f"{time.time_ns():x}"
        described = _Described(image.metadata, image.notes, image.jpeg_quality, image.transfer)
        (self.folder / f"{name}.json").write_text(_dumped(described), "utf-8")
        target, partial = self.folder / f"{name}.npy", self.folder / f"{name}.partial"
        try:
            with partial.open("wb") as file:
                np.save(file, image.pixels)
                file.flush()
                os.fsync(file.fileno())
            partial.replace(target)
        except OSError:
            self._remove(name)
            raise
        size, size_bytes = (image.width, image.height), target.stat().st_size
        return Kept(name, restoration.choices, restoration.seconds, size, size_bytes, now)

    def load(self, kept: Kept) -> Image:
        """Read the output of the networks. Raises ImageFormatError where it is not there."""
        try:
            text = (self.folder / f"{kept.name}.json").read_text("utf-8")
            described = _converted(text, _Described)
            pixels = np.load(self.folder / f"{kept.name}.npy", allow_pickle=False)
            rest = (described.notes, described.jpeg_quality, described.transfer)
            return Image(pixels, described.metadata, *rest)
        except (OSError, ValueError) as error:
            raise ImageFormatError(f"{self.folder / kept.name}: no result: {error}") from error

    def remove(self, gone: Iterable[Kept]) -> None:
        """Remove results."""
        for kept in gone:
            self._remove(kept.name)

    def write(self, strip: Strip) -> None:
        """Write the journal: all documents that hold work, and what is left over. Raises OSError.

        The queue comes first, in its order.
        """
        queued = [strip.find(id) for id in (strip.running, *strip.queue) if id is not None]
        held = [each for each in strip.documents if each.has_result or _stage(each) == "failed"]
        listed = dict.fromkeys([*(each for each in queued if each is not None), *held])
        entries = (*map(Entry.of, listed), *self.left_over)
        if not entries and self._folder is None:
            return
        text = _dumped(_Journal(entries))
        if text == self._written:
            return
        file = QSaveFile(str(self.folder / _JOURNAL))
        data = text.encode()
        opened = file.open(QIODevice.OpenModeFlag.WriteOnly)
        if not opened or file.write(data) != len(data) or not file.commit():
            raise OSError(f"{self.folder}: {file.errorString()}")
        self._written = text

    def forget_left_over(self) -> None:
        """Throw away what a window that was killed has left."""
        self.remove(entry.kept for entry in self.left_over if entry.kept is not None)
        self.left_over = ()

    def close(self, strip: Strip, *, queue: bool = False) -> None:
        """Remove the folder, unless it holds something for the next start.

        Args:
            strip: All documents.
            queue: Whether its list of jobs has some that wait.
        """
        if self._folder is None:
            return
        done = [each for each in strip.documents if each.has_result and not each.unsaved]
        self.remove(each.kept for each in done if each.kept is not None)
        strip = strip.discarded(each.id for each in done)
        if self.base is not None and (queue or self.left_over or strip.queue or strip.unsaved):
            self.write(strip)
            if not queue:
                (self._folder / QUEUE).unlink(missing_ok=True)
        else:
            shutil.rmtree(self._folder, ignore_errors=True)
        self._drop_lock()
        self._folder = None

    def _remove(self, name: str) -> None:
        for suffix in (".npy", ".json", ".partial"):
            (self.folder / f"{name}{suffix}").unlink(missing_ok=True)

    def _take_lock(self, folder: Path) -> bool:
        lock = QLockFile(str(folder / _LOCK))
        lock.setStaleLockTime(0)  # only the end of a process makes a lock stale
        if not lock.tryLock(0):
            return False
        self._lock = lock
        return True

    def _drop_lock(self) -> None:
        if self._lock is not None:
            self._lock.unlock()
            self._lock = None


def cache_folder() -> Path:
    """Return where the folders of all windows are."""
    return user_cache_path("restorer") / "window"


def adopt_former_queue(former: Path, base: Path) -> None:
    """Move the queue of an earlier version to a folder that the next window claims.

    Args:
        former: Where that version kept it, below the settings.
        base: Where the folders of all windows are.
    """
    folder = base / "former-queue"
    try:
        if (former / QUEUE).exists():
            folder.mkdir(parents=True, exist_ok=True)
            for name in (QUEUE_JOURNAL, QUEUE):
                if (former / name).exists():
                    shutil.move(former / name, folder / name)
            former.rmdir()
    except OSError as error:  # other files in the folder, or no right to move them
        log.warning("%s: %s", former, error)


def _stage(document: Document) -> Literal["idle", "waiting", "failed"]:
    """Return what is known of a document at the next start; its job is in another list."""
    if document.job is not None:
        return "idle"
    return "waiting" if document.stage == "running" else document.stage


def _read_journal(path: Path) -> tuple[Entry, ...]:
    try:
        return _converted(path.read_text("utf-8"), _Journal).entries
    except (OSError, ValueError, TypeError) as error:
        log.debug("%s: %s", path, error)
        return ()


def _dumped(value: Any) -> str:
    return json.dumps(msgspec.to_builtins(value, enc_hook=str))


def _converted(text: str, kind: type[_T]) -> _T:
    return msgspec.convert(json.loads(text), kind, dec_hook=lambda _, found: Path(found))
