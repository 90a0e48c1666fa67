"""What the window does by itself: it looks at a picture, says what it found, and does that."""

from __future__ import annotations

import re

import numpy as np
import pytest
from PIL import Image as PilImage

import restorer
from restorer.gui.session.choices import automatic_choices, usual_choices

from helpers import make_photograph


@pytest.fixture
def noisy(tmp_path):
    rng = np.random.default_rng(0)
    values = make_photograph(96, 128) + 20 * rng.normal(size=(96, 128, 3))
    path = tmp_path / "noisy.png"
    PilImage.fromarray(np.clip(np.rint(values), 0, 255).astype(np.uint8)).save(path)
    return path


def test_a_picture_is_looked_at_and_repaired_like_on_the_command_line(window, qtbot, noisy):
    session, panel = window.session, window.picture.panel.controls.steps.automatic
    session.recipes.choose(automatic_choices())
    assert panel.wanted.isChecked()
    session.opener.open([noisy])
    qtbot.waitUntil(lambda: session.state.choices.chosen is not None)
    assert "noise" in panel.sentence.text()
    assert "Remove noise" in panel.sentence.text()
    assert [
        t for t, row in window.picture.panel.controls.steps.rows.items() if row.isVisible()
    ] == []
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    np.testing.assert_array_equal(session.state.saveable.pixels, restorer.restore(noisy).pixels)
    assert session.state.choices.command(noisy) == f"restore image {noisy}"
    saved = noisy.with_name("saved.png")
    session.saving.save(saved)
    qtbot.waitUntil(lambda: session.state.saved == saved)
    assert restorer.read_provenance(saved).found == session.state.choices.chosen.found


def test_it_enlarges_only_when_asked_and_leaves_its_steps_when_turned_off(window, qtbot, noisy):
    session, steps = window.session, window.picture.panel.controls.steps
    session.recipes.choose(automatic_choices())
    session.opener.open([noisy])
    qtbot.waitUntil(lambda: session.state.choices.chosen is not None)
    assert session.state.size == (128, 96)
    assert steps.automatic.scale.currentText() == "Same size"
    qtbot.waitUntil(lambda: "About" in steps.automatic.sentence.text())
    assert re.search(r"About [\d.]+\xa0s, [\d.]+\xa0MB\.", steps.automatic.sentence.text())
    steps.automatic.scale.setCurrentIndex(steps.automatic.scale.findData(2))
    steps.automatic.scale.activated.emit(1)
    assert session.state.choices.chosen is None, "it is looked at for the new size"
    qtbot.waitUntil(lambda: session.state.choices.chosen is not None)
    assert session.state.size == (256, 192)
    assert "--scale 2" in session.state.choices.command(noisy)
    chosen = session.state.choices.steps
    steps.automatic.wanted.setChecked(False)
    assert not session.state.choices.automatic
    assert session.state.choices.steps == chosen
    assert steps.rows["super-resolution"].isVisibleTo(window)


def test_strength_is_that_of_the_repair_alone():
    choices = automatic_choices().with_values(strength=0.5)
    large = restorer.Chosen((restorer.Step("panet-sr-x2-lite"),), "a clean photograph")
    assert choices.suited(large).steps[0].strength == 1
    assert not choices.suited(large).mixes_input
    small = restorer.Chosen((restorer.Step("panet-denoise-lite"),), "noise")
    assert choices.suited(small).steps[0].strength == 0.5
    assert choices.asked == (restorer.Step("auto", strength=0.5),)
    assert usual_choices().suited(small) == usual_choices()
