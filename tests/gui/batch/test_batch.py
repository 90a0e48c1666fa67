"""The batch page: the list of pictures as a table, with pause, cancel, retry and tomorrow."""

import itertools
import json
import os
import signal
import subprocess
import sys
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, Qt, QTimer, QUrl
from PySide6.QtGui import QAccessible, QColor, QDropEvent, QImage
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

import restorer.inference.loading
from restorer import (
    Finished,
    Image,
    Job,
    Progress,
    Result,
    Settings,
    Started,
    Step,
    read,
    write,
)
from restorer.cli.group import cli
from restorer.gui.batch.page import BatchPage
from restorer.gui.canvas.document_model import NAME, PROGRESS, REMARK, STATE, stretches
from restorer.gui.session import pace as pace_module
from restorer.gui.session.choices import automatic_choices, usual_choices
from restorer.gui.session.documents import Document
from restorer.gui.session.jobs import Output, document_of, plan_documents, waiting_document
from restorer.gui.session.queue_store import QueueStore
from restorer.gui.session.runner import BatchUpdate, Runner
from restorer.gui.session.session import Session
from restorer.gui.session.shelf import adopt_former_queue
from restorer.gui.widgets.theme import colors_of

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")

DENOISE = usual_choices().with_task("super-resolution", wanted=False)
DENOISE = DENOISE.with_task("denoising", wanted=True)
LONG = DENOISE.with_values(tile=48)  # of a large picture: many tiles


def picture(path, height=24, width=32):
    path.parent.mkdir(parents=True, exist_ok=True)
    write(Image(make_photograph(height, width)), path)
    return path


def tree(folder):
    files = ((p, p.relative_to(folder)) for p in folder.rglob("*.*") if p.is_file())
    return {name.as_posix(): p.read_bytes() for p, name in files if name.parts[0] != ".restorer"}


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


def choose(panel, choices):
    """Set the settings of new pictures."""
    panel.session.recipes.choose(choices)


def documents(panel):
    return panel.session.state.documents


def jobs(panel):
    return [each.job for each in documents(panel)]


def states(panel):
    """The badges of all rows; those that say what may be done do not count."""
    return [each.badge if each.is_busy or each.ended else "" for each in documents(panel)]


def ids(panel, *numbers):
    return [documents(panel)[number].id for number in numbers]


def planned(panel, qtbot):
    plans, keeper = panel.session.plans, panel.session.keeper
    qtbot.waitUntil(lambda: not plans.busy and not keeper.busy)


def add(panel, qtbot, *paths):
    panel.take_files(list(paths))
    planned(panel, qtbot)


def running(panel):
    return panel.session.state.filing.running


def run(panel, qtbot):
    panel.start.click()
    planned(panel, qtbot)
    qtbot.waitUntil(lambda: not running(panel))
    planned(panel, qtbot)


def part(panel):
    return sum(each.part for each in panel.session.state.filing.progress.values())


def test_the_page_shows_the_film_strip_and_adds_to_it(panel, qtbot, tmp_path):
    session = panel.session
    session.opener.open([picture(tmp_path / f"{name}.png") for name in "ab"])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    add(panel, qtbot, tmp_path / "b.png", picture(tmp_path / "c.png"))
    names = [panel.proxy.index(number, NAME).data() for number in range(panel.proxy.rowCount())]
    assert names == [each.name for each in documents(panel)] == ["a.png", "b.png", "c.png"]
    assert panel.message.text() == "Skipped: b.png (already in the list)"
    assert session.state.strip.document.name == "a.png", "the open picture stays"
    panel.view.selectRow(2)
    assert session.state.strip.selected == (documents(panel)[2].id,)
    session.select(ids(panel, 0, 1))
    assert [index.row() for index in panel.view.selectionModel().selectedRows()] == [0, 1]
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [each.name for each in documents(panel)] == ["c.png"]


def test_each_picture_is_restored_with_its_own_settings(panel, qtbot, tmp_path):
    session = panel.session
    for number, sigma in enumerate((5.0, 20.0)):
        choose(panel, DENOISE.with_values(sigma=sigma))
        add(panel, qtbot, picture(tmp_path / f"{number}.png"))
    assert [job.steps[0].sigma for job in jobs(panel)] == [5.0, 20.0]
    session.opener.show(0)
    qtbot.waitUntil(lambda: session.state.opened is not None)
    session.recipes.choose(session.state.choices.with_values(sigma=50.0))
    planned(panel, qtbot)
    assert [job.steps[0].sigma for job in jobs(panel)] == [50.0, 20.0]
    panel.view.selectAll()
    panel.use.click()
    planned(panel, qtbot)
    assert [job.steps[0].sigma for job in jobs(panel)] == [50.0, 50.0]
    assert [each.recipe.template.sigma for each in documents(panel)] == [50.0, 50.0]
    assert documents(panel)[1].undone().recipe.template.sigma == 20.0
    run(panel, qtbot)
    assert states(panel) == ["saved", "saved"]
    assert all(each.is_saved for each in documents(panel))
    expected = restorer.restore(read(tmp_path / "1.png"), jobs(panel)[1].steps)
    assert np.array_equal(read(tmp_path / "out" / "1.png").pixels, expected.pixels)


def test_results_and_journal_are_those_of_the_command_line(panel, qtbot, source, tmp_path):
    add(panel, qtbot, source)
    run(panel, qtbot)
    report, theirs = tmp_path / "cli.jsonl", tmp_path / "theirs"
    words = ["batch", source, theirs, "--task", "denoising", "--report", report, "--quiet"]
    assert CliRunner().invoke(cli, list(map(str, words)), prog_name="restore").exit_code == 1
    assert tree(tmp_path / "out") == tree(theirs)
    assert len(tree(theirs)) == 3

    def told(path):
        for line in path.read_text().splitlines():
            record = json.loads(line)
            if record["record"] != "summary":
                for varying in ("seconds", "time", "id", "target_state"):
                    record.pop(varying, None)
                yield json.dumps(record).replace(str(theirs), str(tmp_path / "out"))

    panel.session.keeper.report(tmp_path / "gui.jsonl")
    planned(panel, qtbot)
    assert sorted(told(tmp_path / "gui.jsonl")) == sorted(told(report))


def test_bad_files_stop_nothing_are_told_in_words_and_can_be_retried(panel, qtbot, source):
    add(panel, qtbot, source)
    assert panel.message.text() == "Skipped: notes.txt (not a picture)"
    run(panel, qtbot)
    assert Counter(states(panel)) == {"saved": 3, "failed": 2}
    assert panel.summary.text.text() == "5 pictures · 3 saved · 2 failed"
    model = panel.items
    number = next(n for n, d in enumerate(documents(panel)) if d.name == "empty.jpg")
    assert model.index(number, STATE).data() == "Failed"
    assert model.index(number, REMARK).data() == "the file is empty"
    papers = [
        model.index(n, STATE).data(Qt.ItemDataRole.BackgroundRole)
        for n in (0, number)  # the first one is saved
    ]
    assert papers == [None, QColor(colors_of(panel.palette()).error)]
    picture(source / "empty.jpg")
    panel.retry.click()
    planned(panel, qtbot)
    assert Counter(states(panel)) == {"saved": 3, "waiting": 2}
    run(panel, qtbot)
    assert Counter(states(panel)) == {"saved": 4, "failed": 1}


def test_pause_frees_the_memory_and_the_rest_goes_on_later(panel, qtbot, tmp_path):
    choose(panel, LONG)
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png", 150, 150) for i in range(3)))
    panel.start.click()
    qtbot.waitUntil(lambda: part(panel) > 0)
    panel.pause.click()
    assert not panel.pause.isEnabled()
    assert "stopping" in panel.summary.text.text()
    qtbot.waitUntil(lambda: not running(panel))
    assert states(panel) == ["waiting"] * 3
    assert restorer.inference.loading._shared.cache_info().currsize == 0
    assert not (tmp_path / "out").exists()
    panel.session.unqueue(ids(panel, 0, 1))
    run(panel, qtbot)
    assert states(panel) == ["", "", "saved"]
    expected = restorer.restore(read(tmp_path / "2.png"), LONG.steps, settings=LONG.settings)
    assert np.array_equal(read(tmp_path / "out" / "2.png").pixels, expected.pixels)


def test_start_while_it_stops_goes_on(panel, qtbot, tmp_path):
    choose(panel, LONG)
    add(panel, qtbot, picture(tmp_path / "a.png", 110, 110))
    panel.start.click()
    qtbot.waitUntil(lambda: part(panel) > 0)
    panel.pause.click()
    panel.start.click()
    qtbot.waitUntil(lambda: states(panel) == ["saved"])


def test_one_file_is_cancelled_within_a_tile_and_the_others_go_on(panel, qtbot, tmp_path):
    choose(panel, LONG)
    add(panel, qtbot, picture(tmp_path / "large.png", 900, 900))
    choose(panel, DENOISE)
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png") for i in range(2)))
    started = Counter()
    panel.session.files._runner.updated.connect(lambda update: started.update(update.started))
    panel.start.click()
    qtbot.waitUntil(lambda: part(panel) > 0)
    panel.view.selectRow(0)
    panel.cancel.click()
    qtbot.waitUntil(lambda: states(panel) == ["", "saved", "saved"])
    assert set(started.values()) == {1}  # its neighbors were not restarted
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"0.png", "1.png"}
    qtbot.waitUntil(lambda: not running(panel))


def test_files_that_wait_are_cancelled_removed_and_added_while_others_run(panel, qtbot, tmp_path):
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png", 96, 96) for i in range(6)))
    panel.start.click()
    panel.session.unqueue(ids(panel, 5))
    panel.session.opener.remove(ids(panel, 4))
    add(panel, qtbot, picture(tmp_path / "late.png"))
    qtbot.waitUntil(lambda: not running(panel))
    assert states(panel) == ["saved"] * 4 + ["", "saved"]
    assert not (tmp_path / "out" / "4.png").exists()


def test_results_of_the_window_pause_with_the_files_and_go_on(panel, qtbot, tmp_path):
    session = panel.session
    choose(panel, LONG)
    session.opener.open([picture(tmp_path / f"{name}.png", 300, 300) for name in "ab"])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    session.select(ids(panel, 0, 1))
    session.run()
    qtbot.waitUntil(lambda: session.state.progress.done > 0)
    panel.pause.click()
    assert [each.badge for each in documents(panel)] == ["waiting", "waiting"]
    panel.start.click()
    qtbot.waitUntil(lambda: [each.badge for each in documents(panel)] == ["ready", "ready"])
    assert panel.summary.text.text() == "2 pictures · 2 not saved"


def test_results_that_are_ready_are_not_made_again(panel, qtbot, source):
    session = panel.session
    session.opener.open([source / name for name in ("a.png", "b.png")])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    session.run()
    qtbot.waitUntil(lambda: documents(panel)[0].badge == "ready")
    result = documents(panel)[0].restoration
    session.select(ids(panel, 0, 1))
    panel.start_selected.click()
    qtbot.waitUntil(lambda: documents(panel)[1].badge == "saved")
    assert documents(panel)[0].badge == "ready"
    assert documents(panel)[0].restoration is result
    assert "ready already" in panel.message.text()
    session.select(ids(panel, 0))
    panel.start_selected.click()
    assert "ready already" in panel.message.text()
    session.recipes.choose(session.state.choices.with_values(sigma=31.0))
    panel.start_selected.click()
    qtbot.waitUntil(lambda: documents(panel)[0].badge == "saved")


def test_pasted_pictures_are_restored_in_the_window(panel, qtbot, source):
    session = panel.session
    session.opener.open([source / "a.png"])
    qtbot.waitUntil(lambda: session.state.picture is not None)
    image = QImage(20, 16, QImage.Format.Format_RGB32)
    image.fill(0)
    session.opener.paste(image, "Pasted picture")
    qtbot.waitUntil(lambda: session.state.picture is not None and len(documents(panel)) == 2)
    session.select(ids(panel, 0, 1))
    panel.start_selected.click()
    qtbot.waitUntil(lambda: [each.badge for each in documents(panel)] == ["saved", "ready"])
    assert "pasted" in panel.message.text()


def test_the_queue_is_there_tomorrow_and_waits(panel, qtbot, windows, source, tmp_path):
    add(panel, qtbot, source)
    run(panel, qtbot)
    add(panel, qtbot, picture(tmp_path / "new.png"))
    add(panel, qtbot, picture(tmp_path / "unwanted.png"))
    panel.session.unqueue(ids(panel, 6))
    before = [(each.name, each.badge, each.saved) for each in documents(panel)[:-1]]
    assert panel.session.close(30)
    again = windows()
    assert [(each.name, each.badge, each.saved) for each in documents(again)] == before
    assert Counter(states(again)) == {"saved": 3, "failed": 2, "waiting": 1}
    assert all(each.recipe.asked == DENOISE.asked for each in documents(again))
    assert not running(again)
    again.sources.folder.editingFinished.emit()
    run(again, qtbot)
    assert Counter(states(again)) == {"saved": 4, "failed": 2}
    assert len(tree(tmp_path / "out")) == 4, "in the folder that was chosen then"


def test_the_queue_of_an_earlier_version_is_taken_over_once(windows, source, tmp_path):
    former, kept = tmp_path / "settings" / "queue", tmp_path / "kept"
    jobs = restorer.plan_jobs(source, tmp_path / "out", ["panet-denoise-lite"]).jobs
    done = {jobs[0]: Result("done", jobs[0].target)}
    QueueStore(former).save(jobs)
    QueueStore(former).finish(done)
    adopt_former_queue(former, kept)
    adopt_former_queue(former, kept)
    assert not former.exists()
    found = documents(windows(kept))
    assert [each.job for each in found] == list(jobs)
    assert [each.badge for each in found] == ["saved", *["waiting"] * (len(jobs) - 1)]


def test_what_was_retried_or_taken_out_is_so_tomorrow(panel, qtbot, windows, source):
    add(panel, qtbot, source)
    run(panel, qtbot)
    panel.retry.click()
    planned(panel, qtbot)
    panel.clear.click()
    assert panel.session.close(30)
    assert states(windows()) == ["waiting", "waiting"]


def test_a_damaged_list_is_told_and_kept_apart(windows, tmp_path):
    kept = tmp_path / "kept" / "restorer-x"
    kept.mkdir(parents=True)
    (kept / "queue.json").write_text("[1, 2")
    panel = windows()
    text = panel.session.state.message.text
    assert text.startswith("The queue of the last session cannot be read")
    assert (kept / "queue-damaged.json").read_text() == "[1, 2"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_after_a_kill_nothing_is_lost_and_nothing_done_twice(windows, qtbot, tmp_path):
    for i in range(30):
        picture(tmp_path / "in" / f"{i:02}.png", 64, 64)
    out, kept = tmp_path / "out", tmp_path / "kept"
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.jobs import Output
from restorer.gui.session.session import Session
app = QApplication(sys.argv)
session = Session(folder=Path({str(kept)!r}))
session.recipes.choose(usual_choices())
session.plans.set_output(Output(Path({str(out)!r})))
session.plans.add([Path({str(tmp_path / "in")!r})])
session.changed.connect(lambda state: len(state.documents) and session.files.start())
app.exec()
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        end = time.monotonic() + 60
        while not any('"finished"' in path.read_text() for path in kept.glob("*/journal.jsonl")):
            assert time.monotonic() < end
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    written = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    panel = windows(kept)
    counts = Counter(states(panel))
    assert set(counts) == {"saved", "waiting"}
    assert counts.total() == 30
    run(panel, qtbot)
    assert set(states(panel)) <= {"saved", "skipped"}, "what was written but not told is skipped"
    assert len(list(out.glob("*.png"))) == 30
    assert {path: path.stat().st_mtime_ns for path in written} == written
    first = restorer.restore(read(tmp_path / "in" / "00.png"), usual_choices().steps)
    assert np.array_equal(read(out / "00.png").pixels, first.pixels)


def test_a_mistake_of_the_program_fails_what_was_at_work_and_is_told(
    panel, qtbot, source, monkeypatch
):
    def broken(jobs, **_):
        first = next(iter(jobs))
        yield Started(first.id)
        yield Progress(first.id, "restore", 1, 2)
        raise ZeroDivisionError("by nothing")

    add(panel, qtbot, source)
    monkeypatch.setattr(restorer, "run_jobs", broken)
    panel.start.click()
    qtbot.waitUntil(lambda: not running(panel))
    assert Counter(states(panel)) == {"failed": 1, "waiting": 4}
    assert "ZeroDivisionError: by nothing" in panel.message.text()


def test_a_model_that_is_gone_fails_its_files_in_words(panel, qtbot, tmp_path):
    listed = [
        document_of(
            Job(picture(tmp_path / f"{i}.png"), tmp_path / "out" / f"{i}.png", (Step(model),))
        )
        for i, model in enumerate(["gone-x2", "panet-denoise-lite", "gone-x2"])
    ]
    files = panel.session.files
    files._store.set(strip=panel.session.state.strip.with_added(listed))
    files.file({each.id: each.job for each in documents(panel)})
    run(panel, qtbot)
    assert states(panel) == ["failed", "saved", "failed"]
    assert "gone-x2" in documents(panel)[0].failure


def test_a_full_disk_is_told_and_stops_nothing(panel, qtbot, source, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(QueueStore, "_append", full)
    add(panel, qtbot, source)
    run(panel, qtbot)
    assert states(panel).count("saved") == 3
    assert "No space left on device" in panel.message.text()


def test_files_count_once_and_never_share_a_target(panel, qtbot, source, tmp_path):
    other = picture(tmp_path / "elsewhere" / "a.png")
    add(panel, qtbot, source)
    add(panel, qtbot, source, other)
    assert len(documents(panel)) == 6
    assert len({job.target for job in jobs(panel)}) == 6
    assert jobs(panel)[-1].target == tmp_path / "out" / "a-2.png"
    assert "5 already in the list" in panel.message.text()


def test_without_a_folder_results_lie_beside_the_originals(panel, qtbot, source):
    panel.sources.folder.clear()
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].target == source / "a-restored.png"
    panel.sources.folder.setText(str(source))
    add(panel, qtbot, source / "b.png")
    assert "would be overwritten by its result" in panel.message.text()
    assert len(documents(panel)) == 1


def test_a_picture_without_steps_leaves_the_queue(panel, qtbot, source):
    panel.sources.existing.setCurrentIndex(panel.sources.existing.findData("number"))
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].settings == replace(DENOISE.settings, existing="number")
    session = panel.session
    session.opener.show(0)
    session.recipes.choose(usual_choices().with_changes(suffix=".tif"))
    planned(panel, qtbot)
    assert jobs(panel)[0].target.name == "a.tif"
    session.recipes.choose(usual_choices().with_task("super-resolution", wanted=False))
    assert jobs(panel) == [None]
    session.select(ids(panel, 0))
    panel.start_selected.click()
    assert "No step is selected" in panel.message.text()


def test_references_go_with_the_files_where_a_step_takes_them(panel, qtbot, source, tmp_path):
    sharp = (picture(tmp_path / "sharp.png"),)
    choose(panel, DENOISE.with_changes(references=sharp))
    add(panel, qtbot, source / "a.png")
    assert jobs(panel)[0].references == ()
    taking = DENOISE.with_task("reference-sr", model="ttsr-x4-paper", wanted=True)
    choose(panel, taking.with_changes(references=sharp))
    add(panel, qtbot, source / "b.png")
    assert jobs(panel)[1].references == sharp


def test_a_folder_chosen_later_is_where_all_that_waits_goes_and_what_is_done_stays(
    panel, qtbot, source, tmp_path
):
    panel.sources.folder.clear()
    add(panel, qtbot, source / "a.png")
    run(panel, qtbot)
    add(panel, qtbot, source / "b.png", source / "sub")
    assert [job.target.parent for job in jobs(panel)] == [source, source, source / "sub"]
    panel.sources.folder.setText(str(tmp_path / "late"))
    panel.sources.folder.editingFinished.emit()
    late = tmp_path / "late"
    made = [job.target for job in jobs(panel)]
    assert made[1:] == [late / "b.png", late / "sub" / "Grüße 写真.png"]
    assert made[0] == source / "a-restored.png"
    assert panel.message.text() == "2 waiting files will be saved there, too."
    run(panel, qtbot)
    assert set(tree(late)) == {"b.png", "sub/Grüße 写真.png"}
    panel.sources.folder.clear()
    add(panel, qtbot, source / "cut.png")
    assert jobs(panel)[-1].target == source / "cut-restored.png"


def test_what_to_do_with_results_holds_for_all_that_waits(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    before = jobs(panel)[0]
    panel.sources.existing.setCurrentIndex(panel.sources.existing.findData("replace"))
    panel.sources.existing.activated.emit(panel.sources.existing.currentIndex())
    assert jobs(panel)[0] == replace(before, settings=replace(before.settings, existing="replace"))


def test_the_keyboard_stays_where_it_can_go_on(panel, qtbot, source, tmp_path):
    choose(panel, LONG)
    add(panel, qtbot, picture(tmp_path / "large.png", 300, 300), source / "b.png")
    panel.start.setFocus()
    width = panel.start.width()
    qtbot.keyClick(panel.start, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.pause
    qtbot.keyClick(panel.pause, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.start
    qtbot.waitUntil(lambda: not running(panel))
    panel.view.selectRow(0)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [each.name for each in documents(panel)] == ["b.png"]
    assert panel._selected == [documents(panel)[0]]
    panel.start.setFocus()
    run(panel, qtbot)
    assert panel.focusWidget() is panel.view
    assert panel.start.width() == width


def test_a_menu_offers_what_can_be_done_with_the_selected_rows(panel, qtbot, source):
    add(panel, qtbot, source / "a.png", source / "cut.png", source / "empty.jpg")
    run(panel, qtbot)
    assert panel.view.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu

    def offered(row):
        panel.view.selectRow(row)
        return {name for name, action in panel.acts.items() if action.isEnabled()}

    assert offered(0) == {"open", "start", "remove"}
    assert not panel.cancel.isEnabled()
    assert offered(1) == {"open", "start", "retry", "remove"}
    panel.acts["retry"].trigger()
    planned(panel, qtbot)
    assert states(panel) == ["saved", "waiting", "failed"]
    assert offered(1) == {"open", "cancel", "remove"}
    assert panel.cancel.text() == "Cancel"
    assert offered(0) == {"open", "start", "remove"}
    assert panel.cancel.text() == "Cancel all", "none of the selected rows waits"
    panel.cancel.click()
    assert states(panel) == ["saved", "", "failed"]


def test_names_stand_in_a_line_beside_upright_and_wide_pictures(panel, qtbot, tmp_path):
    add(
        panel, qtbot, picture(tmp_path / "wide.png", 40, 90), picture(tmp_path / "tall.png", 90, 40)
    )
    view = panel.view
    places = []
    for row in range(2):
        index = panel.proxy.index(row, NAME)
        qtbot.waitUntil(lambda index=index: index.data(Qt.ItemDataRole.DecorationRole) is not None)
        option = QStyleOptionViewItem()
        delegate = view.itemDelegateForIndex(index)
        delegate.initStyleOption(option, index)
        option.rect = view.visualRect(index)
        text = QStyle.SubElement.SE_ItemViewItemText
        places.append(view.style().subElementRect(text, option, view).left())
    assert places[0] == places[1] > 40


def test_double_click_and_enter_show_picture_and_file(panel, qtbot, source):
    session = panel.session
    add(panel, qtbot, source / "a.png", source / "b.png")
    panel.session.unqueue(ids(panel, 1))
    run(panel, qtbot)
    asked = []
    session.showing.connect(lambda: asked.append(1))
    panel.view.setCurrentIndex(panel.proxy.index(0, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.state.loaded_result is not None)
    assert session.state.strip.document.name == "a.png"
    panel.view.doubleClicked.emit(panel.proxy.index(1, NAME))
    qtbot.waitUntil(lambda: session.state.opened is not None and not session.state.is_between)
    assert session.state.strip.document.name == "b.png"
    assert session.state.loaded_result is None
    assert len(asked) == 2


def test_keys_select_and_remove_and_the_list_can_be_narrowed(panel, qtbot, source):
    add(panel, qtbot, source)
    run(panel, qtbot)
    panel.shown.setCurrentIndex(4)
    assert panel.proxy.rowCount() == 2
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.proxy.index(0, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert states(panel) == ["saved"] * 3
    panel.shown.setCurrentIndex(0)
    assert panel.proxy.rowCount() == 3


def test_what_is_visible_gets_a_suggestion(panel, qtbot, tmp_path):
    noise = np.random.default_rng(0).normal(128, 25, (64, 80, 3)).clip(0, 255).astype(np.uint8)
    write(Image(noise), tmp_path / "noisy.png")
    choose(panel, automatic_choices())
    add(panel, qtbot, tmp_path / "noisy.png")
    panel.session.unqueue(ids(panel, 0))
    qtbot.waitUntil(lambda: documents(panel)[0].badge == "suggested")
    assert panel.items.index(0, REMARK).data() != "Automatic"
    assert panel.items.index(0, STATE).data() == "Repair suggested"


def test_files_and_folders_can_be_dropped(panel, qtbot, source):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(source))])
    where, buttons = QPoint(50, 50), Qt.MouseButton.LeftButton
    event = QDropEvent(
        where, Qt.DropAction.CopyAction, data, buttons, Qt.KeyboardModifier.NoModifier
    )
    panel.dropEvent(event)
    qtbot.waitUntil(lambda: len(documents(panel)) == 5)


def test_everything_has_a_name_and_a_role_for_screen_readers(panel, qtbot, source):
    add(panel, qtbot, source)
    for widget, name, role in (
        (panel.start, "Continue", QAccessible.Role.PushButton),
        (panel.sources.folder, "Results folder", QAccessible.Role.EditableText),
        (panel.sources.existing, "If a result exists already", QAccessible.Role.ComboBox),
        (panel.shown, "Pictures to show", QAccessible.Role.ComboBox),
        (panel.summary.bar, "Progress of all pictures", QAccessible.Role.ProgressBar),
        (panel.view, "Pictures", QAccessible.Role.Table),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
    texts = [
        panel.proxy.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole)
        for column in range(panel.proxy.columnCount())
    ]
    assert texts == ["a.png, Waiting", "Waiting", "nothing", "nothing", "Even, synthetic noise"]


def test_thumbnails_come_in_their_own_time(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")

    def shown():
        icon = panel.items.index(0, NAME).data(Qt.ItemDataRole.DecorationRole)
        return icon.pixmap(72, 72).toImage()

    qtbot.waitUntil(lambda: shown().pixel(5, 5) != shown().pixel(20, 20))
    assert shown().height() == 54, "of 32 x 24 pixels"


# Ten thousand files.


def job(number):
    return Job(Path(f"/in/{number}.png"), Path(f"/out/{number}.png"), (Step("x"),), Settings())


def test_events_are_told_thirty_times_a_second_whatever_comes(qtbot, monkeypatch):
    jobs = [job(n) for n in range(2000)]

    def quick(jobs, **_):
        for each in jobs:
            yield Started(each.id)
            for done in range(10):
                yield Progress(each.id, "restore", done, 10)
            yield Finished(each.id, Result("done", each.target))

    monkeypatch.setattr(restorer, "run_jobs", quick)
    runner, told = Runner(), []
    runner.updated.connect(told.append)
    start = time.monotonic()
    with qtbot.waitSignal(runner.ended):
        runner.start(jobs)
    assert len(told) <= (time.monotonic() - start) * 31 + 2
    assert [job for update in told for job in update.results] == jobs
    assert not any(update.progress.keys() & update.results.keys() for update in told)
    assert runner.close()
    runner.deleteLater()


def test_forty_thousand_rows_stay_fluid(panel, qtbot):
    listed = [waiting_document(job(n), DENOISE) for n in range(40_000)]
    session, files = panel.session, panel.session.files
    files._store.set(strip=session.state.strip.with_added(listed))
    files._waiting()
    told = []
    panel.items.dataChanged.connect(lambda *_: told.append(1))
    start = time.process_time()
    for first in range(0, 4_000, 400):
        done = [each.job for each in listed[first : first + 400]]
        files._take_update(BatchUpdate(results={j: Result("done", j.target) for j in done}))
        panel.grab()
    assert (time.process_time() - start) / 10 < 0.5, "seconds a tick, with its repaint"
    assert len(told) <= 40
    assert +panel.items.counts == {"saved": 4_000, "waiting": 36_000}
    panel.view.selectAll()
    assert len(session.state.strip.selected) == 40_000
    session.opener.remove([each.id for each in documents(panel)[::2]])
    assert panel.proxy.rowCount() == 20_000
    session.opener.remove([each.id for each in documents(panel)])


def test_many_rows_are_cancelled_in_slices_between_which_the_window_goes_on(panel, qtbot):
    listed = [waiting_document(job(n), DENOISE) for n in range(3_000)]
    session = panel.session
    session._store.set(strip=session.state.strip.with_added(listed))
    panel.view.selectAll()
    panel.cancel.click()
    left = panel.items.counts["waiting"]
    assert 1_000 < left < 3_000
    beats = []
    beat = QTimer(panel, interval=0)
    beat.timeout.connect(lambda: beats.append(panel.items.counts["waiting"]))
    beat.start()
    qtbot.waitUntil(lambda: not panel.items.counts["waiting"])
    assert len(set(beats)) > 2, "the window had its turn between two slices"
    assert not panel.cancel.isEnabled()


def test_what_waits_anew_is_not_taken_out_by_slices_of_an_earlier_cancel(panel, qtbot):
    listed = [waiting_document(job(n), DENOISE) for n in range(2_000)]
    session = panel.session
    session._store.set(strip=session.state.strip.with_added(listed))
    jobs = {each.id: each.job for each in documents(panel)}
    session.unqueue(list(jobs))
    session.files.file(jobs)
    qtbot.wait(50)
    assert panel.items.counts["waiting"] == 2_000
    session.give_up()
    assert session.files.close(30)
    assert not panel.items.counts["waiting"], "closing does not leave the rest"


@given(st.sets(st.integers(0, 60)))
def test_stretches_are_neighbors_in_falling_order(numbers):
    found = list(stretches(sorted(numbers, reverse=True)))
    listed = [n for first, last in found for n in range(last, first - 1, -1)]
    assert listed == sorted(numbers, reverse=True)
    assert all(b[1] < a[0] - 1 for a, b in itertools.pairwise(found))


ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 30), max_size=8)),
    st.tuples(st.sampled_from(["idle", "waiting", "running"]), st.sets(st.integers(0, 30))),
)


@given(st.lists(ACTIONS, max_size=20))
def test_counts_and_rows_hold_whatever_happens(qapp, actions):
    session, made = Session(), 0
    page = BatchPage(session)
    for kind, what in actions:
        strip = session.state.strip
        if kind == "add":
            listed = [waiting_document(job(made + n), DENOISE) for n in range(what)]
            strip, made = strip.with_added(listed), made + what
        elif kind == "remove":
            gone = {each.id for n, each in enumerate(strip.documents) if n in what}
            strip = strip.removed(gone)
        else:
            chosen = [each for n, each in enumerate(strip.documents) if n in what]
            strip = strip.with_all(replace(each, stage=kind) for each in chosen)
        session._store.set(strip=strip)
    listed = session.state.documents
    model = page.items
    assert +model.counts == Counter(each.badge for each in listed)
    assert [model.index(n, NAME).data() for n in range(model.rowCount())] == [
        each.name for each in listed
    ]
    assert page.proxy.rowCount() == len(listed)
    assert model.close()
    assert session.close(30)
    page.deleteLater()
    session.deleteLater()


@given(
    st.sampled_from([automatic_choices(), DENOISE, usual_choices(), LONG]),
    st.sampled_from([None, ".tif", ".jpg"]),
    st.integers(1, 30),
)
def test_a_job_says_what_was_asked_for(tmp_path_factory, choices, suffix, sigma):
    folder = tmp_path_factory.mktemp("plans")
    recipe = choices.with_values(sigma=float(sigma)).with_changes(suffix=suffix)
    document = Document(7, folder / "a.png", "a.png", recipe)
    plan = plan_documents([document], Output(folder / "out"))
    found = document_of(plan.jobs[7])
    assert found.recipe.asked == recipe.asked
    assert found.recipe.settings == recipe.settings
    assert found.recipe.suffix == recipe.suffix
    again = plan_documents([replace(found, id=7)], Output(folder / "other"))
    assert again.jobs == plan.jobs, "it stays in its folder"


def test_the_bar_is_painted_where_a_file_is_at_work(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    files, each = panel.session.files, jobs(panel)[0]
    area = panel.view.visualRect(panel.proxy.index(0, PROGRESS))

    def painted():
        return panel.view.viewport().grab(area).toImage()

    before = painted()
    files._take_update(
        BatchUpdate(started=[each], progress={each: Progress(each.id, "restore", 1, 4)})
    )
    quarter = painted()
    files._take_update(BatchUpdate(progress={each: Progress(each.id, "restore", 3, 4)}))
    assert before != quarter != painted()
    cell = panel.items.index(0, PROGRESS)
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == "75%"
    files._take_update(BatchUpdate(results={each: Result("done", each.target)}))


@given(
    runs=st.lists(
        st.tuples(st.floats(0.1, 1e4), st.floats(0, 1e4), st.integers(0, 50)), min_size=1
    ),
    parts=st.floats(0, 3),
    files=st.integers(0, 1000),
)
def test_time_left_follows_the_mean_time_per_file_without_pauses(runs, parts, files):
    now = [0.0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pace_module.time, "monotonic", lambda: now[0])
        pace = pace_module.Pace()
        assert pace.left(files, parts) is None
        for seconds, pause, ended in runs:
            now[0] += pause
            pace.start()
            now[0] += seconds
            pace.count(ended)
            left = pace.left(files, parts)
            pace.stop()
            assert pace.left(files, parts) is None, "not running"
        worked, done = sum(s for s, _, _ in runs), sum(n for _, _, n in runs) + parts
        if done < pace_module.FIRST_GUESS:
            assert left is None
        else:
            assert left == pytest.approx(worked / done * files)
