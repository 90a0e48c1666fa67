"""A result is made again by what it says of itself, to the same pixels."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import restorer
from restorer import Image, Job, OutputFolder, Settings, Step
from restorer.batch.memory import MemoryBudget
from restorer.errors import ImageWriteError, SettingsError, WeightsError
from restorer.formats import history
from restorer.restoration import streaming

from helpers import make_photograph

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy picture in two formats, and a sharp one of the same subject."""
    folder, rng = tmp_path_factory.mktemp("replay"), np.random.default_rng(0)
    sharp = make_photograph(96, 128)
    noisy = np.clip(sharp[:44, :60] + rng.normal(0, 12, (44, 60, 3)), 0, 255).astype(np.uint8)
    restorer.write(Image(sharp), folder / "sharp.png")
    restorer.write(Image(noisy), folder / "in.png")
    restorer.write(Image(noisy), folder / "in.tif")
    return folder


def made(source: Path, target: Path, *steps: Step | str, **options: object) -> Path:
    references = options.pop("references", ())
    job = Job(source, target, steps, Settings(**options), references)
    result = restorer.run_job(job)
    assert result.status == "done", result.error
    return target


STILL = {
    "jpeg": ("a.jpg", [DENOISE], {"quality": 80, "tile": 32}),
    "png": ("a.png", [Step(DENOISE, strength=0.7, detail=0.4)], {"bits": 16, "seed": 3}),
    "tiff": ("a.tif", ["panet-deblock-lite", DENOISE, ENLARGE], {"tile": 40, "overlap": 8}),
    "webp": ("a.webp", [DENOISE], {"profile": "display-p3", "quality": 70}),
    "bmp": ("a.bmp", [DENOISE], {"dither": True, "self_ensemble": True}),
    "bf16": ("b.png", [DENOISE], {"precision": "bf16", "keep_colors": False}),
    "whole": ("w.png", [DENOISE], {"context": "whole"}),
}


@pytest.mark.parametrize(("name", "steps", "options"), STILL.values(), ids=STILL)
def test_a_result_is_repeated_to_the_same_pixels(
    folder: Path, tmp_path: Path, name: str, steps: list[Step | str], options: dict[str, object]
) -> None:
    result = made(folder / "in.png", tmp_path / name, *steps, **options)
    replay = restorer.replay_result(result, source=folder / "in.png")
    assert (replay.same, replay.psnr, replay.largest) == (True, np.inf, 0)
    assert replay.notes == ()


def test_a_streamed_result_is_repeated_held_whole_and_streamed(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def result(name: str) -> Path:
        steps = (DENOISE, Step(DENOISE, strength=0.5))
        return made(folder / "in.tif", tmp_path / name, *steps, tile=32, dither=True)

    whole = result("whole.tif")
    with monkeypatch.context() as patch:
        patch.setattr(MemoryBudget, "of_machine", lambda: MemoryBudget(1))
        patch.setattr(streaming, "_ROWS", 16)
        streamed = result("streamed.tif")
        assert restorer.replay_result(whole, source=folder / "in.tif").same
    assert restorer.replay_result(streamed, source=folder / "in.tif").same
    plans = restorer.read_provenance(streamed).plans
    assert [plan.origin for plan in plans] == ["estimated", "estimated"]
    monkeypatch.setattr(MemoryBudget, "of_machine", lambda: MemoryBudget(1))
    aside = made(folder / "in.tif", tmp_path / "aside.tif", DENOISE, provenance="sidecar", tile=32)
    assert history.accounts(restorer.read(aside).metadata) == []
    assert (tmp_path / "aside.tif.xmp").is_file()
    assert restorer.replay_result(aside, source=folder / "in.tif").same


def test_references_are_found_by_their_hashes_and_used_in_order(
    folder: Path, tmp_path: Path
) -> None:
    sharp = folder / "sharp.png"
    result = made(folder / "in.png", tmp_path / "a.png", "ttsr-x2-lite", references=(sharp,))
    moved = shutil.copy(sharp, tmp_path / "other name.png")
    with pytest.raises(SettingsError, match=r"its reference sharp\.png .* was not found"):
        restorer.replay_result(result, source=shutil.copy(folder / "in.png", tmp_path / "in.png"))
    assert restorer.replay_result(result, references=[moved]).same
    assert restorer.replay_result(result, source=folder / "in.png").same


def test_the_source_is_found_by_the_journal_or_beside_and_checked(
    folder: Path, tmp_path: Path
) -> None:
    source = shutil.copy(folder / "in.png", tmp_path / "in.png")
    out = tmp_path / "out"
    job = Job(source, out / "in.png", (DENOISE,), Settings(provenance="none", tile=32))
    with OutputFolder(out) as output:
        output.open()
        output.start(job)
        output.finish(job, restorer.run_job(job))
    assert history.accounts(restorer.read(job.target).metadata) == []
    assert restorer.replay_result(job.target).source == source  # the journal alone
    restorer.write(Image(np.zeros((8, 8, 3), np.uint8)), source)
    with pytest.raises(SettingsError, match="is not the source, or was changed since"):
        restorer.replay_result(job.target)

    result = made(folder / "in.png", tmp_path / "b.png", DENOISE)
    with pytest.raises(SettingsError, match=r"in\.png: is not the source; its SHA-256 is"):
        restorer.replay_result(result)
    shutil.copy(folder / "in.png", source)
    assert restorer.replay_result(result).source == source
    source.unlink()
    with pytest.raises(SettingsError, match=r"its source in\.png was not found"):
        restorer.replay_result(result)
    with pytest.raises(SettingsError, match="nor a journal says how it was made"):
        restorer.read_provenance(folder / "in.png")


def amended(path: Path, **changes: object) -> None:
    """Write a picture that says something else of itself."""
    image, found = restorer.read(path), restorer.read_provenance(path)
    image = restorer.amend_provenance(image, found.steps, found.settings)
    account = {**json.loads(image.metadata.blocks[history.BLOCK]), **changes}
    blocks = {history.BLOCK: json.dumps(account).encode()}
    restorer.write(replace(image, metadata=restorer.Metadata(blocks=blocks)), path)


def test_what_is_different_today_is_said(folder: Path, tmp_path: Path) -> None:
    result = made(folder / "in.png", tmp_path / "a.png", DENOISE)
    plan = restorer.read_provenance(result).plans[0]
    image = restorer.read(result)
    image.pixels[3, 4, 1] ^= 8
    restorer.write(image, result)
    amended(result, version="0.0.1", machine="another, PyTorch 1", later="a new field")
    replay = restorer.replay_result(result, source=folder / "in.png", output=tmp_path / "b.png")
    assert (replay.same, round(replay.largest)) == (False, 8)
    assert [note.partition(";")[0] for note in replay.notes] == [
        "made by version 0.0.1 of the program",
        "made on another, PyTorch 1",
    ]
    assert restorer.replay_result(tmp_path / "b.png", source=folder / "in.png").same
    with pytest.raises(ImageWriteError, match="exists already"):
        restorer.replay_result(result, source=folder / "in.png", output=tmp_path / "b.png")
    with pytest.raises(SettingsError, match=r"needs the suffix \.png"):
        restorer.replay_result(result, source=folder / "in.png", output=tmp_path / "b.jpg")

    for model, words in ((DENOISE, "its weights differ"), ("mine", "are missing")):
        amended(result, plans=[{**vars(plan), "model": model, "weights": "0" * 64}])
        with pytest.raises(WeightsError, match=words):
            restorer.replay_result(result, source=folder / "in.png")
    amended(result, restorer=99)
    with pytest.raises(SettingsError, match="written by a newer version"):
        restorer.read_provenance(result)


def test_a_checkpoint_is_known_by_its_hash_and_no_folder_is_told(
    folder: Path, tmp_path: Path
) -> None:
    weights = tmp_path / "private" / "mine.safetensors"
    weights.parent.mkdir()
    restorer.export_weights(DENOISE, weights)
    result = made(folder / "in.png", tmp_path / "a.jpg", Step(str(weights), sigma=12))
    assert b"private" not in result.read_bytes()
    assert str(folder).encode() not in result.read_bytes()
    with pytest.raises(WeightsError, match="are missing; give their file"):
        restorer.replay_result(result, source=folder / "in.png")
    moved = shutil.move(weights, tmp_path / "moved.safetensors")
    assert restorer.replay_result(result, source=folder / "in.png", checkpoints=[moved]).same


def test_the_same_request_gives_the_same_bytes_and_python_records_too(
    folder: Path, tmp_path: Path
) -> None:
    files = [made(folder / "in.png", tmp_path / f"{n}.jpg", DENOISE) for n in (1, 2)]
    assert files[0].read_bytes() == files[1].read_bytes()
    image = restorer.restore(folder / "in.png", DENOISE)
    restorer.write(image, tmp_path / "3.jpg")
    assert (tmp_path / "3.jpg").read_bytes() == files[0].read_bytes()
    restorer.write(image, tmp_path / "4.jpg", provenance="none")
    assert restorer.read(tmp_path / "4.jpg").metadata.xmp is None
    in_memory = restorer.restore(restorer.read(folder / "in.png"), DENOISE)
    found = restorer.provenance_of(in_memory)
    assert found is not None
    assert found.source is None
