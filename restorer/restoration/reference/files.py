"""Read the files of reference pictures, and rank them by keypoints."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np

from restorer import color, formats
from restorer.errors import ImageError, ImageFormatError
from restorer.formats import displayed
from restorer.image import FloatArray, Image
from restorer.restoration.provenance import FileHash
from restorer.restoration.reference.alignment import (
    Homography,
    Keypoints,
    find_homographies,
    find_keypoints,
    reduced,
)

log = logging.getLogger(__name__)

MOST = 4  # references that are merged; more cost time and memory, and hardly help

_KEYPOINT_PIXELS = 2_000_000  # of a picture that keypoints are searched in
_KEYPOINTS = 8000
_TOLERANCE = 2.0  # pixels of the target between a match and its plane
_PLANES = 2  # of one reference: walls at a corner, ground and facade
_MIN_SUPPORT = 12  # unrelated photographs have had up to 7
_REMEMBERED = 256  # files whose keypoints are kept, 4 MB each at most


@dataclass(frozen=True, eq=False)
class Reference:
    """A picture whose textures are transferred.

    Attributes:
        name: Its name in messages.
        values: (H, W, 3) float32, white 1.
        sha256: SHA-256 of its file; empty for a picture in memory.
    """

    name: str
    values: FloatArray
    sha256: str = ""

    @classmethod
    def of(cls, image: Image, name: str, sha256: str = "") -> Reference:
        """Return the colors of an image; transparent areas are filled from their surroundings."""
        colors, alpha = color.split(displayed(image).to_float())
        if alpha is not None:
            colors = color.extend_under_alpha(colors, alpha)
        planes = color.network_planes(np.clip(colors, 0, 1))
        return cls(name, np.ascontiguousarray(planes, np.float32), sha256)

    @property
    def file(self) -> FileHash:
        """Its file, for the provenance of results."""
        return FileHash(self.name, self.sha256)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return (self.values.shape[0], self.values.shape[1])

    @cached_property
    def keypoints(self) -> Keypoints:
        """Its keypoints, computed once."""
        return keypoints_of(self.values)


def open_references(
    paths: Sequence[Path | str], *, max_pixels: int | None = None
) -> tuple[Reference, ...]:
    """Read reference pictures. Raises ImageError for one that is unreadable or too large.

    Examples:
        >>> references = restorer.open_references([Path("photo.jpg")])
        >>> small = restorer.read("small.png")
        >>> large = restorer.restore(small, "ttsr-x4-lite", references=references)
        >>> large.height, large.width
        (96, 128)
    """
    budget = formats.DEFAULT_MAX_PIXELS if max_pixels is None else max_pixels
    found = []
    for path in map(Path, paths):
        try:
            image = formats.read(path, max_pixels=budget)
        except ImageError as error:
            raise type(error)(f"reference {error}") from error
        found.append(Reference.of(image, path.name, FileHash.of(path).sha256))
    return tuple(found)


def choose_references(target: Reference, paths: Sequence[Path | str]) -> tuple[Path, ...]:
    """Return the files that share most keypoints with a picture, at most `MOST`, best first.

    Up to `MOST` files are returned unread. Unreadable files are skipped.

    Examples:
        >>> target = restorer.Reference.of(restorer.read("small.png"), "small.png")
        >>> restorer.choose_references(target, [Path("noisy.png")])
        (...Path('noisy.png'),)
    """
    files = [Path(path) for path in paths]
    if len(files) <= MOST:
        return tuple(files)
    ranked = []
    for path in files:
        try:
            status = path.stat()
            found = _keypoints_in(path, status.st_mtime_ns, status.st_size)
        except (OSError, ImageFormatError):
            continue
        support = sum(plane.support for plane in shared_planes(target.keypoints, found))
        ranked.append((support, path))
    ranked.sort(key=lambda each: -each[0])
    return tuple(path for support, path in ranked[:MOST] if support) or tuple(files[:1])


def keypoints_of(values: FloatArray) -> Keypoints:
    """Return the keypoints of a picture of any size, in its pixels."""
    factor = max(1.0, (values.shape[0] * values.shape[1] / _KEYPOINT_PIXELS) ** 0.5)
    small = reduced(values, factor)
    found = find_keypoints(small, _KEYPOINTS)
    ratio = [values.shape[1] / small.shape[1], values.shape[0] / small.shape[0]]
    return Keypoints(found.points * np.array(ratio, np.float32), found.descriptors)


def shared_planes(target: Keypoints, reference: Keypoints) -> list[Homography]:
    """Return the planes that a target shares with a reference, as homographies to the reference."""
    # Estimated from reference to target, so that the tolerance is in pixels of the target.
    planes = find_homographies(
        reference, target, tolerance=_TOLERANCE, count=_PLANES, min_support=_MIN_SUPPORT
    )
    return [Homography(np.asarray(np.linalg.inv(plane.matrix)), plane.support) for plane in planes]


@lru_cache(maxsize=_REMEMBERED)
def _keypoints_in(path: Path, modified_ns: int, size_bytes: int) -> Keypoints:
    return Reference.of(formats.read(path), path.name).keypoints
