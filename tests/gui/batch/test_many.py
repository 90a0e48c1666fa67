"""Ten thousand files: events, cancel, counts and times."""

import time

import pytest
from batch_page import DENOISE, documents, job
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QTimer

import restorer.inference.loading
from restorer import (
    Finished,
    Progress,
    Result,
    Started,
)
from restorer.gui.session import pace as pace_module
from restorer.gui.session.jobs import waiting_document
from restorer.gui.session.runner import BatchUpdate, Runner

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


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
