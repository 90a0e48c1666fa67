"""Damage: an option that describes the damage, estimated from the picture or set by hand."""

from __future__ import annotations

from typing import cast

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QSizePolicy, QWidget

from restorer import Integer, Number, conditioned_task, find_option

from ..widgets.forms import ValueSlider, column


class Damage(QWidget):
    """A check box for the estimate, and a slider for another value.

    Args:
        field: The field of the option.
        name: The name of the figure.
        automatic: The text of the check box.
        usual: The figure until one is found or set.

    Signals:
        changed: The field, and the value that is set now; None for the estimate.
    """

    changed = Signal(str, object)

    def __init__(self, field: str, name: str, automatic: str, usual: float) -> None:
        super().__init__()
        self.field = field
        self.task = conditioned_task(field)
        self._words = automatic
        self._usual = usual
        self.automatic = QCheckBox(automatic)
        self.automatic.setAccessibleName(automatic)
        # A long text in parentheses does not widen the panel.
        self.automatic.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        kind = cast(Number, find_option(field).offered)
        self._whole = isinstance(kind, Integer)
        self.slider = ValueSlider(name, kind.low, kind.high, 1)
        layout = column(spacing=6)
        layout.addWidget(self.automatic)
        layout.addWidget(self.slider)
        self.setLayout(layout)
        self.automatic.toggled.connect(self._take)
        self.slider.moved.connect(self._take)

    def show_value(self, value: float | None, found: float | None, said: str) -> None:
        """Show the value of the option.

        Args:
            value: The value that is set; None for the estimate.
            found: The estimate, if there is one.
            said: The estimate in words, or empty.
        """
        with QSignalBlocker(self.automatic):
            self.automatic.setText(f"{self._words} ({said})" if said else self._words)
            self.automatic.setToolTip(self.automatic.text())
            self.automatic.setChecked(value is None)
        self.slider.setEnabled(value is not None)
        shown = found if value is None else value
        self.slider.set_value(round(self._usual if shown is None else shown))

    def _take(self) -> None:
        value = round(self.slider.value) if self._whole else self.slider.value
        self.changed.emit(self.field, None if self.automatic.isChecked() else value)
