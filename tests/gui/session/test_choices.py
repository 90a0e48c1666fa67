"""The same wishes as steps, as a line for the shell, and as a preset."""

import shlex
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restorer
from restorer import Choice, Flag, Integer, Number, Option
from restorer.cli import image as image_module
from restorer.cli.group import cli
from restorer.gui.session.choices import (
    SCALES,
    TASK_ORDER,
    Choices,
    automatic_choices,
    usual_choices,
)
from restorer.gui.session.preset_options import from_options
from restorer.settings.kinds import Balance, PageNumbers, Size

SOURCE = Path("/pictures/my photo.png")


def values_of(option: Option) -> st.SearchStrategy[Any]:
    """Return the values that the front ends offer for an option."""
    kind = option.offered
    if isinstance(kind, Choice):
        found = st.sampled_from(list(kind.labels))
    elif isinstance(kind, Integer):
        found = st.integers(int(kind.low), int(min(kind.high, 2**63 - 1)))
    elif isinstance(kind, Number):
        found = st.floats(kind.low, min(kind.high, 1e6))
    elif isinstance(kind, Flag):
        found = st.booleans()
    elif isinstance(kind, Balance):
        found = st.sampled_from(["camera", "2.1,1.5"])
    elif isinstance(kind, Size):
        found = st.sampled_from(["4000x3000", "8x6"])
    elif isinstance(kind, PageNumbers):
        found = st.sampled_from(["1", "1,3-5"])
    else:
        found = st.sampled_from(["auto", "cpu", "cuda:1"])
    return st.none() | found if option.optional else found


@st.composite
def choices(draw):
    automatic = draw(st.booleans())
    made = usual_choices()
    made = made.with_task("super-resolution", wanted=draw(st.booleans()))
    noise = not made.steps or draw(st.booleans())
    made = made.with_task("denoising", wanted=noise)
    blocks = draw(st.booleans())
    made = made.with_task("deblocking", wanted=blocks)
    values = {option.field: draw(values_of(option)) for option in restorer.OPTIONS}
    values |= {} if noise else {"sigma": None}
    values |= {} if values["mosaic"] else {"raw_size": None}
    values |= {} if blocks else {"jpeg_quality": None}
    if automatic:
        enlargement = draw(st.sampled_from(SCALES))
        made = replace(automatic_choices(), enlargement=enlargement)
        values |= {"mosaic": None, "raw_size": None}
    suffix = draw(st.sampled_from([None, ".png", ".jpg", ".tif"]))
    return made.with_values(**values | {"bayer": None, "denoise": None}).with_changes(suffix=suffix)


def small_picture(path: Path) -> Path:
    restorer.write(restorer.Image(np.zeros((4, 4, 3), np.uint8)), path)
    return path


def job_of(line: str, monkeypatch, source: Path):
    """Return the job that the command line makes of a line."""
    words = shlex.split(line)
    assert words[0] == "restore"
    jobs = []
    monkeypatch.setattr(image_module, "run", lambda found, *_, **__: jobs.extend(found) or [])
    cli.main(words[1:], prog_name="restore", standalone_mode=False)
    return jobs[0]


@given(chosen=choices())
def test_the_command_asks_for_the_same_job(chosen, tmp_path_factory):
    source = small_picture(tmp_path_factory.mktemp("in") / "my photo's.png")
    with pytest.MonkeyPatch.context() as patch:
        job = job_of(chosen.command(source), patch, source)
    assert job.steps == chosen.asked
    assert job.settings == chosen.settings
    assert job.target == chosen.target(source)


@given(chosen=choices())
def test_a_preset_brings_the_same_choices_back(chosen):
    found = from_options(chosen.options())
    assert found.asked == chosen.asked
    assert found.settings == chosen.settings
    assert found.suffix == chosen.suffix


def test_a_named_target_is_told_to_the_command(monkeypatch, tmp_path):
    source = small_picture(tmp_path / "a.png")
    job = job_of(usual_choices().command(source, tmp_path / "b.tif"), monkeypatch, source)
    assert job.target == tmp_path / "b.tif"


def test_presets_of_the_command_line_are_understood():
    found = from_options(
        {"task": ["denoising"], "sigma": "auto", "memory": "1.5GiB", "self-ensemble": True}
    )
    assert [step.model for step in found.steps] == ["panet-denoise-lite"]
    assert found.settings.memory == 1_610_612_736
    assert found.settings.self_ensemble


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"format": "xcf"}, "xcf.*png"),
        ({"task": "super-resolution", "scale": 7}, "7"),
        ({"model": "panet-sr-x2-lite", "scale": 4}, "scale 2"),
        ({"sigma": 76}, "sigma 76: expected 0 to 75"),
        ({"seed": 0.5}, "seed 0.5: expected"),
        ({"memory": "0"}, "memory '0': expected"),
        ({"memory": "1e9"}, "memory '1e9': expected"),
        ({"task": "cooking"}, "cooking"),
    ],
)
def test_what_the_window_cannot_do_is_named(options, said):
    with pytest.raises((ValueError, restorer.UnknownModelError), match=said):
        from_options(options)


def test_a_quality_that_is_told_reaches_deblocking_alone():
    chosen = usual_choices().with_task("deblocking", wanted=True).with_values(jpeg_quality=30)
    assert [step.jpeg_quality for step in chosen.steps] == [30, None]
    assert "--jpeg-quality 30" in chosen.command(SOURCE)
    assert "--jpeg-quality" not in chosen.with_task("deblocking", wanted=False).command(SOURCE)


def test_of_the_two_ways_to_enlarge_one_is_wanted():
    chosen = usual_choices().with_task("reference-sr", wanted=True, model="ttsr-x4-paper")
    assert not chosen.task_choice("super-resolution").wanted
    assert chosen.scale == 4
    back = chosen.with_task("super-resolution", wanted=True)
    assert not back.task_choice("reference-sr").wanted


def test_the_chain_names_tasks_of_the_core():
    assert set(TASK_ORDER) < set(restorer.TASKS)
    assert isinstance(usual_choices(), Choices)


def test_references_are_named_in_the_command(monkeypatch, tmp_path):
    source = small_picture(tmp_path / "a.png")
    sharp = tmp_path / "sharp one.png"
    restorer.write(restorer.Image(np.zeros((8, 8, 3), np.uint8)), sharp)
    chosen = usual_choices().with_task("reference-sr", model="ttsr-x4-paper", wanted=True)
    assert not chosen.ready
    chosen = replace(chosen, references=(sharp,))
    assert chosen.ready
    job = job_of(chosen.command(source), monkeypatch, source)
    assert job.references == (sharp,)
    assert job.steps == chosen.asked


def test_a_step_of_the_contact_sheet_is_adopted():
    step = restorer.Step("panet-denoise-lite", sigma=12.0, strength=0.5, detail=0.25)
    adopted = usual_choices().with_step(step)
    assert adopted.steps[0] == step
    assert adopted.task_choice("super-resolution").wanted
