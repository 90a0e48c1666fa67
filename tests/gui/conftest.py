"""A window without a screen, pictures for it, and nothing left behind."""

from __future__ import annotations

import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QCoreApplication, QEvent, QSettings
from PySide6.QtWidgets import QApplication, QWidget
from pytestqt.qtbot import QtBot

from restorer import Image, write
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.session import Session
from restorer.gui.shell.preferences import Preferences
from restorer.gui.widgets import theme
from restorer.gui.window import MainWindow

from helpers import make_photograph

_PATIENCE_MS = 120_000


@pytest.fixture(scope="session")
def qapp_cls() -> type[QApplication]:
    return QApplication


class PatientBot(QtBot):
    """Waits far longer than things take, as machines stand still at times; says what hung."""

    def waitUntil(
        self, callback: Callable[[], bool | None], *, timeout: int = _PATIENCE_MS
    ) -> None:
        try:
            super().waitUntil(callback, timeout=timeout)
        except self.TimeoutError as error:
            raise self.TimeoutError(f"{error}\n{_stacks()}") from None

    def waitSignal(self, *args: Any, timeout: int = _PATIENCE_MS, **options: Any) -> Any:
        return super().waitSignal(*args, timeout=timeout, **options)


def _stacks() -> str:
    """Return where each thread of Python is, its last calls."""
    names = {thread.ident: thread.name for thread in threading.enumerate()}
    frames = sys._current_frames().items()
    return "\n".join(
        f"{names.get(ident)}:\n{''.join(traceback.format_stack(frame, 8))}"
        for ident, frame in frames
    )


@pytest.fixture
def qtbot(qapp: QApplication, request: pytest.FixtureRequest) -> QtBot:
    return PatientBot(request)


@pytest.fixture(autouse=True)
def _nothing_left(qapp: QApplication) -> Iterator[None]:
    """No test may leave a widget behind."""
    yield
    gc.collect()
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.processEvents()
    assert not qapp.topLevelWidgets(), "a widget was left behind"


@pytest.fixture
def make_picture(tmp_path: Path) -> Callable[..., Path]:
    """Write a small photograph."""

    def make(name: str = "a.png", height: int = 60, width: int = 80, **metadata: object) -> Path:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        write(Image(make_photograph(height, width)), path)
        return path

    return make


@pytest.fixture
def preferences(tmp_path: Path) -> Preferences:
    return Preferences(QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat))


@pytest.fixture
def session(qapp: QApplication) -> Iterator[Session]:
    made = Session()
    made.recipes.choose(usual_choices())
    yield made
    assert made.close(30), "a thread did not end"
    made.deleteLater()


@pytest.fixture
def window(qtbot: QtBot, qapp: QApplication, preferences: Preferences) -> Iterator[MainWindow]:
    theme.set_scheme(qapp, "light")
    made = MainWindow(Session(), preferences)
    made.presets.path = Path(preferences.folder, "presets.toml")
    made.session.recipes.choose(usual_choices())
    made.resize(1280, 800)
    made.show()
    yield made
    made.session.give_up()
    made.close()
    made.deleteLater()


@pytest.fixture
def opened(qtbot: QtBot, window: MainWindow, make_picture: Callable[..., Path]) -> MainWindow:
    """The window with two pictures, of which the first is open."""
    window.files.open([make_picture("a.png"), make_picture("b.jpg")])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.session.stop()
    return window


@pytest.fixture
def noise(rng: np.random.Generator) -> np.ndarray:
    return rng.integers(0, 256, (48, 64, 3), np.uint8)


@pytest.fixture
def mount(qtbot: QtBot, qapp: QApplication) -> Iterator[Callable[..., QWidget]]:
    """Show a panel until the test ends, and end its threads."""
    shown: list[QWidget] = []

    def show(panel: QWidget, width: int = 900, height: int = 600) -> QWidget:
        panel.resize(width, height)
        panel.show()
        shown.append(panel)
        return panel

    yield show
    for panel in shown:
        if hasattr(panel, "close_workers"):
            assert panel.close_workers(), "a thread did not end"
        panel.close()
        panel.deleteLater()
    qapp.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    qapp.processEvents()
