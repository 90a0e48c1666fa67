"""Controls: everything that is chosen, and the button that makes it so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QComboBox,
    QDoubleSpinBox,
    QFrame,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QSpinBox,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer import FORMATS

from ..session.choices import Choices
from ..session.state import State
from ..widgets.forms import (
    SPIN_MARGINS,
    FigureSlider,
    Section,
    WheelGuard,
    column,
    heading,
    labeled,
    row,
)
from ..widgets.words import duration
from .chain import Chain

_GB = 1_000_000_000


class Output(QWidget):
    """File format, depth and quality of the result.

    Signals:
        chosen: The choices that are asked for now.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: Choices | None = None
        same = self.tr("As the original")
        self.format = _combo([(same, None), *((f.name, f.suffixes[0]) for f in FORMATS)])
        self.bits = _combo(
            [
                (same, None),
                (self.tr("8 bit"), 8),
                (self.tr("16 bit"), 16),
                (self.tr("32 bit float"), 32),
            ]
        )
        self.quality = QSpinBox(minimum=1, maximum=100)
        self.quality.setKeyboardTracking(False)
        self.quality.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.dither = QCheckBox(self.tr("Dither smooth gradients"))
        self.dither.setAccessibleName(self.dither.text())
        layout = column(spacing=6)
        layout.addLayout(labeled(self.tr("Format"), self.format))
        layout.addLayout(labeled(self.tr("Depth"), self.bits))
        layout.addLayout(labeled(self.tr("Quality"), self.quality))
        layout.addWidget(self.dither)
        self.setLayout(layout)
        self.format.activated.connect(self._take)
        self.bits.activated.connect(self._take)
        self.quality.valueChanged.connect(self._take)
        self.dither.toggled.connect(self._take)

    def show_state(self, state: State) -> None:
        """Show what is asked."""
        self._choices = choices = state.choices
        widgets = (self.format, self.bits, self.quality, self.dither)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        self.format.setCurrentIndex(max(0, self.format.findData(choices.suffix)))
        self.bits.setCurrentIndex(max(0, self.bits.findData(choices.settings.bits)))
        self.quality.setValue(choices.settings.quality)
        self.dither.setChecked(choices.settings.dither)
        suffix = choices.suffix
        if suffix is None and state.opened is not None and state.opened.path is not None:
            suffix = state.opened.path.suffix.lower()
        self.quality.setEnabled(suffix in (".jpg", ".jpeg", ".jpe", ".jfif", ".webp"))
        for blocker in blockers:
            blocker.unblock()

    def _take(self) -> None:
        if self._choices is None:
            return
        changed = self._choices.with_changes(suffix=self.format.currentData())
        self.chosen.emit(
            changed.with_settings(
                bits=self.bits.currentData(),
                quality=self.quality.value(),
                dither=self.dither.isChecked(),
            )
        )


class Machine(QWidget):
    """Device, number format, memory, and how the picture is cut.

    Signals:
        chosen: The choices that are asked for now.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: Choices | None = None
        self._devices: tuple[str, ...] = ()
        auto = self.tr("Automatic")
        self.device = _combo([(auto, "auto")])
        self.precision = _combo(
            [
                (auto, "auto"),
                (self.tr("32 bit (exact)"), "fp32"),
                (self.tr("bfloat16 (fast)"), "bf16"),
                (self.tr("float16 (fast)"), "fp16"),
            ]
        )
        self.context = _combo(
            [(self.tr("Tile by tile"), "tile"), (self.tr("The whole picture (slow)"), "whole")]
        )
        self.memory = QDoubleSpinBox(minimum=0, maximum=1024, singleStep=0.5, decimals=1)
        self.memory.setSuffix(" GB")
        self.memory.setSpecialValueText(auto)
        self.memory.setKeyboardTracking(False)
        self.memory.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.ensemble = QCheckBox(self.tr("Eight views (better, 8 × slower)"))
        self.ensemble.setAccessibleName(self.ensemble.text())
        layout = column(spacing=6)
        layout.addLayout(labeled(self.tr("Device"), self.device))
        layout.addLayout(labeled(self.tr("Precision"), self.precision))
        layout.addLayout(labeled(self.tr("Memory"), self.memory))
        layout.addLayout(labeled(self.tr("Attention"), self.context))
        layout.addWidget(self.ensemble)
        self.setLayout(layout)
        for combo in (self.device, self.precision, self.context):
            combo.activated.connect(self._take)
        self.memory.valueChanged.connect(self._take)
        self.ensemble.toggled.connect(self._take)

    def show_state(self, state: State) -> None:
        """Show what is asked."""
        self._choices = choices = state.choices
        own = choices.settings
        widgets = (self.device, self.precision, self.context, self.memory, self.ensemble)
        blockers = [QSignalBlocker(widget) for widget in widgets]
        if state.devices != self._devices:
            self._devices = state.devices
            while self.device.count() > 1:
                self.device.removeItem(1)
            for name in state.devices:
                self.device.addItem(name.upper(), name)
        self.device.setCurrentIndex(max(0, self.device.findData(own.device)))
        self.precision.setCurrentIndex(max(0, self.precision.findData(own.precision)))
        self.context.setCurrentIndex(max(0, self.context.findData(own.context)))
        self.memory.setValue((own.memory or 0) / _GB)
        self.ensemble.setChecked(own.self_ensemble)
        self.ensemble.setEnabled(own.context == "tile")
        for blocker in blockers:
            blocker.unblock()

    def _take(self) -> None:
        if self._choices is None:
            return
        context = self.context.currentData()
        self.chosen.emit(
            self._choices.with_settings(
                device=self.device.currentData(),
                precision=self.precision.currentData(),
                context=context,
                memory=round(self.memory.value() * _GB) or None,
                self_ensemble=self.ensemble.isChecked() and context == "tile",
            )
        )


class Strength(QWidget):
    """How much of the restoration is taken: all alike, or grain and texture by their own share.

    Signals:
        chosen: The choices that are asked for now.
    """

    chosen = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._choices: Choices | None = None
        self.all = FigureSlider(self.tr("Strength"), 0, 100, 1, suffix=" %")
        self.apart = QCheckBox(self.tr("Grain and texture apart"))
        self.apart.setAccessibleName(self.apart.text())
        self.apart.setToolTip(
            self.tr("Coarse changes (blotches, blocks) and fine ones, each by their own share")
        )
        self.fine = FigureSlider(self.tr("Strength of grain and texture"), 0, 100, 1, suffix=" %")
        layout = column(spacing=6)
        for widget in (self.all, self.apart, self.fine):
            layout.addWidget(widget)
        self.setLayout(layout)
        self.all.moved.connect(self._take)
        self.fine.moved.connect(self._take)
        self.apart.toggled.connect(self._take)

    def show_state(self, state: State) -> None:
        """Show what is asked."""
        self._choices = choices = state.choices
        self.all.set_value(round(choices.strength * 100))
        with QSignalBlocker(self.apart):
            self.apart.setChecked(choices.detail is not None)
        self.fine.setVisible(choices.detail is not None)
        fine = choices.strength if choices.detail is None else choices.detail
        self.fine.set_value(round(fine * 100))

    def _take(self) -> None:
        if self._choices is None:
            return
        detail = self.fine.value / 100 if self.apart.isChecked() else None
        self.chosen.emit(self._choices.with_changes(strength=self.all.value / 100, detail=detail))


class ActionArea(QFrame):
    """Progress, and the buttons for the whole picture.

    Signals:
        run, stop, save: What was pressed.
    """

    run = Signal()
    stop = Signal()
    save = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("actionArea")
        self.text = QLabel()
        self.text.setProperty("hint", True)
        self.text.setAccessibleDescription(self.tr("Progress"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # lest all above moves when work begins and ends
        self.bar.setSizePolicy(kept)
        self.run_button = QPushButton(self.tr("Restore"))
        self.run_button.setProperty("primary", True)
        self.run_button.setAccessibleName(self.tr("Restore the whole picture"))
        self.save_button = QPushButton(self.tr("Save …"))
        self.save_button.setAccessibleName(self.tr("Save the result"))
        layout = column(margin=16, spacing=8)
        layout.addWidget(self.text)
        layout.addWidget(self.bar)
        layout.addLayout(row(self.run_button, self.save_button, stretch=0))
        self.setLayout(layout)
        self._running = False
        self.run_button.clicked.connect(self._press)
        self.save_button.clicked.connect(self.save)

    def show_state(self, state: State) -> None:
        """Show what goes on."""
        work = state.work
        self._running = work.doing == "restoring"
        text = self.tr("Stop") if self._running else self.tr("Restore")
        self.run_button.setText(text)
        ready = state.opened is not None and state.choices.ready
        idle = work.doing in ("nothing", "previewing")
        self.run_button.setEnabled(self._running or (ready and idle and state.finished is None))
        self.save_button.setEnabled(state.saveable is not None and idle)
        self.save_button.setProperty("primary", state.finished is not None)
        self.run_button.setProperty("primary", state.finished is None)
        for button in (self.save_button, self.run_button):
            button.style().polish(button)
        self.bar.setVisible(work.doing in ("restoring", "previewing"))
        self.show_progress(state)

    def show_progress(self, state: State) -> None:
        """Show how far the work is."""
        work = state.work
        self.bar.setRange(0, work.total if work.total > 1 or self._running else 0)
        self.bar.setValue(work.done)
        self.text.setText(self._words(state))

    def _words(self, state: State) -> str:
        work = state.work
        if work.doing == "restoring":
            if not work.total:
                return self.tr("Getting ready …")
            said = self.tr("Tile %1 of %2").replace("%1", str(work.done))
            said = said.replace("%2", str(work.total))
            if work.seconds_left is not None:
                left = self.tr("%1 left").replace("%1", duration(work.seconds_left))
                said = f"{said} · {left}"
            return said
        if work.doing == "previewing":
            return self.tr("Preview …")
        if work.doing == "saving":
            return self.tr("Saving …")
        if work.doing == "opening":
            return self.tr("Opening …")
        if state.opened is None:
            return self.tr("No picture is open.")
        if state.finished is not None:
            took = duration(state.finished.seconds)
            return self.tr("Restored in %1.").replace("%1", took)
        if state.choices.refers and not state.choices.ready:
            return self.tr("Add a reference picture.")
        if not state.choices.steps:
            return self.tr("Switch on what is to be done.")
        width, height = state.size
        return (
            self.tr("Result: %1 × %2 pixels").replace("%1", str(width)).replace("%2", str(height))
        )

    def _press(self) -> None:
        (self.stop if self._running else self.run).emit()


class Controls(QWidget):
    """All choices in one column that scrolls.

    Signals:
        chosen: The choices that are asked for now.
        more: The user wants other models.
    """

    chosen = Signal(object)
    more = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.presets = QToolButton()
        self.presets.setText(self.tr("Presets"))
        self.presets.setAccessibleName(self.tr("Presets"))
        self.presets.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self.presets.setLayoutDirection(Qt.LayoutDirection.RightToLeft)  # the icon behind the text
        self.presets.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.chain = Chain()
        self.strength = Strength()
        self.output = Output()
        self.machine = Machine()
        inner = QWidget()
        content = QVBoxLayout(inner)
        content.setContentsMargins(16, 16, 16, 16)
        content.setSpacing(14)
        content.addLayout(row(heading(self.tr("What to do")), self.presets, stretch=0))
        content.addWidget(self.chain)
        content.addWidget(_line())
        content.addWidget(heading(self.tr("Strength")))
        content.addWidget(self.strength)
        content.addWidget(_line())
        for title, widget, unfolded in (
            (self.tr("Result"), self.output, True),
            (self.tr("Machine"), self.machine, False),
        ):
            section = Section(title, unfolded=unfolded)
            section.content.addWidget(widget)
            content.addWidget(section)
        content.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inner)
        WheelGuard(inner)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Choices"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = column()
        layout.addWidget(area)
        self.setLayout(layout)
        for part in (self.chain, self.strength, self.output, self.machine):
            part.chosen.connect(self.chosen)
        self.chain.more.connect(self.more)

    def show_state(self, state: State) -> None:
        """Show what is asked."""
        for part in (self.chain, self.strength, self.output, self.machine):
            part.show_state(state)


def _combo(items: Sequence[tuple[str, Any]]) -> QComboBox:
    combo = QComboBox()
    combo.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
    combo.setMinimumContentsLength(8)
    for text, data in items:
        combo.addItem(text, data)
    return combo


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet("background: palette(midlight); border: none;")
    return line
