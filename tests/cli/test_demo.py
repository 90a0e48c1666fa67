import re
import sys

import pytest

import restorer.cli.demo as demo_module
from restorer import probe

GAIN = re.compile(r"^(\S+) .* ([+-]\d+\.\d\d)$", re.MULTILINE)


def test_demo_degrades_restores_and_compares(restore, tmp_path, monkeypatch):
    monkeypatch.setattr(demo_module, "_SIDE", 64)
    sample = demo_module.Sample("astronaut.png", 64, 180, 25, (10, 20), bits=16)
    monkeypatch.setattr(demo_module, "SAMPLES", (sample,))
    folder = tmp_path / "demo"
    result = restore("demo", folder)
    assert result.exit_code == 0, result.output
    assert f"$ restore batch {folder / 'noisy'} {folder / 'restored' / 'noisy'}" in result.stdout
    assert probe(folder / "noisy" / "astronaut.png").bits == 16
    assert probe(folder / "restored" / "noisy" / "astronaut.png").bits == 16
    assert probe(folder / "small" / "astronaut.png").width == 32
    assert probe(folder / "restored" / "small" / "astronaut.png").width == 64
    assert len(GAIN.findall(result.stdout)) == 2

    picture = (folder / "before-after.png").read_bytes()
    assert restore("demo", folder).exit_code == 0
    assert (folder / "before-after.png").read_bytes() == picture


@pytest.mark.slow
def test_every_sample_of_the_demo_improves(restore, tmp_path):
    result = restore("demo", tmp_path)
    gains = GAIN.findall(result.stdout)
    assert len(gains) == 8
    assert all(float(gain) > 0.5 for _, gain in gains)
    assert probe(tmp_path / "before-after.png").width == 1212


def test_demo_without_scikit_image_explains_the_installation(restore, tmp_path, monkeypatch):
    for name in list(sys.modules):
        if name.split(".")[0] == "skimage":
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "skimage", None)
    result = restore("demo", tmp_path / "demo")
    assert result.exit_code == 1
    assert "pip install 'restorer[demo]'" in result.stderr
    assert not (tmp_path / "demo").exists()
