"""Identify an ncnn network from its graph and a run on gray pictures."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from restorer.errors import CheckpointError
from restorer.models.ncnn.files import read_network
from restorer.models.ncnn.graph import Graph
from restorer.models.ncnn.network import GraphNetwork, Shape, measure_shape
from restorer.tiling.plan import TileNeeds, round_up

_LARGEST_RADIUS = 48
# Real-ESRGAN x4plus could see 355 pixels far. Beyond 32 pixels from the edge of a tile, its result
# differs from that of the whole image by 0.3/255 on average; the rest of the overlap is blended.
_FAR_SIDE, _FAR_OVERLAP, _FAR_RADIUS = 384, 80, 32
# CUNet with its means over the picture: 8 pixels from the edge, the difference is that of the
# means, 0.3 to 1.3/255 in tiles of 88 pixels.
_GLOBAL_SIDE, _GLOBAL_OVERLAP = 512, 32
_SIDE = 256
_GRAYS = (0.25, 0.75)
_SMALL = 0.1  # of the difference of grays in results of networks that return no picture


@dataclass(frozen=True)
class NcnnModel:
    """The properties of an ncnn network.

    Attributes:
        title: Name of the network, or that of the format.
        details: Its layers, as text.
        scale: Scale of the result.
        channels: Channels of input and result.
        params: Arguments of `build`.
        parameters: Number of weights.
    """

    title: str
    details: str
    scale: int
    channels: int
    params: Mapping[str, Any]
    parameters: int
    tile: TileNeeds


def identify_network(path: Path) -> NcnnModel:
    """Return the properties of the network in a file, after small runs.

    Raises CheckpointError, which names the layers that are not supported.
    """
    graph, state = read_network(path)
    try:
        shape = measure_shape(graph)
        residual = _is_residual(graph, state, shape)
    except CheckpointError as error:
        raise CheckpointError(f"{path}: {error}") from error
    params = {"margin": shape.margin, "unit": shape.unit, "residual": residual}
    kinds = graph.kinds()
    del kinds["Input"], kinds["Split"]
    return NcnnModel(
        title=_title(graph, shape),
        details=", ".join(f"{count} {kind}" for kind, count in kinds.most_common()),
        scale=shape.scale,
        channels=shape.channels,
        params={key: value for key, value in params.items() if value != _DEFAULTS[key]},
        parameters=sum(tensor.numel() for tensor in state.values()),
        tile=tile_needs(shape),
    )


_DEFAULTS = {"margin": 0, "unit": 1, "residual": False}


def tile_needs(shape: Shape) -> TileNeeds:
    """Return the needs of tiles of a network, which extends its input itself."""
    if shape.radius is None:
        side, overlap, radius = _GLOBAL_SIDE, _GLOBAL_OVERLAP, 0
    elif shape.radius > _LARGEST_RADIUS:
        side, overlap, radius = _FAR_SIDE, _FAR_OVERLAP, _FAR_RADIUS
    else:
        side, overlap, radius = _SIDE, 2 * shape.radius, shape.radius
    return TileNeeds(
        multiple_of=1,
        min_side=8,
        side=round_up(side, shape.unit),
        overlap=round_up(overlap, shape.unit),
        border=0,
        bytes_per_pixel=8 * shape.values,  # float32, and as much for copies
        global_context=shape.radius is None,
        radius=round_up(radius, shape.unit),
        period=shape.unit,
    )


def _is_residual(graph: Graph, state: Mapping[str, Tensor], shape: Shape) -> bool:
    """Whether a network returns the difference from its input; gray becomes zero then.

    Real-CUGAN for scale 4 does; its program adds the input.
    """
    network = GraphNetwork(graph, state, scale=shape.scale, margin=shape.margin, unit=shape.unit)
    sides = [16, 16]
    with torch.no_grad():
        dark, light = (
            float(network(torch.full((1, shape.channels, *sides), gray)).mean()) for gray in _GRAYS
        )
    if abs(light - dark) > _SMALL * (_GRAYS[1] - _GRAYS[0]):
        return False
    if shape.scale == 1:
        raise CheckpointError(
            f"returns about {dark:.2f} and {light:.2f} for gray pictures of {_GRAYS[0]} and"
            f" {_GRAYS[1]}: not a restored picture"
        )
    return True


def _title(graph: Graph, shape: Shape) -> str:
    """Return the name of a known network, by its layers."""
    kinds = graph.kinds()
    found = {kind for kind in kinds if kind not in ("Input", "Split", "BinaryOp", "Eltwise")}
    if found == {"Convolution", "Concat", "Interp"} and kinds["Concat"] % 12 == 0:
        return "ESRGAN"
    if found in ({"Convolution", "PReLU", "PixelShuffle", "Interp"}, _COMPACT):
        return "Compact"
    if found == {"Convolution", "Deconvolution"} and shape.margin == 28:
        return "UpConv7"
    if found >= {"Convolution", "Deconvolution", "Pooling", "Crop"} and shape.margin:
        return "CUNet"
    return "ncnn network"


_COMPACT = {"Convolution", "ReLU", "PixelShuffle", "Interp"}
