"""The queue survives the window: after it was closed, after a crash, after an update."""

import os
import signal
import subprocess
import sys
import time
from collections import Counter

import numpy as np
import pytest
from batch_page import DENOISE, add, documents, ids, picture, planned, run, running, states, tree

import restorer.inference.loading
from restorer import (
    Result,
    read,
)
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.queue_store import QueueStore
from restorer.gui.session.shelf import adopt_former_queue

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


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
