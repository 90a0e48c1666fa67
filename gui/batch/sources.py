"""Sources: which pictures join the list of the batch, and where their results go."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QComboBox, QFileDialog, QLabel, QLineEdit, QPushButton, QWidget

from restorer import Choice, find_option

from ..session.jobs import Output
from ..widgets.forms import row
from ..widgets.theme import SPACE
from ..widgets.titles import core_text
from ..widgets.words import picture_patterns


class Sources(QWidget):
    """Buttons that add pictures, and the folder of the results.

    Attributes:
        existing: What happens where a result exists; the page gives it a place.

    Signals:
        added: Files and folders for the list.
        changed: The new Output.
    """

    added = Signal(object)
    changed = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.add_files = QPushButton(self.tr("Add pictures …"))
        self.add_folder = QPushButton(self.tr("Add a folder …"))
        self.folder = QLineEdit(clearButtonEnabled=True)
        self.folder.setPlaceholderText(self.tr("the folder of each original, named …-restored"))
        self.folder.setAccessibleName(self.tr("Results folder"))
        self.choose = QPushButton(self.tr("Choose …"))
        self.choose.setAccessibleName(self.tr("Choose the results folder"))
        self.existing = QComboBox()
        self.existing.setAccessibleName(self.tr("If a result exists already"))
        for value, label in cast(Choice, find_option("existing").offered).labels.items():
            self.existing.addItem(core_text(label), value)
        into = QLabel(self.tr("Save results to"))
        into.setBuddy(self.folder)
        layout = row(self.add_files, self.add_folder, into, self.folder, self.choose, stretch=3)
        layout.insertSpacing(2, SPACE)
        self.setLayout(layout)
        self.add_files.clicked.connect(self._browse_files)
        self.add_folder.clicked.connect(self._browse_folder)
        self.choose.clicked.connect(self._browse_target)
        self.folder.editingFinished.connect(self._tell)
        self.existing.activated.connect(self._tell)

    @property
    def output(self) -> Output:
        """Where results go."""
        typed = self.folder.text().strip()
        folder = Path(typed).expanduser().absolute() if typed else None
        return Output(folder, self.existing.currentData())

    def _tell(self) -> None:
        self.changed.emit(self.output)

    def _browse_files(self) -> None:
        kinds = self.tr("Pictures (%1)").replace("%1", picture_patterns())
        names, _ = QFileDialog.getOpenFileNames(self, self.tr("Add pictures"), "", kinds)
        if names:
            self.added.emit([Path(name) for name in names])

    def _browse_folder(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Add a folder of pictures"))
        if name:
            self.added.emit([Path(name)])

    def _browse_target(self) -> None:
        name = QFileDialog.getExistingDirectory(self, self.tr("Results folder"), self.folder.text())
        if name:
            self.folder.setText(name)
            self._tell()
