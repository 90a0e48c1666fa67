"""Network planes, colors of transparent pixels, and resampling of alpha."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage

from restorer import color


def random(height, width, channels, seed=0):
    return np.random.default_rng(seed).random((height, width, channels), np.float32)


def disc(side, ink, ground):
    """Return an opaque disc with a soft edge on transparent pixels of another color."""
    y, x = np.mgrid[:side, :side] - (side - 1) / 2
    alpha = np.clip(side / 3 - np.hypot(x, y), 0, 1)[..., None].astype(np.float32)
    colors = np.where(alpha > 0, np.float32(ink), np.float32(ground)).repeat(3, axis=2)
    return colors, alpha


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
def test_join_is_the_inverse_of_split(channels):
    values = random(3, 4, channels)
    colors, alpha = color.split(values)
    assert colors.shape[2] in (1, 3)
    assert (alpha is None) == (channels in (1, 3))
    np.testing.assert_array_equal(color.join(colors, alpha), values)


def test_gray_fills_three_planes_and_is_recognized_in_rgb():
    gray, rgb = random(5, 6, 1), random(5, 6, 3)
    planes = color.network_planes(gray)
    np.testing.assert_array_equal(planes, np.concatenate([gray] * 3, axis=2))
    assert color.network_planes(rgb) is rgb
    assert color.is_gray(gray)
    assert color.is_gray(planes)
    assert not color.is_gray(rgb)


@settings(max_examples=40)
@given(st.integers(1, 33), st.integers(1, 33), st.sampled_from([1, 3]), st.integers(0, 99))
def test_visible_pixels_are_unchanged(height, width, channels, seed):
    colors = random(height, width, channels, seed)
    alpha = np.clip(random(height, width, 1, seed + 1) * 3 - 2, 0, 1)
    extended = color.extend_under_alpha(colors, alpha)
    visible = alpha[..., 0] > 0
    np.testing.assert_array_equal(extended[visible], colors[visible])
    assert extended.dtype == np.float32
    if visible.any():
        seen = colors[visible]
        assert (extended >= seen.min(0) - 1e-5).all()
        assert (extended <= seen.max(0) + 1e-5).all()


def test_opaque_and_fully_transparent_images_are_unchanged():
    colors = random(4, 5, 3)
    for alpha in (np.ones((4, 5, 1), np.float32), np.zeros((4, 5, 1), np.float32)):
        assert color.extend_under_alpha(colors, alpha) is colors


def test_hidden_pixels_take_the_color_of_their_neighbors():
    colors = np.zeros((64, 64, 3), np.float32)
    alpha = np.zeros((64, 64, 1), np.float32)
    colors[:, :4], colors[:, -4:] = (1, 0, 0), (0, 0, 1)
    alpha[:, :4] = alpha[:, -4:] = 1
    extended = color.extend_under_alpha(colors, alpha)
    assert (extended[:, 6, 0] > 0.8).all()
    assert (extended[:, -6, 2] > 0.8).all()
    np.testing.assert_allclose(extended.sum(2), 1, atol=1e-5)


def test_a_single_faint_pixel_determines_all_colors():
    colors, alpha = np.zeros((33, 65, 3), np.float32), np.zeros((33, 65, 1), np.float32)
    colors[7, 9], alpha[7, 9] = (0.2, 0.4, 0.6), 1e-12
    extended = color.extend_under_alpha(colors, alpha)
    np.testing.assert_allclose(
        extended, np.broadcast_to([0.2, 0.4, 0.6], extended.shape), atol=1e-4
    )


@pytest.mark.parametrize(("ink", "ground", "paper"), [(1.0, 0.0, 1.0), (0.0, 1.0, 0.0)])
@pytest.mark.parametrize("scale", [2, 3, 4])
def test_an_enlarged_disc_has_no_halo(ink, ground, paper, scale):
    colors, alpha = disc(24, ink, ground)
    extended = color.resample(color.extend_under_alpha(colors, alpha), scale)
    large = color.resample(alpha, scale)
    shown = extended * large + paper * (1 - large)
    assert np.abs(shown - paper).max() < 1e-6  # a white disc on white paper is white everywhere
    naive = color.resample(colors, scale) * large + paper * (1 - large)
    assert np.abs(naive - paper).max() > 0.02  # the halo that a naive method leaves


@settings(max_examples=30)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(1, 5), st.integers(0, 99))
def test_resampled_alpha_stays_within_bounds(height, width, scale, seed):
    alpha = np.round(random(height, width, 1, seed))
    large = color.resample(alpha, scale)
    assert large.shape == (height * scale, width * scale, 1)
    assert large.min() >= alpha.min()
    assert large.max() <= alpha.max()


def test_scale_one_returns_the_input():
    values = random(3, 4, 1)
    assert color.resample(values, 1) is values


@pytest.mark.parametrize("scale", [2, 3, 4])
def test_resampling_agrees_with_pillows_bicubic_inside(scale):
    values = random(20, 24, 1)
    reference = PilImage.fromarray(values[..., 0]).resize(
        (24 * scale, 20 * scale), PilImage.Resampling.BICUBIC
    )
    inside = np.s_[3 * scale : -3 * scale, 3 * scale : -3 * scale]
    expected = np.clip(np.asarray(reference), values.min(), values.max())
    np.testing.assert_allclose(
        color.resample(values, scale)[..., 0][inside], expected[inside], atol=2e-6
    )


@pytest.mark.parametrize("scale", [2, 3])
def test_sample_centers_lie_at_half_pixels(scale):
    ramp = np.arange(16, dtype=np.float32)[None, :, None].repeat(2, axis=0)
    large = color.resample(ramp, scale)[0, :, 0]
    expected = (np.arange(16 * scale) + 0.5) / scale - 0.5
    inside = slice(2 * scale, -2 * scale)
    np.testing.assert_allclose(large[inside], expected[inside], atol=1e-5)
