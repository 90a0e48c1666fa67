"""TTSR on pictures of any size: the canvas that each tile searches, and its matches.

Every tile searches small references whole, as the authors' network does. Of large ones it searches
the parts that are registered at its own place, and the whole references at low resolution.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from restorer.errors import InvalidOutputError
from restorer.image import FloatArray
from restorer.inference.devices import Precision, number_format
from restorer.inference.memory import fitting
from restorer.inference.pipeline import cut_tile
from restorer.inference.predictor import Predictor
from restorer.networks.ttsr import TTSR, ReferenceFeatures
from restorer.restoration.reference.alignment import reduced
from restorer.restoration.reference.files import Reference
from restorer.restoration.reference.registration import Layout
from restorer.tiling.blending import Blender
from restorer.tiling.plan import Region, Tile, TilePlan

log = logging.getLogger(__name__)

SCALE = 4
_CELL = 4  # reference pixels for each patch that is searched, each way
_WHOLE_PIXELS = 1 << 20  # total of references that are searched whole; 4 references of CUFED5
_LOW_PIXELS = 1 << 16  # total of the references at low resolution
_MARGIN = 8  # input pixels that a tile searches beyond its own place


@dataclass(frozen=True, eq=False)
class Canvas:
    """Pictures side by side, for one search.

    Attributes:
        pixels: (H, W, 3) float32, white 1; H and W are multiples of 4.
        source: (H / 4, W / 4) int16, the reference that a cell of 4 x 4 pixels shows, -1 for none.
        places: (H / 4, W / 4, 2), row and column in pixels of that reference.
    """

    pixels: FloatArray
    source: NDArray[np.int16]
    places: FloatArray


@dataclass(frozen=True, eq=False)
class Transferred:
    """Result and matches of the tiles, for each pixel of the input (h, w).

    Attributes:
        restored: (4 h, 4 w, 3), white 1.
        confidence: (h, w), cosine similarity of the texture and its match, at least 0.
        source: (h, w) int16, number of the reference, -1 for none.
        places: (h, w, 2), row and column in it.
    """

    restored: FloatArray
    confidence: FloatArray
    source: NDArray[np.int16]
    places: FloatArray


def transfer(
    predictor: Predictor,
    planes: FloatArray,
    plan: TilePlan,
    region: Region,
    canvas_of: Callable[[Tile], Canvas],
    on_tile: Callable[[int, int], None],
    batch: int = 1,
) -> Transferred:
    """Run TTSR on the tiles that meet a region.

    Args:
        predictor: A TTSR network.
        planes: (h, w, 3) of `plan.cover(region)`, white 1.
        plan: The tiles of the whole picture.
        region: The region to restore.
        canvas_of: Returns the canvas of a tile; the same object is encoded once.
        on_tile: Called with (done, total) tiles; may raise to stop.
        batch: Number of tiles that go through the network at once, where they share a canvas.

    Raises OutOfMemoryError, InvalidOutputError.
    """
    corner, tiles = plan.cover(region), [t for row in plan.meeting(region) for t in row]
    blender, soft = Blender(plan, SCALE, 3, region), Blender(plan, 1, 1, region)
    source = np.full((region.height, region.width), -1, np.int16)
    places = np.zeros((region.height, region.width, 2), np.float32)
    run, done = _Encoded(predictor), 0
    for some, canvas in _sharing(tiles, canvas_of, batch):
        parts = []
        for tile in some:
            band = planes[tile.top - corner.top :][: tile.height]
            parts.append(cut_tile(band, tile, corner.left))
        results = run.transfer(np.stack(parts), canvas)
        for tile, restored, score, index in zip(some, *results, strict=True):
            blender.add(tile, restored)
            soft.add(tile, np.maximum(score, 0)[..., None].astype(np.float32))
            _note(tile, region, canvas, index, source, places)
            done += 1
            on_tile(done, len(tiles))
    return Transferred(blender.values, soft.values[..., 0], source, places)


class _Encoded:
    """The network, with the features of the last canvas."""

    def __init__(self, predictor: Predictor) -> None:
        self._predictor = predictor
        self._canvas: Canvas | None = None
        self._features: ReferenceFeatures | None = None

    def transfer(
        self, tiles: FloatArray, canvas: Canvas
    ) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
        """Map tiles (N, h, w, 3) to results (N, 4 h, 4 w, 3), scores and matches (N, h, w).

        Results that are not finite are computed again in float32. Raises InvalidOutputError.
        """
        predictor = self._predictor
        for precision in dict.fromkeys((predictor.precision, "fp32")):
            results = self._transfer(tiles, canvas, precision)
            if np.isfinite(results[0]).all():
                return results
            log.warning("%s: not finite in %s", predictor.spec.id, precision)
        raise InvalidOutputError(f"{predictor.spec.id}: the network returned NaN or infinity")

    def _transfer(
        self, tiles: FloatArray, canvas: Canvas, precision: Precision
    ) -> tuple[FloatArray, FloatArray, NDArray[np.int64]]:
        predictor, network = self._predictor, self._predictor.network
        assert isinstance(network, TTSR), "the architecture of models without a base"
        what = f"{predictor.spec.id}: {len(tiles)} tiles of {tiles.shape[2]}"
        with (
            fitting(predictor.device, what),
            torch.inference_mode(),
            number_format(predictor.device, precision),
        ):
            if self._canvas is not canvas or self._features is None:
                self._features = network.encode_reference(_tensor(canvas.pixels[None], predictor))
                self._canvas = canvas
            x = _tensor(tiles, predictor)
            result, found = network.transfer(x, self._features.expanded(len(x)))
            restored = predictor.finished(x, result.float()).permute(0, 2, 3, 1)
            score, index = found.soft[:, 0].float(), found.index
        return restored.cpu().numpy(), score.cpu().numpy(), index.cpu().numpy()


def _sharing(
    tiles: Sequence[Tile], canvas_of: Callable[[Tile], Canvas], batch: int
) -> Iterator[tuple[list[Tile], Canvas]]:
    """Yield up to `batch` tiles in a row that search the same canvas."""
    some: list[Tile] = []
    shared: Canvas | None = None
    for tile in tiles:
        canvas = canvas_of(tile)
        if shared is not None and (canvas is not shared or len(some) == batch):
            yield some, shared
            some = []
        some.append(tile)
        shared = canvas
    if shared is not None:
        yield some, shared


def canvases(
    references: Sequence[Reference], layout: Layout, border: int
) -> Callable[[Tile], Canvas]:
    """Return a function that maps each tile to the canvas that it searches.

    Args:
        references: All references.
        layout: Their registration on the picture.
        border: Width of the border around the picture, in whose frame tiles are placed.
    """
    pixels = sum(r.size[0] * r.size[1] for r in references)
    if pixels <= _WHOLE_PIXELS or not layout.layers:
        whole = beside([_panel(n, r, pixels, _WHOLE_PIXELS) for n, r in enumerate(references)])
        return lambda tile: whole
    low = beside([_panel(n, r, pixels, _LOW_PIXELS) for n, r in enumerate(references)])
    height, width = layout.choice.shape
    source, places = layout.sources()

    def near(tile: Tile) -> Canvas:
        place = Region(tile.top - border, tile.left - border, tile.height, tile.width)
        here = place.grown(_MARGIN, (height, width))
        shown = np.ascontiguousarray(layout.texture(here, SCALE)[..., :3])
        return beside([Canvas(shown, here.of(source), here.of(places)), low])

    return near


def beside(panels: Sequence[Canvas]) -> Canvas:
    """Put pictures side by side; shorter ones are extended by mirroring, without a source."""
    height = max(len(panel.pixels) for panel in panels)

    def fill(values: NDArray[np.float32], rows: int) -> FloatArray:
        return np.pad(values, ((0, rows - len(values)), (0, 0), (0, 0)), mode="symmetric")

    cells = height // _CELL
    unnamed = [
        np.pad(p.source, ((0, cells - len(p.source)), (0, 0)), constant_values=-1) for p in panels
    ]
    return Canvas(
        np.concatenate([fill(panel.pixels, height) for panel in panels], axis=1),
        np.concatenate(unnamed, axis=1),
        np.concatenate([fill(panel.places, cells) for panel in panels], axis=1),
    )


def _panel(number: int, reference: Reference, pixels: int, budget: int) -> Canvas:
    """Return a reference, shrunk so that all references, `pixels` in total, fit a budget."""
    small = reduced(reference.values, max(1.0, (pixels / budget) ** 0.5))
    rows, columns = (n // _CELL for n in small.shape[:2])
    if min(rows, columns) == 0:
        short = [max(0, _CELL - n) for n in small.shape[:2]]
        small = np.pad(small, ((0, short[0]), (0, short[1]), (0, 0)), mode="edge")
        rows, columns = (n // _CELL for n in small.shape[:2])
    ratio = [n / m for n, m in zip(reference.size, small.shape[:2], strict=True)]
    y, x = ((np.arange(n, dtype=np.float32) + 0.5) * _CELL for n in (rows, columns))
    places = np.stack(np.broadcast_arrays(y[:, None] * ratio[0], x[None] * ratio[1]), axis=-1)
    return Canvas(
        np.ascontiguousarray(small[: rows * _CELL, : columns * _CELL]),
        np.full((rows, columns), number, np.int16),
        places.astype(np.float32),
    )


def _note(
    tile: Tile,
    region: Region,
    canvas: Canvas,
    index: NDArray[np.int64],
    source: NDArray[np.int16],
    places: FloatArray,
) -> None:
    """Record the origin of the patches of a tile inside the region; later tiles win."""
    top, left = max(tile.top, region.top), max(tile.left, region.left)
    bottom = min(tile.top + tile.height, region.bottom)
    right = min(tile.left + tile.width, region.right)
    here = Region(top, left, bottom - top, right - left)
    found = here.of(index, Region(tile.top, tile.left, tile.height, tile.width))
    here.of(source, region)[...] = canvas.source.reshape(-1)[found]
    here.of(places, region)[...] = canvas.places.reshape(-1, 2)[found]


def _tensor(values: FloatArray, predictor: Predictor) -> Tensor:
    """Map (N, H, W, 3) to (N, 3, H, W) on the predictor's device."""
    tensor = torch.from_numpy(np.ascontiguousarray(values))
    return tensor.to(predictor.device).permute(0, 3, 1, 2)
