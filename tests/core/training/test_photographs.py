"""Photographs are divided without leaks, pairs are matched by name, and both are said."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import restorer
from restorer.training.degradations import Bicubic, Noise, Paired
from restorer.training.pairs import common_scale, match_pairs
from restorer.training.patches import PatchSource, prepare
from restorer.training.photographs import Photograph, TrainingSet, find_photographs
from restorer.training.ranks import Ranks

from helpers import make_photograph


def put(folder: Path, *names: str, height: int = 8, width: int = 8) -> Path:
    for number, name in enumerate(names):
        pixels = make_photograph(height, width) ^ np.uint8(number % 256)
        restorer.write(restorer.Image(pixels), folder / name)
    return folder


def find(
    folder: Path, inputs: Path | None = None, *, scale: int = 1, least: int = 8
) -> TrainingSet:
    return find_photographs(folder, inputs, scale=scale, unit=2, least=least)


def names(photographs: Sequence[Photograph]) -> set[str]:
    return {each.path.name for each in photographs}


@settings(max_examples=8)
@given(
    tiles=st.dictionaries(
        st.text("abcdefgh", min_size=1, max_size=3), st.integers(1, 3), min_size=2, max_size=9
    )
)
def test_no_photograph_is_on_both_sides_and_no_side_is_empty(
    tiles: dict[str, int], tmp_path_factory: pytest.TempPathFactory
) -> None:
    files = [f"{name}_{i}.png" for name, count in tiles.items() for i in range(count)]
    found = find(put(tmp_path_factory.mktemp("set"), *files))
    training, held_out = (
        {name.split("_")[0] for name in names(side)} for side in (found.training, found.held_out)
    )
    assert training
    assert held_out
    assert not training & held_out
    assert names(found.training) | names(found.held_out) == set(files)
    assert f"{len(training)} for training, {len(held_out)} held out" in found.notes[-1]


def test_copies_stay_on_one_side_and_names_of_cameras_are_photographs(tmp_path: Path) -> None:
    put(tmp_path, *(f"DSC_{n:04}.png" for n in range(6)))
    for path in sorted(tmp_path.iterdir()):
        shutil.copy(path, tmp_path / f"copy of {path.name}")
    found = find(tmp_path)
    (held_out,) = {name.removeprefix("copy of ") for name in names(found.held_out)}
    assert names(found.held_out) == {held_out, f"copy of {held_out}"}
    assert "6 photographs in 12 files" in found.notes[-1]


@given(height=st.integers(16, 60), width=st.integers(16, 60))
def test_a_single_photograph_is_divided(
    height: int, width: int, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = put(tmp_path_factory.mktemp("one"), "a.png", height=height, width=width)
    if max(height, width) < 18:  # parts end at multiples of 2
        return
    found = find(folder)
    (first,), (last,) = found.training, found.held_out
    parts = [first.clean(), last.clean()]
    whole = np.concatenate(parts, int(width > height))
    np.testing.assert_array_equal(whole, restorer.read(folder / "a.png").pixels)
    assert min(n for part in parts for n in part.shape[:2]) >= 8
    assert "only one photograph" in found.notes[-1]


def test_images_that_cannot_be_used_are_named(tmp_path: Path) -> None:
    put(tmp_path, "a.png", "b.png", height=20, width=20)
    put(tmp_path, "small.png", height=9, width=30)
    assert "small.png" in find(tmp_path, least=10).notes[0]
    with pytest.raises(restorer.SettingsError, match="none of which has 21 x 21"):
        find(tmp_path, least=21)
    with pytest.raises(restorer.SettingsError, match="contains no images"):
        find(tmp_path / "missing")
    alone = put(tmp_path / "alone", "a.png", height=15, width=12)
    with pytest.raises(restorer.SettingsError, match="add a second photograph"):
        find(alone)


@pytest.mark.parametrize(
    ("given_name", "target"),
    [
        ("a.png", "a.png"),
        ("a.png", "a.bmp"),
        ("a_noisy.png", "a.png"),
        ("0801x2.png", "0801.png"),
        ("shot-LR.png", "shot-HR.png"),
        ("sub/a.png", "sub/a.png"),
    ],
)
def test_pairs_are_matched_by_name(given_name: str, target: str, tmp_path: Path) -> None:
    put(tmp_path / "in", given_name, "other.png")
    put(tmp_path / "out", target, "another.png")
    found = match_pairs(tmp_path / "in", tmp_path / "out")
    assert found.pairs == ((tmp_path / "in" / given_name, tmp_path / "out" / target),)
    assert {path.name for path in found.unmatched} == {"other.png", "another.png"}


def test_ambiguous_and_missing_names_are_refused(tmp_path: Path) -> None:
    put(tmp_path / "in", "a_noisy.png", "a_lr.png")
    put(tmp_path / "out", "a.png")
    with pytest.raises(restorer.SettingsError, match=r"a_lr\.png, .*a_noisy\.png, .*a\.png"):
        match_pairs(tmp_path / "in", tmp_path / "out")
    put(tmp_path / "other", "b.png")
    with pytest.raises(restorer.SettingsError, match=r"no names match.* b\.png"):
        match_pairs(tmp_path / "out", tmp_path / "other")


def test_sizes_must_fit_the_scale(tmp_path: Path) -> None:
    put(tmp_path / "in", "a.png", "b.png", height=10, width=12)
    put(tmp_path / "out", "a.png", height=20, width=25)
    put(tmp_path / "out", "b.png", height=20, width=26)
    pairs = match_pairs(tmp_path / "in", tmp_path / "out").pairs
    assert common_scale(pairs[:1]) == common_scale(pairs[:1], 2) == 2
    for scale in (None, 2, 3):
        with pytest.raises(restorer.SettingsError, match=r"12 x 10 pixels, but .* has 2[56] x 20"):
            common_scale(pairs, scale)


@pytest.mark.parametrize("conditioned", [False, True])
def test_patches_of_pairs_are_aligned(conditioned: bool, tmp_path: Path) -> None:
    """A single photograph of odd size is divided at the same place in both folders."""
    clean = make_photograph(161, 61)
    restorer.write(restorer.Image(clean), tmp_path / "clean" / "a.png")
    small = clean[:160:2, :60:2].copy()
    restorer.write(restorer.Image(small), tmp_path / "small" / "a_lr.png")
    found = find(tmp_path / "clean", tmp_path / "small", scale=2, least=32)
    degradation = Paired(2, conditioned=conditioned)
    for side in (found.training, found.held_out):
        (source,) = prepare(side, [degradation], tmp_path / "spool", Ranks("cpu"), print)
        inputs, targets = source.batch(range(4), 16, seed=0, step=0)
        assert inputs.shape[1] == 3 + conditioned
        same = [targets[..., i::2, j::2] == inputs[:, :3] for i in (0, 1) for j in (0, 1)]
        for number in range(4):  # a flip or rotation moves the sampled pixel within its cell
            assert any(each[number].all() for each in same)


def test_the_level_of_a_pair_is_estimated_as_in_a_restoration(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    noisy = np.clip(make_photograph(160, 160) + rng.normal(0, 20, (160, 160, 3)), 0, 255)
    image = restorer.Image(noisy.astype(np.uint8))
    planes, target = Paired(1, conditioned=True).prepare_pair(image, noisy.astype(np.uint8))
    inputs, _ = Paired(1, conditioned=True).finish(planes, target, rng)
    estimated = restorer.estimate_sigma(image.to_float())
    assert inputs[..., 3].mean() * 255 == pytest.approx(estimated, abs=0.3)
    assert np.ptp(inputs[..., 3]) == 0


def test_pairs_train_only_tasks_that_need_nothing_else() -> None:
    assert (Paired(1).task, Paired(2).task) == ("denoising", "super-resolution")
    for scale, task in ((1, "demosaicing"), (2, "reference-sr"), (2, "denoising")):
        with pytest.raises(restorer.SettingsError, match=f"cannot train {task}"):
            Paired(scale, task)
    recipe = restorer.read_recipe("panet-deblock-lite").with_pairs()
    assert recipe.degrade() == Paired(1, "deblocking", conditioned=True)
    for name in ("panet-sr-lite", "panet-demosaic-lite", "ttsr-x2-lite"):
        with pytest.raises(restorer.SettingsError, match="pairs"):
            restorer.read_recipe(name).with_pairs()
    assert restorer.read_recipe("panet-sr-x3-lite").with_pairs().degrade() == Paired(
        3, "super-resolution"
    )


def test_photographs_that_exceed_the_memory_are_read_from_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(tmp_path / "set", "a.png", "b.png", height=40, width=40)
    photographs = [Photograph(path, (40, 40)) for path in sorted((tmp_path / "set").iterdir())]
    notes: list[str] = []

    def batches(free: int) -> list[PatchSource]:
        monkeypatch.setattr("restorer.training.patches.free_bytes", lambda device: free)
        degradations = [Bicubic(2), Noise(30)]
        return prepare(photographs, degradations, tmp_path / "spool", Ranks("cpu"), notes.append)

    size = 2 * 3 * (40 * 40 + 20 * 20)
    for one, other in zip(batches(2 * size), batches(2 * size - 2), strict=True):
        for a, b in zip(one.batch([0, 1], 8, 0, 0), other.batch([0, 1], 8, 0, 0), strict=True):
            np.testing.assert_array_equal(a, b)
        assert one.shortest() == other.shortest()
    assert [("spool" in note) for note in notes] == [False, True]
    usage = shutil.disk_usage(tmp_path)._replace(free=size - 1)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: usage)
    with pytest.raises(restorer.SettingsError, match="fewer or smaller photographs"):
        batches(0)
