"""Camera and exposure settings in the EXIF block of a photograph."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass

from PIL.ExifTags import GPS, Base

from restorer.formats.exif import ifd
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.image import Metadata

_CODES = {1: "B", 3: "H", 4: "I", 5: "II", 9: "i", 10: "ii"}  # kinds of numbers
_BYTES = {1: 1, 3: 2, 4: 4, 5: 8, 9: 4, 10: 8}


@dataclass(frozen=True)
class CaptureInfo:
    """Camera and exposure; empty or None where the file lacks a value or has an invalid one.

    Attributes:
        taken: ``2024-05-06 07:08:09``, with ``+02:00`` where the zone is known.
        exposure: Exposure time in seconds.
        bias: Exposure compensation in EV.
        focal_length: Focal length in millimeters.
        focal_length_35: Focal length with the same angle of view on 35 mm film.
        latitude: Degrees, negative in the south.
        longitude: Degrees, negative in the west.
    """

    make: str = ""
    model: str = ""
    lens: str = ""
    taken: str = ""
    artist: str = ""
    copyright: str = ""
    software: str = ""
    exposure: float | None = None
    f_number: float | None = None
    iso: float | None = None
    bias: float | None = None
    focal_length: float | None = None
    focal_length_35: float | None = None
    latitude: float | None = None
    longitude: float | None = None


def read_capture_info(metadata: Metadata) -> CaptureInfo:
    """Return the settings in an EXIF block; in a damaged one, those that can be read.

    Examples:
        >>> image = restorer.read("photo.jpg")
        >>> restorer.read_capture_info(image.metadata).model  # this file names none
        ''
    """
    try:
        file = io.BytesIO(metadata.exif or b"")
        layout, at = ifd.read_layout(file)
        main = ifd.read_directory(file, layout, at)
    except ValueError:
        return CaptureInfo()
    shot = main.children.get(ifd.EXIF, Directory({}))
    gps = main.children.get(ifd.GPS, Directory({}))

    def positive(tag: int) -> float | None:
        value = _number(layout, shot.fields.get(tag))
        return value if value is not None and value > 0 else None

    return CaptureInfo(
        make=_text(main, Base.Make),
        model=_text(main, Base.Model),
        lens=_text(shot, Base.LensModel),
        taken=_date(
            _text(shot, Base.DateTimeOriginal) or _text(main, Base.DateTime),
            _text(shot, Base.OffsetTimeOriginal),
        ),
        artist=_text(main, Base.Artist),
        copyright=_text(main, Base.Copyright),
        software=_text(main, Base.Software),
        exposure=positive(Base.ExposureTime),
        f_number=positive(Base.FNumber),
        iso=positive(Base.ISOSpeedRatings),
        bias=_number(layout, shot.fields.get(Base.ExposureBiasValue)),
        focal_length=positive(Base.FocalLength),
        focal_length_35=positive(Base.FocalLengthIn35mmFilm),
        latitude=_degrees(layout, gps, GPS.GPSLatitude, 90),
        longitude=_degrees(layout, gps, GPS.GPSLongitude, 180),
    )


def _text(directory: Directory, tag: int) -> str:
    """Return a text on one line, without unprintable characters."""
    field = directory.fields.get(tag)
    if field is None or field.kind not in (2, 7, 129):
        return ""
    text = field.data.partition(b"\0")[0].decode("utf-8", "replace")
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _date(text: str, zone: str) -> str:
    day, _, clock = text.partition(" ")
    if not any(c in "123456789" for c in day):  # cameras whose clock was never set
        return ""
    return " ".join(part for part in (day.replace(":", "-"), clock, zone) if part)


def _number(layout: Layout, field: Field | None, index: int = 0) -> float | None:
    """Return a number, or the rational that two of them make."""
    if field is None or field.kind not in _CODES or index >= field.count:
        return None
    size = _BYTES[field.kind]
    part = field.data[index * size : (index + 1) * size]
    values = layout.unpack(_CODES[field.kind], part)
    if len(values) == 1:
        return float(values[0])
    return values[0] / values[1] if values[1] else None


def _degrees(layout: Layout, gps: Directory, tag: int, limit: float) -> float | None:
    """Return degrees from three rationals; the tag before theirs holds the letter."""
    parts = [_number(layout, gps.fields.get(tag), index) for index in range(3)]
    if any(part is None for part in parts):
        return None
    degrees = math.fsum((part or 0) / 60**power for power, part in enumerate(parts))
    south_or_west = _text(gps, tag - 1).upper() in ("S", "W")
    return (-degrees if south_or_west else degrees) if 0 <= degrees <= limit else None
