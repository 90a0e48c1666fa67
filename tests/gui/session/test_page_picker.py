"""Files of several pages in the window."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PySide6.QtCore import Qt

import restorer
from restorer import Frame, Image, Job, Metadata, Result, Step
from restorer.gui.canvas.document_model import REMARK, STATE, DocumentModel
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.documents import Saved
from restorer.gui.session.jobs import waiting_document
from restorer.gui.session.session import Session

from helpers import make_photograph


@pytest.fixture
def many(tmp_path: Path) -> Path:
    path = tmp_path / "many.tif"
    pages = [make_photograph(24 + 8 * number, 32) for number in range(3)]
    restorer.write_pages(map(Image, pages), path)
    return path


def test_a_page_is_chosen_restored_and_saved(window: Any, qtbot: Any, many: Path) -> None:
    window.show()
    session = window.session
    session.opener.open([many])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert window.picture.picker.isVisible()
    assert window.picture.picker.number.text() == "Page 1"
    assert not window.actions_["sheet-previous"].isEnabled()
    window.actions_["sheet-next"].trigger()
    qtbot.waitUntil(lambda: session.state.opened is not None and session.state.opened.page == 1)
    assert session.state.opened.size == (32, 32)
    window.picture.picker.number.setValue(3)
    qtbot.waitUntil(lambda: session.state.opened is not None and session.state.opened.page == 2)
    assert not window.actions_["sheet-next"].isEnabled()
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    target = many.with_name("third.png")
    session.saving.save(target)
    qtbot.waitUntil(lambda: session.state.saved == target)
    assert "2 other pages" in session.state.message.text
    made = restorer.read_provenance(target)
    assert made.settings.pages == "3"
    assert restorer.replay_result(target, source=many).same
    page = [*restorer.read_pages(many)][2]
    expected = restorer.restore(page, made.steps[0])
    np.testing.assert_array_equal(restorer.read(target).pixels, expected.pixels)
    assert "--pages 3" in session.state.choices.of_page(2, 3).command(many)


def test_a_result_that_lacks_pages_is_called_incomplete(qapp: Any, tmp_path: Path) -> None:
    job = Job(tmp_path / "a.tif", tmp_path / "b.tif", (Step("panet-denoise-lite"),))
    lost = "left out: page 2: damaged"
    result = Result("done", job.target, notes=(lost,), pages=2, missing=(2,))
    session = Session()
    model = DocumentModel(session)
    recipe = usual_choices()
    document = replace(
        waiting_document(job, recipe), stage="idle", ended=result, saved=Saved(job.target, recipe)
    )
    session._store.set(strip=session.state.strip.with_added([document]))
    assert model.index(0, STATE).data() == "Incomplete"
    assert model.index(0, REMARK).data() == lost
    assert model.index(0, STATE).data(Qt.ItemDataRole.BackgroundRole) is not None
    assert model.close()
    assert session.close(30)
    session.deleteLater()


def test_frames_are_called_so_and_one_picture_has_no_picker(
    window: Any, qtbot: Any, tmp_path: Path
) -> None:
    window.show()
    frames = [Image(make_photograph(16, 20), Metadata(frame=Frame(40))) for _ in range(2)]
    restorer.write_pages(frames, tmp_path / "a.webp")
    restorer.write(frames[0], tmp_path / "b.png")
    session = window.session
    session.opener.open([tmp_path / "a.webp"])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert window.picture.picker.number.text() == "Frame 1"
    session.opener.open([tmp_path / "b.png"])
    qtbot.waitUntil(lambda: session.state.opened is not None and session.state.opened.pages == 1)
    assert not window.picture.picker.isVisible()
