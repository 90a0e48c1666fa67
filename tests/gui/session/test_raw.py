"""Camera RAW in the window: its samples are restored, and its preview is shown before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pytestqt.qtbot import QtBot
from raw_files import linear_photograph, sensor, write_dng

import restorer
from restorer import Settings, Step
from restorer.gui.session.choices import Choices, usual_choices
from restorer.gui.session.jobs import Output, plan_files
from restorer.gui.session.preset_options import from_options
from restorer.gui.session.session import Session
from restorer.gui.window import MainWindow

from helpers import make_photograph

pytest.importorskip("rawpy")

MODEL = restorer.raw_model()


@pytest.fixture
def raw(tmp_path: Path) -> Path:
    path = tmp_path / "a.dng"
    samples = sensor(linear_photograph(40, 56), "grbg")
    write_dng(path, samples, "grbg", preview=make_photograph(20, 28))
    return path


def opened(qtbot: QtBot, session: Session, path: Path) -> None:
    session.opener.open([path])
    qtbot.waitUntil(lambda: session.state.opened is not None)


def restored(qtbot: QtBot, session: Session) -> restorer.Image:
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    found = session.state.saveable
    assert found is not None
    return found


def test_the_samples_are_restored_as_the_command_line_does(
    qtbot: QtBot, session: Session, raw: Path
) -> None:
    previews = []
    session.changed.connect(lambda state: previews.append(state.camera_preview))
    opened(qtbot, session, raw)
    assert any(preview is not None and preview.shown.width == 28 for preview in previews)
    assert session.state.camera_preview is None
    assert [step.model for step in session.state.choices.steps] == [MODEL]
    session.recipes.choose(session.state.choices.with_values(exposure=0.5, tone="linear"))
    result = restored(qtbot, session)
    settings = Settings(exposure=0.5, tone="linear")
    expected = restorer.restore(restorer.read_page(raw), MODEL, settings=settings)
    assert result.bits == 16
    assert np.array_equal(result.pixels, expected.pixels)
    qtbot.waitUntil(
        lambda: (
            session.state.opened is not None
            and session.state.opened.development == session.state.choices.development
        )
    )


def test_colors_that_are_wanted_again_are_shown(qtbot: QtBot, session: Session, raw: Path) -> None:
    opened(qtbot, session, raw)
    before = session.state.choices
    for exposure in (0.5, 0.0):  # the second before the first is shown
        session.recipes.choose(session.state.choices.with_values(exposure=exposure))
    qtbot.waitUntil(lambda: not session.colors._painter.busy)
    assert session.state.opened is not None
    assert session.state.opened.development == session.state.choices.development
    assert session.state.choices.development == before.development


@pytest.mark.parametrize("suffix", [".dng", ".tif", ".jpg"])
def test_results_are_saved_as_the_command_line_writes_them(
    qtbot: QtBot, session: Session, raw: Path, suffix: str
) -> None:
    opened(qtbot, session, raw)
    restored(qtbot, session)
    target = raw.with_name(f"window{suffix}")
    session.saving.save(target)
    qtbot.waitUntil(lambda: session.state.saved == target)
    job = restorer.Job(raw, raw.with_name(f"line{suffix}"), (MODEL,))
    assert restorer.run_job(job).status == "done"
    ours, theirs = restorer.read(target), restorer.read(raw.with_name(f"line{suffix}"))
    assert np.array_equal(ours.pixels, theirs.pixels)
    assert restorer.read_provenance(target).source.name == "a.dng"


def test_pictures_and_raw_files_have_steps_of_their_own(
    qtbot: QtBot, session: Session, raw: Path
) -> None:
    before = session.state.choices.steps
    opened(qtbot, session, raw)
    session.recipes.choose(session.state.choices.with_task("denoising", wanted=True))
    assert [step.model for step in session.state.choices.steps] == [MODEL, "panet-denoise-lite"]
    picture = raw.with_name("b.png")
    restorer.write(restorer.Image(make_photograph(16, 16)), picture)
    session.opener.open([picture])
    qtbot.waitUntil(
        lambda: session.state.opened is not None and session.state.opened.path == picture
    )
    assert session.state.choices.steps == before


def test_jobs_on_raw_files_demosaic_them_and_nothing_else_unless_more_is_chosen() -> None:
    sources = [Path("a.nef"), Path("b.jpg")]

    def models(choices: Choices) -> list[list[str]]:
        jobs = plan_files(sources, choices, Output(Path("out"))).jobs
        return [[step.model for step in job.steps] for job in jobs]

    assert models(usual_choices()) == [[MODEL], ["panet-sr-x2-lite"]]
    raw = usual_choices().for_kind(raw=True).with_task("denoising", wanted=True)
    assert models(raw) == [[MODEL, "panet-denoise-lite"], ["panet-sr-x2-lite"]]


def test_a_preset_of_raw_files_has_their_steps() -> None:
    raw = usual_choices().for_kind(raw=True).with_task("denoising", wanted=True)
    raw = raw.with_values(white_balance="2.0,1.5")
    found = from_options(raw.options())
    assert found.raw
    assert (found.steps, found.settings) == (raw.steps, raw.settings)
    assert usual_choices().behind_demosaicing().steps[0].model == MODEL
    assert raw.with_values(strength=0.5).steps[0] == Step(MODEL)


def test_the_window_shows_the_options_of_raw_files_for_them_only(
    qtbot: QtBot, window: MainWindow, raw: Path
) -> None:
    section = window.picture.panel.controls.sections[window.picture.panel.controls.raw]
    assert section.isHidden()
    window.files.open([raw])
    qtbot.waitUntil(lambda: bool(window.session.state.seen_patches))
    assert not section.isHidden()
    assert not window.picture.panel.controls.steps.rows["demosaicing"].isHidden()
    assert not window.picture.panel.controls.strength.isEnabled()


def test_a_white_balance_that_cannot_be_is_refused(
    qtbot: QtBot, window: MainWindow, raw: Path
) -> None:
    window.files.open([raw])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    field = window.picture.panel.controls.raw.fields["white_balance"]
    for text, expected in (("2.0,x", "camera"), ("2.0,1.5", "2.0,1.5")):
        field.setText(text)
        field.editingFinished.emit()
        assert window.session.state.choices.settings.white_balance == expected
        assert field.text() == expected


def test_a_gray_picture_becomes_a_mosaic_and_a_picture_again(
    qtbot: QtBot, window: MainWindow, tmp_path: Path
) -> None:
    samples, path = sensor(linear_photograph(40, 56), "grbg"), tmp_path / "a.png"
    restorer.write(restorer.Image(samples[..., None]), path)
    session, controls = window.session, window.picture.panel.controls
    window.files.open([path])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    assert not controls.sections[controls.mosaic].isHidden()
    assert controls.sections[controls.raw].isHidden()
    before = session.state.choices.steps

    def choose(**values: Any) -> None:
        session.recipes.choose(session.state.choices.with_values(**values))
        mosaic = session.state.choices.settings.mosaic
        qtbot.waitUntil(
            lambda: (
                (found := session.state.opened) is not None
                and found.development == session.state.choices.development
                and (found.mosaic is not None) == (mosaic is not None)
            )
        )

    field = controls.mosaic.fields["mosaic"]
    field.setCurrentIndex(field.findData("grbg"))
    field.activated.emit(field.currentIndex())
    assert session.state.choices.settings.mosaic == "grbg"
    choose(raw_black=512.0, raw_white=16_000.0, white_balance="2,1.6")
    assert not controls.sections[controls.raw].isHidden()
    assert [step.model for step in session.state.choices.steps] == [MODEL]
    chosen = session.state.choices.settings
    expected = restorer.restore(path, MODEL, settings=chosen)
    assert np.array_equal(restored(qtbot, session).pixels, expected.pixels)
    choose(mosaic=None)
    assert session.state.choices.steps == before
    choose(mosaic="rggb")
    picture = tmp_path / "b.png"
    restorer.write(restorer.Image(make_photograph(16, 16)), picture)
    window.files.open([picture])
    qtbot.waitUntil(
        lambda: session.state.opened is not None and session.state.opened.path == picture
    )
    assert session.state.choices.settings.mosaic is None
    assert controls.sections[controls.mosaic].isHidden()
