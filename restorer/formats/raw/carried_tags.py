"""The tags of a DNG that stay true of its samples after noise was removed from them.

Left out are those of the layout, of the levels, of the preview and of the noise, which writers
state themselves; digests and ids of the old samples; and offsets into the old file.
"""

from __future__ import annotations

from typing import Any

from restorer.formats.raw.opcodes import left_of_mosaic
from restorer.sensor.mosaic import RawTag

_OPCODES = 51022
# UniqueCameraModel, LocalizedCameraModel, color matrices, calibrations, ReductionMatrix,
# AnalogBalance, BaselineExposure, BaselineSharpness, LinearResponseLimit, serial number, LensInfo,
# AntiAliasStrength, ShadowScale, DNGPrivateData, MakerNoteSafety, illuminants, BestQualityScale,
# OriginalRawFileName, ColorimetricReference, signatures, AsShotProfileName, ProfileName to
# ProfileHueSatMapData2, ProfileToneCurve, policy and copyright, forward matrices,
# PreviewColorSpace is ours, ProfileLookTable, OpcodeList3, encodings of tables,
# BaselineExposureOffset, DefaultBlackRender, DefaultUserCrop.
CARRIED = frozenset(
    {50708, 50709, *range(50721, 50728), 50730, 50732, *range(50734, 50737), 50738, 50739, 50740}
    | {50741, 50778, 50779, 50780, 50827, 50879, 50931, 50932, 50934, *range(50936, 50943)}
    | {50964, 50965, 50981, 50982, _OPCODES, *range(51107, 51111), 51125}
)
_PLACES = frozenset({_OPCODES, 51125})
_PRIVATE = frozenset({50735, 50740, 50827})  # serial number, private data, name of the RAW file
_MOST_BYTES = 1 << 24
_TEXT = 2
_VALUES = str, bytes, int, float, tuple


def turned_tags(tags: tuple[RawTag, ...]) -> tuple[RawTag, ...]:
    """Return the tags that stay true of a picture that is turned: those without places."""
    return tuple(tag for tag in tags if tag[0] not in _PLACES)


def public_tags(tags: tuple[RawTag, ...]) -> tuple[RawTag, ...]:
    """Return the tags without those that tell of more than the pixels."""
    return tuple(tag for tag in tags if tag[0] not in _PRIVATE)


def carried_tags(pages: tuple[Any, ...], *, cropped: bool) -> tuple[RawTag, ...]:
    """Return the tags of the pages of tifffile, those of the first ones before others.

    Args:
        pages: The page of the samples, and the first page of the file.
        cropped: Whether the picture is a part of the active area, to which opcodes refer.
    """
    found: dict[int, RawTag] = {}
    for page in reversed(pages):
        for tag in page.tags.values():
            code, kind, count, value = int(tag.code), int(tag.dtype), int(tag.count), tag.value
            if code not in CARRIED or (cropped and code == _OPCODES):
                continue
            if code == _OPCODES and isinstance(value, bytes):
                value = left_of_mosaic(value)
                count = len(value)
            if tag.valuebytecount <= _MOST_BYTES and value != b"" and isinstance(value, _VALUES):
                found[code] = (code, kind, 0 if kind == _TEXT else count, value)
    return tuple(found.values())
