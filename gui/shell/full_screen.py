"""Full screen: the picture alone, with a hint that fades."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QObject, QPropertyAnimation, Qt, QTimer
from PySide6.QtWidgets import QGraphicsOpacityEffect, QLabel, QMainWindow, QWidget

_READ_MS, _FADE_MS = 3000, 800
_MARGIN = 24  # between the hint and the lower edge


class FullScreen(QObject):
    """Shows a window without its bars.

    Args:
        window: The window.
        bars: What is hidden meanwhile.
        picture: The widget that stays.
    """

    def __init__(self, window: QMainWindow, bars: Sequence[QWidget], picture: QWidget) -> None:
        super().__init__(window)
        self._window, self._bars, self._picture = window, bars, picture
        self._hidden: list[QWidget] = []
        self._maximized = False
        self.hint = QLabel(self.tr("Esc leaves full screen"), picture)
        self.hint.setObjectName("fullScreenHint")
        self.hint.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        self.hint.hide()
        self._opacity = QGraphicsOpacityEffect(self.hint)
        self.hint.setGraphicsEffect(self._opacity)
        self._fade = QPropertyAnimation(self._opacity, b"opacity", self)
        self._fade.setDuration(_FADE_MS)
        self._fade.setStartValue(1.0)
        self._fade.setEndValue(0.0)
        self._fade.finished.connect(self.hint.hide)
        self._timer = QTimer(self, singleShot=True, interval=_READ_MS)
        self._timer.timeout.connect(self._fade.start)

    @property
    def active(self) -> bool:
        """Whether the bars are hidden."""
        return bool(self._hidden)

    def set_active(self, full: bool) -> None:
        """Enter or leave full screen."""
        if full == self.active:
            return
        if full:
            self._maximized = self._window.isMaximized()
            self._hidden = [bar for bar in self._bars if not bar.isHidden()]
            for bar in self._hidden:
                bar.hide()
            self._window.showFullScreen()
            QTimer.singleShot(0, self._show_hint)  # the picture has its new size by then
        else:
            hidden, self._hidden = self._hidden, []
            for bar in hidden:
                bar.show()
            self._timer.stop()
            self._fade.stop()
            self.hint.hide()
            self._window.showMaximized() if self._maximized else self._window.showNormal()

    def _show_hint(self) -> None:
        if not self.active:
            return
        self._opacity.setOpacity(1.0)
        self.hint.adjustSize()
        x = (self._picture.width() - self.hint.width()) // 2
        self.hint.move(x, self._picture.height() - self.hint.height() - _MARGIN)
        self.hint.show()
        self.hint.raise_()
        self._timer.start()
