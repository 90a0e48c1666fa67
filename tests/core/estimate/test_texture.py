"""Texture is told from noise."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray
from skimage import data

import restorer
from restorer.estimate.findings import NOISES
from restorer.estimate.noise_bands import noise_bands
from restorer.estimate.samples import strips_of

BURST, COHERENCE, SPREAD = (0, 3), (1, 4), (2, 5)  # of luma, details of one and of two pixels


def structure(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return the statistics of (H, W, C) values, white = 1, without their logarithms."""
    bands = noise_bands(strips_of(values.shape[:2], lambda top, bottom: values[top:bottom]))
    assert bands is not None
    return np.exp(bands.structure)


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("sigma", [5, 25])
def test_noise_has_the_statistics_of_independent_samples(channels: int, sigma: float) -> None:
    noise = np.random.default_rng(0).normal(128, sigma, (512, 512, channels)) / 255
    for found in structure(noise.astype(np.float32)):
        assert found[list(BURST)] == pytest.approx([5 / 3] * 2, rel=0.1)  # three normal directions
        assert (found[list(COHERENCE)] < 0.4).all()
        assert (found[list(SPREAD)] < 0.35).all()
        assert found[6] == pytest.approx(1, rel=0.05)  # across sizes
        assert found[7:9] == pytest.approx([1] * (0 if channels == 1 else 2), rel=0.05)


def test_structure_is_stronger_in_some_places_and_has_directions() -> None:
    noise = np.random.default_rng(0).normal(0.5, 0.04, (512, 512, 3)).astype(np.float32)
    of_noise = structure(noise)
    of_photograph = structure(data.astronaut().astype(np.float32) / 255)
    for rows in (BURST, COHERENCE, SPREAD):
        assert (of_photograph[:, rows] > 1.1 * of_noise[:, rows]).all()


@pytest.mark.parametrize(
    ("name", "top", "left"),
    [("chelsea", 96, 0), ("astronaut", 96, 0), ("astronaut", 96, 128), ("coffee", 96, 128)],
)
def test_photographs_of_texture_keep_their_pixels(name: str, top: int, left: int) -> None:
    pixels = getattr(data, name)()[top : top + 192, left : left + 256]
    kinds = [damage.kind for damage in restorer.diagnose(pixels).damages]
    assert not set(kinds) & set(NOISES)  # fur, cloth and wood had noise of sigma 4 to 6
    noisy = pixels + np.random.default_rng(0).normal(0, 20, pixels.shape)
    found = restorer.diagnose(np.clip(noisy, 0, 255).astype(np.uint8))
    assert found.damages[0].kind == "white-noise"


@pytest.mark.parametrize("size", [(3000, 20000), (1200, 13000), (8000, 12000)])
def test_samples_of_wide_pictures_come_from_everywhere(size: tuple[int, int]) -> None:
    across = np.linspace(0, 1, size[1], dtype=np.float32)

    def rows(top: int, bottom: int) -> NDArray[np.float32]:
        down = np.arange(top, bottom, dtype=np.float32)[:, None] / size[0]
        return np.stack(np.broadcast_arrays(down, across, down), axis=2)

    strips = strips_of(size, rows)
    for plane in (0, 1):
        ends = [(strip[..., plane].min(), strip[..., plane].max()) for strip in strips]
        assert min(low for low, _ in ends) < 0.1 * 255
        assert max(high for _, high in ends) > 0.8 * 255


@pytest.mark.parametrize(
    "size", [(16, 16), (17, 70000), (70000, 17), (900, 1300), (3000, 20000), (2000, 3000)]
)
def test_a_sample_has_at_most_a_megapixel_in_whole_cells(size: tuple[int, int]) -> None:
    row = np.zeros((1, size[1], 1), np.float32)
    strips = strips_of(size, lambda top, bottom: row.repeat(bottom - top, 0))
    shapes = [strip.shape for strip in strips]
    assert sum(height * width for height, width, _ in shapes) <= 1.2 * 2**20
    assert all(height and width and height % 16 == width % 16 == 0 for height, width, _ in shapes)
