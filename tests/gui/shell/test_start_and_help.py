"""The first minutes: samples, recent work, the batch that waits; manual and report."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PySide6.QtCore import QUrl
from PySide6.QtGui import QAction, QGuiApplication
from PySide6.QtWidgets import QLabel, QPushButton, QToolButton

import restorer
from restorer import Job, Step
from restorer.gui.batch.store import QUEUE_FOLDER, QueueStore, waiting_files
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


def test_a_batch_that_waits_is_offered(welcome, tmp_path):
    jobs = [Job(tmp_path / f"{n}.png", tmp_path / f"{n}-x.png", (Step("auto"),)) for n in "ab"]
    QueueStore(tmp_path / QUEUE_FOLDER).save(jobs)
    welcome.show_waiting(waiting_files(tmp_path))
    assert welcome.waiting.text() == "Continue: 2 files wait in the batch"
    asked = []
    welcome.continued.connect(lambda: asked.append(1))
    welcome.waiting.click()
    assert asked
    (tmp_path / QUEUE_FOLDER / "queue.json").write_text("damaged")
    assert waiting_files(tmp_path) == 0
    assert (tmp_path / QUEUE_FOLDER / "queue.json").exists(), "the page of the queue tells of it"


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
