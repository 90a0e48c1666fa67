"""Files come by dialogs, the clipboard and drag and drop."""

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPointF, Qt, QUrl
from PySide6.QtGui import QDropEvent, QGuiApplication, QImage
from PySide6.QtWidgets import (
    QFileDialog,
    QWidget,
)

import restorer
import restorer.gui
from restorer import read
from restorer.gui import app
from restorer.gui.details.ground_truth import GroundTruthPanel
from restorer.gui.restore.controls import Output
from restorer.gui.session.convert import thumbnail

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


def drop(target: QWidget, data: QMimeData) -> QDropEvent:
    both = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    shift = Qt.KeyboardModifier.ShiftModifier
    event = QDropEvent(QPointF(10, 10), both, data, LEFT, shift)
    assert event.proposedAction() is Qt.DropAction.MoveAction, "as file managers do"
    target.dropEvent(event)
    return event


@pytest.fixture(params=["window", "truth"])
def target(request, window):
    return window if request.param == "window" else window.findChild(GroundTruthPanel)


def test_the_reason_stands_in_place_of_a_picture_that_cannot_be_opened(
    window, qtbot, make_picture, tmp_path
):
    good, bad, page = make_picture("b.png"), tmp_path / "a.tif", window.picture
    bad.write_text("words")
    window.files.open([bad, good])
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.unread)
    assert page.unread.title.text() == "a.tif cannot be opened"
    assert page.unread.reason.text() == "Is a text file named .tif; choose a picture."
    window.actions_["next"].trigger()
    qtbot.waitUntil(lambda: window.session.state.picture is not None)
    assert page.stage.currentWidget() is page.compare
    window.actions_["previous"].trigger()
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.unread)
    window.session.opener.remove([each.id for each in window.session.state.documents])
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.welcome)


def test_pictures_are_pasted(qtbot, window, noise):
    image = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    QGuiApplication.clipboard().setImage(image)
    window.actions_["paste"].trigger()
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert np.array_equal(window.session.state.opened.image.pixels, noise)
    assert not window.actions_["copy-command"].isEnabled()
    QGuiApplication.clipboard().setText("words")
    window.actions_["paste"].trigger()
    assert "no picture" in window.session.state.message.text


def test_files_are_dropped(qtbot, window, make_picture):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make_picture("a.png")))])
    actions, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(10, 10), actions, data, left, none))
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert window.windowTitle() == "a.png - restorer"


def test_files_are_opened_and_saved_by_dialogs(qtbot, window, make_picture, monkeypatch, tmp_path):
    source, target = make_picture("a.png"), tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(source)], ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.actions_["open"].trigger()
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.picture.panel.area.run_button.click()
    qtbot.waitUntil(lambda: window.picture.panel.area.save_button.isEnabled())
    window.picture.panel.area.save_button.click()
    qtbot.waitUntil(lambda: window.session.state.saved is not None)
    assert read(tmp_path / "out.png").width == 160
    assert window.preferences.recent[0] == source
    assert [a.data() for a in window.menus.recent.actions()] == [source]


def test_dialogs_take_formats_as_the_table_says(qtbot, window, monkeypatch):
    readable = restorer.Format("Read", (".rd",), "no:sniff", reader="no:reader")
    writable = restorer.Format("Written", (".wr",), "no:sniff", writer="no:writer")
    monkeypatch.setitem(restorer.FORMATS, "read", readable)
    monkeypatch.setitem(restorer.FORMATS, "written", writable)
    filters = []

    def ask(*arguments):
        filters.append(arguments[3])
        return [], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", ask)
    window.actions_["open"].trigger()
    assert "*.rd" in filters[0].replace(")", " ").split()
    assert "*.wr" not in filters[0]
    output = Output()
    qtbot.addWidget(output)
    names = [output.format.itemText(i) for i in range(output.format.count())]
    assert "Written" in names
    assert "Read" not in names


def test_what_does_not_exist_is_not_remembered(qtbot, window, tmp_path):
    window.files.open([tmp_path / "gone.png"])
    qtbot.waitUntil(lambda: bool(window.session.state.unread))
    assert window.preferences.recent == []


def test_what_is_dropped_is_copied_never_moved(qtbot, window, target, make_picture):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make_picture("a.png")))])
    event = drop(target, data)
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction
    truth = window.picture.panel.details.ground_truth
    qtbot.waitUntil(lambda: bool(window.session.state.opened or truth.ground_truth))


def test_a_picture_is_dropped_from_a_browser(qtbot, window, noise):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.jpg")])
    drop(window, data)
    assert "Save it as a file" in window.session.state.message.text
    data.setImageData(QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888))
    drop(window, data)
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert np.array_equal(window.session.state.opened.image.pixels, noise)
    assert window.windowTitle() == "Dropped picture - restorer"


def test_a_pasted_picture_stands_beside_the_files(qtbot, opened, noise):
    image = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    opened.session.opener.paste(image, "Pasted picture")
    qtbot.waitUntil(lambda: opened.windowTitle().startswith("Pasted"))
    assert "3 / 3" in opened.status.facts.text()
    opened.picture.strip.setCurrentIndex(
        opened.picture.strip.items.index(0, 0)
    )  # a click leads back
    qtbot.waitUntil(lambda: opened.windowTitle().startswith("a.png"))
    assert "1 / 3" in opened.status.facts.text()


def test_broken_files_leave_the_terminal_alone(qtlog, make_picture):
    path = make_picture("a.jpg", 400, 400)
    path.write_bytes(path.read_bytes()[:-2000])
    app.silence_image_readers()
    thumbnail(path, 72)
    assert not [record for record in qtlog.records if "JPEG" in record.message]
