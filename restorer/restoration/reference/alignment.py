"""Align two pictures: common keypoints, homographies, dense optical flow.

Positions are (x, y) in pixels; the center of the first pixel is (0.5, 0.5), whatever the scale.
Pictures are (H, W, 3) float32 with white = 1.0.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image as PilImage
from PIL.Image import Resampling

from restorer.color import luma
from restorer.image import FloatArray
from restorer.tiling.blending import Blender
from restorer.tiling.plan import Region, TileNeeds, plan_tiles

Matrix = NDArray[np.float64]

_CONTRAST = 0.01  # keypoints fainter than a quarter of Lowe's 0.04 still match in blurred pictures
_CELLS = 16  # parts of a picture that have keypoints of their own, each way
_RATIO = 0.8  # of the distances to the best and second best match (Lowe 2004, section 7.1)
_MIN_MATCHES = 8  # twice what a homography needs
_FLOW_GRID = 2  # positions of the flow for each pixel, each way; 1 and 3 gave 0.2 dB less
_FLOW_PASSES = 2  # a second one, on what the first has moved, gave 0.06 dB more
_FLOW_MIN_SIDE = 16  # of the flow's pictures; smaller ones have no pyramid
_BLOCK = TileNeeds(  # of the flow, in target pixels: about a second's work, and room to move
    multiple_of=1,
    min_side=1,
    side=512,
    overlap=64,
    border=0,
    bytes_per_pixel=1,
    global_context=True,
)
_SPREAD = 8.0  # Gauss radius of the neighborhood that contrast is measured in, flow pixels
_FLOOR = 4 / 255  # contrast that counts as none
_SHARP = 1.2  # pixels of a picture for each sample that do not alias to speak of
_SIDE_LIMIT = 30_000  # OpenCV samples pictures up to 32,767 pixels a side


@dataclass(frozen=True, eq=False)
class Keypoints:
    """Distinct points of a picture.

    Attributes:
        points: (N, 2) float32 positions.
        descriptors: (N, 128) float32, SIFT as square roots of L1-normalized ones (Arandjelovic and
            Zisserman 2012, Three things everyone should know to improve object retrieval).
    """

    points: FloatArray
    descriptors: FloatArray


@dataclass(frozen=True, eq=False)
class Homography:
    """A plane that two pictures share.

    Attributes:
        matrix: 3x3, maps positions in the target to positions in the reference.
        support: Number of matches that agree with it.
    """

    matrix: Matrix
    support: int


def find_keypoints(values: FloatArray, limit: int) -> Keypoints:
    """Return up to `limit` keypoints of (H, W, C) colors, the strongest of each cell of a grid."""
    gray = _to_bytes(luma(values)[..., 0])
    detector: Any = cv2.SIFT_create(contrastThreshold=_CONTRAST)  # type: ignore[attr-defined]  # its stubs lack it
    every = detector.detect(gray, None)
    chosen = _strongest_everywhere(every, (gray.shape[0], gray.shape[1]), limit)
    if not chosen:
        return Keypoints(np.zeros((0, 2), np.float32), np.zeros((0, 128), np.float32))
    found, descriptors = detector.compute(gray, chosen)
    # OpenCV counts from the center of the first pixel.
    points = np.array([point.pt for point in found], np.float32) + np.float32(0.5)
    total = np.maximum(descriptors.sum(1, keepdims=True), np.finfo(np.float32).tiny)
    return Keypoints(points, np.sqrt(descriptors / total))


def find_homographies(
    target: Keypoints, reference: Keypoints, *, tolerance: float, count: int, min_support: int
) -> list[Homography]:
    """Return the planes that two pictures share, the one with most support first.

    Each is estimated from the matches that earlier ones do not explain (sequential MAGSAC++).

    Args:
        target: Keypoints of the picture whose positions are mapped.
        reference: Keypoints of the picture to which they are mapped.
        tolerance: Largest error of a match, in reference pixels.
        count: Largest number of planes.
        min_support: Smallest number of matches of a plane.
    """
    here, there = _matches(target, reference)
    planes: list[Homography] = []
    while len(planes) < count and len(here) >= max(_MIN_MATCHES, min_support):
        found: Any = cv2.findHomography(
            here, there, cv2.USAC_MAGSAC, tolerance, maxIters=10_000, confidence=0.9999
        )
        matrix, agreeing = found
        if matrix is None:
            break
        inliers = agreeing[:, 0] > 0
        support = int(inliers.sum())
        if support < min_support:
            break
        plane = np.asarray(matrix, np.float64)
        if _is_sound(plane, here[inliers]):
            planes.append(Homography(plane, support))
        here, there = here[~inliers], there[~inliers]
    return planes


def project(matrix: Matrix, places: FloatArray) -> FloatArray:
    """Map positions (..., 2) by a homography."""
    x, y = places[..., 0], places[..., 1]
    rows = [
        np.float32(a) * x + np.float32(b) * y + np.float32(c) for a, b, c in matrix / matrix[2, 2]
    ]
    rows[2][np.abs(rows[2]) < 1e-6] = 1e-6  # the horizon
    return np.stack([rows[0] / rows[2], rows[1] / rows[2]], axis=-1)


def pixel_places(rows: tuple[int, int], columns: tuple[int, int], density: int = 1) -> FloatArray:
    """Return the positions (h, w, 2) of the pixels of a rectangle.

    Args:
        rows: First row, and the one behind the last.
        columns: First column, and the one behind the last.
        density: Number of positions per pixel along each axis.
    """
    y, x = (
        (np.arange(a * density, b * density, dtype=np.float32) + np.float32(0.5)) / density
        for a, b in (rows, columns)
    )
    return np.stack(np.broadcast_arrays(x[None, :], y[:, None]), axis=-1)


def sample(picture: FloatArray, places: FloatArray) -> FloatArray:
    """Return the values (h, w, C) at positions (h, w, 2) by bicubic interpolation.

    Edge pixels repeat beyond the picture.
    """
    x, y = (places[..., i] - np.float32(0.5) for i in (0, 1))
    values = cv2.remap(picture, x, y, cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(values, np.float32).reshape(*places.shape[:2], -1)


def denser(places: FloatArray, scale: int, region: Region | None = None) -> FloatArray:
    """Return the positions (scale h, scale w, 2) of the pixels of a picture, enlarged by `scale`.

    Interpolation and extrapolation are linear.

    Args:
        places: Positions of the pixels of a picture, at least 2 x 2.
        scale: Number of new pixels per pixel along each axis.
        region: Region of the picture; None for all of it.
    """
    region = region or Region(0, 0, *places.shape[:2])
    index, share = _between(len(places), scale, region.top, region.bottom)
    wide = places[index] + share[:, None, None] * (places[index + 1] - places[index])
    index, share = _between(places.shape[1], scale, region.left, region.right)
    return wide[:, index] + share[:, None] * (wide[:, index + 1] - wide[:, index])


def is_inside(places: FloatArray, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Return a mask of the positions that lie in a picture of (height, width)."""
    x, y = places[..., 0], places[..., 1]
    return np.asarray((x >= 0) & (x <= size[1]) & (y >= 0) & (y <= size[0]))


def local_scale(matrix: Matrix, size: tuple[int, int]) -> float:
    """Return the median width of a target pixel in reference pixels."""
    grid = np.stack(
        np.meshgrid(np.linspace(0, size[1], 5), np.linspace(0, size[0], 5)), axis=-1
    ).astype(np.float32)
    right, below = np.eye(2, dtype=np.float32) / 2
    across = project(matrix, grid + right) - project(matrix, grid - right)
    down = project(matrix, grid + below) - project(matrix, grid - below)
    area = np.abs(across[..., 0] * down[..., 1] - across[..., 1] * down[..., 0])
    return float(np.sqrt(np.median(area)))


def follow(
    target: FloatArray,
    reference: FloatArray,
    matrix: Matrix,
    on_block: Callable[[int, int], None] | None = None,
) -> FloatArray:
    """Return the positions (h, w, 2) in the reference that correspond to the target's pixels.

    Args:
        target: (h, w, 3).
        reference: (h', w', 3), of any size.
        matrix: Homography that approximates the positions.
        on_block: Called with (done, total) parts of the work.
    """
    height, width = target.shape[:2]
    coarse = reduced(reference, local_scale(matrix, (height, width)))
    ratios = tuple(n / m for n, m in zip(coarse.shape[:2], reference.shape[:2], strict=True))
    into = scaled(matrix, (ratios[0], ratios[1]))
    plan = plan_tiles((height, width), _BLOCK)
    blender = Blender(plan, 1, 2)
    for tile in plan.tiles:
        part = target[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
        flow = find_flow(part, lambda at: sample(coarse, project(into, at)), (tile.top, tile.left))
        blender.add(tile, flow)
        if on_block is not None:
            on_block(tile.index + 1, len(plan.tiles))
    return project(matrix, pixel_places((0, height), (0, width)) + blender.values)


def find_flow(
    target: FloatArray, look: Callable[[FloatArray], FloatArray], origin: tuple[int, int]
) -> FloatArray:
    """Return the flow (h, w, 2) from the target to the reference.

    Dense inverse search (Kroeger et al. 2016, arXiv:1603.03590) on pictures of equal local
    contrast, so that neither exposure nor color matters.

    Args:
        target: A picture, or a part of one.
        look: Samples the reference (h', w', 3) at (h', w', 2) positions of the target.
        origin: Row and column of the part in the whole target.
    """
    height, width = target.shape[:2]
    density = _FLOW_GRID
    rows, columns = ((o, o + n) for o, n in zip(origin, (height, width), strict=True))
    grid = pixel_places(rows, columns, density)
    here = pixel_places((0, height), (0, width), density)
    still = _even_contrast(sample(target, here))
    moved = np.zeros_like(grid)
    if min(still.shape) < _FLOW_MIN_SIDE:
        return np.zeros((height, width, 2), np.float32)
    for _ in range(_FLOW_PASSES):
        seen = _even_contrast(look(grid + moved))
        moved += _dense_flow(still, seen) / np.float32(density)
    blocks = moved.reshape(height, density, width, density, 2)
    return np.asarray(blocks.mean((1, 3)), np.float32)


def reduced(picture: FloatArray, factor: float) -> FloatArray:
    """Return a picture shrunk by a factor without aliasing; a factor near 1 returns it unchanged.

    Sides beyond the limit of OpenCV's sampling are shrunk further.
    """
    factor = max(factor if factor > _SHARP else 1.0, max(picture.shape[:2]) / _SIDE_LIMIT)
    if factor == 1:
        return picture
    size = [max(1, round(n / factor)) for n in reversed(picture.shape[:2])]
    # Pillow's bicubic has no aliasing and blurs as small pictures are blurred; OpenCV's does not.
    planes = [PilImage.fromarray(np.ascontiguousarray(p)) for p in np.moveaxis(picture, 2, 0)]
    small = [np.asarray(p.resize((size[0], size[1]), Resampling.BICUBIC)) for p in planes]
    return np.stack(small, axis=2)


def scaled(matrix: Matrix, ratio: tuple[float, float]) -> Matrix:
    """Return the homography to a reference whose (height, width) were multiplied by ratios."""
    return np.diag([ratio[1], ratio[0], 1.0]) @ matrix


def _between(length: int, scale: int, start: int, stop: int) -> tuple[NDArray[np.intp], FloatArray]:
    """Return, for each new pixel, the pixel before it and the fraction of the way to the next."""
    center = (np.arange(start * scale, stop * scale) + 0.5) / scale - 0.5
    index = np.clip(np.floor(center).astype(np.intp), 0, length - 2)
    return index, (center - index).astype(np.float32)


def _strongest_everywhere(found: Sequence[Any], size: tuple[int, int], limit: int) -> list[Any]:
    """Select keypoints cell by cell, so that a shadow gets some beside a sunlit wall."""
    height, width = size
    cells = [
        int(point.pt[1] * _CELLS / height) * _CELLS + int(point.pt[0] * _CELLS / width)
        for point in found
    ]
    taken = [0] * _CELLS**2
    ranks = []
    for number in sorted(range(len(found)), key=lambda n: -found[n].response):
        ranks.append((taken[cells[number]], number))
        taken[cells[number]] += 1
    return [found[number] for _, number in sorted(ranks)[:limit]]


def _matches(target: Keypoints, reference: Keypoints) -> tuple[FloatArray, FloatArray]:
    """Return the positions (N, 2) of mutual matches, in both pictures."""
    if min(len(target.points), len(reference.points)) < 2:
        return target.points[:0], reference.points[:0]
    pairs = cv2.BFMatcher().knnMatch(target.descriptors, reference.descriptors, k=2)
    good = [best for best, second in pairs if best.distance < _RATIO * second.distance]
    here = target.points[[match.queryIdx for match in good]]
    return here, reference.points[[match.trainIdx for match in good]]


def _is_sound(matrix: Matrix, points: FloatArray) -> bool:
    """Return whether a homography neither mirrors, folds nor squeezes the picture."""
    if not np.isfinite(matrix).all() or abs(matrix[2, 2]) < 1e-12:
        return False
    matrix = matrix / matrix[2, 2]
    depth = points @ matrix[2, :2] + 1
    if depth.min() <= 0.2 or depth.max() > 5:
        return False
    u, v = points.mean(0).astype(np.float64)
    w = matrix[2] @ [u, v, 1]
    x, y = (matrix[0] @ [u, v, 1]) / w, (matrix[1] @ [u, v, 1]) / w
    jacobian = (matrix[:2, :2] - np.outer([x, y], matrix[2, :2])) / w
    large, small = np.linalg.svd(jacobian, compute_uv=False)
    return bool(np.linalg.det(jacobian) > 0 and large < min(5 * small, 64) and small > 1 / 64)


def _dense_flow(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> FloatArray:
    search: Any = cv2.DISOpticalFlow_create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)  # type: ignore[attr-defined]  # its stubs lack it
    search.setFinestScale(0)
    search.setPatchSize(8)
    search.setPatchStride(3)
    return np.asarray(search.calc(first, second, None), np.float32)


def _even_contrast(values: FloatArray) -> NDArray[np.uint8]:
    """Return luma (h, w), normalized by its local mean and standard deviation."""
    gray = luma(values)[..., 0]
    gray = gray - cv2.GaussianBlur(gray, (0, 0), _SPREAD)
    deviation = np.sqrt(cv2.GaussianBlur(gray * gray, (0, 0), _SPREAD) + np.float32(_FLOOR**2))
    return _to_bytes(np.float32(0.5) + np.float32(0.2) * gray / deviation)


def _to_bytes(values: FloatArray) -> NDArray[np.uint8]:
    return np.clip(np.rint(values * 255), 0, 255).astype(np.uint8)
