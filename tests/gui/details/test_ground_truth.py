"""Truth at hand: figures as the core defines them, and a map of the errors."""

import math
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent

import restorer
from restorer import Cancelled, CancelToken, Image, write
from restorer.gui.details.ground_truth import GroundTruthPanel, error_image
from restorer.gui.session import quality
from restorer.gui.session.quality import MAP_STEP, compare_pictures

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def ground_truth(tmp_path):
    path = tmp_path / "truth.png"
    write(Image(make_photograph(40, 60)), path)
    return path


@pytest.fixture
def panel(mount):
    return mount(GroundTruthPanel(), 330, 500)


def noisy(pixels, seed=0):
    noise = np.random.default_rng(seed).normal(0, 12, pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def with_targets(panel, qtbot):
    qtbot.waitUntil(lambda: not (panel._worker.busy or panel._reader.busy))


@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.integers(0, 2))
def test_bands_give_the_figures_of_the_core(height, width, channels, shave):
    rng = np.random.default_rng(height * 41 + width)
    a, b = (rng.integers(0, 256, (height, width, channels), np.uint8) for _ in range(2))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quality, "_ROWS", 7)
        found = compare_pictures(Image(a), Image(b), shave=shave)
    assert found.psnr == pytest.approx(restorer.psnr(a, b), abs=1e-9)
    three = [np.repeat(x, 3, 2) if channels == 1 else x for x in (a, b)]
    if min(height, width) > 2 * shave:
        assert found.psnr_luma == pytest.approx(restorer.psnr_luma(*three, shave=shave), abs=1e-9)
    else:
        assert found.psnr_luma is None
    if min(height, width) >= 11:
        assert found.ssim == pytest.approx(restorer.ssim(a, b), abs=1e-9)
    else:
        assert found.ssim is None
    error = np.abs(a.astype(float) - b).mean(2) * MAP_STEP
    assert np.abs(found.errors - np.minimum(error, 255)).max() <= 0.5 + 1e-6


def test_depth_and_alpha_do_not_count():
    a, b = make_photograph(20, 20), noisy(make_photograph(20, 20))
    expected = compare_pictures(Image(a), Image(b))
    deep = Image(a.astype(np.uint16) * 257)
    clear = Image(np.dstack([b, np.zeros((20, 20, 1), np.uint8)]))
    found = compare_pictures(deep, clear)
    assert found.psnr == pytest.approx(expected.psnr)
    assert found.ssim == pytest.approx(expected.ssim)
    assert np.array_equal(found.errors, expected.errors)
    assert compare_pictures(Image(a), Image(a)).psnr == math.inf


def test_comparing_tells_how_far_it_is_and_can_be_stopped():
    image, told = Image(make_photograph(600, 20)), []
    compare_pictures(image, image, on_row=lambda *rows: told.append(rows))
    assert told == [(256, 600), (512, 600), (600, 600)]
    cancel = CancelToken()
    cancel.cancel()
    with pytest.raises(Cancelled):
        compare_pictures(image, image, cancel=cancel)


@given(st.integers(1, 64))
def test_the_map_glows_with_the_error_and_the_gain(gain):
    errors = np.arange(256, dtype=np.uint8).reshape(16, 16)
    image = error_image(errors, gain)
    colors = [image.pixelColor(level % 16, level // 16).getRgb() for level in range(256)]
    light = np.array(colors)[:, :3] @ [0.2126, 0.7152, 0.0722]
    assert light[0] < 1
    assert (np.diff(light) > -1).all(), "but for rounding"
    hottest = min(255, math.ceil(255 / gain * MAP_STEP))
    assert light[hottest] == light[-1]


def test_result_and_picture_are_compared(panel, qtbot, ground_truth):
    clean = make_photograph(40, 60)
    before, after = Image(noisy(clean)), Image(noisy(noisy(clean), 1))
    panel.set_images(before, after)
    panel.load_ground_truth(ground_truth)
    with_targets(panel, qtbot)
    text = panel.metrics.text()
    assert f"{restorer.psnr(after.pixels, clean):.2f} dB" in text
    assert f"{restorer.psnr(before.pixels, clean):.2f} dB" in text
    assert f"{restorer.ssim(after.pixels, clean):.4f}" in text
    assert "After" in text
    assert panel.name.text() == "truth.png"
    panel.set_images(before, None)
    with_targets(panel, qtbot)
    assert "After" not in panel.metrics.text()
    panel.forget.click()
    assert panel.ground_truth is None
    assert panel.metrics.text() == ""
    assert panel.map.isHidden()


def test_what_does_not_fit_is_told(panel, qtbot, ground_truth, tmp_path):
    small = Image(make_photograph(20, 30))
    panel.load_ground_truth(ground_truth)
    with_targets(panel, qtbot)
    panel.set_images(small, None, 2)
    assert panel.metrics.text() == "Restore the picture to compare it."
    panel.set_images(small, Image(make_photograph(80, 120)), 4)
    assert panel.metrics.text() == "The original has 60 × 40 pixels, the result 120 × 80."
    panel.set_images(small, Image(make_photograph(40, 60)), 2)
    with_targets(panel, qtbot)
    assert "∞ dB" in panel.metrics.text()
    assert "Before" not in panel.metrics.text(), "it is of another size"
    (tmp_path / "bad.png").write_bytes(b"no picture")
    panel.load_ground_truth(tmp_path / "bad.png")
    with_targets(panel, qtbot)
    assert panel.name.text().startswith("bad.png: ")
    assert panel.ground_truth is None


def test_the_map_is_given_to_the_window_where_that_is_wanted(panel, qtbot, ground_truth):
    maps, truths = [], []
    panel.map_shown.connect(maps.append)
    panel.ground_truth_changed.connect(truths.append)
    panel.set_images(Image(noisy(make_photograph(40, 60))), None)
    panel.load_ground_truth(ground_truth)
    with_targets(panel, qtbot)
    assert maps[-1] is None
    assert truths[-1].pixels.shape == (40, 60, 3)
    panel.over.setChecked(True)
    assert (maps[-1].width(), maps[-1].height()) == (60, 40)
    weak = maps[-1]
    panel.gain.spin_box.setValue(60)
    assert maps[-1] != weak
    qtbot.waitUntil(lambda: panel.map.height() == round(panel.map.width() * 40 / 60))
    panel.over.setChecked(False)
    assert maps[-1] is None


def test_a_truth_can_be_dropped_and_the_state_of_the_window_is_shown(panel, qtbot, ground_truth):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(ground_truth))])
    where, copy = QPoint(9, 9), Qt.DropAction.CopyAction
    none = Qt.KeyboardModifier.NoModifier
    panel.dropEvent(QDropEvent(where, copy, data, Qt.MouseButton.LeftButton, none))
    with_targets(panel, qtbot)
    assert panel.ground_truth is not None
    opened = SimpleNamespace(image=Image(noisy(make_photograph(40, 60))))
    choices = SimpleNamespace(scale=1)
    panel.show_state(SimpleNamespace(opened=opened, finished=None, choices=choices))
    with_targets(panel, qtbot)
    assert "PSNR" in panel.metrics.text()


def test_it_has_names_and_roles_for_screen_readers(panel):
    for widget, name, role in (
        (panel.choose, "Choose a reference original", QAccessible.Role.PushButton),
        (panel.forget, "Remove original", QAccessible.Role.PushButton),
        (panel.gain.slider, "Amplification of the error map", QAccessible.Role.Slider),
        (panel.over, "Show over the picture", QAccessible.Role.CheckBox),
        (panel.bar, "Comparing", QAccessible.Role.ProgressBar),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
