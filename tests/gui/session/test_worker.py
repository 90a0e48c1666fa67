import threading

import pytest

from restorer import Cancelled, SettingsError
from restorer.gui.session import worker as worker_module
from restorer.gui.session.worker import Reply, Worker


@pytest.fixture
def worker(qapp):
    made = Worker("test")
    yield made
    made.drop()
    assert made.close(10)
    made.deleteLater()


def test_an_answer_comes_to_the_thread_that_asked(qtbot, worker):
    replies, threads = [], []
    worker.ask(
        lambda request: threading.current_thread().name,
        lambda reply: (replies.append(reply), threads.append(threading.current_thread())),
    )
    qtbot.waitUntil(lambda: bool(replies))
    assert replies == [Reply(1, "test")]
    assert threads == [threading.main_thread()]


def test_the_thread_ends_when_there_is_nothing_to_do_and_comes_back(qtbot, worker, monkeypatch):
    monkeypatch.setattr(worker_module, "_IDLE_S", 0.001)
    replies = []
    for number in range(40):  # some meet the thread as it ends
        worker.ask(lambda request: threading.current_thread().name, replies.append)
        qtbot.waitUntil(lambda wanted=number + 1: len(replies) == wanted)
        qtbot.wait(number % 3)
    assert {reply.value for reply in replies} == {"test"}
    qtbot.waitUntil(lambda: "test" not in {thread.name for thread in threading.enumerate()})


def test_a_closed_worker_starts_no_thread(qtbot, qapp):
    made = Worker("closed")
    assert made.close(10)
    made.ask(lambda request: 1, lambda reply: None)
    assert not made.busy
    assert "closed" not in {thread.name for thread in threading.enumerate()}
    made.deleteLater()


def test_a_newer_request_drops_the_older_one(qtbot, worker):
    replies, release = [], threading.Event()

    def slow(request):
        release.wait(10)
        request.cancel.check()
        return "old"

    worker.ask(slow, replies.append)
    worker.ask(lambda request: "new", replies.append)
    release.set()
    qtbot.waitUntil(lambda: bool(replies))
    qtbot.wait(20)
    assert [reply.value for reply in replies] == ["new"]


def test_a_late_answer_of_a_dropped_request_is_not_delivered(qtbot, worker):
    replies, begun, release = [], threading.Event(), threading.Event()

    def deaf(request):
        begun.set()
        release.wait(10)
        return "late"

    worker.ask(deaf, replies.append)
    begun.wait(10)
    worker.drop()
    release.set()
    worker.ask(lambda request: "next", replies.append)
    qtbot.waitUntil(lambda: bool(replies))
    assert [reply.value for reply in replies] == ["next"]


def test_requests_that_are_kept_come_in_turn(qtbot, qapp):
    worker, replies = Worker("kept", keep=True), []
    for number in range(5):
        worker.ask(lambda request, number=number: number, replies.append)
    assert worker.busy
    qtbot.waitUntil(lambda: len(replies) == 5)
    assert [reply.value for reply in replies] == [0, 1, 2, 3, 4]
    assert not worker.busy
    assert worker.close(10)


def test_errors_are_answers_and_canceling_is_none(qtbot, worker):
    replies, error = [], SettingsError("no")

    def fail(request):
        raise error

    def stop(request):
        raise Cancelled

    worker.ask(stop, replies.append)
    qtbot.wait(20)
    assert replies == []
    worker.ask(fail, replies.append)
    qtbot.waitUntil(lambda: bool(replies))
    assert replies[0].error is error


def test_progress_is_counted_for_who_waits(qtbot, worker):
    counted, replies = [], []

    def work(request):
        for done in range(3):
            request.report(done, 3)

    worker.ask(work, replies.append, lambda done, total: counted.append((done, total)))
    qtbot.waitUntil(lambda: bool(replies))
    assert counted == [(0, 3), (1, 3), (2, 3)]
