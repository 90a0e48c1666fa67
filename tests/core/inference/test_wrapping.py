"""Modules of other people are measured, restored in tiles like the whole, and left as they were."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import Tensor, nn

import restorer
from restorer import ModelError, Settings, SettingsError, Step, load, restore, wrap_model
from restorer.models import community
from restorer.models.adapter import mirrored
from restorer.tiling.plan import round_up


class UNet(nn.Module):
    """Keeps the size; sides must be multiples of 4."""

    def __init__(self) -> None:
        super().__init__()
        self.down = nn.Conv2d(3, 4, 4, 4)
        self.up = nn.ConvTranspose2d(4, 3, 4, 4)
        self.near = nn.Conv2d(3, 3, 5, padding=2)

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2] % 4 == x.shape[3] % 4 == 0
        wide: Tensor = self.near(x) + self.up(self.down(x).sigmoid())
        return wide


class Windows(nn.Module):
    """Pads to windows of 6 itself: takes all sizes, but is shifted by multiples of 6 only."""

    def forward(self, x: Tensor) -> Tensor:
        height, width = x.shape[2:]
        padded = mirrored(x, height + -height % 6, width + -width % 6)
        mean = nn.functional.avg_pool2d(padded, 6)
        return (padded - mean.repeat_interleave(6, 2).repeat_interleave(6, 3))[..., :height, :width]


class Pooled(nn.Module):
    """Depends on the mean over the image."""

    def forward(self, x: Tensor) -> Tensor:
        return x * x.mean((2, 3), keepdim=True)


class Square(nn.Module):
    """Takes squares only."""

    def forward(self, x: Tensor) -> Tensor:
        assert x.shape[2] == x.shape[3]
        return x * x.mean((2, 3), keepdim=True)


def double() -> nn.Module:
    return nn.Sequential(nn.Conv2d(3, 12, 3, padding=1), nn.PixelShuffle(2))


def deep() -> nn.Module:
    """Its receptive field is wider than the first strips that are tried."""
    layers = [nn.Conv2d(1, 1, 9, padding=4) for _ in range(10)]
    for layer in layers:
        nn.init.constant_(layer.weight, 1 / 81)
    return nn.Sequential(*layers)


@pytest.mark.parametrize(
    ("module", "scale", "channels", "multiple_of", "period", "radius"),
    [
        (nn.Identity(), 1, 3, 1, 1, 0),
        (double(), 2, 3, 1, 1, 1),
        (UNet(), 1, 3, 4, 4, 3),
        (Windows(), 1, 3, 1, 6, 5),
        (Pooled(), 1, 3, 1, 1, 0),
        (nn.Conv2d(1, 1, 7, padding=3, padding_mode="reflect"), 1, 1, 1, 1, 3),
        (deep(), 1, 1, 1, 1, 40),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, nn.Module) else str(value),
)
def test_needs_are_measured_and_tiles_give_the_result_of_the_whole(
    module: nn.Module, scale: int, channels: int, multiple_of: int, period: int, radius: int
) -> None:
    model = wrap_model(module)
    tile = model.spec.tile
    assert (model.spec.scale, model.spec.channels) == (scale, channels)
    assert (tile.multiple_of, tile.period) == (multiple_of, period)
    assert tile.global_context == isinstance(module, Pooled)
    assert radius * 0.8 - 1 <= tile.radius <= radius
    x = torch.rand(2, channels, 228, 36)
    with torch.no_grad():
        expected = module(x)
    torch.testing.assert_close(restore(x, model), expected, rtol=0, atol=1e-5)
    if not tile.global_context:
        side = max(24, 4 * radius)
        result = restore(x, model, settings=Settings(tile=side))
        torch.testing.assert_close(result, expected, rtol=0, atol=1e-5)


def test_a_network_that_is_not_convolutional_is_said(caplog: pytest.LogCaptureFixture) -> None:
    wrap_model(Pooled())
    assert "Pooled: is not convolutional within 64 pixels" in caplog.text
    caplog.clear()
    with caplog.at_level(logging.WARNING):
        assert wrap_model(Pooled(), local=False).spec.tile.global_context
    assert not caplog.text


def test_networks_that_take_squares_get_squares() -> None:
    x = torch.rand(3, 20, 30)
    expected = Square()(mirrored(x[None], 30, 30))[0, :, :20]
    torch.testing.assert_close(restore(x, Square()), expected)


def test_the_module_stays_as_it_was() -> None:
    module = nn.Sequential(nn.Conv2d(3, 3, 3, padding=1), nn.Dropout(), nn.BatchNorm2d(3)).double()
    module[2].eval()
    before = {key: value.clone() for key, value in module.state_dict().items()}
    x = torch.rand(3, 12, 16)
    first = restore(x, module)
    assert torch.equal(first, restore(x, module)), "dropout is off"
    assert [each.training for each in module] == [True, True, False]
    assert module.training
    assert all(p.requires_grad and p.dtype == torch.float64 for p in module.parameters())
    assert module[0].weight.is_contiguous()
    assert all(torch.equal(value, before[key]) for key, value in module.state_dict().items())


def test_modules_are_measured_once_and_run_as_steps_of_a_chain() -> None:
    calls: list[torch.Size] = []
    module = double()
    module.register_forward_hook(lambda _, given, __: calls.append(given[0].shape))
    x = torch.rand(3, 12, 16)
    once = restore(x, module)
    count = len(calls)
    again = restore(x, [module, (module, Step("second", strength=0.5))])
    assert len(calls) == count + 3 - 1
    assert (once.shape, again.shape) == ((3, 24, 32), (3, 48, 64))
    half = restore(x, (module, Step("half", strength=0.0)))
    assert half.shape == (3, 24, 32)
    assert not torch.equal(half, once)


def test_a_condition_is_the_last_plane() -> None:
    class Subtract(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x[:, :3] - x[:, 3:]

    model = wrap_model(Subtract(), channels=3, condition="sigma")
    x = torch.rand(1, 3, 8, 8)
    torch.testing.assert_close(model(x, sigma=51), x - 0.2)
    step = Step("subtract", sigma=51)
    torch.testing.assert_close(restore(x, [(model, step)]), x - 0.2)
    with pytest.raises(SettingsError, match="Subtract: takes a level of damage; say sigma"):
        model(x)


def test_the_value_of_white_is_the_modules() -> None:
    class Shift(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + 51

    x = torch.rand(3, 8, 8)
    torch.testing.assert_close(restore(x, wrap_model(Shift(), peak=255)), x + 0.2)


class Fails(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        raise RuntimeError("no kernel image is available")


@pytest.mark.parametrize(
    ("module", "given", "words"),
    [
        (Fails(), {}, r"Fails: fails for \(1, 3, 64, 64\): no kernel image is available"),
        (nn.Conv2d(3, 3, 3), {}, r"returns \(1, 3, 62, 62\) for sides of 64"),
        (nn.AvgPool2d(2), {}, r"returns \(1, 3, 32, 32\) for sides of 64"),
        (nn.Conv2d(3, 1, 1), {}, "maps 3 planes to 1, expected gray to gray or RGB to RGB"),
        (double(), {"scale": 4}, "has scale 2, not 4"),
    ],
)
def test_unsuitable_modules_are_errors_with_the_reason(
    module: nn.Module, given: dict[str, Any], words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        wrap_model(module, **given)


def test_other_objects_are_no_models() -> None:
    with pytest.raises(SettingsError, match="model: dict, expected an id, a path, a Predictor"):
        restore(torch.rand(3, 8, 8), {})  # type: ignore[call-overload]
    with pytest.raises(SettingsError, match=r"device 'cuda': Identity lies on cpu; move the"):
        load(nn.Identity(), device="cuda")


def test_the_name_of_a_model_tells_what_it_is() -> None:
    assert repr(load("panet-denoise-lite", device="cpu")) == (
        "Predictor(panet-denoise-lite: PANetLite, denoising, scale 1, device cpu,"
        " precision fp32 (auto))"
    )
    model = wrap_model(nn.Identity(), name="mine", precision=torch.bfloat16)
    assert repr(model) == "Predictor(mine: mine, restoration, scale 1, device cpu, precision bf16)"


@pytest.mark.parametrize("size", [(7, 9), (33, 40)])
def test_a_model_called_with_a_tensor_pads_and_crops(size: tuple[int, int]) -> None:
    model = load("panet-sr-x2-lite", device=torch.device("cpu"), precision=torch.float32)
    x, needs = torch.rand(2, 3, *size, dtype=torch.float64), model.spec.tile
    y = model(x)
    assert (y.shape, y.dtype) == ((2, 3, 2 * size[0], 2 * size[1]), torch.float64)
    torch.testing.assert_close(y[1:], model(x[1:]), rtol=0, atol=1e-5)
    sides = [round_up(max(n, needs.min_side), needs.multiple_of) for n in size]
    with torch.no_grad():
        expected = model.network(mirrored(x.float(), *sides), seed=0)
    torch.testing.assert_close(y.float(), expected[..., : y.shape[2], : y.shape[3]])


@pytest.mark.parametrize("name", ["panet-sr-x2-lite", "panet-denoise-lite"])
def test_gradients_reach_the_input_on_request(name: str) -> None:
    model = load(name, device="cpu")
    level: dict[str, float] = {"sigma": 25.0} if model.spec.condition else {}
    restore(torch.rand(3, 16, 16), model)  # leaves nothing that gradients cannot pass
    x = torch.rand(1, 3, 17, 12, requires_grad=True)
    model(x, **level).square().sum().backward()
    assert x.grad is not None
    assert (x.grad.isfinite() & (x.grad != 0)).all()
    assert all(parameter.grad is None for parameter in model.network.parameters())
    with torch.no_grad():
        assert not model(x, **level).requires_grad
    assert not model(x.detach(), **level).requires_grad


@pytest.mark.parametrize(
    ("x", "given", "words"),
    [
        (torch.rand(3, 8, 8), {}, r"expected \(N, 3, H, W\), not \(3, 8, 8\); x\[None\] makes"),
        (torch.zeros(1, 3, 8, 8, dtype=torch.uint8), {}, "floats with white 1, not torch.uint8"),
        (torch.rand(1, 3, 8, 8), {"sigma": 3.0}, "sigma: panet-sr-x2-lite takes none"),
    ],
)
def test_wrong_tensors_are_refused(x: Tensor, given: dict[str, Any], words: str) -> None:
    with pytest.raises(restorer.RestorerError, match=words):
        load("panet-sr-x2-lite", device="cpu")(x, **given)


def test_reference_models_cannot_be_called_alone() -> None:
    with pytest.raises(SettingsError, match="takes reference pictures"):
        load("ttsr-x4-lite", device="cpu")(torch.rand(1, 3, 16, 16))


@pytest.mark.skipif(not community.available(), reason="needs the extra `community`")
def test_descriptors_of_spandrel_are_models() -> None:
    spandrel = community._import_spandrel()
    state = {
        f"model.{k}": v
        for k, v in nn.Sequential(
            nn.Conv2d(3, 4, 3, padding=1),
            *[m for _ in range(6) for m in (nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))],
            nn.ReLU(),
            nn.Conv2d(4, 3, 3, padding=1),
        )
        .state_dict()
        .items()
    }
    descriptor = spandrel.MAIN_REGISTRY.load(state)
    x = torch.rand(1, 3, 20, 25)
    with torch.no_grad():
        expected = descriptor(x)
    torch.testing.assert_close(restore(x, descriptor), expected)
    torch.testing.assert_close(load(descriptor)(x), expected)
    assert "DnCNN" in repr(load(descriptor))


def test_a_checkpoint_is_named_by_its_path(tmp_path: Path) -> None:
    path = tmp_path / "mine.pth"
    restorer.export_weights("panet-sr-x2-lite", path)
    picture = np.random.default_rng(0).integers(0, 256, (20, 16, 3), np.uint8)
    expected = restore(picture, "panet-sr-x2-lite")
    for named in (path, str(path), Step(str(path)), [Step(str(path))], load(path)):
        np.testing.assert_array_equal(restore(picture, named), expected)
    restorer.write(restorer.Image(picture), tmp_path / "a.png")
    batch = restorer.plan_jobs(tmp_path, tmp_path / "out", [str(path)], name="{stem}-{scale}.png")
    (finished,) = (e for e in restorer.run_jobs(batch.jobs) if isinstance(e, restorer.Finished))
    assert finished.result.status == "done"
    np.testing.assert_array_equal(restorer.read(tmp_path / "out/a-2.png").pixels, expected)
    with pytest.raises(restorer.WeightsError, match="not installed"):
        restorer.remove_weights(restorer.model_spec(path))
    assert path.exists()
    with pytest.raises(restorer.CheckpointError, match=r"none\.pth: No such file"):
        restore(picture, tmp_path / "none.pth")


def test_missing_weights_name_the_download(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    spec = next(s for s in restorer.list_models() if s.weights.url)
    with pytest.raises(restorer.WeightsError, match=f"{spec.id}: .*download=True.*from https://"):
        load(spec.id)
    fetched: list[str] = []

    def fetch(asked: restorer.ModelSpec, **_: object) -> restorer.ModelSpec:
        fetched.append(asked.id)
        return restorer.model_spec("panet-sr-x2-lite")

    monkeypatch.setattr("restorer.inference.loading.fetch_model", fetch)
    assert load(spec.id, device="cpu", download=True).spec.id == "panet-sr-x2-lite"
    assert fetched == [spec.id]


class Mine(nn.Module):
    """A network that a program adds: repeated pixels and a correction, without a seed."""

    def __init__(self, *, scale: int = 2) -> None:
        super().__init__()
        self.scale = scale
        self.mine = nn.Conv2d(3, 3 * scale**2, 3, padding=1)

    def forward(self, x: Tensor) -> Tensor:
        return nn.functional.pixel_shuffle(self.mine(x), self.scale)

    @staticmethod
    def arguments(shapes: dict[str, tuple[int, ...]]) -> dict[str, Any] | None:
        planes = shapes.get("mine.weight", (0,))[0]
        return {"scale": round((planes / 3) ** 0.5)} if planes else None


def test_checkpoints_of_an_added_network_are_identified(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, store: Path
) -> None:
    monkeypatch.setitem(restorer.ARCHITECTURES, "mine", Mine)
    network = Mine(scale=3)
    path = tmp_path / "mine.pth"
    torch.save(network.state_dict(), path)
    found = restorer.identify_checkpoint(path)
    assert (found.architecture, found.title, found.scale) == ("mine", "Mine", 3)
    assert (found.tasks, found.tile.radius) == (("super-resolution",), 1)
    x = torch.rand(1, 3, 10, 14)
    with torch.no_grad():
        expected = network(x)
    torch.testing.assert_close(load(path)(x), expected)
    spec = restorer.add_weights(restorer.describe_model(found, id="mine-x3"), path)
    as_it_is = Settings(keep_colors=False)
    torch.testing.assert_close(restore(x, spec.id, settings=as_it_is), expected)
