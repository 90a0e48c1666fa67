"""How often `restorer.diagnose` is right: damage of known kind and strength, put into photographs.

python tests/benchmarks/diagnosis.py --data DIR [--half tuning] [--limit N] [--page PAGE]
python tests/benchmarks/diagnosis.py --data DIR --fit [--more DIR...]

DIR holds the test sets cbsd68, set14/HR, refsr/sceaux_castle and refsr/opensfm_berlin. Thresholds
were chosen on the half ``tuning`` of the photographs; the table is made with the other one.
`--more` names folders of further photographs to fit: all of them as they are, and each ninth with
all kinds of damage.
"""

from __future__ import annotations

import argparse
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain, islice
from pathlib import Path
from time import process_time

import cv2
import numpy as np
from numpy.typing import NDArray
from page import fill
from PIL import Image as PilImage
from PIL import ImageDraw, ImageFont

import restorer
from restorer.estimate.findings import NOISES
from restorer.estimate.noise_bands import noise_bands
from restorer.estimate.noise_kinds import noise_features
from restorer.estimate.samples import strips_of
from restorer.image import FloatArray
from restorer.training.camera import Exposure
from restorer.training.degrade import Bytes, jpeg, quantize
from restorer.training.photographs import load_rgb

LARGE = 640  # pixels of the longer side; larger photographs are shrunk by a whole number
TOLERANCE = 0.2
COLOR_KINDS = NOISES
GRAY_KINDS = ("white-noise", "coarse-noise", "film-grain")
STEPS, DECAY = 2500, 1e-3  # of the fit
SLIGHT = 3.5  # sigma of noise that may or may not be reported
SHOTS = (3e-4, 1e-3, 3e-3, 8e-3, 2e-2)  # variance of the photon noise at white


@dataclass(frozen=True, eq=False)
class Case:
    """A damaged picture.

    Attributes:
        group: The row of the table.
        pixels: The picture.
        kinds: What the strongest damage may be called; "clean" for none.
        strength: Its strength; None where there is no single figure.
        content: What the picture shows.
        also: A damage that has to be found, too.
        truth: The picture without the damage; None where there is none of this size.
    """

    group: str
    pixels: Bytes
    kinds: tuple[str, ...]
    strength: float | None = None
    content: str = "photograph"
    also: str = ""
    truth: Bytes | None = None


def photographs(data: Path, half: str) -> Iterator[tuple[str, Bytes]]:
    """Yield every other photograph of each set, those of one castle or of one city."""
    odd = half != "tuning"
    files = sorted((data / "cbsd68").glob("*.png"))[odd::2]
    drawn = ("comic", "ppt3")
    files += [p for p in sorted((data / "set14/HR").glob("*.png")) if p.stem not in drawn][odd::2]
    place = "opensfm_berlin" if odd else "sceaux_castle"
    files += sorted(p for p in (data / "refsr" / place).rglob("*") if p.suffix.lower() == ".jpg")
    for file in files:
        pixels = load_rgb(file)
        factor = -(-max(pixels.shape) // LARGE)
        if factor > 1:
            height, width = (n // factor for n in pixels.shape[:2])
            pixels = np.asarray(cv2.resize(pixels, (width, height), interpolation=cv2.INTER_AREA))
        yield file.stem, pixels


def normal(rng: np.random.Generator, shape: tuple[int, ...]) -> FloatArray:
    return rng.normal(size=shape).astype(np.float32)


def scaled(noise: FloatArray, sigma: float) -> FloatArray:
    """Return noise with this standard deviation."""
    return noise * np.float32(sigma / noise.std())


def coarse(rng: np.random.Generator, size: tuple[int, int], factor: int) -> FloatArray:
    """Return noise as of a picture that was enlarged."""
    height, width = (-(-n // factor) for n in size)
    small = normal(rng, (height, width, 3))
    return np.asarray(cv2.resize(small, size[::-1], interpolation=cv2.INTER_CUBIC), np.float32)


def grain(rng: np.random.Generator, clean: FloatArray, radius: float, sigma: float) -> FloatArray:
    """Return the grain of a film, which is the same in all colors and strongest in mid tones."""
    noise = cv2.GaussianBlur(normal(rng, clean.shape[:2]), (0, 0), radius)[..., None]
    tones = clean.mean(2, keepdims=True) / 255
    return scaled(noise * (0.4 + 2.4 * tones * (1 - tones)), sigma)


def blotches(rng: np.random.Generator, size: tuple[int, int], sigma: float) -> FloatArray:
    """Return colored blotches that leave the luma as it is."""
    noise = cv2.GaussianBlur(normal(rng, (*size, 3)), (0, 0), rng.uniform(2, 4))
    noise -= (noise @ np.array([0.299, 0.587, 0.114], np.float32))[..., None]
    return scaled(noise, sigma)


def camera_cases(clean: Bytes, rng: np.random.Generator) -> Iterator[Case]:
    for level, shot in enumerate(SHOTS, 1):
        exposure = replace(
            Exposure.draw(rng), shot=shot, read=float(np.exp(2.18 * np.log(shot) + 1.2))
        )
        again = np.random.default_rng(rng.integers(2**32))
        quiet, _ = replace(exposure, shot=0.0, read=0.0).take(clean, again)
        taken, _ = exposure.take(clean, rng)
        sigma = float((taken.astype(np.float32) - quiet).std())
        if sigma >= SLIGHT:
            yield Case(f"camera, light level {level}", taken, ("camera-noise",), sigma, truth=quiet)


def noise_cases(clean: Bytes, rng: np.random.Generator) -> Iterator[Case]:
    values = clean.astype(np.float32)
    size = clean.shape[:2]
    for sigma in (5, 10, 15, 25, 35, 50):
        white = quantize(values + sigma * normal(rng, values.shape))
        yield Case(f"white noise {sigma}", white, ("white-noise",), sigma, truth=clean)
    gray = values.mean(2, keepdims=True).repeat(3, 2)
    for sigma in (10, 25):
        white = quantize(gray + sigma * normal(rng, (*size, 1)))
        yield Case(
            f"white noise {sigma}, gray", white, ("white-noise",), sigma, truth=quantize(gray)
        )
    for factor in (2, 3):
        for sigma in (8, 20):
            noisy = quantize(values + scaled(coarse(rng, size, factor), sigma))
            yield Case(f"coarse noise, 1/{factor}", noisy, ("coarse-noise",), sigma, truth=clean)
    for sigma in (7, 12, 20):
        noisy = quantize(values + grain(rng, values, rng.uniform(0.6, 1.0), sigma))
        yield Case("film grain", noisy, ("film-grain",), sigma, truth=clean)
    for sigma in (8, 16):
        noisy = quantize(values + blotches(rng, size, sigma))
        yield Case("chroma blotches", noisy, ("chroma-noise",), sigma, truth=clean)
    for factor, sigma in ((2, 4), (2, 8), (3, 4), (3, 10)):  # an old film in a video, saved as JPEG
        soft = np.asarray(cv2.GaussianBlur(values, (0, 0), 0.9))
        noise = coarse(rng, size, factor)
        noise = noise.mean(2, keepdims=True) * np.float32(1.5) + noise * np.float32(0.4)
        stored = jpeg(quantize(soft + scaled(noise, sigma)), 75)
        left = float((stored.astype(np.float32) - jpeg(quantize(soft), 75)).std())
        kinds = ("coarse-noise", "film-grain")
        truth = quantize(soft)
        if left >= SLIGHT:
            yield Case("coarse grain, JPEG 75", stored, kinds, left, also="jpeg", truth=truth)
    for sigma, quality in ((12, 90), (20, 80), (25, 60)):
        noisy = quantize(values + sigma * normal(rng, values.shape))
        stored = jpeg(noisy, quality)
        left = float((stored.astype(np.float32) - jpeg(clean, quality)).std())
        kinds = ("camera-noise", "white-noise")
        also = "" if quality == 90 else "jpeg"
        yield Case("noise, then JPEG", stored, kinds, left, also=also, truth=clean)


def jpeg_cases(clean: Bytes, rng: np.random.Generator) -> Iterator[Case]:
    for quality in (10, 20, 30, 40, 50, 60, 70, 80, 95):
        kinds = ("jpeg",) if quality < 90 else ("clean",)
        strength = quality if quality < 90 else None
        yield Case(f"JPEG {quality}", jpeg(clean, quality), kinds, strength, truth=clean)
    for quality in (30, 50, 65):
        first = jpeg(clean, quality)
        top, left = rng.integers(0, 8, 2)
        again = jpeg(np.ascontiguousarray(first[top:, left:]), quality + 25)
        truth = np.ascontiguousarray(clean[top:, left:])
        yield Case("JPEG, saved again", again, ("resaved-jpeg",), quality, truth=truth)
    for quality in (40, 60, 80):  # as on the web: softened, shrunk, a little noise, JPEG
        soft = cv2.GaussianBlur(clean.astype(np.float32), (0, 0), rng.uniform(0.2, 1.2))
        height, width = (n // 2 for n in clean.shape[:2])
        small = np.asarray(cv2.resize(soft, (width, height), interpolation=cv2.INTER_AREA))
        noisy = quantize(small + rng.uniform(0, 4) * normal(rng, small.shape))
        stored = jpeg(noisy, quality)
        kinds = ("jpeg", "camera-noise", "white-noise", "coarse-noise", "blur")
        truth = quantize(small)
        yield Case("web picture", stored, kinds, also="jpeg", truth=truth)


def blur_cases(clean: Bytes, rng: np.random.Generator) -> Iterator[Case]:
    values = clean.astype(np.float32)
    edges = values - np.asarray(cv2.GaussianBlur(values, (0, 0), 1.0))
    sharp = quantize(values + np.float32(0.8) * edges)
    yield Case("sharpened", sharp, ("clean",), truth=sharp)
    for sigma in (1.6, 2.5, 4.0):
        soft = quantize(np.asarray(cv2.GaussianBlur(values, (0, 0), sigma)))
        yield Case(f"blur {sigma}", soft, ("blur",), sigma, truth=clean)
    height, width = clean.shape[:2]
    for factor in (2, 3):
        small = cv2.resize(clean, (width // factor, height // factor), interpolation=cv2.INTER_AREA)
        large = cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)
        yield Case(f"enlarged {factor} times", np.asarray(large), ("blur",), truth=clean)


def cases(clean: Bytes, rng: np.random.Generator) -> Iterator[Case]:
    """Yield a photograph with all kinds of damage."""
    yield Case("clean", clean, ("clean",), truth=clean)
    yield from noise_cases(clean, rng)
    yield from camera_cases(clean, rng)
    yield from jpeg_cases(clean, rng)
    yield from blur_cases(clean, rng)


def text_page(rng: np.random.Generator, *, screen: bool) -> Bytes:
    """Draw lines of text: a window of a program, or a printed page."""
    size = int(rng.integers(420, 900)), int(rng.integers(420, 900))
    paper = (255, 255, 255) if not screen else tuple(int(v) for v in rng.integers(200, 256, 3))
    page = PilImage.new("RGB", size, paper)
    draw = ImageDraw.Draw(page)
    points = int(rng.integers(11, 22))
    if screen:
        bar = tuple(int(v) for v in rng.integers(20, 200, 3))
        draw.rectangle((0, 0, size[0], 34), fill=bar)
        for number in range(int(rng.integers(2, 6))):
            left = 20 + 110 * number
            draw.rectangle((left, size[1] - 50, left + 90, size[1] - 20), fill=bar, outline="black")
    font = ImageFont.load_default(points)
    words = ["image", "sigma", "noise", "of", "in", "to", "is", "scale", "patch", "result"]
    for top in range(48, size[1] - 70, points + 7):
        line = " ".join(rng.choice(words, 18))
        draw.text((24, top), line[: int(rng.integers(20, 90))], "black", font)
    return np.asarray(page)


def scanned(page: Bytes, rng: np.random.Generator) -> Bytes:
    """Return a page as a scanner gives it: turned a little, off white, softened, noisy, JPEG."""
    height, width = page.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), rng.uniform(-1, 1), 1.0)
    paper = np.asarray(
        cv2.warpAffine(page, turn, (width, height), borderValue=(255, 255, 255)), np.float32
    )
    shade = np.array([236, 232, 222], np.float32) + rng.uniform(-8, 8)
    values = 30 + paper / 255 * (shade - 30)
    values = cv2.GaussianBlur(values, (0, 0), rng.uniform(0.6, 1.0))
    return jpeg(quantize(values + rng.uniform(0.5, 2.5) * normal(rng, values.shape)), 92)


def drawing(rng: np.random.Generator) -> Bytes:
    """Draw shapes in a few colors with dark outlines, smooth edges and some gradients."""
    height, width = int(rng.integers(360, 800)), int(rng.integers(360, 800))
    sky = np.linspace(0, 1, height, dtype=np.float32)[:, None, None]
    first, second = rng.integers(60, 256, (2, 3))
    canvas = np.ascontiguousarray(np.rint((first + sky * (second - first)).repeat(width, 1)), "u1")
    for _ in range(int(rng.integers(12, 40))):
        color = tuple(int(v) for v in rng.integers(0, 256, 3))
        center = int(rng.integers(0, width)), int(rng.integers(0, height))
        radius = int(rng.integers(8, 110))
        if rng.random() < 0.5:
            cv2.circle(canvas, center, radius, color, -1, cv2.LINE_AA)
            cv2.circle(canvas, center, radius, (20, 20, 20), 2, cv2.LINE_AA)
        else:
            points = (np.array(center) + rng.integers(-radius, radius, (5, 2))).astype(np.int32)
            cv2.fillPoly(canvas, [points], color, cv2.LINE_AA)
            cv2.polylines(canvas, [points], True, (20, 20, 20), 2, cv2.LINE_AA)
    return canvas


def sprites(rng: np.random.Generator) -> Bytes:
    """Draw enlarged pixel art."""
    palette = rng.integers(0, 256, (int(rng.integers(4, 24)), 3))
    art = palette[rng.integers(0, len(palette), (90, 120))]
    for color in palette:
        top, left = rng.integers(0, 60, 2)
        art[top : top + 30, left : left + 40] = color
    zoom = int(rng.integers(2, 6))
    return np.ascontiguousarray(art.astype(np.uint8).repeat(zoom, 0).repeat(zoom, 1))


def drawn_cases(rng: np.random.Generator) -> Iterator[Case]:
    """Yield pictures that no camera has taken."""
    screen, page = text_page(rng, screen=True), text_page(rng, screen=False)
    yield Case("screenshot", screen, ("clean",), content="screenshot", truth=screen)
    yield Case("screenshot, JPEG 75", jpeg(screen, 75), ("jpeg",), 75, "screenshot", truth=screen)
    yield Case("scan", scanned(page, rng), ("clean",), content="scan")
    for art in (drawing(rng), sprites(rng)):
        yield Case("art", art, ("clean",), content="art", truth=art)
    art = drawing(rng)
    yield Case("art, JPEG 60", jpeg(art, 60), ("jpeg",), 60, "art", truth=art)


def all_cases(data: Path, half: str, limit: int | None = None) -> Iterator[tuple[str, Case]]:
    """Yield the name of a photograph and what was made of it."""
    chosen = [*photographs(data, half)]
    if limit is not None:
        chosen = chosen[:: max(1, len(chosen) // limit)][:limit]
    for number, (name, clean) in enumerate(chosen):
        rng = np.random.default_rng([number, half == "tuning"])
        for case in cases(clean, rng):
            yield name, case
        for case in drawn_cases(rng):
            yield f"drawing {number}", case


@dataclass
class Tally:
    """The cases of one row of the table."""

    kinds: Counter[str] = field(default_factory=Counter)
    right: int = 0
    content: int = 0
    errors: list[float] = field(default_factory=list)

    def add(self, case: Case, found: restorer.Diagnosis) -> None:
        damages = {each.kind: each for each in found.damages if each.kind != "small"}
        first = next(iter(damages), "clean")
        self.kinds[first] += 1
        right = first in case.kinds and (not case.also or any(case.also in k for k in damages))
        self.right += right
        self.content += found.content.kind == case.content
        if right and case.strength:
            self.errors.append(damages[first].strength / case.strength - 1)

    def row(self, group: str) -> str:
        count = self.kinds.total()
        near = [abs(error) <= TOLERANCE for error in self.errors]
        strength = f"{np.mean(near):.0%} ({np.median(self.errors):+.0%})" if near else ""
        named = ", ".join(f"{kind} {n}" for kind, n in self.kinds.most_common(3))
        shares = f"{self.right / count:.0%} | {strength} | {self.content / count:.0%}"
        return f"| {group} | {count} | {shares} | {named} |"


def main() -> None:
    parser = argparse.ArgumentParser(prog="python tests/benchmarks/diagnosis.py")
    parser.add_argument("--data", type=Path, required=True, metavar="DIR")
    parser.add_argument("--half", choices=("tuning", "report"), default="report")
    parser.add_argument("--limit", type=int, metavar="N", help="use only N photographs")
    parser.add_argument("--page", type=Path, help="page to write, docs/quality.md")
    parser.add_argument("--fit", action="store_true", help="print the weights of the noise kinds")
    parser.add_argument("--more", type=Path, nargs="*", default=[], help="photographs to fit, too")
    wanted = parser.parse_args()
    if wanted.fit:
        print_weights(wanted.data, wanted.limit, wanted.more)
        return
    tallies: dict[str, Tally] = defaultdict(Tally)
    start = process_time()
    for _, case in all_cases(wanted.data, wanted.half, wanted.limit):
        tallies[case.group].add(case, restorer.diagnose(case.pixels))
    seconds = process_time() - start
    lines = [
        "| picture | cases | right | strength within 20 % (median error) | content | found as |"
    ]
    lines += ["|---" * 6 + "|", *(tally.row(group) for group, tally in tallies.items())]
    count = sum(tally.kinds.total() for tally in tallies.values())
    shares = [tally.right / tally.kinds.total() for tally in tallies.values()]
    errors = [abs(error) <= TOLERANCE for tally in tallies.values() for error in tally.errors]
    content = sum(tally.content for tally in tallies.values()) / count
    lines.append(
        f"| **mean of the rows** | {count} | {np.mean(shares):.0%} | {np.mean(errors):.0%} |"
        f" {content:.0%} | |"
    )
    block = "\n".join(lines)
    print(block, f"\n{seconds / count:.2f} s for a case, damage included")
    if wanted.page:
        fill(wanted.page, "diagnosis", block)


def more_cases(folders: Sequence[Path]) -> Iterator[tuple[str, Case]]:
    """Yield the photographs of folders as they are, and each ninth with all kinds of damage."""
    files = [file for folder in folders for file in sorted(folder.iterdir())]
    for number, file in enumerate(files):
        every = cases(load_rgb(file), np.random.default_rng([number, 2]))
        for case in every if number % 9 == 0 else islice(every, 1):
            yield file.stem, case


def print_weights(data: Path, limit: int | None, more: Sequence[Path]) -> None:
    """Print the tables of `restorer.estimate.noise_kinds`, fitted to the tuning half and more."""
    found: dict[bool, list[tuple[NDArray[np.float64], int]]] = {False: [], True: []}
    for _, case in chain(all_cases(data, "tuning", limit), more_cases(more)):
        if case.content != "photograph" or case.group == "web picture":
            continue
        pixels = case.pixels.reshape(*case.pixels.shape[:2], -1)
        gray = np.rint(pixels.mean(2, keepdims=True)) if pixels.shape[2] == 3 else pixels
        for values in (pixels, gray):
            strips = strips_of(values.shape[:2], rows_of(values.astype(np.float32) / 255))
            bands = noise_bands(strips)
            if bands is not None and (number := class_of(case, gray=bands.gray)) is not None:
                found[bands.gray].append((noise_features(bands), number))
    for is_gray, samples in found.items():
        print("gray" if is_gray else "color")
        for row in fitted(samples):
            print("    (" + ", ".join(f"{value:.2f}" for value in row) + "),")


def rows_of(values: FloatArray) -> Callable[[int, int], FloatArray]:
    return lambda top, bottom: values[top:bottom]


def class_of(case: Case, *, gray: bool) -> int | None:
    """Return 0 for a clean picture, or the number of the kind of noise from 1."""
    kinds = GRAY_KINDS if gray else COLOR_KINDS
    kind = case.kinds[0]
    if gray and kind == "camera-noise":  # has no color to be known by
        kind = "white-noise" if case.group == "noise, then JPEG" else ""
    if not kind or (kind in NOISES and kind not in kinds):
        return None
    return kinds.index(kind) + 1 if kind in kinds else 0


def fitted(samples: list[tuple[NDArray[np.float64], int]]) -> NDArray[np.float64]:
    """Return the weights of a softmax, those of clean pictures 0; rare kinds count more."""
    features, classes = np.array([x for x, _ in samples]), np.array([n for _, n in samples])
    mean, deviation = features[:, 1:].mean(0), features[:, 1:].std(0)
    inputs = np.c_[np.ones(len(features)), (features[:, 1:] - mean) / deviation]
    importance = (1 / np.sqrt(np.bincount(classes)))[classes]
    importance /= importance.sum()
    targets = np.eye(classes.max() + 1)[classes]
    weights = np.zeros((inputs.shape[1], targets.shape[1]))
    momentum = square = np.zeros_like(weights)
    for step in range(1, STEPS + 1):  # Adam
        scores = np.exp(inputs @ weights - (inputs @ weights).max(1, keepdims=True))
        errors = scores / scores.sum(1, keepdims=True) - targets
        slope = inputs.T @ (errors * importance[:, None]) + DECAY * weights
        momentum, square = 0.9 * momentum + 0.1 * slope, 0.999 * square + 0.001 * slope**2
        rate = 0.05 / (np.sqrt(square / (1 - 0.999**step)) + 1e-8)
        weights -= rate * momentum / (1 - 0.9**step)
    plain = np.r_[weights[:1] - (mean / deviation) @ weights[1:], weights[1:] / deviation[:, None]]
    return (plain - plain[:, :1])[:, 1:]


if __name__ == "__main__":
    main()
