"""The photographs of a training run: which are used, and which are held out for validation."""

from __future__ import annotations

import hashlib
import re
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from restorer.color import network_planes, split
from restorer.errors import SettingsError
from restorer.formats import displayed, probe, read
from restorer.image import Image
from restorer.training.degrade import Bytes
from restorer.training.pairs import bare_stem, common_scale, list_images, listed, match_pairs

_VALIDATION_SHARE = 25  # one photograph in 25 is held out
_PART_SHARE = 5  # a fifth of a single photograph is held out
_FEW = 5  # photographs below which the validation PSNR depends on their choice
# Tiles of a photograph: p_1, 0801_s012. Names of cameras have more digits: DSC_0001.
_TILE = re.compile(r"_s?\d{1,3}$")


@dataclass(frozen=True)
class Photograph:
    """A clean image, with its input where pairs are given.

    Attributes:
        path: File of the clean image.
        size: Its height and width.
        input: File of the degraded image; None if the degradation is simulated.
        span: First and end row, or column of a wide image, of the part that is used.
    """

    path: Path
    size: tuple[int, int]
    input: Path | None = None
    span: tuple[int, int] | None = None

    def clean(self) -> Bytes:
        """Return the clean (H, W, 3) pixels."""
        return np.ascontiguousarray(self._cut(load_rgb(self.path), 1))

    def taken(self, scale: int) -> Image:
        """Return the given input, whose clean image is `scale` times as large."""
        assert self.input is not None, "pairs are given"
        image = read(self.input)
        return replace(image, pixels=np.ascontiguousarray(self._cut(image.pixels, scale)))

    def _cut(self, pixels: Any, scale: int) -> Any:
        if self.span is None:
            return pixels
        part = slice(*(n // scale for n in self.span))
        return pixels[:, part] if self.size[1] > self.size[0] else pixels[part]


@dataclass(frozen=True)
class TrainingSet:
    """The photographs of a training.

    Attributes:
        training: Photographs, or parts of them, for training.
        held_out: Photographs, or parts of them, for validation; never empty.
        notes: What the user should know about the choice, one sentence each.
    """

    training: tuple[Photograph, ...]
    held_out: tuple[Photograph, ...]
    notes: tuple[str, ...]


def find_photographs(
    data: Path, inputs: Path | None, *, scale: int, unit: int, least: int
) -> TrainingSet:
    """Choose the photographs for training and validation.

    One photograph in 25 is held out, by the hash of its name, and at least one. Tiles of one
    photograph (names that differ only in a final ``_<number>`` of up to three digits), copies, and
    equal names in several folders stay on one side. A single photograph is divided.

    Args:
        data: Folder of clean images; subfolders are included.
        inputs: Folder of their degraded versions; None if the degradation is simulated.
        scale: Scale of the clean images relative to the inputs.
        unit: Parts of a single photograph meet at a multiple of it, and of the scale.
        least: Smallest side of a clean image.

    Raises SettingsError if no image is large enough, or pairs do not fit.
    """
    notes = []
    if inputs is None:
        found = [Photograph(path, _size(path)) for path in list_images(data)]
    else:
        matches = match_pairs(inputs, data)
        common_scale(matches.pairs, scale)
        found = [Photograph(target, _size(target), taken) for taken, target in matches.pairs]
        if matches.unmatched:
            count = len(matches.unmatched)
            notes.append(f"not used, without a counterpart: {count} ({listed(matches.unmatched)})")
    small = [p for p in found if min(p.size) < least]
    usable = [p for p in found if min(p.size) >= least]
    if not usable:
        raise SettingsError(
            f"{data}: {len(found)} images, none of which has {least} x {least} pixels, which the"
            " patches of this recipe need"
        )
    if small:
        names = listed([p.path for p in small])
        notes.append(f"not used, smaller than {least} x {least} pixels: {len(small)} ({names})")
    training, held_out, summary = _divided(usable, unit, least)
    return TrainingSet(training, held_out, (*notes, summary))


def load_rgb(path: Path) -> Bytes:
    """Return any image as (H, W, 3) uint8; gray is repeated, and alpha is dropped."""
    return to_rgb(read(path))


def to_rgb(image: Image) -> Bytes:
    """Return the colors of an image as (H, W, 3) uint8; gray is repeated, and alpha is dropped."""
    colors, _ = split(displayed(image).to_float())
    pixels = image.with_float(network_planes(colors), bits=8).pixels
    return np.asarray(pixels, np.uint8)


def _divided(
    usable: Sequence[Photograph], unit: int, least: int
) -> tuple[tuple[Photograph, ...], tuple[Photograph, ...], str]:
    """Return training, held out, and a sentence about them."""
    groups = _groups(usable)
    if len(groups) == 1:
        return _divided_parts(usable, unit, least)
    rank = {name: hashlib.sha256(name.encode()).digest() for name in groups}
    held = [name for name in groups if rank[name][0] % _VALIDATION_SHARE == 0]
    if len(held) in (0, len(groups)):
        held = [min(groups, key=lambda name: rank[name])]
    sides = [
        tuple(p for name, own in groups.items() if (name in held) == wanted for p in own)
        for wanted in (False, True)
    ]
    files = f" in {len(usable)} files" if len(usable) > len(groups) else ""
    names = listed([p.path for p in sides[1]])
    summary = (
        f"{len(groups)} photographs{files}: {len(groups) - len(held)} for training,"
        f" {len(held)} held out for validation ({names})"
    )
    if len(held) < _FEW:
        summary += "; with so few, the validation PSNR is a rough guide"
    return sides[0], sides[1], summary


def _divided_parts(
    usable: Sequence[Photograph], unit: int, least: int
) -> tuple[tuple[Photograph, ...], tuple[Photograph, ...], str]:
    """Divide the images of a single photograph, so that no pixel is on both sides."""
    names = listed([p.path for p in usable])
    first, last = [], []
    for each in usable:
        length = max(each.size)
        border = (length - max(length // _PART_SHARE, least)) // unit * unit
        if border >= least:
            first.append(replace(each, span=(0, border)))
            last.append(replace(each, span=(border, length)))
    if not first:
        raise SettingsError(
            f"{names}: a single photograph (tiles and copies count as one), a part of which is held"
            f" out for validation, needs {2 * least} pixels along one side; add a second photograph"
        )
    summary = (
        f"only one photograph ({names}): its lower or right end is held out for validation, which"
        " says little about other photographs"
    )
    return tuple(first), tuple(last), summary


def _groups(usable: Sequence[Photograph]) -> dict[str, list[Photograph]]:
    """Return the images by the name of their photograph."""
    first_name: dict[str, str] = {}  # of each content that occurs twice
    sizes: dict[int, int] = defaultdict(int)
    for each in usable:
        sizes[each.path.stat().st_size] += 1
    groups: dict[str, list[Photograph]] = defaultdict(list)
    for each in usable:
        name = _TILE.sub("", bare_stem(each.path))
        if sizes[each.path.stat().st_size] > 1:
            content = hashlib.sha256(each.path.read_bytes()).hexdigest()
            name = first_name.setdefault(content, name)
        groups[name].append(each)
    return groups


def _size(path: Path) -> tuple[int, int]:
    header = probe(path)
    return header.height, header.width
