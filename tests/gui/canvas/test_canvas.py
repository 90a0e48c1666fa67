"""The picture, driven by mouse, wheel and keys."""

import os
import re
import subprocess
import sys

import pytest
from PySide6.QtCore import QPoint, QPointF, QRectF, Qt
from PySide6.QtGui import (
    QColor,
    QImage,
    QPainter,
    QWheelEvent,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QWidget,
)

from restorer.gui.canvas.scene import Mode, paint_outline

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def turn_wheel(widget: QWidget, up: bool = True) -> None:
    """Turn the wheel over a widget by a notch."""
    place = widget.rect().center()
    turned = QWheelEvent(
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 if up else -120),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, turned)


def test_modes_are_chosen_by_keys(opened):
    for key, mode in zip(
        "2341", [Mode.SIDES, Mode.FLICKER, Mode.DIFFERENCE, Mode.SPLIT], strict=True
    ):
        QTest.keyClick(opened, key)
        assert opened.picture.compare.canvas.mode is mode
        assert opened.picture.compare.divider.isVisible() == (mode is Mode.SPLIT)
        assert opened.bar.gain.isVisible() == (mode is Mode.DIFFERENCE)


def test_zoom_is_changed_by_keys_and_told(opened):
    canvas = opened.picture.compare.canvas
    QTest.keyClick(opened, Qt.Key.Key_Z)
    assert canvas.view.zoom == 1
    assert opened.bar.zoom.text() == "100 %"
    QTest.keyClick(opened, Qt.Key.Key_Plus)
    assert canvas.view.zoom > 1
    QTest.keyClick(opened, Qt.Key.Key_F)
    assert canvas.view.fitted


def test_the_divider_moves_by_keys_and_by_mouse(opened):
    divider = opened.picture.compare.divider
    QTest.keyClick(opened, Qt.Key.Key_Period)
    assert divider.value() == 510
    divider.setFocus()
    QTest.keyClick(divider, Qt.Key.Key_Left)
    assert divider.value() == 500
    middle = divider.rect().center()
    QTest.mousePress(divider, Qt.MouseButton.LeftButton, pos=middle)
    start = divider.mapTo(opened.picture.compare.canvas, middle).x()
    QTest.mouseMove(divider, middle + QPoint(100, 0))
    QTest.mouseRelease(divider, Qt.MouseButton.LeftButton, pos=divider.rect().center())
    moved = divider.geometry().center().x() - start
    assert moved == pytest.approx(100, abs=2)


def test_the_original_is_shown_while_b_is_held(opened):
    canvas = opened.picture.compare.canvas
    QTest.keyPress(opened, Qt.Key.Key_B)
    assert canvas.scene.original_held
    QTest.keyRelease(opened, Qt.Key.Key_B)
    assert not canvas.scene.original_held
    QTest.mousePress(opened.bar.peek, Qt.MouseButton.LeftButton)
    assert canvas.scene.original_held
    QTest.mouseRelease(opened.bar.peek, Qt.MouseButton.LeftButton)
    assert not canvas.scene.original_held


def test_a_rectangle_drawn_with_shift_is_previewed(opened):
    canvas = opened.picture.compare.canvas
    start = canvas.rect().center() - QPoint(20, 10)
    end = start + QPoint(80, 60)
    shift, left = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, shift, start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, left, shift, end)
    frame = opened.session.state.frame
    zoom = canvas.view.zoom
    assert (frame.width, frame.height) == (pytest.approx(80 / zoom), pytest.approx(60 / zoom))
    opened.actions_["unframe"].trigger()
    assert opened.session.state.frame is None


def test_pixel_values_are_told_below_the_mouse(opened):
    canvas = opened.picture.compare.canvas
    place = canvas.rect().center() - QPoint(20, 20)
    QTest.mouseMove(canvas, place)
    said = opened.status.pixel.text()
    x, y = (int(n) for n in re.match(r"x (\d+)  y (\d+) ", said).groups())
    assert (x, y) == tuple(int(n) for n in canvas.view.to_picture(*place.toTuple()))
    values = " ".join(str(v) for v in opened.session.state.opened.image.pixels[y // 2, x // 2])
    assert values in said


SCALED = """
import sys
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from restorer.gui.canvas.canvas import Canvas
from restorer.gui.canvas.scene import Mode
from restorer.gui.restore.controls import Output
from restorer.gui.session.convert import pyramid, to_pixels
from restorer.gui.canvas.painting import Layer
from restorer.gui.session.box import Box
app = QApplication([])
noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
window = QWidget()
layout = QVBoxLayout(window)
layout.setContentsMargins(7, 13, 7, 7)
canvas = Canvas()
layout.addWidget(canvas)
window.resize(333, 277)
window.show()
canvas.set_mode(Mode.FLICKER)
canvas.set_layers((300, 200), [Layer(pyramid(noise), Box(0, 0, 300, 200))], [])
canvas.zoom_to(1.0)
app.processEvents()
seen = to_pixels(window.grab().toImage())[..., :3]
patch = noise[90:110, 120:180]
found = [
    (y, x)
    for y in range(seen.shape[0] - 20)
    for x in np.flatnonzero((seen[y, :-60] == patch[0, 0]).all(1))
    if np.array_equal(seen[y : y + 20, x : x + 60], patch)
]
assert len(found) == 1, found
window.close()
"""


@pytest.mark.parametrize("factor", ["1", "1.25", "1.5", "2"])
def test_one_pixel_is_one_device_pixel_at_every_resolution(factor):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": factor}
    ended = subprocess.run(
        [sys.executable, "-c", SCALED], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stderr


@pytest.mark.parametrize("name", ["strip", "format", "slider"])
def test_the_original_is_shown_by_its_key_wherever_the_focus_is(opened, name):
    output, strength = opened.picture.panel.controls.output, opened.picture.panel.controls.strength
    holder = {
        "strip": opened.picture.strip,
        "format": output.format,
        "slider": strength.all.slider,
    }[name]
    holder.setFocus()
    QTest.keyPress(holder, Qt.Key.Key_B)
    assert opened.picture.compare.canvas.scene.original_held
    QTest.keyRelease(holder, Qt.Key.Key_B)
    assert not opened.picture.compare.canvas.scene.original_held


def test_the_wheel_zooms_over_the_divider_too(opened):
    divider, canvas = opened.picture.compare.divider, opened.picture.compare.canvas
    share, zoom = divider.value(), canvas.view.zoom
    middle = divider.mapTo(opened, divider.rect().center())
    QTest.wheelEvent(opened.windowHandle(), QPointF(middle), QPoint(0, 120))
    assert divider.value() == share
    assert canvas.view.zoom == pytest.approx(zoom * 1.25)


def test_the_wheel_scrolls_panels_and_chooses_nothing(opened):
    before, page = opened.session.state.choices, opened.pages.currentWidget()
    for tab in range(opened.picture.panel.tabs.count()):
        opened.picture.panel.tabs.setCurrentIndex(tab)
        QApplication.processEvents()
        for kind in ("QComboBox", "QSlider", "QDoubleSpinBox", "QSpinBox"):
            for control in opened.picture.panel.tabs.currentWidget().findChildren(QWidget):
                if control.inherits(kind) and control.isVisible():
                    turn_wheel(control, up=False)
                    turn_wheel(control, up=True)
                    assert not control.hasFocus()
    picker = opened.picture.panel.controls.steps.rows["super-resolution"].model
    opened.picture.panel.tabs.setCurrentIndex(0)
    picker.setFocus()
    for _ in range(picker.count()):
        turn_wheel(picker, up=False)
    assert opened.session.state.choices == before
    assert opened.pages.currentWidget() is page, "the last entry leads to the models"
    slider = opened.picture.panel.controls.strength.all.slider
    slider.setFocus()
    turn_wheel(slider, up=False)
    assert opened.session.state.choices.template.strength < 1, "what has the focus is turned"
    opened.session.stop()


def test_values_follow_the_mouse_over_the_divider_and_the_view_below_it(opened):
    canvas, divider, status = (
        opened.picture.compare.canvas,
        opened.picture.compare.divider,
        opened.status,
    )
    place = divider.rect().center() + QPoint(3, -30)
    on_canvas = divider.mapTo(canvas, place)
    QTest.mouseMove(opened, QPoint(3, 3))
    QTest.mouseMove(divider, place)

    def told():
        found = re.match(r"x (\d+)  y (\d+) ", status.pixel.text())
        return tuple(int(n) for n in found.groups())

    def below():
        return tuple(int(n) for n in canvas.view.to_picture(*canvas._in_pane(on_canvas.toPointF())))

    assert told() == below()
    for name in ("zoom-in", "sides", "split", "fit"):
        opened.actions_[name].trigger()
        assert told() == below(), name


def test_the_loupe_lies_above_the_divider(opened):
    canvas, divider = opened.picture.compare.canvas, opened.picture.compare.divider
    opened.actions_["loupe"].setChecked(True)
    QTest.mouseMove(canvas, QPoint(3, 3))
    QTest.mouseMove(divider, divider.rect().center() - QPoint(12, 0))
    lens = canvas._lens
    assert lens.isVisible()
    assert canvas.rect().contains(lens.geometry())
    children = canvas.children()
    assert children.index(lens) > children.index(divider)
    shown = canvas.grab(lens.geometry()).toImage()
    assert shown == lens.grab().toImage()
    QTest.mousePress(canvas, LEFT, NONE, canvas.rect().center() - QPoint(80, 0))
    assert not lens.isVisible(), "out of the way while the picture moves"
    QTest.mouseRelease(canvas, LEFT, NONE, canvas.rect().center() - QPoint(80, 0))
    opened.actions_["loupe"].setChecked(False)
    assert not lens.isVisible()


def test_a_rectangle_is_drawn_across_the_divider(opened):
    canvas, divider, frame = (
        opened.picture.compare.canvas,
        opened.picture.compare.divider,
        opened.actions_["frame"],
    )
    share, middle = divider.value(), canvas.rect().center()
    frame.trigger()
    QTest.mouseClick(canvas, LEFT, NONE, middle - QPoint(50, 40))
    assert frame.isChecked(), "a click draws nothing; the next drag does"
    assert canvas.childAt(middle) is None, "the divider is not in the way"
    QTest.mousePress(canvas, LEFT, NONE, middle)
    QTest.mouseMove(canvas, middle + QPoint(40, 30))
    QTest.mouseRelease(canvas, LEFT, NONE, middle + QPoint(40, 30))
    assert opened.session.state.frame is not None
    assert not frame.isChecked()
    opened.session.previews.frame(None)
    shift = Qt.KeyboardModifier.ShiftModifier
    spot = divider.rect().center() + QPoint(0, 50)
    for event, place in ((QTest.mousePress, spot), (QTest.mouseRelease, spot + QPoint(60, 40))):
        QTest.mouseMove(divider, place)
        event(divider, LEFT, shift, place)
    assert opened.session.state.frame is not None
    assert divider.value() == share
    opened.session.stop()


def test_a_frame_is_seen_on_white(qapp):
    ground = QImage(60, 60, QImage.Format.Format_RGB32)
    ground.fill(Qt.GlobalColor.white)
    plain = ground.copy()
    painter = QPainter(ground)
    paint_outline(painter, QRectF(10, 10, 30, 30), 1.0, QColor("white"))
    painter.end()
    assert ground.copy(0, 20, 60, 1) != plain.copy(0, 20, 60, 1)
    assert ground.pixelColor(10, 20) == QColor("white")
