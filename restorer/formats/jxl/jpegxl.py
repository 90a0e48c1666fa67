"""JPEG XL: gray and RGB, with and without alpha, of up to 16 bits and floats.

libjxl, by imagecodecs, codes pixels and knows neither profiles nor metadata; it takes samples
of 8 bits as sRGB and others as linear. What the header says of colors is read and written here.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.boxes import boxes_in
from restorer.formats.codec import Header, WriterOptions, decoding, not_kept
from restorer.formats.color import light
from restorer.formats.color.code_points import described_profile, is_hdr
from restorer.formats.color.hdr_transfer import to_light
from restorer.formats.color.profiles import THREADS, from_linear, srgb_linear_profile, with_profile
from restorer.formats.jpeg.jpeg import JpegReader
from restorer.formats.jxl.codestream import (
    ALPHA,
    BLACK,
    EXTRA_NAMES,
    SIGNATURE,
    Codestream,
    read_codestream,
)
from restorer.formats.jxl.container import Container, pack_container, read_container
from restorer.formats.metadata import clean_exif, with_stated_orientation
from restorer.formats.samples import normal, straight
from restorer.image import Bits, Image, Metadata
from restorer.settings.kinds import Flag, Integer, Number
from restorer.settings.options import option

_HEAD_BYTES = 2**16  # of a codestream, enough for its header but for a large profile
_MAX_EXTRAS = 16  # channels beside the colors, all of which a decoder holds
_MAX_JPEG = 2**27  # pixels of a JPEG file that is restored when the headers are read
_ALPHA_NOTE = "transparency with 16 bits or with a color profile was written without loss"
_JPEG_NOTE = "the file contains a losslessly recompressed JPEG, which was read"


@dataclass(frozen=True)
class JxlOptions(WriterOptions):
    """How JPEG XL files are written.

    Attributes:
        quality: Quality of lossy files, on a scale like that of JPEG.
        lossless: None makes files of quality 100 and those of floats lossless.
        distance: How far the picture may be from the original, in steps that a viewer may just
            notice; None takes that of the quality.
        effort: Effort of compression; 1 is fast, 9 makes the smallest files.
    """

    quality: int = option(95, Integer(1, 100), "JPEG XL quality, 1 to 100.")
    lossless: bool | None = option(None, Flag(), "Lossless compression.")
    distance: float | None = option(None, Number(0.01, 25), "Distance from the original.")
    effort: int = option(5, Integer(1, 9), "Effort of compression, 1 to 9.")


class JxlReader:
    """A JPEG XL file; a note names the boxes, channels and frames that are left out."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._container = container = read_container(file)
        self._stream = stream = _read_header(file, container)
        self._jpeg: JpegReader | None = None
        notes = tuple(container.notes)
        if container.jpeg and stream.height * stream.width <= _MAX_JPEG:
            self._jpeg, jpeg_notes = _read_jpeg(file)
            notes += jpeg_notes
        if self._jpeg:
            metadata, header = self._jpeg.metadata, self._jpeg.header
            self.header = replace(header, format="JPEG XL")
            notes += self._jpeg.notes
        else:
            exif, exif_notes = clean_exif(container.exif)
            icc, color_notes = _profile(stream)
            metadata = Metadata(exif, container.xmp or None, icc)
            self.header = _header(stream)
            notes += (*exif_notes, *color_notes)
        self.metadata, turn_notes = with_stated_orientation(metadata, stream.turn)
        self.notes = (*notes, *turn_notes, *not_kept([*container.unkept, *_others(stream)]))

    def decode(self) -> Image:
        """Decode the picture, or that of the JPEG file which the file was."""
        if self._jpeg:
            image = self._jpeg.decode()
            notes = image.notes[len(self._jpeg.notes) :]
            return replace(image, metadata=self._kept(image), notes=(*self.notes, *notes))
        pixels, notes = _decode(self._container.codestream(self._file), self._stream)
        image = Image(pixels, self.metadata, (*self.notes, *notes))
        if image.bits != self.header.bits:
            raise ImageFormatError(f"damaged: the picture has {image.bits} bits, not as stated")
        return image

    def _kept(self, image: Image) -> Metadata:
        """Return the metadata with the profile of the decoded pixels, which may be another one."""
        return replace(self.metadata, icc=image.metadata.icc)


def encode(image: Image, file: BinaryIO, options: JxlOptions) -> tuple[str, ...]:
    """Write uint8, uint16 or float32 of 1 to 4 channels."""
    import imagecodecs

    lossless = options.lossless
    if lossless is None:
        lossless = options.distance is None and (options.quality == 100 or image.bits == 32)
    profile = image.metadata.icc
    pixels: Any = image.pixels
    plain = image.bits == 8 and profile is None
    depth: int | None = None
    notes: tuple[str, ...] = ()
    if not lossless and not plain and image.has_alpha and image.bits != 32:
        # As floats, in which such colors are handed over, alpha would have another depth than they.
        lossless, notes = True, (_ALPHA_NOTE,)
    if not lossless and not plain:
        pixels = _linear(image)
        depth = None if image.bits == 32 else image.bits
    distance = options.distance or _distance(options.quality)
    data = bytes(
        imagecodecs.jpegxl_encode(
            np.ascontiguousarray(pixels[..., 0] if pixels.shape[2] == 1 else pixels),
            effort=options.effort,
            numthreads=THREADS,
            **{"lossless": True} if lossless else {"distance": distance},
        )
    )
    level, codestream = _unpacked(data)
    if not plain:
        codestream = read_codestream(codestream).with_colors(codestream, depth, profile)
    metadata = image.metadata
    file.write(pack_container(codestream, level, metadata.exif, metadata.xmp))
    return notes


def _read_header(file: BinaryIO, container: Container) -> Codestream:
    try:
        return read_codestream(container.codestream(file, _HEAD_BYTES))
    except ImageFormatError:
        return read_codestream(container.codestream(file))


def _read_jpeg(file: BinaryIO) -> tuple[JpegReader | None, tuple[str, ...]]:
    """Return the JPEG file that a file was, and a note."""
    import imagecodecs

    file.seek(0)
    try:
        with decoding(RuntimeError, ValueError):  # JpegxlError is a RuntimeError
            data = imagecodecs.jpegxl_decode_jpeg(file.read(), numthreads=THREADS)
        return JpegReader(BytesIO(data)), (_JPEG_NOTE,)
    except ImageFormatError:
        return None, ("the JPEG from which the file was made cannot be recovered",)


def _header(stream: Codestream) -> Header:
    channels = (1 if stream.color.gray else 3) + bool(stream.alpha)
    bits: Bits = 8 if stream.bits <= 8 else 16
    bits = 32 if stream.floats or stream.bits > 16 or _is_hdr(stream) else bits
    return Header("JPEG XL", stream.height, stream.width, channels, bits)


def _profile(stream: Codestream) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the profile of the colors, and notes. Raises ImageFormatError for ink."""
    if len(stream.extras) > _MAX_EXTRAS:
        raise ImageFormatError(f"the JPEG XL has {len(stream.extras)} channels beside its colors")
    if any(each.kind == BLACK for each in stream.extras):
        raise ImageFormatError("is a CMYK picture; convert it to RGB first")
    color = stream.color
    if color.has_profile:
        return stream.profile, ()
    return described_profile(
        color.chromaticities, color.transfer, color.gamma, "JPEG XL", gray=color.gray
    )


def _is_hdr(stream: Codestream) -> bool:
    return not stream.color.has_profile and is_hdr(stream.color.transfer)


def _others(stream: Codestream) -> Iterator[str]:
    """Yield the names of channels and frames that are left out."""
    kinds = [each.kind for each in stream.extras]
    if ALPHA in kinds:
        kinds.remove(ALPHA)
    for kind in kinds:
        yield "second alpha" if kind == ALPHA else f"channel ({EXTRA_NAMES.get(kind, 'unknown')})"
    if stream.animated:
        yield "other frames"


def _decode(data: bytes, stream: Codestream) -> tuple[Any, tuple[str, ...]]:
    """Return pixels of a type that images have, and notes."""
    import imagecodecs

    # Of XYB and a profile, libjxl without a color management makes linear values of few bits.
    linear = stream.xyb and stream.profile is not None
    if linear:
        data = stream.with_linear_floats(data)
    with decoding(RuntimeError, ValueError):  # JpegxlError is a RuntimeError
        values = imagecodecs.jpegxl_decode(
            data,
            index=0 if stream.animated else None,
            keeporientation=True,
            numthreads=THREADS,
        )
    values = _picked(values, stream)
    if linear and stream.profile:
        values = _from_linear(values, stream, stream.profile)
    pixels, notes = normal(values, stream.bits)
    if stream.alpha and stream.alpha.premultiplied:
        pixels = straight(pixels)
    if _is_hdr(stream):
        pixels = to_light(pixels, stream.color.transfer)
    return np.ascontiguousarray(pixels), notes


def _picked(values: Any, stream: Codestream) -> Any:
    """Return (H, W, C): the colors and the first alpha of all channels."""
    size, colors = (stream.height, stream.width), 1 if stream.color.gray else 3
    count = colors + len(stream.extras)
    if values.ndim == 2:
        values = values[..., None]
    elif values.shape == (count, *size) != (*size, count):
        values = np.moveaxis(values, 0, -1)
    channels = list(range(colors))
    kinds = [each.kind for each in stream.extras]
    if ALPHA in kinds:
        channels.append(colors + kinds.index(ALPHA))
    if values.ndim != 3 or values.shape[:2] != size or values.shape[2] <= channels[-1]:
        raise ImageFormatError(f"damaged: the picture has the shape {values.shape}")
    return values if len(channels) == values.shape[2] else values[..., channels]


def _from_linear(values: Any, stream: Codestream, profile: bytes) -> Any:
    """Return samples of the picture's depth, in the colors of its profile."""
    colors = 1 if stream.color.gray else 3
    values[..., :colors] = from_linear(values[..., :colors], profile)
    if stream.floats:
        return values
    top = (1 << stream.bits) - 1
    np.clip(np.rint(values * np.float32(top)), 0, top, out=values)
    return values.astype(np.uint8 if stream.bits <= 8 else np.uint16)


def _linear(image: Image) -> Any:
    """Return float32 pixels in linear sRGB, with values outside 0..1 for other colors."""
    linear = light.to_linear(image)
    if linear.metadata.icc:
        linear = with_profile(linear, srgb_linear_profile())
    return linear.pixels


def _distance(quality: int) -> float:
    """Return the distance that libjxl means by a quality below 100."""
    if quality >= 30:
        return 0.1 + (100 - quality) * 0.09
    return 53 / 3000 * quality**2 - 23 / 20 * quality + 25


def _unpacked(data: bytes) -> tuple[bytes, bytes]:
    """Return the level and the codestream of a file of libjxl."""
    if data.startswith(SIGNATURE):
        return b"", data
    level, parts = b"", []
    for box in boxes_in(data):
        if box.kind == b"jxll":
            level = data[box.start : box.stop]
        elif box.kind in (b"jxlc", b"jxlp"):
            parts.append(data[box.start + 4 * (box.kind == b"jxlp") : box.stop])
    return level, b"".join(parts)
