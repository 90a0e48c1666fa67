"""Parts of forms: headings, hints, folding sections, sliders with a value."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QObject, QSignalBlocker, QSize, Qt, Signal
from PySide6.QtGui import QFontMetrics, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractSpinBox,
    QComboBox,
    QDoubleSpinBox,
    QHBoxLayout,
    QLabel,
    QSizePolicy,
    QSlider,
    QStyle,
    QStyleOptionComboBox,
    QStylePainter,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from .theme import SPACE

_ARROW_SIDE = 10
SPIN_MARGINS = (6, 0, 6, 0)  # spin boxes ignore the margins of style sheets


def heading(text: str) -> QLabel:
    """Return a heading."""
    label = QLabel(text)
    label.setProperty("heading", True)
    return label


def hint(text: str = "") -> QLabel:
    """Return an explanation in a paler color."""
    label = QLabel(text, wordWrap=True)
    label.setProperty("hint", True)
    label.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
    return label


def rich_text() -> QLabel:
    """Return an empty label for rich text, which can be selected and copied."""
    label = QLabel(wordWrap=True)
    label.setTextFormat(Qt.TextFormat.RichText)
    label.setTextInteractionFlags(
        Qt.TextInteractionFlag.TextSelectableByMouse
        | Qt.TextInteractionFlag.TextSelectableByKeyboard
    )
    return label


def letter_width(widget: QWidget) -> int:
    """Return the mean width of a letter in the font of a widget."""
    return QFontMetrics(widget.font()).averageCharWidth()


def column(*, margin: int = 0, spacing: int = SPACE) -> QVBoxLayout:
    """Return a vertical layout."""
    layout = QVBoxLayout()
    layout.setContentsMargins(margin, margin, margin, margin)
    layout.setSpacing(spacing)
    return layout


def row(*widgets: QWidget, stretch: int = -1) -> QHBoxLayout:
    """Return a row of widgets; the one at index `stretch` takes the remaining width."""
    layout = QHBoxLayout()
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(SPACE)
    for number, widget in enumerate(widgets):
        layout.addWidget(widget, int(number == stretch))
    return layout


def labeled(text: str, widget: QWidget, width: int = 96) -> QHBoxLayout:
    """Return a widget with a label, which is also its name for screen readers."""
    label = QLabel(text)
    label.setBuddy(widget)
    label.setMinimumWidth(width)
    widget.setAccessibleName(text)
    return row(label, widget, stretch=1)


class Picker(QComboBox):
    """A combo box that ends a long text with an ellipsis."""

    def __init__(self) -> None:
        super().__init__()
        self.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.setMinimumContentsLength(4)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint frame and text."""
        painter, option = QStylePainter(self), QStyleOptionComboBox()
        self.initStyleOption(option)
        painter.drawComplexControl(QStyle.ComplexControl.CC_ComboBox, option)
        field = QStyle.SubControl.SC_ComboBoxEditField
        place = self.style().subControlRect(QStyle.ComplexControl.CC_ComboBox, option, field, self)
        text, end = self.currentText(), Qt.TextElideMode.ElideRight
        option.currentText = self.fontMetrics().elidedText(text, end, place.width() - 2)
        painter.drawControl(QStyle.ControlElement.CE_ComboBoxLabel, option)


class Section(QWidget):
    """A heading that folds and unfolds its content."""

    def __init__(self, title: str, *, unfolded: bool = True, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._head = QToolButton()
        self._head.setText(title)
        self._head.setCheckable(True)
        self._head.setChecked(unfolded)
        self._head.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextBesideIcon)
        self._head.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self._head.setObjectName("sectionHead")
        self._head.setIconSize(QSize(_ARROW_SIDE, _ARROW_SIDE))
        self._head.setAccessibleName(title)
        self.body = QWidget()
        self.content = column()
        self.content.setContentsMargins(0, 0, 0, SPACE)
        self.body.setLayout(self.content)
        self.body.setVisible(unfolded)
        layout = column(spacing=4)
        layout.addWidget(self._head)
        layout.addWidget(self.body)
        self.setLayout(layout)
        self._head.toggled.connect(self._fold)

    def _fold(self, unfolded: bool) -> None:
        self._head.setArrowType(Qt.ArrowType.DownArrow if unfolded else Qt.ArrowType.RightArrow)
        self.body.setVisible(unfolded)


class WheelGuard(QObject):
    """Lets the wheel scroll a panel, and change only the control that has the focus.

    Combo boxes ignore the wheel, as their last entry may open another page.

    Args:
        panel: The panel, with all its controls.
    """

    def __init__(self, panel: QWidget) -> None:
        super().__init__(panel)
        for kind in (QComboBox, QAbstractSpinBox, QSlider):
            for control in panel.findChildren(kind):
                control.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # no focus by the wheel
                control.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Pass the wheel on to the scroll area."""
        if event.type() != QEvent.Type.Wheel or not isinstance(watched, QWidget):
            return False
        if watched.hasFocus() and not isinstance(watched, QComboBox):
            return False
        event.ignore()
        return True


class ValueSlider(QWidget):
    """A slider and a spin box of the same value.

    Signals:
        moved: The new value.
    """

    moved = Signal(float)

    def __init__(
        self, name: str, low: float, high: float, step: float, *, suffix: str = ""
    ) -> None:
        super().__init__()
        self._step = step
        self.slider = QSlider(Qt.Orientation.Horizontal)
        self.slider.setRange(round(low / step), round(high / step))
        self.slider.setPageStep(max(1, round((high - low) / step / 10)))
        self.slider.setAccessibleName(name)
        self.spin_box = QDoubleSpinBox()
        self.spin_box.setRange(low, high)
        self.spin_box.setSingleStep(step)
        self.spin_box.setDecimals(0 if step >= 1 else 1)
        self.spin_box.setSuffix(suffix)
        self.spin_box.setAccessibleName(name)
        self.spin_box.setKeyboardTracking(False)
        self.spin_box.lineEdit().setTextMargins(*SPIN_MARGINS)
        self.spin_box.setAlignment(Qt.AlignmentFlag.AlignRight)
        self.spin_box.setFixedWidth(68)
        layout = row(self.slider, self.spin_box, stretch=0)
        self.setLayout(layout)
        self.setFocusProxy(self.slider)
        self.slider.valueChanged.connect(lambda value: self._take(value * self._step))
        self.spin_box.valueChanged.connect(self._take)

    @property
    def value(self) -> float:
        """The current value."""
        return self.spin_box.value()

    def set_value(self, value: float) -> None:
        """Show a value without a signal."""
        with QSignalBlocker(self.slider), QSignalBlocker(self.spin_box):
            self.slider.setValue(round(value / self._step))
            self.spin_box.setValue(value)

    def _take(self, value: float) -> None:
        self.set_value(value)
        self.moved.emit(value)
