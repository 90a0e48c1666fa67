"""The steps of a restoration: the controls of a model are shown where it has them."""

from __future__ import annotations

from restorer.gui.restore.step_list import StepList
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.state import State
from restorer.gui.session.strip import Strip


def test_noise_to_remove_is_asked_where_a_model_has_a_twin(mount):
    steps = mount(StepList(), 400, 600)
    chosen = []
    steps.chosen.connect(chosen.append)
    for model, shown in (("panet-sr-x4-lite", False), ("realesrgan-general-x4-paper", True)):
        choices = usual_choices().with_task("super-resolution", model=model, wanted=True)
        steps.show_state(State(strip=Strip(usual=choices)))
        assert steps.denoise.isHidden() is not shown
    assert steps.denoise.value == 100
    steps.denoise.moved.emit(40)
    (taken,) = chosen
    assert [step.denoise for step in taken.steps] == [0.4]
    steps.show_state(State(strip=Strip(usual=taken)))
    assert steps.denoise.value == 40
