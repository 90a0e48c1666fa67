"""Checkpoints of other projects are identified and give the results of their authors' networks."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer import CheckpointError, InferenceError
from restorer.models import community
from restorer.networks.layers import channels_last

pytestmark = pytest.mark.skipif(not community.available(), reason="needs the extra `community`")


def make_dncnn(channels: int) -> nn.Sequential:
    """DnCNN (Zhang et al. 2017) without batch normalization: its result is subtracted."""
    ends = [nn.Conv2d(channels, 4, 3, padding=1), nn.Conv2d(4, channels, 3, padding=1)]
    middle = [m for _ in range(6) for m in (nn.ReLU(), nn.Conv2d(4, 4, 3, padding=1))]
    return nn.Sequential(ends[0], *middle, nn.ReLU(), ends[1])


def make_compact(scale: int) -> nn.Sequential:
    """SRVGGNetCompact (Real-ESRGAN): its result is added to the repeated pixels."""
    return nn.Sequential(
        nn.Conv2d(3, 4, 3, padding=1),
        nn.PReLU(4),
        nn.Conv2d(4, 4, 3, padding=1),
        nn.PReLU(4),
        nn.Conv2d(4, 3 * scale**2, 3, padding=1),
    )


def state_of(network: nn.Module, prefix: str) -> dict[str, Tensor]:
    return {f"{prefix}.{key}": value for key, value in network.state_dict().items()}


def test_a_published_denoiser_is_identified_and_gives_equal_results() -> None:
    network, x = make_dncnn(channels=1), torch.rand(2, 1, 13, 17)
    state = state_of(network, "model")
    found = community.identify_checkpoint(state)
    assert found == community.CommunityModel(
        architecture="DnCNN",
        name="DnCNN",
        purpose="Restoration",
        tags=("4nc", "8nb"),
        scale=1,
        channels=1,
        multiple_of=1,
        min_side=0,
        square=False,
        tiling="supported",
        bf16=True,
        fp16=False,
    )
    expected = (x - network(x)).clamp(0, 1)
    torch.testing.assert_close(community.build(state)(x, seed=3), expected)


def test_a_published_super_resolution_network_is_identified_and_gives_equal_results() -> None:
    network, x = make_compact(scale=2), torch.rand(1, 3, 10, 12)
    state = state_of(network, "body")
    found = community.identify_checkpoint(state)
    assert found is not None
    assert (found.architecture, found.purpose) == ("Compact", "SR")
    assert (found.scale, found.channels) == (2, 3)
    expected = F.pixel_shuffle(network(x), 2) + F.interpolate(x, scale_factor=2)
    torch.testing.assert_close(community.build(state)(x), expected.clamp(0, 1))


def test_the_network_is_in_evaluation_mode_and_moves_between_devices() -> None:
    network = community.build(state_of(make_compact(scale=2), "body"))
    assert not any(module.training for module in network.modules())
    assert network.to(torch.bfloat16)(torch.rand(1, 3, 8, 8).bfloat16()).dtype == torch.bfloat16


def test_half_precision_checkpoints_are_converted() -> None:
    state = {key: v.half() for key, v in state_of(make_compact(scale=2), "body").items()}
    assert community.build(state)(torch.rand(1, 3, 8, 8)).dtype == torch.float32


def test_the_prefix_of_data_parallel_is_ignored() -> None:
    state = state_of(make_compact(scale=2), "module.body")
    assert community.identify_checkpoint(state) is not None
    assert all(key.startswith("module.") for key in state)


def test_unknown_state_dicts_are_none_and_cannot_be_built() -> None:
    state = {"a.weight": torch.zeros(3)}
    assert community.identify_checkpoint(state) is None
    assert community.identify_checkpoint({}) is None
    with pytest.raises(CheckpointError, match="spandrel does not recognize its network"):
        community.build(state)


def spoil(state: dict[str, Tensor]) -> None:
    state["model.2.weight"] = torch.zeros(4, 5, 3, 3)


def make_infinite(state: dict[str, Tensor]) -> None:
    state["model.2.bias"].fill_(float("inf"))


@pytest.mark.parametrize(
    ("channels", "change", "words"),
    [
        (1, spoil, r"does not fit its network: .*size mismatch for model\.2\.weight"),
        (1, make_infinite, r"DnCNN: model\.2\.bias contains NaN or infinity"),
        (4, lambda _: None, "DnCNN: maps 4 channels to 4, expected gray to gray or RGB to RGB"),
    ],
)
@pytest.mark.parametrize("use", [community.identify_checkpoint, community.build])
def test_unsupported_networks_are_refused_with_the_reason(
    channels: int,
    change: Callable[[dict[str, Tensor]], None],
    words: str,
    use: Callable[[dict[str, Tensor]], object],
) -> None:
    state = state_of(make_dncnn(channels), "model")
    change(state)
    with pytest.raises(CheckpointError, match=words):
        use(state)


def fake_descriptor(
    monkeypatch: pytest.MonkeyPatch, purpose: str, call: Callable[[Tensor], Tensor]
) -> None:
    class Descriptor(SimpleNamespace):
        def __call__(self, x: Tensor) -> Tensor:
            return call(x)

    registry = community._import_spandrel().MAIN_REGISTRY
    descriptor = Descriptor(
        architecture=SimpleNamespace(id="Fake", name="Fake"),
        model=nn.Identity(),
        purpose=purpose,
        input_channels=3,
        output_channels=3,
    )
    monkeypatch.setattr(registry, "load", lambda _: descriptor)


@pytest.mark.parametrize("purpose", ["Inpainting", "FaceSR"])
def test_other_purposes_are_refused(purpose: str, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_descriptor(monkeypatch, purpose, lambda x: x)
    with pytest.raises(CheckpointError, match=f"Fake: is for {purpose}, which requires"):
        community.identify_checkpoint({})


def test_the_seed_determines_the_result_and_the_global_generator_is_unchanged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_descriptor(monkeypatch, "SR", lambda x: x + torch.rand_like(x))
    network, x, before = community.build({}), torch.zeros(1, 3, 4, 4), torch.get_rng_state()
    assert torch.equal(network(x, seed=1), network(x, seed=1))
    assert not torch.equal(network(x, seed=1), network(x, seed=2))
    assert torch.equal(torch.get_rng_state(), before)


def test_networks_take_pictures_of_any_layout(monkeypatch: pytest.MonkeyPatch) -> None:
    fake_descriptor(monkeypatch, "SR", lambda x: x.view(-1).view(x.shape))
    x = torch.rand(1, 3, 5, 4)
    last = x.contiguous(memory_format=torch.channels_last)
    assert torch.equal(community.build({})(last), x)


def test_a_network_that_fails_for_channels_last_gets_the_usual_layout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    convolution = nn.Conv2d(3, 3, 3, padding=1)
    fake_descriptor(monkeypatch, "SR", lambda x: convolution(x).view(-1).view(x.shape))
    monkeypatch.setattr(community._import_spandrel().MAIN_REGISTRY.load({}), "model", convolution)
    x = torch.rand(1, 3, 5, 4)
    with torch.no_grad():
        expected = convolution(x)
        torch.testing.assert_close(channels_last(community.build({}))(x), expected)


def test_a_failing_network_is_an_error_with_its_name_and_reason(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    fake_descriptor(monkeypatch, "SR", lambda x: x.view(7, 7))
    with pytest.raises(InferenceError, match=r"Fake: fails for 4 x 5: shape '\[7, 7\]'"):
        community.build({})(torch.rand(1, 3, 5, 4))


def test_networks_with_restricting_licenses_are_known_where_they_are_installed() -> None:
    registry = community._import_spandrel().MAIN_REGISTRY
    known = {support.architecture.id for support in registry.architectures()}
    assert ("Restormer" in known) == community.has_restricted()


def run_python(code: str, *arguments: object) -> str:
    result = subprocess.run(
        [sys.executable, "-c", code, *map(str, arguments)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert result.returncode == 0, result.stderr
    return result.stdout.strip()


RECOGNIZE = """
from restorer.models import community
from restorer.models.checkpoint import read_state
from pathlib import Path
print(community.identify_checkpoint(read_state(Path(sys.argv[1]))).architecture)
print(sorted(name for name in sys.modules if name.startswith("torchvision")))
"""


@pytest.mark.parametrize(
    ("before", "left"),
    [
        ("import sys", "[]"),
        ("import sys; sys.modules['torchvision'] = None", "['torchvision']"),
    ],
)
def test_torchvision_is_neither_needed_nor_left_behind(
    before: str, left: str, tmp_path: Path
) -> None:
    torch.save(state_of(make_dncnn(channels=1), "model"), tmp_path / "net.pth")
    assert run_python(before + RECOGNIZE, tmp_path / "net.pth") == f"DnCNN\n{left}"


TORCHVISION = "InterpolationMode = rotate = normalize = None\n"


def test_another_import_of_torchvision_finds_the_real_one(tmp_path: Path) -> None:
    package = tmp_path / "torchvision" / "transforms"
    package.mkdir(parents=True)
    (package.parent / "__init__.py").write_text("")
    (package / "__init__.py").write_text("")
    (package / "functional.py").write_text(TORCHVISION)
    code = """
import sys; sys.path.insert(0, sys.argv[1])
if sys.argv[2] == "before": import torchvision
from restorer.models import community
community._import_spandrel()
print("torchvision" in sys.modules)
import torchvision.transforms.functional
print(torchvision.transforms.functional.__file__ is not None)
"""
    assert run_python(code, tmp_path, "before") == "True\nTrue"
    assert run_python(code, tmp_path, "after") == "False\nTrue"


def test_a_broken_spandrel_is_a_checkpoint_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "spandrel", None)
    assert not community.available()
    with pytest.raises(CheckpointError, match=r"cannot be imported .*pip install"):
        community.identify_checkpoint({})
