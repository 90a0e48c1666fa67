"""State dicts are read without running code and loaded strictly."""

from __future__ import annotations

import os
import pickle
import warnings
from pathlib import Path
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from torch import nn

from restorer import CheckpointError
from restorer.models.checkpoint import load_state, read_state, write_state
from restorer.models.containers import is_safetensors
from restorer.networks import PANet


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_state_dicts_are_read_back(suffix: str, tmp_path: Path) -> None:
    state = {"a.weight": torch.randn(2, 3)}
    path = tmp_path / f"weights{suffix}"
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    torch.testing.assert_close(read_state(path), state)


class _Hostile:
    def __reduce__(self) -> object:
        return os.mkdir, ("hostile-was-here",)


def test_hostile_pickle_is_refused_and_does_not_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    for path, save in (("new.pt", torch.save), ("raw.pt", _dump)):
        save({"a": _Hostile()}, path)
        with pytest.raises(CheckpointError, match=path):
            read_state(Path(path))
    assert not Path("hostile-was-here").exists()


def _dump(value: object, path: str) -> None:
    Path(path).write_bytes(pickle.dumps(value))


@pytest.mark.parametrize("suffix", [".safetensors", ".pt"])
@pytest.mark.parametrize("keep", [0, 10, 200])
def test_truncated_files_are_refused(suffix: str, keep: int, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    state = {"a.weight": torch.randn(20, 30)}
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="incomplete or has another format"):
        read_state(path)


def test_missing_files_and_other_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        read_state(tmp_path / "none.pt")
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="contains no state dict"):
        read_state(tmp_path / "list.pt")


def test_published_layouts_load_with_their_harmless_differences() -> None:
    network = PANet(blocks=2, channels=8)
    state = {f"module.{key}": value + 1 for key, value in network.state_dict().items()}
    state["module.sub_mean.weight"] = torch.zeros(3, 3, 1, 1)
    load_state(network, state)
    torch.testing.assert_close(network.head[0].bias, state["module.head.0.bias"])


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda s: s.pop("weight"), "missing weight"),
        (lambda s: s.update(extra=torch.zeros(1)), "unexpected extra"),
        (lambda s: s.update(weight=torch.zeros(2, 2)), r"weight is \(2, 2\), expected \(2, 3\)"),
        (lambda s: s["weight"].fill_(float("nan")), "weight contains NaN"),
    ],
)
def test_errors_list_the_tensors_that_do_not_fit(change: object, words: str) -> None:
    network = nn.Linear(3, 2)
    state = {key: value.detach().clone() for key, value in network.state_dict().items()}
    change(state)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=words):
        load_state(network, state)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda s: {"params_ema": s, "params": {"x": torch.zeros(1)}},
        lambda s: {"epoch": 3, "state_dict": {f"module.{k}": v for k, v in s.items()}},
        lambda s: {"step": 1, "network": {"x": torch.zeros(1)}, "average": s, "optimizer": {}},
        lambda s: {"model": {"state_dict": s}},
    ],
)
def test_wrappers_of_training_scripts_are_removed(wrap: Any, tmp_path: Path) -> None:
    state = {"a.weight": torch.randn(2, 3), "b": torch.ones(1)}
    torch.save(wrap(state), tmp_path / "run.pth")
    torch.testing.assert_close(read_state(tmp_path / "run.pth"), state)


def test_the_content_determines_the_format_not_the_suffix(tmp_path: Path) -> None:
    state = {"a": torch.randn(2, 3)}
    save_file(state, tmp_path / "weights.pth")
    torch.save(state, tmp_path / "weights.safetensors")
    for name in ("weights.pth", "weights.safetensors"):
        torch.testing.assert_close(read_state(tmp_path / name), state)


def test_errors_describe_the_file_and_never_suggest_trusting_it(tmp_path: Path) -> None:
    torch.save({"a": _Hostile()}, tmp_path / "hostile.pt")
    torch.save(nn.Linear(2, 2), tmp_path / "object.pt")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch.jit is deprecated
        torch.jit.save(torch.jit.script(nn.Linear(2, 2)), tmp_path / "program.pt")
    (tmp_path / "page.pt").write_text("<!DOCTYPE html><html>consent</html>")
    words = {
        "hostile.pt": "would call .*mkdir .* no code in it was run",
        "object.pt": "a pickled object .*Linear.*state_dict",
        "program.pt": "TorchScript",
        "page.pt": "a web page",
    }
    for name, pattern in words.items():
        with pytest.raises(CheckpointError, match=pattern) as caught:
            read_state(tmp_path / name)
        assert "weights_only" not in str(caught.value)


@pytest.mark.parametrize("suffix", [".safetensors", ".pt", ".pth"])
def test_written_states_are_read_back_and_never_replace_a_file(suffix: str, tmp_path: Path) -> None:
    shared = torch.randn(3)
    state = {"a": shared, "b": shared}
    path = tmp_path / f"out{suffix}"
    write_state(state, path)
    torch.testing.assert_close(read_state(path), state)
    with pytest.raises(CheckpointError, match="the file already exists"):
        write_state(state, path)
    with pytest.raises(CheckpointError, match=r"expected \.safetensors"):
        write_state(state, tmp_path / "out.bin")
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@given(st.binary(max_size=40))
def test_only_a_json_header_of_the_stated_length_makes_safetensors(rest: bytes) -> None:
    for first in (b"{", b"\x89PNG\r\n\x1a\n", b"PK", b""):
        body = first + rest
        for stated in (len(body), len(body) + 1):
            head = (stated.to_bytes(8, "little") + body)[:9]
            expected = body.startswith(b"{") and stated == len(body)
            assert is_safetensors(head, 8 + len(body)) == expected
    assert not is_safetensors((b"\x89PNG\r\n\x1a\n{" + rest)[:9], 9 + len(rest))


def test_every_kind_of_tensor_is_written_as_safetensors(tmp_path: Path) -> None:
    """Shared, sliced and channels-last tensors, and all types that networks hold."""
    shared = torch.rand(2, 3, 4, 5)
    state = {
        "shared": shared,
        "tied": shared,
        "view": shared[:, 1:, ::2],
        "last": shared.to(memory_format=torch.channels_last),
        "turned": shared.mT,
        "expanded": torch.rand(3, 1).expand(3, 4),
        "scalar": torch.tensor(1.5),
        "empty": torch.zeros(0, 3),
        "parameter": nn.Parameter(torch.rand(2)),
    }
    types = (torch.float64, torch.float16, torch.bfloat16, torch.int64, torch.uint8, torch.bool)
    state |= {str(kind): shared.to(kind) for kind in types}
    write_state(state, tmp_path / "out.safetensors")
    read = read_state(tmp_path / "out.safetensors")
    torch.testing.assert_close(read, {key: value.detach() for key, value in state.items()})
