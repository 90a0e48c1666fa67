"""Closing: the question before the window closes with results or work that would be lost."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QDialog, QDialogButtonBox, QLabel, QListWidget, QVBoxLayout, QWidget

from ..session.documents import Document

_WIDTH, _HEIGHT = 520, 360
_NAMED = 200  # of 40,000 that may wait


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
        unsaved = any(document.unsaved for document in documents)
        waiting = any(document.is_busy for document in documents)
        text = QLabel(self.tr("This is not finished yet:"))
        self.list = QListWidget()
        self.list.setAccessibleName(text.text())
        for document in documents[:_NAMED]:
            self.list.addItem(f"{document.name} - {self._state(document)}")
        more = len(documents) - _NAMED
        if more > 0:
            self.list.addItem(self.tr("… and %n more", "", more))
        if export:
            self.list.addItem(self.tr("Export - files are being written"))
        note = QLabel(wordWrap=True)
        note.setProperty("hint", True)
        words = []
        if unsaved:
            words.append(self.tr("Results are saved beside the originals."))
        if waiting:
            words.append(self.tr("What waits can be continued at the next start."))
        if export:
            words.append(self.tr("The export stops after the current file."))
        note.setText(" ".join(words))
        buttons = QDialogButtonBox()
        kept = self.tr("&Stop and keep the queue") if waiting else self.tr("&Stop")
        kept = self.tr("&Save all") if unsaved else kept
        self.save = buttons.addButton(kept, QDialogButtonBox.ButtonRole.AcceptRole)
        thrown = QDialogButtonBox.ButtonRole.DestructiveRole
        self.discard = buttons.addButton(self.tr("&Discard"), thrown)
        self.discard.setVisible(bool(documents))
        self.cancel = buttons.addButton(QDialogButtonBox.StandardButton.Cancel)
        self.save.setDefault(True)
        layout = QVBoxLayout(self)
        layout.setSpacing(12)
        for widget in (text, self.list, note, buttons):
            layout.addWidget(widget)
        self.save.clicked.connect(lambda: self._answer("save"))
        self.discard.clicked.connect(lambda: self._answer("discard"))
        self.cancel.clicked.connect(self.reject)

    def _state(self, document: Document) -> str:
        if document.stage == "running":
            return self.tr("is being restored")
        if document.stage == "waiting":
            return self.tr("waits")
        return self.tr("restored, not saved")

    def _answer(self, answer: str) -> None:
        self.accept()
        self.answered.emit(answer)
