"""An ncnn network as a module, and the input that its graph needs."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.errors import CheckpointError
from restorer.models.ncnn.blobs import weights_of
from restorer.models.ncnn.graph import Graph, Layer
from restorer.models.ncnn.layers import KINDS, reach_of
from restorer.tiling.plan import round_up

_SIDES = (2048, 2016, 1920)  # multiples of all strides of known networks
_UNITS = (1, 2, 3, 4, 5, 6, 7, 8, 10, 12, 14, 16, 20, 24, 28, 32, 48, 64, 128)
_MAX_SCALE = 16
_STEPS = ((0, 0), (1, 2), (3, 1))  # of sides of trial, in units
_MAX_VALUES = 1 << 15  # of all blobs at a time, for each input pixel; x4 networks have 2,500


@dataclass(frozen=True)
class Shape:
    """How the size of a network's result depends on that of its input.

    Attributes:
        channels: Channels of input and result.
        scale: Scale of the result.
        margin: Pixels of the result that are missing at both sides together, because the
            convolutions do not pad.
        unit: Sides of the input are multiples of this, and shifts by it shift the result.
        values: Largest number of values in memory at a time, for each pixel of the input.
        radius: Input pixels to each side that a pixel of the result depends on, at most; None where
            a layer takes means over the picture, or mixes it in other ways.
    """

    channels: int
    scale: int
    margin: int
    unit: int
    values: int
    radius: int | None


class GraphNetwork(nn.Module):
    """A graph with its weights: maps (N, C, H, W) of any size to (N, C, scale * H, scale * W).

    The input is extended where the graph needs a margin or certain sides, by repeating its edge
    pixels, as the programs of waifu2x and Real-CUGAN do.

    Args:
        graph: The layers.
        state: The weights, as `read_blobs` returns them.
        scale: Scale of the result.
        margin: Pixels of the result that are missing at both sides together.
        unit: Sides of the graph's input are multiples of this.
        residual: Whether the graph returns a difference, which is added to the input with each
            pixel repeated.

    Raises CheckpointError for weights that do not fit the layers.
    """

    def __init__(
        self,
        graph: Graph,
        state: Mapping[str, Tensor],
        *,
        scale: int,
        margin: int = 0,
        unit: int = 1,
        residual: bool = False,
    ) -> None:
        super().__init__()
        self.scale, self.unit, self.residual = scale, unit, residual
        self.before = max(0, -(-margin // (2 * scale)))
        self.cut = scale * self.before - margin // 2
        self._program = _Program(graph)
        self._program.check(state)
        self.weights = nn.ParameterDict(
            {_name(key): nn.Parameter(tensor.float(), False) for key, tensor in state.items()}
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return the result."""
        height, width = x.shape[2:]
        after = [
            round_up(n + 2 * self.before, self.unit) - n - self.before for n in (width, height)
        ]
        y = x
        if any(after):
            y = F.pad(x, (self.before, after[0], self.before, after[1]), mode="replicate")
        y = self.run(y)[..., self.cut :, self.cut :]
        y = y[..., : height * self.scale, : width * self.scale]
        return y + F.interpolate(x, scale_factor=self.scale) if self.residual else y

    def run(self, x: Tensor) -> Tensor:
        """Return the result of the graph itself."""
        return self._program.run(x, self.weights)


def measure_shape(graph: Graph) -> Shape:
    """Return how the size of a graph's result depends on its input, without computing it.

    Raises CheckpointError for a graph that does not map pictures to pictures of one scale; the
    message names the layer that does not fit.
    """
    program = _Program(graph)
    state = {_name(key): torch.empty(shape, device="meta") for key, shape in program.shapes.items()}

    @cache
    def trace(channels: int, *sides: int) -> _Trace:
        found = _Trace()
        x = torch.empty((1, channels, *sides), device="meta")
        found.output = tuple(program.run(x, state, found).shape)
        return found

    channels, side, first = _first(trace)
    stride = math.lcm(*(max(1, round(side / n)) for n in first.sides))
    for unit in dict.fromkeys(math.lcm(unit, stride) for unit in _UNITS):
        start = round_up(side, unit)
        law = _law(trace, channels, [(start + a * unit, start + b * unit) for a, b in _STEPS])
        if law is not None:
            return Shape(channels, *law, unit, -(-first.values // side**2), first.radius)
    raise CheckpointError(
        f"maps {side} x {side} pixels to {first.output}, and larger ones to no larger results in"
        " proportion; it may be made for one size"
    )


def _first(trace: Callable[..., _Trace]) -> tuple[int, int, _Trace]:
    """Return channels, side and trace of the first picture that the graph takes."""
    failed: CheckpointError | None = None
    for channels in (3, 1):
        for side in _SIDES:
            try:
                found = trace(channels, side, side)
            except CheckpointError as error:
                failed = failed or error
                continue
            if len(found.output) != 4 or found.output[1] != channels:
                raise CheckpointError(
                    f"maps (1, {channels}, H, W) to {found.output}, expected a picture with as many"
                    " channels"
                )
            return channels, side, found
    assert failed is not None, "no picture was taken"
    raise failed


def _law(
    trace: Callable[..., _Trace], channels: int, sizes: list[tuple[int, int]]
) -> tuple[int, int] | None:
    """Return scale and margin if all results follow them."""
    try:
        results = [trace(channels, *size).output[2:] for size in sizes]
    except CheckpointError:
        return None
    (side, _), (result, _) = sizes[0], results[0]
    scale, rest = divmod(results[1][0] - result, sizes[1][0] - side)
    margin = scale * side - result
    if rest or not 1 <= scale <= _MAX_SCALE or margin % 2:
        return None
    expected = [tuple(scale * n - margin for n in size) for size in sizes]
    return (scale, margin) if results == expected else None


class _Trace:
    """Sizes of blobs, and how far layers see, in a run for a square."""

    def __init__(self) -> None:
        self.output: tuple[int, ...] = ()
        self.sides: set[int] = set()
        self.values = 0
        self.radius: int | None = 0

    def add(self, layer: Layer, x: Tensor, live: Sequence[Tensor], new: Sequence[Tensor]) -> None:
        """Note the results of a layer, with the other blobs that are live."""
        self.sides.update(min(y.shape[2:]) for y in new if y.dim() == 4 and min(y.shape[2:]) > 1)
        # Views are counted as copies; convolutions need about as much as they return.
        self.values = max(self.values, sum(y.numel() for y in (*live, *new)))
        if self.values > _MAX_VALUES * x.shape[2] * x.shape[3]:
            raise CheckpointError(
                f"{layer} needs more than {_MAX_VALUES // 250} kB of memory for each pixel"
            )
        reach = reach_of(layer)
        if reach is None or self.radius is None:
            self.radius = None
        elif reach:
            steps = [x.shape[2] / y.shape[2] for y in (*live, *new) if y.dim() == 4]
            self.radius += reach * max(1, round(max(steps)))


class _Program:
    """The layers of a graph with their parameters, the keys of weights, and the blobs to drop."""

    def __init__(self, graph: Graph) -> None:
        self._graph = graph
        self.shapes: dict[str, tuple[int, ...]] = {}
        keys: dict[int, dict[str, str]] = {}
        for number, (index, weights) in enumerate(weights_of(graph)):
            keys[index] = {weight.name: f"{number}.{weight.name}" for weight in weights}
            self.shapes |= {f"{number}.{weight.name}": weight.shape for weight in weights}
        last = {blob: n for n, layer in enumerate(graph.layers) for blob in layer.inputs}
        last[graph.output] = len(graph.layers)
        self._steps: list[tuple[Layer, dict[int, Any], dict[str, str], list[int]]] = []
        for n, layer in enumerate(graph.layers):
            params = KINDS[layer.kind].params(layer.params)
            done = [b for b in {*layer.inputs, *layer.outputs} if last.get(b, n) == n]
            self._steps.append((layer, params, keys.get(n, {}), done))

    def check(self, state: Mapping[str, Tensor]) -> None:
        """Raise CheckpointError for weights with other names or shapes than the graph's."""
        found = {key: tuple(tensor.shape) for key, tensor in state.items()}
        if found != self.shapes:
            key = min(dict(found.items() ^ self.shapes.items()))
            raise CheckpointError(
                f"weight {key} is {found.get(key, 'missing')}, but the graph has"
                f" {self.shapes.get(key, 'none')}"
            )

    def run(
        self,
        x: Tensor,
        state: Mapping[str, Tensor] | nn.ParameterDict,
        trace: _Trace | None = None,
    ) -> Tensor:
        """Return the result for a picture; with a trace, layers raise CheckpointError."""
        blobs: dict[int, Tensor] = {}
        for layer, params, keys, done in self._steps:
            inputs = [x] if layer.kind == "Input" else [blobs[n] for n in layer.inputs]
            weights = {name: state[_name(key)] for name, key in keys.items()}
            if trace is None:
                outputs = KINDS[layer.kind].run(params, inputs, weights)
            else:
                outputs = _checked(layer, params, inputs, weights)
                trace.add(layer, x, list(blobs.values()), outputs)
            if len(outputs) == 1:
                outputs = [outputs[0]] * len(layer.outputs)  # of Split
            blobs.update(zip(layer.outputs, outputs, strict=True))
            for blob in done:
                del blobs[blob]
        return blobs[self._graph.output]


def _name(key: str) -> str:
    return key.replace(".", "_")  # modules take no dots in names


def _checked(
    layer: Layer, params: Mapping[int, Any], inputs: Sequence[Tensor], weights: Mapping[str, Tensor]
) -> Sequence[Tensor]:
    try:
        outputs = KINDS[layer.kind].run(params, inputs, weights)
        if len(outputs) not in (1, len(layer.outputs)):
            raise ValueError(f"gives {len(outputs)} results, expected {len(layer.outputs)}")
    except Exception as error:  # torch and Python raise all kinds of errors for wrong parameters
        reason = " ".join(str(error).split()) or type(error).__name__
        sizes = ", ".join(" x ".join(map(str, x.shape[1:])) for x in inputs) or "nothing"
        raise CheckpointError(f"{layer} cannot take {sizes:.100}: {reason:.200}") from error
    return outputs
