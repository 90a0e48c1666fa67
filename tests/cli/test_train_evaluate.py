import hashlib
import itertools
import signal

import pytest
import tomlkit
import torch

import restorer.training.loop
from restorer.errors import SettingsError

RECIPE = """
model = "tiny"
architecture = "panet-lite"
iterations = 4
batch = 1
patch = 16
learning_rate = 1e-3
checkpoint_every = 2
[params]
scale = 2
blocks = 1
channels = 8
squeeze = 4
attention_channels = 4
levels = 1
[degradation]
kind = "bicubic"
scale = 2
"""


@pytest.fixture
def data(make_picture, tmp_path):
    return make_picture(tmp_path / "data" / "a.png", 48, 48).parent


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def test_training_prints_lines_for_the_catalog(restore, data, recipe, tmp_path):
    result = restore("train", recipe, "--data", data, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert result.stderr.count("validation") == 2
    entry = tomlkit.parse(result.stdout.split("\n", 2)[2])["model"]["weights"]
    weights = (tmp_path / "run" / entry["name"]).read_bytes()
    assert (len(weights), hashlib.sha256(weights).hexdigest()) == (entry["size"], entry["sha256"])


def test_interrupted_training_is_resumed(restore, data, recipe, tmp_path, monkeypatch):
    update, steps = restorer.training.loop._update, itertools.count(1)

    def interrupted(*args, **options):
        if next(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return update(*args, **options)

    words = ("train", recipe, "--data", data, "--out", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(restorer.training.loop, "_update", interrupted)
        result = restore(*words)
    assert result.exit_code == 130
    assert "run the same command again" in result.stderr
    state = torch.load(tmp_path / "run" / "state.pt", weights_only=True)
    assert state["step"] == 3
    result = restore(*words)
    assert result.exit_code == 0
    assert "iteration 2" not in result.stderr
    assert "iteration 4" in result.stderr


@pytest.mark.parametrize(
    ("words", "batch", "compiled"),
    [
        ((), 1, False),
        (("--batch", "3"), 3, False),
        (("--compile",), 1, True),
        (("--device", "cuda:1"), 1, True),
        (("--device", "cuda", "--eager"), 1, False),
    ],
)
def test_batch_size_and_compilation_can_be_set(
    words, batch, compiled, restore, data, recipe, tmp_path, monkeypatch
):
    chosen = []

    def train(recipe, data, folder, **options):
        chosen.append((recipe.batch, options["compiled"]))
        raise SettingsError("enough")

    monkeypatch.setattr(restorer.training.loop, "train", train)
    restore("train", recipe, "--data", data, "--out", tmp_path / "run", *words)
    assert chosen == [(batch, compiled)]


@pytest.mark.parametrize("text", [None, "no toml", "model = 1"])
def test_an_invalid_recipe_is_wrong_usage(text, restore, data, tmp_path):
    path = tmp_path / "recipe.toml"
    if text is not None:
        path.write_text(text)
    result = restore("train", path, "--data", data)
    assert result.exit_code == 2
    assert "recipe" in result.stderr
