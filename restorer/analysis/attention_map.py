"""Looking: where the attention of a network looks from a pixel, at which scale, and how much.

The network runs on a small part of a picture, as it runs on a tile. What its attention is given is
noted on the way, and the weights of the pixel's patch are computed from that.
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
from restorer.attention.patch import patch_weights
from restorer.errors import SettingsError
from restorer.image import FloatArray, Image
from restorer.inference.loading import open_model
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec
from restorer.networks.nonlocal_net import NonLocalBlock
from restorer.networks.panet import PyramidAttention
from restorer.restoration.conditioning import Condition, planes_of
from restorer.restoration.source import Part, Source, usual
from restorer.tiling.padding import PaddedFrame
from restorer.tiling.plan import Region, plan_tiles, round_up

_LARGEST = 2  # tiles that a part may be wide and high; time grows with the fourth power
_MATCHES = 8
_Level: TypeAlias = tuple[float, tuple[float, float], Tensor]


@dataclass(frozen=True, eq=False)
class AttentionLevel:
    """What one level of the pyramid gives.

    Attributes:
        scale: Of the level: 1 is the features' own, 0.8 sees larger things smaller.
        weights: (h, w) float32, by the middle of the patch that something is taken from.
        top: Where the first weight's cell begins in the picture, in its pixels; what lies outside
            the part is its mirrored border.
        left: The same for columns.
        cell: Height and width of a cell in pixels of the picture.
    """

    scale: float
    weights: FloatArray
    top: float
    left: float
    cell: tuple[float, float]

    @property
    def share(self) -> float:
        """How much of all comes from this level."""
        return float(self.weights.sum())


@dataclass(frozen=True)
class AttentionMatch:
    """A patch that much is taken from: a rectangle in pixels of the picture, not whole ones.

    Attributes:
        level: Its number.
        weight: Its share of all that is taken.
    """

    level: int
    top: float
    left: float
    height: float
    width: float
    weight: float

    def holds_middle_of(self, other: AttentionMatch) -> bool:
        """Whether the middle of the other one lies inside."""
        row = other.top + other.height / 2 - self.top
        column = other.left + other.width / 2 - self.left
        return 0 <= row <= self.height and 0 <= column <= self.width


@dataclass(frozen=True, eq=False)
class AttentionMap:
    """Where the attention looks from a pixel; the weights of all levels add up to 1.

    Attributes:
        region: The part of the picture that the network saw.
        patch: Top, left, height and width of the patch that it looks from, in the picture's pixels.
        levels: Of the pyramid; one for an attention without.
        matches: The strongest first; what has its middle in a stronger one is left out.
    """

    region: Region
    patch: tuple[float, float, float, float]
    levels: tuple[AttentionLevel, ...]
    matches: tuple[AttentionMatch, ...]


def map_attention(
    image: Image | Source,
    model: Predictor | str,
    at: tuple[int, int],
    *,
    region: Region | None = None,
    sigma: float | None = None,
    jpeg_quality: int | None = None,
    attention: int = 0,
    matches: int = _MATCHES,
) -> AttentionMap:
    """Return where the attention of a network looks from one pixel of a picture.

    It looks from patches of 3x3 cells, pixels or blocks of pixels, the pixel's in the middle;
    neighboring patches that overlap it add what they find.

    Args:
        image: The picture.
        model: Of the pyramid attention networks, or non-local with a Gaussian.
        at: Row and column of the pixel.
        region: The part that the network sees; by default a tile of the model around the pixel.
        sigma: Noise level, 0-255 scale, for models that are told it; None estimates it.
        jpeg_quality: The same for models that are told the quality of a JPEG file, 1 to 100.
        attention: Number of the attention in networks with several.
        matches: How many are listed at most.

    Raises SettingsError for a network without such an attention, a pixel outside the region, and a
    region outside the picture or too large; else what `open_model` and a run raise.
    """
    predictor = open_model(model) if isinstance(model, str) else model
    picture = image if isinstance(image, Source) else Source(image)
    spec, border = predictor.spec, predictor.spec.tile.border
    region = region or _around(at, picture.region, spec.tile.side)
    _check(picture.region, region, at, spec)
    told = _told(spec, picture, sigma, jpeg_quality)
    planes = _planes(spec, picture.part(region), told)
    frame = PaddedFrame(region.height, region.width, border, spec.traits.padding == "repeat")
    framed = frame.fill(frame.region, planes, Region(0, 0, region.height, region.width))
    place = at[0] - region.top + border, at[1] - region.left + border
    return _described(_weigh(predictor, framed, place, attention), region, border, matches)


@dataclass(frozen=True)
class _Weights:
    """The weights at one query, in cells of the features, from the corner of the planes.

    Attributes:
        cell: Side of a cell in pixels.
        query: The cell that was asked for.
        reach: Cells that a patch has on each side of its middle.
        levels: Scale, height and width of a cell of the level, and (h, w) weights.
    """

    cell: int
    query: tuple[int, int]
    reach: int
    levels: list[_Level]


def _around(at: tuple[int, int], whole: Region, side: int) -> Region:
    """Return the square of a side around a pixel, moved into the picture."""
    height, width = min(side, whole.height), min(side, whole.width)
    top = min(max(0, at[0] - height // 2), whole.height - height)
    left = min(max(0, at[1] - width // 2), whole.width - width)
    return Region(top, left, height, width)


def _check(whole: Region, region: Region, at: tuple[int, int], spec: ModelSpec) -> None:
    side = _LARGEST * spec.tile.side
    if not whole.holds(region) or min(region.height, region.width) < 1:
        raise SettingsError(f"{region}: not in a picture of {whole.width} x {whole.height}")
    if not region.holds(Region(*at, 1, 1)):
        raise SettingsError(f"row {at[0]}, column {at[1]}: not in {region}")
    if region.height * region.width > side**2:
        raise SettingsError(
            f"{region.width} x {region.height} pixels are too many to look into with {spec.id};"
            f" choose at most {side} x {side}"
        )
    if not spec.traits.attention_maps:
        raise SettingsError(f"{spec.id}: its attention cannot be looked into")


def _told(spec: ModelSpec, picture: Source, sigma: float | None, quality: int | None) -> Condition:
    """Return what the network is told."""
    if spec.condition == "sigma":
        return Condition(min(picture.sigma if sigma is None else sigma, spec.condition_max))
    if spec.condition == "jpeg_quality":
        return Condition(jpeg_quality=quality or picture.jpeg_quality()[0])
    return Condition()


def _planes(spec: ModelSpec, part: Part, told: Condition) -> FloatArray:
    """Return what the network takes of a part; a network of one plane looks at the luma."""
    known = usual(part.colors)
    return planes_of(spec, color.luma(known) if spec.channels == 1 else known, told.level)


def _weigh(predictor: Predictor, planes: FloatArray, at: tuple[int, int], number: int) -> _Weights:
    """Run the network and return the weights of one of its attentions at a pixel of the planes."""
    spec, needs = predictor.spec, predictor.spec.tile
    # A copy, which no other thread runs meanwhile.
    network = copy.deepcopy(predictor.network)
    attentions = [m for m in network.modules() if isinstance(m, (PyramidAttention, NonLocalBlock))]
    if not 0 <= number < len(attentions):
        raise SettingsError(
            f"{spec.id}: has {len(attentions)} attentions that can be looked into, not number"
            f" {number}; pyramid attention networks have one"
        )
    side = round_up(max(*planes.shape[:2], needs.min_side), needs.multiple_of)
    plan = plan_tiles((planes.shape[0], planes.shape[1]), needs, side=side, overlap=0)
    attention = attentions[number]
    pyramid = isinstance(attention, PyramidAttention)
    names = ("conv_match_L_base", "conv_match") if pyramid else ("theta", "phi")
    with ExitStack() as stack:
        queries, keys = (stack.enter_context(_noted(getattr(attention, n))) for n in names)
        Predictor(spec, network, predictor.device, predictor.precision).run(planes, plan)
    cell = plan.tiles[0].height // queries[-1].shape[2]
    query = at[0] // cell, at[1] // cell
    with torch.inference_mode():
        if isinstance(attention, PyramidAttention):
            levels = _of_pyramid(attention, queries[-1], keys[-len(attention.scales) :], query)
            return _Weights(cell, query, 1, levels)
        return _Weights(cell, query, 0, [_of_pairs(attention, queries[-1], keys[-1], query)])


def _of_pyramid(
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


def _of_pairs(block: NonLocalBlock, query: Tensor, key: Tensor, at: tuple[int, int]) -> _Level:
    if "gaussian" not in block.pairwise:
        raise SettingsError(f"{block.pairwise}: its weights do not add up to 1")
    weights = softmax_affinity(query[:, :, at[0], at[1], None], key.flatten(2))
    # Pooled keys are one of 2x2 cells.
    sides = (
        2.0 if few < many else 1.0 for many, few in zip(query.shape[2:], key.shape[2:], strict=True)
    )
    height, width = sides
    return 1.0, (height, width), weights.view(key.shape[2:])


@contextmanager
def _noted(module: nn.Module) -> Iterator[list[Tensor]]:
    """Collect what a module returns meanwhile."""
    seen: list[Tensor] = []
    handle = module.register_forward_hook(lambda _, inputs, output: seen.append(output))
    try:
        yield seen
    finally:
        handle.remove()


def _described(found: _Weights, region: Region, border: int, count: int) -> AttentionMap:
    """Return the weights with their places in the picture."""
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
    """Return the patches of the largest weights, none with its middle in a stronger one."""
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
        if not any(other.holds_middle_of(match) for other in chosen):
            chosen.append(match)
        if len(chosen) == count:
            break
    return tuple(chosen)
