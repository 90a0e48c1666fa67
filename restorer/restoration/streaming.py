"""Restore a picture that is larger than memory, from one file into another, band by band.

Memory holds the rows of one tile, of the picture and of the result. Between two steps the picture
lies on the disk, in a float32 file without a name beside the target.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer import color, formats
from restorer.errors import OutOfMemoryError
from restorer.estimate.noise import sigma_of_rows
from restorer.estimate.noise_map import noise_map
from restorer.formats.files import Existing, Times, created
from restorer.formats.history import write_sidecar
from restorer.formats.profiles import find_profile, with_profile
from restorer.image import FloatArray, Image
from restorer.restoration.conditioning import (
    Condition,
    condition_of,
    merged,
    notes_of,
    planes_of,
)
from restorer.restoration.provenance import FileHash, account_of, with_provenance
from restorer.restoration.source import lowest_jpeg_quality
from restorer.restoration.step import OpenStep, StepRun, asked_steps, plan_steps, ticker
from restorer.restoration.strength import mixed
from restorer.settings import CancelToken, OnTick, RunPlan, Settings
from restorer.tiling.plan import Region

_BAND_ROWS = 1024  # of the picture, in memory at once: those of two rows of tiles, at most
# Peak in bytes for each sample of a picture and of its result: integers, float32 pictures,
# blending, coded files. Measured with tiles of 256: 24 for denoising in 8 and 16 bit, 49 for x2,
# 187 for x4.
_PER_SAMPLE = 18
_PER_RESULT_SAMPLE = 10
_ROWS = 128  # rows that are scanned, or merged and rounded, at once
_MIDDLE_SIDE = 2048  # side of the crop that is searched for traces of JPEG

# Takes all bands of a step, and its plan; a second call starts anew.
Sink = Callable[[Iterator[FloatArray], RunPlan], None]


@dataclass(frozen=True)
class _Rows:
    """A picture between two steps; `read(top, bottom)` returns these rows, white 1."""

    shape: tuple[int, int, int]
    read: Callable[[int, int], FloatArray]


def whole_bytes(header: formats.Header, scale: int) -> int:
    """Return the estimated peak of the memory that a picture in one piece takes, without tiles."""
    samples = header.height * header.width * header.channels
    return samples * (_PER_SAMPLE + _PER_RESULT_SAMPLE * scale**2)


def streamed_bytes(header: formats.Header, scale: int) -> int:
    """Return the estimated peak of the memory that a picture takes band by band."""
    return whole_bytes(replace(header, height=min(header.height, _BAND_ROWS)), scale)


def is_large(header: formats.Header, scale: int, budget_bytes: int) -> bool:
    """Whether a picture with its result is too large to be held in memory."""
    return whole_bytes(header, scale) > budget_bytes


def check_rows(path: Path, header: formats.Header, steps: Sequence[OpenStep]) -> None:
    """Raise RowsError for a picture or a step that cannot be streamed."""
    if header.channels in (2, 4):
        raise formats.RowsError(f"{path}: has transparency")
    if header.bits == 32:
        raise formats.RowsError(f"{path}: has float samples")
    for predictor, step in steps:
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
    steps: Sequence[OpenStep],
    settings: Settings,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
    times: Times | None = None,
    *,
    source: FileHash | None = None,
    plans: Sequence[RunPlan] = (),
) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
    """Restore a picture into a format with a row writer; return plans and notes.

    The pixels are those of `Restoration` for the same plans, but the noise level is estimated from
    samples. The file appears whole or not at all.

    Args:
        rows: A picture that passed `check_rows` with these steps.
        target: The file to write; its disk also holds the float32 pictures between the steps.
        existing: Treatment of an existing target.
        steps: What to run, in order.
        settings: What holds for all steps.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops before the next run of a network, and before the file appears.
        times: Access and modification time of the file; None for now.
        source: The file of the picture, for the provenance.
        plans: The plans of an earlier run, which is repeated; none for a new one.

    Raises the errors of `Restoration.run`, `rows.read` and `formats.write`.
    """
    with created(target, existing, times) as file:
        stream = _Stream(steps, settings, on_tile, cancel, source)
        done, notes = stream.run(rows, file, target, plans)
        if cancel is not None:
            cancel.check()
    if stream.account:
        notes += (write_sidecar(stream.account, target),)
    return done, notes


class _Stream:
    """The work on a picture that comes and goes in bands of rows."""

    def __init__(
        self,
        steps: Sequence[OpenStep],
        settings: Settings,
        on_tile: OnTick | None,
        cancel: CancelToken | None,
        source: FileHash | None,
    ) -> None:
        self._steps = steps
        self._source = source
        self.account = b""  # for a sidecar, from the writer
        self._settings = settings
        self._profile = find_profile(settings.profile)
        self._on_tile = on_tile
        self._cancel = cancel
        self._notes: tuple[str, ...] = ()  # from the writer

    def run(
        self, rows: formats.Rows, file: BinaryIO, target: Path, repeated: Sequence[RunPlan]
    ) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
        header = rows.header
        picture = _Rows(
            (header.height, header.width, header.channels),
            lambda top, bottom: Image(rows.read(top, bottom)).to_float(),
        )
        region = Region(0, 0, header.height, header.width)
        runs = plan_steps(self._steps, picture.shape[:2], region, self._settings, repeated)
        plans: list[RunPlan] = []
        with ExitStack() as stack:
            for run in runs:
                if run is runs[-1]:
                    sink = partial(self._write, rows.first, plans, run.result_size, file, target)
                    plans.append(self._run_step(runs, run.number, picture, sink))
                else:
                    spool = stack.enter_context(tempfile.TemporaryFile(dir=target.parent))
                    plans.append(self._run_step(runs, run.number, picture, partial(_spool, spool)))
                    picture = _spooled(spool, (*run.result_size, header.channels))
        notes = (run.note for run in runs if run.note)
        return tuple(plans), (*rows.first.notes, *notes_of(plans), *notes, *self._notes)

    def _run_step(self, runs: list[StepRun], number: int, picture: _Rows, sink: Sink) -> RunPlan:
        """Run one step into `sink`; after lack of memory, again with smaller tiles."""
        gray = self._is_gray(picture)
        condition = condition_of(
            runs[number].spec,
            runs[number].step,
            sigma=lambda: sigma_of_rows(picture.shape[:2], picture.read, gray=gray),
            local=lambda sigma: noise_map(picture.shape[:2], picture.read, sigma),
            jpeg_quality=lambda: lowest_jpeg_quality(_middle(picture)),
            known=runs[number].repeated,
        )
        while True:
            run = runs[number]
            plan, on_tile = condition.recorded(run.plan), ticker(runs, run, self._on_tile)
            try:
                sink(self._bands(run, picture, condition, gray, on_tile), plan)
            except OutOfMemoryError:
                smaller = run.smaller()
                if smaller is None:
                    raise
                runs[number] = smaller
            else:
                return plan

    def _bands(
        self,
        run: StepRun,
        picture: _Rows,
        condition: Condition,
        gray: bool,
        on_tile: OnTick | None,
    ) -> Iterator[FloatArray]:
        """Yield the result of a step from top to bottom, clipped to [0, 1]."""
        assert run.tiles is not None, "context whole is not streamed"
        spec, scale, border, frame = run.spec, run.spec.scale, run.border, run.frame
        height = picture.shape[0]

        def planes(top: int, bottom: int) -> FloatArray:
            band = Region(top, 0, bottom - top, frame.region.width)
            seen = frame.seen(band)
            colors = picture.read(seen.top, seen.bottom)
            return frame.fill(band, planes_of(spec, colors, condition.levels(seen)), seen)

        bands = run.predictor.run_rows(
            planes,
            run.tiles,
            seed=run.plan.seed,
            self_ensemble=run.plan.self_ensemble,
            on_tile=on_tile,
            cancel=self._cancel,
        )
        inside = slice(border * scale, -border * scale or None)
        start = -border * scale  # in rows of the result without its border
        for band in _sliced(bands, _ROWS * scale):
            top, bottom = max(start, 0), min(start + len(band), height * scale)
            if top < bottom:
                colors = picture.read(top // scale, bottom // scale)
                own = band[top - start : bottom - start, inside]
                restored = np.clip(merged(spec, colors, own, gray=gray), 0, 1)
                yield np.clip(mixed(colors, restored, *run.step.shares), 0, 1)
            start += len(band)

    def _is_gray(self, picture: _Rows) -> bool:
        """Whether all planes are equal; color pictures differ in their first rows already."""
        if picture.shape[2] == 1:
            return True
        for top in range(0, picture.shape[0], _ROWS):
            if self._cancel is not None:
                self._cancel.check()
            if not color.is_gray(picture.read(top, min(top + _ROWS, picture.shape[0]))):
                return False
        return True

    def _write(
        self,
        first: Image,
        before: Sequence[RunPlan],
        size: tuple[int, int],
        file: BinaryIO,
        target: Path,
        bands: Iterator[FloatArray],
        plan: RunPlan,
    ) -> None:
        settings = self._settings
        asked = asked_steps(self._steps)
        first = with_provenance(first, account_of(asked, [*before, plan], settings, self._source))
        # One generator for all bands, which `default_rng` takes as it is: as if they were one.
        noise: Any = np.random.default_rng(settings.seed) if settings.dither else None

        bits = first.bits if settings.bits is None else settings.bits

        def finished(band: FloatArray) -> Image:
            if self._profile is None:
                return first.with_float(band, bits=bits, dither_seed=noise)
            image = with_profile(replace(first, pixels=band), self._profile)
            return image.with_float(image.to_float(), bits=bits, dither_seed=noise)

        images = map(finished, bands)
        options = formats.writer_options(target, quality=settings.quality)
        self._notes, self.account = formats.write_rows(
            images, size, file, target, options, settings.provenance
        )


def _sliced(bands: Iterator[FloatArray], rows: int) -> Iterator[FloatArray]:
    """Cut bands so that what is made of each is small, and keep none while the next is computed."""
    for band in bands:
        for top in range(0, len(band), rows):
            yield band[top : top + rows].copy()
        del band


def _spool(file: BinaryIO, bands: Iterator[FloatArray], _: RunPlan) -> None:
    """Write a picture as plain float32 from the start of a file."""
    file.seek(0)
    for band in bands:
        file.write(np.ascontiguousarray(band).data)


def _spooled(file: BinaryIO, shape: tuple[int, int, int]) -> _Rows:
    """Read what `_spool` wrote."""
    _, width, channels = shape

    def read(top: int, bottom: int) -> FloatArray:
        values = np.empty((bottom - top, width, channels), np.float32)
        file.seek(top * width * channels * values.itemsize)
        count = file.readinto(values)  # type: ignore[attr-defined]  # of all binary files
        assert count == values.nbytes, "all rows were written"
        return values

    return _Rows(shape, read)


def _middle(picture: _Rows) -> FloatArray:
    """Return a crop from the middle, in which the blocks of a JPEG file keep their grid."""
    side = _MIDDLE_SIDE
    top, left = (max(0, (n - side) // 2) for n in picture.shape[:2])
    return picture.read(top, min(top + side, picture.shape[0]))[:, left : left + side]
