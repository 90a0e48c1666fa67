"""Menus of the window."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QObject
from PySide6.QtWidgets import QMainWindow, QMenu

from .actions import Actions


class Menus(QObject):
    """Fills the menu bar of a window.

    Args:
        window: The window.
        actions: Its actions.
        presets: The menu of presets.
    """

    def __init__(self, window: QMainWindow, actions: Actions, presets: QMenu) -> None:
        super().__init__(window)
        bar = window.menuBar()
        file = bar.addMenu(self.tr("&File"))
        _fill(file, actions, "open", "open-folder")
        self.recent = file.addMenu(self.tr("Open &recent"))
        _fill(
            file,
            actions,
            "paste",
            "",
            "previous",
            "next",
            "sheet-previous",
            "sheet-next",
            "",
            "save",
            "save-as",
            "export",
            "queue-all",
        )
        _fill(file, actions, "", "quit")
        edit = bar.addMenu(self.tr("&Edit"))
        _fill(edit, actions, "undo", "redo", "", "copy-recipe", "paste-recipe", "share-recipe")
        _fill(edit, actions, "", "remove")
        picture = bar.addMenu(self.tr("&Picture"))
        _fill(picture, actions, "run", "stop", "unqueue", "restore-and-save", "")
        _fill(picture, actions, "save-beside", "discard", "show-in-folder", "open-saved", "")
        _fill(picture, actions, "frame", "unframe", "", "copy-command")
        picture.addMenu(presets)
        look = bar.addMenu(self.tr("&View"))
        _fill(look, actions, *actions.pages, "")
        _fill(look, actions, "split", "sides", "flicker", "difference", "gain-up", "gain-down")
        _fill(look, actions, "divider-left", "divider-right", "")
        _fill(look, actions, "fit", "actual", "zoom-in", "zoom-out", "loupe", "")
        _fill(look, actions, "panel", "full-screen", "notify")
        _fill(look.addMenu(self.tr("&Inspect")), actions, "inspect-attention")
        around = look.addMenu(self.tr("S&urround of the picture"))
        _fill(around, actions, "surround-gray", "surround-light", "surround-dark")
        theme = look.addMenu(self.tr("&Colors"))
        _fill(theme, actions, "theme-system", "theme-light", "theme-dark", "")
        _fill(theme, actions, "screen-srgb", "screen-profile")
        _fill(bar.addMenu(self.tr("&Help")), actions, "manual", "shortcuts", "report", "", "about")

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List recent files and folders; each item holds its path as data."""
        self.recent.clear()
        self.recent.setEnabled(bool(paths))
        for path in paths:
            self.recent.addAction(str(path)).setData(path)


def _fill(menu: QMenu, actions: Actions, *names: str) -> None:
    for name in names:
        if name:
            menu.addAction(actions[name])
        else:
            menu.addSeparator()
