"""The queue of the session: runs go on while other pictures are open, and nothing is lost."""

import threading
from dataclasses import replace

import numpy as np
import pytest

import restorer
from restorer import Cancelled, CancelToken, Step, read
from restorer.gui.session.choices import automatic_choices, usual_choices
from restorer.gui.session.preview_region import pace_key
from restorer.gui.session.session import Session
from restorer.gui.session.worker import Gate

DENOISE = "panet-denoise-lite"


def denoising(sigma):
    chain = usual_choices().with_task("super-resolution", wanted=False)
    return chain.with_task("denoising", wanted=True).with_values(sigma=sigma)


@pytest.fixture
def three(qtbot, session, make_picture):
    """Three open pictures with recipes of their own."""
    paths = [make_picture(f"{name}.png", 24, 32) for name in "abc"]
    session.recipes.choose(denoising(5.0))
    session.opener.open(paths)
    qtbot.waitUntil(lambda: len(session.state.documents) == 3)
    for number, sigma in ((0, 10.0), (1, 20.0), (2, 30.0)):
        session.opener.show(number)
        qtbot.waitUntil(lambda n=number: session.state.opened_of == session.state.documents[n].id)
        session.recipes.choose(denoising(sigma))
    session.opener.show(0)
    qtbot.waitUntil(lambda: not session.state.is_between)
    return paths


@pytest.fixture
def held(monkeypatch):
    """Whole pictures are restored when the event is set."""
    go, real = threading.Event(), restorer.gui.session.rendering.restore_whole

    def wait(picture, choices, on_tile, cancel, on_part):
        on_tile(1, 4)
        while not go.wait(0.02):
            cancel.check()
        return real(picture, choices, on_tile, cancel, on_part)

    monkeypatch.setattr("restorer.gui.session.rendering.restore_whole", wait)
    yield go
    go.set()


def badges(session):
    return [document.badge for document in session.state.documents]


def ended(qtbot, session):
    strip = session.state.strip
    qtbot.waitUntil(lambda: session.state.strip.running is None and not session.state.strip.queue)
    qtbot.waitUntil(lambda: all(d.restoration is None or d.kept for d in session.state.documents))
    return strip


def test_a_run_goes_on_while_another_picture_is_open(qtbot, session, three, held):
    session.run()
    qtbot.waitUntil(lambda: session.state.progress.total == 4)
    assert session.state.work.doing == "restoring"
    session.opener.show(1)
    qtbot.waitUntil(lambda: session.state.opened.name == "b.png")
    assert session.state.work.doing != "restoring"
    assert badges(session)[0] == "running"
    session.opener.show(0)
    qtbot.waitUntil(lambda: session.state.work.doing == "restoring")
    session.opener.show(1)
    held.set()
    qtbot.waitUntil(lambda: badges(session)[0] == "ready")
    qtbot.waitUntil(lambda: session.state.documents[0].restoration is None)  # it is on the disk
    session.opener.show(0)
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    expected = restorer.restore(read(three[0]), Step(DENOISE, sigma=10.0))
    assert np.array_equal(session.state.saveable.pixels, expected.pixels)
    found = session.state.saveable.metadata
    assert replace(found, blocks={}) == replace(expected.metadata, blocks={})


def test_selected_pictures_are_restored_in_turn_with_their_own_recipes(
    qtbot, session, three, tmp_path
):
    session.select([document.id for document in session.state.documents])
    session.run()
    assert badges(session) == ["running", "waiting", "waiting"]
    assert session.state.strip.to_restore == ()
    ended(qtbot, session)
    assert badges(session) == ["ready"] * 3
    for result, sigma in zip(session.saving.selected_results(), (10.0, 20.0, 30.0), strict=True):
        expected = restorer.restore(read(result.source), Step(DENOISE, sigma=sigma))
        assert np.array_equal(result.final().pixels, expected.pixels)
        assert np.array_equal(result.original().pixels, read(result.source).pixels)
        assert result.size == (32, 24)
    session.run()
    assert badges(session) == ["ready"] * 3, "nothing runs twice"
    session.saving.mark_saved(session.state.documents[2].id, tmp_path / "elsewhere.png")
    done = []
    session.saving.save_beside(session.state.documents[:2], done.append)
    qtbot.waitUntil(lambda: bool(done))
    assert badges(session) == ["saved"] * 3
    assert not session.state.strip.unsaved
    saved = restorer.provenance_of(read(tmp_path / "b-restored.png"))
    assert saved.steps == (Step(DENOISE, sigma=20.0),)


def test_stop_ends_the_running_one_and_the_next_one_follows(qtbot, session, three, held):
    session.select([document.id for document in session.state.documents])
    session.run()
    session.unqueue([session.state.documents[2].id])
    session.stop()
    assert badges(session) == ["changed", "running", "changed"]
    held.set()
    ended(qtbot, session)
    assert badges(session) == ["changed", "ready", "changed"]


def test_a_run_that_fails_says_why_and_the_next_one_follows(qtbot, session, three):
    three[1].write_bytes(b"broken")
    session.select([document.id for document in session.state.documents])
    session.run()
    ended(qtbot, session)
    assert badges(session) == ["ready", "failed", "ready"]
    assert "b.png" in session.state.documents[1].failure


def test_pictures_are_analyzed_beside_the_open_one(qtbot, session, make_picture, rng):
    session.recipes.choose(automatic_choices())
    paths = [make_picture(f"{name}.png", 128, 128) for name in "ab"]
    pixels = read(paths[1]).pixels + rng.normal(0, 25, (128, 128, 3))
    noisy = restorer.Image(pixels.clip(0, 255).astype(np.uint8))
    restorer.write(noisy, paths[1], existing="replace")
    session.opener.open(paths)
    qtbot.waitUntil(lambda: any(each.badge == "suggested" for each in session.state.documents[1:]))
    document = session.state.documents[1]
    assert document.badge == "suggested"
    assert document.price.seconds > 0
    assert document.price.memory > 0


def test_settings_are_copied_to_the_selected_pictures_and_undone_in_each(session, three):
    session.recipes.copy()
    session.select([document.id for document in session.state.documents[1:]])
    session.recipes.paste()
    sigmas = [document.recipe.template.sigma for document in session.state.documents]
    assert sigmas == [10.0, 10.0, 10.0]
    undone = session.state.documents[2].undone()
    assert undone.recipe.template.sigma == 30.0
    session.recipes.undo()
    assert session.state.choices.template.sigma == 5.0
    session.recipes.redo()
    assert session.state.choices.template.sigma == 10.0


def test_the_price_is_by_the_speed_that_was_measured_here(qtbot, session, make_picture):
    session.previews.remember_pace({pace_key(denoising(10.0)): 50.0})
    session.recipes.choose(denoising(10.0))
    session.opener.open([make_picture("a.png", 100, 200)])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert session.state.documents[0].price.seconds == pytest.approx(1.0)  # 0.02 megapixels


def test_what_a_killed_window_had_saved_is_not_left_over(qtbot, three, tmp_path):
    killed = Session(folder=tmp_path / "kept")
    killed.recipes.choose(denoising(10.0))
    killed.opener.open(three)
    qtbot.waitUntil(lambda: killed.state.opened is not None)
    killed.select([document.id for document in killed.state.documents[:2]])
    killed.run()
    ended(qtbot, killed)
    qtbot.waitUntil(lambda: all(each.kept for each in killed.state.documents[:2]))
    killed.saving.mark_saved(killed.state.documents[0].id, tmp_path / "a-restored.png")
    killed._runs.write()
    killed._shelf._drop_lock()  # as the end of its process does
    session = Session(folder=tmp_path / "kept")
    assert [document.name for document in session.left_over.documents] == ["b.png"]
    for each in (session, killed):
        each._shelf.base = None  # nothing is kept
        assert each.close(30)


def test_what_a_killed_window_leaves_is_continued(qtbot, make_picture, tmp_path, held):
    killed = Session(folder=tmp_path / "kept")
    killed.recipes.choose(denoising(10.0))
    killed.opener.open([make_picture(f"{name}.png", 24, 32) for name in "abc"])
    qtbot.waitUntil(lambda: killed.state.opened is not None)
    killed.select([document.id for document in killed.state.documents[:2]])
    killed.run()
    killed._runs.write()
    killed._shelf._drop_lock()  # as the end of its process does
    session = Session(folder=tmp_path / "kept")
    session.left_over.offer()
    assert session.state.message.action == "continue"
    assert session.state.message.text.endswith(": 2 pictures are waiting.")
    session.left_over.take()
    assert [document.name for document in session.state.documents] == ["a.png", "b.png"]
    held.set()
    ended(qtbot, session)
    assert badges(session) == ["ready", "ready"]
    again = Session(folder=tmp_path / "kept")
    assert again.left_over.documents == (), "they have a window"
    session.give_up()
    for each in (again, session, killed):
        each._shelf.base = None  # nothing is kept
        assert each.close(30)
        each.deleteLater()


def test_short_work_goes_before_long_work():
    gate, cancel = Gate(), CancelToken()
    with gate.held():
        cancel.cancel()
        with pytest.raises(Cancelled):
            gate.wait(cancel)
    gate.wait(CancelToken())
