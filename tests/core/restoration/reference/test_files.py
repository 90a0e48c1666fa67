"""Reference files: what is refused before work begins, which are chosen for a picture."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from restorer import Image, ImageFormatError, Job, SettingsError, Step, write
from restorer.batch.planning import with_references
from restorer.restoration.reference.files import (
    MOST,
    Reference,
    choose_references,
    keypoints_of,
    open_references,
    shared_planes,
)
from restorer.restoration.reference.pairing import check_references, pair_references

from helpers import make_scene


def save(path: Path, size: tuple[int, int], seed: int = 0) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    write(Image((make_scene(*size, seed=seed) * 255).astype(np.uint8)), path)
    return path


@pytest.fixture
def small(tmp_path: Path) -> Path:
    return save(tmp_path / "small.png", (40, 60))


def test_a_reference_larger_one_way_is_fine(small: Path, tmp_path: Path) -> None:
    for size in ((60, 40), (40, 60), (300, 200), (61, 30)):
        check_references(small, [save(tmp_path / f"{size}.png", size)])


def test_what_cannot_help_is_refused(small: Path, tmp_path: Path) -> None:
    large = save(tmp_path / "large.png", (100, 100))
    link = tmp_path / "link.png"
    link.symlink_to(small)
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"\x89PNG\r\n\x1a\n and no more")
    for references, message in (
        ([tmp_path / "none.png"], "no such file"),
        ([small], "is the picture itself"),
        ([link], "is the picture itself"),
        ([large, large], "given twice"),
        ([save(tmp_path / "tiny.png", (39, 59))], "smaller than the picture"),
        ([save(tmp_path / "turned.png", (59, 39))], "smaller than the picture"),
        ([tmp_path], "no such file"),
    ):
        with pytest.raises(SettingsError, match=message):
            check_references(small, references)
    with pytest.raises(ImageFormatError, match=r"^reference .*broken\.png"):
        check_references(small, [large, broken])


def test_a_folder_gives_the_pictures_of_that_name_or_else_all(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "refs"
    others = [save(folder / f"{name}.png", (100, 100)) for name in ("a", "b", "smaller")]
    assert pair_references(small, folder) == tuple(others)
    named = [save(folder / f"{name}.png", (100, 100)) for name in ("small", "Small-2", "small_x")]
    assert set(pair_references(small, folder)) == set(named)
    with pytest.raises(SettingsError, match="no pictures"):
        pair_references(small, (tmp_path / "empty").mkdir() or tmp_path / "empty")


def test_jobs_get_what_can_help_them(small: Path, tmp_path: Path) -> None:
    folder = tmp_path / "refs"
    good = save(folder / "good.png", (100, 100))
    save(folder / "tiny.png", (10, 10))
    (folder / "broken.png").write_bytes(b"no picture")
    job = Job(small, tmp_path / "out.png", (Step("ttsr-x4-lite"),), references=(Path("own.png"),))
    (referring,) = with_references([job], folder)
    assert referring.references == (Path("own.png"), good)
    assert with_references([referring], folder) == (referring,)  # none is given twice


def test_of_many_those_are_chosen_that_show_most_of_the_picture(tmp_path: Path) -> None:
    scene = make_scene(160, 160)
    target = Reference("target", scene[32:128, 32:128])
    others = [save(tmp_path / f"other{n}.png", (160, 160), seed=n + 50) for n in range(MOST + 1)]
    right = save(tmp_path / "right.png", (160, 160))
    broken = tmp_path / "broken.png"
    broken.write_bytes(b"no picture")
    assert choose_references(target, [*others, broken, right]) == (right,)
    assert choose_references(target, others[:2]) == tuple(others[:2])
    assert len(choose_references(target, others)) == 1


def test_references_of_any_kind_come_as_three_planes(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    for shape, dtype in (((5, 7, 1), np.uint8), ((5, 7, 2), np.uint16), ((5, 7, 4), np.uint8)):
        pixels = rng.integers(0, np.iinfo(dtype).max, shape).astype(dtype)
        reference = Reference.of(Image(pixels), "r")
        assert reference.values.shape == (5, 7, 3)
        assert reference.values.dtype == np.float32
        assert reference.size == (5, 7)
    paths = [save(tmp_path / "a.png", (30, 20)), save(tmp_path / "b.png", (20, 30))]
    assert [r.name for r in open_references(paths)] == ["a.png", "b.png"]


def test_a_file_that_breaks_off_is_told_as_a_reference(tmp_path: Path) -> None:
    whole = save(tmp_path / "whole.jpg", (100, 100))
    broken = tmp_path / "broken.jpg"
    broken.write_bytes(whole.read_bytes()[:-800])
    with pytest.raises(ImageFormatError, match=r"^reference .*broken\.jpg"):
        open_references([whole, broken])


def test_keypoints_of_a_large_picture_count_in_its_own_pixels(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scene = make_scene(256, 256)
    whole = keypoints_of(scene)
    monkeypatch.setattr("restorer.restoration.reference.files._KEYPOINT_PIXELS", 128 * 128)
    planes = shared_planes(whole, keypoints_of(scene))
    assert np.abs(planes[0].matrix / planes[0].matrix[2, 2] - np.eye(3)).max() < 0.5
