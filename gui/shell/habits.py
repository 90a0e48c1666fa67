"""Habits of the window that survive it, and a crash: they are written soon after each change."""

from __future__ import annotations

import json
import logging
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, QTimer
from PySide6.QtWidgets import QApplication, QMainWindow

from ..canvas.compare import Compare
from ..canvas.scene import Mode
from ..session.session import Session
from ..session.state import State
from ..widgets.theme import SCHEMES, SURROUNDS, set_scheme, set_surround
from .actions import Actions
from .preferences import Preferences

log = logging.getLogger(__name__)

_FRAME = QSize(8, 40)  # approximate frame of a window
_SETTLE_MS = 500  # a window that is being resized is written once
_WATCHED = (QEvent.Type.Resize, QEvent.Type.Move, QEvent.Type.WindowStateChange)


class Habits(QObject):
    """Recalls and keeps size, panel, comparison, zoom, colors and measured speeds.

    The actions for the colors of the window are obeyed here.

    Args:
        window: The window.
        actions: Its actions.
        compare: Its picture.
        session: Its session.
        preferences: Where they are kept.
    """

    def __init__(
        self,
        window: QMainWindow,
        actions: Actions,
        compare: Compare,
        session: Session,
        preferences: Preferences,
    ) -> None:
        super().__init__(window)
        self._window, self._actions, self._compare = window, actions, compare
        self._session, self._kept = session, preferences
        self._timer = QTimer(self, singleShot=True, interval=_SETTLE_MS)
        self._timer.timeout.connect(self.keep)
        self._pace = session.state.pace
        for scheme in SCHEMES:
            actions[f"theme-{scheme}"].triggered.connect(
                lambda _=False, scheme=scheme: self._set_scheme(scheme)
            )
        for name in SURROUNDS:
            actions[f"surround-{name}"].triggered.connect(
                lambda _=False, name=name: self._set_surround(name)
            )

    def recall(self) -> None:
        """Bring the window into the state of the last time, and watch it from now on."""
        window, do, kept = self._window, self._actions, self._kept
        if not window.restoreGeometry(kept.state("geometry")):
            window.resize(1280, 800)
        if not window.isMaximized() and not window.isFullScreen():
            window.resize(window.size().boundedTo(window.screen().availableSize() - _FRAME))
        mode = kept.text("mode", Mode.SPLIT.value)
        do[mode if mode in {m.value for m in Mode} else "split"].trigger()
        do["panel"].setChecked(True)
        do["panel"].setChecked(kept.flag("panel", True))
        do["loupe"].setChecked(kept.flag("loupe"))
        do["notify"].setChecked(kept.flag("notify", True))
        do[do.pages[0]].setChecked(True)
        self._compare.canvas.keep_zoom(_number(kept.text("zoom")))
        scheme = kept.text("scheme", "system")
        do[f"theme-{scheme if scheme in SCHEMES else 'system'}"].setChecked(True)
        surround = kept.text("surround")
        do[f"surround-{surround if surround in SURROUNDS else 'gray'}"].setChecked(True)
        if profile := kept.text("screen-profile"):
            self._session.colors.set_screen_profile(Path(profile))
        self._session.previews.remember_pace(_read_pace(kept.text("pace")))
        self._watch()

    def keep(self) -> None:
        """Write what has changed."""
        kept, window = self._kept, self._window
        if not window.isFullScreen():
            kept.keep("geometry", window.saveGeometry())
        kept.keep("mode", self._compare.canvas.mode.value)
        kept.keep("panel", self._actions["panel"].isChecked())
        kept.keep("loupe", self._actions["loupe"].isChecked())
        kept.keep("notify", self._actions["notify"].isChecked())
        zoom = self._compare.canvas.kept_zoom
        kept.keep("zoom", "" if zoom is None else f"{zoom:g}")
        pace = self._session.state.pace
        kept.keep("pace", json.dumps([[list(key), seconds] for key, seconds in pace.items()]))

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        """Write size and place of the window when they have changed."""
        if event.type() in _WATCHED:
            self._timer.start()
        return super().eventFilter(watched, event)

    def _set_scheme(self, scheme: str) -> None:
        self._kept.keep("scheme", scheme)
        set_scheme(_app(), scheme)

    def _set_surround(self, name: str) -> None:
        self._kept.keep("surround", name)
        set_surround(_app(), name)

    def _watch(self) -> None:
        for name in ("panel", "loupe", "notify"):
            self._actions[name].toggled.connect(self._timer.start)
        self._compare.mode_changed.connect(self._timer.start)
        self._compare.canvas.viewed.connect(self._timer.start)
        self._session.changed.connect(self._follow)
        self._window.installEventFilter(self)

    def _follow(self, state: State) -> None:
        if state.pace is not self._pace:
            self._pace = state.pace
            self._timer.start()


def _app() -> QApplication:
    app = QApplication.instance()
    assert isinstance(app, QApplication)
    return app


def _number(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _read_pace(text: str) -> dict[tuple[str, ...], float]:
    """Return kept speeds; none if the text is damaged."""
    try:
        return {tuple(key): float(seconds) for key, seconds in json.loads(text or "[]")}
    except (ValueError, TypeError) as error:
        log.debug("pace: %s", error)
        return {}
