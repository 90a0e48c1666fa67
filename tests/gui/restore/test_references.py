"""The list of references: put in order, emptied by keys, and told what it cannot take."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent

from restorer import ReferenceMaps, ReferenceRank
from restorer.gui.canvas.film_strip import SIDE
from restorer.gui.restore import references
from restorer.gui.restore.references import References
from restorer.gui.session.state import State

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def panel(mount):
    made = mount(References(), 260, 300)

    def take(paths):
        state = State()
        choices = state.choices.with_changes(references=paths)
        made.show_state(replace(state, strip=state.strip.asked(choices)))

    made.chosen.connect(take)
    return made


@pytest.fixture
def paths(make_picture):
    sizes = {"wide.png": (30, 90), "tall.png": (90, 30), "square.png": (50, 50)}
    return [make_picture(name, *size) for name, size in sizes.items()]


def test_thumbnails_have_places_of_one_size_in_one_row(panel, paths):
    panel.add_paths(paths)
    places = [panel.list.visualRect(panel.items.index(n)) for n in range(3)]
    assert {(place.top(), place.width(), place.height()) for place in places} == {
        (places[0].top(), SIDE + 12, SIDE + 12)
    }
    assert places[0].height() <= panel.list.viewport().height()


def test_keys_take_one_after_the_other_out(panel, qtbot, paths):
    panel.add_paths(paths)
    panel.list.setFocus()
    panel.list.setCurrentIndex(panel.items.index(1))
    for left in (["wide.png", "square.png"], ["wide.png"], []):
        qtbot.keyClick(panel.list, Qt.Key.Key_Delete)
        assert [path.name for path in panel.items.files] == left


def test_what_is_no_picture_is_told(panel, paths, tmp_path):
    notes = tmp_path / "notes.txt"
    notes.write_text("words")
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(path)) for path in (notes, paths[0])])
    actions = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    left, plain = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier
    event = QDropEvent(QPoint(5, 5), actions, data, left, plain)
    panel.dropEvent(event)
    assert event.dropAction() is Qt.DropAction.CopyAction
    assert [path.name for path in panel.items.files] == ["wide.png"]
    assert panel.error.text() == "Not a picture: notes.txt"
    panel.add_paths(paths)
    assert panel.error.isHidden()


def test_references_that_others_made_needless_are_told(panel, make_picture):
    paths = tuple(make_picture(f"{n}.png") for n in "abcde")
    rank = ReferenceRank(0, "b.png", used=True, share=0.4, matches=9)
    maps = ReferenceMaps(
        confidence=np.ones((1, 1), np.float32),
        source=np.zeros((1, 1), np.int16),
        places=np.zeros((1, 1, 2), np.float32),
        sizes=((1, 1),),
        ranking=(rank,),
    )
    state = State()
    choices = state.choices.with_changes(references=paths)
    panel.show_state(replace(state, strip=state.strip.asked(choices), maps=maps))
    text = panel.ranks.text()
    assert "b.png: 40 % of the fine texture" in text
    assert text.count("not used") == 4


def test_pictures_are_looked_for_beside_the_last_or_the_open_one(panel, monkeypatch, tmp_path):
    asked = []

    def ask(parent, title, folder, kinds):
        asked.append(folder)
        return [], ""

    monkeypatch.setattr(references.QFileDialog, "getOpenFileNames", ask)
    panel.add.click()
    opened = SimpleNamespace(path=tmp_path / "open" / "a.png")
    state = replace(State(), opened=opened)
    panel.show_state(state)
    panel.add.click()
    choices = state.choices.with_changes(references=(tmp_path / "sharp" / "b.png",))
    panel.show_state(replace(state, strip=state.strip.asked(choices)))
    panel.add.click()
    assert asked == ["", str(tmp_path / "open"), str(tmp_path / "sharp")]


def test_screen_readers_get_what_came_from_where(panel):
    panel.ranks.setText("a.png: 46 %")
    for label in (panel.ranks, panel.source.text):
        told = QAccessible.queryAccessibleInterface(label).text(QAccessible.Text.Name)
        assert told == label.text()
