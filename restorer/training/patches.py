"""Random pairs of degraded and clean patches from photographs."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError
from restorer.image import FloatArray
from restorer.inference.memory import free_bytes
from restorer.training.degradations import Degradation, Paired
from restorer.training.degrade import Bytes
from restorer.training.photographs import Photograph
from restorer.training.ranks import Ranks
from restorer.training.teacher import Teacher

# A degraded image and its target, or the files that hold them; see `Degradation.prepare`.
Pair: TypeAlias = tuple[Bytes, NDArray[Any]] | tuple[Path, Path]

_NOTE_SECONDS = 60.0  # between notes; a teacher takes seconds for a photograph
_MEMORY_SHARE = 0.5  # of the free memory; workers, batches and the system need the rest


@dataclass(frozen=True)
class Place:
    """Where a patch comes from: number of the image, corner in its input, turns and flip."""

    image: int
    top: int
    left: int
    quarters: int
    flip: bool

    def cut(self, image: NDArray[Any], side: int, scale: int = 1) -> NDArray[Any]:
        """Return the (side * scale, side * scale, C) patch of an image of that scale."""
        top, left, side = (n * scale for n in (self.top, self.left, side))
        patch = np.rot90(image[top : top + side, left : left + side], self.quarters)
        return np.ascontiguousarray(patch[:, ::-1] if self.flip else patch)


class PatchSource:
    """Prepared images; a patch depends only on (seed, step, number)."""

    def __init__(self, pairs: Sequence[Pair], degradation: Degradation) -> None:
        if not pairs:
            raise SettingsError("no images to train on")
        self.degradation = degradation
        self.pairs = pairs

    def batch(
        self, numbers: Iterable[int], side: int, seed: int, step: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return the patches of a batch with these numbers.

        These are (N, C, side, side) inputs and (N, 3, side*scale, side*scale) clean patches.
        """
        pairs = [self._patch(side, np.random.default_rng((seed, step, n))) for n in numbers]
        inputs, targets = (np.stack(x).transpose(0, 3, 1, 2) for x in zip(*pairs, strict=True))
        return np.ascontiguousarray(inputs), np.ascontiguousarray(targets)

    def shortest(self) -> int:
        """Return the shortest side of all degraded images."""
        return min(int(min(opened(degraded).shape[:2])) for degraded, _ in self.pairs)

    def place(self, side: int, rng: np.random.Generator) -> Place:
        """Draw the place of a patch, whose `side` includes the margin."""
        image = int(rng.integers(len(self.pairs)))
        height, width = opened(self.pairs[image][0]).shape[:2]
        top, left = (int(rng.integers(n - side + 1)) for n in (height, width))
        return Place(image, top, left, int(rng.integers(4)), bool(rng.integers(2)))

    def _patch(self, side: int, rng: np.random.Generator) -> tuple[FloatArray, FloatArray]:
        side += 2 * self.degradation.margin
        place, scale = self.place(side, rng), self.degradation.scale
        degraded, clean = map(opened, self.pairs[place.image])
        return self.degradation.finish(
            place.cut(degraded, side), place.cut(clean, side, scale), rng
        )


def prepare(
    photographs: Sequence[Photograph],
    degradations: Sequence[Degradation],
    spool: Path,
    ranks: Ranks,
    on_note: Callable[[str], None],
    teachers: Sequence[Teacher | None] = (),
) -> list[PatchSource]:
    """Read and prepare photographs, each of them once, for every degradation.

    Targets are the results of the `teachers`, one for each degradation, or the photographs.

    They are kept in memory. If they take more than half of the free memory, or if several
    processes share them, they are kept in files in `spool`, from which patches are read.

    Raises SettingsError if neither the memory nor the disk holds them, and ImageError.
    """
    found: list[list[Pair]] = [[] for _ in degradations]
    spooled = ranks.local_count > 1
    if spooled and ranks.local_rank > 0:
        ranks.any(False)  # wait for the files
        for number in range(len(photographs)):
            for member, pairs in enumerate(found):
                pairs.append(_files(spool, number, member))
        return [PatchSource(*each) for each in zip(found, degradations, strict=True)]
    pixels = sum(_pixels(photograph) for photograph in photographs)
    noted = time.monotonic()
    for number, photograph in enumerate(photographs):
        prepared = _prepared(photograph, degradations)
        for member, teacher in enumerate(teachers):
            if teacher is not None:
                degraded = prepared[member][0]
                prepared[member] = degraded, teacher.target(degraded)
        if number == 0:
            size = int(_size(prepared) / _pixels(photograph) * pixels)
            spooled = _check_memory(size, spool, on_note, spooled=spooled)
        for member, (pair, pairs) in enumerate(zip(prepared, found, strict=True)):
            pairs.append(_write(pair, spool, number, member) if spooled else pair)
        if time.monotonic() - noted > _NOTE_SECONDS:
            on_note(f"prepared {number + 1} of {len(photographs)} photographs")
            noted = time.monotonic()
    if ranks.local_count > 1:
        ranks.any(False)
    return [PatchSource(*each) for each in zip(found, degradations, strict=True)]


def opened(image: NDArray[Any] | Path) -> NDArray[Any]:
    """Open a file for each patch: thousands of open files would exceed the system's limit."""
    if isinstance(image, Path):
        opened: NDArray[Any] = np.load(image, mmap_mode="r")
        return opened
    return image


def _prepared(
    photograph: Photograph, degradations: Sequence[Degradation]
) -> list[tuple[Bytes, NDArray[Any]]]:
    clean = photograph.clean()
    return [
        each.prepare_pair(photograph.taken(each.scale), clean)
        if isinstance(each, Paired)
        else each.prepare(clean)
        for each in degradations
    ]


def _check_memory(size: int, spool: Path, on_note: Callable[[str], None], *, spooled: bool) -> bool:
    """Report the size of the prepared photographs; return whether files must hold them."""
    free = free_bytes("cpu")
    amount = f"the prepared photographs take {size / 1e9:.2f} GB"
    if not spooled and size <= _MEMORY_SHARE * free:
        on_note(f"{amount} of memory; {free / 1e9:.2f} GB are free")
        return False
    spool.mkdir(parents=True, exist_ok=True)
    disk = shutil.disk_usage(spool).free
    if size > disk:
        raise SettingsError(
            f"{amount}, but {spool} has only {disk / 1e9:.2f} GB, and the memory"
            f" {free / 1e9:.2f} GB; use fewer or smaller photographs"
        )
    on_note(f"{amount} and are kept in {spool} during the training")
    return True


def _size(prepared: Sequence[tuple[Bytes, NDArray[Any]]]) -> int:
    """Return the bytes of all arrays; views of one array count once."""
    arrays: list[Any] = [array for pair in prepared for array in pair]
    owners = [array if array.base is None else array.base for array in arrays]
    sizes: dict[int, int] = {id(owner): memoryview(owner).nbytes for owner in owners}
    return sum(sizes.values())


def _pixels(photograph: Photograph) -> int:
    if photograph.span is None:
        return photograph.size[0] * photograph.size[1]
    return (photograph.span[1] - photograph.span[0]) * min(photograph.size)


def _write(pair: tuple[Bytes, NDArray[Any]], spool: Path, number: int, member: int) -> Pair:
    degraded, clean = _names(spool, number, member)
    np.save(degraded, pair[0])
    if pair[1] is not pair[0]:
        np.save(clean, pair[1])
    return _files(spool, number, member)


def _files(spool: Path, number: int, member: int) -> Pair:
    degraded, clean = _names(spool, number, member)
    return degraded, clean if clean.exists() else degraded


def _names(spool: Path, number: int, member: int) -> tuple[Path, Path]:
    return spool / f"{number}-{member}-input.npy", spool / f"{number}-{member}-clean.npy"
