"""The application: starts Qt and opens the window."""

from __future__ import annotations

import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

from PySide6.QtCore import QLibraryInfo, QLocale, QLoggingCategory, QTimer, QTranslator
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QApplication

from restorer import SettingsError

from .session.session import Session
from .session.shelf import adopt_former_queue, cache_folder
from .shell.editing import Editing
from .shell.preferences import Preferences
from .widgets.accessibility import install_roles
from .widgets.theme import SURROUNDS, apply_style, set_scheme
from .window import MainWindow

log = logging.getLogger(__name__)

# Time for which another thread may keep Python's lock while the window waits for it. The usual 5 ms
# add up where one event takes the lock several times.
SWITCH_INTERVAL_S = 0.001
_MANY_CORES = 8  # some of which the networks leave to Qt

_SCREENS = ("DISPLAY", "WAYLAND_DISPLAY", "QT_QPA_PLATFORM")


def main(files: Sequence[Path] = ()) -> int:
    """Open the window with files and folders; return the exit code after it is closed.

    Raises SettingsError if there is no screen.
    """

    def begin(window: MainWindow) -> None:
        if files:  # the start page, which shows what is left, is not seen
            window.session.keeper.loaded.connect(window.session.left_over.offer)
            window.session.left_over.offer()
            window.files.open([Path(file) for file in files])

    return _run(begin, cache_folder())


def edit(copy: Path) -> int:
    """Open the window for a working copy of another program; return 0 if it was replaced, else 1.

    Raises SettingsError if there is no screen.
    """
    editings: list[Editing] = []
    code = _run(lambda window: editings.append(window.edit(copy)), None)
    return code or int(not editings[0].replaced)


def _run(begin: Callable[[MainWindow], None], folder: Path | None) -> int:
    """Open the window, begin, and return the exit code after it is closed.

    Args:
        begin: Called with the window as soon as it is visible.
        folder: Where unsaved results are kept; None keeps none.
    """
    _check_screen()
    logging.basicConfig(level=logging.WARNING, format="%(name)s: %(message)s")
    silence_image_readers()
    keep_responsive()
    app = QApplication(sys.argv[:1])
    install_roles()
    app.setApplicationName("restorer")
    app.setDesktopFileName("restorer")
    translators = install_translations(app, QLocale())
    hints = QGuiApplication.styleHints()
    hints.colorSchemeChanged.connect(lambda _: apply_style(app))
    preferences = Preferences()
    surround = preferences.text("surround")
    app.setProperty("surround", surround if surround in SURROUNDS else "gray")
    set_scheme(app, preferences.text("scheme", "system"))
    if folder is not None:
        adopt_former_queue(preferences.folder / "queue", folder)
    window = MainWindow(Session(folder=folder), preferences)
    window.show()
    begin(window)
    alarm = _close_on_interrupt(window)
    code = app.exec()
    alarm.stop()
    del translators
    return code


def keep_responsive() -> None:
    """Let the thread of the window wait for as little as possible, beside networks at work.

    Called before there is an application.
    """
    sys.setswitchinterval(SWITCH_INTERVAL_S)
    if (os.cpu_count() or 1) < _MANY_CORES:
        # Qt paints by threads of its own, and waits for them: up to 70 ms where the networks keep
        # all cores busy. Alone it takes 15 ms for 2560 x 1440 pixels.
        os.environ.setdefault("QT_NO_GUI_THREADPOOL", "1")


def silence_image_readers() -> None:
    """Silence the messages of Qt's image readers; the window reports errors."""
    QLoggingCategory.setFilterRules("qt.gui.imageio*=false")


def install_translations(app: QApplication, locale: QLocale) -> list[QTranslator]:
    """Install the user's language for the window and for Qt's dialogs.

    The texts in the code are English; the file of English holds the forms for one and for many.
    """
    folder = Path(__file__).parent / "i18n"
    qt_folder = QLibraryInfo.path(QLibraryInfo.LibraryPath.TranslationsPath)
    found = []
    for name, place, wanted in (
        ("qtbase", qt_folder, locale),
        ("restorer", str(folder), QLocale("en")),
        ("restorer", str(folder), locale),
    ):
        translator = QTranslator(app)
        if translator.load(wanted, name, "_", place):
            app.installTranslator(translator)
            found.append(translator)
    return found


def _check_screen() -> None:
    """Raise an error if there is no screen; Qt itself would end the process."""
    named = any(os.environ.get(name) for name in _SCREENS)
    if sys.platform == "linux" and not named:
        raise SettingsError("no screen: neither DISPLAY nor WAYLAND_DISPLAY is set")


def _close_on_interrupt(window: MainWindow) -> QTimer:
    """Close on Ctrl-C; the timer lets Python run its signal handlers while Qt waits."""
    signal.signal(signal.SIGINT, lambda *_: window.close())
    timer = QTimer(window, interval=250)
    timer.timeout.connect(lambda: None)
    timer.start()
    return timer
