"""Pages: the table of the window's pages, and the stack that shows one of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from pkgutil import resolve_name
from typing import Protocol, runtime_checkable

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QStackedWidget, QWidget

from ..session.session import Session
from ..widgets.accessibility import name_combos
from ..widgets.titles import QT_TRANSLATE_NOOP


@dataclass(frozen=True)
class Page:
    """A page of the window; menus, the top bar, keys and help are made from these rows.

    Attributes:
        id: Its action is ``page-<id>``.
        title: Text of the action.
        icon: Name of a drawing in ``icons``.
        shortcut: Key that opens the page.
        help: What the page is for, shown as a tool tip.
        factory: ``module:function``, imported and called with the session and the settings folder
            when the page is first opened; empty for the picture, which the window builds itself.
        count: ``module:function`` that returns for the session how many pictures wait on the page;
            empty if none do.
        browses: Whether the previous and next keys change the picture on this page.
    """

    id: str
    title: str
    icon: str
    shortcut: str
    help: str
    factory: str = ""
    count: str = ""
    browses: bool = False


PAGES = (
    Page(
        "picture",
        QT_TRANSLATE_NOOP("pages", "&Picture"),
        "picture",
        "Alt+1",
        QT_TRANSLATE_NOOP("pages", "Restore one picture and compare before and after"),
        browses=True,
    ),
    Page(
        "sheet",
        QT_TRANSLATE_NOOP("pages", "Contact &sheet"),
        "sheet",
        "Alt+2",
        QT_TRANSLATE_NOOP("pages", "Compare several models on one detail of the picture"),
        "restorer.gui.sheet.page:make_page",
        browses=True,
    ),
    Page(
        "queue",
        QT_TRANSLATE_NOOP("pages", "&Batch"),
        "queue",
        "Alt+3",
        QT_TRANSLATE_NOOP("pages", "Restore many pictures, straight to files"),
        "restorer.gui.batch.page:make_page",
        "restorer.gui.canvas.document_model:count_waiting",
    ),
    Page(
        "models",
        QT_TRANSLATE_NOOP("pages", "&Models"),
        "models",
        "Alt+4",
        QT_TRANSLATE_NOOP("pages", "Download, add and remove models"),
        "restorer.gui.models.page:make_page",
    ),
)


@runtime_checkable
class HasWorkers(Protocol):
    """A page with threads of its own."""

    def close_workers(self) -> bool:
        """Stop the threads; return whether they ended."""


@runtime_checkable
class Runs(Protocol):
    """A page whose work would be lost if the window closed."""

    @property
    def running(self) -> bool:
        """Whether there is such work."""


class Pages(QStackedWidget):
    """The stack of pages; each is created when it is first opened.

    Args:
        pages: Rows of the table.
        built: Pages that exist already, by id.
        session: Passed to each factory.
        folder: The settings folder, passed to each factory.

    Signals:
        counted: Id of a page, and how many files wait on it.
    """

    counted = Signal(str, int)

    def __init__(
        self, pages: Sequence[Page], built: dict[str, QWidget], session: Session, folder: Path
    ) -> None:
        super().__init__()
        self._factories = {page.id: page.factory for page in pages}
        self._counts = {page.id: page.count for page in pages if page.count}
        self._session = session
        self._folder = folder
        self._made: dict[str, QWidget] = {}
        for name, widget in built.items():
            self._add(name, widget)
        session.changed.connect(self.count_waiting)
        session.keeper.loaded.connect(self.count_waiting)

    @property
    def running(self) -> bool:
        """Whether a page has work that would be lost."""
        return any(page.running for page in self._made.values() if isinstance(page, Runs))

    def page(self, name: str) -> QWidget:
        """Return a page, and create it if it does not exist yet."""
        if name not in self._made:
            make = resolve_name(self._factories[name])
            self._add(name, make(self._session, self._folder))
        return self._made[name]

    def count_waiting(self) -> None:
        """Tell how many pictures wait on each page."""
        for name, count in self._counts.items():
            self.counted.emit(name, resolve_name(count)(self._session))

    def show_page(self, name: str) -> None:
        """Bring a page to the front."""
        self.setCurrentWidget(self.page(name))

    def close_workers(self) -> bool:
        """Stop the threads of all pages; return whether they ended."""
        pages = [page for page in self._made.values() if isinstance(page, HasWorkers)]
        ended = [page.close_workers() for page in pages]
        return all(ended)

    def _add(self, name: str, widget: QWidget) -> None:
        self._made[name] = widget
        self.addWidget(widget)
        name_combos(widget)
