"""Spoken: what screen readers are told beyond what Qt tells them by itself."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QLabel, QSizePolicy, QWidget

# Classes that Qt takes for fillers.
_PICTURES = ("Canvas", "ErrorMap", "AttentionCanvas", "Plot", "RegionPicker", "_Patch")


class Notice(QLabel):
    """A line that says what came of something; it is read out, and hidden while it is empty."""

    def __init__(self) -> None:
        super().__init__(wordWrap=True)
        self.setProperty("hint", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hide()

    def tell(self, text: str) -> None:
        """Say a sentence, or nothing any more."""
        changed = text != self.text()
        self.setText(text)
        self.setVisible(bool(text))
        if changed:
            announce(self, text)


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader read a text out, if the widget can be seen."""
    if text and widget.isVisible() and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def name_combos(panel: QWidget) -> None:
    """Let combo boxes without a label tell their names as descriptions.

    On Linux, Qt gives screen readers the chosen entry as the name, and leaves the name to labels.
    """
    labels = {label.buddy() for label in panel.findChildren(QLabel)}
    for combo in panel.findChildren(QComboBox):
        if combo not in labels and not combo.accessibleDescription():
            combo.setAccessibleDescription(combo.accessibleName())


def install_roles() -> None:
    """Tell screen readers of widgets that paint pictures that they are pictures."""
    QAccessible.installFactory(_interface)


def _interface(kind: str, thing: QObject) -> QAccessibleInterface | None:
    if kind in _PICTURES and isinstance(thing, QWidget):
        return QAccessibleWidget(thing, QAccessible.Role.Graphic)
    return None
