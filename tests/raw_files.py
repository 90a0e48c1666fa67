"""RAW files for tests, made in code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import tifffile
from numpy.typing import NDArray

from restorer.formats.color import matrix
from restorer.sensor import bayer

from helpers import make_photograph

SRGB_TO_XYZ = matrix.colorants(matrix.SRGB_CHROMATICITIES)  # D50
NEUTRAL = (0.5, 1.0, 0.625)
BLACK, WHITE = 512, 16_000


def rational(values: Any, signed: bool = True) -> tuple[int, int, tuple[int, ...]]:
    pairs = [number for value in np.ravel(values) for number in (round(value * 10_000), 10_000)]
    return 10 if signed else 5, len(pairs) // 2, tuple(pairs)


def write_dng(
    path: Path,
    samples: NDArray[Any],
    pattern: str = "rggb",
    preview: NDArray[np.uint8] | None = None,
    **changes: Any,
) -> None:
    """Write samples of a sensor with the primaries of sRGB and the neutral NEUTRAL."""
    to_camera = np.diag(NEUTRAL) @ np.linalg.inv(SRGB_TO_XYZ)
    tags = {
        "DNGVersion": (50706, 1, 4, (1, 4, 0, 0)),
        "model": (50708, 2, 0, "Test"),
        "orientation": (274, 3, 1, 1),
        "matrix": (50721, *rational(to_camera)),
        "illuminant": (50778, 3, 1, 23),
        "neutral": (50728, *rational(NEUTRAL, signed=False)),
        "black": (50714, 4, 1, BLACK),
        "white": (50717, 4, 1, WHITE),
        "dim": (33421, 3, 2, (2, 2)),
        "colors": (33422, 1, 4, tuple("rgb".index(letter) for letter in pattern)),
    }
    options = {"photometric": 32803, "metadata": None}
    options |= {key: changes.pop(key) for key in ("photometric", "compression") if key in changes}
    tags |= changes
    kept = [(*tag, True) for tag in tags.values() if tag is not None]
    with tifffile.TiffWriter(path) as file:
        if preview is not None:
            file.write(
                preview,
                compression="jpeg",
                rowsperstrip=len(preview),
                subfiletype=1,
                subifds=1,
                extratags=kept,
                metadata=None,
            )
        file.write(samples, subfiletype=0, extratags=kept, **options)  # type: ignore[arg-type]


def sensor(colors: NDArray[np.float32], pattern: str) -> NDArray[np.uint16]:
    """Return what the sensor of `write_dng` records of linear colors (H, W, 3) in sRGB."""
    recorded = np.zeros(colors.shape[:2], np.float32)
    for y, x, number in bayer.sites(pattern):
        recorded[y::2, x::2] = colors[y::2, x::2, number] * NEUTRAL[number]
    return np.rint(recorded * (WHITE - BLACK) + BLACK).astype(np.uint16)


def linear_photograph(height: int, width: int) -> NDArray[np.float32]:
    photo = make_photograph(height, width).astype(np.float32) / np.float32(255)
    return matrix.decoded(0.1 + 0.8 * photo)
