import itertools
import re
import shlex
import signal
from pathlib import Path

import pytest
import torch

import restorer.cli.train
import restorer.training.loop
from restorer import model_spec, read
from restorer.errors import SettingsError
from restorer.training.learner import Learner

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
    make_picture(tmp_path / "photographs" / "a.png", 48, 48)
    return make_picture(tmp_path / "photographs" / "b.png", 52, 48).parent


@pytest.fixture
def recipe(tmp_path):
    path = tmp_path / "tiny.toml"
    path.write_text(RECIPE)
    return path


def next_commands(result):
    """Return the words of the commands that a training prints."""
    lines = [line for line in result.stdout.splitlines() if line.startswith("  restore ")]
    return [shlex.split(line)[1:] for line in lines]


def test_training_says_how_to_use_the_result(restore, store, data, recipe, tmp_path):
    result = restore("train", recipe, "--data", data, "--out", tmp_path / "a run")
    assert result.exit_code == 0, result.output
    assert result.stderr.count(", validation ") == 2
    assert "2 photographs: 1 for training, 1 held out" in result.stderr
    assert "0.00 GB of memory" in result.stderr
    pictures = sorted(path.name for path in (tmp_path / "a run" / "validation").iterdir())
    assert pictures == ["tiny-000002.png", "tiny-000004.png"]
    assert read(tmp_path / "a run" / "validation" / pictures[0]).pixels.std() > 20
    add, use = next_commands(result)
    assert restore(*add).exit_code == 0
    installed = model_spec("tiny")
    assert (installed.task, installed.params["levels"]) == ("super-resolution", 1)
    use[use.index("PHOTO.jpg")] = str(data / "a.png")
    assert restore(*use, "-o", tmp_path / "b.png").exit_code == 0
    assert read(tmp_path / "b.png").width == 96


@pytest.mark.parametrize(
    ("kind", "conditions", "condition", "task"),
    [
        ("jpeg", 1, "jpeg_quality", "deblocking"),
        ("camera", 0, "", "denoising"),
        ("noisy-photo", 1, "sigma", "denoising"),
    ],
)
def test_a_result_is_installed_for_the_task_of_its_training(
    kind, conditions, condition, task, restore, store, data, recipe, tmp_path
):
    params = f"scale = 1\nconditions = {conditions}\nunshuffle = 2"
    text = recipe.read_text().replace("scale = 2", params, 1).replace("scale = 2", "")
    recipe.write_text(text.replace("bicubic", kind).replace("iterations = 4", "iterations = 1"))
    words = ("--name", "panet-deblock-lite", "--out", tmp_path / "run")
    result = restore("train", recipe, "--data", data, *words)
    assert result.exit_code == 0, result.output
    add, _ = next_commands(result)
    assert add[-2:] == ["--id", "my-panet-deblock-lite"]
    assert restore(*add).exit_code == 0
    installed = model_spec("my-panet-deblock-lite")
    assert (installed.condition, installed.task) == (condition, task)
    assert installed.noise == ("photo" if kind == "noisy-photo" else "white")


def test_pairs_replace_the_degradation(restore, data, recipe, make_picture, tmp_path):
    for name, height in (("a", 24), ("b", 26), ("c", 24)):
        make_picture(tmp_path / "small" / f"{name}_lr.png", height, 24)
    words = ("train", recipe, "--data", data, "--inputs", tmp_path / "small")
    result = restore(*words, "--out", tmp_path / "run")
    assert result.exit_code == 0, result.output
    assert "without a counterpart: 1" in result.stderr
    assert "c_lr.png" in result.stderr
    make_picture(tmp_path / "small" / "b_lr.png", 25, 24)
    result = restore(*words, "--out", tmp_path / "run", "--restart")
    assert result.exit_code == 2
    assert "24 x 25 pixels" in result.stderr


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--name", "My Model"], "lower-case letters"),
        (["--start", "nonsense"], "nonsense"),
        (["--precision", "fp8"], "fp8"),
    ],
)
def test_wrong_names_are_refused_before_the_training(words, message, restore, data, recipe):
    result = restore("train", recipe, "--data", data, *words)
    assert result.exit_code == 2
    assert message in result.stderr


def test_interrupted_training_is_resumed(restore, data, recipe, tmp_path, monkeypatch):
    update, steps = Learner.update, itertools.count(1)

    def interrupted(self, *args, **options):
        if next(steps) == 3:
            signal.raise_signal(signal.SIGINT)
        return update(self, *args, **options)

    words = ("train", recipe, "--data", data, "--out", tmp_path / "run")
    with monkeypatch.context() as patch:
        patch.setattr(Learner, "update", interrupted)
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
    monkeypatch.setattr(restorer.cli.train, "_has_triton", lambda: True)
    restore("train", recipe, "--data", data, "--out", tmp_path / "run", *words)
    assert chosen == [(batch, compiled)]


def test_a_gpu_without_triton_trains_uncompiled(restore, data, recipe, tmp_path, monkeypatch):
    chosen = []

    def train(recipe, data, folder, **options):
        chosen.append(options["compiled"])
        raise SettingsError("enough")

    monkeypatch.setattr(restorer.training.loop, "train", train)
    monkeypatch.setattr(restorer.cli.train, "_has_triton", lambda: False)
    words = "train", recipe, "--data", data, "--out", tmp_path / "run", "--device", "cuda"
    assert "Triton is not installed" in restore(*words).stderr
    assert "needs Triton" in restore(*words, "--compile").stderr
    assert chosen == [False]


@pytest.mark.parametrize("text", [None, "no toml", "model = 1"])
def test_an_invalid_recipe_is_wrong_usage(text, restore, data, tmp_path):
    path = tmp_path / "recipe.toml"
    if text is not None:
        path.write_text(text)
    result = restore("train", path, "--data", data)
    assert result.exit_code == 2
    assert "recipe" in result.stderr


@pytest.mark.slow
def test_the_documented_fine_tuning_works(restore, store, make_picture, tmp_path, monkeypatch):
    """Two iterations on two pictures, with the commands of docs/training.md."""
    page = (Path(__file__).parents[2] / "docs" / "training.md").read_text("utf-8")
    commands = re.search("^```sh\n(.*?)^```$", page, re.MULTILINE | re.DOTALL)[1].splitlines()
    assert [line.split()[1] for line in commands] == ["train", "weights", "image", "evaluate"]
    monkeypatch.chdir(tmp_path)
    for name, width in (("photographs/a.png", 112), ("photographs/b.png", 113)):
        make_picture(Path(name), 112, width)
    for name in ("noisy.jpg", "test-photographs/a.png"):
        make_picture(Path(name), 24, 24)
    for line in commands:
        few = ["--iterations", "2", "--batch", "1"] if line.startswith("restore train") else []
        result = restore(*shlex.split(line)[1:], *few)
        assert result.exit_code == 0, result.output
    assert Path("clean.png").is_file()
    assert "my-denoiser" in result.stdout
