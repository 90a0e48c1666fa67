"""References on their way into an enlargement: what is taken, from where, and what is not."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

import restorer
from restorer import CancelToken, Image, Reference, ReferenceMaps, Region, Settings, Source, Step
from restorer.image import FloatArray
from restorer.inference.predictor import Predictor
from restorer.models.catalog import model_spec
from restorer.networks import TTSR, TTSRLite
from restorer.restoration.reference.files import MOST
from restorer.restoration.reference.ttsr_tiles import Canvas, transfer
from restorer.tiling.plan import plan_tiles

from helpers import make_scene, make_spec

PLAIN = "panet-sr-x2-lite"
SHIFT = (9, 6)  # rows and columns that the reference lies before the picture


def trusting(scale: int = 2, **params: int) -> Predictor:
    """A model that takes all fine texture of a reference, wherever it shows anything."""
    network = TTSRLite(scale=scale, **{"channels": 8, "blocks": 1, "textures": 4, **params})
    assert network.trust.bias is not None
    nn.init.constant_(network.trust.bias, 50.0)
    needs = {"multiple_of": scale, "min_side": 16, "side": 128, "overlap": 32}
    spec = replace(make_spec(scale, **needs), id="trusting", task="reference-sr", base=PLAIN)
    return Predictor(spec, network, "cpu", "fp32")


def scene() -> tuple[FloatArray, Image, Image]:
    """A sharp picture, its small form, and a larger view that lies `SHIFT` before it."""
    whole = make_scene(160, 200)
    truth = np.ascontiguousarray(whole[SHIFT[0] : SHIFT[0] + 128, SHIFT[1] : SHIFT[1] + 160])
    small = truth.reshape(64, 2, 80, 2, 3).mean((1, 3))
    return truth, eight_bit(small), eight_bit(whole)


def eight_bit(values: FloatArray) -> Image:
    return Image(np.rint(values * 255).astype(np.uint8))


def psnr(image: Image, truth: FloatArray) -> float:
    return -10 * math.log10(float(np.square(image.to_float() - truth).mean()))


def run(
    image: Image, references: list[Image], model: Predictor | None = None, **options: object
) -> tuple[Image, ReferenceMaps]:
    found: list[ReferenceMaps] = []
    result = restorer.restore(
        image,
        model or trusting(),
        references=references,
        on_maps=found.append,
        **options,  # type: ignore[arg-type]  # as the test says
    )
    return result, found[0]


def test_a_shifted_view_gives_its_texture_and_the_maps_say_from_where() -> None:
    truth, small, view = scene()
    plain = restorer.restore(small, PLAIN)
    guided, maps = run(small, [view])
    assert psnr(guided, truth) > psnr(plain, truth) + 2
    assert maps.confidence.shape == maps.source.shape == (64, 80)
    assert maps.confidence.mean() > 0.9
    rows, columns = np.mgrid[:64, :80] * 2 + 1
    expected = np.stack([rows + SHIFT[0], columns + SHIFT[1]], 2)
    error = np.abs(maps.places - expected)[8:-8, 8:-8]
    assert np.median(error) < 0.3
    (rank,) = maps.ranking
    assert rank.used
    assert rank.share > 0.9
    assert any("gave" in note for note in guided.notes)


def test_a_reference_that_shows_something_else_changes_no_pixel() -> None:
    _, small, _ = scene()
    plain = restorer.restore(small, PLAIN)
    other = eight_bit(make_scene(160, 200, seed=9))
    guided, maps = run(small, [other])
    np.testing.assert_array_equal(guided.pixels, plain.pixels)
    assert not maps.ranking[0].used
    assert (maps.source == -1).all()
    assert any("does not match the picture" in note for note in guided.notes)


def test_of_several_references_the_right_one_is_taken_and_ranked_first() -> None:
    _, small, view = scene()
    other = eight_bit(make_scene(160, 200, seed=9))
    guided, maps = run(small, [other, view])
    alone, _ = run(small, [view])
    assert [rank.number for rank in maps.ranking] == [1, 0]
    assert [rank.used for rank in maps.ranking] == [True, False]
    assert set(np.unique(maps.source)) <= {-1, 1}
    np.testing.assert_array_equal(guided.pixels, alone.pixels)


def test_of_many_references_those_are_merged_that_have_most_in_common() -> None:
    _, small, view = scene()
    quarter = replace(view, pixels=np.ascontiguousarray(view.pixels[:80, :100]))
    _, maps = run(small, [quarter, *[view] * MOST])
    assert [rank.used for rank in maps.ranking if rank.number == 0] == [False]
    assert maps.ranking[-1].note == "reference 1 adds nothing to the picture and was ignored"


def test_two_halves_of_a_view_are_put_together() -> None:
    truth, small, view = scene()
    halves = [replace(view, pixels=np.ascontiguousarray(p)) for p in np.split(view.pixels, 2, 1)]
    guided, maps = run(small, halves)
    assert psnr(guided, truth) > psnr(restorer.restore(small, PLAIN), truth) + 1.5
    left, right = maps.source[:, :36], maps.source[:, 60:]
    assert (left == 0).mean() > 0.9
    assert (right == 1).mean() > 0.9


@settings(max_examples=6)
@given(
    gain=st.floats(0.6, 1.0),
    balance=st.tuples(*[st.floats(0.85, 1.0)] * 3),
)
def test_exposure_and_color_stay_the_pictures_own(
    gain: float, balance: tuple[float, float, float]
) -> None:
    _, small, view = scene()
    other = eight_bit(view.to_float() * np.float32(gain) * np.float32(balance))
    guided, _ = run(small, [other])
    coarse = guided.to_float().reshape(64, 2, 80, 2, 3).mean((1, 3))
    assert np.abs(coarse - small.to_float()).mean() < 0.01
    for plane in range(3):
        assert abs(float(coarse[..., plane].mean() - small.to_float()[..., plane].mean())) < 0.002


@settings(max_examples=6)
@given(
    size=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    other=st.tuples(st.integers(1, 60), st.integers(1, 60)),
    planes=st.sampled_from([1, 2, 3, 4]),
)
def test_any_size_and_kind_of_picture_goes_through(
    size: tuple[int, int], other: tuple[int, int], planes: int
) -> None:
    rng = np.random.default_rng(0)
    small = Image(rng.integers(0, 256, (*size, planes)).astype(np.uint8))
    view = Image(rng.integers(0, 256, (*other, 4 - planes % 2)).astype(np.uint8))
    guided, maps = run(small, [view])
    assert guided.pixels.shape == (2 * size[0], 2 * size[1], planes)
    assert maps.confidence.shape == size


def test_a_region_has_the_pixels_of_the_whole() -> None:
    _, small, view = scene()
    picture, model, references = Source(small), trusting(), [Reference.of(view, "view")]
    wishes = Settings(tile=64, overlap=16)
    whole = restorer.restore(small, model, references=references, settings=wishes)
    for region in (Region(0, 0, 64, 80), Region(10, 21, 17, 30), Region(50, 60, 14, 20)):
        part = restorer.restore_region(
            picture, model, region, references=references, settings=wishes
        )
        np.testing.assert_array_equal(part.pixels, region.scaled(2).of(whole.pixels))


def test_tiles_leave_no_seams_and_hardly_change_the_result() -> None:
    _, small, view = scene()
    one, maps = run(small, [view], settings=Settings(bits=32))
    many, again = run(small, [view], settings=Settings(bits=32, tile=64, overlap=32))
    assert np.abs(one.pixels - many.pixels).max() < 0.02
    np.testing.assert_array_equal(maps.places, again.places)


def test_strength_mixes_with_the_resampled_picture() -> None:
    _, small, view = scene()
    model = trusting()
    bits = Settings(bits=32)
    results = [
        restorer.restore(
            small, [(model, Step("trusting", strength=s))], references=[view], settings=bits
        ).pixels
        for s in (0.0, 0.5, 1.0)
    ]
    np.testing.assert_allclose(results[1], (results[0] + results[2]) / 2, atol=1e-5)
    blurred = results[0].reshape(64, 2, 80, 2, 3).mean((1, 3))
    assert np.abs(blurred - small.to_float()).mean() < 0.01


def test_progress_rises_to_its_end_and_cancel_stops_anywhere() -> None:
    _, small, view = scene()
    ticks: list[tuple[int, int]] = []
    run(small, [view], on_tile=lambda done, total: ticks.append((done, total)))
    done = [d for d, _ in ticks]
    assert done == sorted(done)
    assert ticks[-1][0] == ticks[-1][1]
    assert {total for _, total in ticks} == {ticks[-1][1]}
    for stop in range(0, len(ticks) - 1, 9):
        assert ticks_until_stopped(small, view, stop) <= stop + 2


def ticks_until_stopped(small: Image, view: Image, stop: int) -> int:
    cancel = CancelToken()
    seen: list[int] = []

    def tick(done: int, total: int) -> None:
        seen.append(done)
        if len(seen) > stop:
            cancel.cancel()

    with pytest.raises(restorer.Cancelled):
        run(small, [view], on_tile=tick, cancel=cancel)
    return len(seen)


def test_references_and_the_step_that_takes_them_belong_together() -> None:
    _, small, view = scene()
    model = trusting()
    with pytest.raises(restorer.SettingsError, match="takes its texture from reference pictures"):
        restorer.restore(small, model)
    with pytest.raises(restorer.SettingsError, match="no step uses any"):
        restorer.restore(small, PLAIN, references=[view])
    steps = [Step(PLAIN), (model, Step("trusting"))]
    with pytest.raises(restorer.SettingsError, match="only step that enlarges"):
        restorer.restore(small, steps, references=[view])
    for wishes in (Settings(context="whole"), Settings(tiling="chop")):
        with pytest.raises(restorer.SettingsError):
            restorer.restore(small, model, references=[view], settings=wishes)


def published() -> Predictor:
    network = TTSR(blocks=(1, 1, 1, 1), channels=8)
    tile = make_spec(min_side=16, side=48).tile
    spec = replace(model_spec("ttsr-x4-paper"), id="random", tile=tile)
    return Predictor(spec, network, "cpu", "fp32")


def test_the_published_network_runs_as_its_authors_did() -> None:
    small, view = eight_bit(make_scene(24, 20)), eight_bit(make_scene(70, 90, seed=3))
    model = published()
    wishes = Settings(bits=32, tile=48, keep_colors=False)
    guided, maps = run(small, [view], model, settings=wishes)
    network = model.network
    assert isinstance(network, TTSR)
    x, reference = (
        torch.from_numpy(image.to_float()).permute(2, 0, 1)[None] for image in (small, view)
    )
    with torch.no_grad():
        expected, found = network.transfer(x, network.encode_reference(reference))
    np.testing.assert_allclose(
        guided.pixels, expected[0].permute(1, 2, 0).clamp(0, 1).numpy(), atol=1e-5
    )
    rows, columns = (found.index[0] // 22).numpy(), (found.index[0] % 22).numpy()
    np.testing.assert_allclose(maps.places[..., 0], rows * 4 + 2)
    np.testing.assert_allclose(maps.places[..., 1], columns * 4 + 2)
    np.testing.assert_allclose(maps.confidence, found.soft[0, 0].numpy().clip(0), atol=1e-6)


def test_the_published_network_searches_a_large_reference_where_it_lies(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("restorer.restoration.reference.ttsr_tiles._WHOLE_PIXELS", 1)
    monkeypatch.setattr("restorer.restoration.reference.ttsr_tiles._LOW_PIXELS", 32 * 32)
    whole = make_scene(260, 340)
    small = whole[20:240, 12:332].reshape(55, 4, 80, 4, 3).mean((1, 3))
    wishes = Settings(tile=96)
    guided, maps = run(eight_bit(small), [eight_bit(whole)], published(), settings=wishes)
    assert guided.pixels.shape == (220, 320, 3)
    rows, columns = np.mgrid[:55, :80] * 4 + 2
    near = np.abs(maps.places - np.stack([rows + 20, columns + 12], 2)).max(2) < 8
    assert near.mean() > 0.5


def test_the_published_network_obeys_batch_and_precision() -> None:
    model, scene = published(), make_scene(60, 50)
    canvas = Canvas(
        make_scene(40, 48, seed=3), np.zeros((10, 12), np.int16), np.zeros((10, 12, 2), np.float32)
    )
    plan = plan_tiles((60, 50), model.spec.tile, side=24, overlap=8)
    encoded: list[int] = []
    assert isinstance(model.network, TTSR)
    model.network.LTE.register_forward_hook(lambda *_: encoded.append(0))

    def transferred(predictor: Predictor, batch: int):
        ticks: list[tuple[int, int]] = []
        tick = lambda done, total: ticks.append((done, total))  # noqa: E731  short
        encoded.clear()
        found = transfer(
            predictor, scene, plan, plan.region, lambda tile: canvas, tick, batch=batch
        )
        assert ticks == [(n + 1, len(plan.tiles)) for n in range(len(plan.tiles))]
        assert len(encoded) == 2 + -(-len(plan.tiles) // batch), "the reference is encoded once"
        return found

    one, three = (transferred(model, batch) for batch in (1, 3))
    np.testing.assert_allclose(three.restored, one.restored, atol=1e-5)
    np.testing.assert_array_equal(three.source, one.source)
    fast = transferred(model.at("bf16"), 1)
    np.testing.assert_array_equal(fast.confidence, one.confidence)  # the search is exact
    assert 1e-4 < np.abs(fast.restored - one.restored).max() < 0.1
