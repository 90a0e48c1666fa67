import threading

import pytest

from restorer import Cancelled, SettingsError
from restorer.gui.session import worker
from restorer.gui.session.worker import Answer, Lane


@pytest.fixture
def lane(qapp):
    made = Lane("test")
    yield made
    made.drop()
    assert made.close(10)
    made.deleteLater()


def test_an_answer_comes_to_the_thread_that_asked(qtbot, lane):
    answers, threads = [], []
    lane.ask(
        lambda ticket: threading.current_thread().name,
        lambda answer: (answers.append(answer), threads.append(threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(answers))
    assert answers == [Answer(1, "test")]
    assert threads == [threading.main_thread()]


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(qtbot, lane, monkeypatch):
    monkeypatch.setattr(worker, "_IDLE_S", 0.001)
    answers = []
    for number in range(40):  # some meet the thread as it ends
        lane.ask(lambda ticket: threading.current_thread().name, answers.append)
        qtbot.waitUntil(lambda wanted=number + 1: len(answers) == wanted)
        qtbot.wait(number % 3)
    assert {answer.value for answer in answers} == {"test"}
    qtbot.waitUntil(lambda: "test" not in {thread.name for thread in threading.enumerate()})


def test_a_newer_request_drops_the_older_one(qtbot, lane):
    answers, release = [], threading.Event()

    def slow(ticket):
        release.wait(10)
        ticket.cancel.check()
        return "old"

    lane.ask(slow, answers.append)
    lane.ask(lambda ticket: "new", answers.append)
    release.set()
    qtbot.waitUntil(lambda: bool(answers))
    qtbot.wait(20)
    assert [answer.value for answer in answers] == ["new"]


def test_a_late_answer_of_a_dropped_request_is_not_delivered(qtbot, lane):
    answers, begun, release = [], threading.Event(), threading.Event()

    def deaf(ticket):
        begun.set()
        release.wait(10)
        return "late"

    lane.ask(deaf, answers.append)
    begun.wait(10)
    lane.drop()
    release.set()
    lane.ask(lambda ticket: "next", answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert [answer.value for answer in answers] == ["next"]


def test_requests_that_are_kept_come_in_turn(qtbot, qapp):
    lane, answers = Lane("kept", keep=True), []
    for number in range(5):
        lane.ask(lambda ticket, number=number: number, answers.append)
    assert lane.busy
    qtbot.waitUntil(lambda: len(answers) == 5)
    assert [answer.value for answer in answers] == [0, 1, 2, 3, 4]
    assert not lane.busy
    assert lane.close(10)


def test_errors_are_answers_and_canceling_is_none(qtbot, lane):
    answers, error = [], SettingsError("no")

    def fail(ticket):
        raise error

    def stop(ticket):
        raise Cancelled

    lane.ask(stop, answers.append)
    qtbot.wait(20)
    assert answers == []
    lane.ask(fail, answers.append)
    qtbot.waitUntil(lambda: bool(answers))
    assert answers[0].error is error


def test_progress_is_counted_for_who_waits(qtbot, lane):
    counted, answers = [], []

    def work(ticket):
        for done in range(3):
            ticket.report(done, 3)

    lane.ask(work, answers.append, lambda done, total: counted.append((done, total)))
    qtbot.waitUntil(lambda: bool(answers))
    assert counted == [(0, 3), (1, 3), (2, 3)]
