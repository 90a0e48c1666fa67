"""FilePlans: lets documents wait for files, by the jobs that make them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from PySide6.QtCore import QObject, Signal

from restorer import Ignored, Job, number_targets

from ..widgets.words import sentence
from .documents import Document, asks_same
from .file_runs import FileRuns
from .jobs import Output, Plan, local, plan_documents, plan_files, waiting_document, with_targets
from .queue_keeper import QueueKeeper
from .queue_store import QueueStore
from .store import Store
from .strip import Strip
from .worker import Reply, Worker

_NAMED = 3  # skipped files that are named; of more, only the number is given


class FilePlans(QObject):
    """Plans the jobs of documents, and lists new files.

    Args:
        store: Holds the state.
        runs: Runs the jobs.
        keeper: Keeps them.

    Signals:
        told: A sentence for the page of the batch.
        unfiled: Ids of pasted pictures, whose results stay in the window.

    Attributes:
        output: Where results go.
    """

    told = Signal(str)
    unfiled = Signal(object)

    def __init__(self, store: Store, runs: FileRuns, keeper: QueueKeeper) -> None:
        super().__init__(store)
        self.output = Output()
        self._store, self._runs, self._keeper = store, runs, keeper
        self._planner = Worker("planner", keep=True, parent=self)

    @property
    def busy(self) -> bool:
        """Whether jobs are being planned."""
        return self._planner.busy

    def add(self, paths: Sequence[Path]) -> None:
        """List files, and the pictures below folders; they wait, or run with the others."""
        recipe, output = self._strip.usual, self.output
        sources = [path.absolute() for path in paths]
        self.told.emit(self.tr("Looking for pictures …"))

        def plan(_: object) -> tuple[list[Document], tuple[Ignored, ...], list[Job]]:
            found, strip = plan_files(sources, recipe, output), self._strip  # a frozen one
            listed = {each.path.absolute() for each in strip.documents if each.path is not None}
            fresh = [job for job in found.jobs if job.source not in listed]
            jobs = number_targets(fresh, _targets(strip))
            documents = [waiting_document(job, recipe) for job in jobs]
            return documents, found.ignored, [job for job in found.jobs if job.source in listed]

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self.told.emit(sentence(reply.error))
            else:
                self._list(*reply.value)

        self._planner.ask(plan, take)

    def queue(self, ids: Iterable[int], *, start: bool = False) -> None:
        """Let documents wait for a file each, by their recipes.

        Args:
            ids: Those that run or wait already stay as they are, and those with an unsaved result
                of their recipe.
            start: Whether the queue runs as soon as they are in it.
        """
        found = [each for id in ids if (each := self._strip.find(id)) and not each.is_busy]
        idle = [each for each in found if each.badge != "ready"]
        pasted = [each.id for each in idle if each.path is None]
        filed = [each for each in idle if each.path is not None]
        said = []
        if ready := len(found) - len(idle):
            said.append(self.tr("%n pictures are already done. Save or export them.", "", ready))
        if count := len(pasted):
            said.append(
                self.tr("%n pasted pictures have no folder. Export them when ready.", "", count)
            )
        if filed or not said:
            self._plan(filed, start=start, said=said)
        else:
            self.told.emit(" ".join(said))
        if start and pasted:
            self.unfiled.emit(pasted)

    def follow(self, before: Strip) -> None:
        """Plan the jobs of waiting documents anew whose recipes have changed since."""
        changed = []
        for old, new in zip(before.documents, self._strip.documents, strict=False):
            if old is new or old.id != new.id or asks_same(old.recipe, new.recipe):
                continue
            if new.job is not None and new.stage == "waiting":
                if new.recipe.asked:
                    changed.append(new)
                else:
                    self._runs.cancel([new.id])
        if changed:
            self._runs.withdraw([each.job for each in changed if each.job is not None])
            self._plan(changed)

    def set_output(self, output: Output) -> None:
        """Set where results go, also those of waiting documents."""
        if output == self.output:
            return
        self.output = output
        waiting = [d for d in self._strip.documents if d.stage == "waiting" and d.job is not None]
        before = [each.job for each in waiting if each.job is not None]
        taken = _targets(self._strip, but=waiting)
        after = number_targets(with_targets(before, output), taken)
        if list(after) == before:
            return
        self._runs.withdraw(before)
        self._keeper.record(QueueStore.forget, before)
        self._runs.file(dict(zip((each.id for each in waiting), after, strict=True)))
        if [job.target for job in after] != [job.target for job in before]:
            text = self.tr("%n waiting files will be saved there, too.", "", len(waiting))
            self.told.emit(text)

    def close(self, timeout_s: float) -> bool:
        """End the thread; return whether it ended within the time."""
        self._planner.drop()
        return self._planner.close(timeout_s)

    @property
    def _strip(self) -> Strip:
        return self._store.state.strip

    def _plan(
        self, documents: Sequence[Document], *, start: bool = False, said: Sequence[str] = ()
    ) -> None:
        """Let documents with files wait for jobs.

        Args:
            documents: Those without a step are left out.
            start: Whether the queue runs as soon as they are in it.
            said: What is told then, beside the files that are left out.
        """
        able = [each for each in documents if each.recipe.asked]
        if not able:
            none = self.tr("No step is selected. Turn on at least one.")
            self.told.emit(" ".join([none, *said]))
            return
        output, taken = self.output, _targets(self._strip, but=able)

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self.told.emit(sentence(reply.error))
                return
            plan: Plan = reply.value
            asked = {each.id: each for each in able}
            found = {id: self._strip.find(id) for id in plan.jobs}
            same = {
                id for id, now in found.items() if now and asks_same(now.recipe, asked[id].recipe)
            }
            self._keeper.record(
                QueueStore.forget, [job for id, job in plan.jobs.items() if id in same]
            )
            self._runs.file({id: job for id, job in plan.jobs.items() if id in same})
            self._keeper.record(QueueStore.ignore, plan.ignored)
            if start:
                self._runs.start()
            self.told.emit(" ".join([self._skipped(len(plan.jobs), plan.ignored), *said]).strip())

        self._planner.ask(lambda _: plan_documents(able, output, taken), take)

    def _list(
        self, documents: list[Document], ignored: tuple[Ignored, ...], here: list[Job]
    ) -> None:
        """List new documents, which wait."""
        count = self._runs.enlist(documents)
        reason = self.tr("already in the list")
        ignored = (*ignored, *(Ignored(job.source, reason) for job in here))
        self._keeper.record(QueueStore.ignore, ignored)
        self.told.emit(self._skipped(count, ignored))

    def _skipped(self, count: int, ignored: Sequence[Ignored]) -> str:
        said = [] if count else [self.tr("No picture to restore was found.")]
        if ignored:
            words = {
                "not a picture": self.tr("not a picture"),
                "result of an earlier run": self.tr("earlier result"),
                "folder of the results": self.tr("results folder"),
            }
            reasons = Counter(each.reason for each in ignored).most_common()
            many = ", ".join(self._many(reason, count) for reason, count in reasons)
            few = ", ".join(f"{e.path.name} ({words.get(e.reason, e.reason)})" for e in ignored)
            listed = few if len(ignored) <= _NAMED else many
            said.append(self.tr("Skipped: %1").replace("%1", listed))
        return " ".join(said)

    def _many(self, reason: str, count: int) -> str:
        """Return a number of files that were skipped for a reason."""
        words: dict[str, Callable[[], str]] = {
            "not a picture": lambda: self.tr("%n other files", "", count),
            "result of an earlier run": lambda: self.tr("%n earlier results", "", count),
            self.tr("already in the list"): lambda: self.tr("%n already in the list", "", count),
        }
        return words[reason]() if reason in words else f"{count} × {reason}"


def _targets(strip: Strip, but: Iterable[Document] = ()) -> list[Path]:
    """Return the targets of the documents' jobs, but of some."""
    others = {each.id for each in but}
    listed = (d.job for d in strip.documents if d.job is not None and d.id not in others)
    return [local(job.target) for job in listed]
