"""The controller, without a widget."""

from dataclasses import replace

import numpy as np
import pytest
from PySide6.QtGui import QImage

import restorer
from restorer import Settings, Step, read, run_job
from restorer.gui.session import preview_patch
from restorer.gui.session.box import Box
from restorer.gui.session.convert import to_pixels
from restorer.gui.session.preview_memory import KeptPreview, PreviewMemory
from restorer.gui.session.work import Message

DENOISE = "panet-denoise-lite"


@pytest.fixture
def with_targets(qtbot, session):
    """Wait until nothing is under way."""

    def wait(doing="nothing"):
        qtbot.waitUntil(lambda: session.state.work.doing == doing)

    return wait


@pytest.fixture
def opened(qtbot, session, make_picture):
    path = make_picture("a.png")
    session.opener.open([path])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    return path


@pytest.fixture
def denoising(session):
    chain = session.state.choices.with_task("super-resolution", wanted=False)
    session.recipes.choose(chain.with_task("denoising", wanted=True).with_values(sigma=20.0))


def see_all(session):
    session.previews.set_view(Box(0, 0, *session.state.size))


def previewed(qtbot, session):
    qtbot.waitUntil(
        lambda: (
            session.state.fresh
            and any(p.box.holds(Box(0, 0, *session.state.size)) for p in session.state.patches)
        ),
    )


def test_a_folder_is_opened_with_all_its_pictures(qtbot, session, make_picture, tmp_path):
    for name in ("b.png", "a.jpg", "sub/c.tif"):
        make_picture(name)
    (tmp_path / "notes.txt").touch()
    session.opener.open([tmp_path])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert [p.name for p in session.state.files] == ["a.jpg", "b.png", "c.tif"]
    assert session.state.opened.name == "a.jpg"
    session.opener.show(2)
    qtbot.waitUntil(lambda: session.state.opened.name == "c.tif")
    assert session.state.current == 2


def test_what_cannot_be_opened_is_said_and_the_next_one_opens(qtbot, session, make_picture):
    good, bad = make_picture("b.png"), make_picture("a.png")
    bad.write_bytes(bad.read_bytes()[:100])
    session.opener.open([bad, good])
    qtbot.waitUntil(lambda: bool(session.state.unread))
    assert session.state.unread == "The file is cut short."
    assert session.state.opened is None
    assert session.state.message is None, "the reason stands in place of the picture"
    session.opener.show(1)
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert not session.state.unread


def test_an_empty_folder_is_said(qtbot, session, tmp_path):
    session.opener.open([tmp_path])
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert ".png" in session.state.message.text
    assert session.state.work.doing == "nothing"


def test_a_picture_from_the_clipboard_is_opened_as_it_is(qtbot, session, noise):
    copied = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    session.opener.paste(copied, "copied")
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert np.array_equal(session.state.opened.image.pixels, noise)
    assert session.state.opened.path is None


def test_the_preview_has_the_pixels_of_the_full_run(qtbot, session, opened, denoising):
    see_all(session)
    previewed(qtbot, session)
    session.run()
    qtbot.waitUntil(lambda: session.state.finished is not None)
    expected = restorer.restore(read(opened), Step(DENOISE, sigma=20.0))
    assert np.array_equal(session.state.saveable.pixels, expected.pixels)


def test_a_part_is_previewed_with_the_pixels_of_the_full_run(qtbot, session, opened, denoising):
    session.previews.set_view(Box(10, 10, 30, 20))
    qtbot.waitUntil(lambda: bool(session.state.patches))
    patch = session.state.patches[-1]
    expected = restorer.restore(read(opened), Step(DENOISE, sigma=20.0)).pixels
    rows = slice(int(patch.box.y), int(patch.box.bottom))
    columns = slice(int(patch.box.x), int(patch.box.right))
    assert patch.box.holds(Box(10, 10, 30, 20))
    assert np.array_equal(patch.final.pixels, expected[rows, columns])


@pytest.mark.parametrize("suffix", [".png", ".tif", ".jpg"])
@pytest.mark.parametrize("strength", [(1.0, None), (0.5, None), (0.7, 0.2), (1.0, 0.0)], ids=str)
def test_what_is_saved_is_what_the_command_line_saves(
    qtbot, session, make_picture, tmp_path, suffix, strength
):
    source = make_picture("a.png")
    share, detail = strength
    chosen = session.state.choices
    session.recipes.choose(
        chosen.with_values(strength=share, detail=detail).with_changes(suffix=suffix)
    )
    session.opener.open([source])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    session.saving.save(tmp_path / f"window{suffix}")
    qtbot.waitUntil(lambda: session.state.saved is not None)
    job = restorer.Job(source, tmp_path / f"line{suffix}", session.state.choices.steps)
    assert run_job(job).status == "done"
    saved, expected = read(session.state.saved), read(job.target)
    assert np.array_equal(saved.pixels, expected.pixels)
    assert restorer.provenance_of(saved) == restorer.provenance_of(expected)
    assert restorer.replay_result(session.state.saved, source=source).same


def test_another_strength_needs_no_new_run(qtbot, session, opened):
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    restoration = session.state.restoration
    see_all(session)
    session.recipes.choose(session.state.choices.with_values(strength=0.5))
    assert session.state.saveable is None
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    assert session.state.restoration.image is restoration.image
    model = session.state.choices.steps[0].model
    expected = restorer.restore(read(opened), Step(model, strength=0.5))
    assert np.array_equal(session.state.saveable.pixels, expected.pixels)


def test_depth_and_dithering_need_no_new_run_either(qtbot, session, opened):
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    session.recipes.choose(session.state.choices.with_values(bits=16))
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    steps = session.state.choices.steps
    expected = restorer.restore(read(opened), steps, settings=Settings(bits=16))
    assert np.array_equal(session.state.saveable.pixels, expected.pixels)


@pytest.mark.parametrize("bits", [None, 32])
def test_another_color_profile_needs_no_new_run(qtbot, session, opened, bits):
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    restoration = session.state.restoration
    wanted = {"profile": "display-p3", "bits": bits}
    session.recipes.choose(session.state.choices.with_values(**wanted))
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    assert session.state.restoration.image is restoration.image
    steps = session.state.choices.steps
    expected = restorer.restore(read(opened), steps, settings=Settings(**wanted))
    assert np.array_equal(session.state.saveable.pixels, expected.pixels)
    saved, wanted = session.state.saveable.metadata, expected.metadata
    assert replace(saved, blocks={}) == replace(wanted, blocks={})
    assert expected.metadata.icc == restorer.find_profile("display-p3")


def test_the_patches_of_a_preview_follow_the_strength(qtbot, session, opened, denoising):
    see_all(session)
    previewed(qtbot, session)
    session.recipes.choose(session.state.choices.with_values(strength=0.0))
    finish = session.state.choices.finish
    qtbot.waitUntil(lambda: session.state.patches[-1].finish == finish)
    patch = session.state.patches[-1]
    original = session.state.opened.image.pixels
    rows = slice(int(patch.box.y), int(patch.box.bottom))
    columns = slice(int(patch.box.x), int(patch.box.right))
    assert np.array_equal(patch.final.pixels, original[rows, columns])


def test_other_choices_drop_the_running_preview(qtbot, session, opened, denoising, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "restorer.gui.session.rendering.restore_part",
        lambda picture, region, making, tick, cancel, *_: _until_cancelled(asked, making, cancel),
    )
    see_all(session)
    qtbot.waitUntil(lambda: len(asked) == 1)
    session.recipes.choose(session.state.choices.with_values(sigma=30.0))
    qtbot.waitUntil(lambda: len(asked) == 2)
    assert [made.template.sigma for made in asked] == [20.0, 30.0]
    session.stop()
    assert session.state.patches == ()


def _until_cancelled(asked, making, cancel):
    asked.append(making)
    while True:
        cancel.check()


def test_a_picture_above_the_limit_is_opened_when_the_user_insists(
    qtbot, session, make_picture, monkeypatch
):
    monkeypatch.setattr("restorer.gui.session.opener.DEFAULT_MAX_PIXELS", 100)
    session.opener.open([make_picture()])
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert session.state.opened is None
    assert session.state.message.action == "open"
    assert session.state.message.text.startswith("a.png is very large: 0 megapixels")
    session.opener.open_anyway()
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert session.state.message is None


def test_a_run_can_be_stopped(qtbot, session, opened, monkeypatch):
    asked = []
    monkeypatch.setattr(
        "restorer.gui.session.rendering.restore_whole",
        lambda picture, making, tick, cancel, on_part: _until_cancelled(asked, making, cancel),
    )
    session.run()
    qtbot.waitUntil(lambda: bool(asked))
    assert session.at_work
    session.stop()
    assert not session.at_work
    assert session.state.restoration is None


def test_progress_tells_the_time_that_is_left(qtbot, session, opened, monkeypatch):
    heard = []
    session.progressed.connect(lambda state: heard.append(state.work))

    def tick_only(picture, making, tick, cancel, on_part):
        for done in range(1, 5):
            tick(done, 4)
        raise MemoryError

    monkeypatch.setattr("restorer.gui.session.rendering.restore_whole", tick_only)
    session.run()
    qtbot.waitUntil(lambda: session.state.message is not None)
    counted = list(dict.fromkeys(work for work in heard if work.total == 4))
    assert [work.done for work in counted] == [1, 2, 3, 4]
    assert counted[0].seconds_left is None
    assert counted[-1].seconds_left == 0
    assert "memory" in session.state.message.text


def test_a_run_without_a_task_is_refused_in_words(session, opened):
    session.recipes.choose(session.state.choices.with_task("super-resolution", wanted=False))
    session.run()
    assert "step" in session.state.message.text


def test_the_original_is_never_overwritten(qtbot, session, opened):
    before = opened.read_bytes()
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    session.saving.save(opened)
    assert "original" in session.state.message.text
    assert opened.read_bytes() == before


def test_a_disk_that_refuses_is_said(qtbot, session, opened, tmp_path):
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    session.saving.save(tmp_path / "a.png" / "b.png")
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert session.state.saved is None
    assert session.state.work.doing == "nothing"


def test_nothing_is_saved_before_there_is_a_result(session, opened, tmp_path):
    session.saving.save(tmp_path / "b.png")
    assert not (tmp_path / "b.png").exists()
    assert "Restore the picture first" in session.state.message.text


def test_a_chosen_rectangle_goes_before_what_is_seen(qtbot, session, opened, denoising):
    see_all(session)
    session.previews.frame(Box(5, 5, 20, 10))
    qtbot.waitUntil(lambda: bool(session.state.patches))
    assert session.state.patches[-1].box == Box(5, 5, 20, 10)


def test_models_and_devices_are_found(qtbot, session):
    session.survey()
    qtbot.waitUntil(lambda: session.state.devices[-1] == "cpu")
    assert DENOISE in session.state.usable


def test_the_noise_is_measured(qtbot, session, opened, denoising):
    qtbot.waitUntil(lambda: session.state.estimated_sigma is not None)
    values = read(opened).to_float()
    assert session.state.estimated_sigma == pytest.approx(restorer.estimate_sigma(values))


def test_the_noise_is_measured_as_each_network_is_told_it(qtbot, session, opened, denoising):
    levels = session.state.opened.colors.levels
    qtbot.waitUntil(lambda: session.state.estimated_sigma == levels.sigma())
    photo = {"model": "panet-denoise-photo-lite", "wanted": True}
    session.recipes.choose(session.state.choices.with_task("denoising", **photo))
    assert session.state.estimated_sigma is None
    qtbot.waitUntil(lambda: session.state.estimated_sigma == levels.sigma("photo"))
    assert levels.sigma() != levels.sigma("photo")


def test_bugs_are_told_too(qtbot, session, opened, monkeypatch, caplog):
    def broken(*_):
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("restorer.gui.session.rendering.restore_whole", broken)
    session.run()
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert "ZeroDivisionError: oops" in session.state.message.text
    assert "unexpected" in caplog.text


def test_a_model_that_is_not_here_leads_to_the_models(qtbot, session, opened):
    link = {"model": "nlsn-x2-paper", "wanted": True}
    session.recipes.choose(session.state.choices.with_task("super-resolution", **link))
    session.run()
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert session.state.message.action == "models"


def test_messages_come_and_go(session):
    session.tell(Message("hello", "note"))
    assert session.state.message.text == "hello"
    session.dismiss()
    assert session.state.message is None


def test_pixels_survive_the_way_through_qt(noise):
    image = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    assert np.array_equal(to_pixels(image), noise)


def test_what_networks_are_told_is_found_out_when_they_are_chosen(qtbot, session, make_picture):
    session.opener.open([make_picture("a.jpg", 120, 160)])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert session.state.estimated_sigma is None
    picture = session.state.opened.source
    for task in ("denoising", "deblocking"):  # the second while the first is being found out
        session.recipes.choose(session.state.choices.with_task(task, wanted=True))
    qtbot.waitUntil(lambda: session.state.estimated_quality is not None)
    assert session.state.estimated_quality == picture.jpeg_quality()[0]
    assert session.state.estimated_sigma == picture.sigma


@pytest.fixture
def chained(qtbot, session, opened, monkeypatch):
    """Two tasks in a row, previewed at full strength; later runs never end."""
    chosen = session.state.choices.with_task("deblocking", wanted=True)
    session.recipes.choose(chosen.with_task("super-resolution", wanted=False))
    session.recipes.choose(session.state.choices.with_task("denoising", wanted=True))
    see_all(session)
    previewed(qtbot, session)
    return lambda: monkeypatch.setattr(
        "restorer.gui.session.rendering.restore_part",
        lambda picture, region, making, tick, cancel, *_: _until_cancelled([], making, cancel),
    )


def test_several_tasks_show_another_strength_before_they_run_again(qtbot, session, chained):
    chained()
    full = session.state.patches[-1].final.pixels.astype(float)
    original = session.state.opened.image.pixels.astype(float)
    session.recipes.choose(session.state.choices.with_values(strength=0.5))
    qtbot.waitUntil(
        lambda: (
            session.state.patches[-1].finish == session.state.choices.finish
            and not np.array_equal(session.state.patches[-1].final.pixels, full)
        ),
    )
    assert not session.state.fresh, "its own pixels are still to come"
    shown = session.state.patches[-1].final.pixels
    assert np.abs(shown - (full + original) / 2).max() <= 1
    session.stop()


def test_several_tasks_have_their_own_pixels_at_the_end(qtbot, session, opened, chained):
    session.recipes.choose(session.state.choices.with_values(strength=0.5))
    previewed(qtbot, session)
    expected = restorer.restore(read(opened), session.state.choices.steps)
    assert np.array_equal(session.state.patches[-1].final.pixels, expected.pixels)


def test_references_that_cannot_help_are_refused_as_by_the_command_line(qtbot, session, opened):
    chosen = session.state.choices.with_task("reference-sr", wanted=True)
    session.recipes.choose(replace(chosen, references=(opened,)))
    session.run()
    qtbot.waitUntil(lambda: session.state.message is not None)
    assert "is the picture itself" in session.state.message.text
    assert session.state.work.doing == "nothing"


def test_a_preview_grows_and_has_the_pixels_of_the_result(qtbot, session, make_picture):
    chain = session.state.choices.with_task("super-resolution", wanted=False)
    chain = chain.with_task("denoising", wanted=True).with_values(sigma=20.0, tile=64, overlap=16)
    session.recipes.choose(chain)
    session.opener.open([make_picture("a.png", 200, 220)])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    grown = []

    def look(state):
        for growth in state.seen_growths:
            grown.append((growth, sum(box.area for box in growth.parts)))

    session.progressed.connect(look)
    session.previews.set_pointer((30, 170))
    see_all(session)
    previewed(qtbot, session)
    areas = [area for _, area in grown]
    assert areas == sorted(areas)
    assert areas[0] < areas[-1]
    growth, final = grown[-1][0], session.state.patches[-1].final.pixels
    assert growth.final_at(30, 170) == tuple(final[170, 30].tolist())
    assert session.state.grown_preview is None


@pytest.mark.parametrize(("side", "glances"), [(240, 0), (300, 1)])
def test_a_picture_as_small_as_a_glance_is_previewed_once(
    qtbot, session, make_picture, denoising, monkeypatch, side, glances
):
    seen, glance = [], preview_patch.glance
    monkeypatch.setattr(preview_patch, "glance", lambda *a: seen.append(a) or glance(*a))
    session.opener.open([make_picture("small.png", side, 120)])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    see_all(session)
    previewed(qtbot, session)
    assert len(seen) == glances


def test_a_preview_is_kept_while_others_are_shown(
    qtbot, session, make_picture, denoising, monkeypatch
):
    first, second = make_picture("a.png"), make_picture("b.png", 70, 90)
    made, restore = set(), preview_patch.restore_patch

    def restore_patch(opened, *others):
        made.add(opened.name)
        return restore(opened, *others)

    monkeypatch.setattr(preview_patch, "restore_patch", restore_patch)

    def shown(number):
        """Show a picture, and return which ones were previewed for that."""
        made.clear()
        session.opener.show(number)
        qtbot.waitUntil(lambda: session.state.picture is not None)
        see_all(session)
        previewed(qtbot, session)
        previews = session.previews
        qtbot.waitUntil(lambda: not (previews._settled.isActive() or previews._network.busy))
        return set(made)

    session.opener.open([first, second])
    qtbot.waitUntil(lambda: session.state.picture is not None)
    shown(0)
    assert shown(1) == {"b.png"}
    assert shown(0) == set()
    assert shown(1) == set()
    shown(0)
    session.recipes.choose(session.state.choices.with_values(sigma=30.0))
    previewed(qtbot, session)
    assert shown(1) == set()
    assert shown(0) == set(), "that of the latest choices is kept"
    shown(1)
    make_picture("a.png", 64, 80)
    assert shown(0) == {"a.png"}, "the file has changed"


def test_the_memory_of_previews_is_bounded(qtbot, session, opened, denoising):
    see_all(session)
    previewed(qtbot, session)
    state = session.state
    (patch,) = state.patches
    memory = PreviewMemory(2.5 * KeptPreview((patch,), state.patches_of, None, ()).size_bytes)
    states = [replace(state, opened_of=id) for id in (1, 2, 3)]
    for each in states:
        memory.keep(each)
    assert [memory.recall(each) is None for each in states] == [True, False, False]
    memory.clear()
    assert memory.recall(states[2]) is None


def test_a_preview_begins_with_less_than_a_tile(qtbot, session, make_picture):
    session.opener.open([make_picture("a.png", 480, 500)])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    chain = session.state.choices.with_task("super-resolution", wanted=False)
    chain = chain.with_task("denoising", wanted=True)
    session.recipes.choose(chain.with_values(sigma=20.0))
    see_all(session)
    previewed(qtbot, session)
    grown = []
    session.changed.connect(
        lambda state: grown.extend(sum(b.area for b in g.parts) for g in state.seen_growths)
    )
    session.recipes.choose(chain.with_values(sigma=30.0))
    previewed(qtbot, session)
    assert 0 < min(grown) < 200**2


def test_a_stopped_preview_says_so_and_shows_nothing_of_other_choices(
    qtbot, session, opened, denoising, monkeypatch
):
    see_all(session)
    previewed(qtbot, session)
    monkeypatch.setattr(
        "restorer.gui.session.rendering.restore_part",
        lambda picture, region, making, tick, cancel, *_: _until_cancelled([], making, cancel),
    )
    session.recipes.choose(session.state.choices.with_values(sigma=30.0))
    qtbot.waitUntil(lambda: session.state.work.doing == "previewing")
    session.stop()
    assert "Stopped" in session.state.message.text
    assert session.state.patches == ()
    monkeypatch.undo()
    session.recipes.choose(session.state.choices.with_values(sigma=25.0))
    previewed(qtbot, session)
