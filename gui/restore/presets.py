"""Presets: named choices, in the file that the command line reads too."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QInputDialog, QMenu, QWidget

from restorer import (
    RestorerError,
    SettingsError,
    UnknownModelError,
    presets_file,
    read_preset,
    read_presets,
    write_preset,
)

from ..session.choices import Choices
from ..session.preset_options import PRESET_NAMES, from_options
from ..session.work import Message
from ..widgets.words import error_text, sentence


class Presets(QObject):
    """A menu of presets.

    Args:
        parent: The parent of the dialog that asks for a name.
        path: The file; the user's own unless given.

    Signals:
        chosen: The choices of a preset.
        message: A message about a preset.
    """

    chosen = Signal(object)
    message = Signal(object)

    def __init__(self, parent: QWidget, path: Path | None = None) -> None:
        super().__init__(parent)
        self._window = parent
        self.path = path or presets_file()
        self.menu = QMenu(self.tr("Pre&sets"), parent)
        # Set here, as the menu would take that of its button, whose icon is behind the text.
        self.menu.setLayoutDirection(parent.layoutDirection())
        self.menu.aboutToShow.connect(self.fill)
        self._choices: Choices | None = None

    def show_choices(self, choices: Choices) -> None:
        """Keep the choices that would be saved."""
        self._choices = choices

    def fill(self) -> None:
        """List the presets that are in the file now."""
        self.menu.clear()
        names = list(self._read())
        for name in names:
            action = self.menu.addAction(name.replace("&", "&&"))
            action.triggered.connect(lambda _=False, name=name: self.take(name))
        if not names:
            self.menu.addAction(self.tr("No presets yet")).setEnabled(False)
        self.menu.addSeparator()
        self.menu.addAction(self.tr("Save as preset …")).triggered.connect(self.ask_name)
        gone = self.menu.addMenu(self.tr("Remove"))
        gone.setLayoutDirection(self.menu.layoutDirection())
        gone.setEnabled(bool(names))
        for name in names:
            action = gone.addAction(name.replace("&", "&&"))
            action.triggered.connect(lambda _=False, name=name: self.remove(name))

    def take(self, name: str) -> None:
        """Emit the choices of a preset, or a message if they cannot be understood."""
        try:
            options = read_preset(self.path, name, PRESET_NAMES)
        except SettingsError as error:
            self.message.emit(Message(sentence(error)))
            return
        try:
            self.chosen.emit(from_options(options))
        except (UnknownModelError, ValueError) as error:
            text = self.tr("The preset “%1” cannot be used: %2.").replace("%1", name)
            self.message.emit(Message(text.replace("%2", f"{self.path}: {error_text(error)}")))

    def ask_name(self) -> None:
        """Save the choices under a name that the user gives."""
        title = self.tr("Save as preset")
        name, given = QInputDialog.getText(self._window, title, self.tr("Name"))
        if given and name.strip():
            self.save(name.strip())

    def save(self, name: str) -> None:
        """Save the choices under a name."""
        if self._choices is None:
            return
        if self._write(name, self._choices.options()):
            text = self.tr("Preset “%1” saved.").replace("%1", name)
            self.message.emit(Message(text, "note"))

    def remove(self, name: str) -> None:
        """Remove a preset from the file."""
        self._write(name, None)

    def _read(self) -> dict[str, Any]:
        if not self.path.exists():
            return {}
        try:
            return dict(read_presets(self.path))
        except RestorerError as error:
            self.message.emit(Message(sentence(error)))
            return {}

    def _write(self, name: str, options: dict[str, Any] | None) -> bool:
        try:
            write_preset(self.path, name, options)
        except RestorerError as error:
            self.message.emit(Message(sentence(error)))
            return False
        return True
