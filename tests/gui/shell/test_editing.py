"""The window as the editor of another program."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from pytestqt.qtbot import QtBot

from restorer import Image, read, write
from restorer.gui import app
from restorer.gui.shell.closing import Closing
from restorer.gui.window import MainWindow

from helpers import make_photograph


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    path = tmp_path / "handed over" / "copy.tif"
    write(Image(make_photograph(32, 40).astype(np.uint16) * 257), path)
    return path


def restored(window: MainWindow, copy: Path, qtbot: QtBot) -> None:
    editing = window.edit(copy)
    assert not editing.replaced
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.session.run()
    qtbot.waitUntil(lambda: window.session.state.saveable is not None)


def test_save_replaces_the_copy_and_closes_the_window(
    window: MainWindow, copy: Path, qtbot: QtBot
) -> None:
    before = copy.read_bytes()
    restored(window, copy, qtbot)
    assert copy.read_bytes() == before, "not before Save"
    window.picture.panel.area.save_button.click()
    qtbot.waitUntil(lambda: not window.isVisible())
    assert copy.read_bytes() != before
    assert read(copy).pixels.dtype == np.uint16
    assert [path.name for path in copy.parent.iterdir()] == ["copy.tif"]


def test_saving_at_the_question_replaces_the_copy(
    window: MainWindow, copy: Path, qtbot: QtBot
) -> None:
    before = copy.read_bytes()
    restored(window, copy, qtbot)
    window.close()
    qtbot.waitUntil(lambda: bool(window.findChildren(Closing)))
    (question,) = window.findChildren(Closing)
    question.answered.emit("save")
    qtbot.waitUntil(lambda: not window.isVisible())
    assert copy.read_bytes() != before
    assert [path.name for path in copy.parent.iterdir()] == ["copy.tif"]


@pytest.mark.parametrize("replaced", [False, True])
def test_the_exit_code_says_whether_the_copy_was_replaced(
    copy: Path, replaced: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Editing:
        pass

    class Window:
        def edit(self, path: Path) -> Editing:
            assert path == copy
            made = Editing()
            made.replaced = replaced  # type: ignore[attr-defined]
            return made

    def run(begin: object, folder: Path | None) -> int:
        assert folder is None, "nothing is offered at the next start"
        begin(Window())  # type: ignore[operator]
        return 0

    monkeypatch.setattr(app, "_run", run)
    assert app.edit(copy) == int(not replaced)
