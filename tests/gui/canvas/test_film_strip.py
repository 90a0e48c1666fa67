"""The film strip, driven by mouse and keys."""

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

LEFT, CONTROL = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.ControlModifier
SHIFT, NONE = Qt.KeyboardModifier.ShiftModifier, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def strip(qtbot, window, make_picture):
    window.files.open([make_picture(f"{number}.png") for number in range(5)])
    qtbot.waitUntil(lambda: window.session.state.picture is not None)
    return window.picture.strip


@pytest.mark.parametrize(
    ("clicks", "selected", "current"),
    [
        ([(2, NONE)], {2}, 2),
        ([(2, NONE), (3, CONTROL)], {2, 3}, 3),
        ([(2, NONE), (3, CONTROL), (0, CONTROL)], {0, 2, 3}, 0),
        ([(2, NONE), (3, CONTROL), (3, CONTROL)], {2}, 3),
        ([(1, NONE), (3, SHIFT)], {1, 2, 3}, 3),
        ([(1, NONE), (3, SHIFT), (4, NONE)], {4}, 4),
    ],
    ids=str,
)
def test_clicks_open_and_select(window, strip, clicks, selected, current):
    for row, modifier in clicks:
        place = strip.visualRect(strip.items.index(row, 0)).center()
        QTest.mouseClick(strip.viewport(), LEFT, modifier, place)
        QApplication.processEvents()
    shown = window.session.state.strip
    assert shown.current == current
    assert {shown.number(id) for id in shown.selected} == selected
    assert {index.row() for index in strip.selectedIndexes()} == selected


def test_keys_open_the_next_picture_and_select(window, strip):
    strip.setFocus()
    QTest.keyClick(strip, Qt.Key.Key_Right)
    QApplication.processEvents()
    assert window.session.state.current == 1
    QTest.keyClick(strip, Qt.Key.Key_Right, SHIFT)
    QApplication.processEvents()
    shown = window.session.state.strip
    assert shown.current == 2
    assert {shown.number(id) for id in shown.selected} == {1, 2}
