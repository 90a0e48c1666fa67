"""Bayer mosaics: conversion of raw samples into the zero-filled planes of demosaicing networks."""

from __future__ import annotations

import itertools

import numpy as np

from restorer.errors import SettingsError
from restorer.image import FloatArray

# Colors of the first two pixels of the first two rows, row by row.
PATTERNS = ("rggb", "grbg", "gbrg", "bggr")


def raw_samples(values: FloatArray, pattern: str) -> FloatArray:
    """Return the mosaic (H, W, 1) of an image that is gray, or color with zeros between samples.

    Raises SettingsError for an unknown pattern and for an image in full color.
    """
    _check(pattern)
    if values.shape[2] == 1:
        return values
    samples: FloatArray = values.sum(2, keepdims=True)
    if not np.array_equal(spread(samples, pattern), values):
        raise SettingsError(
            "the image is in full color and cannot be demosaiced; expected a gray image of raw"
            f" samples, or color with zeros where {pattern} has no sample"
        )
    return samples


def spread(samples: FloatArray, pattern: str) -> FloatArray:
    """Return (H, W, 3): each sample of a mosaic (H, W, 1) in its color plane, zeros elsewhere."""
    planes = np.zeros((*samples.shape[:2], 3), samples.dtype)
    for (y, x), letter in zip(itertools.product((0, 1), (0, 1)), pattern, strict=True):
        planes[y::2, x::2, "rgb".index(letter)] = samples[y::2, x::2, 0]
    return planes


def phase(pattern: str, wanted: str) -> tuple[int, int]:
    """Return the rows and columns that turn `pattern` into `wanted` if added before a mosaic.

    Raises SettingsError for an unknown pattern.
    """
    _check(pattern)
    for down, across in itertools.product((0, 1), (0, 1)):
        places = itertools.product((0, 1), (0, 1))
        if all(wanted[2 * y + x] == pattern[2 * (y ^ down) + (x ^ across)] for y, x in places):
            return down, across
    raise AssertionError("any two Bayer patterns differ by a shift")


def shifted(pattern: str, down: int, across: int) -> str:
    """Return the pattern of a mosaic after removing its first `down` rows and `across` columns."""
    places = itertools.product((0, 1), (0, 1))
    return "".join(pattern[2 * ((y + down) % 2) + (x + across) % 2] for y, x in places)


def _check(pattern: str) -> None:
    if pattern not in PATTERNS:
        raise SettingsError(f"Bayer pattern {pattern!r}; known are {', '.join(PATTERNS)}")
