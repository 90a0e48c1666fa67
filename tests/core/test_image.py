"""The image type: bit depths, rounding and dither."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from restorer.image import Image, Metadata

SHAPES = st.tuples(st.integers(1, 6), st.integers(1, 6), st.integers(1, 4))


@given(
    st.sampled_from([np.uint8, np.uint16]).flatmap(lambda t: arrays.arrays(t, SHAPES)),
)
def test_with_float_is_the_inverse_of_to_float_for_integers(pixels):
    image = Image(pixels)
    back = image.with_float(image.to_float())
    assert back.pixels.dtype == pixels.dtype
    np.testing.assert_array_equal(back.pixels, pixels)


@given(arrays.arrays(np.float32, SHAPES, elements=st.floats(-8, 8, width=32)))
def test_float_pixels_below_black_and_above_white_are_unchanged(pixels):
    image = Image(pixels)
    values = image.to_float()
    assert not np.shares_memory(values, pixels)
    np.testing.assert_array_equal(image.with_float(values).pixels, pixels)


@pytest.mark.parametrize("bits", [8, 16])
def test_every_level_is_preserved(bits):
    levels = np.arange(1 << bits, dtype={8: np.uint8, 16: np.uint16}[bits]).reshape(1, -1, 1)
    image = Image(levels)
    assert image.to_float().max() == 1.0
    np.testing.assert_array_equal(image.with_float(image.to_float()).pixels, levels)


def test_integers_round_half_to_even_and_clip():
    values = np.array([[[-0.5], [0.5 / 255], [1.5 / 255], [2.5 / 255], [1.5]]], np.float32)
    image = Image(np.zeros((1, 1, 1), np.uint8)).with_float(values)
    assert image.pixels[0, :, 0].tolist() == [0, 0, 2, 2, 255]


def test_the_depth_can_be_changed():
    image = Image(np.full((2, 2, 3), 65535, np.uint16))
    assert image.with_float(image.to_float(), bits=8).bits == 8
    assert image.with_float(image.to_float(), bits=32).pixels.max() == 1.0


def test_dither_preserves_the_mean_and_depends_on_its_seed():
    values = np.full((200, 200, 1), 100.3 / 255, np.float32)
    image = Image(np.zeros((1, 1, 1), np.uint8))
    one, two = (image.with_float(values, dither_seed=5).pixels for _ in range(2))
    np.testing.assert_array_equal(one, two)
    assert abs(one.mean() - 100.3) < 0.02
    assert set(np.unique(one)) <= {99, 100, 101, 102}


def test_metadata_and_notes_are_kept():
    image = Image(np.zeros((1, 1, 1), np.uint8), Metadata(dpi=(72, 72)), ("a note",))
    changed = image.with_float(np.ones((4, 4, 3), np.float32))
    assert (changed.metadata, changed.notes) == (image.metadata, image.notes)
    assert (changed.height, changed.width, changed.has_alpha) == (4, 4, False)


@pytest.mark.parametrize("shape", [(3, 3), (3, 3, 5), (0, 3, 1), (3, 3, 0)])
def test_unknown_shapes_are_refused(shape):
    with pytest.raises(ValueError, match="shape"):
        Image(np.zeros(shape, np.uint8))


def test_unknown_dtypes_are_refused():
    with pytest.raises(ValueError, match="int32"):
        Image(np.zeros((3, 3, 1), np.int32))


def test_pixels_that_are_no_array_are_refused_with_a_remedy() -> None:
    import torch

    with pytest.raises(ValueError, match=r"pixels: Tensor, expected a numpy array.*permute"):
        Image(torch.zeros(3, 4, 5))  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="bits 12, expected 8, 16 or 32"):
        Image(np.zeros((1, 1, 1), np.uint8)).with_float(np.zeros((1, 1, 1), np.float32), bits=12)  # type: ignore[arg-type]
