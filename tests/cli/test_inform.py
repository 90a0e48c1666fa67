import json

import click
import pytest

import restorer.cli.doctor as doctor_module
from restorer import find_option, list_models
from restorer.cli.options import OptionType
from restorer.models.store import weights_path

MEMORY = OptionType(find_option("memory"))


@pytest.fixture
def corrupt_weights(monkeypatch):
    monkeypatch.setattr("restorer.models.store.verify_weights", lambda spec: "corrupt")


def test_models_are_listed_with_state_and_license(restore):
    result = restore("models")
    assert result.exit_code == 0
    head, *rows = result.stdout.splitlines()
    assert " ".join(head.split()) == "id task scale kind weights state speed license figure title"
    assert [row.split()[0] for row in rows] == [spec.id for spec in list_models()]
    assert "embedded" in rows[0]
    assert "CC BY-SA 4.0" in rows[0]


def test_models_of_one_task_as_json(restore):
    models = json.loads(restore("models", "--task", "denoising", "--json").stdout)
    assert {model["task"] for model in models} == {"denoising"}
    assert {"id", "weights", "tile", "state"} <= models[0].keys()


def test_models_of_an_unknown_task_are_wrong_usage(restore):
    assert restore("models", "--task", "cooking").exit_code == 2


def test_corrupt_weights_are_shown(restore, corrupt_weights):
    assert "corrupt" in restore("models").stdout


@pytest.mark.parametrize(("load", "busy"), [(0.3, False), (7.0, True)])
def test_doctor_warns_of_a_busy_machine(monkeypatch, capsys, load, busy):
    monkeypatch.setattr("os.getloadavg", lambda: (load, 0, 0), raising=False)
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    doctor_module._warn_if_busy()
    assert ("the machine is busy (load 7.0 on 2 cores)" in capsys.readouterr().err) == busy


def test_doctor_finds_no_problems(restore):
    result = restore("doctor")
    assert result.exit_code == 0, result.stdout
    embedded = [spec for spec in list_models() if spec.weights.embedded]
    for spec in embedded:
        assert f"{spec.id}: weights embedded" in result.stdout
        assert weights_path(spec)
    assert f"{len(list_models()) - len(embedded)} more models" in result.stdout
    for word in ("torch ", "pillow ", "Python ", "devices: ", "GB memory free", "on cpu: ok"):
        assert word in result.stdout


@pytest.fixture
def quick_doctor(monkeypatch):
    """Leave out the measurements, which take most of the time."""
    monkeypatch.setattr(doctor_module, "_measure", lambda spec, device: None)


@pytest.mark.usefixtures("corrupt_weights", "quick_doctor")
def test_doctor_exits_with_1_for_corrupt_weights(restore):
    result = restore("doctor")
    assert result.exit_code == 1
    assert "problems: weights of panet-sr-x2-lite" in result.stdout


@pytest.mark.usefixtures("quick_doctor")
def test_doctor_exits_with_1_for_a_library_that_does_not_load(restore, monkeypatch):
    def broken(module):
        if module == "cv2":
            raise ImportError("libGL.so.1: no such file")
        return __import__(module)

    monkeypatch.setattr(doctor_module, "import_module", broken)
    result = restore("doctor")
    assert result.exit_code == 1
    assert "opencv-python-headless: cannot be loaded: libGL.so.1" in result.stdout


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    """Keep what `doctor` chooses from the tests that follow."""
    monkeypatch.setattr("restorer.models.kept.user_cache_path", lambda name: tmp_path / "cache")


@pytest.mark.parametrize(
    ("words", "count"), [("4GB", 4 * 10**9), ("512 MB", 512 * 10**6), ("1.5gib", 3 << 29), ("9", 9)]
)
def test_amounts_of_memory_are_parsed(words, count):
    assert MEMORY.convert(words, None, None) == count


@pytest.mark.parametrize("words", ["", "much", "-1GB", "0", "1.2.3GB"])
def test_invalid_amounts_of_memory_are_refused(words):
    with pytest.raises(click.BadParameter, match="expected a number of bytes"):
        MEMORY.convert(words, None, None)
