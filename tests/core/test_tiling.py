"""Tiles cover the image, share one size, and blend back to what was cut."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.errors import SettingsError
from restorer.tiling import Blender, TileNeeds, TilePlan, fit_side, plan_tiles, smaller_side

sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@st.composite
def plans(draw: st.DrawFn) -> tuple[TilePlan, TileNeeds]:
    multiple = draw(st.sampled_from([1, 2, 4, 6, 8]))
    side = multiple * draw(st.integers(2, 16))
    minimum = multiple * draw(st.integers(1, side // multiple))
    overlap = draw(st.integers(0, side // 2))
    needs = TileNeeds(multiple, minimum, side, overlap, 0, 100, True)
    return plan_tiles(draw(sizes), needs), needs


@given(plans())
def test_tiles_share_one_size_that_the_model_can_take(drawn: tuple[TilePlan, TileNeeds]) -> None:
    plan, needs = drawn
    assert len({(t.height, t.width) for t in plan.tiles}) == 1
    tile = plan.tiles[0]
    for side in (tile.height, tile.width):
        assert needs.min_side <= side <= max(needs.side, needs.min_side)
        assert side % needs.multiple_of == 0


@given(plans())
def test_tiles_lie_inside_the_image_unless_it_is_smaller_than_one(
    drawn: tuple[TilePlan, TileNeeds],
) -> None:
    plan, _ = drawn
    for tile in plan.tiles:
        assert tile.top == 0 or tile.top + tile.height <= plan.height
        assert tile.left == 0 or tile.left + tile.width <= plan.width


@given(plans())
def test_neighbours_share_at_least_the_overlap(drawn: tuple[TilePlan, TileNeeds]) -> None:
    plan, needs = drawn
    tile = plan.tiles[0]
    for starts, side in ((plan.rows, tile.height), (plan.columns, tile.width)):
        for a, b in itertools.pairwise(starts):
            assert a < b
            assert a + side - b >= min(needs.overlap, side - 1)


@settings(deadline=None)
@given(plans(), st.integers(1, 4), st.randoms())
def test_identity_tiles_blend_to_the_identity_image_in_any_order(
    drawn: tuple[TilePlan, TileNeeds], scale: int, random: object
) -> None:
    plan, _ = drawn
    rng = np.random.default_rng(plan.height * 1000 + plan.width)
    tile = plan.tiles[0]
    canvas = rng.random(
        (max(plan.height, tile.height) * scale, max(plan.width, tile.width) * scale, 1)
    ).astype(np.float32)
    blender = Blender(plan, scale, 1)
    order = list(plan.tiles)
    random.shuffle(order)  # type: ignore[attr-defined]
    for t in order:
        top, left = t.top * scale, t.left * scale
        blender.add(t, canvas[top : top + t.height * scale, left : left + t.width * scale])
    expected = canvas[: plan.height * scale, : plan.width * scale]
    np.testing.assert_allclose(blender.values, expected, atol=1e-6)


def test_weights_fall_to_the_edge_of_a_tile() -> None:
    needs = TileNeeds(1, 8, 32, 8, 0, 100, True)
    plan = plan_tiles((32, 80), needs)
    blender = Blender(plan, 1, 1)
    middle = plan.tiles[1]
    blender.add(middle, np.ones((middle.height, middle.width, 1), np.float32))
    row = blender.values[0, middle.left : middle.left + middle.width, 0]
    assert row[0] < 0.02
    assert row[-1] < 0.02
    assert row.max() == pytest.approx(1)
    assert (np.diff(row[: len(row) // 2]) >= 0).all()


@pytest.mark.parametrize(("size", "count"), [((32, 32), 1), ((33, 32), 2), ((1, 1), 1)])
def test_number_of_tiles(size: tuple[int, int], count: int) -> None:
    assert len(plan_tiles(size, TileNeeds(4, 8, 32, 4, 0, 100, True)).tiles) == count


@pytest.mark.parametrize(("side", "overlap"), [(30, 4), (4, 0), (32, 17), (32, -1), (0, 0)])
def test_impossible_tiles_are_refused(side: int, overlap: int) -> None:
    with pytest.raises(SettingsError, match=r"expected"):
        plan_tiles((50, 50), TileNeeds(4, 8, 32, 4, 0, 100, True), side=side, overlap=overlap)


@given(st.integers(0, 2**36), st.sampled_from([1, 4, 6, 48]), st.integers(1, 10**5))
def test_tile_that_fits_the_memory_is_one_the_model_can_take(
    free: int, multiple: int, per_pixel: int
) -> None:
    needs = TileNeeds(multiple, multiple * 2, multiple * 40, 0, 0, per_pixel, True)
    side = fit_side(needs, free)
    assert side % multiple == 0
    assert needs.min_side <= side <= needs.side
    assert side == needs.min_side or side**2 * per_pixel * 2 <= free


@given(st.integers(2, 500))
def test_smaller_sides_end(units: int) -> None:
    needs = TileNeeds(4, 16, 4 * units, 0, 0, 100, True)
    side: int | None = 4 * units
    for _ in range(20):
        assert side is not None
        smaller = smaller_side(side, needs)
        if smaller is None:
            break
        assert smaller < side
        assert smaller >= needs.min_side
        side = smaller
    else:
        pytest.fail("never ends")
