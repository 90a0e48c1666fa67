"""ncnn layers without weights: what they compute, and their parameters by id.

The axes of a blob are numbered as in ncnn, from the outermost one and without the batch.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from typing import Any, TypeAlias

import torch
import torch.nn.functional as F
from torch import Tensor

Params: TypeAlias = Mapping[int, Any]
Operator: TypeAlias = Callable[[Params, Sequence[Tensor]], Sequence[Tensor]]

_AUTO = -233  # in place of a number: as the size requires, or the rest


def activate(x: Tensor, kind: int, values: Sequence[float]) -> Tensor:
    """Apply the activation that a layer has built in. Raises ValueError for an unknown one."""
    if kind == 0:
        return x
    if kind not in _ACTIVATIONS:
        raise ValueError(f"activation {kind} is not supported")
    needed, function = _ACTIVATIONS[kind]
    if len(values) < needed:
        raise ValueError(f"activation {kind} has {len(values)} values, expected {needed}")
    return function(x, values)


_ACTIVATIONS: dict[int, tuple[int, Callable[[Tensor, Sequence[float]], Tensor]]] = {
    1: (0, lambda x, v: F.relu(x)),
    2: (1, lambda x, v: F.leaky_relu(x, v[0])),
    3: (2, lambda x, v: x.clamp(v[0], v[1])),
    4: (0, lambda x, v: x.sigmoid()),
    5: (0, lambda x, v: F.mish(x)),
    6: (2, lambda x, v: x * (x * v[0] + v[1]).clamp(0, 1)),
}


def scaled(x: Tensor, gain: Tensor, bias: Tensor | None = None) -> Tensor:
    """Return (N, C, ...) times one value for each channel, (C,) or (N, C), plus a bias."""
    shape = (-1, gain.shape[-1], *[1] * (x.dim() - 2))
    if gain.shape[-1] == 1:
        shape = (-1, *[1] * (x.dim() - 1))
    y = x * gain.reshape(shape)
    return y if bias is None else y + bias.reshape(shape)


def _each(function: Callable[[Tensor], Tensor]) -> Operator:
    return lambda p, x: [function(x[0])]


def _gelu(p: Params, x: Sequence[Tensor]) -> Sequence[Tensor]:
    return [F.gelu(x[0], approximate="tanh" if p[0] else "none")]


def _pool(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x, mean = inputs[0], p[0] == 1
    if p[0] not in (0, 1) or x.dim() != 4:
        raise ValueError(f"pooling {p[0]} of {x.dim() - 1} axes is not supported")
    if p[4]:
        return [x.mean((2, 3)) if mean else x.amax((2, 3))]
    if p[7]:
        width, height = p[8], _or(p[18], p[8])
        sizes = (_or(height, x.shape[2]), _or(width, x.shape[3]))
        return [F.adaptive_avg_pool2d(x, sizes) if mean else F.adaptive_max_pool2d(x, sizes)]
    kernel, stride = (_or(p[11], p[1]), p[1]), (_or(p[12], p[2]), p[2])
    left = p[3]
    top = _or(p[13], left)
    right, bottom = _or(p[14], left), _or(p[15], top)
    if p[5] not in (0, 1) or p[6] or min(left, right, top, bottom) < 0:
        raise ValueError(f"padding {p[5]} of a pooling is not supported")
    if p[5] == 0:  # results for incomplete windows at the end, too
        right += -(x.shape[3] + left + right - kernel[1]) % stride[1]
        bottom += -(x.shape[2] + top + bottom - kernel[0]) % stride[0]
    pads = (left, right, top, bottom)
    if not mean:
        return [F.max_pool2d(F.pad(x, pads, value=-math.inf), kernel, stride)]
    total = F.avg_pool2d(F.pad(x, pads), kernel, stride)
    if not any(pads):
        return [total]
    return [total / F.avg_pool2d(F.pad(torch.ones_like(x[:1, :1]), pads), kernel, stride)]


def _or(value: int, default: int) -> int:
    return default if value == _AUTO else value


def _interpolate(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    mode = {1: "nearest", 2: "bilinear", 3: "bicubic"}.get(p[0])
    if mode is None or x.dim() != 4:
        raise ValueError(f"interpolation {p[0]} of {x.dim() - 1} axes is not supported")
    size: tuple[int, int] | None = (p[3] or x.shape[2], p[4] or x.shape[3])
    factors = None
    if len(inputs) > 1:
        size = (inputs[1].shape[-2], inputs[1].shape[-1])
    elif not (p[3] or p[4]):
        size, factors = None, (p[1], p[2])
    aligned = None if mode == "nearest" else bool(p[6])
    return [F.interpolate(x, size, factors, mode, aligned)]


def _shuffle_pixels(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x, factor = inputs[0], p[0]
    if p[1]:  # the channels of the result are the innermost ones
        n, _, height, width = x.shape
        x = x.reshape(n, factor, factor, -1, height, width).permute(0, 3, 1, 2, 4, 5).flatten(1, 3)
    return [F.pixel_shuffle(x, factor)]


def _reorganize(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x, factor = inputs[0], p[0]
    y = F.pixel_unshuffle(x, factor)
    if p[1]:
        n, _, height, width = y.shape
        y = y.reshape(n, -1, factor, factor, height, width).permute(0, 2, 3, 1, 4, 5).flatten(1, 3)
    return [y]


def _shuffle_channels(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    groups = x.shape[1] // p[0] if p[1] else p[0]
    grouped = x.reshape(len(x), groups, -1, *x.shape[2:])
    return [grouped.transpose(1, 2).flatten(1, 2)]


def _combine(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    if p[0] == 0:
        return [reduce(torch.mul, inputs)]
    if p[0] == 2:
        return [reduce(torch.maximum, inputs)]
    if p[0] != 1:
        raise ValueError(f"operation {p[0]} is not supported")
    factors = p[1] or [1.0] * len(inputs)
    total = inputs[0] if factors[0] == 1 else inputs[0] * factors[0]
    for x, factor in zip(inputs[1:], factors[1:], strict=True):
        total = torch.add(total, x, alpha=factor)
    return [total]


_BINARY: tuple[Callable[[Tensor, Tensor], Tensor], ...] = (
    torch.add,
    torch.sub,
    torch.mul,
    torch.div,
    torch.maximum,
    torch.minimum,
    torch.pow,
    lambda a, b: b - a,
    lambda a, b: b / a,
    lambda a, b: b**a,
)


def _binary(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    if not 0 <= p[0] < len(_BINARY):
        raise ValueError(f"operation {p[0]} is not supported")
    a = inputs[0]
    b = torch.full_like(a[(slice(1),) * a.dim()], p[2]) if p[1] else inputs[1]
    dims = max(a.dim(), b.dim())
    return [_BINARY[p[0]](_expanded(a, b, dims), _expanded(b, a, dims))]


def _expanded(a: Tensor, other: Tensor, dims: int) -> Tensor:
    """Return a blob with as many axes as the other one has.

    A vector that has a value for each of the outermost items belongs to those, as in ncnn, and
    a plane to the outermost axes.
    """
    missing = dims - a.dim()
    if missing and a.dim() == 2 and a.shape[1] == other.shape[1]:
        return a.reshape(*a.shape, *[1] * missing)
    if missing and a.dim() == 3 and dims == 4:
        return a[..., None]
    return a.reshape(len(a), *[1] * missing, *a.shape[1:])


_UNARY: tuple[Callable[[Tensor], Tensor], ...] = (
    torch.abs,
    torch.neg,
    torch.floor,
    torch.ceil,
    torch.square,
    torch.sqrt,
    torch.rsqrt,
    torch.exp,
    torch.log,
    torch.sin,
    torch.cos,
    torch.tan,
    torch.asin,
    torch.acos,
    torch.atan,
    torch.reciprocal,
    torch.tanh,
    torch.log10,
    torch.round,
    torch.trunc,
)


def _unary(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    if not 0 <= p[0] < len(_UNARY):
        raise ValueError(f"operation {p[0]} is not supported")
    return [_UNARY[p[0]](inputs[0])]


def _axis(x: Tensor, axis: int) -> int:
    """Return the axis of a tensor for that of a blob."""
    axes = x.dim() - 1
    if not -axes <= axes or not -axes <= axis < axes:
        raise ValueError(f"has {axes} axes, and no axis {axis}")
    return 1 + axis % axes


def _concatenate(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    count = max(len(x) for x in inputs)
    return [torch.cat([x.expand(count, *x.shape[1:]) for x in inputs], _axis(inputs[0], p[0]))]


def _slice(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    axis = _axis(x, p[1])
    rest, parts = x.shape[axis], []
    if p[2]:
        ends = [index % rest if index < 0 else index for index in p[2]]
        sizes = [end - start for start, end in zip([0, *ends], [*ends, rest], strict=True)]
        return torch.split(x, sizes, axis)
    for number, size in enumerate(p[0]):
        part = rest // (len(p[0]) - number) if size == _AUTO else size
        parts.append(part)
        rest -= part
    return torch.split(x.narrow(axis, 0, sum(parts)), parts, axis)


_LARGE = (_AUTO, (1 << 31) - 1)  # to the end


def _crop(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    if p[9]:
        axes = p[11] or range(len(p[9]))
        for start, end, axis in zip(p[9], p[10], axes, strict=True):
            cut = slice(start, None if end in _LARGE else end)
            x = x[(slice(None),) * _axis(x, axis) + (cut,)]
        return [x]
    # Axes from the innermost one: offset, size and offset from the end.
    for axis, (start, size, end) in enumerate(((0, 3, 6), (1, 4, 7), (2, 5, 8)), 1):
        if axis >= x.dim():
            break
        side = x.shape[-axis]
        if len(inputs) > 1:
            length = inputs[1].shape[-axis] if axis < inputs[1].dim() else side
        else:
            length = side - p[start] - p[end] if p[size] == 0 or p[size] == _AUTO else p[size]
        if len(inputs) > 1 and axis == 3 and p[2] == 0 and p[5] == _AUTO:
            length = side
        x = x.narrow(-axis, p[start], length)
    return [x]


def _pad(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    pads = [p[2], p[3], p[0], p[1], p[7], p[8]]
    mode = {0: "constant", 1: "replicate", 2: "reflect"}.get(p[4])
    x = inputs[0]
    if mode is None or x.dim() != 4 or (mode != "constant" and (p[7] or p[8])):
        raise ValueError(f"padding {p[4]} of {x.dim() - 1} axes is not supported")
    if mode == "constant":
        return [F.pad(x, pads, value=p[5])]
    return [F.pad(x, pads[:4], mode=mode)]


def _reshape(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    wanted = [p[n] for n in (2, 11, 1, 0) if p[n] != _AUTO]
    before = x.shape[1:]
    sides = [before[n - len(wanted)] if size == 0 else size for n, size in enumerate(wanted)]
    if p[3]:
        raise ValueError("a reshape in the order of other frameworks is not supported")
    return [x.reshape(len(x), *sides)]


_ORDERS = {
    3: ("whc", "hwc", "wch", "cwh", "hcw", "chw"),  # from the innermost axis
    2: ("wh", "hw"),
}


def _permute(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    orders = _ORDERS.get(x.dim() - 1, ())
    if p[0] >= len(orders):
        raise ValueError(f"order {p[0]} of {x.dim() - 1} axes is not supported")
    axes = orders[0][::-1]
    return [x.permute(0, *(1 + axes.index(axis) for axis in reversed(orders[p[0]])))]


def _softmax(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    return [inputs[0].softmax(_axis(inputs[0], p[0]))]


def _multiply(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    a, b = inputs
    return [a @ (b.transpose(-1, -2) if p[0] else b)]


_REDUCTIONS: dict[int, Callable[[Tensor, list[int], bool], Tensor]] = {
    0: lambda x, axes, keep: x.sum(axes, keepdim=keep),
    1: lambda x, axes, keep: x.abs().sum(axes, keepdim=keep),
    2: lambda x, axes, keep: x.square().sum(axes, keepdim=keep),
    3: lambda x, axes, keep: x.mean(axes, keepdim=keep),
    4: lambda x, axes, keep: x.amax(axes, keepdim=keep),
    5: lambda x, axes, keep: x.amin(axes, keepdim=keep),
    7: lambda x, axes, keep: x.abs().sum(axes, keepdim=keep),
    8: lambda x, axes, keep: x.square().sum(axes, keepdim=keep).sqrt(),
}


def _reduce(p: Params, inputs: Sequence[Tensor]) -> Sequence[Tensor]:
    x = inputs[0]
    axes = list(range(1, x.dim())) if p[1] else [_axis(x, axis) for axis in p[3]]
    if p[0] not in _REDUCTIONS or (p[3] and not p[5]):
        raise ValueError(f"operation {p[0]} is not supported")
    y = _REDUCTIONS[p[0]](x, axes, bool(p[4])) * p[2]
    return [y[:, None] if y.dim() == 1 else y]


def _hard(x: Tensor, p: Params) -> Tensor:
    y: Tensor = x * p[0] + p[1]
    return y.clamp(0, 1)


_CROP = {**dict.fromkeys(range(9), 0), 9: (), 10: (), 11: ()}

OPERATORS: dict[str, tuple[Operator, Params]] = {
    "Input": (lambda p, x: x, {0: 0, 1: 0, 2: 0, 11: 0}),
    "Split": (lambda p, x: x, {}),
    "Noop": (lambda p, x: x, {}),
    "Dropout": (lambda p, x: [x[0] * p[0]], {0: 1.0}),
    "ReLU": (lambda p, x: [F.leaky_relu(x[0], p[0])], {0: 0.0}),
    "Clip": (lambda p, x: [x[0].clamp(p[0], p[1])], {0: -math.inf, 1: math.inf}),
    "ELU": (lambda p, x: [F.elu(x[0], p[0])], {0: 0.1}),
    "GELU": (_gelu, {0: 0}),
    "HardSigmoid": (lambda p, x: [_hard(x[0], p)], {0: 0.2, 1: 0.5}),
    "HardSwish": (lambda p, x: [x[0] * _hard(x[0], p)], {0: 0.2, 1: 0.5}),
    "Sigmoid": (_each(torch.sigmoid), {}),
    "TanH": (_each(torch.tanh), {}),
    "Swish": (_each(F.silu), {}),
    "Mish": (_each(F.mish), {}),
    "AbsVal": (_each(torch.abs), {}),
    "Pooling": (
        _pool,
        {
            **{0: 0, 1: 0, 11: _AUTO, 2: 1, 12: _AUTO, 3: 0, 13: _AUTO, 14: _AUTO, 15: _AUTO},
            **{4: 0, 5: 0, 6: 0, 7: 0, 8: 0, 18: _AUTO},
        },
    ),
    "Interp": (_interpolate, {0: 0, 1: 1.0, 2: 1.0, 3: 0, 4: 0, 5: 0, 6: 0}),
    "PixelShuffle": (_shuffle_pixels, {0: 1, 1: 0}),
    "Reorg": (_reorganize, {0: 1, 1: 0}),
    "ShuffleChannel": (_shuffle_channels, {0: 1, 1: 0}),
    "Eltwise": (_combine, {0: 0, 1: ()}),
    "BinaryOp": (_binary, {0: 0, 1: 0, 2: 0.0}),
    "UnaryOp": (_unary, {0: 0}),
    "Concat": (_concatenate, {0: 0}),
    "Slice": (_slice, {0: (), 1: 0, 2: ()}),
    "Crop": (_crop, _CROP),
    "Padding": (_pad, {**dict.fromkeys(range(9), 0), 5: 0.0}),
    "Reshape": (_reshape, {0: _AUTO, 1: _AUTO, 11: _AUTO, 2: _AUTO, 3: 0}),
    "Permute": (_permute, {0: 0}),
    "Flatten": (lambda p, x: [x[0].flatten(1)], {}),
    "Softmax": (_softmax, {0: 0, 1: 0}),
    "MatMul": (_multiply, {0: 0}),
    "Reduction": (_reduce, {0: 0, 1: 1, 2: 1.0, 3: (), 4: 0, 5: 0}),
}
