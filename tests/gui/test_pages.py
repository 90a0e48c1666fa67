"""A page of the window is one row of the table."""

import sys
from pathlib import Path
from types import ModuleType

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QLabel, QMenu, QToolButton

import restorer.gui
from restorer import Job
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.jobs import waiting_document
from restorer.gui.session.session import Session
from restorer.gui.shell.pages import PAGES, Page
from restorer.gui.window import MainWindow

ROW = Page("dummy", "D&ummy", "run", "Alt+5", "Show a dummy", "dummy_page:make_page")


@pytest.fixture
def window(qtbot, preferences, monkeypatch):
    module = ModuleType("dummy_page")
    module.make_page = lambda session, folder: QLabel("the dummy")
    monkeypatch.setitem(sys.modules, "dummy_page", module)
    window = MainWindow(Session(), preferences, (*PAGES, ROW))
    window.show()
    yield window
    window.close()
    window.deleteLater()


def test_one_row_puts_a_page_into_menu_top_bar_help_and_stack(window):
    action = window.actions_["page-dummy"]
    assert action.toolTip() == "Show a dummy (Alt+5)"
    assert not action.icon().isNull()
    assert any(action in menu.actions() for menu in window.menuBar().findChildren(QMenu))
    assert any(b.defaultAction() is action for b in window.bar.findChildren(QToolButton))
    assert any(label.text() == "Dummy" for label in window.keys.findChildren(QLabel))
    pages = window.pages.count()
    QTest.keyClick(window, Qt.Key.Key_5, Qt.KeyboardModifier.AltModifier)
    assert window.pages.currentWidget().text() == "the dummy"
    assert window.pages.count() == pages + 1, "it is created when it is first opened"
    assert action.isChecked()
    assert not window.bar.tools.isVisible()
    QTest.keyClick(window, Qt.Key.Key_1, Qt.KeyboardModifier.AltModifier)
    assert window.pages.count() == pages + 1
    assert window.bar.tools.isVisible()


def test_pictures_that_wait_are_counted_before_the_page_is_opened(window, make_picture):
    session, action = window.session, window.actions_["page-queue"]
    recipe = usual_choices()
    job = Job(make_picture("a.png"), Path("out/a.png"), recipe.steps)
    session._store.set(strip=session.state.strip.with_added([waiting_document(job, recipe)]))
    assert action.text() == "&Batch (1)"
    session.opener.remove([session.state.documents[0].id])
    assert action.text() == "&Batch"


def test_rows_differ_and_have_icons():
    for values in zip(*((p.id, p.title, p.shortcut, p.help) for p in PAGES), strict=True):
        assert len(set(values)) == len(PAGES)
    for page in PAGES:
        assert (Path(restorer.gui.__file__).parent / "icons" / f"{page.icon}.svg").is_file()


def test_no_other_module_of_the_shell_names_a_page():
    """The picture apart, which is always there, and the queue, which takes the open files."""
    shell = Path(restorer.gui.__file__).parent / "shell"
    for path in shell.glob("*.py"):
        for page in PAGES:
            assert f'"page-{page.id}"' not in path.read_text("utf-8"), path.name
