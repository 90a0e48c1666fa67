"""Tiles cover the image, share one size, and blend to the original image."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import restorer
from restorer.errors import SettingsError
from restorer.tiling.blending import Blender
from restorer.tiling.plan import (
    ChopRule,
    Region,
    TileNeeds,
    TilePlan,
    fit_side,
    plan_chop,
    plan_tiles,
    smaller_side,
)

from helpers import load_golden

sizes = st.tuples(st.integers(1, 300), st.integers(1, 300))


@st.composite
def plans(draw: st.DrawFn) -> tuple[TilePlan, TileNeeds]:
    multiple = draw(st.sampled_from([1, 2, 4, 6, 8]))
    side = multiple * draw(st.integers(2, 16))
    minimum = multiple * draw(st.integers(1, side // multiple))
    overlap = draw(st.integers(0, side // 2))
    needs = TileNeeds(multiple, minimum, side, overlap, 0, 100, True)
    return plan_tiles(draw(sizes), needs), needs


@st.composite
def chops(draw: st.DrawFn) -> tuple[TilePlan, ChopRule]:
    rule = ChopRule(draw(st.integers(200, 2000)), 10, draw(st.sampled_from(["none", "4x8"])))
    return plan_chop(draw(st.tuples(st.integers(1, 90), st.integers(1, 90))), rule, 1), rule


@given(plans())
def test_tiles_share_one_size_that_fits_the_model(drawn: tuple[TilePlan, TileNeeds]) -> None:
    plan, needs = drawn
    assert len({(t.height, t.width) for t in plan.tiles}) == 1
    tile = plan.tiles[0]
    for side in (tile.height, tile.width):
        assert needs.min_side <= side <= max(needs.side, needs.min_side)
        assert side % needs.multiple_of == 0


@given(plans())
def test_tiles_start_at_multiples_and_barely_exceed_the_image(
    drawn: tuple[TilePlan, TileNeeds],
) -> None:
    plan, needs = drawn
    unit = needs.multiple_of
    for tile in plan.tiles:
        assert tile.top % unit == tile.left % unit == 0
        assert tile.top == 0 or tile.top + tile.height < plan.height + unit
        assert tile.left == 0 or tile.left + tile.width < plan.width + unit


@given(plans())
def test_neighbors_share_at_least_the_overlap(drawn: tuple[TilePlan, TileNeeds]) -> None:
    plan, needs = drawn
    tile = plan.tiles[0]
    for starts, side in ((plan.rows, tile.height), (plan.columns, tile.width)):
        for a, b in itertools.pairwise(starts):
            assert a < b
            unit = needs.multiple_of
            assert a + side - b >= min(needs.overlap, needs.side // unit // 2 * unit)


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


@given(plans() | chops(), st.integers(1, 3))
def test_rows_taken_when_finished_equal_those_of_the_whole(
    drawn: tuple[TilePlan, object], scale: int
) -> None:
    plan, _ = drawn
    tile = plan.tiles[0]
    size = (tile.height * scale, tile.width * scale, 1)
    results = np.random.default_rng(0).random((len(plan.tiles), *size)).astype(np.float32)
    whole, blender = Blender(plan, scale, 1), Blender(plan, scale, 1)
    bands = []
    for tiles, bottom in zip(plan.by_rows, (*plan.rows[1:], plan.height), strict=True):
        for t in tiles:
            whole.add(t, results[t.index])
            blender.add(t, results[t.index])
            assert len(blender.values) <= size[0]
        bands.append(blender.take(bottom))
    np.testing.assert_array_equal(np.concatenate(bands), whole.values)
    assert len(blender.values) == 0


@given(plans() | chops(), st.integers(1, 3), st.integers(0, 6), st.data())
def test_tiles_that_meet_a_region_suffice_for_it(
    drawn: tuple[TilePlan, object], scale: int, radius: int, data: st.DataObject
) -> None:
    plan = replace(drawn[0], radius=min(radius, drawn[0].overlap // 2))
    top, left = (data.draw(st.integers(0, n - 1)) for n in (plan.height, plan.width))
    height = data.draw(st.integers(1, plan.height - top))
    region = Region(top, left, height, data.draw(st.integers(1, plan.width - left)))
    tile = plan.tiles[0]
    size = (tile.height * scale, tile.width * scale, 1)
    results = np.random.default_rng(0).random((len(plan.tiles), *size)).astype(np.float32)
    whole, part = Blender(plan, scale, 1), Blender(plan, scale, 1, region)
    for each in plan.tiles:
        whole.add(each, results[each.index])
    met = [each for row in plan.meeting(region) for each in row]
    assert len(met) == plan.count(region) <= len(plan.tiles)
    for each in met:
        part.add(each, results[each.index])
    np.testing.assert_array_equal(part.values, region.scaled(scale).of(whole.values))
    cover = plan.cover(region)
    assert cover.holds(region)
    assert plan.region.holds(cover)


@given(
    st.builds(
        Region, st.integers(0, 40), st.integers(0, 40), st.integers(1, 40), st.integers(1, 40)
    ),
    st.integers(1, 5),
    st.integers(0, 9),
)
def test_regions_grow_shrink_and_scale(region: Region, factor: int, by: int) -> None:
    assert region.scaled(factor).shrunk(factor) == region
    assert region.shrunk(factor).scaled(factor).holds(region)
    assert region.shrunk(factor).height <= region.height // factor + 2
    grown = region.grown(by, (80, 80))
    assert grown.holds(region)
    assert Region(0, 0, 80, 80).holds(grown)
    values = np.arange(6400).reshape(80, 80, 1)
    np.testing.assert_array_equal(region.of(grown.of(values), grown), region.of(values))


def test_weights_decrease_towards_the_edges_of_a_tile() -> None:
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


def share_computed(size: tuple[int, int]) -> float:
    """Return the pixels that tiles of the included networks compute, per pixel of a picture."""
    needs = restorer.model_spec("panet-denoise-lite").tile
    height, width = (n + 2 * needs.border for n in size)
    plan = plan_tiles((height, width), needs.for_picture((height, width)))
    return sum(tile.height * tile.width for tile in plan.tiles) / (size[0] * size[1])


def test_the_share_computed_twice_is_small_and_even() -> None:
    sizes = [(512, 512), (1024, 1024), (1080, 1920), (2000, 3000), (3000, 4000), (4000, 6000)]
    shares = {size: share_computed(size) for size in sizes}
    assert shares[3000, 4000] < 1.09, "of which the mirrored borders are 0.9 %"
    assert max(shares.values()) < 1.1 * min(shares.values())


@given(st.integers(160, 2000))
@example(400)  # one tile, then four
def test_a_picture_with_one_pixel_more_costs_hardly_more(side: int) -> None:
    assert share_computed((side + 1, side + 1)) < 1.16 * share_computed((side, side))


@given(st.integers(0, 2**36), st.sampled_from([1, 4, 6, 48]), st.integers(1, 10**5))
def test_a_tile_that_fits_the_memory_fits_the_model(
    free: int, multiple: int, per_pixel: int
) -> None:
    needs = TileNeeds(multiple, multiple * 2, multiple * 40, 0, 0, per_pixel, True)
    side = fit_side(needs, free // 2)
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


CHOP, CHOPPED = load_golden("forward_chop")
GROW = {"panet_sr": "scale", "nlsn": "4x8", "enlcn": "4x8"}


def proxy(tile: np.ndarray, scale: int) -> np.ndarray:
    """The network of the golden cases, whose result depends on position and size of a tile."""
    height, width = tile.shape[:2]
    row, column = np.mgrid[: height * scale, : width * scale]
    offset = 0.1 * tile.mean() + 0.01 * height + 0.001 * width + 1e-3 * row + 1e-4 * column
    return tile.repeat(scale, 0).repeat(scale, 1) + offset[..., None].astype(np.float32)


@pytest.mark.golden
@pytest.mark.parametrize("name", CHOP["cases"])
def test_chop_equals_the_authors(name: str) -> None:
    case = CHOP["cases"][name]
    x, expected = (
        CHOPPED[key][0].permute(1, 2, 0).numpy() for key in (f"in/x_{name}", f"out/y_{name}")
    )
    rule = ChopRule(case["min_size"], case["shave"], GROW.get(case["repo"], "none"))
    scale = case["proxy_s"]
    plan = plan_chop(x.shape[:2], rule, scale)
    blender = Blender(plan, scale, x.shape[2])
    for tile in plan.tiles:
        part = x[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        assert part.shape[:2] == (tile.height, tile.width)
        blender.add(tile, proxy(part, scale))
    np.testing.assert_allclose(blender.values, expected, rtol=0, atol=CHOP["atol"])


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.integers(200, 2000),
    st.sampled_from(["none", "scale", "4x8"]),
    st.integers(1, 4),
)
def test_chop_takes_every_pixel_from_one_tile_even_where_the_authors_code_fails(
    size: tuple[int, int], min_pixels: int, grow: str, scale: int
) -> None:
    image = np.random.default_rng(0).random((*size, 1), np.float32)
    plan = plan_chop(size, ChopRule(min_pixels, 10, grow), scale)  # type: ignore[arg-type]
    blender = Blender(plan, scale, 1)
    for tile in plan.tiles:
        part = image[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        assert part.shape[:2] == (tile.height, tile.width)
        blender.add(tile, part.repeat(scale, 0).repeat(scale, 1))
    np.testing.assert_array_equal(blender.values, image.repeat(scale, 0).repeat(scale, 1))
