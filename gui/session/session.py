"""Session: opens, previews, restores and saves pictures for the window; without widgets.

Views call its methods and show the `State` that `changed` brings. Workers do what takes time;
requests that are no longer needed are canceled.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from restorer import DEFAULT_MAX_PIXELS, FORMATS, READABLE, Image, ImageTooLargeError, Step

from . import operations, rendering
from .box import Box
from .choices import CAMERA_SUFFIX, Choices
from .preview import Previews
from .state import Message, OpenPicture, Restoration, State, Work
from .store import Store
from .worker import Reply, Worker


class Session(QObject):
    """The controller.

    Args:
        parent: Owner.

    Signals:
        changed: The new State.
        progressed: The new State, if only the progress of the current work has changed.
        showing: The user has asked for a picture: bring it into view.
    """

    changed = Signal(object)
    progressed = Signal(object)
    showing = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._store = Store(self)
        self._store.changed.connect(self.changed)
        self._store.progressed.connect(self.progressed)
        self._first_tile = 0.0
        self._save_to: Path | None = None  # where the result goes as soon as it is there
        self._reader = Worker("reader", parent=self)
        self._network = Worker("network", parent=self)
        self._estimator = Worker("gauge", parent=self)
        self._surveyor = Worker("surveyor", parent=self)
        self._chooser = Worker("chooser", parent=self)
        self._writer = Worker("writer", keep=True, parent=self)
        self._painter = Worker("painter", parent=self)
        self._previews = Previews(self._store, self._network)

    @property
    def state(self) -> State:
        """The current state."""
        return self._store.state

    # Called by views.

    def survey(self) -> None:
        """Look for usable models and devices; to be called again when models change."""
        self._store.ask(self._surveyor, lambda request: operations.survey(), self._take_survey)

    def open(self, paths: Sequence[Path]) -> None:
        """Open the first picture of files and folders, and list the others."""
        self._store.set(work=Work("opening"))
        self._store.ask(
            self._reader, lambda request: operations.find_pictures(paths), self._take_files
        )
        self.showing.emit()

    def show(self, number: int) -> None:
        """Open one of the files."""
        if not 0 <= number < len(self.state.files) or number == self.state.current:
            return
        self._leave(number)
        self._read(self.state.files[number], DEFAULT_MAX_PIXELS)

    def show_page(self, number: int) -> None:
        """Open another page of the open file, or frame of an animation, by its number from 0."""
        opened = self.state.opened
        if opened is None or opened.path is None or number == opened.page:
            return
        if 0 <= number < opened.pages:
            self._leave(self.state.current)
            self._read(opened.path, DEFAULT_MAX_PIXELS, number)

    def open_anyway(self) -> None:
        """Open the current file, even if it is larger than the usual limit."""
        self._leave(self.state.current)
        self._read(self.state.files[self.state.current], sys.maxsize)

    def paste(self, image: QImage, name: str) -> None:
        """Open a picture that another program has copied."""
        screen = self._store.screen
        self._leave(-1)
        self._store.ask(
            self._reader,
            lambda request: operations.open_copied(image, name, screen),
            self._take_opened,
        )
        self.showing.emit()

    def open_pair(self, source: Path, target: Path) -> None:
        """Open a picture together with its result."""
        self.showing.emit()
        screen, choices = self._store.screen, self.state.choices
        self._leave(-1)
        self._store.ask(
            self._reader,
            lambda t: operations.open_pair(source, target, choices, screen),
            self._take_pair,
        )

    def choose(self, choices: Choices) -> None:
        """Set the choices; the preview is updated if they change pixels."""
        before, opened = self.state.choices, self.state.opened
        if opened is not None and opened.gray is not None:
            choices = choices.for_kind(raw=choices.settings.mosaic is not None)
        elif opened is not None and opened.mosaic is not None:
            choices = choices.behind_demosaicing()
        else:
            choices = choices.for_kind(raw=False)
        if choices.wanted_damage != before.wanted_damage:
            choices = choices.suited(None)
        if choices == before:
            return
        frame = self.state.frame
        if frame is not None and choices.scale != before.scale:
            frame = frame.scaled(choices.scale / before.scale)
        self._store.set(choices=choices, frame=frame, saved=None, loaded_result=None)
        if choices.noise != before.noise:
            self._store.set(estimated_sigma=None)
        self._previews.follow(before)
        self._find_damage()
        self._find_steps()
        if opened is not None and choices.development != opened.development:
            self._develop()

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
        """Restore the whole picture."""
        opened, choices, screen = self.state.opened, self.state.choices, self._store.screen
        if opened is None or self.state.work.doing == "restoring":
            return
        if not choices.ready:
            if choices.automatic:
                self._store.tell(self.tr("This picture needs no repair."))
            elif choices.needs_references:
                self._store.tell(self.tr("Add a reference picture first."))
            else:
                self._store.tell(self.tr("No step is selected. Turn on at least one."))
            return
        self._store.set(work=Work("restoring"), message=None, loaded_result=None)
        self._store.ask(
            self._network,
            lambda request: operations.restore_picture(opened, choices, screen, request),
            self._take_restoration,
            self._count,
            lambda growth: self._store.set(grown_result=growth),
        )

    def stop(self) -> None:
        """Stop after the current tile."""
        if self.state.work.doing in ("restoring", "previewing"):
            self._network.drop()
            self._save_to = None
            text = self.tr("Stopped. The next change starts the preview again.")
            self._store.set(work=Work(), message=Message(text, "note"))
            self._previews.stop()

    def save(self, path: Path) -> None:
        """Write the whole result, with the same pixels as `restore image`."""
        final, choices = self.state.saveable, self.state.choices
        if final is None:
            self._store.tell(self.tr("There is no result yet. Restore the picture first."))
            return
        opened = self.state.opened
        if opened is not None and opened.path is not None and _same(path, opened.path):
            text = self.tr("%1 is the original. Choose another name.")
            self._store.tell(text.replace("%1", str(path)))
            return
        in_camera_colors = path.suffix.lower() == CAMERA_SUFFIX
        if choices.raw and choices.camera_colors != in_camera_colors:
            self.choose(choices.with_changes(suffix=path.suffix.lower()))
            self.run()  # in other colors
            self._save_to = path
            return
        self._store.set(work=Work("saving"), message=None)
        made = choices if opened is None else choices.of_page(opened.page, opened.pages)
        self._store.ask(
            self._writer, lambda t: operations.save(final, path, made), self._take_saved
        )

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
        return self.state.work.doing in ("restoring", "saving")

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop all work except saving; return whether all threads ended within the time."""
        workers = (
            self._reader,
            self._network,
            self._estimator,
            self._chooser,
            self._surveyor,
            self._painter,
        )
        for worker in workers:
            worker.drop()
        ended = [worker.close(timeout_s) for worker in (*workers, self._writer)]
        return self._previews.close(timeout_s) and all(ended)

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
        self._store.set(files=files, current=-1)
        self.show(0)

    def _take_opened(self, reply: Reply) -> None:
        opened: OpenPicture | None = reply.value
        is_raw = opened is not None and opened.mosaic is not None
        choices = self.state.choices
        if opened is not None and opened.gray is None:
            choices = choices.with_values(mosaic=None, raw_size=None)
        self._store.set(
            opened=opened,
            camera_preview=None,
            choices=(choices.for_kind(raw=is_raw) if opened is not None else choices).suited(None),
            patches=(),
            patches_of=None,
            grown_preview=None,
            grown_result=None,
            restoration=None,
            loaded_result=None,
            maps=None,
            frame=None,
            estimated_sigma=None,
            estimated_quality=None,
            saved=None,
            work=Work(),
        )
        if opened is not None:
            self._find_damage()
            self._find_steps()
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
                self._store.set(opened=reply.value, choices=self.state.choices.suited(None))
                self._find_steps()
                self._previews.wait()

        self._store.ask(
            self._painter, lambda request: operations.develop(opened, choices, screen), take
        )

    def _read(self, path: Path, max_pixels: int, page: int = 0) -> None:
        """Open a page of a file; one above the limit is offered to be opened anyway."""
        screen, choices = self._store.screen, self.state.choices

        def take(reply: Reply) -> None:
            self._take_opened(reply)
            if isinstance(reply.error, ImageTooLargeError):
                self._offer_large(path, max_pixels)

        def read_all() -> None:
            self._store.ask(
                self._reader,
                lambda request: operations.open_file(path, choices, screen, max_pixels, page),
                take,
            )

        def take_preview(reply: Reply) -> None:
            if reply.value is not None:
                self._store.set(opened=None, camera_preview=reply.value)
            read_all()

        if path.suffix.lower() in FORMATS["raw"].suffixes:
            self._store.ask(
                self._reader, lambda request: operations.open_preview(path, screen), take_preview
            )
        else:
            read_all()

    def _offer_large(self, path: Path, max_pixels: int) -> None:
        size = operations.large_size(path, max_pixels)
        if size is not None:
            text = self.tr("%1 is very large: %2 megapixels, which take about %3 GB of memory.")
            for number, value in enumerate((path.name, f"{size[0]:.0f}", f"{size[1]:.1f}"), 1):
                text = text.replace(f"%{number}", value)
            self._store.set(message=Message(text, action="open"))

    def _take_pair(self, reply: Reply) -> None:
        opened, loaded = reply.value or (None, None)
        self._take_opened(replace(reply, value=opened))
        self._store.set(files=(opened.path,) if opened else (), current=0 if opened else -1)
        self._store.set(loaded_result=loaded)

    def _take_damage(self, reply: Reply) -> None:
        if reply.error is None:
            noise, sigma, quality = reply.value
            if noise != self.state.choices.noise:  # that of another network
                sigma = None
            self._store.set(estimated_sigma=sigma, estimated_quality=quality)
            self._find_damage()  # other tasks may have been turned on meanwhile
        self._previews.wait()

    def _take_restoration(self, reply: Reply) -> None:
        self._store.set(work=Work())
        if reply.error is None:
            restoration: Restoration = reply.value
            self._store.set(
                restoration=restoration,
                patches=(),
                patches_of=None,
                grown_result=None,
                saved=None,
                maps=restoration.maps,
            )
            self._previews.finish()
        self._previews.wait()
        path, self._save_to = self._save_to, None
        if path is not None and self.state.saveable is not None:
            self.save(path)

    def _take_saved(self, reply: Reply) -> None:
        self._store.set(work=Work())
        if reply.error is not None:
            return
        path, notes = reply.value
        text = self.tr("Saved as %1.").replace("%1", str(path))
        said = " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)
        self._store.set(saved=path, message=Message(f"{text} {said}".strip(), "note"))

    def _count(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done <= 1:
            self._first_tile = now
        left = (now - self._first_tile) / (done - 1) * (total - done) if done > 1 else None
        self._store.set(work=replace(self.state.work, done=done, total=total, seconds_left=left))

    # Between pictures.

    def _find_damage(self) -> None:
        """Estimate the damage that the networks take, unless it is known."""
        state = self.state
        opened, choices = state.opened, state.choices
        sigma = choices.takes("sigma") and state.estimated_sigma is None
        quality = choices.takes("jpeg_quality") and state.estimated_quality is None
        if opened is not None and (sigma or quality) and not self._estimator.busy:
            self._store.ask(
                self._estimator,
                lambda request: (choices.noise, *operations.estimate_damage(opened, choices)),
                self._take_damage,
            )

    def _find_steps(self) -> None:
        """Find out what suits the picture, unless it is known."""
        opened, choices = self.state.opened, self.state.choices
        if opened is None or not choices.automatic or choices.chosen is not None:
            return

        def take(reply: Reply) -> None:
            before = self.state.choices
            known = self.state.opened is opened and before.wanted_damage == choices.wanted_damage
            if reply.error is None and known:
                self._store.set(choices=before.suited(reply.value))
                self._previews.follow(before)
                self._find_damage()

        self._store.ask(
            self._chooser, lambda request: operations.choose_steps(opened, choices), take
        )

    def _show_again(self) -> None:
        """Show picture and results in the colors of another screen."""
        state, screen = self.state, self._store.screen
        opened, restoration, loaded = state.opened, state.restoration, state.loaded_result
        if opened is None:
            return

        def take(reply: Reply) -> None:
            if reply.error is None and self.state.opened is opened:
                shown, *results = reply.value
                self._store.set(opened=shown, patches=(), patches_of=None)
                if (self.state.restoration, self.state.loaded_result) == (restoration, loaded):
                    self._store.set(restoration=results[0], loaded_result=results[1])
                self._previews.finish()
                self._previews.wait()

        self._store.ask(
            self._painter,
            lambda t: operations.show_again(opened, restoration, loaded, screen),
            take,
        )

    def _leave(self, number: int) -> None:
        """Cancel the work on the open picture before another one is opened."""
        for worker in (self._network, self._estimator, self._chooser, self._painter):
            worker.drop()
        self._previews.drop()
        self._save_to = None
        self._store.set(current=number, work=Work("opening"), message=None)


def _same(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return a == b
