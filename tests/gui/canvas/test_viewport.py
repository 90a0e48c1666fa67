import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer.gui.canvas.viewport import MAX_FIT_ZOOM, MAX_ZOOM, Viewport
from restorer.gui.session.box import Box

SIDES = st.integers(1, 20_000)
PANES = st.tuples(st.integers(50, 4000), st.integers(50, 3000))
SIZES = st.tuples(SIDES, SIDES)
ZOOMS = st.floats(0.001, 20)
BOXES = st.builds(Box, *[st.floats(-100, 100)] * 2, *[st.floats(0, 100)] * 2)


@st.composite
def views(draw):
    view = Viewport(draw(SIZES), draw(PANES)).fit()
    if draw(st.booleans()):
        view = view.zoomed(draw(ZOOMS)).panned(*draw(st.tuples(*[st.floats(-5000, 5000)] * 2)))
    return view


@given(picture=SIZES, pane=PANES)
def test_a_fitted_picture_is_seen_whole_and_in_the_middle(picture, pane):
    view = Viewport(picture, pane).fit()
    place = view.to_pane(Box(0, 0, *picture))
    assert view.zoom <= MAX_FIT_ZOOM
    for start, end, side in ((place.x, place.right, pane[0]), (place.y, place.bottom, pane[1])):
        assert start >= -1
        assert end <= side + 1
        assert start == pytest.approx(side - end, abs=2)


@given(view=views(), zoom=ZOOMS, share=st.tuples(st.floats(0, 1), st.floats(0, 1)))
def test_what_lies_at_the_mouse_stays_there_unless_a_border_would_leave_a_gap(view, zoom, share):
    at = (share[0] * view.pane[0], share[1] * view.pane[1])
    zoomed = view.zoomed(zoom, at)
    before, after = view.to_picture(*at), zoomed.to_picture(*at)
    seen = [p / zoomed.zoom for p in zoomed.pane]
    for axis in (0, 1):
        free = seen[axis] / 2 < zoomed.center[axis] < view.picture[axis] - seen[axis] / 2
        if free:
            assert after[axis] == pytest.approx(before[axis], abs=1.5 / min(view.zoom, zoomed.zoom))


@given(view=views(), zoom=ZOOMS)
def test_zoom_stays_between_the_whole_picture_and_eightfold(view, zoom):
    zoomed = view.zoomed(zoom).zoom
    assert view.min_zoom <= zoomed <= MAX_ZOOM
    assert zoomed <= max(zoom, view.min_zoom)


@given(view=views())
def test_no_gap_at_a_side_while_there_is_more_to_see(view):
    place = view.to_pane(Box(0, 0, *view.picture))
    for start, length, pane in (
        (place.x, place.width, view.pane[0]),
        (place.y, place.height, view.pane[1]),
    ):
        if length >= pane:
            assert start <= 1
            assert start + length >= pane - 1
        else:
            assert start + length / 2 == pytest.approx(pane / 2, abs=1)


@given(view=views())
def test_pixels_of_the_picture_begin_on_whole_pixels_of_the_screen(view):
    assert view.origin == tuple(int(n) for n in view.origin)
    actual = view.zoomed(1.0)
    if actual.zoom == 1:
        assert actual.to_pane(Box(3, 5, 1, 1)) == Box(
            actual.origin[0] + 3, actual.origin[1] + 5, 1, 1
        )


@given(view=views(), dx=st.floats(-300, 300), dy=st.floats(-300, 300))
def test_there_and_back_is_where_it_was(view, dx, dy):
    x, y = view.to_picture(dx, dy)
    place = view.to_pane(Box(x, y, 0, 0))
    assert (place.x, place.y) == (pytest.approx(dx, abs=1e-6), pytest.approx(dy, abs=1e-6))


@given(view=views(), steps=st.sampled_from([-1, 1]))
def test_steps_lead_from_end_to_end(view, steps):
    for _ in range(40):
        view = view.stepped(steps)
    assert view.zoom == pytest.approx(MAX_ZOOM if steps > 0 else view.min_zoom)


def test_the_wheel_halts_at_100_percent():
    view = Viewport((4000, 3000), (1000, 800)).fit()
    passed = False
    for _ in range(30):
        view = view.wheeled(1, (10, 10))
        passed |= view.zoom == 1
    assert passed
    assert view.zoom == MAX_ZOOM
    assert view.zoomed(1.1).wheeled(-1, (0, 0)).zoom == 1


@given(view=views(), factor=st.sampled_from([2, 3, 4]))
def test_an_enlarged_result_shows_the_same_place(view, factor):
    width, height = view.picture
    enlarged = view.showing((width * factor, height * factor))
    assert enlarged.fitted == view.fitted
    before = [c / n for c, n in zip(view.center, view.picture, strict=True)]
    after = [c / n for c, n in zip(enlarged.center, enlarged.picture, strict=True)]
    for axis in (0, 1):
        if view.pane[axis] / view.zoom < view.picture[axis]:
            assert after[axis] == pytest.approx(before[axis], abs=1e-6)


@given(view=views(), pane=PANES)
def test_a_fitted_picture_stays_fitted_in_another_pane(view, pane):
    resized = view.resized(pane)
    assert resized.fitted == view.fitted
    if view.fitted:
        assert resized == Viewport(view.picture, pane).fit()


@given(view=views())
def test_what_is_visible_lies_in_the_picture(view):
    assert Box(0, 0, *view.picture).holds(view.visible)


@given(a=BOXES, b=BOXES)
def test_what_two_boxes_share_lies_in_both(a, b):
    shared = a.cut(b)
    if shared.area:
        assert a.holds(shared)
        assert b.holds(shared)
    assert a.holds(a.cut(a))
    assert a.cut(a).holds(a)
