"""Predictor: a network on a device, run tile by tile. The door to torch."""

from __future__ import annotations

import logging
from contextlib import AbstractContextManager, nullcontext

import numpy as np
import torch
from torch import Tensor, nn

from restorer.catalog import ModelSpec
from restorer.checkpoint import load_state, read_state
from restorer.devices import DTYPES, Precision, empty_cache
from restorer.errors import InvalidOutputError, OutOfMemoryError
from restorer.image import FloatArray
from restorer.jobs import CancelToken, OnTick
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import channels_last
from restorer.store import weights_path
from restorer.tiling import Blender, Tile, TilePlan

log = logging.getLogger(__name__)


class Predictor:
    """A model on a device.

    Attributes:
        spec: The model.
        network: Takes (N, C, h, w) tensors and a seed.
        device: Where it lies.
        precision: How it computes; the parameters stay in float32.
    """

    def __init__(
        self, spec: ModelSpec, network: nn.Module, device: str, precision: Precision
    ) -> None:
        self.spec = spec
        self.device = device
        self.precision = precision
        network = channels_last(network.to(device))
        self.network = network.eval().requires_grad_(False)

    @classmethod
    def load(cls, spec: ModelSpec, device: str, precision: Precision) -> Predictor:
        """Build the network of `spec` and give it its verified weights.

        Raises WeightsError or CheckpointError.
        """
        path = weights_path(spec)
        network = ARCHITECTURES[spec.architecture](**spec.params)
        load_state(network, read_state(path), name=str(path))
        return cls(spec, network, device, precision)

    def run(
        self,
        values: FloatArray,
        plan: TilePlan,
        *,
        seed: int = 0,
        on_tile: OnTick | None = None,
        cancel: CancelToken | None = None,
    ) -> FloatArray:
        """Map (H, W, C) planes, white 1, to (H * scale, W * scale, C'), not clipped.

        Every tile has its own seed, made of `seed` and its index, so that the order cannot matter.

        Raises:
            OutOfMemoryError: A tile does not fit; start again with a smaller plan.
            InvalidOutputError: A tile is NaN or infinite in float32 too.
            Cancelled: `cancel` was set; checked before every tile.
        """
        blender: Blender | None = None
        for tile in plan.tiles:
            if cancel is not None:
                cancel.check()
            restored = self._restore_tile(_cut(values, tile), seed + tile.index)
            if blender is None:
                blender = Blender(plan, self.spec.scale, restored.shape[2])
            blender.add(tile, restored)
            if on_tile is not None:
                on_tile(tile.index + 1, len(plan.tiles))
        assert blender is not None, "a plan has at least one tile"
        return blender.values

    def _restore_tile(self, values: FloatArray, seed: int) -> FloatArray:
        """Run one tile; a result that is not finite is computed once more in float32."""
        restored = self._forward(values, seed, self.precision)
        if not np.isfinite(restored).all() and self.precision != "fp32":
            log.warning("%s: tile not finite in %s, again in fp32", self.spec.id, self.precision)
            restored = self._forward(values, seed, "fp32")
        if not np.isfinite(restored).all():
            raise InvalidOutputError(
                f"{self.spec.id}: the network returned NaN or infinity on {self.device}"
            )
        return restored

    def _forward(self, values: FloatArray, seed: int, precision: Precision) -> FloatArray:
        try:
            with torch.inference_mode(), self._autocast(precision):
                x = torch.from_numpy(values).permute(2, 0, 1)[None].to(self.device)
                x = (x * self.spec.peak).contiguous(memory_format=torch.channels_last)
                y: Tensor = self.network(x, seed=seed).float() / self.spec.peak
                return y[0].permute(1, 2, 0).cpu().numpy()
        except (MemoryError, RuntimeError) as error:
            if not _is_out_of_memory(error):
                raise
            empty_cache(self.device)
            size = f"{values.shape[1]} x {values.shape[0]}"
            raise OutOfMemoryError(
                f"{self.spec.id}: a tile of {size} does not fit into the memory of {self.device}"
            ) from error

    def _autocast(self, precision: Precision) -> AbstractContextManager[object]:
        if precision == "fp32":
            return nullcontext()
        return torch.autocast(self.device.split(":")[0], DTYPES[precision])


def _is_out_of_memory(error: BaseException) -> bool:
    """Tell lack of memory from other errors; torch has no exception of its own for the CPU."""
    return isinstance(error, (MemoryError, torch.OutOfMemoryError)) or "DefaultCPUAllocator" in str(
        error
    )


def _cut(values: FloatArray, tile: Tile) -> FloatArray:
    """Return a copy of the tile; what lies beyond the image mirrors it, edge pixels repeated."""
    part = values[tile.top : tile.top + tile.height, tile.left : tile.left + tile.width]
    missing = (tile.height - part.shape[0], tile.width - part.shape[1])
    return np.pad(part, ((0, missing[0]), (0, missing[1]), (0, 0)), mode="symmetric")
