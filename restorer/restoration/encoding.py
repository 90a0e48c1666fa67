"""Encode the values of the last step as an image of the requested depth and color profile."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from restorer import color
from restorer.errors import InvalidOutputError
from restorer.formats.color.light import clipped, displayed
from restorer.formats.color.profiles import find_profile, with_profile
from restorer.formats.metadata import cropped
from restorer.formats.raw.camera_color import BLOCK
from restorer.image import FloatArray, Image, Metadata
from restorer.restoration.reference.run import ReferenceRun
from restorer.restoration.source import Part, Source
from restorer.settings import Settings
from restorer.tiling.plan import Region


class ResultEncoder:
    """Encodes parts of a result: curve, white, color profile, metadata, depth, dither.

    Args:
        source: The picture.
        settings: Its `bits`, `profile`, `dither` and `seed` are used.
        references: The reference pictures in use, which may have notes.

    Raises SettingsError for an unusable color profile.
    """

    def __init__(
        self, source: Source, settings: Settings, references: ReferenceRun | None = None
    ) -> None:
        self._source, self._settings, self._references = source, settings, references
        self._profile = find_profile(settings.profile)
        self._bits = settings.bits or source.bits
        # Floats that become integers end at white.
        self._ends_at_white = self._bits != 32 and not source.is_integer

    def encode(self, part: Part) -> Image:
        """Return a part of the result of the last step as an image.

        Raises InvalidOutputError for values that overflow.
        """
        image = self._colored(part)
        metadata, lost = _cropped(image.metadata, part)
        values: Any = image.pixels if image.bits == 32 else image.to_float()  # no copy
        if not np.isfinite(values).all():
            raise InvalidOutputError("its values overflow; scale them down")
        rounded = self._rounded(image, values, part)
        return replace(rounded, metadata=metadata, notes=image.notes + lost, jpeg_quality=None)

    def keep(self, part: Part) -> Image:
        """Return a picture that needs no step: with its own pixels, where depth and colors stay."""
        image, settings = self._source.plain, self._settings
        if settings.bits not in (None, self._source.bits) or self._profile is not None:
            return self.encode(part)
        metadata, lost = _cropped(image.metadata, part)
        pixels: Any = part.region.of(image.pixels)
        return replace(image, pixels=pixels, metadata=metadata, notes=image.notes + lost)

    def _colored(self, part: Part) -> Image:
        """Return the values of a part, not rounded, in the color profile that was asked for."""
        source, image, white = self._source, self._source.image, self._source.white
        values: Any = np.ascontiguousarray(color.join(part.own, part.alpha))
        metadata, notes = image.metadata, image.notes
        notes += self._references.notes if self._references else ()
        if source.curve is not None:
            values, image = source.curve.decode(values), source.plain
        if white != 1:
            notes += (f"white was assumed to be {white:.4g}",)
            if self._settings.bits in (None, 32):
                with np.errstate(over="ignore"):
                    values = values * np.float32(white)
            else:  # integers end at white
                white = 1.0
        if source.rendering is not None:
            metadata = source.rendering.described(metadata)
        elif metadata.icc and values.shape[2] != image.pixels.shape[2]:
            metadata = replace(metadata, icc=None)
            notes += ("the gray color profile was dropped, the result has color",)
        image = replace(image, pixels=values, metadata=metadata, notes=notes)
        if self._profile is None or BLOCK in metadata.blocks:
            return displayed(image) if self._ends_at_white else image
        image = with_profile(image, self._profile, white=white)
        return clipped(image) if self._ends_at_white and source.curve is not None else image

    def _rounded(self, image: Image, values: FloatArray, part: Part) -> Image:
        settings = self._settings
        if settings.dither and part.region != Region(0, 0, *part.size):
            return self._dithered(image, values, part)
        seed = settings.seed if settings.dither else None
        return image.with_float(values, bits=self._bits, dither_seed=seed)

    def _dithered(self, image: Image, values: FloatArray, part: Part) -> Image:
        """Round a region, each row with the noise that it gets in the whole picture."""
        rows = []
        for number, row in enumerate(values, part.region.top):
            # `default_rng` takes a generator as it is; every sample draws one number.
            noise: Any = np.random.default_rng(self._settings.seed)
            before = (number * part.size[1] + part.region.left) * row.shape[1]
            noise.bit_generator.advance(before)
            rows.append(image.with_float(row[None], bits=self._bits, dither_seed=noise))
        return replace(rows[0], pixels=np.concatenate([row.pixels for row in rows]))


def _cropped(metadata: Metadata, part: Part) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of a part of a picture, and notes on what they lose."""
    region, (height, width) = part.region, part.size
    if region == Region(0, 0, height, width):
        return metadata, ()
    edges = (region.left / width, region.top / height, region.right / width, region.bottom / height)
    return cropped(metadata, edges, (region.height, region.width))
