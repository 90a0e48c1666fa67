"""ncnn layers with weights: the shapes of their weights, and what they compute.

Blobs are tensors with the batch in front of the axes of ncnn: (N, C, H, W), (N, H, W) or (N, W).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.models.ncnn.graph import Layer, Value
from restorer.models.ncnn.operators import OPERATORS, Operator, Params, activate, scaled

Run: TypeAlias = Callable[[Params, Sequence[Tensor], Mapping[str, Tensor]], Sequence[Tensor]]


@dataclass(frozen=True)
class Weight:
    """A tensor of a layer; a tag in front of a tagged one states its number format."""

    name: str
    shape: tuple[int, ...]
    tagged: bool = False


@dataclass(frozen=True)
class Kind:
    """A kind of layers.

    Attributes:
        run: Maps parameters, inputs and weights to the outputs.
        defaults: The parameters by id; layers with others are not supported.
        weights: Returns the weights in the order of the ``.bin`` file, for the parameters. Raises
            ValueError for parameters that no layer has.
        refused: Parameters that must have their default.
    """

    run: Run
    defaults: Params
    weights: Callable[[Params], list[Weight]] = field(default=lambda p: [])
    refused: tuple[int, ...] = ()

    def params(self, given: Mapping[int, Value]) -> dict[int, Any]:
        """Return all parameters. Raises ValueError for one that is not supported."""
        merged = dict(self.defaults) | dict(given)
        for key, value in merged.items():
            default = self.defaults.get(key)
            if key == 8 and 8 in self.refused and value:
                raise ValueError("has int8 weights; get the file with weights of fp32 or fp16")
            if key not in self.defaults or (key in self.refused and value != default):
                raise ValueError(f"parameter {key}={value} is not supported")
            if isinstance(default, tuple) != isinstance(value, tuple):
                raise ValueError(f"parameter {key}={value} has the wrong type")
            if isinstance(default, int) and value != int(value):
                raise ValueError(f"parameter {key}={value} is no integer")
            if isinstance(default, int):
                merged[key] = int(value)
        return merged


# Kinds of which a value of the result depends on the same place of the inputs alone.
_POINTWISE = frozenset(
    {*OPERATORS, "PReLU", "Scale", "BatchNorm", "MemoryData"}
    - {"Pooling", "Interp", "Softmax", "MatMul", "Reduction", "Reshape", "Permute", "Flatten"}
)
SAME = -233  # in place of a number: as the size requires, or the rest


def _size(p: Params) -> tuple[int, int]:
    """Return height and width of a kernel."""
    return _side(p[11], p[1]), p[1]


def _side(value: int, default: int) -> int:
    return default if value == SAME else value


def _bias(p: Params, count: int) -> list[Weight]:
    return [Weight("bias", (count,))] if p[5] else []


def _kernel(p: Params) -> tuple[int, int, int, int, int]:
    """Return outputs, groups, inputs of a group, height and width of a kernel."""
    outputs, groups, (height, width) = p[0], p.get(7, 1), _size(p)
    if min(outputs, groups, height, width) < 1 or outputs % groups:
        raise ValueError("its outputs, groups or kernel are not valid")
    inputs, rest = divmod(p[6], outputs * height * width)
    if rest or inputs < 1:
        raise ValueError(f"{p[6]} weights do not fit {outputs} outputs of {height} x {width}")
    return outputs, groups, inputs, height, width


def _convolution_weights(p: Params) -> list[Weight]:
    outputs, _, inputs, height, width = _kernel(p)
    return [Weight("weight", (outputs, inputs, height, width), True), *_bias(p, outputs)]


def _pads(p: Params) -> tuple[int, int, int, int]:
    """Return left, right, top and bottom."""
    left = p[4]
    top = _side(p[14], left)
    return left, _side(p[15], left), top, _side(p[16], top)


def _convolve(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    x, weight = inputs[0], w["weight"]
    vector = x.dim() == 2
    if vector:
        x = x[:, :, None, None]
    left, right, top, bottom = _pads(p)
    strides, spread = (_side(p[13], p[3]), p[3]), (_side(p[12], p[2]), p[2])
    if (left, right) in ((SAME, SAME), (SAME - 1, SAME - 1)):
        (top, bottom), (left, right) = (
            _same(x.shape[n], weight.shape[n], strides[n - 2], spread[n - 2], left == SAME)
            for n in (2, 3)
        )
    padding: int | tuple[int, int] = (top, left)
    if (left, top) != (right, bottom) or p[18] or min(left, top) < 0:
        x, padding = F.pad(x, (left, right, top, bottom), value=p[18]), 0
    y = F.conv2d(x, weight, w.get("bias"), strides, padding, spread, p.get(7, 1))
    return [activate(y.flatten(1) if vector else y, p[9], p[10])]


def _same(side: int, kernel: int, stride: int, spread: int, upper: bool) -> tuple[int, int]:
    """Return the pads of a side that give a result for each step of `stride`."""
    missing = max(0, (kernel - 1) * spread + 1 + (side - 1) // stride * stride - side)
    less, more = missing // 2, missing - missing // 2
    return (less, more) if upper else (more, less)


def _deconvolution_weights(p: Params) -> list[Weight]:
    outputs, _, inputs, height, width = _kernel(p)
    return [Weight("weight", (outputs, inputs, height, width), True), *_bias(p, outputs)]


def _deconvolve(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    given, groups = w["weight"], p.get(7, 1)
    # (outputs, inputs of a group, ...) becomes (inputs, outputs of a group, ...).
    grouped = given.reshape(groups, -1, *given.shape[1:])
    weight = grouped.transpose(1, 2).flatten(0, 1)
    y = F.conv_transpose2d(
        inputs[0],
        weight,
        w.get("bias"),
        (_side(p[13], p[3]), p[3]),
        0,
        0,
        groups,
        (_side(p[12], p[2]), p[2]),
    )
    left, right, top, bottom = _pads(p)
    more_right = p[18]
    y = F.pad(y, (-left, more_right - right, -top, _side(p[19], more_right) - bottom))
    return [activate(y, p[9], p[10])]


def _connection_weights(p: Params) -> list[Weight]:
    inputs, rest = divmod(p[2], max(1, p[0]))
    if rest or inputs < 1 or p[0] < 1:
        raise ValueError(f"{p[2]} weights do not fit {p[0]} outputs")
    bias = [Weight("bias", (p[0],))] if p[1] else []
    return [Weight("weight", (p[0], inputs), True), *bias]


def _connect(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    x, weight = inputs[0], w["weight"]
    if not (x.dim() == 3 and x.shape[2] == weight.shape[1]):
        x = x.flatten(1)
    return [activate(F.linear(x, weight, w.get("bias")), p[9], p[10])]


def _named(*names: str) -> Callable[[Params], list[Weight]]:
    """Return the weights of a layer that has vectors with one value a channel."""
    return lambda p: [Weight(name, (_positive(p[0]),)) for name in names]


def _positive(count: int) -> int:
    if count < 1:
        raise ValueError(f"{count} channels")
    return count


def _prelu(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    return [torch.where(x < 0, scaled(x, w["slope"]), x)]


def _normalize_batch(
    p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]
) -> Sequence[Tensor]:
    gain = w["slope"] / (w["variance"] + p[1]).sqrt()
    return [scaled(inputs[0], gain, w["bias"] - w["mean"] * gain)]


def _scale_weights(p: Params) -> list[Weight]:
    if p[0] == SAME:  # the second input is the scale
        return []
    names = ("scale", "bias") if p[1] else ("scale",)
    return _named(*names)(p)


def _scale(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    gain = inputs[1] if p[0] == SAME else w["scale"]
    return [scaled(inputs[0], gain, w.get("bias"))]


def _affine(channels: int, size: int) -> Callable[[Params], list[Weight]]:
    """Return the weights of a normalization; the ids are those of `affine` and the channels."""
    names = ("gain", "bias")
    return lambda p: [Weight(n, (_positive(p[size]),)) for n in names] if p[channels] else []


def _normalize_instance(
    p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]
) -> Sequence[Tensor]:
    return [F.instance_norm(inputs[0], None, None, w.get("gain"), w.get("bias"), eps=p[1])]


def _normalize_group(
    p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]
) -> Sequence[Tensor]:
    return [F.group_norm(inputs[0], p[0], w.get("gain"), w.get("bias"), p[2])]


def _normalize_layer(
    p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]
) -> Sequence[Tensor]:
    x, sides = inputs[0], 1
    while sides < x.dim() - 1 and math.prod(x.shape[-sides:]) < p[0]:
        sides += 1
    shape = x.shape[-sides:]
    gain, bias = (w[n].view(shape) if n in w else None for n in ("gain", "bias"))
    return [F.layer_norm(x, shape, gain, bias, p[1])]


def _memory_weights(p: Params) -> list[Weight]:
    shape = tuple(p[n] for n in (2, 1, 0) if p[n])  # channels, height, width
    if not shape or min(shape) < 1:
        raise ValueError("has no size")
    return [Weight("values", shape, p[21] == 0)]


def _memory(p: Params, inputs: Sequence[Tensor], w: Mapping[str, Tensor]) -> Sequence[Tensor]:
    return [w["values"][None]]


def _unweighted(run: Operator) -> Run:
    return lambda p, inputs, w: run(p, inputs)


_WINDOW: Params = {
    **{0: 0, 1: 0, 11: SAME, 2: 1, 12: SAME, 3: 1, 13: SAME},
    **{4: 0, 14: SAME, 15: SAME, 16: SAME, 5: 0, 6: 0, 9: 0, 10: ()},
}
_CONVOLUTION: Params = {**_WINDOW, 8: 0, 17: 0, 18: 0.0, 19: 0}
_DECONVOLUTION: Params = {**_WINDOW, 18: 0, 19: SAME, 20: 0, 21: 0, 28: 0}
_INT8 = (8,)

KINDS: dict[str, Kind] = {
    **{name: Kind(_unweighted(run), known) for name, (run, known) in OPERATORS.items()},
    "Convolution": Kind(_convolve, _CONVOLUTION, _convolution_weights, (8, 19)),
    "ConvolutionDepthWise": Kind(_convolve, {**_CONVOLUTION, 7: 1}, _convolution_weights, (8, 19)),
    "Deconvolution": Kind(_deconvolve, _DECONVOLUTION, _deconvolution_weights, (20, 21, 28)),
    "DeconvolutionDepthWise": Kind(
        _deconvolve, {**_DECONVOLUTION, 7: 1}, _deconvolution_weights, (20, 21, 28)
    ),
    "InnerProduct": Kind(
        _connect, {0: 0, 1: 0, 2: 0, 8: 0, 9: 0, 10: ()}, _connection_weights, _INT8
    ),
    "PReLU": Kind(_prelu, {0: 0}, _named("slope")),
    "BatchNorm": Kind(
        _normalize_batch, {0: 0, 1: 0.0}, _named("slope", "mean", "variance", "bias")
    ),
    "Scale": Kind(_scale, {0: 0, 1: 0}, _scale_weights),
    "InstanceNorm": Kind(_normalize_instance, {0: 0, 1: 0.001, 2: 1}, _affine(2, 0)),
    "GroupNorm": Kind(_normalize_group, {0: 1, 1: 0, 2: 0.001, 3: 1}, _affine(3, 1)),
    "LayerNorm": Kind(_normalize_layer, {0: 0, 1: 0.001, 2: 1}, _affine(2, 0)),
    "MemoryData": Kind(_memory, {0: 0, 1: 0, 2: 0, 21: 1}, _memory_weights),
}


def reach_of(layer: Layer) -> int | None:
    """Return how many pixels of its input a layer sees to each side, at most.

    None for layers that see all of it, such as the mean over a picture.
    """
    if layer.kind in _POINTWISE:
        return 0
    if layer.kind == "Interp":
        return 2  # of bicubic interpolation
    p = KINDS[layer.kind].params(layer.params)
    if 11 in p and not (layer.kind == "Pooling" and (p[4] or p[7])):
        spread = 1 if layer.kind == "Pooling" else int(max(p[2], p[12]))
        side = int(max(p[1], p[11]))
        return (side - 1) * spread // 2 + (side % 2 == 0)
    return None
