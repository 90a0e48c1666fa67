"""The reader of camera RAW: a mosaic of Bayer sensors, a picture of all others.

LibRaw decodes the files of cameras. tifffile decodes the DNG files that LibRaw does not know
(JPEG XL, lossy JPEG), and those that hold colors already.
"""

from __future__ import annotations

import io
from contextlib import suppress
from dataclasses import replace
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageError, ImageFormatError
from restorer.formats import metadata, photoshop
from restorer.formats.codec import Header, not_kept
from restorer.formats.color import matrix
from restorer.formats.color.profiles import srgb_profile
from restorer.formats.exif import ifd, maker_note
from restorer.formats.jpeg.jpeg import JpegReader
from restorer.formats.raw.area import Area
from restorer.formats.raw.bad_pixels import fill_dead
from restorer.formats.raw.camera_color import camera_color, unknown_color
from restorer.formats.raw.dng import Dng
from restorer.formats.raw.libraw import LibRaw
from restorer.formats.raw.opcodes import correct_linear, correct_mosaic, correct_samples
from restorer.formats.raw.preview import decode_preview
from restorer.formats.raw.rendering import (
    Development,
    Rendering,
    Tone,
    lifted,
)
from restorer.image import FloatArray, Image, Metadata
from restorer.sensor import bayer
from restorer.sensor.mosaic import Calibration, CameraColor, Mosaic, Page

_LINEAR_RAW, _IPTC, _PHOTOSHOP = 34892, 33723, 34377
_LEAST_WHITE = 0.9  # share of the stated level from which a sensor may saturate
_MANY, _FEW = 1e-3, 64  # share of equal samples that tells of saturation, and their number
_MOST_HIDDEN = 2**22  # samples beside the picture that any sensor may have, beyond as many again


class RawReader:
    """A RAW file whose headers were read."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self._libraw = file, None
        self._dng = Dng.of(file)
        file.seek(0)
        try:
            self._libraw = LibRaw(file)
        except ImageFormatError:
            if self._dng is None:
                raise
        best = self._dng or self._libraw
        assert best is not None, "or the file was refused"
        self._best: Dng | LibRaw = best
        self.metadata, self.notes = self._read_metadata()
        hidden = best.samples - 2 * best.crop.height * best.crop.width
        if hidden > _MOST_HIDDEN:  # the budget of pixels would not bound the memory
            raise ImageFormatError("the picture covers only a small part of its samples")
        name = "camera RAW" if self._dng is None else "DNG"
        self.header = Header(name, best.crop.height, best.crop.width, 3, 16)

    def decode(self) -> Page:
        """Return the samples, or a picture. Raises ImageFormatError where they are damaged."""
        if self._dng is not None and self._dng.page.photometric == _LINEAR_RAW:
            return self._linear(self._dng)
        pattern, values = self._samples()
        if not pattern:
            return self._demosaiced()
        black, white = self._best.levels()
        white = _saturation(values, white)
        dead = fill_dead(values) if black.min() > 0 else 0  # noise stays above 0 then
        ignored = list[str]()
        if self._dng is not None:
            dng, (first, _, _) = self._dng, self._dng.opcodes
            ignored += correct_samples(values, first, (dng.active.top, dng.active.left), dng.linear)
        values = _normal(values, black, white)
        if self._dng is not None:
            _, second, third = self._dng.opcodes
            ignored += correct_linear(values, second)
            ignored += correct_mosaic(values, pattern, third)
            np.minimum(values, 1, out=values)
        samples = self._best.crop.of(values)
        color, notes = self._color()
        notes += _not_applied(ignored)
        if dead:
            pixels = "1 dead pixel" if dead == 1 else f"{dead} dead pixels"
            notes += (f"{pixels} of the sensor, filled from the neighbors",)
        return Mosaic(
            np.ascontiguousarray(samples),
            bayer.shifted(pattern, self._best.crop.top, self._best.crop.left),
            color,
            self.metadata,
            (*self.notes, *notes),
            noise=None if self._dng is None else self._dng.noise,
            tags=() if self._dng is None else self._dng.tags,
        )

    def preview(self) -> Image | None:
        """Return the embedded preview, not yet upright; None where there is none."""
        data = self._libraw.thumbnail() if self._libraw else b""
        if not data and self._dng is not None:
            data = self._dng.thumbnail()
        return decode_preview(data, metadata.orientation(self.metadata)) if data else None

    def _samples(self) -> tuple[str, FloatArray]:
        """Return pattern and samples (H, W, 1) of the active area; no pattern for other sensors."""
        dng = self._dng
        if self._libraw is not None and (dng is None or self._libraw.active == dng.active):
            try:
                staggered = dng is not None and dng.is_staggered
                return "" if staggered else self._libraw.pattern, self._libraw.values()
            except ImageFormatError:
                if dng is None:
                    raise
        assert dng is not None, "or LibRaw would know the file"
        values = dng.values()
        if values.shape[2] != 1:
            raise ImageFormatError(f"{values.shape[2]} samples for each place of the sensor")
        return dng.pattern, values

    def _linear(self, dng: Dng) -> Image:
        """Return the picture of a DNG whose colors were interpolated by its maker."""
        values = dng.values()
        if values.shape[2] == 1:
            values = np.repeat(values, 3, axis=2)
        first, second, third = dng.opcodes
        values = _normal(values, *dng.levels())
        ignored = [each.name for each in first] + correct_linear(values, [*second, *third])
        linear = dng.crop.of(values)
        color, notes = self._color()
        notes += _not_applied(ignored)
        tone: Tone = "linear" if dng.is_finished else "neutral"
        rendering = Rendering(color, Development(tone=tone))
        balanced = np.minimum(linear / rendering.neutral, 1)
        note = "the DNG was demosaiced by the program that made it"
        return self._image(rendering.shown(matrix.encoded(balanced)), (note, *notes))

    def _demosaiced(self) -> Image:
        """Return the picture of another sensor, as LibRaw makes it."""
        if self._libraw is None:
            raise ImageFormatError(
                "the DNG contains samples that neither LibRaw nor tifffile can decode"
            )
        shown = matrix.encoded(lifted(matrix.decoded(self._libraw.picture())))
        note = f"LibRaw demosaiced the picture, because the camera has {self._libraw.kind}"
        lists = () if self._dng is None else self._dng.opcodes
        notes = (note, *_not_applied([each.name for opcodes in lists for each in opcodes]))
        if not Area(0, 0, *shown.shape[:2]).holds(self._best.crop):
            raise ImageFormatError("the sizes in the DNG contradict each other")
        return self._image(self._best.crop.of(shown), notes)

    def _image(self, values: FloatArray, notes: tuple[str, ...]) -> Image:
        kept = replace(self.metadata, icc=srgb_profile())
        return Image(values, kept, (*self.notes, *notes)).with_float(values, bits=16)

    def _color(self) -> tuple[CameraColor, tuple[str, ...]]:
        """Return the colors of the camera, and notes of what had to be assumed."""
        notes: tuple[str, ...] = ()
        neutral = self._best.neutral
        if neutral is None:
            neutral = [1.0, 1.0, 1.0]
            with suppress(ImageFormatError):
                neutral = (self._libraw and self._libraw.daylight) or neutral
            notes = ("the file states no white balance; daylight was assumed",)
        known: list[Calibration] = self._best.calibrations
        if not known and self._libraw is not None:
            with suppress(ImageFormatError):
                known = self._libraw.calibrations
        stated = () if self._dng is None else (self._dng.balance, self._dng.exposure)
        with suppress(ValueError, np.linalg.LinAlgError):
            if known:
                return camera_color(known, neutral, *stated), notes
        words = "the colors of this camera are unknown; they were treated as sRGB"
        return unknown_color(neutral), (*notes, words)

    def _read_metadata(self) -> tuple[Metadata, tuple[str, ...]]:
        """Return the metadata of a file built like a TIFF, else those of its embedded JPEG."""
        with suppress(ValueError):
            layout, at = ifd.read_layout(self._file)
            directory = ifd.read_directory(self._file, layout, at)
            moved = maker_note.movable(layout, directory)
            lost = ["maker note"] if moved is not directory else []
            packet, iptc, resources = (
                directory.fields[tag].data if tag in directory.fields else None
                for tag in (metadata.XMP, _IPTC, _PHOTOSHOP)
            )
            blocks, unkept = photoshop.read_resources(resources or b"")
            blocks |= {"IPTC": iptc} if iptc else {}
            found = Metadata(metadata.exif_from(layout, moved), packet, blocks=blocks)
            return found, not_kept([*lost, *unkept])
        found = Metadata()
        if self._libraw is not None:
            with suppress(ImageError, OSError):
                embedded = JpegReader(io.BytesIO(self._libraw.thumbnail())).metadata
                found = Metadata(embedded.exif, embedded.xmp)
            if self._libraw.orientation != metadata.orientation(found):
                found = metadata.with_orientation(found, self._libraw.orientation)
        return found, ()


def _saturation(values: FloatArray, white: float) -> float:
    """Return the level at which very many samples end, or else the one that is stated.

    Where a sensor saturates below the stated level, white would become magenta.
    """
    highest = float(values.max())
    if not _LEAST_WHITE * white <= highest < white:
        return white
    count = np.count_nonzero(values == np.float32(highest))
    return highest if count > max(_MANY * values.size, _FEW) else white


def _normal(values: FloatArray, black: NDArray[np.float64], white: float) -> FloatArray:
    """Scale samples in place: black 0, white 1. Raises ImageFormatError for senseless levels."""
    if not white > black.max():
        raise ImageFormatError(
            f"the black level {black.max():g} is not below the white level {white:g}"
        )
    level = black.astype(np.float32)
    if level.shape[:2] == values.shape[:2]:
        values -= level
    else:
        for y, x in np.ndindex(2, 2):
            values[y::2, x::2] -= level[y, x]
    values /= np.float32(white - black.max())
    return np.minimum(values, 1, out=values)


def _not_applied(names: list[str]) -> tuple[str, ...]:
    """Return a note of the corrections that a DNG lists and that were not applied."""
    return (f"not applied: {', '.join(dict.fromkeys(names))} of the DNG",) if names else ()
