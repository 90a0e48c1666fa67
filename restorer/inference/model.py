"""LoadedModel: a network with its weights, on a device, in a number format."""

from __future__ import annotations

from collections.abc import Collection
from copy import copy, deepcopy
from pathlib import Path
from typing import TypeVar

import numpy as np
import torch
from torch import Tensor, nn

from restorer.errors import CheckpointError
from restorer.inference.consistency import keep_colors
from restorer.inference.devices import Precision, number_format, survive_forks
from restorer.inference.memory import fitting
from restorer.inference.tensors import check_tensor, level_of
from restorer.models import community
from restorer.models.adapter import BorrowedNetwork, SeededNetwork, mirrored, takes_seed
from restorer.models.catalog import ModelSpec
from restorer.models.checkpoint import load_state, read_state
from restorer.models.ncnn import files as ncnn
from restorer.models.store import weights_path
from restorer.networks import ARCHITECTURES
from restorer.networks.layers import channels_last
from restorer.sensor import bayer
from restorer.tiling.plan import round_up

ModelT = TypeVar("ModelT", bound="LoadedModel")


class LoadedModel:
    """A model on a device, and the variants of it that share its parameters: see `Predictor`."""

    def __init__(
        self, spec: ModelSpec, network: nn.Module, device: str, precision: Precision
    ) -> None:
        survive_forks()
        self.automatic = self.keeps_colors = False
        self.twin = ""  # SHA-256 of the weights with which those of the model were interpolated
        self.spec = spec
        self.device = device
        self.precision = precision
        network = channels_last(network.to(device))
        self.network = network.eval().requires_grad_(False)

    @property
    def borrowed(self) -> bool:
        """Whether the network is a module of the caller's, whose result stays as it is."""
        return isinstance(self.network, BorrowedNetwork)

    @property
    def runs_in_threads(self) -> bool:
        """Whether several tiles may run at once on this CPU, each in a thread of its own.

        Networks of others may hold a state, or draw from the global generators.
        """
        own: Collection[object] = ARCHITECTURES.values()
        safe = type(self.network) in own and self.spec.runs_alone
        return self.device == "cpu" and safe

    def __repr__(self) -> str:
        """Return model, network, task, scale, device and precision."""
        spec, network = self.spec, type(self.network).__name__
        named = isinstance(self.network, BorrowedNetwork | SeededNetwork)
        kind = spec.architecture if named or spec.architecture == "spandrel" else network
        precision = f"{self.precision} (auto)" if self.automatic else self.precision
        return (
            f"Predictor({spec.id}: {kind}, {spec.task}, scale {spec.scale},"
            f" device {self.device}, precision {precision})"
        )

    def __call__(
        self,
        x: Tensor,
        *,
        sigma: float | None = None,
        jpeg_quality: int | None = None,
        seed: int = 0,
    ) -> Tensor:
        """Map (N, C, H, W) with white 1 to (N, C, scale * H, scale * W), not clipped.

        The batch runs at once, without tiles, on the device of the model; the result has the device
        and type of `x`. Sides that the network does not take are extended at the bottom and right
        by mirroring, and the result is cropped. Gradients reach an `x` that requires them, unless
        ``torch.no_grad`` is on; the parameters of loaded models are frozen.

        Args:
            x: Floating point; C is ``spec.channels``.
            sigma: Noise level on the 0-255 scale, for models conditioned on it.
            jpeg_quality: JPEG quality, 1 to 100, for models conditioned on it.
            seed: Seed for networks that draw random numbers.

        Raises:
            ImageDataError: `x` has another shape or type.
            SettingsError: The level of damage is missing, or the model takes none, or references.
            OutOfMemoryError: The batch does not fit; `restore` would use tiles.
        """
        spec = self.spec
        level = level_of(spec, sigma, jpeg_quality)
        check_tensor(spec, x)
        height, width = x.shape[2:]
        sides = (round_up(max(n, spec.tile.min_side), spec.tile.multiple_of) for n in x.shape[2:])
        planes = mirrored(x.to(self.device, torch.float32), *sides)
        if level is not None:
            planes = torch.cat([planes, torch.full_like(planes[:, :1], level)], 1)
        what = f"{spec.id}: a batch of {len(x)} x {width} x {height}"
        with fitting(self.device, what), number_format(self.device, self.precision):
            y: Tensor = self.network(planes * spec.peak, seed=seed).float() / spec.peak
        return y[..., : height * spec.scale, : width * spec.scale].to(x.device, x.dtype)

    @classmethod
    def load(cls: type[ModelT], spec: ModelSpec, device: str, precision: Precision) -> ModelT:
        """Build the network of `spec` with its verified weights.

        Raises WeightsError or CheckpointError.
        """
        return cls.from_checkpoint(spec, weights_path(spec), device, precision)

    @classmethod
    def from_checkpoint(
        cls: type[ModelT], spec: ModelSpec, path: Path, device: str, precision: Precision
    ) -> ModelT:
        """Build the network of `spec` with the weights in a file.

        Raises CheckpointError.
        """
        if spec.architecture == "ncnn":
            network: nn.Module = ncnn.build(path, spec.params, spec.scale)
            return cls(spec, SeededNetwork(network), device, precision)
        state = read_state(path)
        if spec.architecture == "spandrel":
            if not community.available():
                raise CheckpointError(
                    f"{spec.id}: needs spandrel; install it: pip install 'restorer[community]'"
                )
            return cls(spec, community.build(state), device, precision)
        network = ARCHITECTURES[spec.architecture](**spec.params)
        load_state(network, state, name=str(path))
        if not takes_seed(network):
            network = SeededNetwork(network)
        return cls(spec, network, device, precision)

    def at(self: ModelT, precision: Precision, *, automatic: bool = False) -> ModelT:
        """Return the same network with another number format."""
        if (precision, automatic) == (self.precision, self.automatic):
            return self
        other = copy(self)
        other.precision, other.automatic = precision, automatic
        return other

    def keeping_colors(self: ModelT, keep: bool) -> ModelT:
        """Return the same network with or without the consistency of colors."""
        if keep == self.keeps_colors:
            return self
        other = copy(self)
        other.keeps_colors = keep
        return other

    def interpolated(self: ModelT, other: LoadedModel, share: float) -> ModelT:
        """Return the network with weights between those of `other`, at 0, and its own, at 1.

        Wang et al. 2019, arXiv:1811.10515: weights of networks that started from the same ones can
        be interpolated. Raises CheckpointError for networks of two shapes.
        """
        own, theirs = self.network.state_dict(), other.network.state_dict()
        if {k: v.shape for k, v in own.items()} != {k: v.shape for k, v in theirs.items()}:
            raise CheckpointError(
                f"{other.spec.id}: has other tensors than {self.spec.id}, so that their weights"
                " cannot be interpolated"
            )
        between = copy(self)
        between.network, between.twin = deepcopy(self.network), other.spec.weights.sha256
        mixed = {
            key: theirs[key].lerp(value, share) if value.is_floating_point() else value
            for key, value in own.items()
        }
        between.network.load_state_dict(mixed)
        return between

    def on_cpu(self: ModelT) -> ModelT:
        """Return the same network in float32 on the CPU, with a copy of its parameters there."""
        safe = copy(self)
        safe.device, safe.precision = "cpu", "fp32"
        if self.device != "cpu":
            safe.network = deepcopy(self.network).to("cpu")
        return safe

    def finished(self, x: Tensor, y: Tensor, excess: Tensor | None = None) -> Tensor:
        """Return a network's result with the colors of its input, if they are to be kept.

        Args:
            x: (N, C, H, W) input planes, white 1, colors first.
            y: (N, C', H * scale, W * scale), the result, colors first.
            excess: `excess_of` the colors of both, where that is known already.
        """
        if not self.keeps_colors:
            return y
        spec, sampled = self.spec, None
        if spec.traits.mosaic:
            ones = np.ones((*x.shape[2:], 1), np.float32)
            mask = bayer.spread(ones, str(spec.trained_for["bayer"]))
            sampled = torch.from_numpy(mask).to(x.device).permute(2, 0, 1)[None]
        colors = keep_colors(
            x[:, : spec.channels],
            y[:, : spec.channels],
            excess=excess,
            sampled=sampled,
            even_is_exact=spec.traits.condition != "jpeg_quality",
        )
        rest = y[:, spec.channels :]
        return torch.cat([colors, rest], 1) if rest.numel() else colors

    @property
    def checks_colors(self) -> bool:
        """Whether the colors of a result say whether it is sound."""
        return self.keeps_colors and not self.spec.traits.mosaic  # mosaics have zeros
