"""Checkpoints are identified by names and shapes; unsupported ones are explained."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import nn

import restorer
from restorer import CheckpointError, Settings, SettingsError
from restorer.models import community
from restorer.networks import (
    ARCHITECTURES,
    NLSN,
    TTSR,
    NonLocalNet,
    PANet,
    PANetLite,
    PublishedNetwork,
    TTSRLite,
)

from helpers import GOLDEN, golden_weights, load_golden, make_photograph

LAYOUTS = {
    "panet_sr_x2": ("pa-edsr", ("pa-edsr-x2-paper",)),
    "panet_sr_x3": ("pa-edsr", ("pa-edsr-x3-paper",)),
    "panet_sr_x4": ("pa-edsr", ("pa-edsr-x4-paper",)),
    "panet_dn": (
        "panet",
        (*(f"panet-denoise-{s}-paper" for s in (10, 30, 50, 70)), "panet-demosaic-paper"),
    ),
    "panet_car": ("panet", tuple(f"panet-deblock-{q}-paper" for q in (10, 20, 30, 40))),
    "nlsn_x2": ("nlsn", ("nlsn-x2-paper",)),
    "nlsn_x3": ("nlsn", ("nlsn-x3-paper",)),
    "nlsn_x4": ("nlsn", ("nlsn-x4-paper",)),
    "enlcn_x2": ("enlcn", ("enlcn-x2-paper",)),
    "enlcn_x4": ("enlcn", ("enlcn-x4-paper",)),
    "enlcn_x3_unpublished": ("enlcn", ()),
    "ttsr_x4": ("ttsr", ("ttsr-x4-paper", "ttsr-rec-x4-paper")),
}

LITE: dict[str, Any] = {"blocks": 2, "channels": 8, "attention_channels": 4}


def save(state: dict[str, torch.Tensor], path: Path) -> Path:
    torch.save(state, path)
    return path


def published_layout(variant: str) -> dict[str, torch.Tensor]:
    """Return a state dict with the keys and shapes of a published file and random values."""
    keys = json.loads((GOLDEN / "keys" / f"{variant}.json").read_text("utf-8"))["entries"]
    state = {key["key"]: torch.randn(key["shape"]) * 0.01 for key in keys}
    for key in state:
        if key.endswith("mean.bias"):
            state[key] = torch.tensor([-0.4488, -0.4371, -0.4040])
    return {f"module.{key}": value for key, value in state.items()}


@pytest.mark.slow
@pytest.mark.parametrize("variant", LAYOUTS)
def test_full_size_published_layouts_are_identified_load_strictly_and_run(
    variant: str, tmp_path: Path
) -> None:
    architecture, ids = LAYOUTS[variant]
    path = save(published_layout(variant), tmp_path / "published.pt")
    found = restorer.identify_checkpoint(path)
    assert (found.architecture, found.published) == (architecture, ids)
    predictor = restorer.load(path, device="cpu")
    assert sum(p.numel() for p in set(predictor.network.parameters())) == found.parameters
    if architecture != "ttsr":
        image = restorer.Image(make_photograph(8, 10)[..., : found.channels].copy())
        result = restorer.restore(image, predictor, settings=Settings(tile=48))
        assert result.pixels.shape[:2] == (8 * found.scale, 10 * found.scale)


@pytest.mark.parametrize(
    ("case", "architecture", "scale"),
    [
        ("panet_dn", "panet", 1),
        ("panet_car", "panet", 1),
        ("panet_sr_x2", "pa-edsr", 2),
        ("panet_sr_x3", "pa-edsr", 3),
        ("nlsn_x3", "nlsn", 3),
        ("nlsn_x4", "nlsn", 4),
        ("enlcn_x2", "enlcn", 2),
        ("enlcn_x4", "enlcn", 4),
        ("ttsr", "ttsr", 4),
    ],
)
def test_checkpoints_of_other_sizes_are_identified(
    case: str, architecture: str, scale: int, tmp_path: Path
) -> None:
    _, tensors = load_golden(case)
    path = save(golden_weights(tensors), tmp_path / "small.pth")
    found = restorer.identify_checkpoint(path)
    assert (found.architecture, found.scale, found.published) == (architecture, scale, ())
    assert len(found.sha256) == 64
    network = restorer.load(path, device="cpu").network
    assert type(network) is ARCHITECTURES[architecture]


@pytest.mark.parametrize(
    ("network", "tasks", "channels", "condition"),
    [
        (PANet(blocks=2, channels=64), ("denoising", "deblocking", "demosaicing"), 3, ""),
        (PANet(blocks=2, channels=64, colors=1), ("deblocking", "denoising"), 1, ""),
        (
            PANetLite(blocks=2, channels=8, attention_channels=4, scale=2),
            ("super-resolution",),
            3,
            "",
        ),
        (
            PANetLite(blocks=2, channels=8, attention_channels=4, conditions=1),
            ("denoising",),
            3,
            "sigma",
        ),
        (NonLocalNet(blocks=2, channels=8, every=1, scale=3), ("super-resolution",), 3, ""),
        (TTSR(blocks=(1, 1, 1, 1), channels=8), ("reference-sr",), 3, ""),
        (TTSRLite(scale=2, channels=8, blocks=1, textures=4), ("reference-sr",), 3, ""),
    ],
    ids=["panet", "gray panet", "lite x2", "lite sigma", "non-local x3", "ttsr", "ttsr lite"],
)
def test_shapes_determine_all_but_the_listed_properties(
    network: Any, tasks: tuple[str, ...], channels: int, condition: str, tmp_path: Path
) -> None:
    published = isinstance(network, PublishedNetwork)
    state = network.published_state() if published else network.state_dict()
    found = restorer.identify_checkpoint(save(state, tmp_path / "a.pt"))
    assert (found.tasks, found.channels, found.condition) == (tasks, channels, condition)
    spec = restorer.describe_model(found, task=tasks[0], trained_for={"sigma": 30.0})
    assert (spec.task, spec.condition, spec.trained_for["sigma"]) == (tasks[0], condition, 30)
    assert spec.runs_alone == (not isinstance(network, TTSR))
    assert spec.id not in {known.id for known in restorer.list_models()}
    with pytest.raises(SettingsError, match="supports"):
        restorer.describe_model(found, task="coloring")


def test_the_stored_mean_shows_that_white_was_255(tmp_path: Path) -> None:
    torch.manual_seed(0)
    at_one = NLSN(scale=2, blocks=8, channels=8)
    state = at_one.published_state()
    # The same function for 0..255: the inputs of the first layer and the output of the tail are 255
    # times larger.
    scaled = {k: v.clone() for k, v in state.items()}
    for key in ("sub_mean.bias", "add_mean.bias"):
        scaled[key] = state[key] * 255
    scaled["head.0.weight"] = state["head.0.weight"] / 255
    for key in ("tail.1.weight", "tail.1.bias"):
        scaled[key] = state[key] * 255
    image = restorer.Image(make_photograph(20, 24))
    results = []
    for name, weights in (("one", state), ("255", scaled)):
        path = save(weights, tmp_path / f"{name}.pt")
        assert restorer.identify_checkpoint(path).peak == (255 if name == "255" else 1)
        results.append(restorer.restore(image, restorer.load(path, device="cpu")).pixels)
    np.testing.assert_allclose(results[0].astype(int), results[1].astype(int), atol=1)


def test_unknown_networks_are_compared_with_the_most_similar(tmp_path: Path) -> None:
    state = NLSN(scale=2, blocks=8, channels=8).published_state()
    del state["body.3.body.2.bias"]
    state["body.99.extra"] = torch.zeros(3)
    state["head.0.weight"] = torch.zeros(8, 3, 5, 5)
    words = (
        r"most similar is NLSN, which shares \d+%.*missing body.3.body.2.bias.*unexpected body.99"
    )
    with pytest.raises(CheckpointError, match=words):
        restorer.identify_checkpoint(save(state, tmp_path / "near.pt"))
    with pytest.raises(CheckpointError, match="of an unknown network"):
        restorer.identify_checkpoint(save(nn.Linear(3, 2).state_dict(), tmp_path / "far.pt"))


def test_invalid_values_are_listed(tmp_path: Path) -> None:
    state = NLSN(scale=2, blocks=8, channels=8).published_state()
    state["tail.1.bias"] = torch.full((3,), torch.nan)
    with pytest.raises(CheckpointError, match=r"NaN or infinity.*tail\.1\.bias"):
        restorer.identify_checkpoint(save(state, tmp_path / "nan.pt"))


def test_same_seed_gives_the_same_pixels_in_every_order_of_tiles(tmp_path: Path) -> None:
    """The rotations of NLSN must not depend on the order of tiles or threads."""
    torch.manual_seed(1)
    state = NLSN(scale=2, blocks=8, channels=8, chunk_size=24).published_state()
    predictor = restorer.load(save(state, tmp_path / "a.pt"), device="cpu")
    predictor.network.body[0].chunk_size = predictor.network.body[9].chunk_size = 24
    image = restorer.Image(make_photograph(60, 50))
    wishes = Settings(tile=32, overlap=8, seed=5)
    first = restorer.restore(image, predictor, settings=wishes).pixels
    restorer.restore(restorer.Image(make_photograph(30, 70)), predictor, settings=wishes)
    again = restorer.restore(image, predictor, settings=wishes).pixels
    np.testing.assert_array_equal(first, again)
    other = restorer.restore(image, predictor, settings=Settings(tile=32, overlap=8, seed=6)).pixels
    assert (first != other).any()


@pytest.mark.skipif(not community.available(), reason="needs the extra `community`")
def test_community_checkpoints_become_models_tiled_and_blended(store: Path, tmp_path: Path) -> None:
    layers = [nn.Conv2d(1, 4, 3, padding=1)]
    for _ in range(6):
        layers += [nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1)]
    network = nn.Sequential(*layers, nn.ReLU(), nn.Conv2d(4, 1, 3, padding=1))
    state = {f"model.{key}": value for key, value in network.state_dict().items()}
    path = save({"params": state}, tmp_path / "dncnn.pth")
    found = restorer.identify_checkpoint(path)
    assert (found.architecture, found.title, found.channels) == ("spandrel", "DnCNN", 1)
    spec = restorer.describe_model(found, task="denoising", trained_for={"sigma": 25})
    assert spec.id == "dncnn-denoise-25"
    restorer.add_weights(spec, path)
    pixels = make_photograph(70, 90)
    values = torch.from_numpy(pixels / np.float32(255)).permute(2, 0, 1)[:, None]
    with torch.no_grad():
        whole = (values - network(values)).clamp(0, 1)[:, 0].permute(1, 2, 0) * 255
    # The zero padding of a tile reaches 8 pixels into it, where its weight is small.
    settings = Settings(tile=48, overlap=20, keep_colors=False)  # the weights are random
    tiled = restorer.restore(restorer.Image(pixels), "dncnn-denoise-25", settings=settings)
    np.testing.assert_allclose(tiled.pixels, whole.numpy(), rtol=0, atol=0.6)


def test_missing_settings_are_known(tmp_path: Path) -> None:
    torch.save(PANet(blocks=2, channels=64).published_state(), tmp_path / "a.pt")
    torch.save(PANetLite(scale=2, blocks=2, channels=8).state_dict(), tmp_path / "b.pt")
    plain, lite = (
        restorer.identify_checkpoint(tmp_path / "a.pt"),
        restorer.identify_checkpoint(tmp_path / "b.pt"),
    )
    assert restorer.missing_setting(plain, "denoising") == "sigma"
    assert restorer.missing_setting(plain, "deblocking") == "jpeg_quality"
    assert restorer.missing_setting(plain, "demosaicing") == ""
    assert restorer.missing_setting(lite, "super-resolution") == ""
    fitting = [spec.id for spec in restorer.list_models() if restorer.fits_model(lite, spec)]
    assert fitting == []


RECORD = {"architecture": "panet-lite", "task": "deblocking", "params": {"levels": 1, "blocks": 9}}


@pytest.mark.parametrize(
    ("record", "tasks", "levels"),
    [
        (RECORD, ("deblocking",), 1),
        ({**RECORD, "params": [1]}, ("deblocking",), None),
        ({**RECORD, "params": {"nonsense": 1}}, ("denoising",), None),
        ({**RECORD, "task": "super-resolution"}, ("denoising",), None),
        ({**RECORD, "task": ["nonsense"]}, ("denoising",), None),
        ({**RECORD, "architecture": "nlsn"}, ("denoising",), None),
        ([], ("denoising",), None),
        ({**RECORD, "params": {"levels": 10**9}}, ("deblocking",), None),
        ({**RECORD, "trained_for": {"sigma": "x", "bayer": ["x"]}}, ("deblocking",), 1),
    ],
)
def test_a_record_of_the_training_adds_what_the_shapes_leave_open(
    record: Any, tasks: tuple[str, ...], levels: int | None, tmp_path: Path
) -> None:
    state = PANetLite(conditions=1, blocks=2, channels=8, attention_channels=4).state_dict()
    save_file(state, tmp_path / "a.safetensors", {"restorer": json.dumps(record)})
    found = restorer.identify_checkpoint(tmp_path / "a.safetensors")
    assert (found.tasks, found.params["blocks"]) == (tasks, 2)
    assert found.params.get("levels") == levels
    assert not found.trained_for
    spec = restorer.describe_model(found, id="mine")
    condition = {"deblocking": ("jpeg_quality", 100.0), "denoising": ("sigma", 75.0)}[tasks[0]]
    assert (spec.condition, spec.condition_max) == condition


def test_exported_weights_keep_what_the_shapes_leave_open(store: Path, tmp_path: Path) -> None:
    network = PANetLite(conditions=1, blocks=2, channels=8, attention_channels=4, levels=1)
    record = {**RECORD, "params": {"levels": 1}}
    save_file(network.state_dict(), tmp_path / "a.safetensors", {"restorer": json.dumps(record)})
    found = restorer.identify_checkpoint(tmp_path / "a.safetensors")
    spec = restorer.describe_model(found, id="one-level")
    restorer.add_weights(spec, tmp_path / "a.safetensors")
    restorer.export_weights("one-level", tmp_path / "b.safetensors")
    restorer.export_weights("one-level", tmp_path / "b.pth")  # which has no place for it
    exported = restorer.identify_checkpoint(tmp_path / "b.safetensors")
    assert (exported.params, exported.tasks) == (found.params, ("deblocking",))
    assert exported.params["levels"] == 1
    assert "levels" not in restorer.identify_checkpoint(tmp_path / "b.pth").params
