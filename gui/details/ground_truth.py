"""TruthPanel: how near the result is to a picture of the truth, and where it is not."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QDragEnterEvent, QDropEvent, QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from restorer import CancelToken, Image, read

from ..session.quality import MAP_STEP, Figures, OnRow, compare_pictures
from ..session.state import State
from ..session.worker import Answer, Lane, Ticket
from ..widgets.events import accept_copy, local_files
from ..widgets.forms import FigureSlider, column, hint, row
from ..widgets.words import listed, number, picture_patterns, trouble

_SHOWN_SIDE = 720  # of the map in the panel
# The colors of errors, dark to light, as in matplotlib's "inferno".
_HEAT = np.array(
    [(0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)]
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Figures of the result and, where it is as large, of the picture as it was."""

    after: Figures | None
    before: Figures | None


class TruthPanel(QWidget):
    """Takes a picture of the truth and compares with it.

    Signals:
        truth_changed: Another truth, an Image, or None.
        map_shown: The map of errors for the whole picture, a QImage, or None.
    """

    truth_changed = Signal(object)
    map_shown = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAcceptDrops(True)
        self._images: tuple[Image | None, Image | None] = (None, None)
        self._scale = 1
        self._truth: Image | None = None
        self._shown: Figures | None = None
        self._lane = Lane("truth", parent=self)
        self._reader = Lane("truth file", parent=self)
        self.choose = QPushButton(self.tr("Choose …"))
        self.choose.setAccessibleName(self.tr("Choose a picture of the truth"))
        self.forget = QPushButton(self.tr("Forget"))
        self.forget.setAccessibleName(self.tr("Forget the truth"))
        self.name = hint(self.tr("A picture of how the result should be: choose it, or drop it."))
        self.figures = QLabel(wordWrap=True)
        self.figures.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.figures.setAccessibleDescription(self.tr("Comparison with the truth"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Comparing"))
        self.map = ErrorMap()
        self.gain = FigureSlider(self.tr("Gain of the errors"), 1, 64, 1, suffix=" ×")
        self.gain.set_value(8)
        self.over = QCheckBox(self.tr("Show over the picture"))
        buttons = row(self.choose, self.forget)
        buttons.addStretch(1)
        layout = column()
        layout.addWidget(self.name)
        layout.addLayout(buttons)
        for widget in (self.bar, self.figures, self.map):
            layout.addWidget(widget)
        self.gain_label = QLabel(self.tr("Gain"))
        self.gain_label.setBuddy(self.gain.slider)
        layout.addLayout(row(self.gain_label, self.gain, stretch=1))
        layout.addWidget(self.over)
        layout.addStretch(1)
        self.setLayout(layout)
        self.choose.clicked.connect(self._browse)
        self.forget.clicked.connect(lambda: self._take_truth(None, ""))
        self.gain.moved.connect(self._show_map)
        self.over.toggled.connect(self._show_map)
        self._show(None)

    # What the window calls.

    @property
    def truth(self) -> Image | None:
        """The truth, if there is one."""
        return self._truth

    def show_state(self, state: State) -> None:
        """Compare the result that there is."""
        before = state.opened.image if state.opened is not None else None
        after = state.finished.final if state.finished is not None else None
        self.set_images(before, after, state.choices.scale)

    def set_images(self, before: Image | None, after: Image | None, scale: int = 1) -> None:
        """Take a picture and its result, which is `scale` times as large."""
        if (before, after) != self._images:
            self._images, self._scale = (before, after), scale
            self._compare()

    def set_truth(self, path: Path) -> None:
        """Read a picture of the truth."""

        def take(answer: Answer) -> None:
            if answer.error is not None:
                self._take_truth(None, f"{path.name}: {trouble(answer.error, path)}")
            else:
                self._take_truth(answer.value, path.name)

        self._reader.ask(lambda ticket: read(path), take)

    def close_lane(self, timeout_s: float = 30.0) -> bool:
        """End the threads; return whether they ended."""
        for lane in (self._lane, self._reader):
            lane.drop()
        ended = [lane.close(timeout_s) for lane in (self._lane, self._reader)]
        return all(ended)

    # Comparing.

    def _take_truth(self, truth: Image | None, text: str) -> None:
        self._truth = truth
        usual = self.tr("A picture of how the result should be: choose it, or drop it.")
        self.name.setText(text or usual)
        self.truth_changed.emit(truth)
        self._compare()

    def _compare(self) -> None:
        truth, (before, after) = self._truth, self._images
        self._lane.drop()
        self._show(None)
        if truth is None or before is None:
            return
        if after is None and _size(before) != _size(truth):
            self.figures.setText(self.tr("Restore the picture to compare it."))
            return
        if after is not None and _size(after) != _size(truth):
            self.figures.setText(self._misfit(after, truth))
            return
        shave = self._scale if self._scale > 1 else 0

        def make(ticket: Ticket) -> Comparison:
            made = None if after is None else _figures(after, truth, shave, ticket)
            fits = _size(before) == _size(truth)
            return Comparison(made, _figures(before, truth, shave, ticket) if fits else None)

        self.bar.setRange(0, 0)
        self.bar.show()
        self._lane.ask(make, self._take, self._count)

    def _misfit(self, after: Image, truth: Image) -> str:
        text = self.tr("The truth is %1 × %2 pixels, the result %3 × %4.")
        for place, side in zip(("%1", "%2", "%3", "%4"), _size(truth) + _size(after), strict=True):
            text = text.replace(place, str(side))
        return text

    def _count(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _take(self, answer: Answer) -> None:
        if answer.error is not None:
            self._show(None)
            self.figures.setText(str(answer.error))
        else:
            self._show(answer.value)

    # Showing.

    def _show(self, found: Comparison | None) -> None:
        self.bar.hide()
        self._shown = None if found is None else found.after or found.before
        there = self._shown is not None
        for widget in (self.map, self.gain_label, self.gain, self.over):
            widget.setVisible(there)
        self.forget.setVisible(self._truth is not None)
        self.figures.setText("" if found is None else listed(self._words(found)))
        self._show_map()

    def _words(self, found: Comparison) -> list[tuple[str, ...]]:
        """Return the rows of a table."""
        sides = ((self.tr("Before"), found.before), (self.tr("After"), found.after))
        there = [(name, figures) for name, figures in sides if figures is not None]
        return [
            ("", *(name for name, _ in there)),
            ("PSNR", *(_decibels(figures.psnr) for _, figures in there)),
            (self.tr("PSNR of luma"), *(_decibels(figures.psnr_luma) for _, figures in there)),
            ("SSIM", *(_similarity(figures.ssim) for _, figures in there)),
        ]

    def _show_map(self) -> None:
        if self._shown is None:
            self.map.set_image(QImage())
            self.map_shown.emit(None)
            return
        gain = self.gain.value
        self.map.set_image(error_image(_reduced(self._shown.errors), gain))
        self.map_shown.emit(
            error_image(self._shown.errors, gain) if self.over.isChecked() else None
        )

    def _browse(self) -> None:
        kinds = self.tr("Pictures (%1)").replace("%1", picture_patterns())
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Picture of the truth"), "", kinds)
        if name:
            self.set_truth(Path(name))

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Take a file."""
        if event.mimeData().hasUrls():
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Take what was dropped as the truth."""
        paths = local_files(event.mimeData())
        if paths:
            accept_copy(event)
            self.set_truth(paths[0])


class ErrorMap(QWidget):
    """A picture of the errors, as large as fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(self.tr("Map of the errors"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_image(self, image: QImage) -> None:
        """Show a map."""
        self._image = image
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Say that the picture keeps its shape."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the picture at a width, within reason."""
        image = self._image
        return min(width, round(width * image.height() / image.width())) if image.width() else 0

    def sizeHint(self) -> QSize:
        """Return a modest size."""
        return QSize(200, self.heightForWidth(200))

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the map."""
        if self._image.isNull():
            return
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.SmoothPixmapTransform)
        fitted = self._image.size().scaled(self.size(), Qt.AspectRatioMode.KeepAspectRatio)
        left = (self.width() - fitted.width()) / 2
        painter.drawImage(QRectF(left, 0, fitted.width(), fitted.height()), self._image)
        painter.setPen(self.palette().color(QPalette.ColorRole.Midlight))
        painter.drawRect(QRectF(left, 0, fitted.width() - 1, fitted.height() - 1))


def error_image(errors: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], gain: float) -> QImage:
    """Return a map of `Figures.errors` in colors: white-hot is an error of 255 / gain steps."""
    height, width = errors.shape
    pixels = np.ascontiguousarray(errors)
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
    hot = np.minimum(np.arange(256) / MAP_STEP * gain / 255, 1) * (len(_HEAT) - 1)
    planes = [np.interp(hot, np.arange(len(_HEAT)), _HEAT[:, c]).round() for c in range(3)]
    red, green, blue = (plane.astype(int) for plane in planes)
    image.setColorTable((0xFF000000 | red << 16 | green << 8 | blue).tolist())
    return image


def _figures(image: Image, truth: Image, shave: int, ticket: Ticket) -> Figures:
    on_row: OnRow = ticket.report
    cancel: CancelToken = ticket.cancel
    return compare_pictures(image, truth, shave=shave, on_row=on_row, cancel=cancel)


def _reduced(
    errors: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return means of square cells, small enough for the panel."""
    step = max(1, max(errors.shape) // _SHOWN_SIDE)
    height, width = (max(1, n // step) for n in errors.shape)
    if step == 1 or min(errors.shape) < step:
        return errors
    cells = errors[: height * step, : width * step].reshape(height, step, width, step)
    means: np.ndarray[tuple[int, ...], np.dtype[np.uint8]] = cells.mean((1, 3)).astype(np.uint8)
    return means


def _size(image: Image) -> tuple[int, int]:
    return image.width, image.height


def _decibels(value: float | None) -> str:
    if value is None:
        return "-"
    return "∞ dB" if value == inf else f"{number(value, 2)} dB"


def _similarity(value: float | None) -> str:
    return "-" if value is None else number(value, 4)
