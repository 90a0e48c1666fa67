"""Previews: restores the visible part first, and shows every change of strength at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from PySide6.QtCore import QObject, QTimer, Signal

from . import preview_patch, results
from .box import Box
from .choices import Choices
from .pictures import Patch
from .preview_region import next_region, pace_key, visible_region
from .state import State
from .store import Store
from .work import Message, Work
from .worker import Gate, Reply, Request, Worker

_SETTLE_MS = 120  # wait for a view or slider that is still moving
_FINISH_MS = 400  # delay after the last change of strength until the whole picture follows
_AT_ONCE_PIXELS = 2e6  # pixels of a result that follow the slider while it moves
_MOST_PATCHES = 12


class Previews(QObject):
    """Keeps the patches of the state up to date.

    Args:
        store: Holds the state.
        gate: Held while networks run, as a preview goes before a run.

    Signals:
        measured: The speed of models was measured, see `State.pace`.
    """

    measured = Signal()

    def __init__(self, store: Store, gate: Gate) -> None:
        super().__init__(store)
        self._store = store
        self._network = Worker("network", gate=gate, parent=self)
        self._view: Box | None = None  # the visible part, relative to the whole
        self._pointer: tuple[float, float] | None = None  # the same of the pointer
        self._eye: tuple[float, float] | None = None  # the pointer when the preview began
        self._glanced: Choices | None = None  # the choices of the latest glance
        self._glancing = False  # its pixels have not come yet
        self._full: tuple[Patch, ...] = ()  # the latest ones of several steps at full strength
        self._full_of: Choices | None = None
        self._finisher = Worker("finisher", parent=self)
        self._settled = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._settled.timeout.connect(self._begin)
        self._steady = QTimer(self, singleShot=True, interval=_FINISH_MS)
        self._steady.timeout.connect(self._finish_restoration)

    # What the session and views call.

    def set_view(self, box: Box) -> None:
        """Set the visible part, in pixels of the result, and preview it."""
        width, height = self._state.size
        view = Box(box.x / width, box.y / height, box.width / width, box.height / height)
        if view != self._view:
            self._view = view
            self._settled.start()

    def set_pointer(self, place: tuple[float, float] | None) -> None:
        """Set the place under the pointer, in pixels of the result: previews begin there."""
        width, height = self._state.size
        self._pointer = None if place is None else (place[0] / width, place[1] / height)

    def frame(self, box: Box | None) -> None:
        """Preview a chosen rectangle, in pixels of the result; None for the visible part."""
        self._store.set(frame=box)
        self.wait()

    def remember_pace(self, pace: Mapping[tuple[str, ...], float]) -> None:
        """Take the measured speeds of earlier sessions; see `State.pace`."""
        self._store.set(pace=pace)

    def interrupt(self) -> None:
        """Stop the current preview."""
        self._network.drop()
        if self._state.work.doing == "previewing":
            self._store.set(work=Work())

    def stop(self) -> None:
        """Stop until the next change, say so, and show no patches of earlier choices."""
        self._network.drop()
        text = self.tr("Stopped. The next change starts the preview again.")
        self._store.set(work=Work(), message=Message(text, "note"))
        self._settled.stop()
        if not self._state.fresh:
            self._store.set(patches=(), patches_of=None)

    def wait(self) -> None:
        """Restore the visible part as soon as nothing moves."""
        self._settled.start()

    def follow(self, before: Choices) -> None:
        """React to a change of the choices from `before`."""
        choices = self._state.choices
        if choices.for_networks() != before.for_networks():
            self._store.set(maps=None)
            self.interrupt()
            if not choices.raw and choices.at_full_strength() == before.at_full_strength():
                self._guess()
            self._settled.start()
        elif choices.finish != before.finish:
            self.finish()

    def drop(self) -> None:
        """Discard what is made for the picture."""
        self._network.drop()
        self._finisher.drop()
        self._full, self._full_of, self._glanced = (), None, None

    def close(self, timeout_s: float) -> bool:
        """End the threads; return whether they ended within the time."""
        self._settled.stop()
        self._steady.stop()
        self.drop()
        ended = [worker.close(timeout_s) for worker in (self._network, self._finisher)]
        return all(ended)

    # Restoring.

    @property
    def _state(self) -> State:
        return self._store.state

    def _begin(self) -> None:
        """Restore the visible part, first what the user looks at."""
        self._eye = self._pointer
        self._make()

    def _make(self) -> None:
        """Restore the visible part, unless that is done."""
        state, screen = self._state, self._store.screen
        opened, choices = state.opened, state.choices
        if opened is None or state.work.doing not in ("nothing", "previewing"):
            return
        if opened.development != choices.development:  # its new colors come first
            return
        wanted = choices.ready and state.finished is None and state.loaded_result is None
        eye, growth = self._looked_at(), state.grown_preview
        region = next_region(state, self._seen(), eye) if wanted else None
        if region is None:
            self._network.drop()
            self._store.set(work=Work())
            return
        if self._glancing and self._network.busy and self._glanced == choices.for_networks():
            return  # the first pixels are near, and then this comes again
        self._store.set(work=Work("previewing"))
        self._glancing = state.allows_glance and self._glanced != choices.for_networks()
        if self._glancing:
            self._glanced = choices.for_networks()
            self._store.ask(
                self._network,
                lambda request: preview_patch.glance(opened, eye, choices, screen, request),
                self._take_glance,
            )
            return
        self._store.ask(
            self._network,
            lambda request: preview_patch.restore_patch(
                opened, region, eye, choices, screen, request, growth
            ),
            self._take_piece,
            self._count,
            lambda growth: self._store.set(grown_preview=growth),
        )

    def _count(self, done: int, total: int) -> None:
        self._store.set(work=Work("previewing", done, total))

    def _take_glance(self, reply: Reply) -> None:
        """Show a glance; the preview begins when the damage is known, as then `wait` is called."""
        self._glancing = False
        self._store.set(work=Work(), grown_preview=reply.value)
        if not self._state.estimates_damage:
            self._make()

    def _take_piece(self, reply: Reply) -> None:
        self._store.set(work=Work())
        if reply.error is not None:
            return
        piece: preview_patch.PreviewPatch = reply.value
        state = self._state
        if piece.choices != state.choices.for_networks():
            return
        before = state.patches if state.fresh else ()
        kept = tuple(p for p in before if not piece.patch.box.holds(p.box))[-_MOST_PATCHES:]
        pace = dict(state.pace)
        if (
            not piece.choices.needs_references
        ):  # to lay references onto the picture takes its own time
            pace[pace_key(piece.choices)] = piece.pace
        patches = (*kept, piece.patch)
        self._store.set(
            patches=patches,
            patches_of=piece.choices,
            pace=pace,
            maps=piece.maps,
            grown_preview=None,
        )
        self.measured.emit()
        if not piece.choices.blends and piece.choices == piece.choices.at_full_strength():
            self._full, self._full_of = patches, piece.choices
        if piece.patch.finish != state.choices.finish:
            self.finish()
        self._make()

    def _seen(self) -> Box | None:
        if self._view is None:
            return None
        (width, height), view = self._state.size, self._view
        return Box(view.x * width, view.y * height, view.width * width, view.height * height)

    def _looked_at(self) -> tuple[float, float]:
        """Return the place of the result under the pointer, or in the middle of what is visible."""
        (width, height), seen = self._state.size, self._state.frame or self._seen()
        seen = seen or Box(0, 0, width, height)
        x, y = self._eye or (-1.0, -1.0)
        eye = x * width, y * height
        inside = not seen.distance(*eye)
        return eye if inside else (seen.x + seen.width / 2, seen.y + seen.height / 2)

    # Strength.

    def finish(self) -> None:
        """Apply the chosen strength to the visible part; the rest of a whole result follows."""
        state = self._state
        if state.opened is None or state.saveable is not None:
            self._finisher.drop()
        elif state.finished is not None:
            self._steady.start()
            self._cut(state.choices.for_networks())
        elif state.fresh:
            self._refinish(state.patches, state.choices.for_networks())

    def _guess(self) -> None:
        """Blend the full-strength result of several steps with the picture as an approximation.

        The exact pixels differ a little, as each step passes its own mixture on to the next one.
        """
        full, restoration = self._state.choices.at_full_strength(), self._state.restoration
        if restoration is not None and restoration.choices == full:
            self._cut(full)
        elif self._full_of == full:
            self._refinish(self._full, full)

    def _cut(self, made: Choices) -> None:
        """Show the visible part of the whole result at the chosen strength."""
        state, screen = self._state, self._store.screen
        opened, restoration, choices = state.opened, state.restoration, state.choices
        region = visible_region(state, self._seen(), _AT_ONCE_PIXELS)
        if opened is not None and restoration is not None and region is not None:
            mix = choices.blends or made != choices.for_networks()
            self._finish_by(
                lambda _: (
                    preview_patch.cut_patch(
                        opened.source, restoration, region, choices, screen, mix=mix
                    ),
                ),
                made,
            )

    def _refinish(self, patches: tuple[Patch, ...], made: Choices) -> None:
        opened, choices, screen = self._state.opened, self._state.choices, self._store.screen
        if opened is not None:
            mix = choices.blends or made != choices.for_networks()
            self._finish_by(
                lambda _: tuple(
                    preview_patch.refinish_patch(opened.source, patch, choices, screen, mix=mix)
                    for patch in patches
                ),
                made,
            )

    def _finish_by(self, call: Callable[[Request], tuple[Patch, ...]], made: Choices) -> None:
        asked = self._state.choices

        def take(reply: Reply) -> None:
            # An approximation is too late if the exact pixels have arrived.
            overtaken = self._state.patches_of == asked.for_networks() != made
            if reply.error is None and self._state.choices == asked and not overtaken:
                self._store.set(patches=reply.value, patches_of=made)

        self._store.ask(self._finisher, call, take)

    def _finish_restoration(self) -> None:
        state, screen = self._state, self._store.screen
        opened, restoration, choices = state.opened, state.finished, state.choices
        if opened is not None and restoration is not None and state.saveable is None:
            self._store.ask(
                self._finisher,
                lambda request: results.refinish_restoration(
                    opened.source, restoration, choices, screen, request
                ),
                self._take_finished,
            )

    def _take_finished(self, reply: Reply) -> None:
        if reply.error is None:
            self._store.change(restoration=reply.value)
            self._store.set(patches=(), patches_of=None)
