"""Write the samples of a sensor as a mosaic DNG, with what the source says of camera and lens.

Source: Adobe, Digital Negative Specification 1.7.1. The samples are those of the picture alone, in
16 bits above a black level that leaves room for their noise.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer.formats.color import matrix
from restorer.formats.raw.rendering import Development, Rendering
from restorer.formats.raw.writer import (
    DngOptions,
    Tag,
    color_tags,
    file_tags,
    preview_of,
    write_directories,
)
from restorer.image import FloatArray
from restorer.sensor import bayer
from restorer.sensor.mosaic import Mosaic
from restorer.sensor.noise import SensorNoise

_BYTE, _SHORT, _LONG, _DOUBLE = 1, 3, 4, 12
_WHITE = 65_535
_LEAST_BLACK, _DEEPEST = 1024, -0.5  # a single sample far below black gets no room
_OPCODES = 51022  # for colors, which only programs of DNG 1.3 know


def encode_mosaic(mosaic: Mosaic, file: BinaryIO, options: DngOptions) -> tuple[str, ...]:
    """Write a mosaic with a preview of it; return notes of what does not fit."""
    raw, black = _integers(mosaic.samples[..., 0])
    own = [*file_tags(mosaic.metadata), *color_tags(mosaic.color)]
    first, sensor = _placed(own, _raw_tags(mosaic, black), mosaic)
    rendering = Rendering(mosaic.color, Development())
    preview = preview_of(_halved(mosaic, rendering.neutral), rendering)
    return write_directories(
        file, raw, preview, options, mosaic.metadata, file_tags=first, raw_tags=sensor
    )


def _integers(samples: NDArray[np.float32]) -> tuple[NDArray[np.uint16], int]:
    """Return samples as 16 bits, and the level of black, below which the noise has room."""
    least = -float(np.clip(samples.min(), _DEEPEST, 0))
    black = max(_LEAST_BLACK, int(np.ceil(_WHITE * least / (1 + least))) + 1)
    values = samples * np.float32(_WHITE - black) + np.float32(black)
    # Readers take 0 for a dead pixel.
    return np.rint(np.clip(values, 1, _WHITE)).astype(np.uint16), black


def _halved(mosaic: Mosaic, neutral: NDArray[np.float32]) -> FloatArray:
    """Return balanced, encoded colors at half the size, for the preview."""
    height, width = (length // 2 for length in mosaic.samples.shape[:2])
    colors = np.zeros((max(1, height), max(1, width), 3), np.float32)
    for y, x, color in bayer.sites(mosaic.pattern):
        part = mosaic.samples[y::2, x::2, 0][:height, :width] / neutral[color]
        colors[: part.shape[0], : part.shape[1], color] += part / (1 + (color == 1))
    return matrix.encoded(np.clip(colors, 0, 1))


def _placed(
    own: Sequence[Tag], sensor: Sequence[Tag], mosaic: Mosaic
) -> tuple[list[Tag], list[Tag]]:
    """Return the tags of the file and those of its samples, with those of the source.

    What the source says of the colors of its camera takes the place of ours.
    """
    carried = {code: (code, kind, count, value, True) for code, kind, count, value in mosaic.tags}
    stated = {tag[0]: tag for tag in own}
    ours = {code: tag for code, tag in stated.items() if code in _OURS or code not in carried}
    samples = {code: tag for code, tag in carried.items() if code in OF_SAMPLES}
    if _OPCODES in samples:
        ours[50707] = (50707, _BYTE, 4, (1, 3, 0, 0), True)
    first = {code: tag for code, tag in carried.items() if code not in OF_SAMPLES} | ours
    return list(first.values()), [*samples.values(), *sensor]


# Of ours: versions, orientation, preview, and what the white balance and exposure decide.
_OURS = frozenset({50706, 50707, 274, 50970, 50728, 50730})
# Of the directory of the samples: BestQualityScale, OpcodeList3, DefaultUserCrop.
OF_SAMPLES = frozenset({50780, _OPCODES, 51125})


def _raw_tags(mosaic: Mosaic, black: int) -> list[Tag]:
    height, width = mosaic.samples.shape[:2]
    colors = tuple("rgb".index(letter) for letter in mosaic.pattern)
    reduced = round(mosaic.noise_reduction * 100)
    return [
        (33421, _SHORT, 2, (2, 2), True),  # CFARepeatPatternDim
        (33422, _BYTE, 4, colors, True),  # CFAPattern
        (50710, _BYTE, 3, (0, 1, 2), True),  # CFAPlaneColor
        (50711, _SHORT, 1, 1, True),  # CFALayout: rectangular
        (50714, _SHORT, 1, black, True),  # BlackLevel
        (50717, _SHORT, 1, _WHITE, True),  # WhiteLevel
        (50829, _LONG, 4, (0, 0, height, width), True),  # ActiveArea
        (50719, _LONG, 2, (0, 0), True),  # DefaultCropOrigin
        (50720, _LONG, 2, (width, height), True),  # DefaultCropSize
        *_noise_tags(mosaic.noise),
        *([(50935, 5, 1, (reduced, 100), True)] if reduced else []),  # NoiseReductionApplied
    ]


def _noise_tags(noise: SensorNoise | None) -> list[Tag]:
    """Return NoiseProfile, whose scale must not be 0."""
    if noise is None or min(noise.scale) <= 0:
        return []
    pairs = zip(noise.scale, noise.offset, strict=True)
    return [(51041, _DOUBLE, 6, tuple(value for pair in pairs for value in pair), True)]
