"""Weights between those of two networks of one shape: `Step.denoise`."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

import restorer
from restorer import Step
from restorer.errors import CheckpointError, SettingsError, WeightsError
from restorer.networks import PANetLite

from helpers import make_photograph

IMAGE = restorer.Image(make_photograph(20, 24))


def add(path: Path, name: str, seed: int, *, twin: str = "", channels: int = 8) -> None:
    torch.manual_seed(seed)
    network = PANetLite(scale=2, blocks=1, channels=channels, attention_channels=0)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.05)
    torch.save(network.state_dict(), path / f"{name}.pth")
    found = restorer.identify_checkpoint(path / f"{name}.pth")
    spec = restorer.describe_model(found, id=name)
    restorer.add_weights(replace(spec, twin=twin), path / f"{name}.pth")


@pytest.fixture
def twins(store: Path, tmp_path: Path) -> None:
    add(tmp_path, "clean-x2", 1, twin="noisy-x2")
    add(tmp_path, "noisy-x2", 2)


def run(share: float | None, model: str = "clean-x2") -> restorer.Image:
    return restorer.restore(IMAGE, Step(model, denoise=share))


@pytest.mark.usefixtures("twins")
def test_the_ends_are_the_two_networks_and_the_middle_is_their_mean(tmp_path: Path) -> None:
    own = run(None).pixels
    np.testing.assert_array_equal(run(1).pixels, own)
    other = run(None, "noisy-x2").pixels
    np.testing.assert_array_equal(run(0).pixels, other)
    assert (own != other).any()
    states = [
        torch.load(tmp_path / f"{n}.pth", weights_only=True) for n in ("clean-x2", "noisy-x2")
    ]
    mean = {key: 0.25 * states[0][key] + 0.75 * states[1][key] for key in states[0]}
    torch.save(mean, tmp_path / "mean.pth")
    expected = restorer.restore(IMAGE, tmp_path / "mean.pth").pixels
    found = run(0.25).pixels
    assert np.abs(found.astype(int) - expected.astype(int)).max() <= 1  # rounded in another order
    np.testing.assert_array_equal(run(0.25).pixels, found)


@pytest.mark.usefixtures("twins")
def test_share_and_weights_of_both_are_recorded_and_can_be_repeated(tmp_path: Path) -> None:
    restorer.write(IMAGE, tmp_path / "small.png")
    job = restorer.Job(
        tmp_path / "small.png", tmp_path / "large.png", (Step("clean-x2", denoise=0.5),)
    )
    assert restorer.run_job(job).status == "done"
    found = restorer.read_provenance(tmp_path / "large.png")
    assert found.steps[0].denoise == 0.5
    hashes = [restorer.model_spec(n).weights.sha256 for n in ("clean-x2", "noisy-x2")]
    assert [found.plans[0].weights, found.plans[0].twin] == hashes
    source = tmp_path / "small.png"
    assert restorer.replay_result(tmp_path / "large.png", source=source).share == 0
    restorer.remove_weights(restorer.model_spec("noisy-x2"))
    with pytest.raises(WeightsError, match=r"were interpolated.*are missing"):
        restorer.replay_result(tmp_path / "large.png", source=source)


@pytest.mark.usefixtures("twins")
def test_networks_of_two_shapes_and_models_without_a_twin_are_refused(tmp_path: Path) -> None:
    add(tmp_path, "wide-x2", 3, twin="noisy-x2", channels=12)
    with pytest.raises(CheckpointError, match="noisy-x2: has other tensors than wide-x2"):
        run(0.5, "wide-x2")
    with pytest.raises(SettingsError, match="noisy-x2 has no twin"):
        run(0.5, "noisy-x2")
    with pytest.raises(SettingsError, match="denoise"):
        Step("clean-x2", denoise=2)
