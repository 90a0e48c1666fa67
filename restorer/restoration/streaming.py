"""A picture larger than memory: from one TIFF file into another, band by band.

Memory holds the rows of a tile, of the picture and of the result. Between two steps the picture
lies on the disk, in a float32 file without a name beside the target.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer import color, formats
from restorer.estimate.noise import sigma_of_rows
from restorer.formats.files import Existing, created
from restorer.image import FloatArray, Image
from restorer.inference.devices import free_bytes
from restorer.inference.predictor import Predictor
from restorer.restoration.conditioning import Condition, merged, notes_of, planes_of
from restorer.restoration.run import Passage
from restorer.restoration.source import lowest_jpeg_quality
from restorer.restoration.strength import mixed
from restorer.settings import CancelToken, OnTick, RunPlan, Settings, Step
from restorer.tiling.plan import Region, TilePlan

# Of the free memory, what input and result may take as float32: planes for the network, blending
# and rounding take as much again, other jobs and programs want the rest.
_SHARE = 0.25
_ROWS = 128  # read for a scan, or merged and rounded, at once
_MIDDLE_SIDE = 2048  # of the part in which the traces of JPEG are looked for

Sink = Callable[[Iterator[FloatArray]], None]  # takes all bands; a second call starts anew


@dataclass(frozen=True)
class _Source:
    """A picture in the making: `read` gives (bottom - top, W, C) of it, white 1."""

    shape: tuple[int, int, int]
    read: Callable[[int, int], FloatArray]


def whole_bytes(header: formats.Header, scale: int) -> int:
    """Return what a picture and its result take as float32."""
    return header.height * header.width * header.channels * 4 * (1 + scale**2)


def is_large(header: formats.Header, scale: int) -> bool:
    """Whether a picture with its result is too large to be held in memory with ease."""
    return whole_bytes(header, scale) > free_bytes("cpu") * _SHARE


def check_rows(
    path: Path, header: formats.Header, passes: Sequence[tuple[Predictor, Step]]
) -> None:
    """Raise RowsError where a picture or a step needs more than rows."""
    if header.channels in (2, 4):
        raise formats.RowsError(f"{path}: has transparency")
    if header.bits == 32:
        raise formats.RowsError(f"{path}: has float samples")
    for predictor, step in passes:
        if predictor.spec.traits.mosaic:
            raise formats.RowsError(f"{path}: is to be demosaiced")
        if predictor.spec.traits.needs_references:
            raise formats.RowsError(f"{path}: is to be enlarged with references")
        if step.mixes_input and predictor.spec.scale != 1:
            raise formats.RowsError(f"{path}: is to be enlarged with a strength of its own")
        if step.shares[0] != step.shares[1]:
            raise formats.RowsError(f"{path}: is to be restored with a strength of fine detail")


def restore_rows(
    rows: formats.Rows,
    target: Path,
    existing: Existing,
    passes: Sequence[tuple[Predictor, Step]],
    settings: Settings,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
    """Restore a picture into a tiled TIFF; return the plan of each step, and notes.

    The pixels are those of `Passage` for the same plans, but for a noise level that is estimated
    from samples. The file appears whole or not at all.

    Args:
        rows: Of a picture that passed `check_rows`, with its steps.
        target: The file to write; the disk has room for float32 pictures between the steps.
        existing: What to do when it exists.
        passes: What to run, in order.
        settings: As for `Passage`.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops before the next pass of a network, and before the file appears.

    Raises what `Passage.restore`, `rows.read` and `formats.write` raise.
    """
    with created(target, existing) as file:
        stream = _Stream(passes, settings, on_tile, cancel)
        done = stream.restore_rows(rows, file, target.parent)
        if cancel is not None:
            cancel.check()
        return done


class _Stream(Passage):
    """A passage whose picture comes and goes in bands of rows."""

    def restore_rows(
        self, rows: formats.Rows, file: BinaryIO, folder: Path
    ) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
        header = rows.header
        source = _Source(
            (header.height, header.width, header.channels),
            lambda top, bottom: Image(rows.read(top, bottom)).to_float(),
        )
        self._plan_route(source.shape[:2], Region(0, 0, *source.shape[:2]))
        plans: list[RunPlan] = []
        with ExitStack() as stack:
            for number, (predictor, _) in enumerate(self._passes):
                scale = predictor.spec.scale
                size = (source.shape[0] * scale, source.shape[1] * scale)
                if number + 1 == len(self._passes):
                    sink = partial(self._write, rows.first, size, file)
                    plans.append(self._take_rows(source, number, sink))
                else:
                    spool = stack.enter_context(tempfile.TemporaryFile(dir=folder))
                    plans.append(self._take_rows(source, number, partial(_spool, spool)))
                    source = _spooled(spool, (*size, header.channels))
        return tuple(plans), (*rows.first.notes, *notes_of(plans))

    def _take_rows(self, source: _Source, number: int, sink: Sink) -> RunPlan:
        """Take one step, all of whose bands go into `sink`."""
        gray = self._is_gray(source)
        told = self._told(
            lambda: sigma_of_rows(source.shape[:2], source.read, gray=gray),
            lambda: lowest_jpeg_quality(_middle(source)),
            number,
        )

        def run(tiles: TilePlan, plan: RunPlan) -> None:
            sink(self._bands(source, number, tiles, plan, told, gray))

        size = self._frame(source.shape[:2], number).size
        _, plan = self._attempt(size, Region(0, 0, *size), number, run)
        return told.recorded(plan)

    def _bands(
        self,
        source: _Source,
        number: int,
        tiles: TilePlan,
        plan: RunPlan,
        told: Condition,
        gray: bool,
    ) -> Iterator[FloatArray]:
        """Yield the result of a step from top to bottom, clipped to [0, 1]."""
        predictor, step = self._passes[number]
        spec, scale, border = predictor.spec, predictor.spec.scale, self._border(predictor)
        height = source.shape[0]
        frame = self._frame(source.shape[:2], number)

        def planes(top: int, bottom: int) -> FloatArray:
            band = Region(top, 0, bottom - top, frame.region.width)
            seen = frame.seen(band)
            framed = frame.fill(band, source.read(seen.top, seen.bottom), seen)
            return planes_of(spec, framed, told.level)

        bands = predictor.run_rows(
            planes,
            tiles,
            seed=plan.seed,
            self_ensemble=plan.self_ensemble,
            on_tile=self._ticker(number),
            cancel=self._cancel,
        )
        inside = slice(border * scale, -border * scale or None)
        start = -border * scale  # in rows of the result without its border
        for band in _sliced(bands, _ROWS * scale):
            top, bottom = max(start, 0), min(start + len(band), height * scale)
            if top < bottom:
                colors = source.read(top // scale, bottom // scale)
                own = band[top - start : bottom - start, inside]
                restored = np.clip(merged(spec, colors, own, gray=gray), 0, 1)
                yield np.clip(mixed(colors, restored, *step.shares), 0, 1)
            start += len(band)

    def _is_gray(self, source: _Source) -> bool:
        """Whether all planes are equal, which color pictures deny in their first rows."""
        if source.shape[2] == 1:
            return True
        for top in range(0, source.shape[0], _ROWS):
            if self._cancel is not None:
                self._cancel.check()
            if not color.is_gray(source.read(top, min(top + _ROWS, source.shape[0]))):
                return False
        return True

    def _write(
        self, first: Image, size: tuple[int, int], file: BinaryIO, bands: Iterator[FloatArray]
    ) -> None:
        settings = self._settings
        # One generator for all bands, which `default_rng` takes as it is: as if they were one.
        noise: Any = np.random.default_rng(settings.seed) if settings.dither else None
        images = (first.with_float(b, bits=settings.bits, dither_seed=noise) for b in bands)
        formats.write_rows(images, size, file)


def _sliced(bands: Iterator[FloatArray], rows: int) -> Iterator[FloatArray]:
    """Cut bands so that what is made of each is small, and keep none while the next is computed."""
    for band in bands:
        for top in range(0, len(band), rows):
            yield band[top : top + rows].copy()
        del band


def _spool(file: BinaryIO, bands: Iterator[FloatArray]) -> None:
    """Write a picture as plain float32 from the start of a file."""
    file.seek(0)
    for band in bands:
        file.write(np.ascontiguousarray(band).data)


def _spooled(file: BinaryIO, shape: tuple[int, int, int]) -> _Source:
    """Read what `_spool` wrote."""
    _, width, channels = shape

    def read(top: int, bottom: int) -> FloatArray:
        values = np.empty((bottom - top, width, channels), np.float32)
        file.seek(top * width * channels * values.itemsize)
        count = file.readinto(values)  # type: ignore[attr-defined]  # of all binary files
        assert count == values.nbytes, "all rows were written"
        return values

    return _Source(shape, read)


def _middle(source: _Source) -> FloatArray:
    """Return one crop out of the middle, in which the blocks of a JPEG file keep their grid."""
    side = _MIDDLE_SIDE
    top, left = (max(0, (n - side) // 2) for n in source.shape[:2])
    return source.read(top, min(top + side, source.shape[0]))[:, left : left + side]
