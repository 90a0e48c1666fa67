"""Training images with references: other views of a photograph, synthesized from itself.

A view is rotated, scaled, tilted and warped, lies partly outside the frame, and has a different
exposure, white balance, sharpness and noise; objects may occlude it. It is then aligned like a
user's reference. Some references show another photograph and must be ignored.
"""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import cv2
import numpy as np
from numpy.typing import NDArray

from restorer.image import FloatArray, Image
from restorer.restoration.api import restore
from restorer.restoration.reference.alignment import (
    Matrix,
    denser,
    follow,
    is_inside,
    pixel_places,
    project,
    sample,
)
from restorer.settings import Settings
from restorer.training.degrade import Bytes, bicubic_downscale, crop_to_multiple, jpeg, quantize

_UNRELATED_SHARE = 0.2
_OBJECTS = 7  # exclusive upper limit of the number of objects with parallax
_SEEN = 16  # photographs to remember as unrelated references for later ones


@dataclass(frozen=True)
class Referenced:
    """Small images with aligned references, and their enlargements without references.

    Attributes:
        scale: Scale of the enlargement.
        base: Models that run in order to make the enlargement to which references add.
        references: Number of references per photograph, seeded by its content.
        device: Device of these models, that of the training.
    """

    task: ClassVar[str] = "reference-sr"
    scale: int
    base: Sequence[str] | str
    references: int = 4
    margin: int = 0
    device: str = "cpu"
    _seen: list[Bytes] = field(default_factory=list, repr=False, compare=False)

    def prepare(self, image: Bytes) -> tuple[Bytes, Bytes]:
        """Return (h, w, N) masks of valid textures, and (H, W, 6 + 3 N): clean, base, textures."""
        clean = crop_to_multiple(image, self.scale)
        rng = np.random.default_rng(zlib.crc32(clean.tobytes()))
        small = bicubic_downscale(clean, self.scale)
        if rng.random() < 0.25:
            small = jpeg(small, int(rng.integers(80, 98)))
        models = [self.base] if isinstance(self.base, str) else list(self.base)
        settings = Settings(device=self.device)
        base = restore(Image(np.ascontiguousarray(small)), models, settings=settings).pixels
        inputs, outputs = [], [clean, base]
        for _ in range(self.references):
            unrelated = bool(self._seen) and rng.random() < _UNRELATED_SHARE
            shown = self._seen[int(rng.integers(len(self._seen)))] if unrelated else clean
            texture, inside = self._align(small, shown, rng)
            inputs.append(inside)
            outputs.append(texture)
        self._seen.append(clean)
        del self._seen[:-_SEEN]
        return np.concatenate(inputs, 2), np.concatenate(outputs, 2)

    def finish(
        self, patch: Bytes, clean: Bytes, rng: np.random.Generator
    ) -> tuple[FloatArray, FloatArray]:
        """Choose a reference and assemble the input planes of the network."""
        number = int(rng.integers(self.references))
        inside = patch[..., number].repeat(self.scale, 0).repeat(self.scale, 1)
        truth, base, texture = (clean[..., i : i + 3] for i in (0, 3, 6 + 3 * number))
        texture = _shift_locally(texture, self.scale, rng)
        planes = np.concatenate([base, texture, inside[..., None]], 2)
        return _normalize(planes), _normalize(truth)

    def _align(self, small: Bytes, shown: Bytes, rng: np.random.Generator) -> tuple[Bytes, Bytes]:
        """Synthesize a view of `shown` and align it with the small image."""
        height, width = small.shape[:2]
        view, matrix = _view(shown, self._seen, rng)
        matrix = (
            matrix @ np.diag([self.scale, self.scale, 1.0]) @ _jitter((height, width), 1.0, rng)
        )
        places = follow(_normalize(small), view, matrix)
        inside = is_inside(places, (view.shape[0], view.shape[1]))
        texture = sample(view, denser(places, self.scale))
        return quantize(texture * 255), inside[..., None].astype(np.uint8) * 255


def _view(
    shown: Bytes, others: Sequence[Bytes], rng: np.random.Generator
) -> tuple[FloatArray, Matrix]:
    """Return another view (h, w, 3) of a photograph, and the homography from photograph to view."""
    height, width = shown.shape[:2]
    angle = rng.uniform(-180, 180) if rng.random() < 0.1 else rng.normal(0, 8)
    scale = np.exp(rng.uniform(-0.25, 0.35))
    size = tuple(round(n * scale) for n in (height, width))
    about = cv2.getRotationMatrix2D((width / 2, height / 2), angle, scale)
    shift = [size[1] / 2 - width / 2, size[0] / 2 - height / 2]
    shift += rng.uniform(-0.15, 0.15, 2) * [size[1], size[0]]
    matrix = np.vstack([about + np.column_stack([np.zeros((2, 2)), shift]), [0, 0, 1]])
    matrix = matrix @ _jitter((height, width), 0.04 * max(height, width), rng)
    grid = pixel_places((0, size[0]), (0, size[1]))
    places = project(np.linalg.inv(matrix), grid) + _parallax(size, rng)
    x, y = (places[..., i] - np.float32(0.5) for i in (0, 1))
    seen = cv2.remap(_normalize(shown), x, y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REFLECT)
    view: FloatArray = np.clip(seen, 0, 1).astype(np.float32)
    for _ in range(int(rng.integers(3)) if others else 0):
        _occlude(view, others[int(rng.integers(len(others)))], rng)
    return _photograph(view, rng), matrix


def _jitter(size: tuple[int, int], reach: float, rng: np.random.Generator) -> Matrix:
    """Return a homography that moves the corners of an image by up to `reach` pixels."""
    height, width = size
    corners = np.array([[0, 0], [width, 0], [0, height], [width, height]], np.float32)
    moved = corners + rng.uniform(-reach, reach, (4, 2)).astype(np.float32)
    return np.asarray(cv2.getPerspectiveTransform(corners, moved))


def _parallax(size: tuple[int, int], rng: np.random.Generator) -> FloatArray:
    """Return (h, w, 2) displacements like parallax: smooth ones, and steps at edges."""
    cells = int(rng.integers(3, 9))
    reach = rng.choice([0.0, 2.0, 5.0, 10.0])
    coarse = rng.normal(0, reach / 2, (cells, cells, 2)).astype(np.float32)
    bent: FloatArray = np.asarray(cv2.resize(coarse, size[::-1], interpolation=cv2.INTER_CUBIC))
    for _ in range(int(rng.integers(_OBJECTS))):
        step = rng.normal(0, reach, 2).astype(np.float32)
        bent[_object(size, rng)] += step
    return bent


def _object(size: tuple[int, int], rng: np.random.Generator) -> NDArray[np.bool_]:
    """Return the mask of an object, a band or an ellipse."""
    mask = np.zeros(size, np.uint8)
    height, width = size
    center = (int(rng.integers(width)), int(rng.integers(height)))
    long = max(size) if rng.random() < 0.5 else int(rng.integers(8, width // 3))
    wide = int(rng.integers(2, width // 6))
    cv2.ellipse(mask, center, (long, wide), float(rng.uniform(0, 180)), 0, 360, 1, -1)
    return mask > 0


def _shift_locally(texture: Bytes, scale: int, rng: np.random.Generator) -> Bytes:
    """Shift a texture locally by up to a third of an input pixel, like errors of optical flow."""
    height, width = texture.shape[:2]
    cells = int(rng.integers(2, 8))
    error = rng.normal(0, rng.uniform(0, scale / 6), (cells, cells, 2)).astype(np.float32)
    shift = cv2.resize(error, (width, height), interpolation=cv2.INTER_CUBIC)
    places = pixel_places((0, height), (0, width)) + shift - np.float32(0.5)
    moved = cv2.remap(
        texture, places[..., 0], places[..., 1], cv2.INTER_CUBIC, borderMode=cv2.BORDER_REFLECT
    )
    return np.asarray(moved, np.uint8)


def _occlude(view: FloatArray, other: Bytes, rng: np.random.Generator) -> None:
    """Paste an object cut from another photograph."""
    height, width = view.shape[:2]
    patch = cv2.resize(_normalize(other), (width, height), interpolation=cv2.INTER_CUBIC)
    mask = _object((height, width), rng)
    view[mask] = patch[mask]


def _photograph(view: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Simulate a photograph of the view with another camera."""
    if rng.random() < 0.3:
        view = np.asarray(cv2.GaussianBlur(view, (0, 0), rng.uniform(0.3, 1.0)), np.float32)
    if rng.random() < 0.7:
        balance = rng.normal(1, 0.07, 3).astype(np.float32)
        level = np.float32(np.exp(rng.normal(0, 0.15)))
        view = np.clip(view * balance * level, 0, 1) ** np.float32(np.exp(rng.normal(0, 0.12)))
    if rng.random() < 0.5:
        view = view + rng.normal(0, rng.uniform(0, 4) / 255, view.shape).astype(np.float32)
    taken = quantize(view * 255)
    if rng.random() < 0.6:
        taken = jpeg(taken, int(rng.integers(75, 98)))
    return _normalize(taken)


def _normalize(values: Bytes) -> FloatArray:
    return values.astype(np.float32) / np.float32(255)
