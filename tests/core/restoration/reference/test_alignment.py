"""Keypoints, homographies, dense flow and the sampling that they serve."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.image import FloatArray
from restorer.restoration.reference import alignment
from restorer.restoration.reference.alignment import (
    Keypoints,
    denser,
    find_homographies,
    find_keypoints,
    follow,
    is_inside,
    local_scale,
    pixel_places,
    project,
    reduced,
    sample,
    scaled,
)
from restorer.tiling.plan import Region

from helpers import make_scene

OPTIONS = {"tolerance": 2.0, "count": 2, "min_support": 12}


def similarity(turn: float, growth: float, shift: tuple[float, float]) -> np.ndarray:
    about = cv2.getRotationMatrix2D((64, 64), turn, growth)
    about[:, 2] += shift
    return np.vstack([about, [0, 0, 1]])


def seen_by(matrix: np.ndarray, picture: FloatArray, size: tuple[int, int]) -> FloatArray:
    """What a camera shows whose picture has `picture`'s pixels where `matrix` takes them."""
    places = project(np.linalg.inv(matrix), pixel_places((0, size[0]), (0, size[1])))
    return sample(picture, places)


@settings(max_examples=10)
@given(
    turn=st.floats(-180, 180),
    growth=st.floats(0.7, 1.6),
    shift=st.tuples(st.floats(-20, 20), st.floats(-20, 20)),
)
def test_a_turned_scaled_and_shifted_view_is_found(
    turn: float, growth: float, shift: tuple[float, float]
) -> None:
    scene = make_scene(128, 128)
    matrix = similarity(turn, growth, shift)
    view = seen_by(matrix, scene, (160, 160))
    planes = find_homographies(find_keypoints(scene, 2000), find_keypoints(view, 2000), **OPTIONS)
    assert planes
    again = find_homographies(find_keypoints(scene, 2000), find_keypoints(view, 2000), **OPTIONS)
    np.testing.assert_array_equal(planes[0].matrix, again[0].matrix)
    middle = pixel_places((40, 88), (40, 88))
    error = project(planes[0].matrix, middle) - project(matrix, middle)
    assert np.abs(error).max() < 1.0
    assert local_scale(planes[0].matrix, (128, 128)) == pytest.approx(growth, rel=0.05)


@pytest.mark.parametrize("seed", range(6))
def test_other_pictures_share_no_plane(seed: int) -> None:
    one, other = (find_keypoints(make_scene(160, 160, seed=s), 2000) for s in (seed, seed + 100))
    assert find_homographies(one, other, **OPTIONS) == []


def test_what_lies_in_shadow_is_found_beside_what_lies_in_light() -> None:
    """A door in shadow once had 3 matches of 34: the strongest keypoints were all elsewhere."""
    scene = make_scene(160, 320)
    shadow = scene.copy()
    shadow[:, :100] = 0.2 + 0.2 * (scene[:, :100] - 0.5)
    dark = find_keypoints(shadow[:, :100], 2000)
    planes = find_homographies(dark, find_keypoints(shadow, 400), **OPTIONS)
    assert planes
    assert planes[0].support > 30


def test_a_flat_picture_has_no_keypoints_and_shares_nothing() -> None:
    flat = find_keypoints(np.full((64, 64, 3), 0.5, np.float32), 100)
    assert flat.points.shape == (0, 2)
    scene = find_keypoints(make_scene(64, 64), 100)
    for pair in ((flat, scene), (scene, flat), (flat, flat)):
        assert find_homographies(*pair, **OPTIONS) == []


def test_a_homography_that_folds_the_picture_is_refused() -> None:
    y, x = np.mgrid[10:100:10, 10:100:10].astype(np.float32)
    here = np.stack([x.ravel(), y.ravel()], 1)
    mirrored = here * np.float32([-1, 1]) + np.float32([110, 0])
    names = np.eye(len(here), 128, dtype=np.float32)
    pair = Keypoints(here, names), Keypoints(mirrored, names)
    assert find_homographies(*pair, **OPTIONS) == []


@settings(max_examples=6)
@given(shift=st.tuples(st.floats(-3, 3), st.floats(-3, 3)), exposure=st.floats(0.5, 1.0))
def test_flow_finds_a_shift_whatever_the_exposure(
    shift: tuple[float, float], exposure: float
) -> None:
    scene = make_scene(96, 96)
    matrix = similarity(0, 1, shift)
    view = seen_by(matrix, scene, (96, 96)) * np.float32(exposure)
    places = follow(scene, view, np.eye(3))
    error = (places - project(matrix, pixel_places((0, 96), (0, 96))))[16:-16, 16:-16]
    assert np.median(np.linalg.norm(error, axis=2)) < 0.15


def test_flow_of_blocks_is_that_of_the_whole(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = make_scene(128, 128)
    view = seen_by(similarity(3, 1.0, (1.5, -0.5)), scene, (128, 128))
    whole = follow(scene, view, np.eye(3))
    small = replace(alignment._BLOCK, side=64, overlap=32)
    monkeypatch.setattr(alignment, "_BLOCK", small)
    ticks = []
    blocks = follow(scene, view, np.eye(3), lambda done, total: ticks.append((done, total)))
    assert ticks == [(n + 1, len(ticks)) for n in range(len(ticks))]
    assert len(ticks) > 4
    assert np.median(np.abs(blocks - whole)[16:-16, 16:-16]) < 0.1


@settings(max_examples=30)
@given(
    size=st.tuples(st.integers(2, 12), st.integers(2, 12)),
    scale=st.integers(1, 4),
    data=st.data(),
)
def test_denser_places_are_those_of_the_larger_picture(
    size: tuple[int, int], scale: int, data: st.DataObject
) -> None:
    places = 3 * pixel_places((0, size[0]), (0, size[1])) + np.float32(5)
    exact = 3 * pixel_places((0, size[0]), (0, size[1]), scale) + np.float32(5)
    np.testing.assert_allclose(denser(places, scale), exact, atol=1e-4)
    top, left = (data.draw(st.integers(0, n - 1)) for n in size)
    region = Region(
        top,
        left,
        data.draw(st.integers(1, size[0] - top)),
        data.draw(st.integers(1, size[1] - left)),
    )
    part = denser(places, scale, region)
    np.testing.assert_array_equal(part, region.scaled(scale).of(denser(places, scale)))


def test_sampling_at_the_pixels_gives_the_picture() -> None:
    scene = make_scene(20, 30)
    places = pixel_places((0, 20), (0, 30))
    np.testing.assert_allclose(sample(scene, places), scene, atol=1e-6)
    assert is_inside(places, (20, 30)).all()
    assert not is_inside(places + np.float32(40), (20, 30)).any()


def test_a_reduced_picture_is_found_by_the_scaled_homography() -> None:
    scene = cv2.GaussianBlur(make_scene(96, 128), (0, 0), 2)
    small = reduced(scene, 2.0)
    assert small.shape == (48, 64, 3)
    assert reduced(scene, 1.0) is scene
    matrix = scaled(np.eye(3), (0.5, 0.5))
    seen = sample(small, project(matrix, pixel_places((0, 96), (0, 128))))
    assert np.abs(seen - scene).mean() < 0.003
