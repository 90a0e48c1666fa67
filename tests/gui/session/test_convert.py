"""From pixels to the screen, and painting of no more than is seen."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image as PilImage
from PIL import ImageCms
from PySide6.QtGui import QImage, QPainter

from restorer import Image, ImageError, Metadata, to_display, write
from restorer.gui.canvas.painting import Difference, Layer, paint_layer, topmost
from restorer.gui.canvas.viewport import Viewport
from restorer.gui.session import rendering
from restorer.gui.session.box import Box
from restorer.gui.session.convert import from_clipboard, pyramid, thumbnail, to_pixels, to_qimage

PANE = (120, 90)


def painted(layers, view, clip=None):
    """Return what is seen of layers in a pane, (H, W, 3)."""
    image = QImage(*PANE, QImage.Format.Format_RGB32)
    image.fill(0)
    pane = Box(0, 0, *PANE)
    painter = QPainter(image)
    for layer in topmost(layers, view):
        paint_layer(painter, layer, view, clip or pane, pane)
    painter.end()
    return to_pixels(image)


@st.composite
def views(draw, picture, zooms):
    view = Viewport(picture, PANE).fit().zoomed(draw(zooms))
    return view.panned(draw(st.floats(-200, 200)), draw(st.floats(-200, 200)))


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_every_kind_of_picture_can_be_shown(qapp, rng, channels):
    pixels = rng.integers(0, 256, (17, 23, channels), np.uint8)
    seen = to_pixels(to_qimage(pixels))[..., :3]
    if channels in (1, 3):
        assert np.array_equal(seen, np.broadcast_to(pixels, (17, 23, 3)))
    else:
        opaque = pixels.copy()
        opaque[..., -1] = 255
        colors = np.broadcast_to(pixels[..., :-1], (17, 23, 3))
        assert np.array_equal(to_pixels(to_qimage(opaque))[..., :3], colors)


def test_a_pyramid_halves_until_it_is_small(qapp, rng):
    made = pyramid(rng.integers(0, 256, (1001, 700, 3), np.uint8))
    sizes = [(level.width(), level.height()) for level in made.levels]
    assert sizes == [(700, 1001), (350, 501), (175, 251)]
    assert made.level(1.0) is made.levels[0]
    assert made.level(0.51) is made.levels[0]
    assert made.level(0.5) is made.levels[1]
    assert made.level(0.01) is made.levels[2]


@given(view=views((40, 30), st.sampled_from([4.0, 5.0, 8.0])))
def test_an_enlarged_picture_lies_exactly_on_the_original(qapp, view):
    pixels = np.random.default_rng(0).integers(0, 256, (15, 20, 3), np.uint8)
    whole = Box(0, 0, 40, 30)
    original = Layer(pyramid(pixels), whole)
    enlarged = Layer(pyramid(pixels.repeat(2, 0).repeat(2, 1)), whole)
    assert np.array_equal(painted([original], view), painted([enlarged], view))


@given(view=views((300, 200), st.just(1.0)))
def test_at_100_percent_pixels_are_those_of_the_picture(qapp, view):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    seen = painted([Layer(pyramid(pixels), Box(0, 0, 300, 200))], view)
    left, top = view.origin
    assert np.array_equal(seen, pixels[-top : -top + PANE[1], -left : -left + PANE[0]])


@given(
    view=views((300, 200), st.floats(0.4, 1.99) | st.sampled_from([2.0, 3.0, 8.0])),
    clip=st.builds(Box, *[st.integers(0, 60)] * 2, *[st.integers(1, 60)] * 2),
)
def test_what_is_painted_in_part_is_what_is_painted_in_whole(qapp, view, clip):
    pixels = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
    layer = Layer(pyramid(pixels), Box(0, 0, 300, 200))
    rows, columns = slice(clip.y, int(clip.bottom)), slice(clip.x, int(clip.right))
    whole, part = painted([layer], view), painted([layer], view, clip)
    difference = whole[rows, columns].astype(int) - part[rows, columns]
    assert np.abs(difference).max() <= 1  # the rasterizer steps in 16ths


def test_differences_are_magnified_and_end_at_white(qapp, rng):
    before = rng.integers(0, 256, (90, 120, 3), np.uint8)
    after = rng.integers(0, 256, (90, 120, 3), np.uint8)
    view = Viewport(PANE, PANE).fit().zoomed(1.0)
    whole = Box(0, 0, *PANE)
    layers = [Layer(pyramid(pixels), whole) for pixels in (before, after)]
    buffer = Difference().paint(layers[:1], layers[1:], view, 4)
    expected = np.minimum(np.abs(before.astype(int) - after) * 4, 255)
    assert np.array_equal(to_pixels(buffer), expected)


@given(view=views((120, 90), st.sampled_from([1.0, 2.0, 3.0, 8.0])), gain=st.sampled_from([1, 8]))
def test_differences_of_pixels_are_those_of_what_is_seen(qapp, view, gain):
    rng = np.random.default_rng(1)
    pictures = [rng.integers(0, 256, (90, 120, 3), np.uint8) for _ in range(2)]
    before, after = (Layer(pyramid(pixels), Box(0, 0, 120, 90)) for pixels in pictures)
    buffer = Difference().paint([before], [after], view, gain)
    seen = [painted([layer], view).astype(int) for layer in (before, after)]
    assert np.array_equal(to_pixels(buffer), np.minimum(np.abs(seen[0] - seen[1]) * gain, 255))


def test_where_nothing_is_restored_yet_there_is_no_difference(qapp, rng):
    before = rng.integers(0, 256, (90, 120, 3), np.uint8)
    layer = Layer(pyramid(before), Box(0, 0, *PANE))
    part = Layer(pyramid(255 - before[10:30, 20:60]), Box(20, 10, 40, 20))
    view = Viewport(PANE, PANE).fit().zoomed(1.0)
    buffer = Difference().paint([layer], [part], view, 1)
    seen = to_pixels(buffer)
    assert seen[10:30, 20:60].any()
    seen[10:30, 20:60] = 0
    assert not seen.any()


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".tif", ".webp"])
def test_thumbnails_keep_the_shape(qapp, make_picture, suffix):
    small = thumbnail(make_picture(f"a{suffix}", 60, 80), 40)
    assert (small.width(), small.height()) == (40, 30)


def test_thumbnails_are_upright(qapp, tmp_path, photograph):
    exif = PilImage.Exif()
    exif[0x0112] = 6  # turned by a quarter
    PilImage.fromarray(photograph).save(tmp_path / "a.jpg", exif=exif)
    small = thumbnail(tmp_path / "a.jpg", 64)
    assert (small.width(), small.height()) == (48, 64)


def test_thumbnails_of_deep_pictures_are_made_too(qapp, tmp_path, photograph):
    write(Image(photograph).with_float(photograph / np.float32(255), bits=16), tmp_path / "a.tif")
    assert thumbnail(tmp_path / "a.tif", 32).width() == 32


def test_what_is_no_picture_has_no_thumbnail(qapp, tmp_path):
    (tmp_path / "a.png").write_bytes(b"no")
    with pytest.raises(ImageError):
        thumbnail(tmp_path / "a.png", 32)


def test_colors_are_those_of_the_screen(photograph):
    lab = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    image = Image(photograph, Metadata(icc=lab))
    assert np.array_equal(rendering.screen_pixels(image, None), to_display(image).pixels)


def test_a_copied_picture_keeps_its_profile(qapp, noise):
    copied = QImage(noise.data, 64, 48, 192, QImage.Format.Format_RGB888)
    assert from_clipboard(copied).metadata.icc is None
    assert np.array_equal(from_clipboard(copied).pixels, noise)


@pytest.mark.slow
def test_a_picture_of_100_megapixels_is_shown(qapp):
    pixels = np.zeros((8200, 12_300, 3), np.uint8)
    pixels[4000:4200, 6000:6300] = 255
    made = pyramid(pixels)
    view = Viewport((12_300, 8200), PANE).fit().zoomed(1.0)
    assert painted([Layer(made, Box(0, 0, 12_300, 8200))], view).all()


def test_another_difference_is_painted_when_anything_of_it_changes(qapp, rng):
    first, second, third = (
        Layer(pyramid(rng.integers(0, 256, (90, 120, 3), np.uint8)), Box(0, 0, *PANE))
        for _ in range(3)
    )
    view = Viewport(PANE, PANE).fit().zoomed(1.0)
    kept = Difference()
    for before, after, seen, gain in (
        ([first], [second], view, 1),
        ([first], [second], view, 4),
        ([first], [third], view, 4),
        ([second], [third], view, 4),
        ([second], [third], view.zoomed(2.0), 4),
    ):
        found = to_pixels(kept.paint(before, after, seen, gain))
        assert np.array_equal(found, to_pixels(Difference().paint(before, after, seen, gain)))


@given(
    st.lists(
        st.tuples(st.floats(-90, 90), st.floats(-90, 90), st.sampled_from([0.4, 0.7, 1.0, 3.0])),
        max_size=6,
    )
)
def test_differences_that_are_kept_are_those_made_anew(moves):
    """What was seen before is not subtracted again, whatever the way to the part that is seen."""
    rng = np.random.default_rng(0)
    whole = Box(0, 0, 300, 280)
    before, after = (
        [Layer(pyramid(rng.integers(0, 256, (280, 300, 3), np.uint8)), whole)] for _ in range(2)
    )
    kept, view = Difference(), Viewport().resized((90, 70)).showing((300, 280))
    for across, down, zoom in moves:
        view = view.zoomed(zoom).panned(across, down)
        found = to_pixels(kept.paint(before, after, view, 2))
        assert np.array_equal(found, to_pixels(Difference().paint(before, after, view, 2)))
