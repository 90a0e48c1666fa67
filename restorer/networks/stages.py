"""Stages: a network as a small program over whole feature maps.

What a convolution sees is near, so a `Local` stage can run region by region, with a halo; an
attention sees everything, so a `Global` stage takes a whole map. `inference.whole` runs the program
without the map of every layer ever being in memory. The stages call the modules that `forward`
calls.

Maps of one program differ in resolution. They are measured in cells: the smallest squares of image
pixels that every map divides evenly (one pixel, where nothing is coarser than the image).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Literal, Protocol, TypeAlias, runtime_checkable

from torch import Tensor, nn

# Eight residual blocks and a head. Longer runs compute more halo, shorter ones read and write the
# maps more often: at regions of 400 pixels 18 cost 19 % of the convolutions.
_MAX_RADIUS = 18

FLOAT_BYTES = 4  # maps are float32

Layer: TypeAlias = Callable[[Tensor], Tensor]


@dataclass(frozen=True)
class Map:
    """A feature map.

    Attributes:
        name: Tells it from the others of a program.
        channels: C.
        density: Pixels along the side of a cell.
    """

    name: str
    channels: int
    density: int = 1

    def shape(self, cells: tuple[int, int]) -> tuple[int, int, int]:
        """Return (H, W, C) for an image of (rows, columns) of cells."""
        return (cells[0] * self.density, cells[1] * self.density, self.channels)

    def size_bytes(self, cells: tuple[int, int]) -> int:
        """Return what it takes."""
        return math.prod(self.shape(cells)) * FLOAT_BYTES


@dataclass(frozen=True)
class Local:
    """Layers whose result depends on what is near.

    Attributes:
        run: Takes the same region of all maps it reads, returns that region of what it writes; what
            lies within `radius` of a border of the region is wrong, unless the image ends there.
        reads: The maps it takes, in order.
        writes: The map it makes.
        radius: How far it sees, in pixels of the first map it reads.
    """

    run: Callable[..., Tensor]
    reads: tuple[Map, ...]
    writes: Map
    radius: int


@dataclass(frozen=True)
class Global:
    """An attention over whole maps.

    Attributes:
        run: Takes the whole maps it reads, in order, and then the one it writes, which it fills.
        reads: The maps it takes.
        writes: The map it fills; it may be one that it reads.
        order: Time grows with the pixels to this power.
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
        image: The map that is given; its density is the side of a cell in image pixels.
        stages: What to run.
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
        """Return the maps that stage `index` and those behind it read or write."""
        return {m for stage in self.stages[index:] for m in maps_of(stage)}


@runtime_checkable
class Staged(Protocol):
    """A network that `restorer.inference.whole.run` can run."""

    def stages(self, *, seed: int = 0) -> Program:
        """Return the program that computes what the network computes with that seed."""


class Chain:
    """Builds the stages of features that are handed on from layer to layer.

    Attributes:
        features: What the layers so far make of the image, or the image itself.
        stages: Those that make it.
    """

    def __init__(self, image: Map, channels: int, density: int = 1) -> None:
        self.features = image
        self.stages: list[Stage] = []
        self._image = image
        self._channels, self._density = channels, density
        self._run: list[Layer] = []
        self._radius = 0

    def apply(self, layer: Layer, radius: int) -> None:
        """Append a layer that sees `radius` pixels of the features; it joins a run of such."""
        if self._radius + radius > _MAX_RADIUS:
            self.close()
        self._run.append(layer)
        self._radius += radius

    def attend(self, attention: Layer, order: Literal[1, 2]) -> None:
        """Append an attention that takes the features whole; see `Global`."""
        self.close()
        self.stages.append(Global(filling(attention), (self.features,), self.features, order))

    def close(self) -> None:
        """Make a stage of the layers that wait for one."""
        if not self._run:
            return
        made = Map(f"features {len(self.stages)}", self._channels, self._density)
        radius = self._radius * self.features.density // made.density
        run = partial(_apply_all, tuple(self._run))
        self.stages.append(Local(run, (self.features,), made, radius))
        self.features, self._run, self._radius = made, [], 0

    def finish(self, last: Local) -> Program:
        """Return the program of all stages and the last one."""
        self.close()
        return Program(self._image, (*self.stages, last))


@runtime_checkable
class StagedAttention(Protocol):
    """An attention that can run without a map in memory, in stages of its own."""

    def extend(self, chain: Chain, **options: Any) -> None:
        """Append what `forward` computes of the chain's features; they take its result in place."""


class Trunk(Protocol):
    """A network of the EDSR family: ``leave(x, y + body(y))`` with ``y = enter(x)``.

    Its body ends with a convolution.
    """

    head: nn.Sequential
    body: nn.Sequential
    tail: nn.Sequential

    def enter(self, x: Tensor) -> Tensor:
        """Map the image to features, through the head."""

    def leave(self, x: Tensor, trunk: Tensor) -> Tensor:
        """Map the features to the result, through the tail; the image may be added."""


def trunk_program(
    network: Trunk, attention: type[nn.Module], *, order: Literal[1, 2], **options: object
) -> Program:
    """Return the program of a network whose body is residual blocks with attentions between.

    The head runs a second time beside the tail: that costs less than keeping its features.

    Args:
        network: Its maps and radii are read off its layers.
        attention: The class of the attentions in its body.
        order: See `Global`.
        options: What an attention is called with, beside the features.
    """
    inside, outside = _convolutions(network.head), _convolutions(network.tail)
    image = Map("image", inside[0].in_channels)
    result = Map("result", outside[-1].out_channels, _enlargement(network.tail))
    chain = Chain(image, inside[-1].out_channels)
    chain.apply(network.enter, reach(network.head))
    *layers, closing = network.body
    for layer in layers:
        if isinstance(layer, attention):
            if isinstance(layer, StagedAttention):
                chain.close()
                layer.extend(chain, **options)
            else:
                chain.attend(partial(layer, **options), order)
        else:
            chain.apply(layer, reach(layer))
    chain.close()

    def close(features: Tensor, x: Tensor) -> Tensor:
        return network.leave(x, network.enter(x) + closing(features))

    # The head is no wider than what it runs beside.
    radius = reach(closing, network.tail) + reach(network.head)
    return chain.finish(Local(close, (chain.features, image), result, radius))


def reach(*layers: nn.Module) -> int:
    """Return how far layers in a row see, in pixels of what goes in: what their kernels reach.

    Too much by a pixel or two where convolutions follow an enlargement.
    """
    return sum(max(conv.kernel_size) // 2 for layer in layers for conv in _convolutions(layer))


def maps_of(stage: Stage) -> set[Map]:
    """Return the maps that a stage reads or writes."""
    return {*stage.reads, stage.writes}


def filling(attention: Layer) -> Callable[[Tensor, Tensor], None]:
    """Return the attention as `Global` runs it, of a map into another or into the same."""

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
