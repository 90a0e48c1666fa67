"""Session: opens, previews, restores and saves pictures for the window; without widgets.

Views call its methods and show the `State` that `changed` brings. Workers do what takes time;
requests that are no longer needed are canceled.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from restorer import DEFAULT_MAX_PIXELS, FORMATS, READABLE, Image, ImageTooLargeError, Step

from . import estimates, opening, rendering, results, startup
from .analyses import Analyses
from .box import Box
from .choices import Choices
from .documents import Document, changed_fields
from .file_runs import FileRuns
from .preview import Previews
from .results import FinishedResult
from .runs import Runs
from .saving import Saving
from .shelf import Entry, Shelf
from .state import Message, OpenPicture, State, Work
from .store import Store
from .strip import Strip
from .worker import Gate, Reply, Worker

_ONE_CHANGE_S = 1.0  # changes of the same settings within it are undone together


class Session(QObject):
    """The controller.

    Args:
        parent: Owner.
        folder: Where results and the queue are kept for the next start, see `shelf`; None for a
            temporary folder.

    Attributes:
        files: The pictures whose results go straight to files.

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
        self._store = Store(self)
        self._store.changed.connect(self.changed)
        self._store.progressed.connect(self.progressed)
        self._save_to: Path | None = None  # where the open result goes as soon as it is there
        self._changed_last: tuple[int, frozenset[str], float] = (-1, frozenset(), 0.0)
        gate = Gate()
        self._reader = Worker("reader", parent=self)
        self._network = Worker("network", gate=gate, parent=self)
        self._estimator = Worker("gauge", parent=self)
        self._surveyor = Worker("surveyor", parent=self)
        self._loader = Worker("loader", parent=self)
        self._prepared = False
        self._painter = Worker("painter", parent=self)
        self._shelf = Shelf(folder)
        self._shelf.claim()
        self._previews = Previews(self._store, self._network)
        self._runs = Runs(self._store, self._shelf, gate)
        self._runs.ended.connect(self._take_end)
        self._saving = Saving(self._store, self._shelf)
        self._saving.recolor.connect(self._recolor)
        self.files = FileRuns(self._store, self._shelf)
        self._analyses = Analyses(self._store, self._follow_steps)
        self.files.load()

    @property
    def state(self) -> State:
        """The current state."""
        return self._store.state

    # Called by views.

    def prepare(self) -> None:
        """Look for usable models and devices, and load what the first preview takes."""
        if not self._prepared:
            self._prepared = True
            self._loader.ask(lambda _: startup.prepare(), lambda _: None)  # errors come again
            self.survey()

    def survey(self) -> None:
        """Look for usable models and devices; to be called again when models change."""
        self._store.ask(self._surveyor, lambda request: startup.survey(), self._take_survey)

    def open(self, paths: Sequence[Path]) -> None:
        """Open the first picture of files and folders, and list the others.

        Pictures that hold work stay in the strip.
        """
        self._store.set(work=Work("opening"))
        self._store.ask(
            self._reader, lambda request: opening.find_pictures(paths), self._take_files
        )
        self.showing.emit()

    def show(self, number: int) -> None:
        """Open one of the documents."""
        if 0 <= number < len(self.state.documents) and number != self.state.current:
            self._go(self._strip.shown(number))

    def bring(self, id: int) -> None:
        """Open a document, and bring it into view."""
        self.show(self._strip.number(id))
        self.showing.emit()

    def show_page(self, number: int) -> None:
        """Open another page of the open file, or frame of an animation, by its number from 0."""
        opened = self._opened
        if opened is None or opened.path is None or number == opened.page:
            return
        if 0 <= number < opened.pages:
            self._go(self._strip.with_page(number))

    def open_anyway(self) -> None:
        """Open the current file, even if it is larger than the usual limit."""
        self._go(self._strip, sys.maxsize)

    def paste(self, image: QImage, name: str) -> None:
        """Open a picture that another program has copied."""

        def take(reply: Reply) -> None:
            self._take_opened(reply)
            document = self._strip.document
            if reply.error is not None and document is not None:
                self.remove([document.id])  # there is no file to try again

        screen, strip = self._store.screen, self._strip
        file = self._shelf.folder / f"pasted-{time.time_ns():x}.png"
        document = Document(0, None, name, strip.usual, pasted=file)
        self._leave(strip.with_document(len(strip.documents), document))
        self._store.ask(
            self._reader,
            lambda request: (opening.open_copied(image, name, file, screen), None),
            take,
        )
        self.showing.emit()

    def open_pair(self, source: Path, target: Path) -> None:
        """Open a picture together with its result."""
        self.showing.emit()
        screen, strip = self._store.screen, self._strip
        listed = [number for number, each in enumerate(strip.documents) if each.path == source]
        if listed:
            strip = strip.shown(listed[0])
        else:
            document = Document(0, source, source.name, strip.usual)
            strip = strip.with_document(len(strip.documents), document)
        choices = strip.recipe
        self._leave(strip)

        def take(reply: Reply) -> None:
            opened, loaded = reply.value or (None, None)
            self._take_opened(replace(reply, value=(opened, None)))
            self._store.set(loaded_result=loaded)

        self._store.ask(
            self._reader, lambda t: opening.open_pair(source, target, choices, screen), take
        )

    def select(self, ids: Collection[int]) -> None:
        """Select documents for the commands that apply to several."""
        self._store.set(strip=replace(self._strip, selected=tuple(ids)))

    def choose(self, choices: Choices) -> None:
        """Set the recipe of the open picture; the preview is updated if that changes pixels."""
        before, opened = self.state.choices, self._opened
        choices = self._of_kind(choices, opened)
        if choices.wanted_damage != before.wanted_damage:
            choices = choices.suited(None)
        if choices == before:
            return
        strip = self._strip.asked(choices, merged=self._continues(before, choices))
        self._change_recipe(before, strip)

    def undo(self) -> None:
        """Return to the recipe before the last change."""
        self._step(Document.undone)

    def redo(self) -> None:
        """Repeat a change that was undone."""
        self._step(Document.redone)

    def copy_recipe(self) -> None:
        """Keep the recipe of the open picture for others."""
        self._store.set(copied=self.state.choices)

    def paste_recipe(self) -> None:
        """Give the selected documents the recipe that was copied; it can be undone in each."""
        if self.state.copied is not None:
            self._share(self.state.copied)

    def share_recipe(self) -> None:
        """Give the selected documents the recipe of the open one; it can be undone in each."""
        self._share(self.state.choices)

    def _share(self, recipe: Choices) -> None:
        strip, kinds = self._strip, {raw: recipe.for_kind(raw=raw) for raw in (False, True)}
        plain = {raw: kind.suited(None) for raw, kind in kinds.items()}
        others = (d for d in strip.chosen_documents if d.recipe != kinds[d.recipe.raw])
        made = [document.asked(plain[document.recipe.raw]) for document in others]
        self._change_recipe(self.state.choices, strip.with_all(made))

    def adopt(self, steps: Sequence[Step]) -> None:
        """Choose the models and strengths of some steps, as compared on the contact sheet."""
        choices = self.state.choices
        for step in steps:
            choices = choices.with_step(step)
        self.choose(choices)
        self.showing.emit()

    def set_ground_truth(self, image: Image | None) -> None:
        """Compare results with another ground truth, None for none."""
        self._store.set(ground_truth=image)

    def set_view(self, box: Box) -> None:
        """Set the visible part, in pixels of the result, and preview it."""
        self._previews.set_view(box)

    def set_pointer(self, place: tuple[float, float] | None) -> None:
        """Set the place under the pointer, in pixels of the result: previews begin there."""
        self._previews.set_pointer(place)

    def remember_pace(self, pace: Mapping[tuple[str, ...], float]) -> None:
        """Take the measured speeds of earlier sessions; see `State.pace`."""
        self._store.set(pace=pace)

    def frame(self, box: Box | None) -> None:
        """Preview a chosen rectangle, in pixels of the result; None for the visible part."""
        self._store.set(frame=box)
        self._previews.wait()

    def run(self) -> None:
        """Restore the selected pictures, one after the other."""
        documents = self._strip.to_restore
        if len(documents) == 1 and (why := self._why_not(documents[0])):
            self._store.tell(why)
            return
        able = [each for each in documents if not self._why_not(each)]
        if any(each.id == self.state.opened_of for each in able):
            self._network.drop()
            doing = self.state.work.doing
            work = Work() if doing == "previewing" else self.state.work
            self._store.set(work=work, message=None, loaded_result=None)
        self._runs.add(each.id for each in able)

    def start(self) -> None:
        """Go on with all that waits; where nothing does, let all that lack a result wait first."""
        self._runs.resume()
        strip = self._strip
        if self.files.running or any(each.stage == "waiting" for each in strip.documents):
            self.files.start()
        else:
            self.files.queue([each.id for each in strip.documents if each.is_pending], start=True)

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
            self.files.queue(filed)

    def look_at(self, ids: Collection[int]) -> None:
        """Find out what suits documents that another view shows."""
        self._analyses.watch(ids)

    def stop(self) -> None:
        """Stop the run after its current tile, or the preview."""
        if self._strip.running is not None:
            self._save_to = None
            is_open = self._strip.running == self.state.opened_of
            self._runs.stop()
            if is_open:
                self._stop_preview()
        elif self.state.work.doing in ("restoring", "previewing"):
            self._stop_preview()

    def _stop_preview(self) -> None:
        """Stop the preview until the next change, and say so."""
        self._network.drop()
        text = self.tr("Stopped. The next change starts the preview again.")
        self._store.set(work=Work(), message=Message(text, "note"))
        self._previews.stop()

    def unqueue(self, ids: Collection[int]) -> None:
        """Take documents out of the queue; stop those that run."""
        self._runs.remove(ids)
        self.files.cancel(ids)

    def discard(self, ids: Collection[int]) -> None:
        """Throw results away, as the user wants it."""
        self._runs.discard(ids)
        self._store.set(patches=(), patches_of=None)
        self._previews.wait()

    def give_up(self) -> None:
        """Throw all unsaved results and the queue away, as the user wants it."""
        self.files.forget_left_over()
        self.unqueue([document.id for document in self.state.documents if document.is_busy])
        self._runs.discard([document.id for document in self._strip.unsaved])

    def remove(self, ids: Collection[int]) -> None:
        """Remove documents and their results from the strip."""
        before, opened = self._strip, self._strip.document
        self._runs.remove(ids)
        ids = set(ids)
        strip = self._strip.removed(ids)
        gone = [each for each in before.documents if strip.find(each.id) is None]
        if strip.document is opened:
            self._store.set(strip=strip)
        elif strip.document is None:
            self._leave(strip)
            self._store.set(work=Work(), opened=None, opened_of=None, camera_preview=None)
        else:
            self._go(strip)
        self._drop(gone)

    def _drop(self, documents: Iterable[Document]) -> None:
        """Remove what belongs to documents that have left the list."""
        gone = list(documents)
        self._runs.drop(gone)
        self.files.drop(gone)

    def save(self, path: Path, *, replace: bool = False) -> None:
        """Write the result of the open picture; `replace` allows the path of the picture itself."""
        self._saving.save(path, replace=replace)

    def save_beside(
        self, documents: Sequence[Document], then: Callable[[bool], None] | None = None
    ) -> None:
        """Write results beside their originals; `then` hears whether all were written."""
        self._saving.save_beside(documents, then)

    def selected_results(self) -> tuple[FinishedResult, ...]:
        """Return the results of the selected pictures, or of the open one."""
        return self._saving.selected_results()

    def mark_saved(self, id: int, path: Path) -> None:
        """Show a result as saved, which has been written to a file."""
        self._saving.mark_saved(id, path)

    @property
    def left_over(self) -> tuple[Entry, ...]:
        """What a window that was killed has left: unsaved results, and what waited."""
        return self._shelf.left_over

    @property
    def left_documents(self) -> tuple[Document, ...]:
        """What the last window has left to do or to save; it is not in the list yet."""
        kept = (replace(entry.document(0), stage=entry.stage) for entry in self.left_over)
        filed = (each for each in self.files.left_over if each.stage != "idle")
        return (*kept, *filed)

    def offer_left_over(self) -> None:
        """Offer to continue the work of the last window, where the start page is not seen."""
        waiting = sum(each.stage == "waiting" for each in self.left_documents)
        unsaved = sum(each.unsaved for each in self.left_documents)
        if unsaved or waiting:
            text = self.tr(
                "Work of the last session is left. Unsaved results: %1. Pictures waiting: %2."
            )
            text = text.replace("%1", str(unsaved)).replace("%2", str(waiting))
            self._store.set(message=Message(text, "note", "continue"))

    def take_left_over(self) -> None:
        """Continue the work of the last window: its results, and all that waited."""
        entries, strip = self._shelf.left_over, self._strip
        first = len(strip.documents)
        strip = strip.with_added(entry.document(0) for entry in entries)
        listed = zip(entries, strip.documents[first:], strict=True)
        waiting = [document.id for entry, document in listed if entry.stage == "waiting"]
        self._shelf.left_over = ()
        if entries:
            self._go(strip.shown(first))
            self._runs.add(waiting)
        self.files.take_left_over()
        self.files.start()

    def set_screen_profile(self, path: Path | None) -> bool:
        """Convert colors to the ICC profile of a screen, None for sRGB; return whether it fits."""
        try:
            profile = None if path is None else path.read_bytes()
        except OSError as error:
            self._store.tell(f"{path}: {error.strerror}.")
            return False
        if profile is not None and not rendering.fits_screen(profile):
            text = self.tr("%1 is not a color profile of an RGB screen. Choose another one.")
            self._store.tell(text.replace("%1", str(path)))
            return False
        self._store.screen = profile
        self._show_again()
        return True

    def dismiss(self) -> None:
        """Remove the message."""
        self._store.set(message=None)

    def tell(self, message: Message) -> None:
        """Show a message."""
        self._store.set(message=message)

    @property
    def at_work(self) -> bool:
        """Whether there is work that would be lost."""
        return (
            self.state.work.doing in ("restoring", "saving")
            or self._strip.running is not None
            or bool(self._strip.queue)
            or self.state.filing.running
            or self._saving.busy
        )

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop all work except saving; return whether all threads ended within the time."""
        workers = (
            self._reader,
            self._network,
            self._estimator,
            self._surveyor,
            self._loader,
            self._painter,
        )
        for worker in workers:
            worker.drop()
        parts = (self._saving, self.files, self._analyses, self._previews)
        ended = [part.close(timeout_s) for part in (*workers, *parts)]
        filed = any(each.is_filed for each in self._strip.documents)
        queue = filed or bool(self.files.left_over)
        return self._runs.close(timeout_s, queue=queue) and all(ended)

    # Replies of workers.

    def _take_survey(self, reply: Reply) -> None:
        if reply.error is None:
            usable, devices = reply.value
            self._store.set(usable=usable, devices=devices)

    def _take_files(self, reply: Reply) -> None:
        files: tuple[Path, ...] = reply.value or ()
        if not files:
            self._store.set(work=Work())
            if reply.error is None:
                known = ", ".join(sorted(READABLE))
                text = self.tr("No picture was found there. Supported: %1.")
                self._store.tell(text.replace("%1", known))
            return
        before, strip = self._strip, self._strip.with_files(files)
        self._go(strip.shown(strip.files.index(files[0])))
        self._drop(each for each in before.documents if strip.find(each.id) is None)

    def _take_opened(self, reply: Reply) -> None:
        opened, result = reply.value or (None, None)
        document, recipe = self._strip.document, self.state.choices
        strip = self._strip
        if document is not None and opened is not None:
            if opened.gray is None:
                recipe = recipe.with_values(mosaic=None, raw_size=None)
            if recipe.raw != (opened.mosaic is not None):
                recipe = recipe.for_kind(raw=opened.mosaic is not None).suited(None)
            made = document.with_recipe(recipe, pages=opened.pages, size=opened.size)
            if isinstance(result, Exception):
                made = replace(made, kept=None)
                self._store.report(result)
            elif made.restoration is None and made.kept is not None:
                made = replace(made, restoration=result)  # unless a newer one is in memory
            strip = strip.with_(made)
        is_running = document is not None and strip.running == document.id
        self._store.set(
            strip=strip,
            opened=opened,
            opened_of=None if document is None or opened is None else document.id,
            camera_preview=None,
            patches=(),
            patches_of=None,
            grown_preview=None,
            loaded_result=None,
            maps=None,
            frame=None,
            estimated_sigma=None,
            estimated_quality=None,
            work=self.state.progress if is_running else Work(),
        )
        if opened is not None:
            self._find_out()
            self._previews.finish()
            self._previews.wait()
            if self.state.choices.development != opened.development:  # chosen meanwhile
                self._develop()

    def _develop(self) -> None:
        """Give camera RAW the colors that are chosen now."""
        opened, choices, screen = self.state.opened, self.state.choices, self._store.screen
        if opened is None:
            return

        def take(reply: Reply) -> None:
            if reply.error is None and self.state.opened is opened:
                self._store.set(opened=reply.value)
                self._store.change(recipe=self.state.choices.suited(None))
                self._analyses.find_steps()
                self._previews.wait()

        self._store.ask(
            self._painter, lambda request: opening.develop(opened, choices, screen), take
        )

    def _read(self, max_pixels: int) -> None:
        """Read the open document; one above the limit is offered to be opened anyway."""
        document, screen = self._strip.document, self._store.screen
        if document is None:
            return

        def take(reply: Reply) -> None:
            self._take_opened(reply)
            if isinstance(reply.error, ImageTooLargeError):
                self._offer_large(document.file, max_pixels)

        def read_all() -> None:
            self._store.ask(
                self._reader,
                lambda request: results.open_all(document, self._shelf, screen, max_pixels),
                take,
            )

        def take_preview(reply: Reply) -> None:
            if reply.value is not None:
                self._store.set(opened=None, opened_of=None, camera_preview=reply.value)
            read_all()

        if document.file.suffix.lower() in FORMATS["raw"].suffixes:
            self._store.ask(
                self._reader,
                lambda request: opening.open_preview(document.file, screen),
                take_preview,
            )
        else:
            read_all()

    def _offer_large(self, path: Path, max_pixels: int) -> None:
        size = opening.large_size(path, max_pixels)
        if size is not None:
            text = self.tr("%1 is very large: %2 megapixels, which take about %3 GB of memory.")
            for number, value in enumerate((path.name, f"{size[0]:.0f}", f"{size[1]:.1f}"), 1):
                text = text.replace(f"%{number}", value)
            self._store.set(message=Message(text, action="open"))

    def _take_damage(self, reply: Reply) -> None:
        if reply.error is None:
            noise, sigma, quality = reply.value
            if noise != self.state.choices.noise:  # that of another network
                sigma = None
            self._store.set(estimated_sigma=sigma, estimated_quality=quality)
            self._find_damage()  # other tasks may have been turned on meanwhile
        self._previews.wait()

    def _take_end(self, id: int) -> None:
        """Show the result of a run of the open picture, and save it where it is awaited."""
        document = self._strip.document
        if document is None or document.id != id:
            return
        path, self._save_to = self._save_to, None
        restoration = self.state.restoration
        if restoration is not None and document.stage == "idle":
            self._store.set(patches=(), patches_of=None, maps=restoration.maps)
            self._previews.finish()
        self._previews.wait()
        if path is not None and self.state.saveable is not None:
            self.save(path)

    def _recolor(self, path: Path) -> None:
        """Restore the open picture in the colors that a file takes, and save it there."""
        self.choose(self.state.choices.with_changes(suffix=path.suffix.lower()))
        document = self._strip.document
        if document is not None:
            self._runs.add([document.id])
            self._save_to = path

    # The recipe.

    @property
    def _strip(self) -> Strip:
        return self.state.strip

    @property
    def _opened(self) -> OpenPicture | None:
        """The open picture, once it has been read."""
        document = self._strip.document
        is_read = document is not None and document.id == self.state.opened_of
        return self.state.opened if is_read else None

    def _of_kind(self, choices: Choices, opened: OpenPicture | None) -> Choices:
        """Return the choices with the tasks that the open picture takes."""
        if opened is not None and opened.gray is not None:
            return choices.for_kind(raw=choices.settings.mosaic is not None)
        if opened is not None and opened.mosaic is not None:
            return choices.behind_demosaicing()
        return choices.for_kind(raw=False)

    def _continues(self, before: Choices, after: Choices) -> bool:
        """Return whether a change goes on with the last one, as that of a slider."""
        id = -1 if self._strip.document is None else self._strip.document.id
        fields, now = changed_fields(before, after), time.monotonic()
        last, self._changed_last = self._changed_last, (id, fields, now)
        return last[:2] == (id, fields) and now - last[2] < _ONE_CHANGE_S

    def _step(self, step: Callable[[Document], Document]) -> None:
        document = self._strip.document
        if document is not None:
            self._changed_last = (-1, frozenset(), 0.0)
            self._change_recipe(document.recipe, self._strip.changed(document.id, step))

    def _change_recipe(self, before: Choices, strip: Strip) -> None:
        """Set the strip, in which the open picture may have another recipe."""
        choices, frame, opened = strip.recipe, self.state.frame, self._opened
        if frame is not None and choices.scale != before.scale:
            frame = frame.scaled(choices.scale / before.scale)
        earlier = self._strip
        self._store.set(strip=strip, frame=frame, loaded_result=None)
        self.files.follow(earlier)
        if choices.noise != before.noise:
            self._store.set(estimated_sigma=None)
        self._previews.follow(before)
        self._find_out()
        if opened is not None and choices.development != opened.development:
            self._develop()

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

    def _find_out(self) -> None:
        """Find out what the recipe of the open picture leaves to the program, and its price."""
        self._find_damage()
        self._analyses.find_steps()
        self._find_price()

    def _find_price(self) -> None:
        opened, choices = self._opened, self.state.choices
        if opened is not None:
            self._store.change(price=estimates.price_of(opened.source, choices))

    def _find_damage(self) -> None:
        """Estimate the damage that the networks take, unless it is known."""
        state = self.state
        opened, choices = self._opened, state.choices
        sigma = choices.takes("sigma") and state.estimated_sigma is None
        quality = choices.takes("jpeg_quality") and state.estimated_quality is None
        if opened is not None and (sigma or quality) and not self._estimator.busy:
            self._store.ask(
                self._estimator,
                lambda request: (choices.noise, *estimates.estimate_damage(opened, choices)),
                self._take_damage,
            )

    def _follow_steps(self, before: Choices) -> None:
        """React to the steps that were found for the open picture."""
        self._previews.follow(before)
        self._find_damage()
        self._find_price()

    # Between pictures.

    def _show_again(self) -> None:
        """Show picture and results in the colors of another screen."""
        state, screen = self.state, self._store.screen
        opened, restoration, loaded = state.opened, state.restoration, state.loaded_result
        if opened is None:
            return

        def take(reply: Reply) -> None:
            if reply.error is None and self.state.opened is opened:
                shown, *others = reply.value
                self._store.set(opened=shown, patches=(), patches_of=None)
                if (self.state.restoration, self.state.loaded_result) == (restoration, loaded):
                    self._store.change(restoration=others[0])
                    self._store.set(loaded_result=others[1])
                self._previews.finish()
                self._previews.wait()

        self._store.ask(
            self._painter,
            lambda t: results.show_again(opened, restoration, loaded, screen),
            take,
        )

    def _go(self, strip: Strip, max_pixels: int | None = None) -> None:
        """Open the current document of a strip."""
        self._leave(strip)
        self._read(max_pixels or DEFAULT_MAX_PIXELS)

    def _leave(self, strip: Strip) -> None:
        """Cancel what is done for the open picture before another one is opened; no run ends."""
        for worker in (self._network, self._estimator, self._painter):
            worker.drop()
        self._analyses.drop()
        self._previews.drop()
        self._save_to = None
        message = self.state.message
        kept = message if message is not None and message.action == "continue" else None
        self._store.set(strip=strip.unloaded(), work=Work("opening"), message=kept)
