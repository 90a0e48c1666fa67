"""The queue: the command line's batch in a table, with pause, cancel, retry and tomorrow."""

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
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QColor, QDropEvent
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
from restorer.gui.batch import controller as controller_module
from restorer.gui.batch.page import BatchPanel
from restorer.gui.batch.rows import NAME, PROGRESS, REMARK, STATE, QueueModel, Row, _stretches
from restorer.gui.batch.runner import BatchUpdate, Runner
from restorer.gui.batch.store import QueueStore
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.documents import Document
from restorer.gui.session.thumbnails import Thumbnails
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
def panel(mount, tmp_path):
    made = mount(BatchPanel(tmp_path / "kept"))
    made.folder.setText(str(tmp_path / "out"))
    made.set_choices(DENOISE)
    return made


@pytest.fixture
def control(panel):
    return panel.control


def states(panel):
    return [row.state for row in panel.control.model.rows]


def add(panel, qtbot, *paths):
    panel.add(list(paths))
    qtbot.waitUntil(lambda: not panel.control._planner.busy)


def run(panel, qtbot):
    panel.start.click()
    qtbot.waitUntil(lambda: not panel.running)


def test_pictures_of_the_film_strip_keep_their_recipes_and_start(panel, qtbot, tmp_path):
    recipes = [DENOISE.with_values(sigma=sigma) for sigma in (5.0, 5.0, 20.0)]
    paths = [picture(tmp_path / f"{name}.png") for name in "abc"]
    pages = [(path, recipe) for path, recipe in zip(paths, recipes, strict=True)]
    documents = [Document(1, path, path.name, recipe) for path, recipe in (*pages, pages[0])]
    panel.add_documents(documents, start=True)
    qtbot.waitUntil(lambda: states(panel) == ["done"] * 3)
    qtbot.waitUntil(lambda: not panel.running)
    jobs = [row.job for row in panel.control.model.rows]
    assert [job.steps[0].sigma for job in jobs] == [5.0, 5.0, 20.0]
    assert panel.waiting == 0
    icon = panel.proxy.index(0, STATE).data(Qt.ItemDataRole.DecorationRole)
    assert not icon.isNull()


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

    panel.control.report(tmp_path / "gui.jsonl")
    assert sorted(told(tmp_path / "gui.jsonl")) == sorted(told(report))


def test_bad_files_stop_nothing_are_told_in_words_and_can_be_retried(panel, qtbot, source):
    add(panel, qtbot, source)
    assert panel.message.text() == "Skipped: notes.txt (not a picture)"
    run(panel, qtbot)
    assert Counter(states(panel)) == {"done": 3, "failed": 2}
    assert panel.summary.text() == "3 done · 2 failed"
    model = panel.control.model
    number = next(n for n, r in enumerate(model.rows) if r.job.source.name == "empty.jpg")
    assert model.index(number, STATE).data() == "Failed"
    assert model.index(number, REMARK).data() == "the file is empty"
    picture(source / "empty.jpg")
    panel.retry.click()
    assert Counter(states(panel)) == {"done": 3, "waiting": 2}
    run(panel, qtbot)
    assert Counter(states(panel)) == {"done": 4, "failed": 1}


def test_pause_frees_the_memory_and_the_rest_goes_on_later(panel, qtbot, tmp_path):
    panel.set_choices(LONG)
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png", 150, 150) for i in range(3)))
    panel.start.click()
    model = panel.control.model
    qtbot.waitUntil(lambda: model.running_parts > 0)
    panel.pause.click()
    assert not panel.pause.isEnabled()
    qtbot.waitUntil(lambda: not panel.running)
    assert states(panel) == ["waiting"] * 3
    assert restorer.inference.loading._shared.cache_info().currsize == 0
    assert not (tmp_path / "out").exists()
    panel.control.model.change([0, 1], [Row(model.rows[n].job, "cancelled") for n in (0, 1)])
    run(panel, qtbot)
    assert states(panel) == ["cancelled", "cancelled", "done"]
    expected = restorer.restore(read(tmp_path / "2.png"), LONG.steps, settings=LONG.settings)
    assert np.array_equal(read(tmp_path / "out" / "2.png").pixels, expected.pixels)


def test_start_while_it_stops_goes_on(panel, qtbot, tmp_path):
    panel.set_choices(LONG)
    add(panel, qtbot, picture(tmp_path / "a.png", 110, 110))
    panel.start.click()
    qtbot.waitUntil(lambda: panel.control.model.running_parts > 0)
    panel.pause.click()
    assert "stopping" in panel.summary.text()
    panel.start.click()
    qtbot.waitUntil(lambda: states(panel) == ["done"])


def test_one_file_is_cancelled_within_a_tile_and_the_others_go_on(panel, qtbot, tmp_path):
    panel.set_choices(LONG)
    add(panel, qtbot, picture(tmp_path / "large.png", 900, 900))
    panel.set_choices(DENOISE)
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png") for i in range(2)))
    started = Counter()
    panel.control._runner.updated.connect(lambda update: started.update(update.started))
    panel.start.click()
    model = panel.control.model
    qtbot.waitUntil(lambda: model.running_parts > 0)
    panel.view.selectRow(0)
    panel.cancel.click()
    qtbot.waitUntil(lambda: states(panel) == ["cancelled", "done", "done"])
    assert set(started.values()) == {1}  # its neighbors were not restarted
    assert {p.name for p in (tmp_path / "out").iterdir()} == {"0.png", "1.png"}
    qtbot.waitUntil(lambda: not panel.running)


def test_files_that_wait_are_cancelled_removed_and_added_while_others_run(panel, qtbot, tmp_path):
    add(panel, qtbot, *(picture(tmp_path / f"{i}.png", 96, 96) for i in range(6)))
    panel.start.click()
    panel.control.cancel([5])
    panel.control.remove([4])
    add(panel, qtbot, picture(tmp_path / "late.png"))
    qtbot.waitUntil(lambda: not panel.running)
    assert states(panel) == ["done"] * 4 + ["cancelled", "done"]
    assert not (tmp_path / "out" / "4.png").exists()


def test_the_queue_is_there_tomorrow_and_waits(panel, qtbot, mount, source, tmp_path):
    add(panel, qtbot, source)
    run(panel, qtbot)
    add(panel, qtbot, picture(tmp_path / "new.png"))
    add(panel, qtbot, picture(tmp_path / "unwanted.png"))
    panel.control.cancel([6])
    assert panel.close_workers()
    again = mount(BatchPanel(tmp_path / "kept"))

    def rounded(made):  # as the journal does
        return [replace(row, seconds=round(row.seconds, 3)) for row in made.control.model.rows]

    assert rounded(again) == rounded(panel)
    assert Counter(states(again)) == {"done": 3, "failed": 2, "waiting": 1, "cancelled": 1}
    assert not again.running
    assert again.message.text() == "1 files are waiting from the last session."
    run(again, qtbot)
    assert Counter(states(again)) == {"done": 4, "failed": 2, "cancelled": 1}


def test_what_was_retried_or_taken_out_is_so_tomorrow(panel, qtbot, mount, source, tmp_path):
    add(panel, qtbot, source)
    run(panel, qtbot)
    panel.retry.click()
    panel.clear.click()
    assert panel.close_workers()
    again = mount(BatchPanel(tmp_path / "kept"))
    assert [r.state for r in again.control.model.rows] == ["waiting", "waiting"]


def test_a_damaged_list_is_told_and_kept_apart(mount, tmp_path):
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "queue.json").write_text("[1, 2")
    panel = mount(BatchPanel(tmp_path / "kept"))
    assert panel.message.text().startswith("The queue of the last session cannot be read")
    assert (tmp_path / "kept" / "queue-damaged.json").read_text() == "[1, 2"


@pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")
def test_after_a_kill_nothing_is_lost_and_nothing_done_twice(mount, qtbot, tmp_path):
    for i in range(30):
        picture(tmp_path / "in" / f"{i:02}.png", 64, 64)
    out, kept = tmp_path / "out", tmp_path / "kept"
    code = f"""
import sys
from pathlib import Path
from PySide6.QtWidgets import QApplication
from restorer.gui.batch.page import BatchPanel
from restorer.gui.session.choices import usual_choices
app = QApplication(sys.argv)
panel = BatchPanel(Path({str(kept)!r}))
panel.folder.setText({str(out)!r})
panel.set_choices(usual_choices())
panel.add([Path({str(tmp_path / "in")!r})])
panel.changed.connect(lambda: panel.running or panel.control.start())
app.exec()
"""
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    process = subprocess.Popen([sys.executable, "-c", code], env=environment)
    try:
        end = time.monotonic() + 60
        journal = kept / "journal.jsonl"
        while not (journal.exists() and '"finished"' in journal.read_text()):
            assert time.monotonic() < end
            time.sleep(0.005)
        process.send_signal(signal.SIGKILL)
    finally:
        process.kill()
        process.wait()
    written = {path: path.stat().st_mtime_ns for path in out.glob("*.png")}
    panel = mount(BatchPanel(kept))
    counts = Counter(states(panel))
    assert set(counts) == {"done", "waiting"}
    assert counts.total() == 30
    assert counts["done"] >= 1
    run(panel, qtbot)
    assert set(states(panel)) <= {"done", "skipped"}, "what was written but not told is skipped"
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
    qtbot.waitUntil(lambda: not panel.running)
    assert Counter(states(panel)) == {"failed": 1, "waiting": 4}
    assert "ZeroDivisionError: by nothing" in panel.message.text()


def test_a_model_that_is_gone_fails_its_files_in_words(panel, qtbot, tmp_path):
    jobs = [
        Job(picture(tmp_path / f"{i}.png"), tmp_path / "out" / f"{i}.png", (Step(model),))
        for i, model in enumerate(["gone-x2", "panet-denoise-lite", "gone-x2"])
    ]
    panel.control.model.add([Row(job) for job in jobs])
    panel.control.changed.emit()
    run(panel, qtbot)
    assert states(panel) == ["failed", "done", "failed"]
    assert "gone-x2" in panel.control.model.rows[0].remark


def test_a_full_disk_is_told_and_stops_nothing(panel, qtbot, source, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(QueueStore, "_append", full)
    add(panel, qtbot, source)
    run(panel, qtbot)
    assert states(panel).count("done") == 3
    assert "No space left on device" in panel.message.text()


def test_files_count_once_and_never_share_a_target(panel, qtbot, source, tmp_path):
    other = picture(tmp_path / "elsewhere" / "a.png")
    add(panel, qtbot, source)
    add(panel, qtbot, source, other)
    rows = panel.control.model.rows
    assert len(rows) == 6
    assert len({row.job.target for row in rows}) == 6
    assert rows[-1].job.target == tmp_path / "out" / "a-2.png"
    assert "5 already in the queue" in panel.message.text()


def test_without_a_folder_results_lie_beside_the_originals(panel, qtbot, source):
    panel.folder.clear()
    add(panel, qtbot, source / "a.png")
    assert panel.control.model.rows[0].job.target == source / "a-restored.png"
    panel.folder.setText(str(source))
    add(panel, qtbot, source / "b.png")
    assert "would be overwritten by its result" in panel.message.text()
    assert len(panel.control.model.rows) == 1


def test_each_file_keeps_its_settings_until_told_otherwise(panel, qtbot, source):
    panel.existing.setCurrentIndex(panel.existing.findData("number"))
    add(panel, qtbot, source / "a.png")
    changed = usual_choices().with_changes(suffix=".tif")
    panel.set_choices(changed)
    job = panel.control.model.rows[0].job
    assert job.steps == DENOISE.steps
    assert job.settings == replace(DENOISE.settings, existing="number")
    panel.use.click()
    with_choices = panel.control.model.rows[0].job
    assert with_choices.steps == changed.steps
    assert with_choices.target == job.target.with_suffix(".tif")
    panel.set_choices(changed.with_task("super-resolution", wanted=False))
    panel.use.click()
    assert "No step is selected" in panel.message.text()
    assert panel.what.text() == "New files: no steps selected"


def test_references_go_with_the_files_where_a_step_takes_them(panel, qtbot, source, tmp_path):
    sharp = (picture(tmp_path / "sharp.png"),)
    panel.set_choices(DENOISE.with_changes(references=sharp))
    add(panel, qtbot, source / "a.png")
    assert panel.control.model.rows[0].job.references == ()
    taking = DENOISE.with_task("reference-sr", model="ttsr-x4-paper", wanted=True)
    panel.set_choices(taking.with_changes(references=sharp))
    add(panel, qtbot, source / "b.png")
    assert panel.control.model.rows[1].job.references == sharp
    panel.use.click()
    assert [row.job.references for row in panel.control.model.rows] == [sharp, sharp]


def test_a_folder_chosen_later_is_where_all_that_waits_goes_and_what_is_done_stays(
    panel, qtbot, source, tmp_path
):
    panel.folder.clear()
    add(panel, qtbot, source / "a.png")
    run(panel, qtbot)
    add(panel, qtbot, source / "b.png", source / "sub")
    rows = panel.control.model.rows
    assert [row.job.target.parent for row in rows] == [source, source, source / "sub"]
    panel.folder.setText(str(tmp_path / "late"))
    panel.folder.editingFinished.emit()
    late = tmp_path / "late"
    assert [row.job.target for row in rows[1:]] == [late / "b.png", late / "sub" / "Grüße 写真.png"]
    assert rows[0].job.target == source / "a-restored.png"
    assert panel.message.text() == "2 waiting files will be saved there, too."
    run(panel, qtbot)
    assert set(tree(late)) == {"b.png", "sub/Grüße 写真.png"}
    panel.folder.clear()
    add(panel, qtbot, source / "cut.png")
    assert panel.control.model.rows[-1].job.target == source / "cut-restored.png"


def test_what_to_do_with_results_holds_for_all_that_waits(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    before = panel.control.model.rows[0].job
    panel.existing.setCurrentIndex(panel.existing.findData("replace"))
    panel.existing.activated.emit(panel.existing.currentIndex())
    after = panel.control.model.rows[0].job
    assert after == replace(before, settings=replace(before.settings, existing="replace"))


def test_the_queue_of_yesterday_keeps_its_folder_until_another_is_chosen(
    panel, qtbot, mount, source, tmp_path
):
    add(panel, qtbot, source / "a.png")
    panel.close_workers()
    again = mount(BatchPanel(tmp_path / "kept"))
    again.folder.editingFinished.emit()
    run(again, qtbot)
    assert set(tree(tmp_path / "out")) == {"a.png"}


def test_the_keyboard_stays_where_it_can_go_on(panel, qtbot, source, tmp_path):
    panel.set_choices(LONG)
    add(panel, qtbot, picture(tmp_path / "large.png", 300, 300), source / "b.png")
    panel.start.setFocus()
    qtbot.keyClick(panel.start, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.pause
    width = panel.start.width()
    qtbot.keyClick(panel.pause, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.start
    qtbot.waitUntil(lambda: not panel.running)
    panel.view.selectRow(0)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [row.job.source.name for row in panel.control.model.rows] == ["b.png"]
    assert panel._selected() == [0]
    panel.start.setFocus()
    run(panel, qtbot)
    assert panel.focusWidget() is panel.view
    assert panel.start.text() == "Continue"
    assert panel.start.width() == width


def test_a_menu_offers_what_can_be_done_with_the_selected_rows(panel, qtbot, source):
    add(panel, qtbot, source / "a.png", source / "cut.png", source / "empty.jpg")
    run(panel, qtbot)
    assert panel.view.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu

    def offered(row):
        panel.view.selectRow(row)
        return {name for name, action in panel.acts.items() if action.isEnabled()}

    assert offered(0) == {"open", "remove"}
    assert not panel.cancel.isEnabled()
    assert offered(1) == {"retry", "remove"}
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert panel.message.text() == "cut.png has no result yet to compare with."
    panel.acts["retry"].trigger()
    assert states(panel) == ["done", "waiting", "failed"]
    assert offered(1) == {"cancel", "remove"}
    panel.acts["cancel"].trigger()
    assert states(panel) == ["done", "cancelled", "failed"]


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
    panel._thumbnails.close()
    assert places[0] == places[1] > 40


def test_double_click_and_enter_open_a_result(panel, qtbot, source):
    add(panel, qtbot, source)
    run(panel, qtbot)
    seen = []
    panel.opened.connect(lambda *paths: seen.append(paths))
    index = panel.proxy.index(0, NAME)
    panel.view.setCurrentIndex(index)
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    panel.view.doubleClicked.emit(index)
    job = panel.control.model.rows[0].job
    assert seen == [(job.source, job.target)] * 2
    job.target.unlink()
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert "no longer exists" in panel.message.text()
    failed = panel.control.model.select("failed")[0]
    panel.view.setCurrentIndex(panel.proxy.index(failed, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    assert len(seen) == 2


def test_keys_select_and_remove_and_the_list_can_be_narrowed(panel, qtbot, source):
    add(panel, qtbot, source)
    run(panel, qtbot)
    panel.shown.setCurrentIndex(3)
    assert panel.proxy.rowCount() == 2
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.proxy.index(0, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert states(panel) == ["done"] * 3
    panel.shown.setCurrentIndex(0)
    assert panel.proxy.rowCount() == 3


def test_files_and_folders_can_be_dropped(panel, qtbot, source):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(source))])
    where, buttons = QPoint(50, 50), Qt.MouseButton.LeftButton
    event = QDropEvent(
        where, Qt.DropAction.CopyAction, data, buttons, Qt.KeyboardModifier.NoModifier
    )
    panel.dropEvent(event)
    qtbot.waitUntil(lambda: len(states(panel)) == 5)


def test_everything_has_a_name_and_a_role_for_screen_readers(panel, qtbot, source):
    add(panel, qtbot, source)
    for widget, name, role in (
        (panel.start, "Start", QAccessible.Role.PushButton),
        (panel.folder, "Results folder", QAccessible.Role.EditableText),
        (panel.existing, "If a result exists already", QAccessible.Role.ComboBox),
        (panel.shown, "Files to show", QAccessible.Role.ComboBox),
        (panel.bar, "Progress of the whole queue", QAccessible.Role.ProgressBar),
        (panel.view, "Queue", QAccessible.Role.Table),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
    texts = [
        panel.proxy.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole)
        for column in range(panel.proxy.columnCount())
    ]
    assert texts == ["a.png", "Waiting", "nothing", "nothing", "Even, synthetic noise"]


def test_thumbnails_come_in_their_own_time(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")

    def shown():
        icon = panel.control.model.index(0, NAME).data(Qt.ItemDataRole.DecorationRole)
        return icon.pixmap(40, 40).toImage()

    qtbot.waitUntil(lambda: shown().pixel(5, 5) != shown().pixel(20, 20))
    assert shown().height() == 30, "of 32 x 24 pixels"


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


def test_ten_thousand_rows_stay_fluid(panel, qtbot):
    jobs = [job(n) for n in range(10_000)]
    model = panel.control.model
    model.add([Row(each) for each in jobs])
    told = []
    model.dataChanged.connect(lambda *_: told.append(1))
    start = time.process_time()
    for first in range(0, 10_000, 400):
        results = {each: Result("done", each.target) for each in jobs[first : first + 400]}
        panel.control._take_update(BatchUpdate(results=results))
        panel.grab()
    assert (time.process_time() - start) / 25 < 0.2, "seconds a tick, with its repaint"
    assert len(told) <= 100
    assert +model.counts == {"done": 10_000}
    panel.control.remove(range(0, 10_000, 2))
    assert len(model.rows) == 5_000


@given(st.sets(st.integers(0, 60)))
def test_stretches_are_neighbors_in_falling_order(numbers):
    found = list(_stretches(sorted(numbers, reverse=True)))
    listed = [n for first, last in found for n in range(last, first - 1, -1)]
    assert listed == sorted(numbers, reverse=True)
    assert all(b[1] < a[0] - 1 for a, b in itertools.pairwise(found))


ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 30), max_size=8)),
    st.tuples(
        st.sampled_from(["waiting", "done", "failed", "cancelled"]), st.sets(st.integers(0, 30))
    ),
    st.tuples(st.just("begin"), st.sets(st.integers(0, 30), max_size=3)),
)


@given(st.lists(ACTIONS, max_size=20))
def test_counts_and_places_hold_whatever_happens(qapp, actions):
    thumbnails = Thumbnails(16)
    model, made = QueueModel(thumbnails), 0
    for kind, what in actions:
        if kind == "add":
            model.add([Row(job(made + n)) for n in range(what)])
            made += what
            continue
        numbers = [n for n in what if n < len(model.rows)]
        jobs = [model.rows[n].job for n in numbers]
        if kind == "remove":
            model.remove(numbers)
        elif kind == "begin":
            model.take(
                BatchUpdate(
                    started=jobs, progress={j: Progress(j.id, "restore", 1, 4) for j in jobs}
                )
            )
        else:
            model.change(numbers, [Row(j, kind) for j in jobs])
    assert +model.counts == Counter(row.state for row in model.rows)
    assert [model.number(row.job) for row in model.rows] == list(range(len(model.rows)))
    assert model.running_parts == 0.25 * model.counts["running"]
    assert model.rowCount() == len(model.rows)
    assert thumbnails.close()


def test_failed_files_stand_out(qapp):
    thumbnails = Thumbnails(16)
    model = QueueModel(thumbnails)
    model.add([Row(job(0), "done"), Row(job(1), "failed")])
    papers = [model.index(n, STATE).data(Qt.ItemDataRole.BackgroundRole) for n in range(2)]
    assert papers == [None, QColor(colors_of(qapp.palette()).error)]
    assert thumbnails.close()


def test_the_bar_is_painted_where_a_file_is_at_work(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    model = panel.control.model
    each = model.rows[0].job
    area = panel.view.visualRect(panel.proxy.index(0, PROGRESS))

    def painted():
        return panel.view.viewport().grab(area).toImage()

    before = painted()
    panel.control._take_update(
        BatchUpdate(started=[each], progress={each: Progress(each.id, "restore", 1, 4)})
    )
    quarter = painted()
    panel.control._take_update(BatchUpdate(progress={each: Progress(each.id, "restore", 3, 4)}))
    assert before != quarter != painted()
    assert model.index(0, PROGRESS).data(Qt.ItemDataRole.AccessibleTextRole) == "75%"


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
        patch.setattr(controller_module.time, "monotonic", lambda: now[0])
        pace = controller_module._Pace()
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
        if done < controller_module._FIRST_GUESS:
            assert left is None
        else:
            assert left == pytest.approx(worked / done * files)
