"""Guide: reference pictures on their way into an enlargement, and what became of them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeAlias
from weakref import WeakKeyDictionary

import numpy as np
from numpy.typing import NDArray

from restorer.color import network_planes
from restorer.image import FloatArray
from restorer.inference.merging import Merger
from restorer.inference.predictor import Predictor
from restorer.restoration.reference.files import Reference
from restorer.restoration.reference.merge import judge
from restorer.restoration.reference.provenance import ReferenceMaps, ReferenceRank
from restorer.restoration.reference.registration import Judge, Layout, correlate, lay
from restorer.restoration.reference.ttsr_tiles import SCALE as TTSR_SCALE
from restorer.restoration.reference.ttsr_tiles import canvases, transfer
from restorer.restoration.source import Source, usual
from restorer.settings import CancelToken, OnTick, RunPlan
from restorer.tiling.plan import Region, TilePlan

_Key: TypeAlias = tuple[str, tuple[Reference, ...]]  # model and references

# Who restores several regions gives the same picture and references each time.
_LAID: WeakKeyDictionary[Source, tuple[_Key, Layout]] = WeakKeyDictionary()
LAYING_TICKS = 64  # of the work on a picture, before its tiles


@dataclass(frozen=True)
class Tiles:
    """What is to be run of a step.

    Attributes:
        plan: All tiles of the picture that the step takes.
        region: Of that picture, of which the result is wanted.
        seed: For networks that draw random numbers.
        self_ensemble: Whether each tile is the mean over its eight flips and transposes.
        batch: Tiles at once.
    """

    plan: TilePlan
    region: Region
    seed: int = 0
    self_ensemble: bool = False
    batch: int = 1

    @classmethod
    def of(cls, tiles: TilePlan, region: Region, plan: RunPlan) -> Tiles:
        """Return the tiles of a region that are run by a plan."""
        return cls(tiles, region, plan.seed, plan.self_ensemble, plan.batch)


class Guide:
    """The references of one run.

    Args:
        references: In the order that the user gave; none where a folder had none for the picture.

    Attributes:
        maps: What the last picture took from where; None before one was enlarged.
    """

    def __init__(self, references: Sequence[Reference]) -> None:
        self._references = tuple(references)
        self.maps: ReferenceMaps | None = None

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know of each reference."""
        if not self._references:
            return ("no reference is for this picture; it was enlarged without",)
        return tuple(rank.note for rank in self.maps.ranking) if self.maps else ()

    def merge(
        self,
        predictor: Predictor,
        picture: Source,
        base: FloatArray,
        part: Region,
        tiles: Tiles,
        *,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Return an enlargement with the textures of the references.

        Args:
            predictor: Made by `merging`.
            picture: What was enlarged, before any step.
            base: (h, w, 3), a part of its enlargement, white 1.
            part: Where that lies in the whole.
            tiles: Of the whole enlargement; those that are run lie in the part.
            on_tile: Called with (done, total) parts of the work, `LAYING_TICKS` before the tiles.
            cancel: Stops between two of them.

        Returns:
            (h', w', 3) of the wanted region; `base` itself where no reference helps.
        """
        assert isinstance(predictor.network, Merger), "made by merging"
        scale, wanted = predictor.network.network.scale, tiles.region
        ticker = _Ticker(tiles.plan.count(wanted), on_tile, cancel)
        layout = self._layout(predictor, picture, scale, partial(judge, predictor), ticker)
        confidence = np.zeros(picture.size, np.float32)
        if layout.layers:
            restored = np.empty((wanted.height, wanted.width, base.shape[2]), np.float32)
            cover = tiles.plan.cover(wanted)

            def rows(top: int, bottom: int) -> FloatArray:
                here = Region(top, cover.left, bottom - top, cover.width)
                shown = layout.texture(here.shrunk(scale), scale)
                return np.concatenate([here.of(base, part), shown], axis=2)

            bands = predictor.run_rows(
                rows,
                tiles.plan,
                region=wanted,
                seed=tiles.seed,
                self_ensemble=tiles.self_ensemble,
                batch=tiles.batch,
                on_tile=ticker.tile,
                cancel=cancel,
            )
            _collect(bands, restored, confidence, wanted, scale)
        else:
            restored = wanted.of(base, part)
        source, places = layout.sources()
        used = {layer.number for layer in layout.layers}
        region = wanted.shrunk(scale)
        self.maps = self._maps(layout, confidence, source, places, region, used)
        return restored

    def transfer(
        self,
        predictor: Predictor,
        picture: Source,
        planes: FloatArray,
        tiles: Tiles,
        border: int,
        *,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Return a picture enlarged by TTSR with the references.

        Args:
            predictor: Of a TTSR network.
            picture: What is enlarged, before any step.
            planes: (h, w, 3), what the tiles that are run cover of the picture and its border.
            tiles: Of the picture, border included.
            border: Pixels that the picture is continued by on every side.
            on_tile: As for `merge`.
            cancel: As for `merge`.
        """
        ticker = _Ticker(tiles.plan.count(tiles.region), on_tile, cancel)
        layout = self._layout(predictor, picture, TTSR_SCALE, correlate, ticker)
        canvas_of = canvases(self._references, layout, border)
        found = transfer(predictor, planes, tiles.plan, tiles.region, canvas_of, ticker.tile)
        inner = tiles.region
        place = Region(inner.top - border, inner.left - border, inner.height, inner.width)
        self.maps = self._maps(
            layout,
            _placed(found.confidence, place, picture.size),
            _placed(found.source, place, picture.size, -1),
            _placed(found.places, place, picture.size),
            place,
            range(len(self._references)),
        )
        return found.restored

    def _layout(
        self, predictor: Predictor, picture: Source, scale: int, fit: Judge, ticker: _Ticker
    ) -> Layout:
        """Lay the references onto a picture, once for all its regions."""
        key = (predictor.spec.id, self._references)
        if picture not in _LAID or _LAID[picture][0] != key:
            target = network_planes(usual(picture.part(picture.region).colors))
            _LAID[picture] = (key, lay(target, self._references, scale, fit, ticker.laying))
        ticker.laying(1.0)
        return _LAID[picture][1]

    def _maps(
        self,
        layout: Layout,
        confidence: FloatArray,
        source: NDArray[np.int16],
        places: FloatArray,
        region: Region,
        used: Collection[int],
    ) -> ReferenceMaps:
        """Rank the references by what a region of the picture took from each."""
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


class _Ticker:
    """Counts the work on a picture: laying its references, then its tiles."""

    def __init__(self, tiles: int, on_tile: OnTick | None, cancel: CancelToken | None) -> None:
        self._total = LAYING_TICKS + tiles
        self._on_tile = on_tile
        self._cancel = cancel

    def laying(self, part: float) -> None:
        """Take note of the part of the laying that is done, 0 to 1."""
        self._report(round(part * LAYING_TICKS))

    def tile(self, done: int, total: int) -> None:
        """Take note of a tile."""
        self._report(LAYING_TICKS + done)

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
    """Part the bands of a result (h, w, 4) into its colors and the mean confidence of a pixel."""
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
