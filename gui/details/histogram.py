"""Histogram: the tones of the picture before and after."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PySide6.QtCore import QPointF, QRectF, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPainterPath,
    QPaintEvent,
    QPalette,
    QPen,
)
from PySide6.QtWidgets import QCheckBox, QComboBox, QLabel, QSizePolicy, QWidget

from restorer import Image

from ..session.state import State
from ..session.tone_histogram import LEVELS, ToneHistogram, count_tones
from ..session.worker import Reply, Worker
from ..widgets.forms import column, hint, row
from ..widgets.words import listed, number

_INKS = ("#e5484d", "#30a46c", "#4a8df8")  # red, green and blue that are visible on light and dark


class Histogram(QWidget):
    """The plot, its controls and a summary."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._images: tuple[Image | None, Image | None] = (None, None)
        self._worker = Worker("histogram", parent=self)
        self.channels = QComboBox()
        self.channels.addItem(self.tr("Colors"), (0, 1, 2))
        self.channels.addItem(self.tr("Brightness"), (3,))
        self.channels.addItem(self.tr("Red"), (0,))
        self.channels.addItem(self.tr("Green"), (1,))
        self.channels.addItem(self.tr("Blue"), (2,))
        self.channels.setAccessibleName(self.tr("Channels"))
        self.logarithmic = QCheckBox(self.tr("Logarithmic"))
        self.logarithmic.setToolTip(self.tr("Logarithmic scale: shows rare tones"))
        self.plot = Plot()
        self.plot.setAccessibleName(self.tr("Histogram"))
        self.level = hint(" ")
        self.level.setWordWrap(False)
        self.summary = QLabel(wordWrap=True)
        self.summary.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self.summary.setAccessibleDescription(self.tr("Histogram values"))
        layout = column()
        layout.addLayout(row(self.channels, self.logarithmic, stretch=0))
        for widget in (self.plot, self.level, self.summary):
            layout.addWidget(widget)
        self.setLayout(layout)
        self.channels.currentIndexChanged.connect(self._choose)
        self.logarithmic.toggled.connect(self._choose)
        self.plot.pointed.connect(self._show_level)
        self._show(None, None)

    def show_state(self, state: State) -> None:
        """Show the open picture and its result, if there is one."""
        before = state.opened.image if state.opened is not None else None
        after = state.finished.final if state.finished is not None else None
        self.set_images(before, after)

    def set_images(self, before: Image | None, after: Image | None) -> None:
        """Show the tones of a picture and of its result."""
        if self._images[0] is before and self._images[1] is after:
            return
        self._images = (before, after)
        self._worker.drop()
        if before is None:
            self._show(None, None)
            return

        def take(reply: Reply) -> None:
            if reply.error is None:
                self._show(*reply.value)

        self._worker.ask(
            lambda request: [
                None if image is None else count_tones(image, request.cancel)
                for image in (before, after)
            ],
            take,
        )

    def close_workers(self, timeout_s: float = 10.0) -> bool:
        """End the thread; return whether it ended."""
        self._worker.drop()
        return self._worker.close(timeout_s)

    def _show(self, before: ToneHistogram | None, after: ToneHistogram | None) -> None:
        self.plot.set_histograms(before, after)
        self._choose()
        columns = [
            (name, histogram)
            for name, histogram in ((self.tr("Before"), before), (self.tr("After"), after))
            if histogram is not None
        ]
        rows = [(name, self._words(histogram)) for name, histogram in columns]
        self.summary.setText(listed(rows))
        self.plot.setAccessibleDescription("; ".join(f"{name}: {text}" for name, text in rows))

    def _words(self, histogram: ToneHistogram) -> str:
        mean = self.tr("mean %1").replace("%1", number(float(histogram.means[3]), 1))
        black = self.tr("black %1\u00a0%").replace("%1", number(100 * histogram.black, 1))
        white = self.tr("white %1\u00a0%").replace("%1", number(100 * histogram.white, 1))
        parts = (part.replace(" ", "\N{NO-BREAK SPACE}") for part in (mean, black, white))
        return " · ".join(parts)

    def _choose(self) -> None:
        self.plot.choose(self.channels.currentData(), logarithmic=self.logarithmic.isChecked())

    def _show_level(self, level: int) -> None:
        histogram = self.plot.shown
        if level < 0 or histogram is None:
            self.level.setText(" ")
            return
        names = ("R", "G", "B", "Y")
        shares = [
            f"{names[c]} {number(100 * float(histogram.shares[c, level]), 2)} %"
            for c in self.channels.currentData()
        ]
        self.level.setText(f"{level}: {' · '.join(shares)}")


class Plot(QWidget):
    """The curves; the arrow keys or the pointer choose a tone.

    Signals:
        pointed: The chosen tone; -1 for none.
    """

    pointed = Signal(int)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setMinimumSize(200, 120)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self._before: ToneHistogram | None = None
        self._after: ToneHistogram | None = None
        self._channels: Sequence[int] = (0, 1, 2)
        self._logarithmic = False
        self._level = -1

    @property
    def shown(self) -> ToneHistogram | None:
        """The filled histogram: of the result, or of the picture if there is no result."""
        return self._after or self._before

    def set_histograms(self, before: ToneHistogram | None, after: ToneHistogram | None) -> None:
        """Set the histograms."""
        self._before, self._after = before, after
        self._point(self._level if before is not None else -1)

    def choose(self, channels: Sequence[int], *, logarithmic: bool) -> None:
        """Choose the channels and the scale of the plot."""
        self._channels, self._logarithmic = tuple(channels), logarithmic
        self._point(self._level)

    def paintEvent(self, event: QPaintEvent) -> None:
        """Paint the curves."""
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        palette, area = self.palette(), QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5)
        focus = QPalette.ColorRole.Highlight if self.hasFocus() else QPalette.ColorRole.Midlight
        painter.setPen(palette.color(focus))
        painter.setBrush(palette.color(QPalette.ColorRole.Base))
        painter.drawRoundedRect(area, 6, 6)
        inner = area.adjusted(6, 6, -6, -6)
        self._paint_grid(painter, inner)
        shown = self.shown
        if shown is None:
            return
        top = self._top()
        # Overlapping colors add up on a dark background and multiply on a light one.
        dark = palette.color(QPalette.ColorRole.Base).lightness() < 128
        mode = QPainter.CompositionMode
        painter.setCompositionMode(
            mode.CompositionMode_Plus if dark else mode.CompositionMode_Multiply
        )
        for channel in self._channels:
            ink = self._ink(channel)
            fill = QColor(ink)
            fill.setAlpha(150)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(fill)
            painter.drawPath(self._path(shown, channel, inner, top, closed=True))
            if self._after is not None and self._before is not None:
                painter.setBrush(Qt.BrushStyle.NoBrush)
                painter.setPen(QPen(ink, 1.2))
                painter.drawPath(self._path(self._before, channel, inner, top, closed=False))
        painter.setCompositionMode(mode.CompositionMode_SourceOver)
        if self._level >= 0:
            x = inner.left() + self._level / (LEVELS - 1) * inner.width()
            painter.setPen(palette.color(QPalette.ColorRole.Text))
            painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))

    def _paint_grid(self, painter: QPainter, inner: QRectF) -> None:
        line = self.palette().color(QPalette.ColorRole.Text)
        line.setAlpha(30)
        painter.setPen(line)
        for quarter in (1, 2, 3):
            x = inner.left() + inner.width() * quarter / 4
            painter.drawLine(QPointF(x, inner.top()), QPointF(x, inner.bottom()))

    def _ink(self, channel: int) -> QColor:
        if channel == 3:
            return self.palette().color(QPalette.ColorRole.Text)
        return QColor(_INKS[channel])

    def _heights(self, histogram: ToneHistogram, channel: int) -> NDArray[np.float64]:
        shares: NDArray[np.float64] = histogram.shares[channel]
        rare: NDArray[np.float64] = np.log1p(shares * 1e5)
        return rare if self._logarithmic else shares

    def _top(self) -> float:
        """Return the maximum of the plot, without black and white, which may be clipped tones."""
        curves = [
            self._heights(histogram, channel)[1:-1].max()
            for histogram in (self._before, self._after)
            if histogram is not None
            for channel in self._channels
        ]
        return float(max(*curves, 1e-9)) if len(curves) > 1 else max(float(curves[0]), 1e-9)

    def _path(
        self, histogram: ToneHistogram, channel: int, inner: QRectF, top: float, *, closed: bool
    ) -> QPainterPath:
        heights = np.minimum(self._heights(histogram, channel) / top, 1) * inner.height()
        step = inner.width() / (LEVELS - 1)
        path = QPainterPath(QPointF(inner.left(), inner.bottom() - heights[0]))
        for level in range(1, LEVELS):
            path.lineTo(inner.left() + level * step, inner.bottom() - heights[level])
        if closed:
            path.lineTo(inner.right(), inner.bottom())
            path.lineTo(inner.left(), inner.bottom())
            path.closeSubpath()
        return path

    def keyPressEvent(self, event: QKeyEvent) -> None:
        """Choose a tone with the keys."""
        steps = {Qt.Key.Key_Left: -1, Qt.Key.Key_Right: 1, Qt.Key.Key_Home: -256}
        steps |= {Qt.Key.Key_End: 256, Qt.Key.Key_PageUp: 16, Qt.Key.Key_PageDown: -16}
        step = steps.get(Qt.Key(event.key()))
        if step is None:
            super().keyPressEvent(event)
        else:
            self._point(min(LEVELS - 1, max(0, self._level + step)))

    def mouseMoveEvent(self, event: QMouseEvent) -> None:
        """Choose the tone under the pointer."""
        across = (event.position().x() - 6) / max(1, self.width() - 12)
        self._point(round(min(1, max(0, across)) * (LEVELS - 1)))

    def leaveEvent(self, event: object) -> None:
        """Choose no tone."""
        self._point(-1)

    def _point(self, level: int) -> None:
        self._level = level
        self.pointed.emit(level)
        self.update()
