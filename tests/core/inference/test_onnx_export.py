"""Exported ONNX files compute the same as PyTorch and describe themselves."""

from __future__ import annotations

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

import restorer
from restorer import CheckpointError, InferenceError, OnnxModel, Predictor, SettingsError
from restorer.inference import onnx_export
from restorer.networks import ENLCN, NLSN, TTSR, PANetLite

from helpers import make_photograph, make_spec

onnx = pytest.importorskip("onnx", reason="the extra onnx is not installed")
onnxruntime = pytest.importorskip("onnxruntime", reason="the extra onnx is not installed")
pytest.importorskip("onnxscript", reason="the extra onnx is not installed")


def make_predictor(network: nn.Module, architecture: str, **spec: Any) -> Predictor:
    for parameter in network.parameters():  # some attentions start as the identity
        if parameter.dim() == 4 and not parameter.any():
            nn.init.normal_(parameter, std=0.1)
    model = replace(make_spec(), architecture=architecture, **spec)
    return Predictor(model, network, "cpu", "fp32")


def run(path: Path, *inputs: Any) -> Any:
    session = onnxruntime.InferenceSession(path, providers=["CPUExecutionProvider"])
    names = [each.name for each in session.get_inputs()]
    return session.run(None, dict(zip(names, inputs, strict=True)))[0]


@pytest.fixture(scope="module")
def predictor() -> Predictor:
    torch.manual_seed(0)
    network = PANetLite(scale=2, blocks=0, channels=4, attention_channels=4, levels=2, window=64)
    return make_predictor(network, "panet-lite", scale=2)


@pytest.fixture(scope="module")
def exported(predictor: Predictor, tmp_path_factory: pytest.TempPathFactory) -> OnnxModel:
    return restorer.export_onnx(predictor, tmp_path_factory.mktemp("onnx") / "model.onnx")


def test_one_file_is_right_for_all_sizes(predictor: Predictor, exported: OnnxModel) -> None:
    assert exported.size is None
    assert len(exported.checks) == 2
    for height, width in ((16, 16), (40, 20), (24, 100)):
        image = np.random.default_rng(0).random((1, 3, height, width), np.float32)
        expected = predictor.network(torch.from_numpy(image)).numpy()
        np.testing.assert_allclose(run(exported.path, image), expected, atol=2e-5)


def test_the_file_describes_the_model(exported: OnnxModel) -> None:
    model = onnx.load(exported.path)
    assert model.opset_import[0].version == exported.opset
    described = {each.key: each.value for each in model.metadata_props}
    assert (described["scale"], described["channel_order"]) == ("2", "RGB")
    assert (described["task"], described["license"]) == ("super-resolution", "MIT")
    assert described["size"] == "height x width: multiples of 4 from 16 on"


def test_the_example_of_the_documentation_runs(
    exported: OnnxModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import PIL.Image

    text = Path(__file__).parents[3].joinpath("docs/onnx.md").read_text("utf-8")
    code = re.findall(r"```py\n(.*?)```", text, re.DOTALL)
    monkeypatch.chdir(tmp_path)
    Path("model.onnx").write_bytes(exported.path.read_bytes())
    PIL.Image.fromarray(make_photograph(33, 50)).save("photo.png")
    exec(code[-1], {})  # the code of our own documentation
    with PIL.Image.open("large.png") as large:
        assert large.size == (100, 66)


def test_a_file_that_computes_something_else_is_not_kept(
    predictor: Predictor, exported: OnnxModel, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(onnx_export, "_to_onnx", lambda *_: onnx.load(exported.path))
    other = make_predictor(PANetLite(scale=2, blocks=0, channels=4), "panet-lite", scale=2)
    with pytest.raises(InferenceError, match=r"differs from PyTorch at .* it was not kept"):
        restorer.export_onnx(other, tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())
    assert restorer.export_onnx(predictor, str(tmp_path / "out.onnx")).checks[0].psnr > 100
    with pytest.raises(CheckpointError, match="the file already exists"):
        restorer.export_onnx(predictor, tmp_path / "out.onnx")


def test_wrong_requests_are_refused(
    predictor: Predictor, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(SettingsError, match=r"multiples of 4 from 8 on"):
        restorer.export_onnx(predictor, tmp_path / "out.onnx", size=(20, 30))
    with pytest.raises(SettingsError, match=r"expected \.onnx"):
        restorer.export_onnx(predictor, tmp_path / "out.pt")
    monkeypatch.setitem(sys.modules, "onnxscript", None)
    with pytest.raises(SettingsError, match=r"pip install 'restorer\[onnx\]'"):
        restorer.export_onnx(predictor, tmp_path / "out.onnx")
    assert not list(tmp_path.iterdir())


def test_hashing_fixes_the_size_and_the_seed(tmp_path: Path) -> None:
    network = NLSN(blocks=0, channels=4, chunk_size=36, hashes=2, peak=255)
    predictor = make_predictor(network, "nlsn", scale=2, peak=255.0)
    written = restorer.export_onnx(predictor, tmp_path / "out.onnx", size=(16, 20), seed=3)
    assert written.size == (16, 20)
    assert written.checks[0].psnr > 100
    image = np.random.default_rng(0).random((1, 3, 16, 20), np.float32)
    expected = network(255 * torch.from_numpy(image), seed=3).numpy() / 255
    np.testing.assert_allclose(run(written.path, image), expected, atol=1e-4)


@pytest.mark.slow
@pytest.mark.parametrize("architecture", ["enlcn", "ttsr"])
def test_networks_of_the_papers_are_exported(architecture: str, tmp_path: Path) -> None:
    torch.manual_seed(0)
    networks: dict[str, tuple[nn.Module, dict[str, Any]]] = {
        "enlcn": (ENLCN(blocks=0, channels=4, features=8), {"scale": 2}),
        "ttsr": (TTSR(blocks=(1, 1, 1, 1), channels=4), {"scale": 4}),
    }
    network, spec = networks[architecture]
    predictor = make_predictor(network, architecture, **spec)
    size = None if architecture == "enlcn" else (16, 20)
    written = restorer.export_onnx(predictor, tmp_path / "out.onnx", size=size)
    assert (written.size is None) == (architecture == "enlcn")
    assert all(check.psnr > 60 for check in written.checks)
