"""Preferences: settings that the window keeps between sessions."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from PySide6.QtCore import QByteArray, QSettings

_RECENT = 10


class Preferences:
    """Reads a settings file, and writes it in the background.

    The window stood still for 30 ms and more while Qt waited for the disk.

    Args:
        settings: The settings file; the user's own by default.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        settings = settings or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "restorer", "window"
        )
        self.file = Path(settings.fileName())
        self._values: dict[str, Any] = {key: settings.value(key) for key in settings.allKeys()}
        self._lock = threading.Lock()  # guards the thread and what it has to write
        self._pending: dict[str, Any] = {}
        self._thread: threading.Thread | None = None

    @property
    def recent(self) -> list[Path]:
        """Recently opened files and folders, the newest first."""
        return [Path(text) for text in self._list("recent")]

    def add_recent(self, path: Path) -> None:
        """Add a file or folder at the start."""
        others = [p for p in self.recent if p != path]
        self.keep("recent", [str(p) for p in [path, *others][:_RECENT]])

    @property
    def folder(self) -> Path:
        """Folder of the settings file."""
        return self.file.parent

    def text(self, key: str, usual: str = "") -> str:
        """Return a stored text, or `usual`."""
        return str(self._values.get(key, usual))

    def flag(self, key: str, usual: bool = False) -> bool:
        """Return a stored flag, or `usual`."""
        return str(self._values.get(key, usual)).lower() == "true"

    def state(self, key: str) -> QByteArray:
        """Return the stored geometry or state of a widget; empty if there is none."""
        value = self._values.get(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | bool | QByteArray | list[str]) -> None:
        """Store a value."""
        if self._values.get(key) == value:
            return
        self._values[key] = value
        with self._lock:
            self._pending[key] = value
            if self._thread is None:
                self._thread = threading.Thread(target=self._write, name="preferences")
                self._thread.start()

    def finish(self) -> None:
        """Wait until all is written."""
        thread = self._thread
        if thread is not None:
            thread.join()

    def _write(self) -> None:
        settings = QSettings(str(self.file), QSettings.Format.IniFormat)
        while pending := self._take_pending():
            for key, value in pending.items():
                settings.setValue(key, value)
            settings.sync()

    def _take_pending(self) -> dict[str, Any]:
        with self._lock:
            pending, self._pending = self._pending, {}
            if not pending:
                self._thread = None
            return pending

    def _list(self, key: str) -> list[str]:
        value = self._values.get(key, [])
        if isinstance(value, str):  # Qt returns a list of one item as the item
            return [value]
        return [str(item) for item in value] if isinstance(value, list) else []
