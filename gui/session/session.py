"""Session: opens, previews, restores and saves pictures for the window; without widgets.

Views call its parts and show the `State` that `changed` brings. Workers do what takes time;
requests that are no longer needed are canceled.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, QTimer, Signal

from restorer import Image

from . import startup
from .analyses import Analyses
from .choices import Choices
from .colors import Colors
from .documents import Document
from .file_plans import FilePlans
from .file_runs import FileRuns
from .left_over import LeftOver
from .opener import Opener
from .preview import Previews
from .preview_memory import PreviewMemory
from .queue_keeper import QueueKeeper
from .recipes import Recipes
from .runs import Runs
from .saving import Saving
from .shelf import Shelf
from .state import State
from .store import Store
from .strip import Strip
from .work import Message
from .worker import Gate, Reply, Worker

_CALM_MS = 15_000  # after the start, until the speed of the machine is measured


class Session(QObject):
    """The controller: connects its parts, and does what takes several of them.

    Args:
        parent: Owner.
        folder: Where results and the queue are kept for the next start, see `shelf`; None for a
            temporary folder.

    Attributes:
        previews: The visible part of the result.
        analyses: What suits the pictures, and their damage.
        colors: Those of camera RAW, and of the screen.
        recipes: What is asked for.
        keeper: The jobs of files on the disk.
        files: The pictures whose results go straight to files.
        plans: Their jobs.
        opener: The list of pictures.
        saving: Results written to files of the user.
        left_over: The work of the last window.

    Signals:
        changed: The new State.
        progressed: The new State, if only the progress of the current work has changed.
        showing: The user has asked for a picture: bring it into view.
    """

    changed = Signal(object)
    progressed = Signal(object)
    showing = Signal()

    def __init__(self, parent: QObject | None = None, folder: Path | None = None) -> None:
        super().__init__(parent)
        self._store = store = Store(self)
        self._shelf = shelf = Shelf(folder)
        self._shelf.claim()
        self._surveyor = Worker("surveyor", parent=self)
        self._loader = Worker("loader", parent=self)
        self._prepared = False
        self._save_to: Path | None = None  # where the open result goes as soon as it is there
        self._gate = gate = Gate()
        self._calm = QTimer(self, singleShot=True, interval=_CALM_MS)
        self._calm.timeout.connect(self._calibrate)
        self.previews = Previews(store, gate)
        self._seen = PreviewMemory()
        self.analyses = Analyses(store)
        self.colors = Colors(store)
        self.recipes = Recipes(store)
        self._runs = Runs(store, shelf, gate)
        self.keeper = QueueKeeper(store, shelf)
        self.files = FileRuns(store, self.keeper)
        self.plans = FilePlans(store, self.files, self.keeper)
        self.opener = Opener(store, shelf, self._runs, self.files)
        self.saving = Saving(store, shelf)
        self.left_over = LeftOver(store, shelf, self.opener, self._runs, self.files, self.keeper)
        self._connect()
        self.keeper.load()

    def _connect(self) -> None:
        self._store.changed.connect(self.changed)
        self._store.progressed.connect(self.progressed)
        self.analyses.found.connect(self.previews.follow)
        self.analyses.estimated.connect(self.previews.wait)
        self.previews.measured.connect(self.analyses.find_price)
        self.colors.developed.connect(self._show_developed)
        self.colors.converted.connect(self._seen.clear)
        self.colors.converted.connect(self._preview_again)
        self.recipes.changed.connect(self._follow_recipe)
        self.recipes.adopted.connect(self.showing)
        self.opener.showing.connect(self.showing)
        self.opener.left.connect(self._leave)
        self.opener.opened.connect(self._show_opened)
        self.plans.unfiled.connect(self._runs.add)
        self._runs.ended.connect(self._take_end)
        self.saving.recolor.connect(self._recolor)

    @property
    def state(self) -> State:
        """The current state."""
        return self._store.state

    # Called by views.

    def prepare(self) -> None:
        """Load what the first preview takes, then look for usable models and devices."""
        if not self._prepared:
            self._prepared = True
            self._loader.ask(
                lambda _: startup.prepare(self._gate),
                lambda _: self._take_prepared(),  # an error comes again
            )

    def survey(self) -> None:
        """Look for usable models and devices; to be called again when models change."""
        self._store.ask(self._surveyor, lambda request: startup.survey(), self._take_survey)

    def select(self, ids: Collection[int]) -> None:
        """Select documents for the commands that apply to several."""
        self._store.set(strip=replace(self._strip, selected=tuple(ids)))

    def set_ground_truth(self, image: Image | None) -> None:
        """Compare results with another ground truth, None for none."""
        self._store.set(ground_truth=image)

    def tell(self, message: Message) -> None:
        """Show a message."""
        self._store.set(message=message)

    def dismiss(self) -> None:
        """Remove the message."""
        self._store.set(message=None)

    def run(self) -> None:
        """Restore the selected pictures, one after the other."""
        documents = self._strip.to_restore
        if len(documents) == 1 and (why := self._why_not(documents[0])):
            self._store.tell(why)
            return
        able = [each for each in documents if not self._why_not(each)]
        if any(each.id == self.state.opened_of for each in able):
            self.previews.interrupt()
            self._store.set(message=None, loaded_result=None)
        self._runs.add(each.id for each in able)

    def start(self) -> None:
        """Go on with all that waits; where nothing does, let all that lack a result wait first."""
        self._runs.resume()
        strip = self._strip
        if self.files.running or any(each.stage == "waiting" for each in strip.documents):
            self.files.start()
        else:
            self.plans.queue([each.id for each in strip.documents if each.is_pending], start=True)

    def pause(self) -> None:
        """Stop all runs after the current tile; what has been stopped waits again."""
        self._runs.pause()
        self.files.pause()

    def retry(self, ids: Collection[int]) -> None:
        """Queue those that failed again: for the window, or for a file as before."""
        found = [self._strip.find(id) for id in ids]
        failed = [each for each in found if each is not None and each.stage == "failed"]
        self._runs.add([each.id for each in failed if each.job is None])
        if filed := [each.id for each in failed if each.job is not None]:
            self.plans.queue(filed)

    def stop(self) -> None:
        """Stop the run after its current tile, or the preview."""
        if self._strip.running is not None:
            self._save_to = None
            is_open = self._strip.running == self.state.opened_of
            self._runs.stop()
            if is_open:
                self.previews.stop()
        elif self.state.work.doing in ("restoring", "previewing"):
            self.previews.stop()

    def unqueue(self, ids: Collection[int]) -> None:
        """Take documents out of the queue; stop those that run."""
        self._runs.remove(ids)
        self.files.cancel(ids)

    def discard(self, ids: Collection[int]) -> None:
        """Throw results away, as the user wants it."""
        self._runs.discard(ids)
        self._store.set(patches=(), patches_of=None)
        self.previews.wait()

    def give_up(self) -> None:
        """Throw all unsaved results and the queue away, as the user wants it."""
        self.keeper.forget_left_over()
        self.unqueue([document.id for document in self.state.documents if document.is_busy])
        self._runs.discard([document.id for document in self._strip.unsaved])

    @property
    def at_work(self) -> bool:
        """Whether there is work that would be lost."""
        return (
            self.state.work.doing in ("restoring", "saving")
            or self._strip.running is not None
            or bool(self._strip.queue)
            or self.state.filing.running
            or self.saving.busy
        )

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop all work except saving; return whether all threads ended within the time."""
        self._leave()
        self._calm.stop()
        for worker in (self.opener, self._surveyor, self._loader):
            worker.drop()
        parts = (
            self._surveyor,
            self._loader,
            self.opener,
            self.colors,
            self.saving,
            self.files,
            self.plans,
            self.keeper,
            self.analyses,
            self.previews,
        )
        ended = [part.close(timeout_s) for part in parts]
        filed = any(each.is_filed for each in self._strip.documents)
        queue = filed or bool(self.keeper.left_over)
        return self._runs.close(timeout_s, queue=queue) and all(ended)

    # What the parts tell.

    @property
    def _strip(self) -> Strip:
        return self.state.strip

    def _take_prepared(self) -> None:
        self.survey()
        self._calm.start()

    def _calibrate(self) -> None:
        """Measure the speed of the machine as soon as no network runs."""
        if self._gate.is_free and self.state.work.doing == "nothing":
            self._loader.ask(lambda _: startup.calibrate(), lambda _: None)  # a guess will do
        else:
            self._calm.start()

    def _take_survey(self, reply: Reply) -> None:
        if reply.error is None:
            usable, devices = reply.value
            self._store.set(usable=usable, devices=devices)

    def _leave(self) -> None:
        """Cancel what is done for the open picture, and keep its preview; no run ends."""
        self._seen.keep(self.state)
        for part in (self.previews, self.analyses, self.colors):
            part.drop()
        self._save_to = None

    def _show_opened(self) -> None:
        """Show what becomes of a picture that has been read."""
        if (seen := self._seen.recall(self.state)) is not None:
            self._store.set(patches=seen.patches, patches_of=seen.choices, maps=seen.maps)
        self.analyses.find_out()
        self._preview_again()
        self.colors.develop()  # as others may have been chosen meanwhile

    def _show_developed(self) -> None:
        self.analyses.find_steps()
        self.previews.wait()

    def _preview_again(self) -> None:
        self.previews.finish()
        self.previews.wait()

    def _follow_recipe(self, before: Choices, earlier: Strip) -> None:
        """React to another recipe of the open picture or of others."""
        self.plans.follow(earlier)
        self.analyses.follow(before)
        self.previews.follow(before)
        self.colors.develop()

    def _take_end(self, id: int) -> None:
        """Show the result of a run of the open picture, and save it where it is awaited."""
        document = self._strip.document
        if document is None or document.id != id:
            return
        path, self._save_to = self._save_to, None
        restoration = self.state.restoration
        if restoration is not None and document.stage == "idle":
            self._store.set(patches=(), patches_of=None, maps=restoration.maps)
            self.previews.finish()
        self.previews.wait()
        if path is not None and self.state.saveable is not None:
            self.saving.save(path)

    def _recolor(self, path: Path) -> None:
        """Restore the open picture in the colors that a file takes, and save it there."""
        self.recipes.choose(self.state.choices.with_changes(suffix=path.suffix.lower()))
        document = self._strip.document
        if document is not None:
            self._runs.add([document.id])
            self._save_to = path

    def _why_not(self, document: Document) -> str:
        """Return why a document cannot be restored; empty if it can."""
        recipe = document.recipe
        if recipe.ready or (recipe.automatic and recipe.chosen is None):
            return ""
        if recipe.automatic:
            return self.tr("This picture needs no repair.")
        if recipe.needs_references:
            return self.tr("Add a reference picture first.")
        return self.tr("No step is selected. Turn on at least one.")
