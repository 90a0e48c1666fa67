"""Damage: what a network is told of it, found out from the picture or set by hand."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QWidget

from ..widgets.forms import FigureSlider, column


class Damage(QWidget):
    """A check box for finding out, and a slider for who knows better.

    Args:
        name: Of the figure.
        automatic: Words of the check box.
        low: Least figure.
        high: Greatest figure.
        usual: The figure, before one was found or set.

    Signals:
        changed: The figure that is set now, or None to find it out.
    """

    changed = Signal(object)

    def __init__(self, name: str, automatic: str, low: float, high: float, usual: float) -> None:
        super().__init__()
        self._words = automatic
        self._usual = usual
        self.automatic = QCheckBox(automatic)
        self.automatic.setAccessibleName(automatic)
        self.figure = FigureSlider(name, low, high, 1)
        layout = column(spacing=6)
        layout.addWidget(self.automatic)
        layout.addWidget(self.figure)
        self.setLayout(layout)
        self.automatic.toggled.connect(self._take)
        self.figure.moved.connect(self._take)

    def show_figure(self, value: float | None, found: float | None, said: str) -> None:
        """Show what is asked.

        Args:
            value: The figure that is set; None while it is found out.
            found: What was found, if anything was.
            said: The same in words, or empty.
        """
        with QSignalBlocker(self.automatic):
            self.automatic.setText(f"{self._words} ({said})" if said else self._words)
            self.automatic.setChecked(value is None)
        self.figure.setEnabled(value is not None)
        shown = found if value is None else value
        self.figure.set_value(round(self._usual if shown is None else shown))

    def _take(self) -> None:
        self.changed.emit(None if self.automatic.isChecked() else self.figure.value)
