"""The window's results on their way to other programs."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
from PySide6.QtCore import QPoint, Qt
from PySide6.QtGui import QDrag, QIcon
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QSystemTrayIcon, QWidget

import restorer
from restorer.gui.export import desktop, drag_out
from restorer.gui.export import run as export_run
from restorer.gui.shell import results
from restorer.gui.shell.closing import Closing
from restorer.gui.shell.results import LongWork


def restored(window, qtbot, paths: list[Path]) -> None:
    """Open pictures, and restore and select all of them."""
    window.files.open(paths)
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    state = window.session.state
    window.session.select([each.id for each in state.documents])
    window.session.run()
    documents = lambda: window.session.state.documents  # noqa: E731  short
    qtbot.waitUntil(lambda: all(each.has_result for each in documents()))
    qtbot.waitUntil(lambda: not window.session.at_work)


def test_the_selected_results_are_exported_by_keys(window, qtbot, make_picture, tmp_path):
    restored(window, qtbot, [make_picture("a.png", 12, 16), make_picture("b.png", 12, 16)])
    QTest.keyClick(window, Qt.Key.Key_E, Qt.KeyboardModifier.ControlModifier)
    dialog = window.results._dialog
    assert dialog.isVisible()
    assert dialog.title.text() == "2 pictures"
    assert dialog.folder.text() == str(tmp_path)
    dialog.folder.setText(str(tmp_path / "web"))
    dialog.file.fields["long_edge"].setValue(20)
    with qtbot.waitSignal(dialog.exported):
        QTest.keyClick(dialog, Qt.Key.Key_Return)
    found = [restorer.probe(tmp_path / "web" / f"{name}-restored.png") for name in "ab"]
    assert [(each.width, each.height) for each in found] == [(20, 15), (20, 15)]
    assert [each.badge for each in window.session.state.documents] == ["saved", "saved"]
    assert "Exported: 2." in window.session.state.message.text
    assert str(tmp_path / "web") in window.preferences.text("export")


def test_closing_while_an_export_runs_asks(window, qtbot, make_picture, tmp_path, monkeypatch):
    restored(window, qtbot, [make_picture("a.png", 12, 16), make_picture("b.png", 12, 16)])
    window.session.saving.save_beside(window.session.state.documents)
    qtbot.waitUntil(lambda: not window.session.state.strip.unsaved)
    write, begun, go = export_run.results.save, threading.Event(), threading.Event()

    def save(*args, **options):
        begun.set()
        go.wait(30)
        return write(*args, **options)

    monkeypatch.setattr(export_run.results, "save", save)
    window.actions_["export"].trigger()
    dialog = window.results._dialog
    dialog.folder.setText(str(tmp_path / "web"))
    dialog.start.click()
    qtbot.waitUntil(begun.is_set)
    assert not window.close()
    (question,) = window.findChildren(Closing)
    texts = [question.list.item(number).text() for number in range(question.list.count())]
    assert texts == ["Export - files are being written"]
    assert question.save.text() == "&Stop"
    assert question.discard.isHidden()
    question.cancel.click()
    assert window.isVisible()
    assert not window.close()
    go.set()
    window.findChildren(Closing)[-1].save.click()
    assert window.isHidden()
    assert [path.name for path in (tmp_path / "web").iterdir()] == ["a-restored.png"]


@pytest.mark.parametrize("handle", ["button", "strip"])
def test_a_result_is_dragged_out_as_a_file(handle, window, qtbot, make_picture, monkeypatch):
    restored(window, qtbot, [make_picture("a.png", 12, 16)])
    dragged: list[list[Path]] = []

    def take(drag: QDrag, action: Qt.DropAction) -> Qt.DropAction:
        assert action == Qt.DropAction.CopyAction
        dragged.append([Path(url.toLocalFile()) for url in drag.mimeData().urls()])
        return action

    monkeypatch.setattr(QDrag, "exec", take)
    monkeypatch.setattr(drag_out.QGuiApplication, "mouseButtons", lambda: Qt.MouseButton.LeftButton)
    widget, place = window.picture.panel.area.save_button, QPoint(5, 5)
    if handle == "strip":
        strip = window.picture.strip
        widget, place = strip.viewport(), strip.visualRect(strip.model().index(0, 0)).center()
    QTest.mousePress(widget, Qt.MouseButton.LeftButton, pos=place)
    QTest.mouseMove(widget, place + QPoint(40, 5))
    qtbot.waitUntil(lambda: bool(dragged))
    ((path,),) = dragged
    assert path.name == "a-restored.png"
    assert restorer.probe(path).width == 32
    window.results.close()
    assert not path.exists()


def test_commands_show_and_open_the_saved_file(window, qtbot, make_picture, monkeypatch, tmp_path):
    calls: list[tuple[str, Path]] = []
    for name in ("show_in_folder", "open_file"):
        monkeypatch.setattr(
            desktop, name, lambda path, name=name: calls.append((name, path)) or True
        )
    source = make_picture("a.png", 12, 16)
    restored(window, qtbot, [source])
    do = window.actions_
    assert not do["open-saved"].isEnabled()
    do["show-in-folder"].trigger()
    window.session.saving.save(tmp_path / "saved.png")
    qtbot.waitUntil(lambda: do["open-saved"].isEnabled())
    do["show-in-folder"].trigger()
    do["open-saved"].trigger()
    saved = tmp_path / "saved.png"
    assert calls == [("show_in_folder", source), ("show_in_folder", saved), ("open_file", saved)]


@pytest.mark.parametrize(
    ("seconds", "wanted", "active", "told"),
    [(21, True, False, 1), (19, True, False, 0), (21, False, False, 0), (21, True, True, 0)],
)
def test_the_end_of_long_work_is_told_elsewhere(qtbot, monkeypatch, seconds, wanted, active, told):
    said: list[str] = []
    monkeypatch.setattr(desktop, "notify", lambda title, text, icon: said.append(text))
    monkeypatch.setattr(QWidget, "isActiveWindow", lambda _: active)
    now, busy = [0.0], [True]
    monkeypatch.setattr(results.time, "monotonic", lambda: now[0])
    widget = QWidget()
    work = LongWork(widget, lambda: busy[0], lambda: wanted)
    work.check()
    now[0] = seconds
    work.check()
    assert not said
    busy[0] = False
    for _ in range(2):
        work.check()
    assert len(said) == told
    widget.deleteLater()


def test_a_desktop_without_services_is_no_error(qapp, monkeypatch, tmp_path):
    monkeypatch.delenv("DBUS_SESSION_BUS_ADDRESS", raising=False)
    monkeypatch.setattr(QSystemTrayIcon, "isSystemTrayAvailable", staticmethod(lambda: False))
    monkeypatch.setattr(desktop, "open_file", lambda path: path == tmp_path)
    assert not desktop.notify("restorer", "ready", QIcon())
    assert desktop.show_in_folder(tmp_path / "a.png")
