"""Small images and fake networks for tests."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors.torch import load_file
from torch import Tensor, nn

from restorer.attention.block_sizes import SIZES
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, WeightsFile
from restorer.tiling.plan import TileNeeds

GOLDEN = Path(__file__).parent / "golden"


def make_photograph(height: int, width: int) -> NDArray[np.uint8]:
    y, x = np.mgrid[:height, :width].astype(np.float32)
    waves = np.sin(x / 3) * np.cos(y / 5) * 40
    disc = ((x - width / 3) ** 2 + (y - height / 2) ** 2 < (height / 4) ** 2) * 70
    planes = [90 + waves + disc, 60 + x / width * 120 + disc, 200 - y / height * 150]
    return np.clip(np.stack(planes, 2), 0, 255).astype(np.uint8)


def make_scene(height: int, width: int, seed: int = 0) -> NDArray[np.float32]:
    """Return an image with structure everywhere at all scales, white = 1."""
    rng = np.random.default_rng(seed)
    planes = np.zeros((height, width, 3), np.float32)
    for cells in (4, 8, 16, 32, 64):
        grid = rng.random((cells, cells, 3)).astype(np.float32)
        coarse = np.stack(
            [
                np.kron(grid[..., c], np.ones((-(-height // cells), -(-width // cells))))
                for c in range(3)
            ],
            axis=2,
        )
        planes += coarse[:height, :width].astype(np.float32) / 5
    return planes


def load_golden(case: str) -> tuple[dict[str, Any], dict[str, Tensor]]:
    """Return the description and the tensors of one case."""
    description = json.loads((GOLDEN / f"{case}.json").read_text("utf-8"))
    return description, load_file(GOLDEN / f"{case}.safetensors")


def golden_weights(tensors: dict[str, Tensor]) -> dict[str, Tensor]:
    """Return the state dict among the tensors of a case."""
    return {k.removeprefix("weights/"): v for k, v in tensors.items() if k.startswith("weights/")}


def assert_equals(result: Tensor, expected: Tensor, atol: float) -> None:
    """Compare with a golden output; a mismatch shows the distribution of errors."""
    error = (result - expected).abs()
    edges = [0.0, atol / 100, atol / 10, atol, 10 * atol, float("inf")]
    counts = [int(((error >= a) & (error < b)).sum()) for a, b in itertools.pairwise(edges)]
    assert error.max() <= atol, (
        f"max {error.max():.2e}, mean {error.mean():.2e}, allowed {atol:.0e};"
        f" histogram below {edges[1:]}: {counts}"
    )


def tile_borders(length: int, starts: tuple[int, ...], side: int) -> NDArray[np.bool_]:
    """Return for each of `length` lines whether a tile starts there or ended on the line before."""
    return np.isin(np.arange(length), [line for s in starts for line in (s, s + side)])


def seam_ratio(
    result: NDArray[np.float32], starts: tuple[int, ...], side: int, period: int, axis: int
) -> float:
    """Return the ratio of the mean gradient at the borders of tiles to that nearby.

    Only lines at multiples of `period` are compared, because gradients differ between the phases of
    an enlarged image, and between the cells of a network.
    """
    steps = np.abs(np.diff(result, axis=axis)).mean(axis=(1 - axis, 2))
    lines = np.arange(1, result.shape[axis])
    borders = tile_borders(result.shape[axis], starts, side)[1:]
    near = np.convolve(borders, np.ones(8 * period + 1), "same").astype(bool) & ~borders
    alike = (lines - starts[0]) % period == 0
    return float(steps[borders].mean() / steps[near & alike].mean())


def contrast(first: str, second: str) -> float:
    """Return the ratio of contrast of two colors, ``#rrggbb``: 1 to 21 (WCAG 2.2, 1.4.3)."""

    def light(name: str) -> float:
        rgb = np.array([int(name[i : i + 2], 16) for i in (1, 3, 5)]) / 255
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        return float(linear @ (0.2126, 0.7152, 0.0722)) + 0.05

    lights = sorted((light(first), light(second)))
    return lights[1] / lights[0]


class Enlarge(nn.Module):
    """The identity with pixels repeated `scale` times in both directions; `before` may raise."""

    def __init__(self, scale: int = 1, before: Callable[[int, Tensor], Tensor] | None = None):
        super().__init__()
        self.scale, self.before, self.calls = scale, before, 0

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        self.calls += 1
        if self.before is not None:
            x = self.before(self.calls, x)
        return F.interpolate(x[:, :3], scale_factor=self.scale, mode="nearest")


def make_spec(scale: int = 1, condition: str = "", **needs: Any) -> ModelSpec:
    """Return a model that is not in the catalog."""
    tile = {
        "multiple_of": 4,
        "min_side": 8,
        "side": 32,
        "overlap": 4,
        "border": 0,
        "bytes_per_pixel": 100,
        "global_context": True,
    }
    return ModelSpec(
        id="fake",
        title="",
        task="super-resolution",
        architecture="panet-lite",
        params={},
        scale=scale,
        channels=3,
        condition=condition,
        condition_max=75.0,
        peak=1.0,
        license="MIT",
        source="",
        tile=TileNeeds(**{**tile, **needs}),
        weights=WeightsFile("fake.safetensors", "", 0, embedded=False),
    )


def limit_blocks(monkeypatch: pytest.MonkeyPatch, elements: int, *fields: str) -> None:
    """Let attentions on the CPU process so few values at a time; all kinds, or those named."""
    sizes = SIZES["cpu"]
    limited = sizes._replace(**dict.fromkeys(fields or sizes._fields, elements))
    monkeypatch.setitem(SIZES, "cpu", limited)


def fake_predictor(network: nn.Module, scale: int = 1, **needs: Any) -> Predictor:
    return Predictor(make_spec(scale, **needs), network, "cpu", "fp32")
