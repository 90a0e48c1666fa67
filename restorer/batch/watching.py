"""Watch a folder: yield the jobs of its files as they arrive and are complete."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path

from restorer.batch.jobs import Job
from restorer.batch.output import Decision
from restorer.batch.stores.address import Location
from restorer.batch.stores.store import FileState
from restorer.errors import SettingsError

log = logging.getLogger(__name__)

_TICK_S = 0.5  # between two looks at files that are not whole yet
_RESCAN_S = 60.0  # between two looks at everything, where the system reports no changes
_EMPTY_S = 60.0  # until a file that stays empty counts as whole, and fails


class FolderWatch:
    """The jobs of the files in a folder, and of those that arrive; an endless iterator.

    The system reports changes (inotify, FSEvents, ReadDirectoryChangesW); since network shares do
    not, the folder is looked through once a minute, too. A file is whole when its size and its time
    of change have stayed the same for `settle_s`: a program that pauses for longer while it writes
    delivers a cut file, which fails, and is done again when it has changed. A file that is replaced
    while its job runs is done again afterward. A folder that disappears, such as a share that is
    away, is waited for.

    Args:
        source: The folder.
        plan: Returns the jobs for all files that are there now; called again for each arrival.
            Raises SettingsError while there is no such folder.
        decide: Returns which of these jobs run; see `OutputFolder.decide`.
        settle_s: Seconds without a change after which a file is whole.
        poll: Whether to look for changes instead of waiting for reports of them.

    Raises SettingsError where the package watchfiles is missing.

    `stop` may be called from any thread and from a signal handler.
    """

    def __init__(
        self,
        source: Path,
        plan: Callable[[], Sequence[Job]],
        decide: Callable[[Sequence[Job]], Sequence[Decision]],
        *,
        settle_s: float = 2.0,
        poll: bool = False,
    ) -> None:
        if find_spec("watchfiles") is None:
            raise SettingsError("watchfiles is not installed; install restorer[watch]")
        self._source, self._plan, self._decide = source, plan, decide
        self._settle_s, self._poll = settle_s, poll
        self._stopped = threading.Event()
        # The state in which a file was handed out; those of others, and since when they have it.
        self._given: dict[Location, FileState] = {}
        self._waiting: dict[Location, tuple[FileState, float]] = {}
        self._away = False

    def stop(self) -> None:
        """End the iteration."""
        self._stopped.set()

    def forget(self, source: Location) -> None:
        """Give a file again at a later look at everything; for the thread that iterates."""
        self._given.pop(source, None)

    def __iter__(self) -> Iterator[Decision]:
        """Yield the decision on each file that is whole, and again after each of its changes."""
        while not self._stopped.is_set():
            try:
                yield from self._watch()
            except (SettingsError, OSError) as error:
                if not self._away:
                    log.warning("%s: waiting for the folder", error)
                self._away = True
                self._stopped.wait(_TICK_S)

    def _watch(self) -> Iterator[Decision]:
        from watchfiles import watch

        scanned = -_RESCAN_S
        changes = watch(
            self._source,
            watch_filter=None,
            stop_event=self._stopped,
            rust_timeout=round(_TICK_S * 1000),
            yield_on_timeout=True,
            force_polling=self._poll or None,
            raise_interrupt=False,
        )
        found: object = True  # what is there at the start
        while found is not None:
            now = time.monotonic()
            if found or now - scanned >= _RESCAN_S or self._is_any_whole(now):
                yield from self._whole(now)
                scanned = now
            found = next(changes, None)
            self._away = False

    def _is_any_whole(self, now: float) -> bool:
        return any(self._is_whole(*waiting, now) for waiting in self._waiting.values())

    def _is_whole(self, state: FileState, since: float, now: float) -> bool:
        return now - since >= (self._settle_s if state.size_bytes else _EMPTY_S)

    def _whole(self, now: float) -> Iterator[Decision]:
        """Look at all files; yield the decisions on those that have become whole."""
        whole: list[Job] = []
        states: dict[Location, FileState] = {}
        found = self._plan()
        for job in found:
            state = FileState.of(job.source)
            if state is None or self._given.get(job.source) == state:
                continue
            before, since = self._waiting.get(job.source, (None, now))
            since = since if before == state else now
            if self._is_whole(state, since, now):
                states[job.source] = state
                whole.append(job)
            self._waiting[job.source] = state, since
        present = {job.source for job in found}
        for gone in self._waiting.keys() - present:
            del self._waiting[gone]
        for gone in self._given.keys() - present:
            del self._given[gone]
        decisions = self._decide(whole)  # raises while the folder of results is away
        for source, state in states.items():
            self._given[source] = state
            del self._waiting[source]
        yield from decisions
