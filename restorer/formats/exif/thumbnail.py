"""The thumbnail of an EXIF block: taken out by reading, made anew by writing."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import numpy as np
from PIL import Image as PilImage

from restorer.formats.exif import ifd
from restorer.formats.exif.block import first_directory, integer_of, place, spans_of
from restorer.formats.exif.ifd import Directory, Field, Layout
from restorer.image import Image

BLOCK = "thumbnail"  # of the source: a sign that the result gets one, too

_SIDE = 160  # as DCF has it
_QUALITY = 80
_OVERSAMPLING = 4  # pixels of the picture that a pixel of the thumbnail is made of, a side
_MAX_EXIF = 65_527  # what a segment of JPEG holds
_START, _LENGTH = 513, 514  # JPEGInterchangeFormat and its length


def taken(exif: bytes | None) -> tuple[bytes | None, dict[str, bytes], list[str]]:
    """Return EXIF without its thumbnail, the thumbnail as a block, and the names of what is lost.

    The bytes of the thumbnail are zeroed; no others move.
    """
    first = first_directory(exif)
    if exif is None or first is None or not first[1].next_offset:
        return exif, {}, []
    block = bytearray(exif)
    picture = _drop(block, *first)
    if picture.startswith(b"\xff\xd8"):
        return bytes(block), {BLOCK: picture}, []
    return bytes(block), {}, ["EXIF thumbnail"]


def sampled(image: Image) -> Image:
    """Return few pixels of an image, enough to make a thumbnail of."""
    step = max(1, max(image.height, image.width) // (_SIDE * _OVERSAMPLING))
    pixels: Any = image.pixels[::step, ::step]
    return replace(image, pixels=np.ascontiguousarray(pixels))


def compressed(image: Image) -> bytes:
    """Return an opaque image as a small JPEG picture."""
    pixels = image.with_float(image.to_float(), bits=8).pixels
    picture = PilImage.fromarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels)
    picture.thumbnail((_SIDE, _SIDE), PilImage.Resampling.BOX)
    file = io.BytesIO()
    picture.save(file, "JPEG", quality=_QUALITY)
    return file.getvalue()


def attached(exif: bytes, picture: bytes) -> bytes | None:
    """Return EXIF with a thumbnail at its end; None where it is damaged or becomes too long."""
    first = first_directory(exif)
    if first is None or first[0].big:
        return None
    layout, directory = first
    end = max(stop for _, stop in spans_of(directory))
    if directory.next_at + layout.inline > len(exif):
        return None
    # The zeros are those of the thumbnail before.
    block = bytearray(exif[:end] if not any(exif[end:]) else exif)
    block += bytes(len(block) % 2)
    at = len(block)
    place(block, directory.next_at, layout.pack("I", at))
    start = at + len(ifd.serialize(_described(layout, 0, 0), layout, at))
    block += ifd.serialize(_described(layout, start, len(picture)), layout, at) + picture
    return bytes(block) if len(block) <= _MAX_EXIF else None


def _described(layout: Layout, start: int, size: int) -> Directory:
    """Return the directory of a JPEG thumbnail: 72 dots per inch, as EXIF asks."""
    dpi = Field(5, 1, layout.pack("II", 72, 1))
    fields = {
        259: Field(3, 1, layout.pack("H", 6)),  # JPEG
        282: dpi,
        283: dpi,
        296: Field(3, 1, layout.pack("H", 2)),
        _START: Field(4, 1, layout.pack("I", start)),
        _LENGTH: Field(4, 1, layout.pack("I", size)),
    }
    return Directory(fields)


def _drop(block: bytearray, layout: Layout, directory: Directory) -> bytes:
    """Unlink IFD1, zero what is its own, and return its JPEG picture.

    The bytes of the directories kept are put back.
    """
    kept = [(a, bytes(block[a:b])) for a, b in [(0, 8), *spans_of(directory)]]
    try:
        thumbnail = ifd.read_directory(io.BytesIO(block), layout, directory.next_offset)
    except ValueError:
        thumbnail = Directory({})
    spans, picture = list(thumbnail.spans), b""
    if {_START, _LENGTH} <= thumbnail.fields.keys():
        start, size = (integer_of(layout, thumbnail.fields[tag]) for tag in (_START, _LENGTH))
        spans.append((start, start + size))
        picture = bytes(block[start : start + size])
    for start, stop in spans:
        stop = min(stop, len(block))
        block[start:stop] = bytes(max(0, stop - start))
    for start, data in kept:
        place(block, start, data)
    place(block, directory.next_at, bytes(layout.inline))
    return picture
