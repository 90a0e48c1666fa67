"""The first minutes: samples, recent work, the batch that waits; manual and report."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QUrl
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

import restorer
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.documents import Document
from restorer.gui.shell.manual import FOLDER, PAGES, Manual, slug
from restorer.gui.shell.report import ProblemReport
from restorer.gui.shell.welcome import Welcome


@pytest.fixture
def welcome(mount, tmp_path):
    return mount(Welcome(QAction("Open"), tmp_path / "samples"))


def test_a_sample_is_a_picture_with_the_damage_that_its_name_says(welcome, tmp_path):
    opened = []
    welcome.opened.connect(opened.append)
    for button in welcome.findChildren(QToolButton):
        assert not button.icon().isNull()
        button.click()
    assert len(opened) == 3
    assert all(path.parent == tmp_path / "samples" for path in opened), "results lie beside it"
    found = {path.stem: {d.kind for d in restorer.diagnose(path).damages} for path in opened}
    assert found["night"] & {"camera-noise", "chroma-noise", "coarse-noise"}
    assert found["saved-often"] & {"jpeg", "resaved-jpeg"}


def test_recent_work_says_what_was_restored(welcome, make_picture, qtbot):
    done, new, gone = make_picture("a.png"), make_picture("b.png"), Path("gone.png")
    make_picture("a-restored.png")
    welcome.show_recent([done, new, gone, done.parent])
    buttons = [b for b in welcome.findChildren(QPushButton) if "\n" in b.text()]
    assert [b.text().split("\n") for b in buttons] == [
        ["a.png", "restored: a-restored.png"],
        ["b.png", "not restored yet"],
        [done.parent.name, str(done.parent.parent)],
    ]
    blank = buttons[0].icon().cacheKey()
    qtbot.waitUntil(lambda: buttons[0].icon().cacheKey() != blank)


def test_what_the_last_window_has_left_is_listed(welcome, make_picture, qtbot):
    asked = []
    welcome.continued.connect(lambda: asked.append(1))
    recipe = usual_choices()
    path = make_picture("a.png")
    waiting = Document(1, path, "a.png", recipe, stage="waiting")
    welcome.show_left_over([waiting, *(replace(waiting, stage="idle") for _ in range(6))])
    buttons = [b for b in welcome.findChildren(QPushButton) if "\n" in b.text()]
    assert [b.text() for b in buttons] == [
        "a.png\nwaits to be restored",
        *["a.png\nrestored, not saved"] * 3,
    ]
    assert any(label.text() == "… and 3 more" for label in welcome.findChildren(QLabel))
    blank = buttons[0].icon().cacheKey()
    qtbot.waitUntil(lambda: buttons[0].icon().cacheKey() != blank)
    buttons[1].click()
    next(b for b in welcome.findChildren(QPushButton) if b.text() == "Continue").click()
    assert asked == [1, 1]
    welcome.show_left_over([])
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)
    assert not [b for b in welcome.findChildren(QPushButton) if "\n" in b.text()]


def test_formats_that_cannot_be_opened_say_which_extra_brings_them(monkeypatch, mount, tmp_path):
    strange = restorer.Format("Strange", (".st",), reader="x:y", extra="strange", module="no_such")
    monkeypatch.setitem(restorer.FORMATS, "strange", strange)
    made = mount(Welcome(QAction("Open"), tmp_path))
    assert "Strange: install restorer[strange]" in made.formats.text()
    assert any("Strange" in label.text() for label in made.findChildren(QLabel))


@pytest.mark.skipif(not FOLDER.is_dir(), reason="the manual is copied into wheels only")
def test_the_manual_shows_every_page_and_follows_links(mount):
    manual = mount(Manual(), 900, 600)
    for number, name in enumerate(PAGES):
        manual.pages.setCurrentRow(number)
        title = re.search(r"^# (.+)$", (FOLDER / name).read_text("utf-8"), re.MULTILINE)
        assert manual.text.toPlainText().startswith(title[1])
        assert manual.text.toPlainText().count(f"\n{title[1]}\n") == 0  # shown once
    manual.text.anchorClicked.emit(QUrl("files.md#camera-raw"))
    assert slug("Camera RAW") == "camera-raw"
    assert "File formats" in manual.text.toPlainText()
    assert manual.text.verticalScrollBar().value() > 0
    for link, title in (
        ("choose.md", "Which task for my picture?"),
        ("tutorials/raw.md", "Tutorial: camera RAW"),
        ("../files.md#camera-raw", "File formats"),
    ):
        manual.text.anchorClicked.emit(QUrl(link))
        assert title in manual.text.toPlainText()
    manual.text.anchorClicked.emit(QUrl("nothing.md"))
    assert "not installed" in manual.text.toPlainText()


def test_a_report_holds_what_the_doctor_says_and_is_copied(mount, qtbot, monkeypatch):
    monkeypatch.setattr("restorer.gui.shell.report._PROGRAM", ("-m", "restorer", "--version"))
    report = mount(ProblemReport())
    qtbot.waitUntil(lambda: report.bar.isHidden())
    assert restorer.__version__ in report.text.toPlainText()
    report.copy.click()
    assert QGuiApplication.clipboard().text() == report.text.toPlainText()
