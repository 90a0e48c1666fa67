"""Sinks for the bands of a step: a spool between two steps, or the file of the result."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import chain
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer import formats
from restorer.formats.color.light import NetworkCurve
from restorer.formats.color.profiles import find_profile, with_profile
from restorer.image import FloatArray, Image, Pixels
from restorer.restoration.output import output_metadata, output_size
from restorer.restoration.provenance import Provenance, with_provenance
from restorer.restoration.shrinking import shrink_rows
from restorer.restoration.spool import Spool
from restorer.settings import RunPlan, Settings

log = logging.getLogger(__name__)

Bands = Callable[[int], Iterator[FloatArray]]  # yields bands from a row of the result on
Sink = Callable[[Bands, RunPlan], None]  # takes all bands of a step that it does not have
Head = Callable[[], dict[str, Any]]  # says what the rows of a spool are


def spooled(spool: Spool, head: Head, width: int, channels: int) -> Sink:
    """Return a sink of the float32 picture between two steps."""

    def sink(bands: Bands, _: RunPlan) -> None:
        for band in bands(spool.begin(head(), width, channels, np.float32)):
            spool.append(band)

    return sink


class ResultWriter:
    """Writes the last step's bands into the target, in the samples that it gets.

    Attributes:
        notes: What the format did not hold.
        account: That of the provenance, for a sidecar; empty where the file itself has it.
    """

    def __init__(
        self,
        first: Image,
        size: tuple[int, int],
        file: BinaryIO,
        target: Path,
        settings: Settings,
        account: Callable[[RunPlan | None], Provenance],
    ) -> None:
        self._first = first
        self._size = size
        self._file = file
        self._target = target
        self._settings = settings
        self._account_of = account
        self._profile = find_profile(settings.profile)
        self._bits = first.bits if settings.bits is None else settings.bits
        self.notes: tuple[str, ...] = ()
        self.account = b""

    def sink(self, spool: Spool | None, head: Head) -> Sink:
        """Return the sink of the last step, which keeps its rows in `spool`."""

        def sink(bands: Bands, plan: RunPlan) -> None:
            self._first = with_provenance(self._first, self._account_of(plan))
            done = 0
            if spool is not None:
                example = self._example()
                channels, dtype = example.pixels.shape[2], example.pixels.dtype
                done = spool.begin(head(), self._size[1], channels, dtype)
            self._write(self._images(bands(done), spool, done), self._settings.writing)

        return sink

    def copy(self, bands: Iterator[Pixels]) -> None:
        """Write a picture as it is, in the depth and the colors of the result."""
        self._first = with_provenance(self._first, self._account_of(None))
        same = self._profile is None and self._bits == self._first.bits
        images = self._images(map(self._encoded, bands), None, 0)
        if same:
            images = (replace(self._first, pixels=band) for band in bands)
        self._write(images, self._settings.writing_untouched)

    def _encoded(self, band: Pixels) -> FloatArray:
        values = replace(self._first, pixels=band).to_float()
        return NetworkCurve().encode(values) if self._first.is_linear else values

    def _images(
        self, bands: Iterator[FloatArray], spool: Spool | None, done: int
    ) -> Iterator[Image]:
        """Yield the rows that are kept, then those of bands."""
        # One generator for all bands, which `default_rng` takes as it is: as if they were one.
        noise: Any = np.random.default_rng(self._settings.seed) if self._settings.dither else None
        if spool is not None and done:
            example = self._example()
            for kept in spool.bands():
                yield replace(example, pixels=kept)
                if noise is not None:
                    noise.bit_generator.advance(kept.size)  # every sample has drawn one number
        for band in bands:
            image = self._finish(band, noise)
            if spool is not None:
                try:
                    spool.append(image.pixels)
                except OSError as error:  # the result itself may still find room
                    log.warning("finished rows cannot be kept: %s", error.strerror)
                    with suppress(OSError):
                        spool.clear()
                    spool = None
            yield image

    def _example(self) -> Image:
        """Return a pixel of the result with its metadata."""
        return self._finish(np.zeros((1, 1, self._first.pixels.shape[2]), np.float32))

    def _finish(self, band: FloatArray, noise: Any = None) -> Image:
        """Return rows in the depth and the profile of the result."""
        if self._first.is_linear:
            band = NetworkCurve().decode(band)
        if self._profile is None:
            return self._first.with_float(band, bits=self._bits, dither_seed=noise)
        image = with_profile(replace(self._first, pixels=band), self._profile)
        return image.with_float(image.to_float(), bits=self._bits, dither_seed=noise)

    def _write(self, images: Iterator[Image], asked: Mapping[str, Any]) -> None:
        options = formats.writer_options(self._target, **asked)
        settings, size = self._settings, output_size(*self._size, self._settings)
        if size != self._size:
            seed = settings.seed if settings.dither else None
            images = shrink_rows(images, self._size, size, dither_seed=seed)
        fitted, noted = self._with_metadata(images, size)
        self.notes, self.account = formats.write_rows(
            fitted, size, self._file, self._target, options, settings.provenance
        )
        self.notes += noted

    def _with_metadata(
        self, images: Iterator[Image], size: tuple[int, int]
    ) -> tuple[Iterator[Image], tuple[str, ...]]:
        """Return rows with the metadata that the file gets, and notes."""
        first = next(images)
        metadata, notes = output_metadata(first.metadata, size, self._settings)
        return (replace(each, metadata=metadata) for each in chain([first], images)), notes
