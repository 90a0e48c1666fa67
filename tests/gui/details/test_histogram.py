"""The histogram: counted as defined, painted, told in words, read with keys."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible

from restorer import Cancelled, CancelToken, Image, displayed
from restorer.gui.details.histogram import Histogram
from restorer.gui.session.tone_histogram import count_tones
from restorer.gui.widgets import theme

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

PIXELS = st.tuples(st.integers(1, 9), st.integers(1, 9), st.integers(1, 4)).flatmap(
    lambda shape: hnp.arrays(np.uint8, shape)
)


@pytest.fixture
def panel(mount):
    return mount(Histogram(), 300, 260)


def shown(panel, qtbot, before, after=None):
    panel.set_images(before, after)
    qtbot.waitUntil(lambda: not panel._worker.busy)


@given(PIXELS)
def test_every_pixel_counts_once_in_every_channel(pixels):
    histogram = count_tones(Image(pixels))
    colors = pixels[..., : 3 if pixels.shape[2] > 2 else 1]
    area = pixels.shape[0] * pixels.shape[1]
    assert np.allclose(histogram.shares.sum(1), 1)
    for c in range(3):
        plane = colors[..., min(c, colors.shape[2] - 1)]
        expected = np.bincount(plane.ravel(), minlength=256) / area
        assert np.array_equal(histogram.shares[c], expected)
    assert histogram.black == max((colors[..., c] == 0).mean() for c in range(colors.shape[2]))
    assert histogram.white == max((colors[..., c] == 255).mean() for c in range(colors.shape[2]))


@given(hnp.arrays(np.uint8, (3, 4, 3)))
def test_depth_does_not_change_the_tones(pixels):
    shares = count_tones(Image(pixels)).shares
    deep = Image(pixels.astype(np.uint16) * 257)
    light = Image(pixels.astype(np.float32) / 255)
    assert np.array_equal(count_tones(deep).shares, shares)
    assert np.array_equal(count_tones(light).shares, shares)


def test_floats_beyond_white_are_clipped_and_counting_can_be_stopped():
    pixels = np.full((2, 2, 3), 7.5, np.float32)
    pixels[0] = -1
    histogram = count_tones(Image(pixels))
    assert (histogram.black, histogram.white) == (0.5, 0.5)
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        count_tones(Image(pixels), cancel)


def test_figures_of_both_pictures_are_told_in_words(panel, qtbot):
    before = Image(make_photograph(40, 50))
    after = before.with_float(before.to_float() * np.float32(0.5))
    shown(panel, qtbot, before, after)
    mean = count_tones(before).means[3]
    assert f"mean\N{NO-BREAK SPACE}{mean:.1f}" in panel.summary.text()
    assert "After" in panel.summary.text()
    assert panel.plot.accessibleDescription().startswith("Before: mean")
    shown(panel, qtbot, before)
    assert "After" not in panel.summary.text()
    shown(panel, qtbot, None)
    assert panel.plot.accessibleDescription() == ""


def test_a_tone_is_read_with_keys_and_pointer(panel, qtbot):
    shown(panel, qtbot, Image(np.full((4, 4, 3), 3, np.uint8)))
    plot = panel.plot
    plot.setFocus()
    for key in (Qt.Key.Key_Home, Qt.Key.Key_Right, Qt.Key.Key_Right, Qt.Key.Key_Right):
        qtbot.keyClick(plot, key)
    assert panel.level.text() == "3: R 100.00 % · G 100.00 % · B 100.00 %"
    panel.channels.setCurrentIndex(1)
    assert panel.level.text() == "3: Y 100.00 %"
    qtbot.mouseMove(plot, QPoint(plot.width() - 1, 40))
    qtbot.waitUntil(lambda: panel.level.text().startswith("255:"))
    qtbot.keyClick(plot, Qt.Key.Key_PageDown)
    assert panel.level.text().startswith("239:")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_curves_are_painted_for_every_choice(panel, qtbot, qapp, scheme):
    theme.set_scheme(qapp, scheme)
    blank = panel.plot.grab().toImage()
    before = Image(make_photograph(40, 50))
    shown(panel, qtbot, before)
    seen = [blank, panel.plot.grab().toImage()]
    panel.logarithmic.setChecked(True)
    seen.append(panel.plot.grab().toImage())
    for index in range(1, panel.channels.count()):
        panel.channels.setCurrentIndex(index)
        seen.append(panel.plot.grab().toImage())
    shown(panel, qtbot, before, Image(255 - before.pixels))
    seen.append(panel.plot.grab().toImage())
    assert all(a != b for n, a in enumerate(seen) for b in seen[:n])
    theme.set_scheme(qapp, "light")


def test_the_state_of_the_window_is_shown(panel, qtbot):
    image = Image(make_photograph(8, 8))
    result = Image(make_photograph(16, 16))
    opened, finished = SimpleNamespace(image=image), SimpleNamespace(final=result)
    panel.show_state(SimpleNamespace(opened=opened, finished=finished))
    qtbot.waitUntil(lambda: panel.plot.shown is not None)
    assert "After" in panel.summary.text()
    panel.show_state(SimpleNamespace(opened=None, finished=None))
    assert panel.plot.shown is None


def test_it_has_names_for_screen_readers(panel):
    for widget, name, role in (
        (panel.plot, "Histogram", QAccessible.Role.Client),
        (panel.channels, "Channels", QAccessible.Role.ComboBox),
        (panel.logarithmic, "Logarithmic", QAccessible.Role.CheckBox),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role


def test_tones_of_linear_light_are_encoded():
    light = Image(np.full((4, 4, 3), 0.18, np.float32), transfer="linear")
    for image in (light, displayed(light)):
        assert count_tones(image).shares[0].argmax() == round(0.4614 * 255)
