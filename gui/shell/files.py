"""Files: opens and saves pictures through dialogs, drops and the clipboard."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QMimeData, QObject
from PySide6.QtGui import QGuiApplication, QImage
from PySide6.QtWidgets import QFileDialog, QWidget

from restorer import WRITABLE

from ..session.session import Session
from ..session.work import Message
from ..widgets.events import local_files
from ..widgets.words import picture_patterns
from .preferences import Preferences

_REMEMBERED = 3  # recent entries added for files opened together


class Files(QObject):
    """Opens and saves pictures that the user chooses.

    Args:
        window: Parent of dialogs.
        session: The session that opens and saves.
        preferences: Preferences with the recent files.

    Attributes:
        working_copy: The file that *Save* replaces; None asks for a name.
    """

    def __init__(self, window: QWidget, session: Session, preferences: Preferences) -> None:
        super().__init__(window)
        self._window = window
        self._session = session
        self._preferences = preferences
        self.working_copy: Path | None = None

    def open(self, paths: Sequence[Path]) -> None:
        """Open files and folders."""
        for path in reversed(paths[:_REMEMBERED]):
            if path.exists():
                self._preferences.add_recent(path.absolute())
        self._session.opener.open(paths)

    def browse(self) -> None:
        """Ask for pictures to open."""
        kinds = self.tr("Pictures (%1)").replace("%1", picture_patterns())
        names, _ = QFileDialog.getOpenFileNames(
            self._window, self.tr("Open pictures"), self._folder(), kinds
        )
        if names:
            self.open([Path(name) for name in names])

    def browse_folder(self) -> None:
        """Ask for a folder to open."""
        name = QFileDialog.getExistingDirectory(
            self._window, self.tr("Open a folder of pictures"), self._folder()
        )
        if name:
            self.open([Path(name)])

    def paste(self) -> None:
        """Open the picture or files of the clipboard."""
        if not self._open_data(QGuiApplication.clipboard().mimeData(), self.tr("Pasted picture")):
            text = self.tr("The clipboard holds no picture.")
            self._session.tell(Message(text, "note"))

    def take(self, data: QMimeData) -> None:
        """Open dropped files, folders, or a picture without a file."""
        if not self._open_data(data, self.tr("Dropped picture")):
            text = self.tr("That is not a picture. Save it as a file, then drop the file here.")
            self._session.tell(Message(text, "note"))

    def save(self) -> None:
        """Save to the same file again, or ask for one; replace a working copy."""
        saved = self._session.state.saved
        if self.working_copy is not None:
            self._session.saving.save(self.working_copy, replace=True)
        elif saved is None:
            self.save_as()
        else:
            self._session.saving.save(saved)

    def save_new(self) -> None:
        """Ask where to save the result, or replace a working copy."""
        if self.working_copy is not None:
            self.save()
        else:
            self.save_as()

    def save_as(self) -> None:
        """Ask where to save the result."""
        state = self._session.state
        if state.opened is None or state.saveable is None:
            return
        path = state.opened.path
        wanted = state.choices.target(path or Path(self._folder(), "pasted.png"))
        name, _ = QFileDialog.getSaveFileName(self._window, self.tr("Save the result"), str(wanted))
        if name:
            chosen = Path(name)
            if chosen.suffix.lower() not in WRITABLE:
                chosen = chosen.with_name(chosen.name + wanted.suffix)
            self._session.saving.save(chosen)

    def copy_command(self) -> None:
        """Copy the command line to the clipboard."""
        state = self._session.state
        if state.opened is None or state.opened.path is None:
            return
        choices = state.choices.of_page(state.opened.page, state.opened.pages)
        line = choices.command(state.opened.path, state.saved)
        QGuiApplication.clipboard().setText(line)
        said = self.tr("Copied: %1").replace("%1", line)
        self._session.tell(Message(said, "note"))

    def choose_screen_profile(self) -> None:
        """Ask for the color profile of the screen."""
        name, _ = QFileDialog.getOpenFileName(
            self._window,
            self.tr("Color profile of the screen"),
            self._preferences.text("screen-profile"),
            self.tr("Color profiles (*.icc *.icm)"),
        )
        if name and self._session.colors.set_screen_profile(Path(name)):
            self._preferences.keep("screen-profile", name)

    def forget_screen_profile(self) -> None:
        """Use sRGB as the color profile of the screen."""
        self._preferences.keep("screen-profile", "")
        self._session.colors.set_screen_profile(None)

    def _open_data(self, data: QMimeData, name: str) -> bool:
        """Open data of another program; return whether it holds files or a picture."""
        paths = local_files(data)
        image = data.imageData() if data.hasImage() else None
        if paths:
            self.open(paths)
        elif isinstance(image, QImage) and not image.isNull():
            self._session.opener.paste(image, name)
        else:
            return False
        return True

    def _folder(self) -> str:
        recent = self._preferences.recent
        return str(recent[0].parent) if recent else str(Path.home())
