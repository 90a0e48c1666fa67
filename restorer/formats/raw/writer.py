"""Write DNG files: linear colors of the camera, for RAW converters.

Source: Adobe, Digital Negative Specification 1.7.1. Compression is none or lossless JPEG, as few
programs read others.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage

from restorer.formats.codec import WriterOptions
from restorer.formats.color import matrix
from restorer.formats.color.profiles import srgb_profile, with_profile
from restorer.formats.exif.capture_info import read_capture_info
from restorer.formats.metadata import described_by
from restorer.formats.raw.camera_color import BLOCK, from_block
from restorer.formats.raw.rendering import Development, Rendering, Tone
from restorer.formats.tiff.metadata import add_metadata
from restorer.image import Image, Metadata
from restorer.sensor.mosaic import Calibration, CameraColor
from restorer.settings.kinds import Choice
from restorer.settings.options import option

_BYTE, _ASCII, _SHORT, _LONG, _RATIONAL, _SRATIONAL, _FLOAT = 1, 2, 3, 4, 5, 10, 11
_LINEAR_RAW, _CFA = 34892, 32803
_D65, _WHITE_XYZ = 21, np.array([0.95047, 1.0, 1.08883])  # LightSource of EXIF, and its XYZ
_WHITE = 65_535
_TILE = 256
_PREVIEW_SIDE, _PREVIEW_QUALITY = 1024, 85
# For BitsPerSample alone, as tiles come compressed; tifffile would state 12.
_LOSSLESS = {"lossless": True, "bitspersample": 16}
_LARGEST = 2**31 - 1

Tag = tuple[int, int, int, Any, bool]  # of tifffile: code, type, count, value, whether once


@dataclass(frozen=True)
class DngOptions(WriterOptions):
    """How DNG files are written.

    Attributes:
        compression: ``lossless`` JPEG, or ``none``.
    """

    compression: str = option(
        "lossless", Choice(dict.fromkeys(("lossless", "none"), "")), "Compression."
    )


def encode(image: Image, file: BinaryIO, options: DngOptions) -> tuple[str, ...]:
    """Write an image as linear RAW with a preview; return notes of what does not fit.

    The pixels are balanced colors of the camera that the block ``camera color`` describes, with the
    tone curve of sRGB, or else of any color profile.
    """
    block = image.metadata.blocks.get(BLOCK)
    tone: Tone = "neutral" if block else "linear"
    if block is None:
        image = with_profile(image, srgb_profile())
        color = CameraColor(np.ones(3), matrix.colorants(matrix.SRGB_CHROMATICITIES))
    else:
        color = from_block(block)
    values = image.to_float()
    linear = matrix.decoded(values) * color.neutral.astype(np.float32)
    raw = np.rint(np.clip(linear, 0, 1) * np.float32(_WHITE)).astype(np.uint16)
    rendering = Rendering(color, Development(tone=tone))
    blocks = {name: data for name, data in image.metadata.blocks.items() if name != BLOCK}
    return write_directories(
        file,
        raw,
        preview_of(values, rendering),
        options,
        replace(image.metadata, blocks=blocks),
        file_tags=[*file_tags(image.metadata), *color_tags(color), *_tone_tags(tone)],
        raw_tags=_raw_tags(raw.shape[:2]),
    )


def write_directories(
    file: BinaryIO,
    raw: NDArray[np.uint16],
    preview: NDArray[np.uint8],
    options: DngOptions,
    metadata: Metadata,
    *,
    file_tags: Sequence[Tag],
    raw_tags: Sequence[Tag],
) -> tuple[str, ...]:
    """Write a preview and the samples below it; return notes of what does not fit.

    Args:
        file: Empty.
        raw: (H, W, 3) linear colors, or (H, W) samples of a color filter array.
        preview: (h, w, 3) sRGB.
        options: How the samples are compressed.
        metadata: Those of the picture; a color profile is left out.
        file_tags: Tags of the first directory, that of the preview.
        raw_tags: Tags of the directory of the samples.
    """
    import tifffile

    order = described_by(metadata.exif)[0].order
    dpi = metadata.dpi
    resolution: dict[str, Any] = {"resolution": dpi, "resolutionunit": "INCH"} if dpi else {}
    data: Any = raw
    # LibRaw does not read tiles that are larger than the picture.
    layout: dict[str, Any] = {"tile": (_TILE, _TILE)} if min(raw.shape[:2]) >= _TILE else {}
    if options.compression == "lossless" and order == "<":
        # tifffile 2026.3.3 returns the low bytes of 16-bit lossless JPEG in big-endian files.
        data = _compressed(raw.reshape(*raw.shape[:2], -1), layout.get("tile", raw.shape[:2]))
        layout |= {
            "shape": raw.shape,
            "dtype": raw.dtype,
            "compression": 7,
            "compressionargs": _LOSSLESS,
        }
        layout |= {} if "tile" in layout else {"rowsperstrip": len(raw)}
    if raw.ndim == 3:
        layout |= {"planarconfig": "contig"}
    with tifffile.TiffWriter(file, byteorder=order) as writer:
        writer.write(
            preview,
            rowsperstrip=len(preview),
            photometric="rgb",  # as it comes; JPEG makes YCbCr of it
            compression="jpeg",
            compressionargs={"level": _PREVIEW_QUALITY},
            subfiletype=1,
            subifds=1,
            metadata=None,
            software=False,
            extratags=file_tags,
            **resolution,
        )
        writer.write(
            data,
            photometric=_LINEAR_RAW if raw.ndim == 3 else _CFA,
            subfiletype=0,
            metadata=None,
            software=False,
            extratags=raw_tags,
            **layout,
        )
    return add_metadata(file, replace(metadata, icc=None))


def preview_of(values: NDArray[np.float32], rendering: Rendering) -> NDArray[np.uint8]:
    """Return a small picture (h, w, 3) of values (H, W, 3), as `rendering` shows them, 8 bits."""
    height, width = values.shape[:2]
    shrink = min(1.0, _PREVIEW_SIDE / max(height, width))
    size = max(1, round(width * shrink)), max(1, round(height * shrink))
    planes = [
        np.asarray(PilImage.fromarray(values[..., n]).resize(size, PilImage.Resampling.BOX))
        for n in range(3)
    ]
    shown = rendering.shown(np.stack(planes, 2))
    return np.rint(shown * 255).astype(np.uint8)


def _compressed(raw: NDArray[np.uint16], side: tuple[int, int]) -> Iterator[bytes]:
    """Yield tiles as lossless JPEG; those at the end are filled by the last row and column."""
    import imagecodecs

    height, width = side
    for top in range(0, raw.shape[0], height):
        for left in range(0, raw.shape[1], width):
            tile = raw[top : top + height, left : left + width]
            missing = (0, height - tile.shape[0]), (0, width - tile.shape[1]), (0, 0)
            tile = np.ascontiguousarray(np.pad(tile, missing, "edge"))
            yield bytes(imagecodecs.jpeg8_encode(tile, lossless=True, bitspersample=16))


def file_tags(metadata: Metadata) -> list[Tag]:
    """Return the tags that every DNG has."""
    found = read_capture_info(metadata)
    camera = f"{found.make} {found.model}".strip() or "restorer"
    return [
        (50706, _BYTE, 4, (1, 4, 0, 0), True),  # DNGVersion
        (50707, _BYTE, 4, (1, 1, 0, 0), True),  # DNGBackwardVersion
        (50708, _ASCII, 0, camera, True),  # UniqueCameraModel
        (274, _SHORT, 1, 1, True),  # Orientation
        (50970, _LONG, 1, 2, True),  # PreviewColorSpace: sRGB
    ]


def color_tags(color: CameraColor) -> list[Tag]:
    """Return the tags of the colors; a camera without known calibrations gets one for D65."""
    calibrations = color.calibrations
    if not calibrations:
        to_camera = (
            np.diag(color.neutral) @ np.linalg.inv(color.to_xyz) @ matrix.adaptation(_WHITE_XYZ)
        )
        calibrations = (Calibration(to_camera, forward=color.to_xyz, illuminant=_D65),)
    tags = [
        _ratios(50728, _RATIONAL, color.neutral),  # AsShotNeutral
        _ratios(50727, _RATIONAL, color.balance),  # AnalogBalance
        _ratios(50730, _SRATIONAL, [color.exposure]),  # BaselineExposure
    ]
    for number, each in enumerate(calibrations[:2]):
        tags += [
            (50778 + number, _SHORT, 1, each.illuminant, True),
            _ratios(50721 + number, _SRATIONAL, each.color.ravel()),
            _ratios(50723 + number, _SRATIONAL, each.camera.ravel()),
        ]
        if each.forward is not None:
            tags.append(_ratios(50964 + number, _SRATIONAL, each.forward.ravel()))
    return tags


def _tone_tags(tone: Tone) -> list[Tag]:
    """Return a straight tone curve for a finished picture; converters have their own for others."""
    return [(50940, _FLOAT, 4, (0.0, 0.0, 1.0, 1.0), True)] if tone == "linear" else []


def _raw_tags(size: tuple[int, int]) -> list[Tag]:
    height, width = size
    return [
        (50714, _SHORT, 3, (0, 0, 0), True),  # BlackLevel
        (50717, _SHORT, 3, (_WHITE,) * 3, True),  # WhiteLevel
        (50829, _LONG, 4, (0, 0, height, width), True),  # ActiveArea
        (50719, _LONG, 2, (0, 0), True),  # DefaultCropOrigin
        (50720, _LONG, 2, (width, height), True),  # DefaultCropSize
    ]


def _ratios(code: int, kind: int, values: Iterable[float]) -> Tag:
    pairs = [Fraction(float(value)).limit_denominator(1_000_000) for value in values]
    numbers = [min(part, _LARGEST) for pair in pairs for part in pair.as_integer_ratio()]
    return code, kind, len(pairs), tuple(numbers), True
