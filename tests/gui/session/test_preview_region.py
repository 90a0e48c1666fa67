"""Where the preview begins, and what it restores next; without Qt."""

from hypothesis import given, settings
from hypothesis import strategies as st

from restorer.gui.session.box import Box
from restorer.gui.session.preview_region import around

numbers = st.integers(0, 400)


@settings(max_examples=100, deadline=None)
@given(
    st.builds(Box, numbers, numbers, st.integers(1, 400), st.integers(1, 400)),
    st.none() | st.tuples(numbers, numbers),
    st.integers(1, 40_000),
)
def test_a_part_lies_around_the_eye_and_inside(box, eye, pixels):
    part = around(box, eye, pixels)
    assert box.holds(part)
    assert part.area <= max(pixels, 1) * 1.001 or part == box
    if eye is not None and not box.distance(*eye):
        assert part.distance(*eye) < 1e-6
