"""Analyses: finds out what each picture needs, the open one first, then its neighbors."""

from __future__ import annotations

from collections.abc import Collection

from PySide6.QtCore import QObject, Signal

from . import estimates
from .choices import Choices
from .documents import Document
from .state import State
from .store import Store
from .strip import Strip
from .worker import Reply, Worker

_AROUND = 12  # neighbors on each side: as many as a wide strip shows


class Analyses(QObject):
    """Gives documents with an automatic recipe the steps that suit them; estimates the damage.

    Args:
        store: Holds the state.

    Signals:
        found: The choices of the open picture before it got other steps.
        estimated: The damage of the open picture has been estimated.
    """

    found = Signal(object)
    estimated = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._store = store
        self._estimator = Worker("gauge", parent=self)
        self._chooser = Worker("chooser", parent=self)
        self._scout = Worker("scout", parent=self)
        self._hopeless: set[int] = set()  # ids of files that cannot be read
        self._watched: tuple[int, ...] = ()
        store.changed.connect(self._look_around)

    def follow(self, before: Choices) -> None:
        """React to a change of the choices from `before`."""
        if self._store.state.choices.noise != before.noise:
            self._store.set(estimated_sigma=None)
        self.find_out()

    def find_out(self) -> None:
        """Find out what the recipe of the open picture leaves to the program, and its price."""
        self._find_damage()
        self.find_steps()
        self.find_price()

    def find_steps(self) -> None:
        """Find out what suits the open picture, unless it is known."""
        state = self._store.state
        opened, choices = state.opened, state.choices
        if opened is None or not choices.automatic or choices.chosen is not None:
            return

        def take(reply: Reply) -> None:
            before = self._store.state.choices
            known = before.wanted_damage == choices.wanted_damage
            if reply.error is None and self._store.state.opened is opened and known:
                self._store.change(recipe=before.suited(reply.value))
                self.found.emit(before)
                self._find_damage()
                self.find_price()

        self._store.ask(
            self._chooser, lambda request: estimates.choose_steps(opened, choices), take
        )

    def watch(self, ids: Collection[int]) -> None:
        """Also look at documents that another view shows, in this order."""
        self._watched = tuple(ids)
        self._look_around(self._store.state)

    def drop(self) -> None:
        """Stop looking at the open picture."""
        self._estimator.drop()
        self._chooser.drop()

    def close(self, timeout_s: float) -> bool:
        """End the threads; return whether they ended within the time."""
        self.drop()
        self._scout.drop()
        workers = (self._estimator, self._chooser, self._scout)
        ended = [worker.close(timeout_s) for worker in workers]
        return all(ended)

    def find_price(self) -> None:
        """Find out what a run of the open picture takes."""
        state = self._store.state
        if state.picture is not None:
            price = estimates.price_of(state.picture.source, state.choices, state.pace)
            self._store.change(price=price)

    def _find_damage(self) -> None:
        """Estimate the damage that the networks take, unless it is known."""
        state = self._store.state
        picture, choices = state.picture, state.choices
        sigma = choices.takes("sigma") and state.estimated_sigma is None
        quality = choices.takes("jpeg_quality") and state.estimated_quality is None
        if picture is not None and (sigma or quality) and not self._estimator.busy:
            self._store.ask(
                self._estimator,
                lambda request: (choices.noise, *estimates.estimate_damage(picture, choices)),
                self._take_damage,
            )

    def _take_damage(self, reply: Reply) -> None:
        if reply.error is None:
            noise, sigma, quality = reply.value
            if noise != self._store.state.choices.noise:  # that of another network
                sigma = None
            self._store.set(estimated_sigma=sigma, estimated_quality=quality)
            self._find_damage()  # other tasks may have been turned on meanwhile
        self.estimated.emit()

    def _look_around(self, state: State) -> None:
        """Look at the next neighbor, while nothing is done for the open picture."""
        if self._scout.busy or state.work.doing not in ("nothing", "restoring"):
            return
        document = self._next(state)
        if document is None:
            return

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self._hopeless.add(document.id)  # opening it will say why
            else:
                self._put(document, reply.value)
            self._look_around(self._store.state)

        pace = self._store.state.pace
        self._scout.ask(lambda _: estimates.analyze(document, pace), take)

    def _put(self, before: Document, found: estimates.Analysis) -> None:
        strip = self._store.state.strip
        document = strip.find(before.id)
        if document is not None and document.recipe == before.recipe:
            made = document.with_recipe(
                found.recipe, size=found.size, pages=found.pages, price=found.price
            )
            self._store.set(strip=strip.with_(made))

    def _next(self, state: State) -> Document | None:
        strip = state.strip
        first = max(0, strip.current - _AROUND)
        near = range(first, min(strip.current + _AROUND + 1, len(strip.documents)))
        wanted = [number for number in near if self._is_unknown(strip, number)]
        nearest = min(wanted, key=lambda number: abs(number - strip.current), default=None)
        if nearest is not None:
            return strip.documents[nearest]
        seen = (strip.number(id) for id in self._watched)
        found = (number for number in seen if number >= 0 and self._is_unknown(strip, number))
        return next((strip.documents[number] for number in found), None)

    def _is_unknown(self, strip: Strip, number: int) -> bool:
        each = strip.documents[number]
        at_work = number == strip.current or each.stage == "running" or each.id in self._hopeless
        return each.recipe.automatic and not each.is_analyzed and not at_work
