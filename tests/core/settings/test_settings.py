"""Settings and steps refuse what they do not know, when they are made."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

import restorer
from restorer import Settings, SettingsError, Step
from restorer.settings import STEP_OPTIONS


@pytest.mark.parametrize(
    "wrong",
    [
        {"context": "full"},
        {"tiling": "blended"},
        {"seed": -1},
        {"existing": "overwrite"},
        {"bits": 12},
        {"tile": "48"},
        {"memory": "4GB"},
        {"quality": 101},
        {"max_pixels": 0},
        {"dither": "yes"},
    ],
    ids=str,
)
def test_settings_refuse_invalid_values_by_name(wrong: dict[str, Any]) -> None:
    ((name, _),) = wrong.items()
    with pytest.raises(SettingsError, match=f"{name.replace('_', '.')}.*expected"):
        Settings(**wrong)


def test_objects_of_torch_and_paths_become_words() -> None:
    given: Any = {
        "device": torch.device("cuda:1"),
        "precision": torch.bfloat16,
        "profile": Path("a.icc"),
    }
    assert Settings(**given) == Settings(device="cuda:1", precision="bf16", profile="a.icc")
    with pytest.raises(SettingsError, match="precision"):
        Settings(precision=torch.int8)  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match="device"):
        Settings(device=5)  # type: ignore[arg-type]


@given(st.floats().filter(lambda x: not 0 <= x <= 1), st.sampled_from(["strength", "detail"]))
def test_steps_refuse_shares_outside_0_to_1(share: float, name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        Step("panet-sr-x2-lite", **{name: share})  # type: ignore[arg-type]


@pytest.mark.parametrize("sigma", [-1.0, float("nan"), float("inf"), "25"])
def test_steps_refuse_invalid_noise_levels(sigma: Any) -> None:
    with pytest.raises(SettingsError, match="sigma"):
        Step("panet-denoise-lite", sigma=sigma)


def test_every_default_is_valid_and_every_option_has_a_description() -> None:
    assert Settings() == Settings()
    assert Step("panet-sr-x2-lite").sigma is None
    for each in restorer.OPTIONS:
        assert each.help.endswith(".")
    assert {each.field for each in STEP_OPTIONS} == {
        "sigma",
        "strength",
        "bayer",
        "detail",
        "jpeg_quality",
        "denoise",
    }


@pytest.mark.parametrize("number", [np.float64(12), np.float32(12), np.int64(12), np.uint8(12)])
def test_numbers_of_numpy_become_numbers_of_python(number: Any) -> None:
    step = Step("panet-denoise-lite", sigma=number)
    assert (step.sigma, type(step.sigma)) == (12, type(number.item()))
    assert type(Settings(seed=np.int64(3)).seed) is int
    image = restorer.restore(restorer.Image(np.zeros((8, 8, 3), np.uint8)), step)
    provenance = restorer.provenance_of(image)
    assert provenance is not None
    assert provenance.steps == (step,)


def test_arrays_are_refused_by_the_name_of_their_option() -> None:
    with pytest.raises(SettingsError, match="sigma"):
        Step("panet-denoise-lite", sigma=np.array([1.0, 2.0]))  # type: ignore[arg-type]
