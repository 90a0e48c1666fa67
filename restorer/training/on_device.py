"""Cut batches on the training device, so that a GPU does not wait for the CPU."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from restorer.inference.memory import free_bytes
from restorer.training.degradations import Bicubic
from restorer.training.patches import PatchSource, Place, opened

_MEMORY_SHARE = 0.3  # of the free memory of the device; network and batches need the rest


class DevicePatches:
    """The batches of a `PatchSource`, equal to them but for the rounding of white = 1.

    All photographs lie on the device, in 8 or 16 bits. This requires that patches are cut from
    them, and not damaged (`fits`).
    """

    def __init__(self, source: PatchSource, device: str) -> None:
        self._source = source
        inputs, targets = zip(*source.pairs, strict=True)
        self._inputs, self._targets = _Pixels(inputs, device), _Pixels(targets, device)

    def batch(
        self, numbers: Iterable[int], side: int, seed: int, step: int
    ) -> tuple[Tensor, Tensor]:
        """Return the patches of a batch as `PatchSource.batch` does, in channels last."""
        places = [
            self._source.place(side, np.random.default_rng((seed, step, number)))
            for number in numbers
        ]
        scale = self._source.degradation.scale
        return self._inputs.cut(places, side, 1), self._targets.cut(places, side, scale)


def fits(sources: Sequence[PatchSource], device: str) -> bool:
    """Return whether `DevicePatches` can take the sources, and the device has the memory."""
    if not all(isinstance(source.degradation, Bicubic) for source in sources):
        return False
    pairs = [each for source in sources for pair in source.pairs for each in map(opened, pair)]
    return sum(each.nbytes for each in pairs) <= _MEMORY_SHARE * free_bytes(device)


class _Pixels:
    """Images of any sizes, one pixel behind the other."""

    def __init__(self, images: Sequence[Any], device: str) -> None:
        arrays = [opened(image) for image in images]
        sizes = [array.shape[0] * array.shape[1] for array in arrays]
        self._starts = np.cumsum([0, *sizes[:-1]])
        self._widths = np.array([array.shape[1] for array in arrays])
        self._white = 65535 if arrays[0].dtype == np.uint16 else 255
        rows = [torch.from_numpy(_signed(array).reshape(-1, array.shape[2])) for array in arrays]
        self._values = torch.cat(rows).to(device)

    def cut(self, places: Sequence[Place], side: int, scale: int) -> Tensor:
        """Return (N, C, side * scale, side * scale) patches with white = 1."""
        side *= scale
        images = [place.image for place in places]
        corners = self._starts[images] + self._widths[images] * [p.top * scale for p in places]
        corners += [place.left * scale for place in places]
        turns = [4 * place.flip + place.quarters for place in places]
        given = np.stack([corners, self._widths[images], turns]).astype(np.int64)
        corner, width, turn = torch.from_numpy(given).to(self._values.device, non_blocking=True)
        down, across = _turned(side, str(self._values.device))
        index = corner[:, None] + down[turn] * width[:, None] + across[turn]
        patches = self._values[index].view(len(places), side, side, -1).permute(0, 3, 1, 2)
        if patches.dtype == torch.int16:
            patches = patches.int() & 0xFFFF
        return patches.float() / self._white


@lru_cache(maxsize=8)
def _turned(side: int, device: str) -> tuple[Tensor, Tensor]:
    """Return rows and columns of the pixels of a patch, (8, side * side), for each symmetry."""
    down, across = (
        np.stack([_turn(grid, turn).reshape(-1) for turn in range(8)])
        for grid in np.indices((side, side))
    )
    return torch.from_numpy(down).to(device), torch.from_numpy(across).to(device)


def _turn(grid: NDArray[np.int64], turn: int) -> NDArray[np.int64]:
    turned = np.rot90(grid, turn % 4)
    return turned[:, ::-1] if turn >= 4 else turned


def _signed(array: NDArray[Any]) -> NDArray[Any]:
    """Return an array that torch can gather on all devices: bits of uint16 as int16."""
    array = np.ascontiguousarray(array)
    return array.view(np.int16) if array.dtype == np.uint16 else array
