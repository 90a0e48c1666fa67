"""References for evaluation: another view, an unrelated image, or the transformed image itself.

Images are (H, W, 3) RGB uint8, 0-255.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np

from restorer.errors import SettingsError
from restorer.image import Image
from restorer.training.degrade import Bytes, crop_to_multiple
from restorer.training.photographs import load_rgb

SIDE = 768  # side of the crops that are compared; references are not cropped

_ROTATION, _SCALE, _SHIFT = 7.0, 1.05, (13.3, -8.6)  # degrees, factor, pixels


def center_crop(clean: Bytes, multiple: int) -> Bytes:
    """Return the central crop of at most `SIDE` pixels; its sides are multiples of `multiple`."""
    top, left = (max(0, n - SIDE) // 2 for n in clean.shape[:2])
    return crop_to_multiple(clean[top : top + SIDE, left : left + SIDE], multiple)


def neighbor(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return the next view in the folder, or the previous one for the last view, uncropped.

    Raises SettingsError for a folder of one view.
    """
    if len(views) < 2:
        raise SettingsError(
            f"{views[0].parent}: contains one image; expected several views of one scene"
        )
    return Image(load_rgb(views[number + 1 if number + 1 < len(views) else number - 1]))


def unrelated(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return an image from another folder, uncropped. Raises SettingsError where there is none."""
    if not others:
        raise SettingsError("unrelated references require a second folder")
    return Image(load_rgb(others[number % len(others)]))


def transformed(truth: Bytes, views: Sequence[Path], others: Sequence[Path], number: int) -> Image:
    """Return the clean image rotated by 7 degrees, enlarged 1.05 times and shifted."""
    height, width = truth.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), _ROTATION, _SCALE)
    matrix[:, 2] += np.array(_SHIFT)
    moved = cv2.warpAffine(
        truth, matrix, (width, height), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return Image(np.asarray(moved, np.uint8))
