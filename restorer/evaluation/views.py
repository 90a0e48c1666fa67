"""References that an evaluation gives: another view of a place, another place, the picture itself.

Pictures are (H, W, 3) uint8, 0-255, RGB.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from restorer.errors import SettingsError
from restorer.image import Image
from restorer.training.degrade import Bytes, crop_to_multiple
from restorer.training.patches import load_rgb

SIDE = 768  # of the crops that are compared; the reference stays as large as it is

_TURN, _GROWTH, _SHIFT = 7.0, 1.05, (13.3, -8.6)  # degrees, factor, pixels


def middle(clean: Bytes, multiple: int) -> Bytes:
    """Return the middle of a picture, `SIDE` pixels each way at most, multiples of `multiple`."""
    top, left = (max(0, n - SIDE) // 2 for n in clean.shape[:2])
    return crop_to_multiple(clean[top : top + SIDE, left : left + SIDE], multiple)


def neighbor(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return the next view in the folder, of the last one the view before, whole."""
    if len(views) < 2:
        raise SettingsError(f"{views[0].parent}: expected several views of one place")
    return Image(load_rgb(views[number + 1 if number + 1 < len(views) else number - 1]))


def stranger(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return a picture of another folder, whole."""
    if not others:
        raise SettingsError("references of other places: name a second folder")
    return Image(load_rgb(others[number % len(others)]))


def itself(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return the clean picture turned by 7 degrees, 1.05 times as large and shifted."""
    height, width = truth.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), _TURN, _GROWTH)
    matrix[:, 2] += np.array(_SHIFT)
    turned = cv2.warpAffine(
        truth, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return Image(np.asarray(turned, np.uint8))
