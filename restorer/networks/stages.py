"""Stages: a network as a short program over whole feature maps.

The receptive field of convolutions is small, so a `Local` stage can run region by region with a
halo; an attention depends on all pixels, so a `Global` stage takes whole maps. `inference.whole`
runs the program without holding the maps of all layers in memory. The stages call the same modules
as `forward`.

The maps of a program differ in resolution. Their sizes are measured in cells: the smallest squares
of image pixels that hold a whole number of pixels of every map (one pixel, if no map is coarser
than the image).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal, Protocol, TypeAlias, TypeVar, runtime_checkable

from torch import Tensor, nn

# Radius of eight residual blocks and a head. Longer runs compute more halo, shorter runs read and
# write the maps more often: in regions of 400 pixels, a halo of 18 adds 19 % of convolutions.
_MAX_RADIUS = 18

FLOAT_BYTES = 4  # maps are float32

Layer: TypeAlias = Callable[[Tensor], Tensor]
AttentionT = TypeVar("AttentionT", bound=nn.Module)


@dataclass(frozen=True)
class Map:
    """A feature map.

    Attributes:
        name: Name, unique in its program.
        channels: Number of channels C.
        density: Pixels of the map along the side of a cell.
    """

    name: str
    channels: int
    density: int = 1

    def shape(self, cells: tuple[int, int]) -> tuple[int, int, int]:
        """Return (H, W, C) for an image of (rows, columns) cells."""
        return (cells[0] * self.density, cells[1] * self.density, self.channels)

    def size_bytes(self, cells: tuple[int, int]) -> int:
        """Return the memory of the map for an image of (rows, columns) cells."""
        return math.prod(self.shape(cells)) * FLOAT_BYTES


@dataclass(frozen=True)
class Local:
    """Layers with a limited receptive field.

    Attributes:
        run: Maps the same region of all input maps to that region of the output map. Pixels within
            `radius` of a border of the region are invalid, unless the image ends there.
        reads: The input maps, in order.
        writes: The output map.
        radius: Radius of the receptive field, in pixels of the first input map.
    """

    run: Callable[..., Tensor]
    reads: tuple[Map, ...]
    writes: Map
    radius: int


@dataclass(frozen=True)
class Global:
    """An attention over whole maps.

    Attributes:
        run: Takes the whole input maps, in order, and then the output map, which it fills.
        reads: The input maps.
        writes: The output map, which may be one of the input maps.
        order: Exponent of the time in the number of pixels.
    """

    run: Callable[..., None]
    reads: tuple[Map, ...]
    writes: Map
    order: Literal[1, 2]


Stage: TypeAlias = Local | Global


@dataclass(frozen=True)
class Program:
    """Stages in order; the last one is Local and writes the result.

    Attributes:
        image: The input map; its density is the side of a cell in image pixels.
        stages: The stages in order.
    """

    image: Map
    stages: tuple[Stage, ...]

    @property
    def result(self) -> Map:
        """The map that the last stage writes."""
        last = self.stages[-1]
        assert isinstance(last, Local), "a program ends with convolutions"
        return last.writes

    def needed(self, index: int) -> set[Map]:
        """Return the maps that stage `index` and the stages after it read or write."""
        return {m for stage in self.stages[index:] for m in maps_of(stage)}


@runtime_checkable
class Staged(Protocol):
    """A network that `restorer.inference.whole.run` can run."""

    def stages(self, *, seed: int = 0) -> Program:
        """Return the program that computes the same as `forward` with this seed."""


class Chain:
    """A builder of stages for a sequence of layers.

    Attributes:
        features: The output map of the layers so far; at first the image.
        stages: The stages that compute it.
    """

    def __init__(self, image: Map, channels: int, density: int = 1) -> None:
        self.features = image
        self.stages: list[Stage] = []
        self._image = image
        self._channels, self._density = channels, density
        self._run: list[Layer] = []
        self._radius = 0

    def apply(self, layer: Layer, radius: int) -> None:
        """Append a layer with a receptive field of `radius` pixels to the current local stage."""
        if self._radius + radius > _MAX_RADIUS:
            self.close()
        self._run.append(layer)
        self._radius += radius

    def attend(self, attention: Layer, order: Literal[1, 2]) -> None:
        """Append an attention over the whole features; see `Global`."""
        self.close()
        self.stages.append(Global(filling(attention), (self.features,), self.features, order))

    def close(self) -> None:
        """Finish the current local stage, if it has any layers."""
        if not self._run:
            return
        made = Map(f"features {len(self.stages)}", self._channels, self._density)
        radius = self._radius * self.features.density // made.density
        run = partial(_apply_all, tuple(self._run))
        self.stages.append(Local(run, (self.features,), made, radius))
        self.features, self._run, self._radius = made, [], 0

    def finish(self, last: Local) -> Program:
        """Return the program of all stages so far followed by `last`."""
        self.close()
        return Program(self._image, (*self.stages, last))


class Trunk(Protocol):
    """A network of the EDSR family: ``leave(x, y + body(y))`` with ``y = enter(x)``.

    The last layer of the body is a convolution.
    """

    head: nn.Sequential
    body: nn.Sequential
    tail: nn.Sequential

    def enter(self, x: Tensor) -> Tensor:
        """Map the image to the features of the head."""

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map the features to the result through the tail, adding the image if the network does."""


def trunk_program(
    network: Trunk,
    attention: type[AttentionT],
    *,
    order: Literal[1, 2],
    extend: Callable[[AttentionT, Chain], None] | None = None,
) -> Program:
    """Return the program of a network with a body of residual blocks and attentions.

    The head runs a second time together with the tail, which costs less than keeping its features.

    Args:
        network: The network; the maps and radii follow from its layers.
        attention: The class of the attentions in its body.
        order: See `Global`.
        extend: Appends the stages of an attention, which replace the features of the chain in
            place and need no whole map in memory; by default the attention is one stage.
    """
    inside, outside = _convolutions(network.head), _convolutions(network.tail)
    image = Map("image", inside[0].in_channels)
    result = Map("result", outside[-1].out_channels, _enlargement(network.tail))
    chain = Chain(image, inside[-1].out_channels)
    chain.apply(network.enter, reach(network.head))
    *layers, closing = network.body
    for layer in layers:
        if isinstance(layer, attention):
            if extend is None:
                chain.attend(layer, order)
            else:
                chain.close()
                extend(layer, chain)
        else:
            chain.apply(layer, reach(layer))
    chain.close()

    def close(features: Tensor, x: Tensor) -> Tensor:
        return network.leave(x, network.enter(x) + closing(features))

    # The receptive fields of closing layers and head add up to an upper bound.
    radius = reach(closing, network.tail) + reach(network.head)
    return chain.finish(Local(close, (chain.features, image), result, radius))


def reach(*layers: nn.Module) -> int:
    """Return the radius of the receptive field of successive layers, in input pixels.

    The result is a pixel or two too large if convolutions follow an enlargement.
    """
    return sum(max(conv.kernel_size) // 2 for layer in layers for conv in _convolutions(layer))


def maps_of(stage: Stage) -> set[Map]:
    """Return the maps that a stage reads or writes."""
    return {*stage.reads, stage.writes}


def filling(attention: Layer) -> Callable[[Tensor, Tensor], None]:
    """Return the attention in the form of `Global.run`, with an output map as second argument."""

    def fill(x: Tensor, out: Tensor) -> None:
        out.copy_(attention(x))

    return fill


def _apply_all(layers: Sequence[Layer], x: Tensor) -> Tensor:
    for layer in layers:
        x = layer(x)
    return x


def _convolutions(layer: nn.Module) -> list[nn.Conv2d]:
    return [module for module in layer.modules() if isinstance(module, nn.Conv2d)]


def _enlargement(layer: nn.Module) -> int:
    factors = [m.upscale_factor for m in layer.modules() if isinstance(m, nn.PixelShuffle)]
    return math.prod(factors)
