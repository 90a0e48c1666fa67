"""What is hatched and what is previewed make up the view, without a widget."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from PySide6.QtGui import QImage, QPainter

from restorer.gui.canvas.painting import Difference, Layer
from restorer.gui.canvas.scene import Mode, Scene
from restorer.gui.canvas.viewport import Viewport
from restorer.gui.session.box import Box, joined, uncovered
from restorer.gui.session.convert import pyramid

WIDTH, HEIGHT = 12, 9

boxes = st.builds(
    lambda x, y, right, bottom: Box(min(x, right), min(y, bottom), abs(right - x), abs(bottom - y)),
    *(st.integers(-2, n + 2) for n in (WIDTH, HEIGHT, WIDTH, HEIGHT)),
)


def count(boxes):
    """Return how many boxes cover each pixel."""
    counts = np.zeros((HEIGHT, WIDTH), int)
    for box in boxes:
        inside = box.cut(Box(0, 0, WIDTH, HEIGHT))
        rows = slice(int(inside.y), int(inside.bottom))
        counts[rows, int(inside.x) : int(inside.right)] += 1
    return counts


@settings(max_examples=60, deadline=None)
@given(st.lists(boxes, max_size=6))
def test_the_rest_covers_once_what_the_boxes_leave(covers):
    rest = uncovered(Box(0, 0, WIDTH, HEIGHT), covers)
    assert np.array_equal(count(rest), (count(covers) == 0).astype(int))


@settings(max_examples=40, deadline=None)
@given(st.permutations(range(12)))
def test_tiles_of_any_order_join_without_a_gap(order):
    found = ()
    for done, number in enumerate(order, 1):
        found = joined(found, Box(4 * (number % 3), 2 * (number // 3), 4, 2))
        assert sum(box.area for box in found) == 8 * done
    assert not uncovered(Box(0, 0, 12, 8), found)
    assert joined(joined((), Box(0, 0, 4, 2)), Box(4, 0, 4, 2)) == (Box(0, 0, 8, 2),)


def painted(scene, view):
    """Return (height, width, 3) pixels of all panes of a view, which lie side by side."""
    panes = 1 + (scene.mode is Mode.SIDES)
    width, height = view.pane[0] * panes + 2 * (panes - 1), view.pane[1]
    image = QImage(width, height, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    pane = Box(0, 0, width, height)
    scene.paint(painter, view, scene.panes(width, height), pane)
    painter.end()
    return np.frombuffer(image.constBits(), np.uint8).reshape(height, width, 4)[..., :3].copy()


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from([Mode.FLICKER, Mode.SPLIT, Mode.SIDES]),
    st.floats(0.3, 8),
    st.tuples(st.floats(0, 1), st.floats(0, 1)),
    boxes,
)
def test_nothing_untouched_stands_for_the_result(qapp, mode, zoom, center, box):
    # The original is white, the result black: a white pixel would be the untouched original.
    box = box.cut(Box(0, 0, WIDTH, HEIGHT))
    box = Box(16 * box.x, 16 * box.y, 16 * box.width, 16 * box.height)
    size = (16 * WIDTH, 16 * HEIGHT)
    scene = Scene(("", ""), "")
    scene.mode, scene.division, scene.expects = mode, 0.0, True
    white = pyramid(np.full((size[1], size[0], 3), 255, np.uint8))
    scene.before = [Layer(white, Box(0, 0, *size))]
    if box.area:
        shape = int(box.height), int(box.width), 3
        scene.after = [Layer(pyramid(np.zeros(shape, np.uint8)), box)]
    view = Viewport(size, (90, 70)).fit().zoomed(zoom)
    view = view.panned(200 * (0.5 - center[0]), 200 * (0.5 - center[1]))
    shown = painted(scene, view)[:, 92 * (mode is Mode.SIDES) :]
    names = 40
    assert not (shown[names:] == 255).all(axis=2).any()


def test_a_difference_is_black_where_nothing_is_previewed(qapp):
    size = (80, 60)
    white, black = (pyramid(np.full((60, 80, 3), value, np.uint8)) for value in (255, 0))
    whole = Box(0, 0, *size)
    view = Viewport(size, size).fit().zoomed(1)
    difference = Difference()
    difference.paint([Layer(white, whole)], [Layer(black, whole)], view, 1)
    grown = Layer(black, whole, (Box(10, 10, 20, 20),))
    image = difference.paint([Layer(white, whole)], [grown], view, 1)
    seen = np.frombuffer(image.constBits(), np.uint8).reshape(60, 80, 4)[..., 0]
    expected = np.zeros((60, 80), np.uint8)
    expected[10:30, 10:30] = 255
    assert np.array_equal(seen, expected)
