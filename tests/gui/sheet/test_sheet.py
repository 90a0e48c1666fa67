"""The contact sheet: one region through several models, by the core's own comparison."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QPoint, QSize, Qt
from PySide6.QtGui import QAccessible, QImage

import restorer
from restorer import Image, Region, Sample, Source, Step, compare_models, model_spec, write_preset
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.convert import pyramid, to_pixels
from restorer.gui.session.state import State
from restorer.gui.session.strip import Strip
from restorer.gui.sheet import ways as sheet_module
from restorer.gui.sheet.page import ContactSheet
from restorer.gui.sheet.rows import SheetModel
from restorer.gui.sheet.ways import model_way
from restorer.gui.widgets.region_picker import RegionPicker

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

USABLE = frozenset({"panet-sr-x2-lite", "panet-denoise-lite"})


@pytest.fixture
def panel(mount, tmp_path):
    made = mount(ContactSheet(tmp_path / "presets.toml"), 1000, 640)
    made.selection.show_state(State(usable=USABLE))
    ways = made.selection.ways
    ways.setData(ways.index(0), Qt.CheckState.Unchecked, Qt.ItemDataRole.CheckStateRole)
    made.side.setCurrentIndex(made.side.findData(48))
    made._has_chosen_side = True
    made._settled.setInterval(1_000_000)  # tests say when it compares
    return made


@pytest.fixture
def picture():
    return Source(Image(make_photograph(80, 100)))


def opened(panel, qtbot, picture):
    panel.set_picture(picture, pyramid(picture.image.pixels).levels[-1])
    qtbot.waitUntil(lambda: not panel._finder.busy)


def run(panel, qtbot):
    panel.go.click()
    qtbot.waitUntil(lambda: not panel._worker.busy)
    qtbot.waitUntil(lambda: all(card.sample for card in panel.sheet.cards))


def texts(panel):
    return [panel.sheet.index(n).data() for n in range(panel.sheet.rowCount())]


def test_cards_hold_what_the_core_compares(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    panel.set_ground_truth(Image(make_photograph(160, 200)))
    panel.selection.strengths.setCurrentIndex(1)
    run(panel, qtbot)
    steps = [Step("panet-sr-x2-lite"), Step("panet-sr-x2-lite", strength=0.7)]
    expected = list(
        compare_models(picture, steps, panel.picker.region, truth=Image(make_photograph(160, 200)))
    )
    found = [card.sample for card in panel.sheet.cards]
    for mine, theirs in zip(found, expected, strict=True):
        assert np.array_equal(mine.image.pixels, theirs.image.pixels)
        assert mine.psnr == pytest.approx(theirs.psnr)
        assert mine.ssim == pytest.approx(theirs.ssim)
    assert texts(panel)[0].startswith("Original\n")
    assert texts(panel)[1].startswith("Sharp pictures, 2x\n")
    assert texts(panel)[2].startswith("Sharp pictures, 2x, 70 %\n")
    assert f"{expected[1].psnr:.2f} dB · SSIM {expected[1].ssim:.4f}" in texts(panel)[1]


def test_it_compares_by_itself_what_is_seen(panel, qtbot, picture):
    panel._settled.setInterval(10)
    panel.hide()
    opened(panel, qtbot, picture)
    qtbot.wait(50)
    assert not panel.sheet.cards, "nobody sees it"

    def complete():
        return bool(panel.sheet.cards) and all(card.sample for card in panel.sheet.cards)

    panel.show()
    qtbot.waitUntil(complete)
    before = panel.sheet.cards[0].sample
    panel.picker.set_region(Region(0, 0, 48, 48))
    qtbot.waitUntil(lambda: complete() and panel.sheet.cards[0].sample is not before)
    ways, count = panel.selection.ways, len(panel.sheet.cards)
    ways.setData(ways.index(0), Qt.CheckState.Checked, Qt.ItemDataRole.CheckStateRole)
    qtbot.waitUntil(lambda: complete() and len(panel.sheet.cards) == count + 1)
    panel.stop()
    qtbot.wait(50)
    assert not panel._worker.busy, "it begins again by a change alone"


def test_the_region_is_smaller_where_results_are_enlarged(mount, tmp_path):
    made = mount(ContactSheet(tmp_path / "presets.toml"), 1000, 640)
    made._settled.setInterval(1_000_000)
    made.selection.show_state(State(usable=USABLE))
    tasks = made.selection.task
    for task, side in (("super-resolution", 64), ("denoising", 128), ("super-resolution", 64)):
        tasks.setCurrentIndex(tasks.findData(task))
        assert made.side.currentData() == side
    made.side.setCurrentIndex(made.side.findData(96))
    made.side.activated.emit(made.side.currentIndex())
    tasks.setCurrentIndex(tasks.findData("denoising"))
    assert made.side.currentData() == 96, "as chosen"


@pytest.mark.parametrize("size", [(900, 600), (1500, 900), (2300, 1300)])
def test_cards_are_as_large_as_fits(panel, size):
    panel.resize(*size)
    region, scales = Region(0, 0, 64, 64), [1, 1, 1]
    view = panel.view
    extent = view.extent(region, scales)
    assert view._fit(extent, 4)
    larger = extent + QSize(64, 64)
    assert extent.width() == 64 * 8 or not view._fit(larger, 4)
    assert view.extent(region, [1] * 60).width() == 192, "many scroll"


def test_pictures_of_cards_are_exact_pixels(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    run(panel, qtbot)
    card = panel.sheet.index(1).data(Qt.ItemDataRole.DecorationRole)
    shown = to_pixels(card.pixmap(panel.sheet.icon_size).toImage())[..., :3]
    made = panel.sheet.cards[1].sample.image.pixels
    zoom = shown.shape[0] // made.shape[0]
    assert zoom >= 1
    assert np.array_equal(shown, made.repeat(zoom, 0).repeat(zoom, 1))


def test_pictures_of_several_sizes_are_all_smooth(qapp):
    sheet = SheetModel()
    ways = [model_way(model_spec(f"panet-sr-x{n}-lite"), usual_choices()) for n in (2, 4)]
    sheet.begin(ways, QSize(64, 64), alike=False)
    small = Image(make_photograph(32, 32))
    sheet.put(1, Sample("panet-sr-x2-lite", small, 2))
    icon = sheet.index(1).data(Qt.ItemDataRole.DecorationRole)
    shown = to_pixels(icon.pixmap(sheet.icon_size).toImage())[..., :3].astype(int)
    squares = np.abs(np.diff(shown, axis=1))[:, ::2]
    assert squares.mean() > 0, "pairs of columns were the same if each pixel were a square"
    sheet.deleteLater()


def test_cards_are_as_large_to_the_eye_on_a_fine_screen(panel, monkeypatch):
    region, scales = Region(0, 0, 64, 64), [2, 4]
    coarse = panel.view.extent(region, scales)
    monkeypatch.setattr(panel.view, "devicePixelRatioF", lambda: 2.0)
    fine = panel.view.extent(region, scales)
    assert fine.width() % (4 * 64) == 0
    assert fine.width() / 2 >= 180 > coarse.width() / 2


def test_what_is_in_use_follows_the_choices(panel, qtbot, picture, monkeypatch):
    monkeypatch.setattr(sheet_module, "compare_models", quick)
    choices = usual_choices()
    shown = SimpleNamespace(source=picture, shown=pyramid(picture.image.pixels))
    panel.show_state(State(strip=Strip(usual=choices), usable=USABLE, opened=shown))
    qtbot.waitUntil(panel.go.isEnabled)
    run(panel, qtbot)
    assert "in use" in texts(panel)[1]
    other = choices.with_task("super-resolution", wanted=False)
    panel.show_state(State(strip=Strip(usual=other), usable=USABLE, opened=shown))
    assert not any("in use" in text for text in texts(panel))


def test_a_click_anywhere_in_its_row_marks_a_model(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    place = panel.selection.list.visualRect(panel.selection.ways.index(1))
    assert place.height() >= 24
    for point in (place.center(), QPoint(place.left() + 10, place.center().y())):
        before = panel.selection.ways.marked
        qtbot.mouseClick(panel.selection.list.viewport(), Qt.MouseButton.LeftButton, pos=point)
        assert panel.selection.ways.marked != before
    qtbot.mouseClick(
        panel.selection.list.viewport(), Qt.MouseButton.RightButton, pos=place.center()
    )
    assert [way.steps[0].model for way in panel.selection.ways.marked] == ["panet-sr-x2-lite"]


def test_click_enter_and_double_click_adopt(panel, qtbot, picture, monkeypatch):
    monkeypatch.setattr(sheet_module, "compare_models", quick)
    opened(panel, qtbot, picture)
    panel.selection.strengths.setCurrentIndex(2)
    run(panel, qtbot)
    taken = []
    panel.adopted.connect(taken.append)
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.sheet.index(0))
    qtbot.keyClick(panel.view, Qt.Key.Key_Right)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert taken == [(Step("panet-sr-x2-lite"),)]
    assert "in use" in texts(panel)[1]
    middle = panel.view.visualRect(panel.sheet.index(2)).center()
    qtbot.mouseClick(panel.view.viewport(), Qt.MouseButton.LeftButton, pos=middle)
    assert taken[-1] == (Step("panet-sr-x2-lite", strength=0.75),)
    panel.view.activated.emit(panel.sheet.index(0))
    assert len(taken) == 2, "the picture as it is cannot be adopted"


def quick(picture, steps, region, **_):
    height, width = region.height, region.width
    blank = Image(np.zeros((2 * height, 2 * width, 3), np.uint8))
    yield Sample("", blank, 2)
    for chain in steps:
        yield Sample(chain[0].model, blank, 2, 1.5, 3_000_000)


def test_a_model_that_fails_says_why_and_the_others_are_shown(panel, qtbot, picture, monkeypatch):
    def broken(picture, steps, region, **options):
        samples = list(quick(picture, steps, region))
        yield samples[0]
        failed = Sample(steps[0][0].model, None, 2, error="no tile fits into memory")
        yield failed if steps[0][0].strength == 1 else samples[1]

    monkeypatch.setattr(sheet_module, "compare_models", broken)
    opened(panel, qtbot, picture)
    panel.selection.strengths.setCurrentIndex(1)
    run(panel, qtbot)
    assert texts(panel)[1] == "Sharp pictures, 2x\nfailed\nno tile fits into memory"
    assert texts(panel)[2] == "Sharp pictures, 2x, 70 %\n1.5 s · 3.0 MB"


def test_comparing_stops_within_a_tile(panel, qtbot):
    opened(panel, qtbot, Source(Image(make_photograph(600, 600))))
    panel.side.setCurrentIndex(panel.side.findData(256))
    panel.selection.strengths.setCurrentIndex(2)
    panel.go.click()
    assert not panel.go.isEnabled()
    panel.stop_button.click()
    assert panel.go.isEnabled()
    assert panel.close_workers(30), "it ended in time"


def test_late_samples_of_another_picture_are_dropped(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    panel.go.click()
    opened(panel, qtbot, Source(Image(make_photograph(90, 90))))
    qtbot.waitUntil(lambda: not panel._worker.busy)
    assert panel.sheet.cards == []
    qtbot.wait(50)
    assert panel.sheet.cards == []


def test_models_and_tasks_that_can_be_used_are_offered(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    assert [panel.selection.task.itemData(n) for n in range(panel.selection.task.count())] == [
        "denoising",
        "super-resolution",
    ]
    assert [way.steps[0].model for way in panel.selection.ways.marked] == ["panet-sr-x2-lite"]
    panel.selection.list.setFocus()
    panel.selection.list.setCurrentIndex(panel.selection.ways.index(1))
    qtbot.keyClick(panel.selection.list, Qt.Key.Key_Space)
    assert panel.selection.ways.marked == []
    assert not panel.go.isEnabled()
    assert panel.message.text() == "Select what to compare."
    panel.selection.task.setCurrentIndex(0)
    assert [way.steps[0].model for way in panel.selection.ways.marked] == ["panet-denoise-lite"]
    assert panel.go.isEnabled()


def test_a_truth_of_another_size_does_not_count(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    panel.set_ground_truth(Image(make_photograph(50, 50)))
    run(panel, qtbot)
    assert all(card.sample.psnr is None for card in panel.sheet.cards)


def test_the_state_of_the_window_is_shown(panel, qtbot, picture):
    choices = usual_choices().with_values(sigma=12.0)
    shown = SimpleNamespace(source=picture, shown=pyramid(picture.image.pixels))
    panel.show_state(State(strip=Strip(usual=choices), usable=USABLE, opened=shown))
    qtbot.waitUntil(panel.go.isEnabled)
    panel.selection.task.setCurrentIndex(0)
    assert [way.steps for way in panel.selection.wanted] == [(Step("panet-denoise-lite", 12.0),)]
    panel.show_state(State(strip=Strip(usual=choices), usable=USABLE, opened=None))
    assert not panel.go.isEnabled()
    assert panel.message.text() == "Open a picture to compare its results."


@given(
    st.integers(1, 400), st.integers(1, 400), st.integers(-50, 500), st.integers(-50, 500),
    st.integers(1, 300),
)  # fmt: skip
def test_a_region_always_lies_in_the_picture(qapp, height, width, top, left, side):
    picker = RegionPicker()
    picker.set_picture(QImage(), (height, width))
    picker.set_region(Region(top, left, side, side))
    assert Region(0, 0, height, width).holds(picker.region)
    assert picker.region.height == min(side, height)
    picker.deleteLater()


def test_the_region_follows_keys_and_pointer(panel, qtbot, picture):
    opened(panel, qtbot, picture)
    picker = panel.picker
    picker.set_region(Region(16, 16, 48, 48))
    qtbot.keyClick(picker, Qt.Key.Key_Right)
    qtbot.keyClick(picker, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert picker.region == Region(15, 24, 48, 48)
    assert picker.accessibleDescription() == "48 × 48 pixels at 24, 15"
    corner = picker._area().topLeft().toPoint() + QPoint(1, 1)
    qtbot.mouseClick(picker, Qt.MouseButton.LeftButton, pos=corner)
    assert picker.region == Region(0, 0, 48, 48)
    panel.side.setCurrentIndex(panel.side.findData(64))
    panel.side.activated.emit(panel.side.currentIndex())
    assert picker.region == Region(0, 0, 64, 64)
    panel.detail.click()
    qtbot.waitUntil(lambda: not panel._finder.busy)
    assert picker.region == restorer.detailed_region(picture.image, 64)


def test_everything_has_a_name_and_a_role_for_screen_readers(panel, qtbot, picture, monkeypatch):
    monkeypatch.setattr(sheet_module, "compare_models", quick)
    opened(panel, qtbot, picture)
    run(panel, qtbot)
    for widget, name, role in (
        (panel.view, "Contact sheet", QAccessible.Role.List),
        (panel.selection.list, "What to compare", QAccessible.Role.List),
        (panel.go, "Compare", QAccessible.Role.PushButton),
        (panel.side, "Pixels", QAccessible.Role.ComboBox),
        (panel.picker, "Region to compare", QAccessible.Role.Client),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
    told = panel.sheet.index(1).data(Qt.ItemDataRole.AccessibleTextRole)
    assert told == "Sharp pictures, 2x, 1.5 s · 3.0 MB"


def test_cards_stay_small_where_scales_have_no_small_multiple(panel):
    region = Region(0, 0, 64, 64)
    assert panel.view.extent(region, [2, 3]).width() == 64 * 6
    assert panel.view.extent(region, [2, 3, 4]).width() == 64 * 4
    assert panel.view.extent(region, [8]).width() == 64 * 8


def test_it_begins_with_what_is_done_and_compares_recipes(panel, qtbot, picture, tmp_path):
    write_preset(
        tmp_path / "presets.toml", "soft", {"model": ["panet-sr-x2-lite"], "strength": 0.5}
    )
    choices = usual_choices().with_task("super-resolution", wanted=False)
    choices = choices.with_task("denoising", wanted=True).with_values(sigma=20.0, strength=0.8)
    shown = SimpleNamespace(source=picture, shown=pyramid(picture.image.pixels))
    panel.show_state(State(strip=Strip(usual=choices), usable=USABLE, opened=shown))
    qtbot.waitUntil(panel.go.isEnabled)
    assert panel.selection.task.currentData() == "denoising", "the step that is on"
    titles = [way.title for way in panel.selection.ways.ways]
    assert titles == ["Current settings", "Automatic", "Preset “soft”", "Even, synthetic noise"]
    for row in range(4):
        index, checked = panel.selection.ways.index(row), Qt.CheckState.Checked
        panel.selection.ways.setData(index, checked, Qt.ItemDataRole.CheckStateRole)
    run(panel, qtbot)
    samples = [card.sample for card in panel.sheet.cards]
    assert [sample.error for sample in samples] == [""] * 5
    current = restorer.restore_region(
        picture, list(choices.steps), panel.picker.region, settings=choices.settings
    )
    assert np.array_equal(samples[1].image.pixels, current.pixels)
    assert samples[3].scale == 2
    assert texts(panel)[1].startswith("✓ Current settings (in use)")
    chosen = []
    panel.recipe_adopted.connect(chosen.append)
    panel.view.activated.emit(panel.sheet.index(3))
    assert chosen[0].template.strength == 0.5
    assert [step.model for step in chosen[0].steps] == ["panet-sr-x2-lite"]
    panel.view.activated.emit(panel.sheet.index(2))
    assert chosen[1].automatic
