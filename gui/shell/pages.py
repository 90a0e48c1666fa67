"""Pages: what fills the window below the top bar; each is made when it is first wanted."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Protocol, runtime_checkable

from PySide6.QtWidgets import QStackedWidget, QWidget

from ..widgets.accessibility import name_combos


@runtime_checkable
class HasLanes(Protocol):
    """A panel with threads of its own."""

    def close_lane(self) -> bool:
        """End them; return whether they ended."""


class Pages(QStackedWidget):
    """A stack of pages with names.

    Args:
        makers: What makes each page.
    """

    def __init__(self, makers: Mapping[str, Callable[[], QWidget]]) -> None:
        super().__init__()
        self._makers = makers
        self._made: dict[str, QWidget] = {}

    def page(self, name: str) -> QWidget:
        """Return a page, made now if need be."""
        if name not in self._made:
            self._made[name] = self._makers[name]()
            self.addWidget(self._made[name])
            name_combos(self._made[name])
        return self._made[name]

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.setCurrentWidget(self.page(name))

    def close_lanes(self) -> bool:
        """End the threads of all pages; return whether they ended."""
        return all(
            tuple(page.close_lane() for page in self._made.values() if isinstance(page, HasLanes))
        )
