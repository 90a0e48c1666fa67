"""The images of an evaluation: clean ones, from folders or memory, and their inputs if given."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from restorer.errors import SettingsError
from restorer.formats import READABLE, read
from restorer.image import Image
from restorer.inputs import to_image
from restorer.training.degrade import Bytes
from restorer.training.pairs import common_scale, listed, match_pairs
from restorer.training.photographs import load_rgb, to_rgb


@dataclass(frozen=True, eq=False)
class Entry:
    """A clean image, with its degraded version if that is given.

    Attributes:
        folder: Its folder; empty for an image in memory.
        name: File name, or position.
        clean: Its file, or the image.
        given: The degraded version, or its file; None if a protocol degrades the clean image.
    """

    folder: str
    name: str
    clean: Path | Image
    given: Path | Image | None = None

    def truth(self) -> Bytes:
        """Return the clean image as (H, W, 3) uint8."""
        return load_rgb(self.clean) if isinstance(self.clean, Path) else to_rgb(self.clean)

    def input(self) -> Image:
        """Return the given degraded image, in its own depth."""
        assert self.given is not None, "pairs are given"
        return read(self.given) if isinstance(self.given, Path) else self.given


def clean_entries(data: Any, limit: int | None) -> dict[str, list[Entry]]:
    """Return the images by folder, in the given order.

    Args:
        data: A folder that directly contains the images, several folders, or several images.
        limit: Use only the first `limit` images of a folder.

    Raises SettingsError for a folder without images.
    """
    if folders := _folders(data):
        return {
            str(folder): [Entry(str(folder), path.name, path) for path in _files(folder)[:limit]]
            for folder in folders
        }
    images = [Entry("", str(n), to_image(each)) for n, each in enumerate(data)][:limit]
    if not images:
        raise SettingsError("data: no folders and no images")
    return {"": images}


def paired_entries(data: Any, inputs: Any, limit: int | None) -> tuple[dict[str, list[Entry]], int]:
    """Return pairs by folder, and the common scale of the clean images.

    Args:
        data: As for `clean_entries`; subfolders are included.
        inputs: The degraded versions: as many folders, matched by name, or as many images.
        limit: Use only the first `limit` pairs of a folder.

    Raises SettingsError if files have no counterpart, or sizes do not fit.
    """
    folders, given = _folders(data), _folders(inputs)
    if bool(folders) != bool(given) or (folders and len(folders) != len(given)):
        raise SettingsError("inputs: expected as many folders as data has, or as many images")
    if not folders:
        return _paired_images([*data], [*inputs], limit)
    found: dict[str, list[Entry]] = {}
    scale = None
    for folder, own in zip(folders, given, strict=True):
        matches = match_pairs(own, folder)
        if matches.unmatched:
            names = listed(matches.unmatched)
            raise SettingsError(f"{len(matches.unmatched)} files have no counterpart: {names}")
        scale = common_scale(matches.pairs[:limit], scale)
        found[str(folder)] = [
            Entry(str(folder), str(target.relative_to(folder)), target, taken)
            for taken, target in matches.pairs[:limit]
        ]
    assert scale is not None, "no folder is empty"
    return found, scale


def _paired_images(
    data: Sequence[Any], inputs: Sequence[Any], limit: int | None
) -> tuple[dict[str, list[Entry]], int]:
    if len(data) != len(inputs) or not data:
        raise SettingsError(f"inputs: {len(inputs)} images for {len(data)} clean ones")
    pairs = [(to_image(x), to_image(y)) for x, y in zip(data, inputs, strict=True)][:limit]
    scale = max(1, pairs[0][0].width // pairs[0][1].width)
    for number, (clean, given) in enumerate(pairs):
        if (given.height, given.width) != (clean.height // scale, clean.width // scale):
            raise SettingsError(
                f"image {number}: the input has {given.width} x {given.height} pixels, the clean"
                f" image {clean.width} x {clean.height}, but others have a ratio of {scale}"
            )
    return {"": [Entry("", str(n), *pair) for n, pair in enumerate(pairs)]}, scale


def _folders(data: Any) -> list[Path]:
    """Return the folders; an empty list for images."""
    if isinstance(data, (str, Path)):
        return [Path(data)]
    if isinstance(data, Sequence) and data and all(isinstance(x, (str, Path)) for x in data):
        return [Path(each) for each in data]
    return []


def _files(folder: Path) -> list[Path]:
    try:
        found = sorted(p for p in folder.iterdir() if p.suffix.lower() in READABLE)
    except OSError as error:
        raise SettingsError(f"{folder}: not a readable folder") from error
    if not found:
        raise SettingsError(
            f"{folder}: contains no images; expected the clean images of a test set"
        )
    return found
