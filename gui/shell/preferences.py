"""Preferences: settings that the window keeps between sessions."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QByteArray, QSettings

_RECENT = 10


class Preferences:
    """Reads and writes a settings file.

    Args:
        settings: The settings file; the user's own by default.
    """

    def __init__(self, settings: QSettings | None = None) -> None:
        self._settings = settings or QSettings(
            QSettings.Format.IniFormat, QSettings.Scope.UserScope, "restorer", "window"
        )

    @property
    def recent(self) -> list[Path]:
        """Recently opened files and folders, the newest first."""
        return [Path(text) for text in self._list("recent")]

    def add_recent(self, path: Path) -> None:
        """Add a file or folder at the start."""
        others = [p for p in self.recent if p != path]
        self._settings.setValue("recent", [str(p) for p in [path, *others][:_RECENT]])

    @property
    def folder(self) -> Path:
        """Folder of the settings file."""
        return Path(self._settings.fileName()).parent

    def text(self, key: str, usual: str = "") -> str:
        """Return a stored text, or `usual`."""
        return str(self._settings.value(key, usual))

    def flag(self, key: str, usual: bool = False) -> bool:
        """Return a stored flag, or `usual`."""
        return str(self._settings.value(key, usual)).lower() == "true"

    def state(self, key: str) -> QByteArray:
        """Return the stored geometry or state of a widget; empty if there is none."""
        value = self._settings.value(key)
        return value if isinstance(value, QByteArray) else QByteArray()

    def keep(self, key: str, value: str | bool | QByteArray) -> None:
        """Store a value."""
        self._settings.setValue(key, value)

    def sync(self) -> None:
        """Write pending values to the disk."""
        self._settings.sync()

    def _list(self, key: str) -> list[str]:
        value = self._settings.value(key, [])
        if isinstance(value, str):  # Qt returns a list of one item as the item
            return [value]
        return [str(item) for item in value] if isinstance(value, list) else []
