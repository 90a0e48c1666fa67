"""GroundTruthPanel: compares the result with a ground truth, in metrics and an error map."""

from __future__ import annotations

from dataclasses import dataclass
from math import inf
from pathlib import Path

import numpy as np
from PySide6.QtCore import QRectF, QSize, Qt, Signal
from PySide6.QtGui import QImage, QPainter, QPaintEvent, QPalette
from PySide6.QtWidgets import (
    QCheckBox,
    QFileDialog,
    QLabel,
    QProgressBar,
    QPushButton,
    QSizePolicy,
    QWidget,
)

from restorer import Image, read

from ..session.quality import MAP_STEP, Metrics, compare_pictures
from ..session.state import State
from ..session.worker import Reply, Request, Worker
from ..widgets.drop import FileDropPanel
from ..widgets.forms import ValueSlider, column, hint, row
from ..widgets.words import error_text, listed, number, picture_patterns

_SHOWN_SIDE = 720  # longer side of the map in the panel
# Colors of small to large errors, from the colormap "inferno" of matplotlib.
_HEAT = np.array(
    [(0, 0, 4), (66, 10, 104), (147, 38, 103), (221, 81, 58), (252, 165, 10), (252, 255, 164)]
)


@dataclass(frozen=True, eq=False)
class Comparison:
    """Metrics of the result and of the original, each None if its size differs."""

    after: Metrics | None
    before: Metrics | None


class GroundTruthPanel(FileDropPanel):
    """Loads a ground truth and compares with it.

    Signals:
        ground_truth_changed: The new ground truth, an Image, or None.
        map_shown: The error map for the whole picture, a QImage, or None.
    """

    ground_truth_changed = Signal(object)
    map_shown = Signal(object)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[Image | None, Image | None] = (None, None)
        self._scale = 1
        self._ground_truth: Image | None = None
        self._shown: Metrics | None = None
        self._worker = Worker("truth", parent=self)
        self._reader = Worker("truth file", parent=self)
        self.choose = QPushButton(self.tr("Choose …"))
        self.choose.setAccessibleName(self.tr("Choose a reference original"))
        self.forget = QPushButton(self.tr("Remove original"))
        self._prompt = self.tr(
            "Choose or drop a flawless picture that shows what the result should look like."
        )
        self.name = hint(self._prompt)
        self.metrics = QLabel(wordWrap=True)
        self.metrics.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.metrics.setAccessibleDescription(self.tr("Compare with a reference original"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Comparing"))
        self.map = ErrorMap()
        self.gain = ValueSlider(self.tr("Amplification of the error map"), 1, 64, 1, suffix=" ×")
        self.gain.set_value(8)
        self.over = QCheckBox(self.tr("Show over the picture"))
        buttons = row(self.choose, self.forget)
        buttons.addStretch(1)
        layout = column()
        layout.addWidget(self.name)
        layout.addLayout(buttons)
        for widget in (self.bar, self.metrics, self.map):
            layout.addWidget(widget)
        self.gain_label = QLabel(self.tr("Amplify"))
        self.gain_label.setBuddy(self.gain.slider)
        layout.addLayout(row(self.gain_label, self.gain, stretch=1))
        layout.addWidget(self.over)
        layout.addStretch(1)
        self.setLayout(layout)
        self.choose.clicked.connect(self._browse)
        self.forget.clicked.connect(lambda: self._take_ground_truth(None, ""))
        self.gain.moved.connect(self._show_map)
        self.over.toggled.connect(self._show_map)
        self._show(None)

    # Called by the window.

    @property
    def ground_truth(self) -> Image | None:
        """The ground truth, if there is one."""
        return self._ground_truth

    def show_state(self, state: State) -> None:
        """Compare the result of a state."""
        before = state.opened.image if state.opened is not None else None
        after = state.finished.final if state.finished is not None else None
        self.set_images(before, after, state.choices.scale)

    def set_images(self, before: Image | None, after: Image | None, scale: int = 1) -> None:
        """Set a picture and its result, which is larger by `scale`."""
        if (before, after) != self._images:
            self._images, self._scale = (before, after), scale
            self._compare()

    def load_ground_truth(self, path: Path) -> None:
        """Read the ground truth from a file."""

        def take(reply: Reply) -> None:
            if reply.error is not None:
                self._take_ground_truth(None, f"{path.name}: {error_text(reply.error, path)}")
            else:
                self._take_ground_truth(reply.value, path.name)

        self._reader.ask(lambda request: read(path), take)

    def close_workers(self, timeout_s: float = 30.0) -> bool:
        """End the threads; return whether they ended."""
        for worker in (self._worker, self._reader):
            worker.drop()
        ended = [worker.close(timeout_s) for worker in (self._worker, self._reader)]
        return all(ended)

    # Comparison.

    def _take_ground_truth(self, ground_truth: Image | None, text: str) -> None:
        self._ground_truth = ground_truth
        self.name.setText(text or self._prompt)
        self.ground_truth_changed.emit(ground_truth)
        self._compare()

    def _compare(self) -> None:
        ground_truth, (before, after) = self._ground_truth, self._images
        self._worker.drop()
        self._show(None)
        if ground_truth is None or before is None:
            return
        if after is None and _size(before) != _size(ground_truth):
            self.metrics.setText(self.tr("Restore the picture to compare it."))
            return
        if after is not None and _size(after) != _size(ground_truth):
            self.metrics.setText(self._misfit(after, ground_truth))
            return
        shave = self._scale if self._scale > 1 else 0

        def make(request: Request) -> Comparison:
            def measure(image: Image | None) -> Metrics | None:
                if image is None or _size(image) != _size(ground_truth):
                    return None
                return compare_pictures(
                    image, ground_truth, shave=shave, on_row=request.report, cancel=request.cancel
                )

            return Comparison(measure(after), measure(before))

        self.bar.setRange(0, 0)
        self.bar.show()
        self._worker.ask(make, self._take, self._count)

    def _misfit(self, after: Image, ground_truth: Image) -> str:
        text = self.tr("The original has %1 × %2 pixels, the result %3 × %4.")
        for place, side in zip(
            ("%1", "%2", "%3", "%4"), _size(ground_truth) + _size(after), strict=True
        ):
            text = text.replace(place, str(side))
        return text

    def _count(self, done: int, total: int) -> None:
        self.bar.setRange(0, total)
        self.bar.setValue(done)

    def _take(self, reply: Reply) -> None:
        if reply.error is not None:
            self._show(None)
            self.metrics.setText(str(reply.error))
        else:
            self._show(reply.value)

    # Display.

    def _show(self, found: Comparison | None) -> None:
        self.bar.hide()
        self._shown = None if found is None else found.after or found.before
        there = self._shown is not None
        for widget in (self.map, self.gain_label, self.gain, self.over):
            widget.setVisible(there)
        self.forget.setVisible(self._ground_truth is not None)
        self.metrics.setText("" if found is None else listed(self._words(found)))
        self._show_map()

    def _words(self, found: Comparison) -> list[tuple[str, ...]]:
        """Return the rows of the table of metrics."""
        sides = ((self.tr("Before"), found.before), (self.tr("After"), found.after))
        there = [(name, metrics) for name, metrics in sides if metrics is not None]
        return [
            ("", *(name for name, _ in there)),
            ("PSNR", *(_decibels(metrics.psnr) for _, metrics in there)),
            (
                self.tr("PSNR of brightness"),
                *(_decibels(metrics.psnr_luma) for _, metrics in there),
            ),
            ("SSIM", *(_similarity(metrics.ssim) for _, metrics in there)),
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
        name, _ = QFileDialog.getOpenFileName(self, self.tr("Reference original"), "", kinds)
        if name:
            self.load_ground_truth(Path(name))

    def take_files(self, paths: list[Path]) -> None:
        """Use a dropped file as the ground truth."""
        self.load_ground_truth(paths[0])


class ErrorMap(QWidget):
    """The error map, as large as fits."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image = QImage()
        self.setAccessibleName(self.tr("Error map"))
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)

    def set_image(self, image: QImage) -> None:
        """Show a map."""
        self._image = image
        self.updateGeometry()
        self.update()

    def hasHeightForWidth(self) -> bool:
        """Return True: the aspect ratio is kept."""
        return True

    def heightForWidth(self, width: int) -> int:
        """Return the height of the map at a width, at most the width."""
        image = self._image
        return min(width, round(width * image.height() / image.width())) if image.width() else 0

    def sizeHint(self) -> QSize:
        """Return the preferred size."""
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
    """Return `Metrics.errors` in colors; the lightest is an error of 255 / gain steps or more."""
    height, width = errors.shape
    pixels = np.ascontiguousarray(errors)
    image = QImage(pixels.data, width, height, width, QImage.Format.Format_Indexed8).copy()
    hot = np.minimum(np.arange(256) / MAP_STEP * gain / 255, 1) * (len(_HEAT) - 1)
    planes = [np.interp(hot, np.arange(len(_HEAT)), _HEAT[:, c]).round() for c in range(3)]
    red, green, blue = (plane.astype(int) for plane in planes)
    image.setColorTable((0xFF000000 | red << 16 | green << 8 | blue).tolist())
    return image


def _reduced(
    errors: np.ndarray[tuple[int, ...], np.dtype[np.uint8]],
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return means of square cells, reduced to the size of the panel."""
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
