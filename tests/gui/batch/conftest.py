"""A batch page, and files for it."""

import pytest
from batch_page import DENOISE, choose, picture

from restorer.gui.batch.page import BatchPage
from restorer.gui.session.session import Session


@pytest.fixture
def source(tmp_path):
    """Pictures in two folders, two broken ones, one file of junk."""
    folder = tmp_path / "in"
    for name in ("a.png", "b.png", "sub/Grüße 写真.png"):
        picture(folder / name)
    (folder / "cut.png").write_bytes((folder / "a.png").read_bytes()[:200])
    (folder / "empty.jpg").touch()
    (folder / "notes.txt").write_text("words")
    return folder


@pytest.fixture
def windows(qtbot, mount, tmp_path):
    """Open a page with a session of its own, which keeps its queue."""
    made = []

    def open_one(kept=tmp_path / "kept"):
        made.append(Session(folder=kept))
        page = mount(BatchPage(made[-1]))
        qtbot.waitUntil(lambda: not made[-1].keeper.busy)
        return page

    yield open_one
    for session in made:
        session._shelf.base = None  # nothing is kept
        session.give_up()
        assert session.close(30), "a thread did not end"
        session.deleteLater()


@pytest.fixture
def panel(windows, tmp_path):
    made = windows()
    made.sources.folder.setText(str(tmp_path / "out"))
    choose(made, DENOISE)
    return made
