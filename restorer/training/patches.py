"""Random pairs of degraded and clean patches from a folder of photographs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from restorer.color import network_planes, split
from restorer.errors import SettingsError
from restorer.formats import READABLE, probe, read
from restorer.image import FloatArray
from restorer.training.degradations import Degradation
from restorer.training.degrade import Bytes

_VALIDATION_SHARE = 25  # one photograph in 25 is held out


class PatchSource:
    """Prepared images in memory; batches depend only on (seed, step)."""

    def __init__(self, images: Sequence[Bytes], degradation: Degradation) -> None:
        if not images:
            raise SettingsError("no images to train on")
        self.degradation = degradation
        self.pairs = [degradation.prepare(image) for image in images]

    def batch(self, count: int, side: int, seed: int, step: int) -> tuple[FloatArray, FloatArray]:
        """Return (N, C, side, side) inputs and (N, 3, side*scale, side*scale) clean patches."""
        rng = np.random.default_rng((seed, step))
        pairs = [self._patch(side, rng) for _ in range(count)]
        inputs, targets = (np.stack(x).transpose(0, 3, 1, 2) for x in zip(*pairs, strict=True))
        return np.ascontiguousarray(inputs), np.ascontiguousarray(targets)

    def _patch(self, side: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        degraded, clean = self.pairs[rng.integers(len(self.pairs))]
        scale = self.degradation.scale
        side += 2 * self.degradation.margin
        top, left = (int(rng.integers(n - side + 1)) for n in degraded.shape[:2])
        patch = degraded[top : top + side, left : left + side]
        truth = clean[top * scale : (top + side) * scale, left * scale : (left + side) * scale]
        quarters, flip = int(rng.integers(4)), bool(rng.integers(2))
        patch, truth = (np.rot90(x, quarters) for x in (patch, truth))
        if flip:
            patch, truth = patch[:, ::-1], truth[:, ::-1]
        patch, truth = (np.ascontiguousarray(x) for x in (patch, truth))
        return self.degradation.finish(patch, truth, rng)


def split_photographs(folder: Path, min_side: int) -> tuple[list[Path], list[Path]]:
    """Return the (training, validation) images below `folder`, split by photograph.

    Tiles of one photograph (names that differ only in a final ``_<number>``) stay together. Images
    smaller than `min_side` are ignored. The split depends only on the names.
    """
    paths = sorted(p for p in folder.rglob("*") if p.suffix.lower() in READABLE)
    usable = [p for p in paths if min(probe(p).height, probe(p).width) >= min_side]
    held_out = [p for p in usable if _held_out(p)]
    return [p for p in usable if not _held_out(p)], held_out


def _held_out(path: Path) -> bool:
    photograph = re.sub(r"_\d+$", "", path.stem)
    return hashlib.sha256(photograph.encode()).digest()[0] % _VALIDATION_SHARE == 0


def load_rgb(path: Path) -> Bytes:
    """Return any image as (H, W, 3) uint8; gray is repeated, and alpha is dropped."""
    image = read(path)
    colors, _ = split(image.to_float())
    pixels = image.with_float(network_planes(colors), bits=8).pixels
    return np.asarray(pixels, np.uint8)
