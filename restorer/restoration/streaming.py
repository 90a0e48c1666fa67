"""Restore a picture larger than memory from one file into another, band by band.

Memory holds the rows of one tile, of the picture and of the result. Between two steps the picture
lies on the disk as float32. A job that takes long keeps these rows and those of the result until it
ends, so that a later process goes on where a killed one stopped.
"""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from restorer import color, formats
from restorer.errors import OutOfMemoryError
from restorer.estimate.levels import Levels
from restorer.formats.color.light import NetworkCurve
from restorer.formats.files import Existing, Times, created
from restorer.formats.history import write_sidecar
from restorer.image import FloatArray, Image, Pixels
from restorer.restoration.chosen import Chosen
from restorer.restoration.conditioning import Condition, condition_of, merged, planes_of
from restorer.restoration.notes import is_generative, step_notes
from restorer.restoration.planning import plan_steps
from restorer.restoration.provenance import FileHash, Provenance, account_of
from restorer.restoration.sanity import SHORT_STRIP, DisagreementError, Gate
from restorer.restoration.sinks import ResultWriter, Sink, spooled
from restorer.restoration.source import lowest_jpeg_quality
from restorer.restoration.spool import Resumption, Spool
from restorer.restoration.step import OpenStep, StepRun, asked_steps, ticker
from restorer.restoration.strength import mixed
from restorer.settings import CancelToken, OnTick, Origin, RunPlan, Settings
from restorer.tiling.plan import Region

log = logging.getLogger(__name__)

BAND_ROWS = 1024  # of the picture, in memory at once: those of two rows of tiles, at most
_ROWS = 128  # rows that are scanned, or merged and rounded, at once


@dataclass(frozen=True)
class _Rows:
    """A picture between two steps; `read(top, bottom)` returns these rows, white 1."""

    shape: tuple[int, int, int]
    read: Callable[[int, int], FloatArray]


def check_header(path: Path, header: formats.Header) -> None:
    """Raise RowsError for a picture that cannot be streamed."""
    if header.channels in (2, 4):
        raise formats.RowsError(f"{path}: has transparency")
    if header.bits == 32:
        raise formats.RowsError(f"{path}: has float samples")


def check_steps(path: Path, steps: Sequence[OpenStep]) -> None:
    """Raise RowsError for a step that cannot be streamed."""
    for predictor, step in steps:
        if predictor.spec.traits.mosaic:
            raise formats.RowsError(f"{path}: is to be demosaiced")
        if predictor.spec.traits.needs_references:
            raise formats.RowsError(f"{path}: is to be enlarged with references")
        if step.mixes_input and predictor.spec.scale != 1:
            raise formats.RowsError(f"{path}: is to be enlarged with a strength of its own")
        if step.shares[0] != step.shares[1]:
            raise formats.RowsError(f"{path}: is to be restored with a strength of fine detail")


class StreamedRestoration:
    """The work on a picture that comes and goes in bands of rows; see `Restoration`.

    Args:
        rows: A picture that passed `check_header`.
        steps: What to run, in order; they passed `check_steps`.
        settings: What holds for all steps.
        file: The file of the picture, for the provenance.
        chosen: What was chosen in place of `auto`; then there may be no steps.
        plans: The plans of an earlier run, which is repeated; none for a new one.
        resumption: Where finished rows are kept; the caller removes them at the end of the job.
        on_tile: Called with (done, total) tiles over all steps.
        cancel: Stops before the next run of a network, and before the file appears.
    """

    def __init__(
        self,
        rows: formats.Rows,
        steps: Sequence[OpenStep],
        settings: Settings,
        *,
        file: FileHash | None = None,
        chosen: Chosen | None = None,
        plans: Sequence[RunPlan] = (),
        resumption: Resumption | None = None,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> None:
        self._source, self._steps, self._settings = rows, steps, settings
        self._file, self._chosen, self._plans = file, chosen, plans
        self._resumption = resumption
        self._on_tile, self._cancel = on_tile, cancel
        header, encode = rows.header, _encoding(rows.first)
        self._original = _Rows(
            (header.height, header.width, header.channels),
            lambda top, bottom: encode(Image(rows.read(top, bottom)).to_float()),
        )

    def write(
        self,
        target: Path,
        existing: Existing,
        times: Times | None = None,
        *,
        check: Callable[[], None] | None = None,
    ) -> tuple[tuple[RunPlan, ...], tuple[str, ...]]:
        """Restore the picture into a format with a row writer; return plans and notes.

        The pixels are those of `Restoration` for the same plans, apart from the last bit of a
        float. The file appears whole or not at all.

        Args:
            target: The file to write; its disk also holds the float32 pictures between the steps.
            existing: Treatment of an existing target.
            times: Access and modification time of the file; None for now.
            check: Called before the file appears; may raise ImageError to prevent it.

        Raises the errors of `Restoration.run`, of reading rows and of `formats.write`.
        """
        with created(target, existing, times, rescue=True) as file:
            plans, notes, account = self._run(file, target)
            if self._cancel is not None:
                self._cancel.check()
            if check is not None:
                check()
            if existing == "replace":
                self._source.close()  # it may be the target, and Windows replaces no open file
        if account:
            notes += (write_sidecar(account, target),)
        return plans, notes

    def _run(
        self, file: BinaryIO, target: Path
    ) -> tuple[tuple[RunPlan, ...], tuple[str, ...], bytes]:
        """Return plans, notes, and the account for a sidecar, empty where the file has it."""
        rows, picture = self._source, self._original
        height, width, channels = picture.shape
        region = Region(0, 0, height, width)
        runs = plan_steps(self._steps, (height, width), region, self._settings, self._plans)
        plans: list[RunPlan] = []

        def account(last: RunPlan | None) -> Provenance:
            return account_of(
                asked_steps(self._steps),
                [*plans] if last is None else [*plans, last],
                self._settings,
                self._file,
                generative=is_generative(runs),
                found=self._chosen.found if self._chosen else "",
            )

        size = runs[-1].result_size if runs else (height, width)
        writer = ResultWriter(rows.first, size, file, target, self._settings, account)
        if not runs:
            writer.copy(self._checked(rows.read(t, t + n) for t, n in _strips(size[0])))
        with ExitStack() as stack:
            spools = [self._open(run, runs, target) for run in runs]
            for opened in filter(None, spools):
                stack.callback(opened.close)
            self._retile(runs, spools)
            for number, spool in enumerate(spools):
                head = partial(self._head, runs, number)
                size = runs[number].result_size
                if number == len(runs) - 1:
                    sink = writer.sink(spool, head)
                else:
                    assert spool is not None, "between two steps"
                    sink = spooled(spool, head, size[1], channels)
                plans.append(self._run_step(runs, number, picture, sink))
                if spool is not None:
                    picture = _Rows((*size, channels), spool.read)
        notes = step_notes(runs, plans, self._chosen)
        return tuple(plans), (*rows.first.notes, *notes, *writer.notes), writer.account

    def _checked(self, bands: Iterator[Pixels]) -> Iterator[Pixels]:
        """Yield bands until a stop is requested."""
        for band in bands:
            if self._cancel is not None:
                self._cancel.check()
            yield band

    def _open(self, run: StepRun, runs: Sequence[StepRun], target: Path) -> Spool | None:
        """Return the file of the rows of a step; None for a result that is not kept."""
        if self._resumption is not None:
            return Spool.open(self._resumption.of(run.number), target.parent)
        return None if run is runs[-1] else Spool.open(None, target.parent)

    def _retile(self, runs: list[StepRun], spools: Sequence[Spool | None]) -> None:
        """Give all steps the tiles of the process that was stopped, or record theirs."""
        if self._resumption is None:
            return
        for number, spool in enumerate(spools):
            assert spool is not None, "kept"
            runs[number] = runs[number].tiled_like(spool.head.get("plan", {}))
            spool.announce(self._head(runs, number))

    def _head(self, runs: Sequence[StepRun], number: int) -> dict[str, Any]:
        """Return what decides the rows of a step."""
        *before, plan = (asdict(run.plan) for run in runs[: number + 1])
        identity = self._resumption.identity if self._resumption else {}
        return {"plan": plan, "before": before, "identity": identity}

    def _run_step(self, runs: list[StepRun], number: int, picture: _Rows, sink: Sink) -> RunPlan:
        """Run one step into `sink`; after lack of memory, again with smaller tiles."""
        gray = self._is_gray(picture)
        condition = condition_of(
            runs[number].spec,
            runs[number].step,
            levels=Levels(picture.shape[:2], picture.read, lambda: gray),
            jpeg_quality=lambda: self._jpeg_quality(picture),
            known=runs[number].repeated,
        )
        while True:
            run = runs[number]
            plan, on_tile = condition.recorded(run.plan), ticker(runs, run, self._on_tile)

            def bands(
                done: int, run: StepRun = run, on_tile: OnTick | None = on_tile
            ) -> Iterator[FloatArray]:
                return self._bands(run, picture, condition, gray, on_tile, done)

            try:
                sink(bands, plan)
            except DisagreementError as error:
                safe = run.safest(str(error))
                if safe is None:
                    raise
                runs[number] = safe
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
        done: int,
    ) -> Iterator[FloatArray]:
        """Yield the result of a step from row `done` to the bottom, clipped to [0, 1]."""
        spec, scale, border = run.spec, run.spec.scale, run.border
        height = picture.shape[0]
        if done == height * scale:
            return
        first = border + done // scale if done else 0  # row of the frame
        if done:
            log.info("%s: %d of %d rows were kept", spec.id, done, height * scale)
        bands = self._run_network(run, picture, condition, first, on_tile)
        inside = slice(border * scale, -border * scale or None)
        gate = Gate.of(run, condition, done // scale, SHORT_STRIP)
        waiting = deque[tuple[int, FloatArray]]()
        start = (first - border) * scale  # in rows of the result without its border
        for band in _sliced(bands, _ROWS * scale):
            top, bottom = max(start, 0), min(start + len(band), height * scale)
            if top < bottom:
                colors = picture.read(top // scale, bottom // scale)
                own = band[top - start : bottom - start, inside]
                gate.add(planes_of(spec, colors)[..., : own.shape[2]], own)
                restored = np.clip(merged(spec, colors, own, gray=gray), 0, 1)
                blended = np.clip(mixed(colors, restored, *run.step.shares), 0, 1)
                waiting.append((bottom // scale, blended))
                while waiting and waiting[0][0] <= gate.rows:  # others may still be wrong
                    yield waiting.popleft()[1]
            start += len(band)
        gate.close()
        yield from (blended for _, blended in waiting)

    def _run_network(
        self,
        run: StepRun,
        picture: _Rows,
        condition: Condition,
        first: int,
        on_tile: OnTick | None,
    ) -> Iterator[FloatArray]:
        """Yield the rows of the network's result from row `first` of the frame to its bottom."""
        assert run.tiles is not None, "context whole is not streamed"
        frame = run.frame

        def report(tiles: int, of: int) -> None:
            if on_tile is not None:
                on_tile(run.ticks - of + tiles, run.ticks)

        def planes(top: int, bottom: int) -> FloatArray:
            band = Region(top, 0, bottom - top, frame.region.width)
            seen = frame.seen(band)
            colors = picture.read(seen.top, seen.bottom)
            return frame.fill(band, planes_of(run.spec, colors, condition.levels(seen)), seen)

        return run.predictor.run_rows(
            planes,
            run.tiles,
            region=replace(frame.region, top=first, height=frame.region.height - first),
            seed=run.plan.seed,
            self_ensemble=run.plan.self_ensemble,
            batch=run.at_once,
            on_tile=report,
            cancel=self._cancel,
        )

    def _jpeg_quality(self, picture: _Rows) -> tuple[int, Origin]:
        """Return the quality of the source, whatever the steps before did, unless they enlarged."""
        if picture.shape == self._original.shape:
            picture = self._original
        return lowest_jpeg_quality(picture.shape[:2], picture.read)

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


def _strips(height: int) -> Iterator[tuple[int, int]]:
    """Yield the first row and the number of rows of each strip of a picture."""
    for top in range(0, height, _ROWS):
        yield top, min(_ROWS, height - top)


def _encoding(image: Image) -> Callable[[FloatArray], FloatArray]:
    """Return the encoding of values with white 1 for networks."""
    return NetworkCurve().encode if image.is_linear else lambda values: values


def _sliced(bands: Iterator[FloatArray], rows: int) -> Iterator[FloatArray]:
    """Cut bands so that what is made of each is small, and keep none while the next is computed."""
    for band in bands:
        for top in range(0, len(band), rows):
            yield band[top : top + rows].copy()
        del band
