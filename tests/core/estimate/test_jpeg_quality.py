"""JPEG quality from tables and from pixels, and its use as a condition of networks."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from PIL import Image as PilImage
from skimage import data

import restorer
from restorer import Image, Job, RunPlan, Step
from restorer.estimate.jpeg_quality import estimate_jpeg_quality
from restorer.formats.jpeg.quantization import luma_steps, nearest_quality
from restorer.restoration.source import Source

Pixels = NDArray[np.uint8]
FULL, HALF = "4:4:4", "4:2:0"
PHOTO: Pixels = data.chelsea()[40:200, 80:300]
GRAY: Pixels = np.asarray(PilImage.fromarray(PHOTO).convert("L"))
MODEL = "panet-deblock-lite"

qualities = st.integers(5, 95)


def saved(pixels: Pixels, quality: int, chroma: str = HALF) -> bytes:
    file = io.BytesIO()
    more = {} if pixels.ndim == 2 else {"subsampling": chroma}
    PilImage.fromarray(pixels).save(file, "JPEG", quality=quality, **more)
    return file.getvalue()


def compressed(pixels: Pixels, quality: int, chroma: str = HALF) -> Pixels:
    return np.asarray(PilImage.open(io.BytesIO(saved(pixels, quality, chroma))))


def estimate(pixels: Pixels) -> int | None:
    planes = pixels.reshape(*pixels.shape[:2], -1)
    return estimate_jpeg_quality(planes.astype(np.float32) / 255)


@given(st.integers(1, 100))
def test_every_table_of_libjpeg_gives_its_quality(quality: int) -> None:
    with PilImage.open(io.BytesIO(saved(np.zeros((8, 8), np.uint8), quality))) as file:
        rows = np.reshape(file.quantization[0], (8, 8))  # type: ignore[attr-defined]  # of JPEG
    np.testing.assert_array_equal(rows, luma_steps(quality))
    assert nearest_quality(luma_steps(quality)) == quality


@settings(max_examples=12)
@given(
    qualities,
    st.sampled_from([FULL, HALF, "gray"]),
    st.tuples(st.integers(0, 7), st.integers(0, 7)),
)
def test_quality_is_estimated_for_any_offset_of_the_block_grid(
    quality: int, chroma: str, start: tuple[int, int]
) -> None:
    gray = chroma == "gray"
    pixels = compressed(GRAY, quality) if gray else compressed(PHOTO, quality, chroma)
    found = estimate(pixels[start[0] :, start[1] :])
    assert found == pytest.approx(quality, abs=1)


@pytest.mark.parametrize("quality", [20, 30, 60])
@pytest.mark.parametrize("better", [25, 35])
@pytest.mark.parametrize("start", [(0, 0), (3, 5)], ids=["same grid", "cropped"])
def test_saving_again_at_a_higher_quality_keeps_the_lower_estimate(
    quality: int, better: int, start: tuple[int, int]
) -> None:
    first = compressed(PHOTO, quality)[start[0] :, start[1] :]
    assert estimate(compressed(first, quality + better)) == pytest.approx(quality, abs=4)


def test_saving_again_at_a_lower_quality_gives_the_last_one() -> None:
    assert estimate(compressed(compressed(PHOTO, 85), 40)) == pytest.approx(40, abs=1)


@pytest.mark.parametrize("turns", [1, 2, 3])
def test_quality_is_estimated_for_rotated_images(turns: int) -> None:
    turned = np.ascontiguousarray(np.rot90(compressed(PHOTO, 45), turns))
    assert estimate(turned) == pytest.approx(45, abs=1)


@pytest.mark.parametrize(
    "pixels",
    [
        GRAY[::2, ::2],
        PHOTO[::2, ::2],
        np.random.default_rng(0).integers(0, 256, (160, 220, 3), np.uint8),
        np.full((64, 64, 3), 90, np.uint8),
        np.indices((96, 96)).sum(0).astype(np.uint8),
        np.kron(np.indices((12, 12)).sum(0) % 2, np.ones((8, 8))).astype(np.uint8) * 200,
    ],
    ids=["gray", "shrunk", "noise", "plain", "ramp", "chessboard"],
)
def test_images_without_jpeg_give_no_estimate(pixels: Pixels) -> None:
    assert estimate(pixels) is None


@settings(max_examples=20)
@given(st.integers(1, 40), st.integers(1, 40), st.sampled_from([1, 3]), st.floats(0, 4))
def test_tiny_images_and_unusual_values_are_accepted(
    height: int, width: int, channels: int, white: float
) -> None:
    values = np.random.default_rng(0).random((height, width, channels)).astype(np.float32) * white
    found = estimate_jpeg_quality(values)
    assert found is None or 1 <= found <= 100


@pytest.mark.parametrize("mode", ["L", "RGB", "CMYK"])
@pytest.mark.parametrize("progressive", [False, True])
def test_every_kind_of_file_gives_the_quality_of_its_tables(
    mode: str, progressive: bool, tmp_path: Path
) -> None:
    path = tmp_path / "a.jpg"
    picture = PilImage.fromarray(PHOTO).convert(mode)
    picture.save(path, quality=37, progressive=progressive)
    assert restorer.read(path).jpeg_quality == 37


def test_quality_is_read_despite_a_wrong_suffix_and_an_orientation(tmp_path: Path) -> None:
    exif = PilImage.Exif()
    exif[0x0112] = 6
    path = tmp_path / "a.png"
    PilImage.fromarray(PHOTO).save(path, "JPEG", quality=61, exif=exif)
    image = restorer.read(path)
    assert image.pixels.shape[:2] == (PHOTO.shape[1], PHOTO.shape[0])
    assert image.jpeg_quality == 61


def test_other_tables_give_the_nearest_quality(tmp_path: Path) -> None:
    path, steps = tmp_path / "a.jpg", (luma_steps(70) * 1.03).astype(int).ravel().tolist()
    PilImage.fromarray(PHOTO).save(path, qtables=[steps, steps])
    assert restorer.read(path).jpeg_quality == pytest.approx(70, abs=2)


def told(source: Path, step: Step | str = MODEL) -> tuple[int | None, str, tuple[str, ...]]:
    wish = Step(step) if isinstance(step, str) else step
    (result,) = [
        event.result
        for event in restorer.run_jobs([Job(source, source.with_suffix(".out.png"), (wish,))])
        if isinstance(event, restorer.Finished)
    ]
    assert result.status == "done", result.error
    return result.plans[0].jpeg_quality, result.plans[0].origin, result.notes


def store(path: Path, content: bytes | Pixels) -> Path:
    if isinstance(content, bytes):
        path.write_bytes(content)
    else:
        PilImage.fromarray(content).save(path)
    return path


SMALL: Pixels = PHOTO[:96, :112]


def test_the_network_receives_the_quality_of_the_file(tmp_path: Path) -> None:
    assert told(store(tmp_path / "a.jpg", saved(SMALL, 30))) == (30, "file", ())


def test_a_jpeg_stored_as_png_is_estimated_from_its_pixels(tmp_path: Path) -> None:
    assert told(store(tmp_path / "a.png", compressed(SMALL, 30))) == (30, "estimated", ())


def test_the_lower_quality_of_a_file_saved_twice_is_used(tmp_path: Path) -> None:
    again = store(tmp_path / "a.jpg", saved(compressed(SMALL, 30), 92))
    assert restorer.read(again).jpeg_quality == 92
    assert told(again)[:2] == (30, "estimated")


def test_the_quality_of_the_step_takes_precedence(tmp_path: Path) -> None:
    source = store(tmp_path / "a.jpg", saved(SMALL, 30))
    assert told(source, Step(MODEL, jpeg_quality=55)) == (55, "given", ())


def test_an_image_without_traces_gets_a_note(tmp_path: Path) -> None:
    source = store(tmp_path / "a.png", SMALL[::2, ::2])
    assert told(source) == (100, "estimated", ("no traces of JPEG compression were found",))


def test_a_file_of_high_quality_gets_a_note(tmp_path: Path) -> None:
    quality, origin, notes = told(store(tmp_path / "a.jpg", saved(SMALL, 98, FULL)))
    assert (quality, origin) == (98, "file")
    assert notes == ("it was saved at JPEG quality 98, which leaves no visible traces",)


@pytest.mark.parametrize("bits", [8, 16, 32])
def test_the_depth_of_the_copy_does_not_matter(bits: restorer.image.Bits) -> None:
    image = Image(compressed(SMALL, 40))
    deep = image.with_float(image.to_float(), bits=bits)
    assert Source(deep).jpeg_quality() == (40, "estimated")


def test_alpha_does_not_prevent_the_estimate() -> None:
    alpha = np.full((*SMALL.shape[:2], 1), 255, np.uint8)
    alpha[:20] = 0
    pixels = np.concatenate([compressed(SMALL, 40), alpha], axis=2)
    assert Source(Image(pixels)).jpeg_quality() == (40, "estimated")


def test_the_quality_of_the_source_is_used_after_another_step() -> None:
    image = Image(compressed(SMALL, 20), jpeg_quality=20)
    steps = [Step("panet-denoise-lite", sigma=5), Step(MODEL)]
    plans: list[RunPlan] = []
    restorer.restore_region(image, steps, Source(image).region, on_plans=plans.extend)
    assert (plans[1].jpeg_quality, plans[1].origin) == (20, "file")


def test_a_result_has_no_jpeg_quality() -> None:
    image = Image(compressed(SMALL, 20), jpeg_quality=20)
    assert restorer.restore(image, MODEL).jpeg_quality is None


@pytest.mark.parametrize("quality", [0, 101])
def test_impossible_qualities_are_refused(quality: int) -> None:
    with pytest.raises(restorer.SettingsError, match=f"JPEG quality {quality}: expected 1 to 100"):
        restorer.restore(Image(SMALL), Step(MODEL, jpeg_quality=quality))


@pytest.mark.parametrize("quality", [10, 40])
def test_deblocking_improves_psnr(quality: int) -> None:
    damaged = compressed(SMALL, quality)
    result = restorer.restore(Image(damaged, jpeg_quality=quality), MODEL)
    before, after = (np.mean((x - SMALL.astype(float)) ** 2) for x in (damaged, result.pixels))
    assert after < 0.93 * before
