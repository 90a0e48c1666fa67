"""Fields: the controls of options, built from their entries in the core's table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias, cast

from PySide6.QtCore import QSignalBlocker, Signal
from PySide6.QtWidgets import QCheckBox, QDoubleSpinBox, QLineEdit, QWidget

from restorer import OPTIONS, Choice, Integer, Number, Option, find_option

from ..session.choices import Choices
from ..session.state import State
from ..widgets.forms import SPIN_MARGINS, Picker, column, labeled
from ..widgets.titles import core_text

_GB = 1_000_000_000
_WIDEST = 2.0**53  # larger whole numbers are not exact in a spin box


class ChoiceField(Picker):
    """A list of the values of an option."""

    changed = Signal(object)

    def __init__(self, option: Option) -> None:
        super().__init__()
        if option.optional:
            self.addItem(_text_for_none(option), None)
        if isinstance(option.offered, Choice):
            for value, label in option.offered.labels.items():
                self.addItem(core_text(label) or str(value), value)
        self.activated.connect(lambda: self.changed.emit(self.currentData()))

    def show_value(self, value: Any) -> None:
        """Show the value of the option, even one that is not in the list of an open choice."""
        if value is not None and self.findData(value) < 0:
            self.addItem(str(value), value)
        self.setCurrentIndex(max(0, self.findData(value)))


class DeviceField(ChoiceField):
    """A list of the devices of this machine."""

    def __init__(self, option: Option) -> None:
        super().__init__(option)
        self.addItem(_text_for_none(option), option.default)
        self._devices: tuple[str, ...] = ()

    def show_devices(self, devices: tuple[str, ...]) -> None:
        """List the devices."""
        if devices != self._devices:
            self._devices = devices
            while self.count() > 1:
                self.removeItem(1)
            for name in devices:
                self.addItem(name.upper(), name)

    def show_value(self, value: Any) -> None:
        """Show the value of the option, even a device that this machine does not have."""
        if self.findData(value) < 0:
            self.addItem(value.upper(), value)
        super().show_value(value)


class FlagField(QCheckBox):
    """A check box with the label of the option."""

    changed = Signal(object)

    def __init__(self, option: Option) -> None:
        super().__init__(core_text(option.label))
        self.setAccessibleName(self.text())
        self._option = option
        self.toggled.connect(lambda on: self.changed.emit(option.read(on)))

    def show_value(self, value: Any) -> None:
        """Show the value of the option."""
        self.setChecked(self._option.write(value))


class NumberField(QDoubleSpinBox):
    """A spin box; the value below the range of the option stands for None."""

    changed = Signal(object)
    unit = 1

    def __init__(self, option: Option) -> None:
        super().__init__()
        self._option, self._kind = option, cast(Number, option.offered)
        self._set_range()
        if option.optional:
            self.setSpecialValueText(_text_for_none(option))
        self.setKeyboardTracking(False)
        self.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.valueChanged.connect(self._take)

    def show_value(self, value: Any) -> None:
        """Show the value of the option."""
        self.setValue(self.minimum() if value is None else value / self.unit)

    def _set_range(self) -> None:
        step = 1.0 if isinstance(self._kind, Integer) or self._kind.high > 1 else 0.1
        self.setDecimals(0 if isinstance(self._kind, Integer) else 2)
        self.setSingleStep(step)
        self.setRange(self._kind.low - step * self._option.optional, min(self._kind.high, _WIDEST))

    def _take(self, value: float) -> None:
        if self._option.optional and value == self.minimum():
            self.changed.emit(None)
        else:
            found = value * self.unit
            self.changed.emit(round(found) if isinstance(self._kind, Integer) else found)


class BytesField(NumberField):
    """A spin box for gigabytes."""

    unit = _GB

    def _set_range(self) -> None:
        self.setDecimals(1)
        self.setSingleStep(0.5)
        self.setSuffix(" GB")
        self.setRange(0, 1024)


class TextField(QLineEdit):
    """A line of text; an empty one stands for the default."""

    changed = Signal(object)

    def __init__(self, option: Option) -> None:
        super().__init__()
        self._option, self._value = option, option.default
        self.editingFinished.connect(self._take)

    def show_value(self, value: Any) -> None:
        """Show the value of the option."""
        self._value = value
        self.setText(value or "")

    def _take(self) -> None:
        """Ask for the text; of one that the option refuses, show the last value instead."""
        value = self.text().strip() or self._option.default
        try:
            self._option.kind.check(value)
        except ValueError as error:
            self.setText(self._value or "")
            self.setToolTip(f"{self._option.title}: {error}")
        else:
            self.changed.emit(value)


Field: TypeAlias = ChoiceField | FlagField | NumberField | TextField

_FIELDS: Mapping[str, type[Field]] = {
    "choice": ChoiceField,
    "device": DeviceField,
    "flag": FlagField,
    "number": NumberField,
    "bytes": BytesField,
    "text": TextField,
}


class OptionFields(QWidget):
    """The labeled options of some groups of the table, in its order.

    Attributes:
        fields: The controls, by the names of the options' fields.

    Signals:
        chosen: The choices that are asked for now.
    """

    chosen = Signal(object)

    def __init__(self, *groups: str) -> None:
        super().__init__()
        self._choices: Choices | None = None
        self._options = {o.field: o for o in OPTIONS if o.label and o.group in groups}
        self.fields: dict[str, Field] = {}
        self.rows = column(spacing=6)
        for option in self._options.values():
            control = "flag" if option.is_flag else option.offered.control
            field = self.fields[option.field] = _FIELDS[control](option)
            field.setToolTip(core_text(option.help))
            if isinstance(field, FlagField):
                self.rows.addWidget(field)
            else:
                self.rows.addLayout(labeled(core_text(option.label), field))
            field.changed.connect(lambda value, option=option: self._take(option, value))
        self.setLayout(self.rows)

    def show_state(self, state: State) -> None:
        """Show the chosen values."""
        self._choices = choices = state.choices
        for name, field in self.fields.items():
            option = self._options[name]
            with QSignalBlocker(field):
                if isinstance(field, DeviceField):
                    field.show_devices(state.devices)
                field.show_value(choices.value(option))
            if option.requires is not None:
                required, value = option.requires
                field.setEnabled(choices.value(find_option(required)) == value)

    def _take(self, option: Option, value: Any) -> None:
        if self._choices is None:
            return
        changes = {option.field: value}
        for each in OPTIONS:  # options that no longer apply
            if each.requires is not None and each.requires[0] == option.field:
                changes |= {each.field: each.default} if each.requires[1] != value else {}
        self.chosen.emit(self._choices.with_values(**changes))


def _text_for_none(option: Option) -> str:
    return core_text(option.none or "Automatic")
