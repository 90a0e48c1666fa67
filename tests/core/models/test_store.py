"""The user's folder of weights: added and downloaded files become models and stay unchanged."""

from __future__ import annotations

import json
import weakref
from pathlib import Path

import numpy as np
import pytest
import torch

import restorer
from restorer import WeightsError
from restorer.models.checkpoint import read_state
from restorer.networks import PANet, PANetLite

from helpers import make_photograph
from webserver import CONTENT, SHA256, Site


@pytest.fixture
def checkpoint(tmp_path: Path) -> Path:
    torch.manual_seed(0)
    network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=4)
    torch.save(network.state_dict(), tmp_path / "mine.pth")
    return tmp_path / "mine.pth"


def add(path: Path, **words: str) -> restorer.ModelSpec:
    spec = restorer.describe_model(restorer.identify_checkpoint(path), **words)  # type: ignore[arg-type]
    return restorer.add_weights(spec, path)


def test_an_added_checkpoint_becomes_a_model(store: Path, checkpoint: Path) -> None:
    before = restorer.list_models()
    installed = add(checkpoint, id="mine-x2", license="CC0-1.0")
    checkpoint.unlink()
    assert restorer.list_models() == [*before, installed]
    assert restorer.model_spec("mine-x2").license == "CC0-1.0"
    assert restorer.verify_weights(installed) == "ok"
    image = restorer.Image(make_photograph(20, 30))
    assert restorer.restore(image, "mine-x2").pixels.shape == (40, 60, 3)
    assert sorted(p.name for p in store.iterdir()) == ["mine-x2.json", "mine-x2.pth"]


def test_other_weights_under_the_same_id_are_used_at_once(store: Path, checkpoint: Path) -> None:
    image = restorer.Image(make_photograph(20, 30))
    add(checkpoint, id="mine-x2")
    first = restorer.restore(image, "mine-x2").pixels
    network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=4)
    other = checkpoint.with_suffix(".pt")
    torch.save(network.state_dict(), other)
    add(other, id="mine-x2")
    assert (restorer.restore(image, "mine-x2").pixels != first).any()
    assert sorted(p.name for p in store.iterdir()) == ["mine-x2.json", "mine-x2.pt"]


def test_published_weights_complete_their_entry_and_are_checked_from_then_on(
    store: Path, tmp_path: Path
) -> None:
    path = tmp_path / "model_best.pt"
    torch.save(PANet(blocks=2, channels=64).published_state(), path)
    spec = restorer.model_spec("panet-denoise-30-paper")
    installed = restorer.add_weights(spec, path)
    assert installed.title == spec.title
    record = json.loads((store / "panet-denoise-30-paper.json").read_text())
    assert set(record) == {"id", "weights"}, "the catalog says the rest"
    assert restorer.model_spec(spec.id) == installed
    torch.save(PANet(blocks=2, channels=64).published_state(), path)
    with pytest.raises(WeightsError, match="not the weights of panet-denoise-30-paper"):
        restorer.add_weights(installed, path)
    assert restorer.verify_weights(installed) == "ok"
    restorer.remove_weights(installed)
    assert restorer.verify_weights(restorer.model_spec(spec.id)) == "absent"


def test_added_models_can_be_removed_and_included_ones_cannot(
    store: Path, checkpoint: Path
) -> None:
    installed = add(checkpoint, id="mine-x2")
    restorer.remove_weights(installed)
    assert not list(store.iterdir())
    with pytest.raises(restorer.UnknownModelError):
        restorer.model_spec("mine-x2")
    with pytest.raises(WeightsError, match="is not installed"):
        restorer.remove_weights(installed)
    with pytest.raises(WeightsError, match="comes with the program"):
        restorer.remove_weights(restorer.model_spec("panet-sr-x2-lite"))


@pytest.mark.parametrize("content", ["", "{", "[]", '{"id": 3}', '{"id": "a", "weights": {}}'])
def test_invalid_entries_are_ignored_with_a_warning(
    store: Path, content: str, caplog: pytest.LogCaptureFixture
) -> None:
    store.mkdir(parents=True)
    (store / "spoilt.json").write_text(content)
    assert "panet-sr-x2-lite" in [spec.id for spec in restorer.list_models()]
    assert "spoilt.json: not a valid model entry" in caplog.text


def test_fields_of_another_version_leave_an_entry_valid(store: Path, checkpoint: Path) -> None:
    add(checkpoint, id="mine-x2")
    (entry,) = store.glob("*.json")
    table = json.loads(entry.read_text())
    del table["figure"]
    entry.write_text(json.dumps({**table, "polish": 3, "weights": {**table["weights"], "at": 1}}))
    assert restorer.model_spec("mine-x2").architecture == table["architecture"]
    entry.write_text(json.dumps({**table, "scale": "two"}))
    with pytest.raises(restorer.UnknownModelError):
        restorer.model_spec("mine-x2")


def test_a_full_disk_leaves_the_folder_unchanged(
    store: Path, checkpoint: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(WeightsError, match="No space left on device"):
        add(checkpoint, id="mine-x2")
    assert not list(store.iterdir())


@pytest.mark.parametrize("suffix", [".pt", ".pth", ".safetensors"])
def test_export_restores_the_published_layout(store: Path, tmp_path: Path, suffix: str) -> None:
    state = PANet(blocks=2, channels=64).published_state()
    torch.save(state, tmp_path / "model_N30.pt")
    restorer.add_weights(
        restorer.describe_model(
            restorer.identify_checkpoint(tmp_path / "model_N30.pt"), id="mine", task="denoising"
        ),
        tmp_path / "model_N30.pt",
    )
    restorer.export_weights("mine", tmp_path / f"out{suffix}")
    torch.testing.assert_close(read_state(tmp_path / f"out{suffix}"), state)


def described(url: str, **known: object) -> restorer.ModelSpec:
    from dataclasses import replace

    spec = restorer.model_spec("dncnn-denoise-25-paper")
    return replace(spec, weights=restorer.WeightsFile(spec.weights.name, url=url, **known))  # type: ignore[arg-type]


def test_downloaded_weights_are_recorded_first_and_checked_later(
    store: Path, site: Site, trusted: None
) -> None:
    ticks: list[tuple[int, int]] = []
    spec = described(site.url)
    installed = restorer.fetch_weights(spec, on_bytes=lambda *tick: ticks.append(tick))
    assert (installed.weights.sha256, installed.weights.size) == (SHA256, len(CONTENT))
    assert ticks[-1] == (len(CONTENT), len(CONTENT))
    assert restorer.weights_path(installed).read_bytes() == CONTENT
    assert restorer.fetch_weights(installed) == installed
    assert len(site.asked) == 1, "what is there and whole is not fetched again"
    site.content = CONTENT[::-1]
    restorer.weights_path(installed).unlink()
    with pytest.raises(WeightsError, match=r"SHA-256 .* expected"):
        restorer.fetch_weights(installed)
    assert not (store / spec.weights.name).exists()


def test_models_without_an_address_name_the_page_for_a_browser(store: Path) -> None:
    with pytest.raises(WeightsError, match=r"from https.*as the weights of nlsn-x2-paper"):
        restorer.fetch_weights(restorer.model_spec("nlsn-x2-paper"))


def test_downloaded_weights_with_another_hash_are_not_kept(
    store: Path, site: Site, trusted: None
) -> None:
    with pytest.raises(WeightsError, match="SHA-256"):
        restorer.fetch_weights(described(site.url, sha256="0" * 64, size=len(CONTENT)))
    assert not [p for p in store.iterdir() if p.suffix in (".pth", ".json", ".part")]
    assert np.all([p.name.endswith(".lock") for p in store.iterdir()])


def test_the_state_tells_where_weights_are_or_how_to_get_them(
    store: Path, checkpoint: Path
) -> None:
    states = {spec.id: restorer.weights_state(spec) for spec in restorer.list_models()}
    for spec in restorer.list_models():
        expected = "fetch" if spec.weights.url else "browser"
        assert states[spec.id] == ("embedded" if spec.weights.embedded else expected)
    installed = add(checkpoint, id="mine-x2")
    assert restorer.weights_state(installed) == "installed"
    (store / "mine-x2.pth").write_bytes(b"other")
    assert restorer.weights_state(installed) == "corrupt"
    (store / "mine-x2.pth").unlink()
    assert restorer.weights_state(installed) == "absent"


def test_released_models_are_loaded_again(checkpoint: Path) -> None:
    image = restorer.Image(make_photograph(20, 30))
    before = restorer.restore(image, "panet-denoise-lite").pixels
    network = weakref.ref(restorer.load("panet-denoise-lite").network)
    assert network() is not None
    restorer.release_models()
    assert network() is None
    assert np.array_equal(restorer.restore(image, "panet-denoise-lite").pixels, before)
