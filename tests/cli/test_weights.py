"""`restore weights`: checkpoints come in, are explained, and go out."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from click.testing import Result
from torch import nn

from restorer import list_models, model_spec, read, read_provenance
from restorer.models import community
from restorer.networks import NLSN, PANet, PANetLite

from webserver import CONTENT, SHA256, Site

Restore = Callable[..., Result]


@pytest.fixture
def lite(tmp_path: Path) -> Path:
    network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=4)
    torch.save(network.state_dict(), tmp_path / "lite.pth")
    return tmp_path / "lite.pth"


@pytest.fixture
def panet(tmp_path: Path) -> Path:
    torch.save(PANet(blocks=2, channels=64).published_state(), tmp_path / "model_best.pt")
    return tmp_path / "model_best.pt"


def test_inspect_identifies_a_checkpoint(restore: Restore, panet: Path) -> None:
    result = restore("weights", "inspect", panet)
    assert result.exit_code == 0
    for words in ("PANet", "blocks 2", "denoising or deblocking or demosaicing", "parameters"):
        assert words in result.output
    found = json.loads(restore("weights", "inspect", panet, "--json").output)
    assert found["architecture"] == "panet"
    assert found["params"]["blocks"] == 2


def test_inspect_explains_unsupported_checkpoints(restore: Restore, tmp_path: Path) -> None:
    state = NLSN(scale=2, blocks=8, channels=8).published_state()
    del state["tail.1.bias"]
    torch.save(state, tmp_path / "near.pt")
    result = restore("weights", "inspect", tmp_path / "near.pt")
    assert result.exit_code == 1
    assert "most similar is NLSN" in result.output
    assert "missing tail.1.bias" in result.output


def test_inspect_says_in_one_line_what_is_wrong_with_a_hostile_checkpoint(
    restore: Restore, tmp_path: Path
) -> None:
    itself: dict[str, object] = {}
    itself["params"] = itself
    hostile = {
        "itself.pt": (itself, "contains no state dict"),
        "expanded.pt": ({"w": torch.ones(1).expand(4000, 4000)}, "w repeats its values"),
        "sparse.pt": ({"w": torch.eye(3).to_sparse()}, "w is a sparse tensor"),
    }
    for name, (value, words) in hostile.items():
        torch.save(value, tmp_path / name)
        result = restore("weights", "inspect", tmp_path / name)
        assert result.exit_code == 1
        assert words in result.output
        assert len(result.output.splitlines()) == 1


def test_an_added_model_is_listed_and_runs(
    restore: Restore, store: Path, lite: Path, make_picture, tmp_path: Path
) -> None:
    added = restore("weights", "add", lite, "--id", "mine-x2", "--title", "my own")
    assert added.exit_code == 0, added.output
    assert "--model mine-x2" in added.output
    listed = restore("models", "--installed").output
    assert "mine-x2" in listed
    assert "my own" in listed
    source = make_picture(tmp_path / "small.png")
    done = restore("image", source, "--model", "mine-x2", "-o", tmp_path / "large.png")
    assert done.exit_code == 0, done.output
    verified = restore("weights", "verify").output
    assert "mine-x2: ok" in verified
    assert verified.count("\n") == verified.count(": ok")
    assert restore("weights", "remove", "mine-x2").exit_code == 0
    assert "mine-x2" not in restore("models").output


def test_the_results_of_a_generative_model_say_so(
    restore: Restore, store: Path, lite: Path, make_picture, tmp_path: Path
) -> None:
    added = restore("weights", "add", lite, "--id", "mine-x2", "--kind", "generative")
    assert "generative" in added.output
    assert model_spec("mine-x2").kind == "generative"
    source, target = make_picture(tmp_path / "small.png"), tmp_path / "large.png"
    for model, generative in (("mine-x2", True), ("panet-sr-x2-lite", False)):
        done = restore("image", source, "--model", model, "-o", target, "--existing", "replace")
        assert done.exit_code == 0, done.output
        assert ("may have invented texture" in done.output) is generative
        assert read_provenance(target).generative is generative
        term = b"digitalsourcetype/compositeWithTrainedAlgorithmicMedia"
        assert (term in (read(target).metadata.xmp or b"")) is generative


@pytest.mark.skipif(not community.available(), reason="needs the extra `community`")
def test_networks_of_other_projects_count_as_generative_unless_their_weights_are_faithful(
    restore: Restore, store: Path, tmp_path: Path
) -> None:
    compact = [nn.Conv2d(3, 8, 3, padding=1), nn.PReLU(8), nn.Conv2d(8, 12, 3, padding=1)]
    state = {f"body.{key}": value for key, value in nn.Sequential(*compact).state_dict().items()}
    torch.save({"params": state}, tmp_path / "compact.pth")
    added = restore("weights", "add", tmp_path / "compact.pth", "--task", "super-resolution")
    assert added.exit_code == 0, added.output
    assert "--kind faithful" in added.output
    faithful = restore(
        "weights", "add", tmp_path / "compact.pth", "--id", "c", "--kind", "faithful"
    )
    assert faithful.exit_code == 0, faithful.output
    assert "generative" not in faithful.output
    kinds = {spec.id: spec.kind for spec in list_models()}
    assert (kinds["realesrgancompact-x2"], kinds["c"]) == ("generative", "faithful")
    layers = [nn.Conv2d(1, 4, 3, padding=1), nn.ReLU()] * 8 + [nn.Conv2d(4, 1, 3, padding=1)]
    layers[2:16:2] = [nn.Conv2d(4, 4, 3, padding=1) for _ in range(7)]
    state = {f"model.{key}": value for key, value in nn.Sequential(*layers).state_dict().items()}
    torch.save(state, tmp_path / "dncnn.pth")
    found = restore("weights", "inspect", tmp_path / "dncnn.pth", "--json").output
    assert json.loads(found)["kind"] == "faithful"


def test_missing_information_is_requested(restore: Restore, store: Path, panet: Path) -> None:
    result = restore("weights", "add", panet)
    assert result.exit_code == 2
    assert "--task" in result.output
    assert "denoising, deblocking, demosaicing" in result.output
    result = restore("weights", "add", panet, "--task", "denoising")
    assert result.exit_code == 2
    assert "--sigma" in result.output
    result = restore("weights", "add", panet, "--task", "denoising", "--sigma", "40")
    assert result.exit_code == 0, result.output
    assert "panet-denoise-40: added" in result.output
    again = restore("weights", "add", panet, "--task", "denoising", "--sigma", "40")
    assert "panet-denoise-40-2: added" in again.output
    taken = restore("weights", "add", panet, "--id", "panet-denoise-40")
    assert taken.exit_code == 1
    assert "already exists" in taken.output


def test_a_checkpoint_of_another_network_is_refused_for_an_entry(
    restore: Restore, store: Path, panet: Path
) -> None:
    for model, words in (
        ("nlsn-x2-paper", "nlsn-x2-paper requires"),
        ("panet-sr-x2-lite", "is an included model"),
    ):
        result = restore("weights", "add", panet, "--id", model)
        assert result.exit_code == 1
        assert words in result.output
    assert not store.exists()


def test_hostile_files_are_refused(restore: Restore, store: Path, tmp_path: Path) -> None:
    class Hostile:
        def __reduce__(self) -> object:
            return Path.mkdir, (tmp_path / "was-here",)

    torch.save({"a": Hostile()}, tmp_path / "evil.pt")
    for command in ("inspect", "add"):
        result = restore("weights", command, tmp_path / "evil.pt")
        assert result.exit_code == 1
        assert "refused" in result.output
    assert not (tmp_path / "was-here").exists()


def test_fetch_prints_the_page_for_a_manual_download(restore: Restore, store: Path) -> None:
    result = restore("weights", "fetch", "nlsn-x2-paper", "ttsr-x4-paper", "panet-sr-x2-lite")
    assert result.exit_code == 1, "two are still missing"
    assert "panet-sr-x2-lite: already installed" in result.output
    assert "drive.google.com" in result.output
    assert "restore weights add FILE --id nlsn-x2-paper" in result.output
    assert "restore weights add FILE --id ttsr-x4-paper" in result.output


def test_downloaded_weights_that_do_not_fit_are_not_kept(
    restore: Restore, store: Path, site: Site, trusted: None
) -> None:
    """What comes has the hash on record, but is no network."""
    store.mkdir(parents=True)
    entry = {
        "id": "dncnn-denoise-25-paper",
        "weights": {"name": "d.pth", "url": site.url, "sha256": SHA256, "size": len(CONTENT)},
    }
    (store / "dncnn-denoise-25-paper.json").write_text(json.dumps(entry))
    result = restore("weights", "fetch", "dncnn-denoise-25-paper")
    assert result.exit_code == 1
    assert "no readable checkpoint" in result.output
    assert not [path for path in store.iterdir() if path.suffix in (".pth", ".json")]


def test_export_writes_the_layout_of_the_authors_code(
    restore: Restore, store: Path, panet: Path, tmp_path: Path
) -> None:
    restore("weights", "add", panet, "--task", "demosaicing", "--id", "mine")
    result = restore("weights", "export", "mine", tmp_path / "out.pt")
    assert result.exit_code == 0, result.output
    exported = torch.load(tmp_path / "out.pt", weights_only=True)
    torch.testing.assert_close(exported, torch.load(panet, weights_only=True))


def test_models_of_a_task_and_unknown_tasks(restore: Restore) -> None:
    result = restore("models", "--task", "deblocking", "--json")
    entries = json.loads(result.output)
    assert {entry["task"] for entry in entries} == {"deblocking"}
    assert {entry["state"] for entry in entries} == {"browser", "embedded"}
    assert restore("models", "--task", "cleaning").exit_code == 2


def test_missing_weights_and_references_are_reported(
    restore: Restore, store: Path, make_picture, tmp_path: Path
) -> None:
    source = make_picture(tmp_path / "small.png")
    for model, words in (
        ("nlsn-x2-paper", "not installed; download the file from https"),
        ("dncnn-denoise-25-paper", "restore weights fetch dncnn-denoise-25-paper"),
        ("ttsr-x4-paper", "reference"),
    ):
        result = restore("image", source, "--model", model, "-o", tmp_path / "out.png")
        assert result.exit_code != 0
        assert words in result.output
    result = restore("image", source, "--task", "reference-sr")
    assert result.exit_code == 2
    assert "needs reference pictures" in result.output


def test_export_asks_for_a_file_and_checks_the_size(
    restore: Restore, store: Path, tmp_path: Path
) -> None:
    result = restore("weights", "export", "panet-sr-x2-lite")
    assert result.exit_code == 2
    assert "--onnx FILE is required" in result.output
    pytest.importorskip("onnxscript", reason="the extra onnx is not installed")
    target = tmp_path / "out.onnx"
    result = restore(
        "weights", "export", "panet-sr-x2-lite", "--onnx", target, "--size", "30", "40"
    )
    assert result.exit_code == 2
    assert "size 30 x 40: panet-sr-x2-lite takes multiples of 8 from 16 on" in result.output
    assert not target.exists()
