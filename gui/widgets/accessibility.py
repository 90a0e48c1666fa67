"""Accessibility: information for screen readers that Qt does not provide by itself."""

from __future__ import annotations

from PySide6.QtCore import QObject
from PySide6.QtGui import QAccessible, QAccessibleAnnouncementEvent, QAccessibleInterface
from PySide6.QtWidgets import QAccessibleWidget, QComboBox, QLabel, QSizePolicy, QWidget

# Painted widgets, which Qt reports as fillers.
_PICTURES = ("Canvas", "ErrorMap", "AttentionCanvas", "Plot", "RegionPicker", "_Patch")


class Notice(QLabel):
    """A line of text that screen readers announce; hidden while it is empty."""

    def __init__(self) -> None:
        super().__init__(wordWrap=True)
        self.setProperty("hint", True)
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
        self.hide()

    def tell(self, text: str) -> None:
        """Show a sentence; an empty one hides the line."""
        changed = text != self.text()
        self.setText(text)
        self.setVisible(bool(text))
        if changed:
            announce(self, text)


def announce(widget: QWidget, text: str) -> None:
    """Let a screen reader announce a text, if the widget is visible."""
    if text and widget.isVisible() and QAccessible.isActive():
        QAccessible.updateAccessibility(QAccessibleAnnouncementEvent(widget, text))


def name_combos(panel: QWidget) -> None:
    """Describe combo boxes without a label by their accessible names.

    On Linux, Qt gives screen readers the chosen entry in place of the name.
    """
    labels = {label.buddy() for label in panel.findChildren(QLabel)}
    for combo in panel.findChildren(QComboBox):
        if combo not in labels and not combo.accessibleDescription():
            combo.setAccessibleDescription(combo.accessibleName())


def install_roles() -> None:
    """Give widgets that paint pictures the role of a graphic."""
    QAccessible.installFactory(_interface)


def _interface(kind: str, thing: QObject) -> QAccessibleInterface | None:
    if kind in _PICTURES and isinstance(thing, QWidget):
        return QAccessibleWidget(thing, QAccessible.Role.Graphic)
    return None
