"""ReferenceRun: reference pictures merged into an enlargement, and maps of their contribution."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from restorer.color import network_planes
from restorer.image import FloatArray
from restorer.inference.merging import Merger
from restorer.restoration.provenance import FileHash
from restorer.restoration.reference.files import Reference
from restorer.restoration.reference.merge import judge
from restorer.restoration.reference.provenance import ReferenceMaps, ReferenceRank
from restorer.restoration.reference.registration import Judge, Layout, correlate, register
from restorer.restoration.reference.ttsr_tiles import SCALE as TTSR_SCALE
from restorer.restoration.reference.ttsr_tiles import canvases, transfer
from restorer.restoration.source import Source, usual
from restorer.restoration.step import REGISTRATION_TICKS, StepRun
from restorer.settings import CancelToken, OnTick
from restorer.tiling.plan import Region

_Key: TypeAlias = tuple[str, tuple[Reference, ...]]  # model and references

# Kept for the next region of the same picture with the same references.
_LAYOUTS: WeakKeyDictionary[Source, tuple[_Key, Layout]] = WeakKeyDictionary()


class ReferenceRun:
    """The references of one run.

    Args:
        references: In the order that the user gave; none where a folder had none for the picture.

    Attributes:
        maps: The origin of the detail of the last result; None before the first.
    """

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = tuple(references)
        self.maps: ReferenceMaps | None = None

    @property
    def files(self) -> tuple[FileHash, ...]:
        """The files of the references."""
        return tuple(reference.file for reference in self._references)

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of each reference."""
        if not self._references:
            return ("no reference matches this picture; it was enlarged without one",)
        return tuple(rank.note for rank in self.maps.ranking) if self.maps else ()

    def merge(
        self,
        run: StepRun,
        source: Source,
        base: FloatArray,
        part: Region,
        *,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Return an enlargement with the textures of the references.

        Args:
            run: A step whose predictor was made by `merging`.
            source: The picture before it was enlarged.
            base: (h, w, 3), a part of its enlargement, white 1.
            part: Place of that part in the whole enlargement; it holds the tiles that are run.
            on_tile: Called with (done, total): `REGISTRATION_TICKS`, then the tiles.
            cancel: Stops between two of them.

        Returns:
            (h', w', 3), the computed region; that of `base` itself where no reference helps.
        """
        predictor, wanted = run.predictor, run.inner
        assert isinstance(predictor.network, Merger), "made by merging"
        assert run.tiles is not None, "merging knows no context whole"
        scale, progress = predictor.network.network.scale, _Progress(run, on_tile, cancel)
        layout = self._layout(run, source, scale, partial(judge, predictor), progress)
        confidence = np.zeros(source.size, np.float32)
        if layout.layers:
            restored = np.empty((wanted.height, wanted.width, base.shape[2]), np.float32)
            cover = run.tiles.cover(wanted)

            def rows(top: int, bottom: int) -> FloatArray:
                here = Region(top, cover.left, bottom - top, cover.width)
                shown = layout.texture(here.shrunk(scale), scale)
                return np.concatenate([here.of(base, part), shown], axis=2)

            bands = predictor.run_rows(
                rows,
                run.tiles,
                region=wanted,
                seed=run.plan.seed,
                self_ensemble=run.plan.self_ensemble,
                batch=run.at_once,
                on_tile=progress.tile,
                cancel=cancel,
            )
            _collect(bands, restored, confidence, wanted, scale)
        else:
            restored = wanted.of(base, part)
        numbers, places = layout.sources()
        used = {layer.number for layer in layout.layers}
        region = wanted.shrunk(scale)
        self.maps = self._maps(layout, confidence, numbers, places, region, used)
        return restored

    def transfer(
        self,
        run: StepRun,
        source: Source,
        planes: FloatArray,
        *,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Return a picture enlarged by TTSR with the references.

        Args:
            run: A step with a TTSR network.
            source: The picture.
            planes: (h, w, 3), the part of the frame that the tiles to be run cover.
            on_tile: As for `merge`.
            cancel: As for `merge`.
        """
        assert run.tiles is not None, "TTSR knows no context whole"
        progress = _Progress(run, on_tile, cancel)
        layout = self._layout(run, source, TTSR_SCALE, correlate, progress)
        canvas_of = canvases(self._references, layout, run.border)
        found = transfer(
            run.predictor,
            planes,
            run.tiles,
            run.inner,
            canvas_of,
            progress.tile,
            batch=run.at_once,
        )
        place = run.computed
        self.maps = self._maps(
            layout,
            _placed(found.confidence, place, source.size),
            _placed(found.source, place, source.size, -1),
            _placed(found.places, place, source.size),
            place,
            range(len(self._references)),
        )
        return found.restored

    def _layout(
        self, run: StepRun, source: Source, scale: int, fit: Judge, progress: _Progress
    ) -> Layout:
        """Register the references on a picture, once for all its regions."""
        key = (run.spec.id, self._references)
        if source not in _LAYOUTS or _LAYOUTS[source][0] != key:
            target = network_planes(usual(source.part(source.region).colors))
            layout = register(target, self._references, scale, fit, progress.registration)
            _LAYOUTS[source] = (key, layout)
        progress.registration(1.0)
        return _LAYOUTS[source][1]

    def _maps(
        self,
        layout: Layout,
        confidence: FloatArray,
        source: NDArray[np.int16],
        places: FloatArray,
        region: Region,
        used: Collection[int],
    ) -> ReferenceMaps:
        """Rank the references by their share in a region of the picture."""
        seen, trust = region.of(source), region.of(confidence)
        ranks = [
            ReferenceRank(
                number,
                reference.name,
                used=number in used,
                share=float(trust[seen == number].sum() / seen.size),
                matches=layout.matches[number],
            )
            for number, reference in enumerate(self._references)
        ]
        ranks.sort(key=lambda rank: (-rank.share, -rank.matches))
        sizes = tuple(reference.size for reference in self._references)
        return ReferenceMaps(confidence, source, places, sizes, tuple(ranks))


class _Progress:
    """Progress of a step: the registration of the references, then its tiles."""

    def __init__(self, run: StepRun, on_tile: OnTick | None, cancel: CancelToken | None) -> None:
        self._total = run.ticks
        self._on_tile = on_tile
        self._cancel = cancel

    def registration(self, part: float) -> None:
        """Report the finished part of the registration, 0 to 1."""
        self._report(round(part * REGISTRATION_TICKS))

    def tile(self, done: int, total: int) -> None:
        """Report a finished tile."""
        self._report(REGISTRATION_TICKS + done)

    def _report(self, done: int) -> None:
        if self._cancel is not None:
            self._cancel.check()
        if self._on_tile is not None:
            self._on_tile(done, self._total)


def _placed(
    values: NDArray[Any], region: Region, size: tuple[int, int], around: float = 0
) -> NDArray[Any]:
    """Return (*size, ...) with the values in a region and `around` elsewhere."""
    whole = np.full((*size, *values.shape[2:]), around, values.dtype)
    region.of(whole)[...] = values
    return whole


def _collect(
    bands: Iterable[FloatArray],
    restored: FloatArray,
    confidence: FloatArray,
    region: Region,
    scale: int,
) -> None:
    """Split the bands of a result (h, w, 4) into colors and the mean confidence of each pixel."""
    fine = np.zeros(restored.shape[:2], np.float32)
    done = 0
    for band in bands:
        rows = slice(done, done + len(band))
        restored[rows], fine[rows] = band[..., :3], band[..., 3]
        done += len(band)
    inner = region.shrunk(scale)
    top, left = region.top - inner.top * scale, region.left - inner.left * scale
    bottom, right = (inner.bottom * scale - region.bottom, inner.right * scale - region.right)
    whole = np.pad(fine, ((top, bottom), (left, right)), mode="edge")
    blocks = whole.reshape(inner.height, scale, inner.width, scale)
    inner.of(confidence)[...] = blocks.mean((1, 3))
