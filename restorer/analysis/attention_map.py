"""Attention maps: which places a network combines for one pixel, at which scale and weight.

The network runs on a small region of an image, as it does on a tile. The queries and keys of its
attention are recorded, and the attention weights of the pixel's patch are computed from them.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
import torch
from torch import Tensor, nn

from restorer import color
from restorer.attention.dense import softmax_affinity
from restorer.attention.nonlocal_block import NonLocalBlock
from restorer.attention.patch import patch_weights
from restorer.attention.pyramid import PyramidAttention
from restorer.errors import SettingsError
from restorer.image import FloatArray
from restorer.inference.loading import Openable, open_model
from restorer.inference.predictor import Predictor
from restorer.inputs import Picture, to_image
from restorer.models.catalog import ModelSpec
from restorer.networks.panet import SqueezedAttention
from restorer.restoration.conditioning import Condition, planes_of
from restorer.restoration.source import Part, Source, usual
from restorer.tiling.padding import PaddedFrame
from restorer.tiling.plan import Region, plan_tiles, round_up

_LARGEST = 2  # largest side of a region in windows; time grows with the fourth power of the side
_MATCHES = 8
_Level: TypeAlias = tuple[float, tuple[float, float], Tensor]


@dataclass(frozen=True, eq=False)
class AttentionLevel:
    """The attention weights on one level of the pyramid.

    Attributes:
        scale: Scale of the level; 1 is the scale of the features, and 0.8 finds larger structures.
        weights: (h, w) float32, indexed by the center of the matching patch.
        top: Top edge of the first weight's cell in image pixels; cells outside the region belong
            to its mirrored border.
        left: Left edge of the first weight's cell, likewise.
        cell: Height and width of a cell in image pixels.
    """

    scale: float
    weights: FloatArray
    top: float
    left: float
    cell: tuple[float, float]

    @property
    def share(self) -> float:
        """The share of all attention on this level."""
        return float(self.weights.sum())


@dataclass(frozen=True)
class AttentionMatch:
    """A patch with a high attention weight: a rectangle in fractional image pixels.

    Attributes:
        level: Index of the pyramid level.
        weight: The share of all attention on this patch.
    """

    level: int
    top: float
    left: float
    height: float
    width: float
    weight: float

    def contains_center_of(self, other: AttentionMatch) -> bool:
        """Whether the center of the other patch lies inside this one."""
        row = other.top + other.height / 2 - self.top
        column = other.left + other.width / 2 - self.left
        return 0 <= row <= self.height and 0 <= column <= self.width


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """The attention of one pixel; the weights of all levels add up to 1.

    Attributes:
        region: The region of the image that the network received.
        patch: Top, left, height and width of the query patch, in image pixels.
        levels: The levels of the pyramid; a single one for attention without a pyramid.
        matches: The patches with the largest weights, in descending order, without those whose
            center lies in a stronger one.
    """

    region: Region
    patch: tuple[float, float, float, float]
    levels: tuple[AttentionLevel, ...]
    matches: tuple[AttentionMatch, ...]


def map_attention(
    image: Picture | Source,
    model: Openable,
    at: tuple[int, int],
    *,
    region: Region | None = None,
    sigma: float | None = None,
    jpeg_quality: int | None = None,
    attention: int = 0,
    matches: int = _MATCHES,
) -> AttentionMap:
    """Return the attention weights of a network for one pixel of an image.

    Queries are patches of 3x3 cells (pixels or blocks of pixels) with the pixel's cell at the
    center; neighboring patches that overlap the cell contribute as well.

    Args:
        image: The image, of any kind that `restore` takes.
        model: A pyramid attention network, or a non-local network with a Gaussian affinity.
        at: Row and column of the pixel.
        region: The region given to the network, all of which attention sees. By default, it
            surrounds the pixel and is as large as an attention window, or a tile of the model.
        sigma: Noise level on the 0-255 scale, for models that take it; None estimates it.
        jpeg_quality: JPEG quality, 1 to 100, for models that take it; None estimates it.
        attention: Index of the attention module in networks with several.
        matches: The largest number of matches to list.

    Raises SettingsError for a network without such attention, a pixel outside the region, and a
    region outside the image or too large. Also raises what `load` and a run raise.

    Examples:
        >>> image = restorer.read("photo.jpg")
        >>> seen = restorer.map_attention(image, "panet-denoise-lite", at=(20, 30), sigma=25)
        >>> len(seen.levels)  # one map for each level of the pyramid
        3
    """
    predictor = open_model(model)
    source = image if isinstance(image, Source) else Source(to_image(image))
    spec, border = predictor.spec, predictor.spec.tile.border
    side = getattr(predictor.network, "window_side", spec.tile.side)
    region = region or _around(at, source.region, side)
    _check(source.region, region, at, spec, _LARGEST * side)
    condition = _condition(spec, source, sigma, jpeg_quality)
    planes = _planes(spec, source.part(region), condition)
    frame = PaddedFrame(region.height, region.width, border, spec.traits.padding == "repeat")
    framed = frame.fill(frame.region, planes, Region(0, 0, region.height, region.width))
    pixel = at[0] - region.top + border, at[1] - region.left + border
    weights = _compute_weights(predictor, framed, pixel, attention)
    return _to_map(weights, region, border, matches)


@dataclass(frozen=True)
class _Weights:
    """The attention weights of one query, in feature cells from the corner of the planes.

    Attributes:
        cell: Side of a cell in pixels.
        query: Row and column of the query's cell.
        reach: Cells of a patch on each side of its center.
        levels: Scale of the level, height and width of its cells, and (h, w) weights.
    """

    cell: int
    query: tuple[int, int]
    reach: int
    levels: list[_Level]


def _around(at: tuple[int, int], whole: Region, side: int) -> Region:
    """Return the square of side `side` around a pixel, moved into the image."""
    height, width = min(side, whole.height), min(side, whole.width)
    top = min(max(0, at[0] - height // 2), whole.height - height)
    left = min(max(0, at[1] - width // 2), whole.width - width)
    return Region(top, left, height, width)


def _check(whole: Region, region: Region, at: tuple[int, int], spec: ModelSpec, side: int) -> None:
    if not whole.holds(region) or min(region.height, region.width) < 1:
        raise SettingsError(f"{region}: outside the image of {whole.width} x {whole.height}")
    if not region.holds(Region(*at, 1, 1)):
        raise SettingsError(f"row {at[0]}, column {at[1]}: outside {region}")
    if region.height * region.width > side**2:
        raise SettingsError(
            f"{region.width} x {region.height} pixels are too many for an attention map of"
            f" {spec.id}; choose at most {side} x {side}"
        )
    if not spec.traits.attention_maps:
        raise SettingsError(f"{spec.id}: no attention map is available for this task")


def _condition(
    spec: ModelSpec, source: Source, sigma: float | None, quality: int | None
) -> Condition:
    """Return the condition that the network receives."""
    if spec.condition == "sigma":
        levels, found = source.levels, sigma
        if found is None:
            found = min(levels.sigma(spec.noise), spec.condition_max)
        elif spec.noise == "white":
            return Condition(found)
        return Condition(found, local=levels.local(found, spec.noise))
    if spec.condition == "jpeg_quality":
        return Condition(jpeg_quality=quality or source.jpeg_quality()[0])
    return Condition()


def _planes(spec: ModelSpec, part: Part, condition: Condition) -> FloatArray:
    """Return the input planes for a region; a network with one channel receives the luma."""
    known = usual(part.colors)
    colors = color.luma(known) if spec.channels == 1 else known
    return planes_of(spec, colors, condition.levels(part.region))


def _compute_weights(
    predictor: Predictor, planes: FloatArray, at: tuple[int, int], number: int
) -> _Weights:
    """Run the network and return the weights of one attention module at a pixel of the planes."""
    spec, needs = predictor.spec, predictor.spec.tile
    # The hooks must not see the runs of other threads.
    network = copy.deepcopy(predictor.network)
    for module in network.modules():
        if isinstance(module, SqueezedAttention):
            module.window = max(planes.shape[:2])  # one for all
    attentions = [m for m in network.modules() if isinstance(m, (PyramidAttention, NonLocalBlock))]
    if not 0 <= number < len(attentions):
        raise SettingsError(
            f"{spec.id}: attention {number} does not exist; the network has {len(attentions)} with"
            " attention maps, numbered from 0"
        )
    side = round_up(max(*planes.shape[:2], needs.min_side), needs.multiple_of)
    plan = plan_tiles((planes.shape[0], planes.shape[1]), needs, side=side, overlap=0)
    attention = attentions[number]
    pyramid = isinstance(attention, PyramidAttention)
    names = ("conv_match_L_base", "conv_match") if pyramid else ("theta", "phi")
    with ExitStack() as stack:
        queries, keys = (stack.enter_context(_recorded(getattr(attention, n))) for n in names)
        Predictor(spec, network, predictor.device, predictor.precision).run(planes, plan)
    cell = plan.tiles[0].height // queries[-1].shape[2]
    query = at[0] // cell, at[1] // cell
    with torch.inference_mode():
        if isinstance(attention, PyramidAttention):
            levels = _pyramid_levels(attention, queries[-1], keys[-len(attention.scales) :], query)
            return _Weights(cell, query, 1, levels)
        return _Weights(cell, query, 0, [_pair_level(attention, queries[-1], keys[-1], query)])


def _pyramid_levels(
    attention: PyramidAttention, query: Tensor, keys: list[Tensor], at: tuple[int, int]
) -> list[_Level]:
    weights = patch_weights(
        query,
        keys,
        at,
        softmax_scale=attention.softmax_scale,
        norm_floor=attention.escape_NaN,
        hard=attention.hard,
    )
    total = torch.stack([weight.sum() for weight in weights]).sum()
    levels = []
    for scale, weight in zip(attention.scales, weights, strict=True):
        height, width = (a / b for a, b in zip(query.shape[2:], weight.shape, strict=True))
        if not attention.exact_ratio and 1 not in weight.shape:
            height = width = 1 / scale
        levels.append((scale, (height, width), weight / total))
    return levels


def _pair_level(block: NonLocalBlock, query: Tensor, key: Tensor, at: tuple[int, int]) -> _Level:
    if "gaussian" not in block.pairwise:
        raise SettingsError(
            f"{block.pairwise}: weights do not add up to 1; an attention map requires a Gaussian"
        )
    weights = softmax_affinity(query[:, :, at[0], at[1], None], key.flatten(2))
    # A pooled key covers 2x2 cells.
    sides = (
        2.0 if few < many else 1.0 for many, few in zip(query.shape[2:], key.shape[2:], strict=True)
    )
    height, width = sides
    return 1.0, (height, width), weights.view(key.shape[2:])


@contextmanager
def _recorded(module: nn.Module) -> Iterator[list[Tensor]]:
    """Collect the outputs of a module within the context."""
    outputs: list[Tensor] = []
    handle = module.register_forward_hook(lambda _, inputs, output: outputs.append(output))
    try:
        yield outputs
    finally:
        handle.remove()


def _to_map(found: _Weights, region: Region, border: int, count: int) -> AttentionMap:
    """Convert weights in feature cells to positions in the image."""
    top, left = region.top - border, region.left - border
    levels = []
    for scale, (height, width), weights in found.levels:
        cell = (height * found.cell, width * found.cell)
        levels.append(AttentionLevel(scale, weights.float().cpu().numpy(), top, left, cell))

    side = float((2 * found.reach + 1) * found.cell)
    row, column = ((n - found.reach) * found.cell for n in found.query)
    patch = (top + row, left + column, side, side)
    return AttentionMap(region, patch, tuple(levels), _strongest(levels, found.reach, count))


def _strongest(
    levels: Sequence[AttentionLevel], reach: int, count: int
) -> tuple[AttentionMatch, ...]:
    """Return the patches with the largest weights, without those centered in a stronger one."""
    weights = np.concatenate([level.weights.ravel() for level in levels])
    starts = np.cumsum([0, *(level.weights.size for level in levels)])
    chosen: list[AttentionMatch] = []
    for place in np.argsort(-weights, kind="stable"):
        number = int(np.searchsorted(starts, place, "right")) - 1
        level = levels[number]
        row, column = divmod(int(place - starts[number]), level.weights.shape[1])
        height, width = ((2 * reach + 1) * side for side in level.cell)
        match = AttentionMatch(
            number,
            level.top + (row - reach) * level.cell[0],
            level.left + (column - reach) * level.cell[1],
            height,
            width,
            float(weights[place]),
        )
        if not any(other.contains_center_of(match) for other in chosen):
            chosen.append(match)
        if len(chosen) == count:
            break
    return tuple(chosen)
