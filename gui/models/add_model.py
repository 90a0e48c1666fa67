"""AddForm: describes a model file, asks for missing information, and offers to add the model."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from PySide6.QtCore import QEvent, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import (
    QComboBox,
    QDoubleSpinBox,
    QFormLayout,
    QFrame,
    QLabel,
    QLineEdit,
    QPushButton,
    QSpinBox,
    QVBoxLayout,
    QWidget,
)

from restorer import (
    TASKS,
    CheckpointInfo,
    ModelSpec,
    RestorerError,
    describe_model,
    fits_model,
    list_models,
    missing_setting,
)

from ..widgets.accessibility import Notice
from ..widgets.forms import heading, row
from ..widgets.theme import SPACE
from ..widgets.titles import kind_sentence, kind_title, task_title
from ..widgets.words import number, sentence

_FIELD_WIDTH = 320
_PHASES = ("grbg", "rggb", "gbrg", "bggr")  # the papers use the first


class AddForm(QFrame):
    """The form for one identified checkpoint.

    Signals:
        accepted: Add the model; its ModelSpec and the file.
        dismissed: Do not add it.
    """

    accepted = Signal(object, object)
    dismissed = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(self.tr("Model file to add"))
        self._file = Path()
        self._found: CheckpointInfo | None = None
        self.title = heading("")
        self.what = QLabel(wordWrap=True)
        self.what.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.as_model = QComboBox()
        self.task = QComboBox()
        self.sigma = QDoubleSpinBox(maximum=255, decimals=1, value=25)
        self.quality = QSpinBox(minimum=1, maximum=100, value=40)
        self.bayer = QComboBox()
        self.bayer.addItems([phase.upper() for phase in _PHASES])
        self.name = QLineEdit()
        self.name.setPlaceholderText(self.tr("automatic"))
        self.good_at = QLineEdit()
        self.kind = QComboBox()
        for kind in ("faithful", "generative"):
            self.kind.addItem(kind_title(kind), kind)
            self.kind.setItemData(
                self.kind.count() - 1, kind_sentence(kind), Qt.ItemDataRole.ToolTipRole
            )
        self.license = QLineEdit()
        self.license.setPlaceholderText(self.tr("see the source of the file"))
        self.error = Notice()
        self.add = QPushButton(self.tr("Add"))
        self.add.setProperty("primary", True)
        self.leave = QPushButton(self.tr("Do not add"))
        self._lay_out()
        self.as_model.currentIndexChanged.connect(self._show_fields)
        self.task.currentIndexChanged.connect(self._show_fields)
        self.add.clicked.connect(self._accept)
        self.leave.clicked.connect(self.dismissed)
        for field in (self.name, self.good_at, self.license):
            field.returnPressed.connect(self._accept)
        self.hide()

    def show_file(self, file: Path, found: CheckpointInfo) -> None:
        """Ask about a checkpoint."""
        self._file, self._found = file, found
        self.title.setText(file.name)
        self.what.setText(self._words(found))
        self.as_model.clear()
        self.as_model.addItem(self.tr("a new model"), None)
        for spec in list_models():
            if (spec.weights.page or spec.weights.url) and fits_model(found, spec):
                self.as_model.addItem(spec.id, spec)
        known = [spec.id for spec in list_models() if spec.weights.sha256 == found.sha256]
        likely = known or found.published
        place = self.as_model.findText(likely[0]) if len(likely) == 1 else 0
        self.as_model.setCurrentIndex(max(0, place))
        self.task.clear()
        for task in found.tasks:
            self.task.addItem(task_title(task), task)
        for field in (self.name, self.good_at):
            field.clear()
        self.kind.setCurrentIndex(self.kind.findData(found.kind))
        self.license.setText(found.license)
        self.error.tell("")
        self._show_fields()
        self.show()
        self.as_model.setFocus()

    def _lay_out(self) -> None:
        self.fields = QFormLayout()
        self.fields.setSpacing(SPACE)
        self.fields.setHorizontalSpacing(2 * SPACE)
        self.fields.setFieldGrowthPolicy(QFormLayout.FieldGrowthPolicy.FieldsStayAtSizeHint)
        self.fields.setLabelAlignment(Qt.AlignmentFlag.AlignVCenter)
        for text, field in (
            (self.tr("Add as"), self.as_model),
            (self.tr("Task"), self.task),
            (self.tr("Trained for noise level (sigma)"), self.sigma),
            (self.tr("Trained for JPEG quality"), self.quality),
            (self.tr("Trained for mosaics"), self.bayer),
            (self.tr("ID"), self.name),
            (self.tr("Good at"), self.good_at),
            (self.tr("Kind"), self.kind),
            (self.tr("License"), self.license),
        ):
            field.setAccessibleName(text)
            field.setFixedWidth(_FIELD_WIDTH)
            label = QLabel(text)
            label.setBuddy(field)
            label.setMinimumHeight(field.sizeHint().height())  # aligns it with the field
            self.fields.addRow(label, field)
        buttons = row(self.add, self.leave)
        buttons.addStretch(1)
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, SPACE, 0, 0)
        layout.setSpacing(SPACE)
        layout.addWidget(self.title)
        layout.addWidget(self.what)
        layout.addLayout(self.fields)
        layout.addWidget(self.error)
        layout.addLayout(buttons)

    def _words(self, found: CheckpointInfo) -> str:
        details = f" ({found.details})" if found.details else ""
        colors = self.tr("gray") if found.channels == 1 else "RGB"
        said = [
            f"{found.title}{details}",
            " / ".join(task_title(task) for task in found.tasks),
            f"{found.scale} ×",
            colors,
            self.tr("%1 parameters").replace("%1", number(found.parameters)),
        ]
        return "\n".join([" · ".join(said), found.source, f"SHA-256 {found.sha256}"])

    def _show_fields(self) -> None:
        found, new = self._found, self.as_model.currentData() is None
        if found is None:
            return
        task = self.task.currentData() or ""
        missing = missing_setting(found, task)
        for field, shown in (
            (self.task, len(found.tasks) > 1),
            (self.sigma, missing == "sigma"),
            (self.quality, missing == "jpeg_quality"),
            (self.bayer, task in TASKS and TASKS[task].mosaic),
            (self.name, True),
            (self.good_at, True),
            (self.kind, True),
            (self.license, True),
        ):
            self.fields.setRowVisible(field, new and shown)

    def _accept(self) -> None:
        assert self._found is not None, "the form shows a file"
        entry: ModelSpec | None = self.as_model.currentData()
        wanted = self.name.text().strip()
        if entry is None and wanted in {spec.id for spec in list_models()}:
            text = self.tr("Model %1 already exists. Choose another ID.")
            self._refuse(text.replace("%1", wanted))
            return
        try:
            spec = entry or self._describe(self._found)
        except RestorerError as error:
            self._refuse(sentence(error))
            return
        self.accepted.emit(spec, self._file)

    def _refuse(self, why: str) -> None:
        self.error.tell(why)
        self.name.setFocus()

    def event(self, event: QEvent) -> bool:
        """Keep Esc from the window, where it stops the current work."""
        asked = event.type() == QEvent.Type.ShortcutOverride
        if asked and isinstance(event, QKeyEvent) and event.key() == Qt.Key.Key_Escape:
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Dismiss the form with Esc."""
        if event.key() == Qt.Key.Key_Escape:
            self.dismissed.emit()
        else:
            super().keyPressEvent(event)

    def _describe(self, found: CheckpointInfo) -> ModelSpec:
        task = self.task.currentData()
        settings: dict[str, Any] = {}
        missing = missing_setting(found, task)
        if missing == "sigma":
            settings["sigma"] = self.sigma.value()
        elif missing == "jpeg_quality":
            settings["jpeg_quality"] = self.quality.value()
        if TASKS[task].mosaic:
            settings["bayer"] = _PHASES[self.bayer.currentIndex()]
        return describe_model(
            found,
            id=self.name.text().strip(),
            title=self.good_at.text().strip(),
            task=task,
            license=self.license.text().strip(),
            trained_for=settings,
            kind=self.kind.currentData(),
        )
