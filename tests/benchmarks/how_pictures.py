"""Make the figures of docs/how: python tests/benchmarks/how_pictures.py [NAME ...]

Each figure shows what the code of this project computes, on a facade drawn in code or on
photographs of scikit-image. Needs the extras bench and demo.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
import torch
import torch.nn.functional as F
from matplotlib import pyplot as plt
from matplotlib.patches import ConnectionPatch, Rectangle
from photographs import photograph

import restorer
from restorer import AttentionMap, Image, ReferenceMaps, Settings, Step
from restorer.attention.dense import softmax_affinity
from restorer.attention.hashed import count_buckets, hash_codes
from restorer.attention.kernel import key_sums, orthogonal_projection
from restorer.attention.seeding import draw_rotations
from restorer.tiling.blending import Blender
from restorer.tiling.plan import Region, TileNeeds, plan_tiles
from restorer.training.degrade import Bytes, bicubic_downscale

HOW = Path(__file__).parents[2] / "docs" / "how"
MODEL = "panet-sr-x2-lite"
_WIDTH, _DPI = 8.4, 90  # inches; 756 pixels
_COLORS = 48  # of a palette, which keeps the files small
_MARK = "#ff2d6f"
WINDOW = (164, 98)  # the center of a window of the facade


def main(names: list[str]) -> None:
    matplotlib.use("Agg")
    plt.rcParams.update({"font.size": 9, "axes.titlesize": 9, "svg.hashsalt": "restorer"})
    for name in names or FIGURES:
        figure = FIGURES[name]()
        target = HOW / f"{name}.png"
        figure.savefig(target, dpi=_DPI, metadata={"Software": None})
        plt.close(figure)
        shrink(target)
        print(f"{target}: {target.stat().st_size / 1000:.0f} kB", flush=True)


def shrink(target: Path) -> None:
    """Store a figure with a palette."""
    from PIL import Image as PilImage

    with PilImage.open(target) as picture:
        few = picture.convert("RGB").quantize(_COLORS * 4, dither=PilImage.Dither.NONE)
    few.save(target, optimize=True)


def pyramid() -> Any:
    """Return the patches that pyramid attention combines for one window of a facade."""
    picture = facade()
    seen = restorer.map_attention(picture, MODEL, WINDOW, matches=8)
    figure, axes = panels(1 + len(seen.levels), 2.2)
    show(axes[0], picture, "query (red) and best matches")
    mark_matches(axes[0], seen)
    strongest = max(float(level.weights.max()) for level in seen.levels)
    for axis, level in zip(axes[1:], seen.levels, strict=True):
        shown = np.sqrt(level.weights / strongest)
        axis.imshow(shown, cmap="magma", vmin=0, vmax=1)
        axis.set_title(f"scale {level.scale:.1f}: {level.share:.0%} of the weight")
        axis.set_axis_off()
    return figure


def mark_matches(axis: Any, seen: AttentionMap) -> None:
    region = seen.region
    for match in seen.matches:
        top, left = max(match.top, region.top), max(match.left, region.left)
        bottom = min(match.top + match.height, region.bottom)
        right = min(match.left + match.width, region.right)
        box(axis, left, top, right - left, bottom - top, "#28e0ff")
    top, left, height, width = seen.patch
    box(axis, left, top, width, height, _MARK, 2.5)


def facade() -> Bytes:
    """Draw a house front with windows of two sizes."""
    y, x = np.mgrid[0:208, 0:208].astype(np.float64)
    wall = 168 + 10 * np.sin(y / 3.1) * (np.sin(x / 5.3 + 3 * np.floor(y / 9.7)) > 0.2)
    picture = np.stack([wall, wall * 0.86, wall * 0.72], axis=2)
    picture[184:] *= 0.6
    # Distances are multiples of the 8 pixels between the features that the network compares.
    for top, size in ((8, 30), (48, 30), (88, 24), (120, 24), (152, 24)):
        for left in range(8, 200, 40):
            window(picture, top, left, size)
    return np.clip(np.rint(picture), 0, 255).astype(np.uint8)


def window(picture: np.ndarray, top: int, left: int, size: int) -> None:
    wide = round(size * 0.8)
    picture[top : top + size, left : left + wide] = (236, 232, 224)
    edge, half = max(2, size // 10), wide // 2
    for first, last in ((edge, half - 1), (half + 1, wide - edge)):
        for upper, lower in ((edge, size // 3), (size // 3 + 2, size - edge)):
            glass = picture[top + upper : top + lower, left + first : left + last]
            shade = np.linspace(0, 60, glass.shape[0])[:, None, None]
            glass[:] = np.array((52.0, 66.0, 88.0)) + shade


def buckets() -> Any:
    """Return the hash buckets of the patches of a photograph."""
    picture = photograph("astronaut.png")[10:170, 140:300]
    features = patches(picture)
    vectors = features.flatten(2)[0].mT
    count = 8
    rotations = draw_rotations(0, 0, (1, vectors.shape[1], 1, count // 2))[0]
    codes = hash_codes(vectors, rotations)[0]
    order = codes.argsort(stable=True)
    place = order.argsort().view(picture.shape[:2])
    chunk = 2304  # a bucket of this size for a picture of 160 x 160 has about eleven chunks
    at = (52, 66)
    own = int(place[at]) // chunk
    near = np.abs(place.numpy() // chunk - own) <= 1
    figure, axes = panels(3, 3.0)
    show(axes[0], picture, "picture, and one query pixel")
    axes[1].imshow(codes.view(picture.shape[:2]), cmap="tab10", interpolation="nearest")
    axes[1].set_title(f"bucket of each pixel ({count} buckets)")
    shown = np.where(near[..., None], picture, picture // 5)
    show(axes[2], shown, f"pixels that it attends to: {near.mean():.0%}")
    for axis in axes:
        axis.set_axis_off()
        axis.plot(at[1], at[0], "o", color=_MARK, markersize=6, markeredgecolor="white")
    print(f"  of {count_buckets(vectors.shape[0], 144)} buckets in a network")
    return figure


def patches(picture: Bytes, side: int = 5) -> torch.Tensor:
    """Return the patches of a picture without their mean over it: (1, 3 * side**2, H, W)."""
    values = torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None]
    half = side // 2
    around = F.unfold(F.pad(values, (half,) * 4, mode="reflect"), side)
    around = around - around.mean(2, keepdim=True)
    return around.view(1, -1, *picture.shape[:2])


def kernel() -> Any:
    """Return how well products of random features approximate exp(q.k), and what they cost."""
    generator = torch.Generator().manual_seed(0)
    channels, pairs = 16, 400
    query = F.normalize(torch.randn(channels, 1, generator=generator), dim=0) * 6**0.5
    others = torch.randn(channels, pairs, generator=generator)
    cosine = torch.linspace(-1, 1, pairs)
    others = F.normalize(others - query * (query.mT @ others) / 6, dim=0) * 6**0.5
    keys = cosine * query + (1 - cosine**2).sqrt() * others  # of the norm that the paper uses
    exact = (query.mT @ keys)[0].exp()
    figure, axes = panels(2, 3.1)
    for count, color in ((16, "#f0a030"), (128, "#2a7fde"), (2048, "#18a060")):
        projection = orthogonal_projection(count, channels, generator)
        product = features(query, projection).mT @ features(keys, projection) / count
        axes[0].plot(exact, product[0], ".", color=color, markersize=3, label=f"{count} features")
    axes[0].plot(exact, exact, color="black", linewidth=0.8)
    axes[0].set(xscale="log", yscale="log", xlabel="exp(q·k)", ylabel="product of features")
    axes[0].set_title("one pixel and 400 others, 16 channels")
    axes[0].legend(frameon=False)
    sides = np.array([32, 64, 128, 256, 512, 1024])
    axes[1].plot(sides, sides.astype(float) ** 4, color=_MARK, label="all pairs of pixels")
    axes[1].plot(sides, sides.astype(float) ** 2 * 256, color="#2a7fde", label="128 features")
    axes[1].set(xscale="log", yscale="log", xlabel="side of the picture in pixels")
    axes[1].set_xticks(sides, [str(side) for side in sides])
    axes[1].minorticks_off()
    axes[1].set_title("exponentials to compute")
    axes[1].legend(frameon=False)
    return figure


def features(vectors: torch.Tensor, projection: torch.Tensor) -> torch.Tensor:
    """Return the (features, L) random features of (C, L) vectors."""
    single = [
        key_sums(vectors[:, i : i + 1], torch.ones(1, 1), projection)[1]
        for i in range(vectors.shape[1])
    ]
    return torch.stack(single, 1)


def matches() -> Any:
    """Return the places of the reference from which a texture transformer takes its texture."""
    left, right = photograph("motorcycle_left.png"), photograph("motorcycle_right.png")
    truth, reference = left[176:432, 300:556], right[150:460, 200:560]
    small = Image(np.ascontiguousarray(bicubic_downscale(truth, 4)))
    found: list[ReferenceMaps] = []
    restorer.restore(
        small, "ttsr-x4-lite", references=[Image(reference.copy())], on_maps=found.append
    )
    maps = found[0]
    figure, axes = panels(3, 2.7)
    show(axes[0], small.pixels, "picture, 64 x 64")
    show(axes[1], reference, "reference")
    show(axes[2], maps.confidence_picture()[..., 0], "confidence", cmap="gray")
    colors = plt.get_cmap("hsv")(np.linspace(0, 0.9, 9))
    for color, (row, column) in zip(
        colors, [(y, x) for y in (10, 32, 54) for x in (10, 32, 54)], strict=True
    ):
        source = maps.at(row, column)
        axes[0].plot(column, row, "o", color=color, markeredgecolor="white")
        if source is None:
            continue
        axes[1].plot(source.column, source.row, "o", color=color, markeredgecolor="white")
        line = ConnectionPatch(
            (column, row),
            (source.column, source.row),
            "data",
            "data",
            axesA=axes[0],
            axesB=axes[1],
            color=color,
            linewidth=1,
        )
        figure.add_artist(line)
    return figure


def nonlocal_pixels() -> Any:
    """Return the weights of all pixels of a picture for one of them."""
    picture = photograph("coffee.png")[60:220, 120:320]
    features = F.normalize(patches(picture), dim=1)
    figure, axes = panels(3, 2.7)
    at = (80, 150)
    show(axes[0], picture, "picture, and one query pixel")
    query = features[:, :, at[0], at[1], None]
    for axis, sharpness in zip(axes[1:], (4.0, 20.0), strict=True):
        weights = softmax_affinity(query * sharpness, features.flatten(2))
        shown = weights.view(picture.shape[:2]).numpy()
        axis.imshow(np.sqrt(shown / np.quantile(shown, 0.999)), cmap="magma", vmin=0, vmax=1)
        half = float(np.sort(shown.ravel())[::-1].cumsum().searchsorted(0.5) / shown.size)
        axis.set_title(f"scores x {sharpness:.0f}: half of the weight on {half:.1%}")
        axis.set_axis_off()
    for axis in axes:
        axis.plot(at[1], at[0], "o", color=_MARK, markersize=6, markeredgecolor="white")
    return figure


def tiles() -> Any:
    """Return a plan of tiles, the weights of one, and the seams that blending removes."""
    picture = photograph("chelsea.png")[20:276, 80:336]
    needs = TileNeeds(8, 16, 112, 32, 0, 1, True)
    plan = plan_tiles(picture.shape[:2], needs)
    figure, axes = panels(3, 2.8)
    show(axes[0], picture, f"{len(plan.tiles)} tiles, each {plan.tiles[0].height} pixels high")
    for tile in plan.tiles:
        box(axes[0], tile.left, tile.top, tile.width, tile.height, "#28e0ff")
    middle = plan.tiles[len(plan.tiles) // 2]
    box(axes[0], middle.left, middle.top, middle.width, middle.height, _MARK, 2)
    blender = Blender(plan, 1, 1)
    blender.add(middle, np.ones((middle.height, middle.width, 1), np.float32))
    weights = np.zeros(picture.shape[:2])
    rows = blender.values[..., 0]
    weights[: len(rows)] = rows
    axes[1].imshow(weights, cmap="magma", vmin=0, vmax=1)
    axes[1].set_title("weight of the marked tile")
    axes[1].set_axis_off()
    seam(axes[2], picture)
    return figure


def seam(axis: Any, picture: Bytes) -> None:
    """Plot the difference to one tile along a row, with and without overlap."""
    noisy = np.random.default_rng(0).normal(0, 25, picture.shape) + picture
    noisy = np.clip(np.rint(noisy), 0, 255).astype(np.uint8)
    step = Step("panet-denoise-lite", sigma=25)

    def restored(tile: int, overlap: int) -> np.ndarray:
        settings = Settings(tile=tile, overlap=overlap, precision="fp32")
        result: np.ndarray = restorer.restore(noisy, step, settings=settings).astype(float)
        return result

    whole = restored(320, 0)
    for overlap, color in ((0, _MARK), (32, "#2a7fde")):
        error = np.abs(restored(64, overlap) - whole).mean((0, 2))
        axis.plot(error, color=color, linewidth=1, label=f"overlap {overlap}")
    axis.set(xlabel="column", title="mean difference to one tile, tiles of 64")
    axis.set_ylabel("8-bit levels")
    axis.legend(frameon=False)


def whole() -> Any:
    """Return what one pixel combines within a tile, and within the whole picture."""
    picture = facade()
    figure, axes = panels(2, 3.3)
    for axis, side, title in ((axes[0], 104, "one tile"), (axes[1], 208, "the whole picture")):
        region = Region(208 - side, 0, side, side)
        seen = restorer.map_attention(picture, MODEL, (164, 18), region=region, matches=8)
        show(axis, picture, f"{title}: the eight best matches")
        shade = np.zeros((*picture.shape[:2], 4))
        shade[..., 3] = 0.75
        region.of(shade)[..., 3] = 0
        axis.imshow(shade)
        mark_matches(axis, seen)
    return figure


def panels(count: int, height: float) -> tuple[Any, Any]:
    figure, axes = plt.subplots(1, count, figsize=(_WIDTH, height), layout="constrained")
    return figure, axes


def show(axis: Any, picture: Any, title: str, **options: Any) -> None:
    axis.imshow(picture, interpolation="nearest", **options)
    axis.set_title(title)
    axis.set_axis_off()


def box(
    axis: Any, left: float, top: float, width: float, height: float, color: str, line: float = 1.2
) -> None:
    axis.add_patch(
        Rectangle(
            (left - 0.5, top - 0.5), width, height, fill=False, edgecolor=color, linewidth=line
        )
    )


FIGURES = {
    "pyramid": pyramid,
    "buckets": buckets,
    "kernel": kernel,
    "matches": matches,
    "nonlocal": nonlocal_pixels,
    "tiles": tiles,
    "whole": whole,
}

if __name__ == "__main__":
    main(sys.argv[1:])
