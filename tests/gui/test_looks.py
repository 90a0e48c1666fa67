"""Banner, full screen, menus and habits of the window."""

import pytest
from PySide6.QtCore import QPoint, QSettings, Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from restorer.gui.canvas.scene import Mode
from restorer.gui.session.session import Session
from restorer.gui.session.work import Message
from restorer.gui.shell.preferences import Preferences
from restorer.gui.window import MainWindow


@pytest.fixture
def opened(qtbot, window, make_picture):
    window.files.open([make_picture("a.png", 300, 400)])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    return window


def test_a_message_moves_nothing_and_hides_no_name(qtbot, opened):
    canvas = opened.picture.compare.canvas
    before = canvas.mapTo(opened, QPoint(0, 0)), canvas.size()
    opened.session.tell(Message("Something went wrong. " * 12))
    qtbot.waitUntil(lambda: opened.banner.isVisible() and opened.banner.height() > 30)
    QApplication.processEvents()
    assert (canvas.mapTo(opened, QPoint(0, 0)), canvas.size()) == before
    top = opened.banner.y()
    assert top > canvas.mapTo(opened.centralWidget(), QPoint(0, 0)).y() + 70
    assert opened.banner._close.focusPolicy() & Qt.FocusPolicy.TabFocus


def test_full_screen_is_the_picture_alone(opened, qtbot):
    do, canvas = opened.actions_, opened.picture.compare.canvas
    do["full-screen"].trigger()
    QApplication.processEvents()
    bars = (opened.menuBar(), opened.bar, opened.picture.panel, opened.picture.strip, opened.status)
    assert not any(bar.isVisible() for bar in bars)
    assert canvas.size() == opened.centralWidget().size()
    assert opened.full_screen.hint.isVisible()
    qtbot.waitUntil(opened.isActiveWindow)
    QTest.keyClick(opened, Qt.Key.Key_2)
    assert canvas.mode is Mode.SIDES
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.full_screen.active
    assert not do["full-screen"].isChecked()
    assert all(bar.isVisible() for bar in (opened.bar, opened.picture.panel, opened.status))


def test_a_click_places_the_divider_and_a_double_click_zooms(opened):
    canvas, divider = opened.picture.compare.canvas, opened.picture.compare.divider
    at = QPoint(canvas.width() // 4, canvas.height() // 2)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=at)
    assert divider.share == pytest.approx(0.25, abs=0.01)
    place = QPoint(canvas.width() * 3 // 4, canvas.height() // 2)
    QTest.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseDClick(canvas, Qt.MouseButton.LeftButton, pos=place)
    assert divider.share == pytest.approx(0.25, abs=0.01)
    assert canvas.view.zoom == 1


@pytest.mark.qt_log_ignore("This plugin does not support")
def test_the_slider_and_the_menu_zoom(opened):
    canvas, slider = opened.picture.compare.canvas, opened.bar.slider
    slider.setValue(slider.maximum())
    assert canvas.view.zoom == pytest.approx(8)
    slider.setValue(4)
    assert canvas.view.zoom == 1
    opened.menu.ask(QPoint(10, 10), "x 1  y 2", None)
    assert not opened.menu.reveal.isEnabled()
    opened.menu.copy.trigger()
    assert QGuiApplication.clipboard().text() == "x 1  y 2"
    opened.menu.close()


def test_habits_are_on_the_disk_soon_after_they_change(qtbot, opened, preferences):
    opened.actions_["panel"].trigger()
    opened.actions_["sides"].trigger()
    opened.picture.compare.canvas.zoom_to(2.0)
    opened.session.previews.remember_pace({("here", "some-model"): 1.5})
    file = str(preferences.file)

    def written():
        kept = Preferences(QSettings(file, QSettings.Format.IniFormat))
        assert not kept.flag("panel", True)
        assert kept.text("mode") == "sides"
        assert kept.text("zoom") == "2"
        return kept

    qtbot.waitUntil(lambda: bool(_tried(written)))
    again = MainWindow(Session(), written())
    assert again.session.state.pace == {("here", "some-model"): 1.5}
    assert again.picture.compare.canvas.kept_zoom == 2.0
    again.close()
    again.deleteLater()


def _tried(call):
    try:
        return call()
    except AssertionError:
        return None


def test_the_surround_is_middle_gray_unless_chosen(qapp, opened):
    grays = {}
    for name in ("light", "dark", "gray"):
        opened.actions_[f"surround-{name}"].trigger()
        grays[name] = qapp.palette().mid().color().name()
    assert grays == {"light": "#d4d4d4", "dark": "#141414", "gray": "#777777"}
    assert opened.preferences.text("surround") == "gray"
