"""What screen readers are told: results, the names of combo boxes, pictures."""

import pytest
from PySide6.QtGui import QAccessible
from PySide6.QtWidgets import QComboBox, QLabel, QWidget

from restorer.gui.widgets import accessibility as spoken
from restorer.gui.widgets.region_picker import RegionPicker

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def said(monkeypatch):
    """What is read out."""
    heard = []
    listener = type("Listener", (), {"isActive": lambda: True})
    listener.updateAccessibility = lambda event: heard.append(event.message())
    monkeypatch.setattr(spoken, "QAccessible", listener)
    return heard


def test_notices_are_read_out_once_and_hidden_when_there_is_nothing_to_say(mount, said):
    notice = mount(spoken.Notice())
    for text in ("saved", "saved", "", "saved"):
        notice.tell(text)
        assert notice.isHidden() is not bool(text)
    assert said == ["saved", "saved"]
    notice.hide()
    spoken.announce(notice, "nobody sees it")
    assert said == ["saved", "saved"]


def test_combo_boxes_without_a_label_tell_their_names(mount):
    panel = QWidget()
    labeled, bare = QComboBox(panel), QComboBox(panel)
    QLabel("Depth", panel).setBuddy(labeled)
    bare.setAccessibleName("Task")
    mount(panel)
    spoken.name_combos(panel)
    assert bare.accessibleDescription() == "Task"
    assert not labeled.accessibleDescription()


def test_every_combo_box_of_the_window_has_a_name_for_screen_readers(window):
    for page in ("sheet", "queue", "models"):
        window.pages.page(page)
    for combo in window.findChildren(QComboBox):
        told = QAccessible.queryAccessibleInterface(combo)
        named = combo.accessibleName() in told.text(QAccessible.Text.Description)
        assert told.relations() or (named and combo.accessibleName())


def test_painted_pictures_are_pictures(mount):
    picker = mount(RegionPicker())
    made = spoken._interface("RegionPicker", picker)
    assert made.role() is QAccessible.Role.Graphic
    assert made.text(QAccessible.Text.Name) == "Region to compare"
    assert spoken._interface("QWidget", picker) is None


def test_no_label_hides_what_it_says_behind_its_name(window):
    for page in ("sheet", "queue", "models"):
        window.pages.page(page)
    names = [label.accessibleName() for label in window.findChildren(QLabel)]
    assert not any(names), names


def test_the_painted_widgets_that_are_named_exist():
    import ast
    from pathlib import Path

    import restorer.gui
    from restorer.gui.widgets.accessibility import _PICTURES

    trees = [
        ast.parse(p.read_text("utf-8")) for p in Path(restorer.gui.__file__).parent.rglob("*.py")
    ]
    classes = {n.name for tree in trees for n in ast.walk(tree) if isinstance(n, ast.ClassDef)}
    assert set(_PICTURES) <= classes
