"""The documents of the film strip and their queue, without Qt."""

import tempfile
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer import Chosen, Image, Step
from restorer.gui.session.choices import Choices, automatic_choices, usual_choices
from restorer.gui.session.documents import Document, Kept, Restoration
from restorer.gui.session.shelf import Entry, Shelf
from restorer.gui.session.strip import Strip

NOISY = Chosen((Step("panet-denoise-lite"),), "camera noise of level 9.0", ("camera-noise",))
RECIPES = [
    usual_choices(),
    usual_choices().with_values(strength=0.5),
    usual_choices().with_task("denoising", wanted=True),
    automatic_choices(),
    automatic_choices().suited(NOISY),
]


def result_of(recipe: Choices) -> Restoration:
    image = Image(np.zeros((2, 2, 3), np.float32))
    shown: Any = SimpleNamespace()
    return Restoration(image, image, shown, recipe.for_networks(), recipe.finish, 1.0, None)


def kept_of(result: Restoration, number: int = 0) -> Kept:
    return Kept(f"r{number}", result.choices, 1.0, (2, 2), 100, float(number))


def strip_of(*names: str, usual: Choices | None = None) -> Strip:
    strip = Strip(usual=usual or usual_choices())
    return strip.with_files([Path(name) for name in names]).shown(0)


OPERATIONS = (
    *("open", "show", "page", "ask", "undo", "redo", "queue", "unqueue", "start", "finish"),
    *("fail", "stop", "store", "unload", "save", "evict", "paste"),
)


@given(st.lists(st.tuples(st.sampled_from(OPERATIONS), st.integers(0, 5)), max_size=40))
@settings(max_examples=150, deadline=None)
def test_no_finished_result_is_lost_without_a_question(steps):
    strip, unsaved = strip_of("a", "b", "c"), {}  # results by document, as promised
    for number, (step, n) in enumerate(steps):
        id = strip.documents[n % len(strip.documents)].id
        strip = one_step(strip, step, n, id, number, unsaved)
        check(strip)
        for key, result in unsaved.items():
            document = strip.find(key)
            assert document is not None, "it left the strip"
            assert document.unsaved
            assert document.restoration is result or document.kept is not None
            if document.restoration is None:
                assert document.kept.choices == result.choices


def one_step(strip, step, n, id, number, unsaved):
    if step == "open":
        return strip.with_files([Path(name) for name in "bdef"[: n + 1]]).shown(0)
    if step == "show":
        return strip.shown(n % len(strip.documents))
    if step == "page":
        return strip.with_page(n % 3)
    if step == "ask":
        return strip.asked(RECIPES[n % len(RECIPES)])
    if step == "paste":
        return strip.with_document(
            n % len(strip.documents), Document(0, Path("p"), "p", RECIPES[0])
        )
    if step in ("undo", "redo"):
        return strip.changed(id, Document.undone if step == "undo" else Document.redone)
    if step == "queue":
        return strip.queued([id, id])
    if step == "unqueue":
        return strip.unqueued([id])
    if step == "finish" and strip.running is not None:
        unsaved[strip.running] = result_of(strip.find(strip.running).recipe)
        return strip.finished(unsaved[strip.running])
    if step == "store":
        made = strip.find(id).restoration
        return strip if made is None else strip.stored(id, made, kept_of(made, number))
    if step == "save" and strip.find(id).has_result:
        unsaved.pop(id, None)
        return strip.marked(id, Path("saved"), strip.find(id).result_recipe)
    if step == "evict":
        return strip.evicted(1000, n * 100)[0]
    plain = {
        "start": strip.started,
        "fail": lambda: strip.failed("broken"),
        "stop": strip.stopped,
        "unload": strip.unloaded,
    }
    return plain.get(step, lambda: strip)()


def check(strip):
    ids = [each.id for each in strip.documents]
    assert len(set(ids)) == len(ids)
    assert len(set(strip.queue)) == len(strip.queue)
    assert {each.id for each in strip.documents if each.stage == "waiting"} == set(strip.queue)
    running = {each.id for each in strip.documents if each.stage == "running"}
    assert running == ({strip.running} - {None})
    assert -1 <= strip.current < len(ids)
    for document in strip.documents:
        assert (document.badge == "failed") == bool(document.failure)


def test_every_change_of_a_recipe_can_be_undone_and_repeated():
    strip = strip_of("a")
    for recipe in RECIPES[1:]:
        strip = strip.asked(recipe)
    document = strip.document
    for recipe in reversed(RECIPES[:-1]):
        document = document.undone()
        assert document.recipe == recipe
    assert document.undone() is document
    for recipe in RECIPES[1:]:
        document = document.redone()
        assert document.recipe == recipe
    assert document.redone() is document


def test_a_slider_is_one_step_back():
    strip = strip_of("a")
    for percent in range(90, 50, -10):
        recipe = strip.recipe.with_values(strength=percent / 100)
        strip = strip.asked(recipe, merged=percent < 90)
    assert strip.document.undone().recipe == usual_choices()


def test_undo_brings_the_result_of_the_recipe_back():
    strip = strip_of("a").queued([1]).started()
    strip = strip.finished(result_of(strip.recipe))
    assert strip.document.badge == "ready"
    changed = strip.asked(RECIPES[2])
    assert changed.document.badge == "changed"
    assert changed.document.undone().badge == "ready"


@pytest.mark.parametrize(
    ("recipe", "badge"),
    [(automatic_choices(), ""), (automatic_choices().suited(NOISY), "suggested"), (RECIPES[0], "")],
)
def test_a_new_picture_shows_whether_something_is_suggested(recipe, badge):
    assert strip_of("a", usual=recipe).document.badge == badge


def test_each_picture_has_its_own_recipe():
    strip = strip_of("a", "b").asked(RECIPES[2]).shown(1).asked(RECIPES[1])
    assert [each.recipe for each in strip.documents] == [RECIPES[2], RECIPES[1]]
    assert strip.shown(0).recipe == RECIPES[2]


def test_saved_results_leave_the_disk_first_and_the_oldest_of_them():
    strip = strip_of(*"abcd")
    for id, number in ((1, 3), (2, 1), (3, 2)):
        made = result_of(strip.usual)
        strip = strip.with_values(id, kept=kept_of(made, number))
        strip = strip if id == 3 else strip.marked(id, Path("x"), strip.usual)
    strip = strip.shown(3)
    after, gone = strip.evicted(150, 0)
    assert [kept.name for kept in gone] == ["r1", "r3"]
    assert [each.kept is None for each in after.documents] == [True, True, False, True]
    assert [each.badge for each in after.documents] == ["saved", "saved", "ready", ""]


def test_removing_the_open_picture_opens_its_neighbor():
    strip = strip_of(*"abc").shown(1).queued([1, 2]).started()
    after = strip.removed([1, 2])
    assert [each.name for each in after.documents] == ["c"]
    assert (after.current, after.running, after.queue) == (0, None, ())
    assert after.removed([3]).current == -1


def test_a_page_with_a_result_stays_beside_the_next_page():
    strip = strip_of("a", "b").with_page(1)
    assert [(each.name, each.page) for each in strip.documents] == [("a", 1), ("b", 0)]
    strip = strip.with_values(1, restoration=result_of(strip.usual)).with_page(2)
    assert [(each.name, each.page) for each in strip.documents] == [("a", 1), ("a", 2), ("b", 0)]
    assert strip.with_page(1).current == 0


@given(st.lists(st.sampled_from(range(len(RECIPES))), min_size=1, max_size=4))
@settings(max_examples=20, deadline=None)
def test_a_killed_window_leaves_its_results_and_its_queue(numbers):
    with tempfile.TemporaryDirectory() as place:
        shelf, strip = Shelf(Path(place)), strip_of(*"abcd")
        for id, number in enumerate(numbers, 1):
            recipe = RECIPES[number]
            made = result_of(recipe)
            strip = strip.with_values(id, recipe=recipe, restoration=made, kept=shelf.put(made))
        strip = strip.queued([4, 1]).started()
        shelf.write(strip)
        shelf._drop_lock()  # as the end of the process does
        found = Shelf(Path(place))
        found.claim()
        assert found.left_over[0] == Entry.of(strip.find(4)), "what ran begins again, and first"
        unsaved = {entry.name for entry in found.left_over if entry.unsaved}
        assert unsaved == {each.name for each in strip.unsaved}
        for entry in found.left_over:
            if entry.kept is not None:
                assert entry.document(9).fits
                assert np.array_equal(found.load(entry.kept).pixels, np.zeros((2, 2, 3)))
        other = Shelf(Path(place))
        other.claim()
        assert other.left_over == (), "the folder of a living window is its own"
        found.forget_left_over()
        found.close(Strip())
        assert not [path for path in Path(place).iterdir() if path != other._folder]


def test_a_result_that_cannot_be_written_leaves_nothing(tmp_path, monkeypatch):
    shelf = Shelf(tmp_path)

    def full(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(OSError, match="No space"):
        shelf.put(result_of(RECIPES[0]))
    assert [path.name for path in shelf.folder.iterdir()] == ["lock"]


def test_a_damaged_journal_is_no_reason_to_fail(tmp_path):
    folder = tmp_path / "old"
    folder.mkdir()
    (folder / "journal.json").write_text('{"entries": [{"name": 1}]}')
    shelf = Shelf(tmp_path)
    shelf.claim()
    assert shelf.left_over == ()
    assert replace(Strip(), current=-1).document is None
