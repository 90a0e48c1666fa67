"""Runs straight to files: results, failures, pause and cancel."""

import json
from collections import Counter

import numpy as np
import pytest
from batch_page import (
    DENOISE,
    LONG,
    add,
    choose,
    documents,
    ids,
    jobs,
    part,
    picture,
    planned,
    run,
    running,
    states,
    tree,
)
from click.testing import CliRunner
from PySide6.QtCore import Qt
from PySide6.QtGui import QColor, QImage

import restorer.inference.loading
from restorer import (
    Job,
    Progress,
    Started,
    Step,
    read,
)
from restorer.cli.group import cli
from restorer.gui.canvas.document_model import REMARK, STATE
from restorer.gui.session.jobs import document_of
from restorer.gui.session.queue_store import QueueStore
from restorer.gui.widgets.theme import colors_of

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


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
    assert "already done" in panel.message.text()
    session.select(ids(panel, 0))
    panel.start_selected.click()
    assert "already done" in panel.message.text()
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
