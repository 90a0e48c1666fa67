"""Session: what happens when somebody opens, chooses, looks, runs, saves; without widgets.

Views call its methods and show the `State` that comes back by `changed`. All that takes time is
made in lanes; what nobody waits for any more is dropped there.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QObject, Signal
from PySide6.QtGui import QImage

from restorer import READABLE, Image, Step

from . import operations as making
from . import rendering as kernel
from .box import Box
from .choices import Choices
from .preview import Previews
from .state import Message, Opened, Outcome, State, Work
from .store import Store
from .worker import Answer, Lane


class Session(QObject):
    """The controller.

    Args:
        parent: Owner.

    Signals:
        changed: The new State.
        progressed: The new State, where only the progress of the same work differs.
        showing: The user has asked for a picture: bring it into view.
    """

    changed = Signal(object)
    progressed = Signal(object)
    showing = Signal()

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._holder = Store(self)
        self._holder.changed.connect(self.changed)
        self._holder.progressed.connect(self.progressed)
        self._first_tile = 0.0
        self._reader = Lane("reader", parent=self)
        self._network = Lane("network", parent=self)
        self._gauge = Lane("gauge", parent=self)
        self._surveyor = Lane("surveyor", parent=self)
        self._writer = Lane("writer", keep=True, parent=self)
        self._painter = Lane("painter", parent=self)
        self._previews = Previews(self._holder, self._network)

    @property
    def state(self) -> State:
        """What is shown."""
        return self._holder.state

    # What views call.

    def survey(self) -> None:
        """Find out which models and devices can be used; again when models came or went."""
        self._holder.ask(self._surveyor, lambda ticket: making.survey(), self._take_survey)

    def open(self, paths: Sequence[Path]) -> None:
        """Open the first picture of these files and folders; the others can be chosen then."""
        self._holder.set(work=Work("opening"))
        self._holder.ask(self._reader, lambda ticket: making.find_pictures(paths), self._take_files)
        self.showing.emit()

    def show(self, number: int) -> None:
        """Open one of the files."""
        if not 0 <= number < len(self.state.files) or number == self.state.current:
            return
        path, screen = self.state.files[number], self._holder.screen
        self._leave(number)
        self._holder.ask(
            self._reader, lambda ticket: making.open_file(path, screen), self._take_opened
        )

    def paste(self, image: QImage, name: str) -> None:
        """Open a picture that another program copied."""
        screen = self._holder.screen
        self._leave(-1)
        self._holder.ask(
            self._reader,
            lambda ticket: making.open_copied(image, name, screen),
            self._take_opened,
        )
        self.showing.emit()

    def open_pair(self, source: Path, target: Path) -> None:
        """Open a picture beside a result of it."""
        self.showing.emit()
        screen = self._holder.screen
        self._leave(-1)
        self._holder.ask(
            self._reader, lambda t: making.open_pair(source, target, screen), self._take_pair
        )

    def choose(self, choices: Choices) -> None:
        """Take other choices; the preview is made again where they change pixels."""
        before = self.state.choices
        if choices == before:
            return
        frame = self.state.frame
        if frame is not None and choices.scale != before.scale:
            frame = frame.scaled(choices.scale / before.scale)
        self._holder.set(choices=choices, frame=frame, saved=None, given=None)
        self._previews.follow(before)
        self._find_damage()

    def adopt(self, steps: Sequence[Step]) -> None:
        """Choose the models and strengths of some steps, as compared on the contact sheet."""
        choices = self.state.choices
        for step in steps:
            choices = choices.with_step(step)
        self.choose(choices)
        self.showing.emit()

    def set_ground_truth(self, image: Image | None) -> None:
        """Compare results with another ground truth, None for none."""
        self._holder.set(ground_truth=image)

    def look(self, box: Box) -> None:
        """Take note of what is seen, in pixels of the result, and preview it."""
        self._previews.look(box)

    def frame(self, box: Box | None) -> None:
        """Preview a chosen rectangle, in pixels of the result; None for what is seen."""
        self._holder.set(frame=box)
        self._previews.wait()

    def run(self) -> None:
        """Restore the whole picture."""
        opened, choices, screen = self.state.opened, self.state.choices, self._holder.screen
        if opened is None or self.state.work.doing == "restoring":
            return
        if not choices.ready:
            self._holder.tell(
                self.tr("Add a reference picture first.")
                if choices.refers
                else self.tr("Nothing is chosen: switch on at least one task.")
            )
            return
        self._holder.set(work=Work("restoring"), message=None, given=None)
        self._holder.ask(
            self._network,
            lambda ticket: making.make_outcome(opened, choices, screen, ticket),
            self._take_outcome,
            self._count,
        )

    def stop(self) -> None:
        """Stop what runs, within a tile."""
        if self.state.work.doing in ("restoring", "previewing"):
            self._network.drop()
            self._holder.set(work=Work())

    def save(self, path: Path) -> None:
        """Write the whole result; what `restore image` would write, pixel for pixel."""
        final, quality = self.state.saveable, self.state.choices.settings.quality
        if final is None:
            self._holder.tell(self.tr("There is no result to save yet: restore the picture first."))
            return
        opened = self.state.opened
        if opened is not None and opened.path is not None and _same(path, opened.path):
            text = self.tr("%1 is the original; choose another name.")
            self._holder.tell(text.replace("%1", str(path)))
            return
        self._holder.set(work=Work("saving"), message=None)
        self._holder.ask(
            self._writer, lambda t: making.save(final, path, quality), self._take_saved
        )

    def set_screen_profile(self, path: Path | None) -> bool:
        """Show colors for a screen of this ICC profile, None for sRGB; return whether it fits."""
        try:
            profile = None if path is None else path.read_bytes()
        except OSError as error:
            self._holder.tell(f"{path}: {error.strerror}.")
            return False
        if profile is not None and not kernel.fits_screen(profile):
            text = self.tr("%1 is no color profile of an RGB screen; choose another one.")
            self._holder.tell(text.replace("%1", str(path)))
            return False
        self._holder.screen = profile
        self._show_again()
        return True

    def dismiss(self) -> None:
        """Take the message away."""
        self._holder.set(message=None)

    def tell(self, message: Message) -> None:
        """Show a message that a view has."""
        self._holder.set(message=message)

    @property
    def at_work(self) -> bool:
        """Whether something runs that would be lost."""
        return self.state.work.doing in ("restoring", "saving")

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop everything but writing; return whether all threads ended within the time."""
        lanes = (self._reader, self._network, self._gauge, self._surveyor, self._painter)
        for lane in lanes:
            lane.drop()
        ended = [lane.close(timeout_s) for lane in (*lanes, self._writer)]
        return self._previews.close(timeout_s) and all(ended)

    # What lanes answer.

    def _take_survey(self, answer: Answer) -> None:
        if answer.error is None:
            usable, devices = answer.value
            self._holder.set(usable=usable, devices=devices)

    def _take_files(self, answer: Answer) -> None:
        files: tuple[Path, ...] = answer.value or ()
        if not files:
            self._holder.set(work=Work())
            if answer.error is None:
                known = ", ".join(sorted(READABLE))
                text = self.tr("No picture was found there. Known are %1.")
                self._holder.tell(text.replace("%1", known))
            return
        self._holder.set(files=files, current=-1)
        self.show(0)

    def _take_opened(self, answer: Answer) -> None:
        opened: Opened | None = answer.value
        self._holder.set(
            opened=opened,
            patches=(),
            patches_of=None,
            outcome=None,
            given=None,
            maps=None,
            frame=None,
            measured_sigma=None,
            found_quality=None,
            saved=None,
            work=Work(),
        )
        if opened is not None:
            self._find_damage()
            self._previews.wait()

    def _take_pair(self, answer: Answer) -> None:
        opened, given = answer.value or (None, None)
        self._take_opened(replace(answer, value=opened))
        self._holder.set(files=(opened.path,) if opened else (), current=0 if opened else -1)
        self._holder.set(given=given)

    def _take_damage(self, answer: Answer) -> None:
        if answer.error is None:
            sigma, quality = answer.value
            self._holder.set(measured_sigma=sigma, found_quality=quality)
            self._find_damage()  # other tasks may have been switched on meanwhile

    def _take_outcome(self, answer: Answer) -> None:
        self._holder.set(work=Work())
        if answer.error is None:
            outcome: Outcome = answer.value
            self._holder.set(
                outcome=outcome, patches=(), patches_of=None, saved=None, maps=outcome.maps
            )
            self._previews.finish()
        self._previews.wait()

    def _take_saved(self, answer: Answer) -> None:
        self._holder.set(work=Work())
        if answer.error is not None:
            return
        path, notes = answer.value
        text = self.tr("Saved as %1.").replace("%1", str(path))
        said = " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)
        self._holder.set(saved=path, message=Message(f"{text} {said}".strip(), "note"))

    def _count(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done <= 1:
            self._first_tile = now
        left = (now - self._first_tile) / (done - 1) * (total - done) if done > 1 else None
        self._holder.set(work=replace(self.state.work, done=done, total=total, seconds_left=left))

    # Between pictures.

    def _find_damage(self) -> None:
        """Find out what networks are told, where that is wanted and not known yet."""
        state = self.state
        opened, choices = state.opened, state.choices
        sigma = choices.told("sigma") and state.measured_sigma is None
        quality = choices.told("jpeg_quality") and state.found_quality is None
        if opened is not None and (sigma or quality) and not self._gauge.busy:
            self._holder.ask(
                self._gauge,
                lambda ticket: making.gauge(opened.picture, choices),
                self._take_damage,
            )

    def _show_again(self) -> None:
        """Show what is open in the colors of another screen."""
        state, screen = self.state, self._holder.screen
        opened, outcome, given = state.opened, state.outcome, state.given
        if opened is None:
            return

        def take(answer: Answer) -> None:
            if answer.error is None and self.state.opened is opened:
                shown, *results = answer.value
                self._holder.set(opened=shown, patches=(), patches_of=None)
                if (self.state.outcome, self.state.given) == (outcome, given):
                    self._holder.set(outcome=results[0], given=results[1])
                self._previews.finish()
                self._previews.wait()

        self._holder.ask(
            self._painter, lambda t: making.show_again(opened, outcome, given, screen), take
        )

    def _leave(self, number: int) -> None:
        """Let go of the open picture for another one."""
        for lane in (self._network, self._gauge, self._painter):
            lane.drop()
        self._previews.drop()
        self._holder.set(current=number, work=Work("opening"), message=None)


def _same(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return a == b
