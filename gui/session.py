"""Session: what happens when somebody opens, chooses, looks, runs, saves; without widgets.

Views call its methods and show the `State` that comes back by `changed`. All that takes time is
made in lanes; what nobody waits for any more is dropped there.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from PySide6.QtGui import QImage

from restorer import SUFFIXES, ModelError, RestorerError

from . import making
from .choices import Choices
from .preview import next_region, pace_key, visible_region
from .state import Message, Opened, Outcome, State, Work
from .viewport import Box
from .worker import Answer, Call, Lane

log = logging.getLogger(__name__)

_SETTLE_MS = 120  # a view or a slider that still moves waits
_FINISH_MS = 400  # after the last change of strength, all of the picture takes it
_AT_ONCE_PIXELS = 2e6  # of a result take another strength while the slider moves
_MOST_PATCHES = 12


class Session(QObject):
    """The controller.

    Args:
        parent: Owner.
    """

    changed = Signal(object)  # State

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.state = State()
        self._view: Box | None = None  # what is seen, as parts of the whole
        self._screen: bytes | None = None  # its ICC profile
        self._first_tile = 0.0
        self._reader = Lane("reader", parent=self)
        self._network = Lane("network", parent=self)
        self._finisher = Lane("finisher", parent=self)
        self._gauge = Lane("gauge", parent=self)
        self._surveyor = Lane("surveyor", parent=self)
        self._writer = Lane("writer", keep=True, parent=self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._preview)
        self._steady = QTimer(self, singleShot=True, interval=_FINISH_MS)
        self._steady.timeout.connect(self._finish_outcome)

    # What views call.

    def survey(self) -> None:
        """Find out which models and devices can be used; again when models came or went."""
        self._ask(self._surveyor, lambda ticket: making.survey(), self._take_survey)

    def open(self, paths: Sequence[Path]) -> None:
        """Open the first picture of these files and folders; the others can be chosen then."""
        self._set(work=Work("opening"))
        self._ask(self._reader, lambda ticket: making.find_pictures(paths), self._take_files)

    def show(self, number: int) -> None:
        """Open one of the files."""
        if not 0 <= number < len(self.state.files) or number == self.state.current:
            return
        path, screen = self.state.files[number], self._screen
        self._leave(number)
        self._ask(self._reader, lambda ticket: making.open_file(path, screen), self._take_opened)

    def paste(self, image: QImage, name: str) -> None:
        """Open a picture that another program copied."""
        screen = self._screen
        self._leave(-1)
        self._ask(
            self._reader,
            lambda ticket: making.open_copied(image, name, screen),
            self._take_opened,
        )

    def open_pair(self, source: Path, target: Path) -> None:
        """Open a picture beside a result of it."""
        screen = self._screen
        self._leave(-1)
        self._ask(self._reader, lambda t: making.open_pair(source, target, screen), self._take_pair)

    def choose(self, choices: Choices) -> None:
        """Take other choices; the preview is made again where they change pixels."""
        before = self.state.choices
        if choices == before:
            return
        frame = self.state.frame
        if frame is not None and choices.scale != before.scale:
            frame = frame.scaled(choices.scale / before.scale)
        self._set(choices=choices, frame=frame, saved=None, given=None)
        if choices.making() != before.making():
            self._set(maps=None)
            if self.state.work.doing == "previewing":
                self._network.drop()
                self._set(work=Work())
            self._settled.start()
        elif choices.finish != before.finish:
            self._finish_patches()

    def look(self, box: Box) -> None:
        """Take note of what is seen, in pixels of the result, and preview it."""
        width, height = self.state.size
        view = Box(box.x / width, box.y / height, box.width / width, box.height / height)
        if view != self._view:
            self._view = view
            self._settled.start()

    def frame(self, box: Box | None) -> None:
        """Preview a chosen rectangle, in pixels of the result; None for what is seen."""
        self._set(frame=box)
        self._settled.start()

    def run(self) -> None:
        """Restore the whole picture."""
        opened, choices, screen = self.state.opened, self.state.choices, self._screen
        if opened is None or self.state.work.doing == "restoring":
            return
        if not choices.ready:
            self._tell(
                self.tr("Add a reference picture first.")
                if choices.refers
                else self.tr("Nothing is chosen: switch on at least one task.")
            )
            return
        self._set(work=Work("restoring"), message=None, given=None)
        self._ask(
            self._network,
            lambda ticket: making.make_outcome(opened.picture, choices, screen, ticket),
            self._take_outcome,
            self._count,
        )

    def stop(self) -> None:
        """Stop what runs, within a tile."""
        if self.state.work.doing in ("restoring", "previewing"):
            self._network.drop()
            self._set(work=Work())

    def save(self, path: Path) -> None:
        """Write the whole result; what `restore image` would write, pixel for pixel."""
        final, quality = self.state.saveable, self.state.choices.settings.quality
        if final is None:
            self._tell(self.tr("There is no result to save yet: restore the picture first."))
            return
        opened = self.state.opened
        if opened is not None and opened.path is not None and _same(path, opened.path):
            text = self.tr("%1 is the original; choose another name.")
            self._tell(text.replace("%1", str(path)))
            return
        self._set(work=Work("saving"), message=None)
        self._ask(self._writer, lambda t: making.save(final, path, quality), self._take_saved)

    def set_screen_profile(self, path: Path) -> None:
        """Show colours for a screen of this ICC profile, from the next picture on."""
        try:
            self._screen = path.read_bytes()
        except OSError as error:
            self._tell(f"{path}: {error.strerror}.")

    def dismiss(self) -> None:
        """Take the message away."""
        self._set(message=None)

    def tell(self, message: Message) -> None:
        """Show a message that a view has."""
        self._set(message=message)

    @property
    def at_work(self) -> bool:
        """Whether something runs that would be lost."""
        return self.state.work.doing in ("restoring", "saving")

    def close(self, timeout_s: float = 60.0) -> bool:
        """Stop everything but writing; return whether all threads ended within the time."""
        self._settled.stop()
        self._steady.stop()
        lanes = (self._reader, self._network, self._finisher, self._gauge, self._surveyor)
        for lane in lanes:
            lane.drop()
        return all(tuple(lane.close(timeout_s) for lane in (*lanes, self._writer)))

    # What lanes answer.

    def _take_survey(self, answer: Answer) -> None:
        if answer.error is None:
            usable, devices = answer.value
            self._set(usable=usable, devices=devices)

    def _take_files(self, answer: Answer) -> None:
        files: tuple[Path, ...] = answer.value or ()
        if not files:
            self._set(work=Work())
            if answer.error is None:
                known = ", ".join(sorted(SUFFIXES))
                text = self.tr("No picture was found there. Known are %1.")
                self._tell(text.replace("%1", known))
            return
        self._set(files=files, current=-1)
        self.show(0)

    def _take_opened(self, answer: Answer) -> None:
        opened: Opened | None = answer.value
        self._set(
            opened=opened,
            patches=(),
            patches_of=None,
            outcome=None,
            given=None,
            maps=None,
            frame=None,
            measured_sigma=None,
            saved=None,
            work=Work(),
        )
        if opened is not None:
            self._ask(self._gauge, lambda ticket: opened.picture.sigma(), self._take_sigma)
            self._settled.start()

    def _take_pair(self, answer: Answer) -> None:
        opened, given = answer.value or (None, None)
        self._take_opened(replace(answer, value=opened))
        self._set(files=(opened.path,) if opened else (), current=0 if opened else -1)
        self._set(given=given)

    def _take_sigma(self, answer: Answer) -> None:
        if answer.error is None:
            self._set(measured_sigma=answer.value)

    def _take_piece(self, answer: Answer) -> None:
        self._set(work=Work())
        if answer.error is not None:
            return
        piece: making.Piece = answer.value
        if piece.making != self.state.choices.making():
            return
        before = self.state.patches if self.state.fresh else ()
        kept = tuple(p for p in before if not piece.patch.box.holds(p.box))[-_MOST_PATCHES:]
        pace = {**self.state.pace, pace_key(piece.making): piece.pace}
        self._set(patches=(*kept, piece.patch), patches_of=piece.making, pace=pace, maps=piece.maps)
        if piece.patch.finish != self.state.choices.finish:
            self._finish_patches()
        self._preview()

    def _take_outcome(self, answer: Answer) -> None:
        self._set(work=Work())
        if answer.error is None:
            outcome: Outcome = answer.value
            self._set(outcome=outcome, patches=(), patches_of=None, saved=None, maps=outcome.maps)
            self._finish_patches()
        self._settled.start()

    def _take_saved(self, answer: Answer) -> None:
        self._set(work=Work())
        if answer.error is not None:
            return
        path, notes = answer.value
        text = self.tr("Saved as %1.").replace("%1", str(path))
        said = " ".join(f"{note[:1].upper()}{note[1:]}." for note in notes)
        self._set(saved=path, message=Message(f"{text} {said}".strip(), "note"))

    def _count(self, done: int, total: int) -> None:
        now = time.monotonic()
        if done <= 1:
            self._first_tile = now
        left = (now - self._first_tile) / (done - 1) * (total - done) if done > 1 else None
        self._set(work=replace(self.state.work, done=done, total=total, seconds_left=left))

    # Preview and strength.

    def _preview(self) -> None:
        """Restore what is seen, unless it is there."""
        state, screen = self.state, self._screen
        opened, choices = state.opened, state.choices
        if opened is None or state.work.doing not in ("nothing", "previewing"):
            return
        wanted = choices.ready and state.finished is None and state.given is None
        region = next_region(state, self._seen()) if wanted else None
        if region is None:
            self._network.drop()
            self._set(work=Work())
            return
        self._set(work=Work("previewing"))
        self._ask(
            self._network,
            lambda ticket: making.make_piece(opened.picture, region, choices, screen, ticket),
            self._take_piece,
            self._count,
        )

    def _seen(self) -> Box | None:
        if self._view is None:
            return None
        (width, height), view = self.state.size, self._view
        return Box(view.x * width, view.y * height, view.width * width, view.height * height)

    def _finish_patches(self) -> None:
        """Give what is seen the strength that is chosen; the rest of a whole result follows."""
        state, screen = self.state, self._screen
        opened, outcome, choices = state.opened, state.finished, state.choices
        if opened is None or state.saveable is not None:
            self._finisher.drop()
            return
        if outcome is not None:
            region = visible_region(state, self._seen(), _AT_ONCE_PIXELS)
            self._steady.start()
            if region is not None:
                self._ask(
                    self._finisher,
                    lambda t: (making.cut_patch(opened.picture, outcome, region, choices, screen),),
                    self._take_patches,
                )
        elif state.fresh:
            patches = state.patches
            self._ask(
                self._finisher,
                lambda t: tuple(
                    making.refinish_patch(opened.picture, p, choices, screen) for p in patches
                ),
                self._take_patches,
            )

    def _take_patches(self, answer: Answer) -> None:
        if answer.error is None:
            self._set(patches=answer.value, patches_of=self.state.choices.making())

    def _finish_outcome(self) -> None:
        state, screen = self.state, self._screen
        opened, outcome, choices = state.opened, state.finished, state.choices
        if opened is not None and outcome is not None and state.saveable is None:
            self._ask(
                self._finisher,
                lambda ticket: making.refinish_outcome(
                    opened.picture, outcome, choices, screen, ticket
                ),
                self._take_finished,
            )

    def _take_finished(self, answer: Answer) -> None:
        if answer.error is None:
            self._set(outcome=answer.value, patches=(), patches_of=None)

    # Lanes and state.

    def _leave(self, number: int) -> None:
        """Let go of the open picture for another one."""
        for lane in (self._network, self._finisher, self._gauge):
            lane.drop()
        self._set(current=number, work=Work("opening"), message=None)

    def _ask(
        self,
        lane: Lane,
        call: Call,
        take: Callable[[Answer], None],
        count: Callable[[int, int], None] | None = None,
    ) -> None:
        """Let a lane make something; errors are told before `take` gets the answer."""

        def then(answer: Answer) -> None:
            if answer.error is not None:
                lacking = isinstance(answer.error, ModelError)
                words = self._in_words(answer.error)
                self._set(message=Message(words, action="models" if lacking else ""))
            take(answer)

        lane.ask(call, then, count)

    def _in_words(self, error: Exception) -> str:
        if isinstance(error, RestorerError):
            said = str(error)
            return f"{said[:1].upper()}{said[1:]}."
        if isinstance(error, MemoryError):
            return self.tr("That does not fit into memory. Close other programs, or restore less.")
        log.error("unexpected", exc_info=error)
        text = self.tr("The program made a mistake (%1); the terminal it runs in says more.")
        return text.replace("%1", f"{type(error).__name__}: {error}")

    def _tell(self, text: str) -> None:
        self._set(message=Message(text))

    def _set(self, **changes: Any) -> None:
        self.state = replace(self.state, **changes)
        self.changed.emit(self.state)


def _same(a: Path, b: Path) -> bool:
    try:
        return a.samefile(b)
    except OSError:
        return a == b
