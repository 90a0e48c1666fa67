"""Closing: asks before the window closes with results or work that would be lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, Qt, Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QVBoxLayout, QWidget

from ..session.documents import Document
from ..session.session import Session
from .files import Files
from .results import Results

_WIDTH, _HEIGHT = 520, 360
_NAMED = 200  # of 40,000 that may wait


class CloseGuard(QObject):
    """Lets the window close when nothing would be lost, or when the user has answered.

    Args:
        window: Parent of the question.
        session: Has results and work.
        files: Replaces a working copy.
        results: May be exporting.
        works: Whether there is work that may take long.

    Signals:
        allowed: The window may close now.
    """

    allowed = Signal()

    def __init__(
        self,
        window: QWidget,
        session: Session,
        files: Files,
        results: Results,
        works: Callable[[], bool],
    ) -> None:
        super().__init__(window)
        self._window, self._session = window, session
        self._files, self._results, self._works = files, results, works
        self._question: Closing | None = None  # as long as it is open
        self._allowed = False
        session.changed.connect(self._follow)

    def lets_close(self) -> bool:
        """Return whether the window may close; ask once if results or work would be lost."""
        if self._allowed or not (self._works() or self._session.state.strip.unsaved):
            return True
        if self._question is None:
            self._ask()
        return False

    def allow(self) -> None:
        """Close, whatever would be lost."""
        self._allowed = True
        self.allowed.emit()

    @property
    def _held(self) -> list[Document]:
        """The documents with which something would be lost."""
        return [each for each in self._session.state.documents if each.holds_work]

    def _ask(self) -> None:
        self._question = Closing(self._held, export=self._results.running, parent=self._window)
        self._question.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._question.answered.connect(self._take_answer)
        self._question.finished.connect(self._forget)
        self._question.open()

    def _forget(self) -> None:
        self._question = None

    def _follow(self) -> None:
        """Keep the open question true; close when nothing would be lost any more."""
        if self._question is None:
            return
        if not (self._works() or self._session.state.strip.unsaved):
            self._question.accept()
            self.allow()
            return
        self._question.show_work(self._held, export=self._results.running)

    def _take_answer(self, answer: str) -> None:
        """Close after the question, and after saving if that is wanted."""
        unsaved = self._session.state.strip.unsaved
        if answer == "save" and unsaved and self._files.working_copy is not None:
            self._files.save()
            return
        if answer == "save" and unsaved:
            self._session.saving.save_beside(unsaved, lambda saved: self.allow() if saved else None)
            return
        if answer == "discard":
            self._session.give_up()
        self.allow()


class Closing(QDialog):
    """Lists what would be lost, and asks once.

    Args:
        documents: Those with an unsaved result, or that wait or run.
        export: Whether results are being exported.
        parent: The window.

    Signals:
        answered: ``save`` or ``discard``; nothing if the window stays open.
    """

    answered = Signal(str)

    def __init__(
        self,
        documents: Sequence[Document],
        *,
        export: bool = False,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Close restorer"))
        self.resize(_WIDTH, _HEIGHT)
        self._shown: tuple[object, ...] = ()
        text = QLabel(self.tr("This is not finished yet:"))
        self.list = QListWidget()
        self.list.setAccessibleName(text.text())
        self._note = QLabel(wordWrap=True)
        self._note.setProperty("hint", True)
        buttons = QDialogButtonBox()
        self.save = buttons.addButton("", QDialogButtonBox.ButtonRole.AcceptRole)
        thrown = QDialogButtonBox.ButtonRole.DestructiveRole
        self.discard = buttons.addButton(self.tr("&Discard"), thrown)
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.save.setDefault(True)
        self.save.setProperty("primary", True)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        for widget in (text, self.list, self._note, buttons):
            layout.addWidget(widget)
        self.save.clicked.connect(lambda: self._answer("save"))
        self.discard.clicked.connect(lambda: self._answer("discard"))
        self.cancel.clicked.connect(self.reject)
        self.show_work(documents, export=export)

    def show_work(self, documents: Sequence[Document], *, export: bool) -> None:
        """Show what would be lost now; see the class for the arguments."""
        rows = [f"{each.name} - {self._state(each)}" for each in documents[:_NAMED]]
        unsaved = any(document.unsaved for document in documents)
        waiting = any(document.is_busy for document in documents)
        shown = (*rows, len(documents), unsaved, waiting, export)
        if shown == self._shown:
            return
        self._shown = shown
        self.list.clear()
        self.list.addItems(rows)
        more = len(documents) - _NAMED
        if more > 0:
            self.list.addItem(self.tr("… and %n more", "", more))
        if export:
            self.list.addItem(self.tr("Export - files are being written"))
        words = []
        if unsaved:
            words.append(self.tr("Results are saved next to the originals."))
        if waiting:
            words.append(self.tr("You can continue the queue at the next start."))
        if export:
            words.append(self.tr("The export stops after the current file."))
        self._note.setText(" ".join(words))
        kept = self.tr("&Stop and keep the queue") if waiting else self.tr("&Stop")
        self.save.setText(self.tr("&Save all") if unsaved else kept)
        self.discard.setVisible(bool(documents))

    def _state(self, document: Document) -> str:
        if document.stage == "running":
            return self.tr("is being restored")
        if document.stage == "waiting":
            return self.tr("waits")
        return self.tr("restored, not saved")

    def _answer(self, answer: str) -> None:
        self.accept()
        self.answered.emit(answer)
