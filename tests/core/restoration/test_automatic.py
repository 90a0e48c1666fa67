"""`auto` repairs what a picture needs, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

import restorer
from restorer import Image, Job, OutputFolder, Region, Settings, Step
from restorer.batch.memory import MemoryBudget
from restorer.errors import SettingsError, UnknownModelError
from restorer.estimate.findings import Finding
from restorer.restoration import automatic
from restorer.restoration.chosen import Chosen
from restorer.restoration.diagnosis import Diagnosis
from restorer.restoration.treatment import Treatment

DENOISE, DEBLOCK, ENLARGE = "panet-denoise-lite", "panet-deblock-lite", "panet-sr-x2-lite"


@pytest.fixture
def found(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Make all pictures need these models; dark ones need nothing."""
    models = [DENOISE]

    def diagnose(source: restorer.Source, *, scale: int, settings: Settings) -> Diagnosis:
        dark = float(source.plain.to_float().mean()) < 0.1
        steps = [] if dark else [Step(model) for model in models]
        if scale > 1:
            steps.append(Step(restorer.default_model("super-resolution", scale)))
        damages = () if dark else (Finding("white-noise", 12.3, 1.0, ""),)
        kind = Finding("photograph", 0, 1.0, "")
        return Diagnosis(kind, damages, Treatment(tuple(steps), "", 0.0, 0), source)

    monkeypatch.setattr(automatic, "diagnose", diagnose)
    return models


def picture(dtype: str = "uint8", mean: float = 0.5, size: tuple[int, int] = (16, 20)) -> Image:
    values = np.random.default_rng(0).normal(mean, 0.05, (*size, 3)).clip(0, 1).astype(np.float32)
    whole = {"uint8": 255, "uint16": 65535, "float32": 1}[dtype]
    pixels: NDArray[np.uint8] = (values * whole).astype(dtype)
    return Image(pixels)


@pytest.mark.parametrize("dtype", ["uint8", "uint16", "float32"])
@pytest.mark.parametrize("linear", [False, True], ids=["encoded", "linear"])
def test_a_clean_picture_keeps_its_pixels(found: list[str], dtype: str, linear: bool) -> None:
    image = replace(picture(dtype, mean=0.02), transfer="linear" if linear else "encoded")
    result = restorer.restore(image, settings=Settings(dither=True))
    np.testing.assert_array_equal(result.pixels, image.pixels)
    assert result.notes == ("nothing to repair",)
    provenance = restorer.provenance_of(result)
    assert provenance is not None
    assert (provenance.steps, provenance.found) == ((), "a clean photograph")
    region = Region(2, 3, 8, 10)
    part = restorer.restore_region(image, "auto", region)
    np.testing.assert_array_equal(part.pixels, region.of(image.pixels))


@pytest.mark.parametrize("quality", [92, 95, 98])
def test_a_clean_jpeg_is_encoded_again_without_a_loss_that_shows(
    found: list[str], tmp_path: Path, quality: int
) -> None:
    source, target = tmp_path / "in.jpg", tmp_path / "out.jpg"
    texture = np.random.default_rng(0).integers(0, 40, (64, 80, 3), np.uint8)
    pil = pytest.importorskip("PIL.Image").fromarray(texture)
    pil.save(source, quality=quality, subsampling=2)
    assert restorer.run_job(Job(source, target)).plans == ()
    assert restorer.psnr(restorer.read(target).pixels, restorer.read(source).pixels) >= 48


def test_the_result_is_that_of_the_steps_that_suit_the_picture(found: list[str]) -> None:
    found[:] = [DEBLOCK, DENOISE]
    image = picture()
    result, same = restorer.restore(image), restorer.restore(image, [DEBLOCK, DENOISE])
    np.testing.assert_array_equal(result.pixels, same.pixels)
    assert result.notes[0] == "found white noise: remove JPEG artifacts, remove noise"
    provenance = restorer.provenance_of(result)
    assert provenance is not None
    assert [step.model for step in provenance.steps] == [DEBLOCK, DENOISE]
    assert provenance.found == "white noise of level 12.3"


def test_each_picture_of_a_batch_gets_its_own_steps(found: list[str]) -> None:
    images = [picture(), picture(mean=0.02)]
    batch = np.stack([image.pixels.transpose(2, 0, 1) for image in images])
    torch = pytest.importorskip("torch")
    result = restorer.restore(torch.from_numpy(batch))
    np.testing.assert_array_equal(result[1].numpy(), batch[1])
    assert (result[0].numpy() != batch[0]).any()


@given(st.sampled_from([None, 1, 2, 3, 4]))
def test_the_size_of_the_result_is_known_before(scale: int | None) -> None:
    step = Step("auto", scale=scale)
    result = restorer.restore(picture(size=(8, 9)), step)
    assert result.height == 8 * restorer.scale_of_steps([step])


def test_the_strength_is_that_of_repairs(found: list[str]) -> None:
    image, step = picture(), Step("auto", strength=0.0, scale=2)
    large = restorer.restore(image, ENLARGE)
    np.testing.assert_array_equal(restorer.restore(image, step).pixels, large.pixels)


@pytest.mark.parametrize(
    ("step", "models"),
    [
        (Step("auto", sigma=20.0), [DENOISE]),
        (Step("auto", sigma=0.0), []),
        (Step("auto", jpeg_quality=40), [DEBLOCK, DENOISE]),
        (Step("auto", jpeg_quality=100, scale=2), [DENOISE, ENLARGE]),
        (Step("auto-sr"), [ENLARGE]),
    ],
    ids=str,
)
def test_stated_damage_holds_in_place_of_what_is_found(
    found: list[str], step: Step, models: list[str]
) -> None:
    chosen = restorer.choose_steps(step, restorer.Source(picture()), Settings())
    assert [each.model for each in chosen.steps] == models
    for each in chosen.steps:
        assert each.sigma == (step.sigma if each.model == DENOISE else None)
        assert each.jpeg_quality == (step.jpeg_quality if each.model == DEBLOCK else None)


def test_what_makes_no_sense_is_refused() -> None:
    image = picture()
    with pytest.raises(SettingsError, match="auto: examines the picture"):
        restorer.restore(image, [DENOISE, Step("auto")])
    with pytest.raises(SettingsError, match="bayer: auto"):
        restorer.restore(image, Step("auto", bayer="rggb"))
    with pytest.raises(UnknownModelError, match="scale 5"):
        restorer.restore(image, Step("auto", scale=5))
    with pytest.raises(SettingsError, match="scale 0: expected 1 or more"):
        restorer.restore(image, Step("auto", scale=0))
    with pytest.raises(SettingsError, match="scale 3: panet-sr-x2-lite has scale 2"):
        restorer.restore(image, Step(ENLARGE, scale=3))
    with pytest.raises(UnknownModelError, match="stands for the models"):
        restorer.load("auto")
    with pytest.raises(SettingsError, match="chop"):
        restorer.check_steps("auto", Settings(tiling="chop"))


def test_pages_get_their_own_steps_and_are_repeated(found: list[str], tmp_path: Path) -> None:
    source, target = tmp_path / "in.tif", tmp_path / "out.tif"
    pages = [picture(mean=0.02), picture(), picture(mean=0.03)]
    restorer.write_pages(pages, source)
    result = restorer.run_job(Job(source, target))
    assert result.status == "done", result.error
    assert [plan.model for plan in result.plans] == [DENOISE]
    assert "pages 1, 3: nothing to repair" in result.notes
    after = [restorer.read_page(target, number=number) for number in range(3)]
    assert [(a.pixels == b.pixels).all() for a, b in zip(after, pages, strict=True)] == [
        True,
        False,
        True,
    ]
    found[:] = [DEBLOCK]  # another version of the program
    assert restorer.replay_result(target, source=source).same


def test_frames_share_their_steps(found: list[str], tmp_path: Path) -> None:
    source, target = tmp_path / "in.gif", tmp_path / "out.gif"
    restorer.write_pages([picture(), picture(mean=0.4), picture(mean=0.02)], source)
    result = restorer.run_job(Job(source, target))
    assert result.status == "done", result.error
    assert {plan.model for plan in result.plans} == {DENOISE}
    assert len({plan.sigma for plan in result.plans}) == 1
    assert restorer.replay_result(target, source=source).same


@pytest.mark.parametrize("mean", [0.5, 0.02], ids=["noisy", "clean"])
def test_a_streamed_picture_equals_one_held_whole(
    found: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mean: float
) -> None:
    source = tmp_path / "in.png"
    restorer.write(picture("uint16", mean, size=(300, 40)), source)
    whole = restorer.run_job(Job(source, tmp_path / "whole.png"))
    monkeypatch.setattr(MemoryBudget, "of_machine", lambda: MemoryBudget(1))
    streamed = restorer.run_job(Job(source, tmp_path / "streamed.png"))
    assert (streamed.status, streamed.error) == ("done", "")
    assert streamed.notes == whole.notes
    pixels = [restorer.read(tmp_path / f"{name}.png").pixels for name in ("whole", "streamed")]
    np.testing.assert_array_equal(*pixels)
    assert restorer.replay_result(tmp_path / "streamed.png", source=source).same


def test_chosen_steps_are_part_of_the_request(tmp_path: Path) -> None:
    job = Job(tmp_path / "a.png", tmp_path / "b.png")
    chosen = replace(job, chosen=(Chosen((Step(DENOISE),), "noise"),))
    assert job.id != chosen.id
    assert job.id == Job(tmp_path / "a.png", tmp_path / "b.png", ("auto",)).id


@pytest.mark.parametrize("mean", [0.5, 0.02], ids=["noisy", "clean"])
def test_a_journal_suffices_to_repeat_a_result(
    found: list[str], tmp_path: Path, mean: float
) -> None:
    source, out = tmp_path / "in.png", tmp_path / "out"
    restorer.write(picture(mean=mean), source)
    job = Job(source, out / "in.png", settings=Settings(provenance="none"))
    with OutputFolder(out) as output:
        output.open()
        output.start(job)
        output.finish(job, restorer.run_job(job))
    found[:] = [DEBLOCK]  # another version of the program
    assert restorer.replay_result(out / "in.png").same
