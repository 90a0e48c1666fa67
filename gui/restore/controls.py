"""Controls: all that the user can choose, and the buttons that restore and save."""

from __future__ import annotations

from PySide6.QtCore import QSignalBlocker, Qt, Signal
from PySide6.QtWidgets import (
    QCheckBox,
    QFrame,
    QLabel,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer import FORMATS

from ..session.documents import Document
from ..session.state import State
from ..widgets.forms import Picker, Section, ValueSlider, WheelGuard, column, heading, labeled, row
from ..widgets.words import duration, size
from .fields import OptionFields
from .step_list import StepList


class Output(OptionFields):
    """File format, depth and quality of the result.

    Signals:
        chosen: The choices that are asked for now.
    """

    def __init__(self) -> None:
        super().__init__("result")
        self.format = Picker()
        self.format.addItem(self.tr("As the original"), None)
        for each in FORMATS.values():
            if each.writer:
                self.format.addItem(each.name, each.suffixes[0])
        self.rows.insertLayout(0, labeled(self.tr("Format"), self.format))
        self.format.activated.connect(self._take_format)

    def show_state(self, state: State) -> None:
        """Show the chosen values."""
        super().show_state(state)
        suffix = state.choices.suffix
        with QSignalBlocker(self.format):
            self.format.setCurrentIndex(max(0, self.format.findData(suffix)))
        if suffix is None and state.opened is not None and state.opened.path is not None:
            suffix = state.choices.target(state.opened.path).suffix.lower()
        found = [f for f in FORMATS.values() if f.writer and suffix in f.suffixes]
        for name in ("quality", "lossless"):
            self.fields[name].setEnabled(any(f.has_option(name) for f in found))

    def _take_format(self) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_changes(suffix=self.format.currentData()))


class Strength(OptionFields):
    """The share of the restoration in the result: one for all, or a separate one for fine changes.

    Signals:
        chosen: The choices that are asked for now.
    """

    def __init__(self) -> None:
        super().__init__("step")
        self.all = ValueSlider(self.tr("Strength"), 0, 100, 1, suffix=" %")
        self.separate = QCheckBox(self.tr("Separate slider for fine grain"))
        self.separate.setAccessibleName(self.separate.text())
        self.separate.setToolTip(
            self.tr("One strength for blotches and blocks, another one for fine grain")
        )
        self.fine = ValueSlider(self.tr("Strength of fine grain"), 0, 100, 1, suffix=" %")
        for place, widget in enumerate((self.all, self.separate, self.fine)):
            self.rows.insertWidget(place, widget)
        self.all.moved.connect(lambda percent: self._take_share("strength", percent / 100))
        self.fine.moved.connect(lambda percent: self._take_share("detail", percent / 100))
        self.separate.toggled.connect(self._take_separate)

    def show_state(self, state: State) -> None:
        """Show the chosen values."""
        super().show_state(state)
        step = state.choices.template
        self.setEnabled(not state.choices.raw or state.choices.mixes_input)
        self.all.set_value(round(step.strength * 100))
        with QSignalBlocker(self.separate):
            self.separate.setChecked(step.detail is not None)
        self.fine.setVisible(step.detail is not None)
        fine = step.strength if step.detail is None else step.detail
        self.fine.set_value(round(fine * 100))

    def _take_separate(self, separate: bool) -> None:
        if self._choices is not None:
            self._take_share("detail", self._choices.template.strength if separate else None)

    def _take_share(self, field: str, share: float | None) -> None:
        if self._choices is not None:
            self.chosen.emit(self._choices.with_values(**{field: share}))


class ActionArea(QFrame):
    """Progress, and the buttons for the whole picture.

    Signals:
        run, stop, save: The user pressed this button.
    """

    run = Signal()
    stop = Signal()
    save = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("actionArea")
        self.text = QLabel(wordWrap=True)
        self.text.setProperty("hint", True)
        self.text.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignBottom)
        self.text.setMinimumHeight(2 * self.text.fontMetrics().lineSpacing())  # nothing moves
        self.text.setAccessibleDescription(self.tr("Progress"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        kept = self.bar.sizePolicy()
        kept.setRetainSizeWhenHidden(True)  # nothing above moves when work begins and ends
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
        """Show the state of the work."""
        work = state.work
        self._running = work.doing == "restoring"
        text = self.tr("Stop") if self._running else self.tr("Restore")
        self.run_button.setText(text)
        document, several = state.strip.document, len(state.strip.selected) > 1
        waits = document is not None and document.is_busy and not self._running
        number = len(state.strip.to_restore)
        if several and number and not self._running:
            text = self.tr("Restore (%1)").replace("%1", str(number))
            self.run_button.setText(text)
        idle = work.doing in ("nothing", "previewing")
        ready = state.opened is not None and state.can_run and idle and not waits
        can_run = number > 0 if several else ready and state.finished is None
        self.run_button.setEnabled(self._running or can_run)
        self.save_button.setEnabled(state.saveable is not None and idle)
        self.save_button.setProperty("primary", state.finished is not None)
        self.run_button.setProperty("primary", state.finished is None)
        for button in (self.save_button, self.run_button):
            button.style().polish(button)
        self.bar.setVisible(work.doing in ("restoring", "previewing"))
        self.show_progress(state)

    def show_progress(self, state: State) -> None:
        """Show the progress of the work."""
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
        document = state.strip.document
        if state.opened is None or document is None:
            return self.tr("No picture is open.")
        if document.job is not None and document.is_busy:
            return self._filed(state, document)
        if document.stage == "waiting":
            before = state.strip.queue.index(document.id) + 1
            return self.tr("Waiting; pictures before it: %1").replace("%1", str(before))
        if document.stage == "failed":
            return document.failure
        if state.finished is not None:
            took = duration(state.finished.seconds)
            return self.tr("Restored in %1.").replace("%1", took)
        if state.choices.needs_references and not state.choices.ready:
            return self.tr("Add a reference picture.")
        if not state.choices.steps:
            if state.choices.automatic:
                return self.tr("Nothing to repair.") if state.choices.chosen else ""
            return self.tr("Turn on at least one step.")
        width, height = state.size
        text = self.tr("Result: %1 × %2 pixels")
        text = text.replace("%1", str(width)).replace("%2", str(height))
        price = document.price
        if price is None:
            return text
        cost = self.tr("About %1, %2 of memory").replace("%1", duration(price.seconds))
        return f"{text}\n{cost.replace('%2', size(price.memory))}"

    def _filed(self, state: State, document: Document) -> str:
        """Return how far a picture is whose result goes straight to a file."""
        progress = state.filing.progress.get(document.id)
        if document.stage == "waiting":
            return self.tr("Waiting to be restored and saved.")
        if progress is None or not progress.total:
            return self.tr("Getting ready …")
        said = self.tr("Tile %1 of %2").replace("%1", str(progress.done))
        return said.replace("%2", str(progress.total))

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
        self.steps = StepList()
        self.strength = Strength()
        self.output = Output()
        self.file = OptionFields("output")
        self.raw = OptionFields("raw")
        self.mosaic = OptionFields("mosaic")
        self.performance = OptionFields("machine", "input")
        self._parts = (self.steps, self.strength, self.mosaic, self.raw)
        inner = QWidget()
        content = QVBoxLayout(inner)
        content.setContentsMargins(16, 16, 16, 16)
        content.setSpacing(14)
        content.addLayout(row(heading(self.tr("Steps")), self.presets, stretch=0))
        content.addWidget(self.steps)
        content.addWidget(_line())
        content.addWidget(heading(self.tr("Strength")))
        content.addWidget(self.strength)
        content.addWidget(_line())
        self.sections = {}
        for title, widget, unfolded in (
            (self.tr("Sensor"), self.mosaic, False),
            (self.tr("RAW"), self.raw, True),
            (self.tr("Result"), self.output, True),
            (self.tr("Size and metadata"), self.file, False),
            (self.tr("Performance"), self.performance, False),
        ):
            section = Section(title, unfolded=unfolded)
            section.content.addWidget(widget)
            content.addWidget(section)
            self.sections[widget] = section
        content.addStretch(1)
        area = QScrollArea(widgetResizable=True)
        area.setWidget(inner)
        WheelGuard(inner)
        area.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        area.setAccessibleName(self.tr("Settings"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        layout = column()
        layout.addWidget(area)
        self.setLayout(layout)
        for part in (*self._parts, self.output, self.file, self.performance):
            part.chosen.connect(self.chosen)
        self.steps.more.connect(self.more)

    def show_state(self, state: State) -> None:
        """Show the chosen values."""
        for part in (*self._parts, self.output, self.file, self.performance):
            part.show_state(state)
        self.sections[self.raw].setVisible(state.choices.raw)
        is_gray = state.opened is not None and state.opened.gray is not None
        self.sections[self.mosaic].setVisible(is_gray)


def _line() -> QFrame:
    line = QFrame()
    line.setFixedHeight(1)
    line.setStyleSheet("background: palette(midlight); border: none;")
    return line
