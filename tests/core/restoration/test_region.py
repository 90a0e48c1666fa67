"""A region restored by itself has the pixels that the whole picture has there, bit for bit."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image as PilImage
from torch import Tensor, nn

import restorer
from restorer import Image, Metadata, Region, Settings, Source, Step
from restorer.inference.predictor import Predictor
from restorer.restoration.run import Restoration
from restorer.sensor import bayer
from restorer.tiling.padding import PaddedFrame

from helpers import fake_predictor, make_photograph, make_spec

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"


class Attend(nn.Module):
    """Sees its whole tile, its noise level and its place: a tile too many or too few shows."""

    def __init__(self, scale: int, channels: int, failing: int = 0) -> None:
        super().__init__()
        self.scale, self.channels, self.failing, self.calls = scale, channels, failing, 0

    def forward(self, x: Tensor, *, seed: int) -> Tensor:
        self.calls += 1
        if self.calls == self.failing:
            raise torch.OutOfMemoryError("injected")
        colors, condition = x[:, : self.channels], x[:, self.channels :]
        ramp = torch.linspace(-0.2, 0.2, x.shape[2])[:, None] * torch.linspace(0.2, 1, x.shape[3])
        y = 1.1 * colors + 0.2 * colors.mean((2, 3), keepdim=True) - 0.15 + ramp
        if condition.numel():
            y = y + condition
        return nn.functional.interpolate(y, scale_factor=self.scale, mode="bilinear")


def picture(size: tuple[int, int], channels: int, bits: int, kind: str) -> Image:
    """A noisy picture; ``gray`` in all planes, ``hidden`` in parts, ``bright`` if float."""
    rng = np.random.default_rng(size[0] * 100 + size[1])
    photograph = make_photograph(*size) / np.float32(255)
    values = (photograph + rng.normal(0, 0.1, photograph.shape)).astype(np.float32)
    if kind == "gray":
        values = values[..., :1].repeat(3, 2)
    colors = values[..., :1] if channels < 3 else values
    if kind == "bright" and bits == 32:
        colors[size[0] // 2, size[1] // 2] = 30
    alpha = np.clip(rng.random((*size, 1)) * 2 - (0.6 if kind == "hidden" else 0), 0, 1)
    whole = colors if channels in (1, 3) else np.concatenate([colors, alpha], 2)
    blank = Image(np.zeros((1, 1, 1), np.uint8))
    return blank.with_float(whole.astype(np.float32), bits=bits)  # type: ignore[arg-type]


@st.composite
def regions(draw: st.DrawFn, size: tuple[int, int]) -> Region:
    top, left = (draw(st.integers(0, n - 1)) for n in size)
    return Region(
        top,
        left,
        draw(st.integers(1, size[0] - top)),
        draw(st.integers(1, size[1] - left)),
    )


def passes(
    steps: tuple[tuple[str, int], ...], shares: list[tuple[float, float | None]], **needs: Any
) -> list[tuple[Predictor, Step]]:
    made = []
    for (task, scale), (strength, detail) in zip(steps, shares, strict=False):
        channels = 1 if task == "deblocking" else 3
        spec = make_spec(scale, "sigma" if task == "denoising" else "", **needs)
        spec = replace(spec, task=task, channels=channels, trained_for={"bayer": "rggb"})
        plain = task == "demosaicing"
        step = Step("fake", 20.0 if spec.condition else None, 1.0 if plain else strength)
        step = replace(step, detail=None if plain else detail, bayer="gbrg" if plain else None)
        made.append((Predictor(spec, Attend(scale, channels), "cpu", "fp32"), step))
    return made


CHAINS = [
    (("denoising", 1),),
    (("super-resolution", 3),),
    (("denoising", 1), ("super-resolution", 2)),
    (("super-resolution", 2), ("denoising", 1)),
    (("deblocking", 1), ("denoising", 1), ("super-resolution", 2)),
]
SHARES = [(1.0, None), (0.5, None), (0.0, None), (0.3, 0.9), (1.0, 0.0)]


@settings(max_examples=120)
@given(
    data=st.data(),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    channels=st.integers(1, 4),
    bits=st.sampled_from([8, 16, 32]),
    kind=st.sampled_from(["plain", "gray", "hidden", "bright"]),
    steps=st.sampled_from(CHAINS),
    shares=st.lists(st.sampled_from(SHARES), min_size=3, max_size=3),
    border=st.integers(0, 9),
    radius=st.integers(0, 4),
    multiple=st.sampled_from([1, 4]),
    wishes=st.builds(
        Settings,
        tile=st.sampled_from([16, 24, 48]),
        overlap=st.integers(0, 8),
        self_ensemble=st.booleans(),
        bits=st.sampled_from([None, 8, 32]),
        dither=st.booleans(),
        seed=st.integers(0, 9),
    ),
)
def test_region_has_the_pixels_of_the_whole(
    data: st.DataObject,
    size: tuple[int, int],
    channels: int,
    bits: int,
    kind: str,
    steps: tuple[tuple[str, int], ...],
    shares: list[tuple[float, float | None]],
    border: int,
    radius: int,
    multiple: int,
    wishes: Settings,
) -> None:
    image = picture(size, channels, bits, kind)
    chain = passes(steps, shares, border=border, radius=radius, multiple_of=multiple)
    whole, plans = Restoration(Source(image), chain, wishes).run()
    region = data.draw(regions(size))
    seen: list[tuple[int, int]] = []
    restoration = Restoration(
        Source(image), chain, wishes, on_tile=lambda done, total: seen.append((done, total))
    )
    found, own_plans = restoration.run(region)
    scale = whole.height // image.height
    np.testing.assert_array_equal(found.pixels, region.scaled(scale).of(whole.pixels))
    assert (found.metadata, found.notes, own_plans) == (whole.metadata, whole.notes, plans)
    assert [done for done, _ in seen] == list(range(1, seen[-1][1] + 1))
    assert len({total for _, total in seen}) == 1


@settings(max_examples=30)
@given(
    data=st.data(),
    size=st.tuples(st.integers(2, 50), st.integers(2, 50)),
    channels=st.sampled_from([1, 3]),
    border=st.integers(0, 5),
    pattern=st.sampled_from(["rggb", "grbg", "gbrg", "bggr"]),
)
def test_region_of_a_mosaic_has_the_pixels_of_the_whole(
    data: st.DataObject, size: tuple[int, int], channels: int, border: int, pattern: str
) -> None:
    samples = np.random.default_rng(0).integers(1, 255, (*size, 1)).astype(np.uint8)
    image = Image(samples if channels == 1 else bayer.spread(samples, pattern))
    chain = passes((("demosaicing", 1), ("super-resolution", 2)), SHARES[:2], border=border)
    chain[0] = (chain[0][0], replace(chain[0][1], bayer=pattern))
    wishes = Settings(tile=16)
    whole, _ = Restoration(Source(image), chain, wishes).run()
    region = data.draw(regions(size))
    found, _ = Restoration(Source(image), chain, wishes).run(region)
    np.testing.assert_array_equal(found.pixels, region.scaled(2).of(whole.pixels))


@pytest.mark.parametrize("steps", [[DENOISE], [ENLARGE], [Step(DENOISE), Step(ENLARGE)]])
@pytest.mark.parametrize("channels", [1, 3, 4])
def test_shipped_models_give_a_region_as_they_give_the_whole(
    steps: list[Step | str], channels: int
) -> None:
    image = picture((150, 170), channels, 8, "hidden")
    wishes = Settings(tile=64)
    whole = restorer.restore(image, steps, settings=wishes)
    plans: list[restorer.RunPlan] = []
    region = Region(31, 77, 40, 33)
    found = restorer.restore_region(image, steps, region, settings=wishes, on_plans=plans.extend)
    scale = whole.height // image.height
    np.testing.assert_array_equal(found.pixels, region.scaled(scale).of(whole.pixels))
    assert [plan.side for plan in plans] == [64] * len(steps)
    assert plans[0].sigma is None or plans[0].sigma > 0


def test_chopped_pictures_have_regions_too() -> None:
    spec = replace(make_spec(2), architecture="pa-edsr")
    chain = [(Predictor(spec, Attend(2, 3), "cpu", "fp32"), Step("fake"))]
    wishes = Settings(tiling="chop")
    image = picture((150, 190), 3, 8, "plain")
    whole, _ = Restoration(Source(image), chain, wishes).run()
    for region in (Region(0, 0, 5, 5), Region(70, 90, 10, 20), Region(149, 0, 1, 190)):
        found, _ = Restoration(Source(image), chain, wishes).run(region)
        np.testing.assert_array_equal(found.pixels, region.scaled(2).of(whole.pixels))


def test_a_region_has_its_part_of_the_metadata() -> None:
    """A subject in the whole picture is where the region shows it, and the sensor is smaller."""
    exif = PilImage.Exif()
    exif.get_ifd(0x8769).update({0xA002: 96, 0xA003: 80, 0xA214: (50, 40)})
    metadata = Metadata(exif.tobytes().removeprefix(b"Exif\0\0"))
    image = replace(picture((80, 96), 3, 8, "plain"), metadata=metadata)
    found = restorer.restore_region(image, fake_predictor(Attend(2, 3)), Region(30, 40, 20, 24))
    exif.load(found.metadata.exif or b"")
    assert dict(exif.get_ifd(0x8769)) == {0xA002: 24, 0xA003: 20, 0xA214: (10, 10)}


def test_only_the_tiles_that_meet_the_region_are_run() -> None:
    network = Attend(1, 3)
    predictor = fake_predictor(network, overlap=0, border=0)
    image = picture((96, 96), 3, 8, "plain")
    restorer.restore_region(image, predictor, Region(40, 40, 10, 10))
    assert network.calls == 1
    restorer.restore_region(image, predictor, Region(20, 40, 20, 10))
    assert network.calls == 3


@pytest.mark.parametrize("failing", range(1, 14))
def test_region_after_lack_of_memory_is_that_of_the_whole_with_smaller_tiles(failing: int) -> None:
    image = picture((100, 100), 3, 8, "plain")
    region = Region(37, 41, 20, 20)
    chain = passes((("super-resolution", 2), ("denoising", 1)), SHARES[:1] * 2)
    plain = Restoration(Source(image), chain, Settings(tile=32)).run(region)
    fragile = passes((("super-resolution", 2), ("denoising", 1)), SHARES[:1] * 2)
    second = fragile[1][0].network
    second.failing = failing  # type: ignore[assignment]
    found, plans = Restoration(Source(image), fragile, Settings(tile=32)).run(region)
    if plans == plain[1]:
        pytest.skip("fewer tiles than that")
    assert (plans[0], plans[1].side) == (plain[1][0], 16), "smaller tiles in the second step alone"
    needs = fragile[1][0].spec.tile
    smaller = replace(fragile[1][0].spec, tile=replace(needs, side=16))
    again = [chain[0], (Predictor(smaller, Attend(1, 3), "cpu", "fp32"), fragile[1][1])]
    whole, whole_plans = Restoration(Source(image), again, Settings()).run()
    assert whole_plans == plans
    np.testing.assert_array_equal(found.pixels, region.scaled(2).of(whole.pixels))


def test_a_picture_that_is_given_again_estimates_its_noise_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    image = Source(picture((64, 64), 3, 8, "plain"))
    calls: list[int] = []
    monkeypatch.setattr(
        "restorer.estimate.levels.sigma_of_rows", lambda *_, gray: calls.append(1) or 17.0
    )
    sigmas: list[float | None] = []
    for corner in (0, 30):
        restorer.restore_region(
            image,
            Step(DENOISE),
            Region(corner, corner, 8, 8),
            on_plans=lambda plans: sigmas.append(plans[0].sigma),
        )
    assert (len(calls), sigmas) == (1, [17.0, 17.0])


@pytest.mark.parametrize(
    ("region", "wishes", "words"),
    [
        (Region(0, 0, 0, 4), Settings(), "not in a picture of 30 x 20"),
        (Region(-1, 0, 4, 4), Settings(), "not in a picture of 30 x 20"),
        (Region(18, 0, 4, 4), Settings(), "not in a picture of 30 x 20"),
        (Region(0, 0, 4, 4), Settings(context="whole"), "needs the whole picture"),
    ],
)
def test_regions_that_are_none_are_refused(region: Region, wishes: Settings, words: str) -> None:
    image = picture((20, 30), 3, 8, "plain")
    with pytest.raises(restorer.SettingsError, match=words):
        restorer.restore_region(image, ENLARGE, region, settings=wishes)


@given(
    st.data(),
    st.tuples(st.integers(1, 12), st.integers(1, 12)),
    st.integers(0, 20),
    st.tuples(st.integers(0, 1), st.integers(0, 1)),
    st.booleans(),
)
def test_frame_is_what_numpy_pads(
    data: st.DataObject, size: tuple[int, int], border: int, before: tuple[int, int], repeated: bool
) -> None:
    values = np.random.default_rng(0).random((*size, 2), np.float32)
    shifted = np.pad(values, [(before[0], 0), (before[1], 0), (0, 0)], mode="reflect")
    borders = [(border, border)] * 2 + [(0, 0)]
    expected = np.pad(shifted, borders, mode="symmetric" if repeated else "reflect")
    frame = PaddedFrame(*size, border, repeated, before)
    whole = Region(0, 0, *size)
    np.testing.assert_array_equal(frame.fill(frame.region, values, whole), expected)
    np.testing.assert_array_equal(frame.around(whole).of(expected), values)
    region = data.draw(regions(frame.size))
    seen = frame.seen(region)
    assert whole.holds(seen)
    np.testing.assert_array_equal(frame.fill(region, seen.of(values), seen), region.of(expected))


@settings(max_examples=40)
@given(
    data=st.data(),
    size=st.tuples(st.integers(1, 70), st.integers(1, 70)),
    channels=st.integers(1, 4),
    kind=st.sampled_from(["plain", "gray", "hidden", "bright"]),
    steps=st.sampled_from(CHAINS),
    shares=st.lists(st.sampled_from(SHARES[:3]), min_size=3, max_size=3),
    border=st.integers(0, 9),
    radius=st.integers(0, 4),
    wishes=st.builds(
        Settings,
        tile=st.sampled_from([16, 24, 48]),
        overlap=st.integers(0, 8),
        bits=st.sampled_from([None, 8, 32]),
        dither=st.booleans(),
    ),
)
def test_parts_make_up_the_result_wherever_it_begins(
    data: st.DataObject,
    size: tuple[int, int],
    channels: int,
    kind: str,
    steps: tuple[tuple[str, int], ...],
    shares: list[tuple[float, float | None]],
    border: int,
    radius: int,
    wishes: Settings,
) -> None:
    made = passes(steps, shares, border=border, radius=radius)
    source = Source(picture(size, channels, 32 if kind == "bright" else 8, kind))
    region = data.draw(regions(size))
    expected = restorer.restore_region(source, made, region, settings=wishes).pixels
    scale, parts = expected.shape[0] // region.height, []
    start = data.draw(st.none() | st.tuples(*(st.integers(-5, n + 5) for n in size)))
    result = restorer.restore_region(
        source,
        made,
        region,
        settings=wishes,
        start=start,
        on_part=lambda place, image: parts.append((place, image)),
    )
    assert np.array_equal(result.pixels, expected)
    found, count = np.zeros_like(expected), np.zeros(expected.shape[:2], int)
    for place, image in parts:
        place.of(found, region.scaled(scale))[:] = image.pixels
        place.of(count, region.scaled(scale))[:] += 1
    assert (count == 1).all()
    assert np.array_equal(found, expected)


def test_tiles_begin_where_the_eye_is() -> None:
    made = passes(CHAINS[0], SHARES)
    parts: list[Region] = []
    restorer.restore_region(
        picture((64, 64), 3, 8, "plain"),
        made,
        Region(0, 0, 64, 64),
        settings=Settings(tile=16, overlap=4),
        start=(50, 20),
        on_part=lambda place, _: parts.append(place),
    )
    first, last = parts[0], parts[-1]
    assert first.grown(4, (64, 64)).holds(Region(50, 20, 1, 1))
    assert last.top == 0
    assert last.right == 64
