"""State dicts are read without running code and fitted strictly."""

from __future__ import annotations

import os
import pickle
from pathlib import Path

import pytest
import torch
from safetensors.torch import save_file
from torch import nn

from restorer import CheckpointError
from restorer.checkpoint import load_state, read_state
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
def test_cut_files_are_refused(suffix: str, keep: int, tmp_path: Path) -> None:
    path = tmp_path / f"weights{suffix}"
    state = {"a.weight": torch.randn(20, 30)}
    if suffix == ".safetensors":
        save_file(state, path)
    else:
        torch.save(state, path)
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(CheckpointError, match="cut or of another kind"):
        read_state(path)


def test_missing_files_and_other_objects_are_refused(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file"):
        read_state(tmp_path / "none.pt")
    torch.save([torch.zeros(1)], tmp_path / "list.pt")
    with pytest.raises(CheckpointError, match="no plain state dict"):
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
        (lambda s: s["weight"].fill_(float("nan")), "weight holds NaN"),
    ],
)
def test_states_that_do_not_fit_say_what_does_not(change: object, words: str) -> None:
    network = nn.Linear(3, 2)
    state = {key: value.detach().clone() for key, value in network.state_dict().items()}
    change(state)  # type: ignore[operator]
    with pytest.raises(CheckpointError, match=words):
        load_state(network, state)
