"""Networks of ncnn give ncnn's results; damaged and unsupported files are explained."""

from __future__ import annotations

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from ncnn_files import Writer, enlarger, shrinking
from safetensors.torch import load_file

import restorer
from restorer import CheckpointError, Settings
from restorer.models.ncnn.blobs import read_blobs
from restorer.models.ncnn.files import read_network
from restorer.models.ncnn.graph import read_graph
from restorer.models.ncnn.layers import KINDS
from restorer.models.ncnn.network import GraphNetwork, measure_shape

from helpers import GOLDEN, make_photograph

LAYERS = json.loads((GOLDEN / "ncnn_layers.json").read_text("utf-8"))
MAGIC = "7767517\n"


def network_of(net: Writer) -> GraphNetwork:
    with TemporaryDirectory() as folder:
        graph, state = read_network(net.save(Path(folder)))
    shape = measure_shape(graph)
    return GraphNetwork(graph, state, scale=shape.scale, margin=shape.margin, unit=shape.unit)


SHRINKING = network_of(shrinking())


@pytest.fixture(scope="module")
def tensors() -> dict[str, torch.Tensor]:
    return load_file(GOLDEN / "ncnn_layers.safetensors")


@pytest.mark.golden
def test_layers_give_the_results_of_ncnn(tensors: dict[str, torch.Tensor], tmp_path: Path) -> None:
    wrong = []
    for name, text in LAYERS["graphs"].items():
        weights = tmp_path / "net.bin"
        weights.write_bytes(tensors[f"{name}/bin"].numpy().tobytes())
        graph = read_graph(text)
        network = GraphNetwork(graph, read_blobs(weights, graph), scale=1)
        result = network.run(tensors[f"{name}/in"][None])[0]
        expected = tensors[f"{name}/out"]
        if result.shape != expected.shape or not torch.allclose(
            result, expected, atol=LAYERS["tolerance"], rtol=1e-4, equal_nan=True
        ):
            wrong.append(name)
    assert not wrong


def test_each_kind_of_layers_has_a_golden() -> None:
    kinds = {line.split()[0] for text in LAYERS["graphs"].values() for line in text.splitlines()}
    assert set(KINDS) <= kinds


@pytest.mark.parametrize("half", [False, True])
def test_a_pair_is_added_and_restores(store: Path, tmp_path: Path, half: bool) -> None:
    path = enlarger(half=half).save(tmp_path, "My.model")
    found = restorer.identify_checkpoint(path)
    assert (found.architecture, found.scale, found.channels) == ("ncnn", 2, 3)
    assert found.tasks == ("super-resolution",)
    spec = restorer.add_weights(restorer.describe_model(found, id="mine"), path)
    assert spec.weights.name == "mine.safetensors"
    picture = make_photograph(20, 33)
    result = restorer.restore(picture, "mine")
    assert result.shape == (40, 66, 3)
    for file in (path, path.with_suffix(".bin"), restorer.weights_path(spec)):
        assert np.array_equal(restorer.restore(picture, file), result)
    assert np.abs(result[::2, ::2].astype(int) - picture).mean() < 30


def test_tiles_give_the_result_of_the_whole_picture(tmp_path: Path) -> None:
    for net in (enlarger(), shrinking()):
        path = net.save(tmp_path)
        assert not restorer.model_spec(path).tile.global_context
        picture = make_photograph(70, 90).astype(np.float32) / 255
        whole, tiled = (
            restorer.restore(picture, path, settings=Settings(tile=side, keep_colors=False))
            for side in (256, 48)
        )
        assert np.abs(tiled - whole).max() < 1e-5


@settings(max_examples=8)
@given(height=st.integers(1, 40), width=st.integers(1, 40))
def test_networks_without_padding_take_any_size(height: int, width: int) -> None:
    x = torch.rand(1, 3, height, width)
    assert SHRINKING(x).shape == (1, 3, 2 * height, 2 * width)


def test_a_margin_is_cut_at_the_same_place_on_all_sides() -> None:
    x = torch.rand(1, 3, 11, 14)
    y = SHRINKING(x)
    assert (torch.nn.functional.avg_pool2d(y, 2) - x).abs().mean() < 0.1


def test_a_difference_is_added_to_the_input(tmp_path: Path) -> None:
    net = Writer()
    net.convolution(3, 12, params="4=1")
    net.add("BinaryOp", "0=2 1=1 2=0.001")
    net.add("PixelShuffle", "0=2")
    path = net.save(tmp_path)
    assert restorer.model_spec(path).params["residual"] is True
    picture = make_photograph(12, 14)
    large = restorer.restore(picture, path)
    assert np.abs(large.astype(int) - picture.repeat(2, 0).repeat(2, 1)).max() <= 2


def test_strides_set_the_period_of_tiles() -> None:
    net = Writer()
    net.add("Split", outputs=2)
    net.convolution(3, 4, 2, "3=2")
    net.convolution(4, 4, 2, "3=2")
    net.convolution(4, 3, 4, "3=4", kind="Deconvolution")
    net.add("BinaryOp", "0=0", [1, net.blobs - 1])
    shape = measure_shape(read_graph(net.text))
    assert (shape.unit, shape.margin, shape.scale) == (4, 0, 1)


def test_means_over_the_picture_have_no_radius() -> None:
    net = Writer()
    net.add("Split", outputs=2)
    mean = net.add("Pooling", "0=1 4=1", [2])
    net.add("BinaryOp", "0=2", [1, mean])
    assert measure_shape(read_graph(net.text)).radius is None


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "first line is not 7767517"),
        ("7767516\n1 1\nInput in 0 1 a\n", "first line"),
        (MAGIC, "line 2"),
        (MAGIC + "1 x\n", "line 2"),
        (MAGIC + "99999999 1\n", "layers, expected"),
        (MAGIC + "2 1\nInput in 0 1 a\n", "1 layers, but its second line says 2"),
        (MAGIC + "1 1\nInput in 0 1\n", "line 3: has fewer names"),
        (MAGIC + "1 1\nInput in 0 99999999 a\n", "line 3: has fewer names"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 b c\n", "r takes b, which no earlier layer"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 a a\n", "r gives a, as an earlier layer does"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 b b\n", "r takes b"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 a b 0=x\n", "'x' is no number"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 a b 0=1e999\n", "too large"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 a b -23300=3,1\n", "has 1 values"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU \x1b[31m 1 1 a b\n", "control characters"),
        (MAGIC + "1 1\nInput in 0 1 a\n", "outputs"),
        (MAGIC + "2 2\nInput in 0 1 a\nInput in 0 1 b\n", "2 inputs"),
        (MAGIC + "2 2\npnnx.Input in 0 1 a\nnn.Conv2d r 1 1 a b bias=True\n", "PNNX"),
        (MAGIC + "2 2\nInput in 0 1 a\nLSTM l 1 1 a b\n", "not supported: 1 LSTM"),
        (MAGIC + "2 2\nInput in 0 1 a\nReLU r 1 1 a b 7=3\n", "parameter 7=3"),
        (MAGIC + "2 2\nInput in 0 1 a\nConvolution c 1 1 a b 0=3 1=3 6=5\n", "5 weights do not"),
        (MAGIC + "2 2\nInput in 0 1 a\nConvolution c 1 1 a b 0=3 1=1 6=9 8=2\n", "int8"),
        (MAGIC + "2 2\nInput in 0 1 a\nInterp i 1 1 a b 0=1 1=9999.0 2=9999.0\n", "memory"),
        (MAGIC + "2 2\nInput in 0 1 a\nPooling i 1 1 a b 0=1 4=1\n", "expected a picture"),
        (MAGIC + "2 2\nInput in 0 1 a\nReshape r 1 1 a b 0=7 1=7 2=3\n", "r (Reshape) cannot"),
        (MAGIC + "2 2\nInput in 0 1 a\nInterp i 1 1 a b 0=1 3=64 4=64\n", "made for one size"),
        (MAGIC + "2 2\nInput in 0 1 a\nBinaryOp o 1 1 a b 0=2 1=1 2=0.0\n", "gray pictures"),
    ],
)
def test_graphs_that_cannot_be_run_are_explained(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "net.param"
    path.write_text(text)
    (tmp_path / "net.bin").write_bytes(b"")
    if not text.startswith(MAGIC):
        with pytest.raises(CheckpointError, match=words):
            read_graph(text)
        return
    with pytest.raises(CheckpointError) as caught:
        restorer.identify_checkpoint(path)
    assert words in str(caught.value)
    assert str(path) in str(caught.value)
    assert str(caught.value).isprintable()


def test_weights_that_do_not_fit_the_graph_are_explained(tmp_path: Path) -> None:
    path = enlarger().save(tmp_path)
    data = path.with_suffix(".bin").read_bytes()
    int8 = (0x000D4B38).to_bytes(4, "little") + data[4:]
    nan = data[:4] + np.float32(np.nan).tobytes() + data[8:]
    for changed, words in (
        (data[:-3], "is incomplete"),
        (data + b"1234", "belongs to another graph"),
        (int8, "int8"),
        (nan, "NaN"),
    ):
        path.with_suffix(".bin").write_bytes(changed)
        with pytest.raises(CheckpointError, match=words):
            restorer.identify_checkpoint(path)
    path.with_suffix(".bin").unlink()
    with pytest.raises(CheckpointError, match="no such file"):
        restorer.identify_checkpoint(path)
    path.rename(path.with_suffix(".txt"))
    path.with_suffix(".bin").write_bytes(data)
    with pytest.raises(CheckpointError, match=r"need their .param file"):
        restorer.identify_checkpoint(path.with_suffix(".bin"))


def test_a_graph_that_changed_after_it_was_described_is_refused(tmp_path: Path) -> None:
    path = enlarger().save(tmp_path)
    spec = restorer.model_spec(path)
    path.write_text(path.read_text().replace("0=2 1=1 2=0.1", "0=2 1=1 2=0.2"))
    with pytest.raises(CheckpointError, match="was modified"):
        restorer.load(spec)


@settings(max_examples=25)
@given(data=st.data())
def test_damaged_graphs_raise_nothing_else(data: st.DataObject) -> None:
    text = LAYERS["graphs"][data.draw(st.sampled_from(sorted(LAYERS["graphs"])))]
    words = text.split(" ")
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, len(words) - 1))
        words[place] = data.draw(
            st.sampled_from(["", "0", "-1", "0=0", "1=99999", "2=-5", "6=2147483647", "x", "\n"])
            | st.text(max_size=4)
        )
    try:
        graph = read_graph(" ".join(words))
        measure_shape(graph)
    except CheckpointError:
        pass
