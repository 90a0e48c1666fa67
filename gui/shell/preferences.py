"""Preferences: what the window remembers from one day to the next."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

_RECENT = 10


class Preferences:
    """Reads and writes a settings file.

    Args:
        settings: Where it lies; the user's own unless given.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "restorer", "window"
        )

    @property
    def recent(self) -> list[Path]:
        """Files and folders that were opened, the newest first."""
        return [Path(text) for text in self._list("recent")]

    def add_recent(self, path: Path) -> None:
        """Put a file or folder first."""
        others = [p for p in self.recent if p != path]
        self._settings.setValue("recent", [str(p) for p in [path, *others][:_RECENT]])

    def clear_recent(self) -> None:
        """Forget what was opened."""
        self._settings.remove("recent")

    @property
    def folder(self) -> Path:
        """Where the settings file lies."""
        return Path(self._settings.fileName()).parent

    def text(self, key: str, usual: str = "") -> str:
        """Return a word that was kept."""
        return str(self._settings.value(key, usual))

    def flag(self, key: str, usual: bool = False) -> bool:
        """Return a yes or no that was kept."""
        return str(self._settings.value(key, usual)).lower() == "true"

    def state(self, key: str) -> QByteArray:
        """Return what a widget saved of its geometry or state; empty if nothing."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | bool | QByteArray) -> None:
        """Keep something under a key."""
        self._settings.setValue(key, value)

    def sync(self) -> None:
        """Write what is not yet on the disk."""
        self._settings.sync()

    def _list(self, key: str) -> list[str]:
        value = self._settings.value(key, [])
        if isinstance(value, str):  # a list of one comes back as its item
            return [value]
        return [str(item) for item in value] if isinstance(value, list) else []
