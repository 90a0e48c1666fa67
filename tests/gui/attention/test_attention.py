"""Seeing into the attention: the core's map_attention, painted, listed and picked."""

from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QAccessible

import restorer
from restorer import (
    AttentionLevel,
    AttentionMap,
    AttentionMatch,
    Image,
    Region,
    SettingsError,
    Source,
    map_attention,
)
from restorer.gui.attention.panel import AttentionPanel
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.convert import pyramid

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

USABLE = frozenset({"panet-sr-x2-lite", "panet-denoise-lite"})


def made_up(picture, model, at, *, sigma=None, jpeg_quality=None):
    """A look of two scales whose light lies in one corner each."""
    weights = np.zeros((2, 10, 10), np.float32)
    weights[0, 1, 1], weights[1, 8, 8] = 0.7, 0.3
    levels = (
        AttentionLevel(1.0, weights[0], 0.0, 0.0, (4.0, 4.0)),
        AttentionLevel(0.5, weights[1], 0.0, 0.0, (4.0, 4.0)),
    )
    matches = (
        AttentionMatch(0, 2.0, 2.0, 8.0, 8.0, 0.7),
        AttentionMatch(1, 28.0, 28.0, 12.0, 12.0, 0.3),
    )
    patch = (at[0] - 2.0, at[1] - 2.0, 4.0, 4.0)
    return AttentionMap(Region(0, 0, 40, 40), patch, levels, matches)


@pytest.fixture
def picture():
    return Source(Image(make_photograph(40, 40)))


@pytest.fixture
def panel(mount, picture):
    made = mount(AttentionPanel(), 330, 860)
    made.set_models(USABLE)
    made.set_picture(picture, pyramid(picture.image.pixels).levels[-1])
    return made


@pytest.fixture
def quick(monkeypatch):
    monkeypatch.setattr(restorer, "map_attention", made_up)


def mapped(panel, qtbot, row, column):
    with qtbot.waitSignal(panel.mapped):
        panel.look_at(row, column)


def rows(table):
    columns = range(table.columnCount())
    return [[table.index(row, c).data() for c in columns] for row in range(table.rowCount())]


def test_the_look_of_the_core_is_listed(panel, qtbot, picture):
    mapped(panel, qtbot, 20, 10)
    expected = map_attention(picture, panel.model.currentData(), (20, 10))
    found = panel.levels.attention
    assert len(found.levels) == len(expected.levels) > 1
    for mine, theirs in zip(found.levels, expected.levels, strict=True):
        assert np.allclose(mine.weights, theirs.weights)
    shares = [float(row[1].removesuffix(" %")) for row in rows(panel.levels)]
    assert shares[0] == 100
    assert sum(shares[1:]) == pytest.approx(100, abs=0.1 * len(shares))
    assert panel.matches.rowCount() == len(expected.matches)


def test_scales_and_patches_are_told_in_words(panel, qtbot, quick):
    mapped(panel, qtbot, 20, 10)
    assert rows(panel.levels) == [
        ["All scales", "100.0 %"],
        ["1.00 ×", "70.0 %"],
        ["2.00 ×", "30.0 %"],
    ]
    assert rows(panel.matches) == [["6, 6", "70.0 %", "1.00 ×"], ["34, 34", "30.0 %", "2.00 ×"]]
    assert panel.canvas.accessibleDescription() == (
        "Column 10, row 20: 2 scales, highest weight 70.0 %"
    )
    assert panel.message.isHidden()


def test_a_model_that_was_picked_here_stays_until_the_choices_change(panel, qtbot, quick, picture):
    opened = SimpleNamespace(colors=picture, shown=pyramid(picture.image.pixels))
    state = SimpleNamespace(choices=usual_choices(), usable=USABLE, opened=opened)
    panel.show_state(state)
    assert panel.model.currentData() == "panet-sr-x2-lite"
    panel.model.setCurrentIndex(panel.model.findData("panet-denoise-lite"))
    panel.show_state(state)
    assert panel.model.currentData() == "panet-denoise-lite"
    choices = usual_choices().with_task("super-resolution", wanted=False)
    panel.show_state(SimpleNamespace(**{**vars(state), "choices": choices}))
    assert panel.model.currentData() == "panet-denoise-lite"
    panel.show_state(state)
    assert panel.model.currentData() == "panet-sr-x2-lite"


def test_another_model_or_noise_level_is_looked_into_at_once(panel, qtbot, monkeypatch, picture):
    asked = []

    def noted(picture, model, at, **told):
        asked.append((model, told["sigma"]))
        return made_up(picture, model, at)

    monkeypatch.setattr(restorer, "map_attention", noted)
    opened = SimpleNamespace(colors=picture, shown=pyramid(picture.image.pixels))
    choices = usual_choices()
    state = SimpleNamespace(choices=choices, usable=USABLE, opened=opened)
    panel.show_state(state)
    mapped(panel, qtbot, 20, 10)
    denoise = choices.with_task("super-resolution", wanted=False)
    denoise = denoise.with_task("denoising", wanted=True)
    for changed in (denoise, denoise.with_values(sigma=9.0)):
        with qtbot.waitSignal(panel.mapped):
            panel.show_state(SimpleNamespace(**{**vars(state), "choices": changed}))
    assert asked == [
        ("panet-sr-x2-lite", None),
        ("panet-denoise-lite", None),
        ("panet-denoise-lite", 9.0),
    ]


def test_places_of_patches_lie_in_the_picture(panel, qtbot, monkeypatch):
    def beyond(picture, model, at, **told):
        found = made_up(picture, model, at)
        matches = (
            AttentionMatch(0, -9.0, 2.0, 8.0, 8.0, 0.7),
            AttentionMatch(0, 2.0, 38.0, 8.0, 8.0, 0.3),
        )
        return AttentionMap(found.region, found.patch, found.levels, matches)

    monkeypatch.setattr(restorer, "map_attention", beyond)
    mapped(panel, qtbot, 20, 10)
    assert [row[0] for row in rows(panel.matches)] == ["6, 0", "39, 6"]


def test_without_a_picture_it_says_what_to_do(mount):
    assert mount(AttentionPanel(), 330, 860).message.text().startswith("Open a picture")


def test_what_is_looked_at_glows_by_scale(panel, qtbot, quick):
    mapped(panel, qtbot, 20, 20)

    def corners():
        image = panel.canvas.grab().toImage()
        side = image.width()
        places = (side * 6 // 40, side * 34 // 40)
        return [image.pixelColor(place, place).red() for place in places]

    both = corners()
    panel.level_view.selectRow(1)
    first = corners()
    panel.level_view.selectRow(2)
    second = corners()
    assert first[0] == both[0]
    assert first[1] < both[1]
    assert second[0] < both[0]
    assert second[1] == both[1]


def test_patches_are_chosen_with_keys(panel, qtbot, quick):
    chosen = []
    panel.match_chosen.connect(chosen.append)
    mapped(panel, qtbot, 20, 20)
    before = panel.canvas.grab().toImage()
    panel.match_view.setFocus()
    qtbot.keyClick(panel.match_view, Qt.Key.Key_Down)
    qtbot.keyClick(panel.match_view, Qt.Key.Key_Down)
    assert chosen[-1] is panel.matches.attention.matches[1]
    assert panel.canvas.grab().toImage() != before


def test_another_pixel_is_picked_with_keys_and_pointer(panel, qtbot, quick):
    mapped(panel, qtbot, 20, 20)
    canvas = panel.canvas
    with qtbot.waitSignal(panel.mapped):
        qtbot.keyClick(canvas, Qt.Key.Key_Right)
    assert panel.levels.attention.patch[:2] == (18, 22)
    with qtbot.waitSignal(panel.mapped):
        qtbot.keyClick(canvas, Qt.Key.Key_Up, Qt.KeyboardModifier.ShiftModifier)
    assert panel.levels.attention.patch[:2] == (17, 22)
    with qtbot.waitSignal(panel.mapped):
        qtbot.mouseClick(canvas, Qt.MouseButton.LeftButton, pos=QPoint(1, 1))
    assert panel.levels.attention.patch[:2] == (-2, -2)
    with qtbot.waitSignal(panel.mapped):
        qtbot.keyClick(panel.overview, Qt.Key.Key_Down)
    assert panel.levels.attention.patch[0] > -2


def test_while_one_moves_only_the_last_pixel_is_looked_from(panel, qtbot, quick):
    asked = []
    panel.mapped.connect(asked.append)
    for column in range(30):
        panel.look_at(20, column)
    qtbot.waitUntil(lambda: bool(asked))
    qtbot.wait(200)
    assert len(asked) == 1
    assert asked[0].patch[1] == 27


def test_trouble_is_told(panel, qtbot, monkeypatch):
    def refused(*_, **__):
        raise SettingsError("x: its attention cannot be looked into")

    monkeypatch.setattr(restorer, "map_attention", refused)
    mapped(panel, qtbot, 20, 20)
    assert panel.message.text() == "x: its attention cannot be looked into."
    assert panel.canvas.isHidden()
    panel.set_models(frozenset())
    mapped(panel, qtbot, 20, 20)
    assert panel.message.text().startswith("None of the installed models")


def test_the_state_of_the_window_is_shown(mount, picture):
    panel = mount(AttentionPanel(), 330, 860)
    choices = usual_choices()
    shown = SimpleNamespace(colors=picture, shown=pyramid(picture.image.pixels))
    panel.show_state(SimpleNamespace(choices=choices, usable=USABLE, opened=shown))
    assert panel.model.currentData() == "panet-sr-x2-lite"
    denoise = choices.with_task("super-resolution", wanted=False).with_task(
        "denoising", wanted=True
    )
    panel.show_state(SimpleNamespace(choices=denoise, usable=USABLE, opened=shown))
    assert panel.model.currentData() == "panet-denoise-lite"
    panel.show_state(SimpleNamespace(choices=denoise, usable=USABLE, opened=None))
    assert panel.message.text() == "Open a picture to see which parts of it the network compares."


def test_everything_has_a_name_and_a_role_for_screen_readers(panel):
    for widget, name, role in (
        (panel.model, "Model", QAccessible.Role.ComboBox),
        (panel.overview, "Selected pixel", QAccessible.Role.Client),
        (panel.canvas, "Attention map", QAccessible.Role.Client),
        (panel.level_view, "Scales", QAccessible.Role.Table),
        (panel.match_view, "Patches with the highest weights", QAccessible.Role.Table),
    ):
        assert widget.accessibleName() == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
