"""References for evaluation, and the protocols that use them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer import Image, SettingsError, read, write
from restorer.evaluation import views
from restorer.evaluation.evaluate import Evaluation
from restorer.restoration.reference.files import Reference, shared_planes

from helpers import make_scene


@pytest.fixture
def places(tmp_path: Path) -> tuple[list[Path], list[Path]]:
    """Return two folders, each with two views of one scene."""
    return [
        [save(tmp_path / f"place{n}" / f"{k}.png", make_scene(200, 240, seed=n), k) for k in (0, 1)]
        for n in (0, 1)
    ]  # type: ignore[return-value]  # of two


def save(path: Path, scene: np.ndarray, shift: int) -> Path:
    path.parent.mkdir(exist_ok=True)
    part = scene[shift * 10 : shift * 10 + 160, shift * 6 : shift * 6 + 200]
    write(Image(np.rint(part * 255).astype(np.uint8)), path)
    return path


def test_the_reference_of_a_view_is_its_neighbor_in_the_folder(places) -> None:
    own, others = places
    truth = read(own[0]).pixels
    for number, expected in ((0, own[1]), (1, own[0])):
        found = views.neighbor(truth, own, others, number)
        np.testing.assert_array_equal(found.pixels, read(expected).pixels)
    with pytest.raises(SettingsError, match="expected several views"):
        views.neighbor(truth, own[:1], others, 0)


def test_unrelated_references_come_from_another_folder(places) -> None:
    own, others = places
    truth = read(own[0]).pixels
    for number in range(4):
        found = views.unrelated(truth, own, others, number)
        np.testing.assert_array_equal(found.pixels, read(others[number % 2]).pixels)
    with pytest.raises(SettingsError, match="require a second folder"):
        views.unrelated(truth, own, [], 0)


def test_the_transformed_image_is_deterministic() -> None:
    truth = np.rint(make_scene(160, 200) * 255).astype(np.uint8)
    one, two = (views.transformed(truth, [], [], 0) for _ in range(2))
    np.testing.assert_array_equal(one.pixels, two.pixels)
    assert one.pixels.shape == truth.shape
    here, there = (Reference.of(image, "") for image in (Image(truth), one))
    (plane, *_) = shared_planes(here.keypoints, there.keypoints)
    turn = np.degrees(np.arctan2(plane.matrix[0, 1], plane.matrix[0, 0]))
    assert turn == pytest.approx(7, abs=0.5)


@settings(max_examples=20)
@given(size=st.tuples(st.integers(8, 1000), st.integers(8, 1000)), scale=st.sampled_from([2, 3, 4]))
def test_the_central_crop_is_a_multiple_of_the_scale_and_not_too_large(
    size: tuple[int, int], scale: int
) -> None:
    clean = np.zeros((*size, 3), np.uint8)
    clean[size[0] // 2, size[1] // 2] = 255
    part = views.center_crop(clean, scale)
    for own, before in zip(part.shape[:2], size, strict=True):
        assert own % scale == 0
        assert min(before, views.SIDE) - scale < own <= views.SIDE
    assert part.any()


@pytest.mark.parametrize(
    ("protocol", "least", "most"), [("reference-sr", 0.5, 20), ("reference-unrelated", 0, 0)]
)
def test_a_matching_reference_improves_and_an_unrelated_one_changes_nothing(
    protocol: str, least: float, most: float, places
) -> None:
    folders = [own[0].parent for own in places]
    run = Evaluation({"ttsr-x2-lite": "ttsr-x2-lite"}, folders, protocol=protocol)
    assert run.methods == ("plain", "bicubic", "ttsr-x2-lite")
    figures: dict[str, list[float]] = {method: [] for method in run.methods}
    for score in run.scores():
        figures[score.method].append(score.psnr)
    assert all(len(own) == 4 for own in figures.values())
    for guided, plain in zip(figures["ttsr-x2-lite"], figures["plain"], strict=True):
        assert least <= guided - plain <= most
