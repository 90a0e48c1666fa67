"""Every control of the window: its name, its place, its text; it fits at any size."""

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFrame,
    QLabel,
    QListView,
    QProgressBar,
    QScrollArea,
    QSlider,
    QTabBar,
    QTableView,
    QWidget,
)

from restorer.gui.canvas.canvas import Canvas
from restorer.gui.session.session import Session
from restorer.gui.session.work import Message, Work
from restorer.gui.widgets import theme
from restorer.gui.widgets.forms import Picker
from restorer.gui.widgets.theme import colors_of, set_scheme
from restorer.gui.window import MainWindow

from helpers import contrast

CONTROLS = (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QListView,
    QTableView,
    QProgressBar,
    QSlider,
    QScrollArea,
    Canvas,
)


def own_controls(window):
    """Yield what a person can use; parts of Qt's own widgets are theirs."""
    for widget in window.findChildren(QWidget):
        inner = any(isinstance(p, (QAbstractSpinBox, QComboBox, QTabBar)) for p in parents(widget))
        if isinstance(widget, CONTROLS) and not inner and "qt_" not in widget.objectName():
            yield widget


def parents(widget):
    while (widget := widget.parentWidget()) is not None:
        yield widget


def test_every_control_says_its_name(opened):
    nameless = [
        f"{type(w).__name__} in {type(w.parent()).__name__}"
        for w in own_controls(opened)
        if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))
    ]
    assert nameless == []


def test_names_are_told_to_screen_readers_with_roles_and_values(opened):
    divider = QAccessible.queryAccessibleInterface(opened.picture.compare.divider)
    assert divider.role() == QAccessible.Role.Slider
    assert "before and after" in divider.text(QAccessible.Text.Name)
    assert divider.valueInterface().currentValue() == opened.picture.compare.divider.value()
    for widget in own_controls(opened):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name), widget
        assert interface.role() != QAccessible.Role.NoRole


@pytest.mark.parametrize("size", [(800, 480), (1024, 640), (1280, 800), (1920, 1080), (3840, 2160)])
def test_nothing_is_cut_off_at_any_size(opened, size):
    opened.resize(*size)
    opened.session.tell(Message("A long message. " * 12))
    QApplication.processEvents()
    assert opened.size().toTuple() == size
    for widget in own_controls(opened):
        scrolled = any(isinstance(p, QScrollArea) and p is not opened.body for p in parents(widget))
        if widget.isVisible() and not scrolled and not isinstance(widget, QScrollArea):
            place = widget.mapTo(opened, QPoint(0, 0))
            assert opened.rect().contains(place), widget.accessibleName()
            hint = widget.minimumSizeHint()
            assert widget.width() >= hint.width() - 1, widget.accessibleName()


def test_a_small_window_is_scrolled(opened):
    across, down = opened.body.horizontalScrollBar(), opened.body.verticalScrollBar()
    opened.resize(683, 360)
    QApplication.processEvents()
    assert opened.size().toTuple() == (683, 360)
    assert across.maximum() > 0
    assert not down.maximum(), "the buttons of the picture are seen"
    opened.actions_["page-queue"].trigger()
    QApplication.processEvents()
    page = opened.pages.currentWidget()
    assert page.width() >= page.minimumSizeHint().width()
    opened.actions_["full-screen"].trigger()
    QApplication.processEvents()
    assert not across.maximum()
    opened.actions_["full-screen"].trigger()
    opened.resize(1280, 800)
    QApplication.processEvents()
    assert not across.maximum()
    assert not down.maximum()


def test_tab_leads_to_every_control_of_the_page(opened):
    reached, widget = set(), opened.picture.compare.canvas
    widget.setFocus()
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    for wanted in (
        opened.picture.compare.divider,
        opened.picture.panel.controls.strength.all.slider,
        opened.picture.panel.controls.steps.rows["denoising"].wanted,
        opened.picture.panel.area.run_button,
        opened.picture.strip,
    ):
        assert wanted in reached, wanted.accessibleName()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(qapp, window, scheme):
    window.actions_[f"theme-{scheme}"].trigger()
    colors = theme.DARK if scheme == "dark" else theme.LIGHT
    for ink in (colors.text, colors.muted):
        for paper in (colors.window, colors.panel, colors.field):
            assert contrast(ink, paper) >= 4.5, (ink, paper)
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert contrast(colors.text, colors.error) >= 4.5
    assert window.palette().window().color().name() == colors.window
    theme.set_scheme(qapp, "light")


def test_no_words_of_the_keys_are_cut_off(window):
    window.keys.toggle()
    QApplication.processEvents()
    sheet = window.keys.findChild(QFrame)
    for label in sheet.findChildren(QLabel):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
        assert sheet.rect().contains(label.geometry()), label.text()
    window.keys.toggle()


def test_long_names_of_models_end_in_an_ellipsis(qtbot):
    picker = Picker()
    qtbot.addWidget(picker)
    picker.addItem("twice as large with the textures of reference pictures, and more")
    picker.resize(160, 30)
    picker.show()
    short, whole = picker.grab().toImage(), picker.sizeHint()
    picker.setItemText(0, picker.itemText(0) + " than that")
    assert picker.grab().toImage() == short, "the end of the text shows"
    assert whole.width() < 200


def test_nothing_moves_when_work_begins_and_ends(opened):
    height = opened.picture.panel.area.height()
    opened.session._store.set(work=Work("restoring"))
    QApplication.processEvents()
    assert opened.picture.panel.area.height() == height
    opened.session._store.set(work=Work())


def test_no_button_moves_when_zoom_and_mode_change(opened):
    bar = opened.bar
    places = set()
    for zoom, mode in ((0.05, "split"), (1.0, "difference"), (8.0, "split")):
        opened.picture.compare.canvas.zoom_to(zoom)
        opened.actions_[mode].trigger()
        bar.show_zoom(opened.picture.compare.canvas.view)
        QApplication.processEvents()
        places.add(bar.tools.x())
    assert len(places) == 1


@pytest.mark.parametrize("size", [(800, 480), (1000, 640), (1280, 720), (1920, 1080)])
def test_all_keys_are_to_be_read_at_any_size(window, size):
    window.resize(*size)
    window.picture.compare.canvas.setFocus()
    window.keys.toggle()
    QApplication.processEvents()
    sheet, area = window.keys.area.widget(), window.keys.area
    assert window.keys.rect().contains(area.geometry())
    assert sheet.width() <= area.viewport().width(), "nothing is cut off at the right"
    for label in sheet.findChildren(QLabel):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
        assert sheet.rect().contains(label.geometry()), label.text()
    bar = area.verticalScrollBar()
    if bar.maximum():
        QTest.keyClick(window.keys, Qt.Key.Key_Down)
        assert bar.value() > 0
    window.keys.toggle()


def test_the_focus_comes_back_from_the_keys(opened):
    opened.picture.strip.setFocus()
    opened.keys.toggle()
    assert opened.focusWidget() is opened.keys
    QTest.keyClick(opened.keys, Qt.Key.Key_Escape)
    assert not opened.keys.isVisible()
    assert opened.focusWidget() is opened.picture.strip


def test_tab_goes_down_the_panel_as_the_eye_does(qtbot, opened):
    for number in range(opened.picture.panel.tabs.count()):
        opened.picture.panel.tabs.setCurrentIndex(number)
        QApplication.processEvents()
        opened.picture.panel.tabs.tabBar().setFocus()
        reached = []
        for _ in range(40):
            opened.focusNextChild()
            reached.append(opened.focusWidget())
            if reached[-1] is opened.picture.panel.area.run_button:
                break
        assert all(opened.picture.panel.tabs.currentWidget().isAncestorOf(w) for w in reached[:-1])
        wanted = [
            w
            for w in opened.picture.panel.tabs.currentWidget().findChildren(QComboBox)
            if w.isVisible() and w.isEnabled()
        ]
        assert set(wanted) <= set(reached), "the button comes after all of the panel"
    row = opened.picture.panel.controls.steps.rows["super-resolution"]
    opened.picture.panel.tabs.setCurrentIndex(0)
    row.wanted.setFocus()
    opened.focusNextChild()
    assert opened.focusWidget() is opened.picture.panel.controls.steps.scale
    assert opened.picture.panel.tabs.tabBar().accessibleName()


def test_menus_show_what_is_switched_on(window):
    action = window.actions_["split"]
    menus = [entry.menu() for entry in window.menuBar().actions()]
    view = next(menu for menu in menus if action in menu.actions())
    action.trigger()
    view.resize(view.sizeHint())
    place = view.actionGeometry(action)
    on = view.grab(place).toImage()
    window.actions_["sides"].trigger()
    assert view.grab(place).toImage() != on
    action.trigger()


def test_the_menu_of_presets_runs_as_the_language_does(window):
    window.presets.fill()
    assert window.picture.panel.controls.presets.layoutDirection() is Qt.LayoutDirection.RightToLeft
    window.presets.menu.setParent(window.picture.panel.controls.presets)
    assert window.presets.menu.layoutDirection() is window.layoutDirection()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_boxes_and_knobs_are_seen_in_both_schemes(qapp, window, scheme):
    set_scheme(qapp, scheme)
    colors = colors_of(qapp.palette())
    for control in (
        window.picture.panel.controls.strength.separate,
        window.picture.panel.controls.strength.all.slider,
    ):
        image = control.grab().toImage()
        inks = {
            image.pixelColor(x, y).name()
            for x in range(min(20, image.width()))
            for y in range(image.height())
        }
        if control is window.picture.panel.controls.strength.all.slider:
            inks = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
        assert any(contrast(ink, colors.panel) >= 3 for ink in inks - {colors.accent}), control
    set_scheme(qapp, "light")


def test_a_new_window_fits_on_the_screen(window):
    room = window.screen().availableSize()
    fresh = MainWindow(Session(), window.preferences)
    least = fresh.minimumSize()
    assert fresh.height() <= max(room.height(), least.height())
    assert fresh.width() <= max(room.width(), least.width())
    fresh.close()
    fresh.deleteLater()
