"""Controls of options change what the user changes, and nothing else."""

from __future__ import annotations

import pytest
from pytestqt.qtbot import QtBot

from restorer import Option, Settings
from restorer.gui.restore.controls import Strength
from restorer.gui.restore.fields import NumberField, OptionFields
from restorer.gui.session.choices import Choices, usual_choices
from restorer.gui.session.state import State
from restorer.gui.session.strip import Strip
from restorer.settings.kinds import Integer


@pytest.fixture
def machine(qtbot: QtBot) -> OptionFields:
    made = OptionFields("machine")
    qtbot.addWidget(made)
    return made


def state_of(**values: object) -> State:
    return State(strip=Strip(usual=usual_choices().with_values(**values)), devices=("cpu",))


def chosen_by(machine: OptionFields, name: str, value: object) -> Choices:
    """Return the choices after the user picks a value of a list."""
    found: list[Choices] = []
    machine.chosen.connect(found.append)
    field = machine.fields[name]
    field.setCurrentIndex(field.findData(value))
    field.activated.emit(0)
    return found[-1]


def test_choosing_a_device_keeps_an_amount_of_memory_that_the_box_rounds(machine):
    machine.show_state(state_of(memory=1_610_612_736))
    assert machine.fields["memory"].value() == 1.6
    assert chosen_by(machine, "device", "cpu").settings == Settings(
        device="cpu", memory=1_610_612_736
    )


def test_a_device_that_this_machine_does_not_have_is_shown(machine):
    machine.show_state(state_of(device="cuda:3"))
    assert machine.fields["device"].currentData() == "cuda:3"
    machine.show_state(state_of())
    assert machine.fields["device"].currentData() == "auto"


def test_the_whole_picture_has_no_eight_views(machine):
    machine.show_state(state_of(self_ensemble=True))
    assert machine.fields["self_ensemble"].isEnabled()
    assert not chosen_by(machine, "context", "whole").settings.self_ensemble
    machine.show_state(state_of(context="whole"))
    assert not machine.fields["self_ensemble"].isEnabled()


def test_below_the_range_of_an_optional_number_lies_none(qtbot):
    field = NumberField(Option("tile", None, Integer(1, 9), "", optional=True))
    qtbot.addWidget(field)
    found = []
    field.changed.connect(found.append)
    field.show_value(None)
    assert field.text() == "Automatic"
    for value in (1, 9, 0):
        field.setValue(value)
    assert found == [1, 9, None]


def test_a_share_between_two_percents_stays_when_the_other_one_moves(qtbot):
    strength = Strength()
    qtbot.addWidget(strength)
    strength.show_state(state_of(strength=0.425))
    found: list[Choices] = []
    strength.chosen.connect(found.append)
    strength.separate.click()
    assert (found[-1].template.strength, found[-1].template.detail) == (0.425, 0.425)
    strength.show_state(State(strip=Strip(usual=found[-1])))
    strength.fine.moved.emit(10)
    assert (found[-1].template.strength, found[-1].template.detail) == (0.425, 0.1)
