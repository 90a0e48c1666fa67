"""Processes that train together give the weights of one process, and stop together."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import pytest
import torch

import restorer
from restorer.models.checkpoint import read_state
from restorer.training.ranks import Ranks, joined
from restorer.training.recipe import Recipe

from helpers import make_photograph

RECIPE = Recipe(
    model="tiny",
    architecture="panet-lite",
    params={"scale": 1, "conditions": 1, "blocks": 2, "channels": 32, "attention_channels": 4},
    degradation={"kind": "noise", "sigma_max": 50.0},
    iterations=4,
    batch=3,
    patch=16,
    learning_rate=1e-3,
    warmup=1,
    checkpoint_every=10,
)

# Rank 1 stops the first run after two iterations; the second run continues.
SCRIPT = """
import os, sys
from contextlib import closing
import restorer

recipe, data, out, *ports = sys.argv[1:]
for port, stop in zip(ports, (2, 9)):
    os.environ["MASTER_PORT"] = port
    notes = []
    options = {"on_note": notes.append, "precision": "fp32"}
    with closing(restorer.train(restorer.Recipe(**eval(recipe)), data, out, **options)) as run:
        for report in run:
            if report.step == stop and os.environ["RANK"] == "1":
                break
    assert report.step in (stop, stop + 1, 4), report
    assert bool(notes) == (os.environ["RANK"] == "0"), notes
print(report)
"""


def free_port() -> str:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return str(probe.getsockname()[1])


@pytest.mark.slow
def test_two_processes_train_and_stop_like_one(tmp_path: Path) -> None:
    for number in range(3):
        pixels = make_photograph(40, 44 + number)
        restorer.write(restorer.Image(pixels), tmp_path / "data" / f"{number}.png")
    *_, alone = restorer.train(
        RECIPE, str(tmp_path / "data"), str(tmp_path / "one"), precision="fp32"
    )
    words = [repr(asdict(RECIPE)), str(tmp_path / "data"), str(tmp_path / "two")]
    ports = [free_port(), free_port()]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", SCRIPT, *words, *ports],
            env={
                **os.environ,
                "RANK": str(rank),
                "LOCAL_RANK": str(rank),
                "WORLD_SIZE": "2",
                "LOCAL_WORLD_SIZE": "2",
                "MASTER_ADDR": "127.0.0.1",
            },
            stdout=subprocess.PIPE,
            text=True,
        )
        for rank in (0, 1)
    ]
    outputs = [process.communicate(timeout=240)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0]
    one, two = (read_state(tmp_path / run / "tiny.safetensors") for run in ("one", "two"))
    torch.testing.assert_close(two, one, rtol=0, atol=1e-3)  # float16
    states = [torch.load(tmp_path / run / "state.pt", weights_only=True) for run in ("one", "two")]
    torch.testing.assert_close(states[1]["average"], states[0]["average"], rtol=1e-4, atol=1e-5)
    assert f"{alone.validation_psnr:.3f}"[:5] in outputs[0]
    assert "validation_psnr=None" in outputs[1]
    assert not (tmp_path / "two" / "prepared").exists()


def test_shares_are_disjoint_and_complete() -> None:
    for count in (1, 2, 3):
        shares = [Ranks("cpu", rank, count).share(5) for rank in range(count)]
        assert sorted(n for share in shares for n in share) == list(range(5))
    with pytest.raises(restorer.SettingsError, match=r"fewer patches than processes \(8\)"):
        Ranks("cpu", 0, 8).share(5)


def test_processes_do_not_share_a_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("WORLD_SIZE", "2"), ("RANK", "0"), ("LOCAL_RANK", "0")):
        monkeypatch.setenv(name, value)
    with pytest.raises(restorer.SettingsError, match="choose cuda or cpu"), joined("cuda:1"):
        pass


def test_a_scaled_float16_run_is_resumed_and_close_to_float32(tmp_path: Path) -> None:
    for number in range(2):
        pixels = make_photograph(40, 44 + number)
        restorer.write(restorer.Image(pixels), tmp_path / "data" / f"{number}.png")
    for precision in ("fp32", "fp16"):
        run = restorer.train(
            RECIPE, tmp_path / "data", tmp_path / precision, precision=precision, device="cpu"
        )
        next(run)
        run.close()
        list(restorer.train(RECIPE, tmp_path / "data", tmp_path / precision, precision=precision))
    exact, half = (
        torch.load(tmp_path / run / "state.pt", weights_only=True) for run in ("fp32", "fp16")
    )
    assert half["scaler"]["_growth_tracker"] == 4
    assert not exact["scaler"]
    torch.testing.assert_close(half["average"], exact["average"], rtol=0, atol=5e-3)


def test_the_state_of_another_network_is_refused(tmp_path: Path) -> None:
    for number in range(2):
        pixels = make_photograph(40, 44 + number)
        restorer.write(restorer.Image(pixels), tmp_path / "data" / f"{number}.png")
    one = replace(RECIPE, iterations=1)
    other = replace(one, params={**one.params, "blocks": 4})
    list(restorer.train(one, tmp_path / "data", tmp_path / "run"))
    with pytest.raises(restorer.SettingsError, match=r"state\.pt: .*other networks"):
        list(restorer.train(other, tmp_path / "data", tmp_path / "run"))
    list(restorer.train(other, tmp_path / "data", tmp_path / "run", resume=False))
