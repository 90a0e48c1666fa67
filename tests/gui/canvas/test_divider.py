"""The divider stays within reach, and goes where the user clicks."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QWidget

from restorer.gui.canvas.compare import Divider


@pytest.fixture
def divider(qapp):
    pane = QWidget()
    yield Divider(pane)
    pane.deleteLater()


def test_the_grip_lies_inside_at_every_size(divider):
    @settings(max_examples=60, deadline=None)
    @given(st.integers(40, 6000), st.integers(20, 4000), st.integers(-5, 1005))
    def check(width, height, value):
        divider.parentWidget().resize(width, height)
        divider.setValue(value)
        divider.follow()
        place = divider.geometry()
        assert divider.parentWidget().rect().contains(place)
        border = place.x() + divider._line
        assert border == pytest.approx(divider.share * width, abs=1.01)

    check()


def test_a_double_click_on_the_grip_centers_it(divider):
    divider.parentWidget().resize(400, 300)
    divider.setValue(0)
    divider.follow()
    QTest.mouseDClick(divider, Qt.MouseButton.LeftButton, pos=QPoint(14, 150))
    assert divider.value() == 500
