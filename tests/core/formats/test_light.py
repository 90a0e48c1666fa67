"""Linear light: curves, OpenEXR, Radiance, and pictures of them in other formats."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import OpenEXR
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from restorer import Image, find_profile, formats, to_display
from restorer.errors import ImageFormatError
from restorer.formats.color import light, matrix
from restorer.formats.color.light import NetworkCurve
from restorer.image import HEADROOM, Metadata

from helpers import make_photograph

PHOTO = make_photograph(10, 14)
HALF = 65504.0


def scene(channels: int = 3, *, peak: float = 20) -> Image:
    """A linear picture with highlights and values below black."""
    values = np.random.default_rng(0).gamma(0.5, 1, (10, 14, channels)).astype(np.float32)
    values *= np.float32(peak) / values.max()
    values[0, 0] = -0.25
    if channels in (2, 4):
        values[..., -1] = 0.5
    return Image(values, transfer="linear")


def exr(path: Path, *planes: dict[str, Any], **header: Any) -> Path:
    """Write a part of each; the library changes what it is given."""
    names = [f"part {number}" for number in range(len(planes))]
    parts = [OpenEXR.Part(dict(header), dict(p), n) for p, n in zip(planes, names, strict=True)]
    OpenEXR.File(parts).write(str(path))
    return path


@settings(max_examples=60)
@given(values=st.lists(st.floats(-1e4, 1e6, width=32), min_size=2), level=st.sampled_from([1, 40]))
def test_the_curve_for_networks_is_monotone_and_exactly_undone(
    values: list[float], level: float
) -> None:
    linear, curve = np.sort(np.array(values, np.float32))[None, :, None], NetworkCurve(level)
    shown = curve.encode(linear)
    assert (np.diff(shown, axis=1) >= 0).all()
    np.testing.assert_allclose(curve.decode(shown), linear, rtol=2e-5, atol=1e-9)


def test_the_curve_is_that_of_srgb_up_to_white_and_stays_in_range() -> None:
    ramp = np.linspace(0, 1, 99, dtype=np.float32)[None, :, None]
    np.testing.assert_allclose(NetworkCurve().encode(ramp), matrix.encoded(ramp), rtol=1e-6)
    brightest = np.full((1, 1, 3), 450, np.float32)
    assert NetworkCurve().encode(brightest).max() < HEADROOM
    bright = Image(scene().pixels * 1000, transfer="linear")
    curve = NetworkCurve.of(bright)  # in absolute units
    assert curve.level > 100
    assert abs(np.median(curve.encode(bright.pixels)) - 0.46) < 0.01  # of 0.18
    assert NetworkCurve.of(scene()).level == 1


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize("profile", [None, "display-p3", "rec2020-linear"])
def test_encoding_and_decoding_are_inverse(channels: int, profile: str | None) -> None:
    icc = find_profile(profile) if profile and channels > 2 else None
    image = Image(scene(channels, peak=3).pixels, Metadata(icc=icc), transfer="linear")
    if icc:
        image = light.to_linear(light.described(image))
    shown = light.to_encoded(image)
    back = light.to_linear(shown)
    assert (shown.transfer, back.transfer) == ("encoded", "linear")
    np.testing.assert_allclose(back.pixels, image.pixels, rtol=1e-4, atol=1e-6)
    if icc and channels > 2:
        expected = matrix.chromaticities_of(icc)
        np.testing.assert_allclose(matrix.chromaticities_of(back.metadata.icc or b""), expected)


@pytest.mark.parametrize("profile", ["srgb", "display-p3", "rec2020-linear", "prophoto-linear"])
def test_profiles_tell_whether_they_are_linear_and_their_primaries(profile: str) -> None:
    icc = find_profile(profile) or b""
    assert matrix.is_linear(icc) == profile.endswith("linear")
    known = {
        "srgb": matrix.SRGB_CHROMATICITIES,
        "display-p3": matrix.P3_CHROMATICITIES,
        "rec2020-linear": matrix.REC2020_CHROMATICITIES,
        "prophoto-linear": matrix.PROPHOTO_CHROMATICITIES,
    }
    np.testing.assert_allclose(matrix.chromaticities_of(icc), known[profile], atol=1e-3)
    for damage in (icc[:200], icc[:128] + b"\xff" * 40, b""):
        assert not matrix.is_linear(damage)
        assert matrix.chromaticities_of(damage) == matrix.SRGB_CHROMATICITIES


@pytest.mark.parametrize("suffix", [".exr", ".hdr", ".pfm"])
@pytest.mark.parametrize("profile", [None, "display-p3"])
def test_an_encoded_picture_looks_the_same_in_linear_formats_and_back(
    tmp_path: Path, suffix: str, profile: str | None
) -> None:
    image = Image(PHOTO, Metadata(icc=find_profile(profile or "keep")))
    expected = to_display(image).pixels.astype(int)
    path = tmp_path / f"a{suffix}"
    notes = formats.write(image, path)
    if profile and suffix == ".pfm":
        assert notes == ("PFM holds no color profile; the colors were converted to sRGB",)
    else:
        assert len(notes) == (suffix == ".hdr")
    linear = formats.read(path)
    assert linear.is_linear
    # The mantissas of RGBE have 8 bits, for the brightest of three colors.
    tolerance = 3 if suffix == ".hdr" else 1
    assert np.abs(to_display(linear).pixels.astype(int) - expected).max() <= tolerance
    formats.write(linear, tmp_path / "b.png")
    back = formats.read(tmp_path / "b.png")
    assert back.bits == 16
    assert np.abs(to_display(back).pixels.astype(int) - expected).max() <= tolerance


@pytest.mark.parametrize("suffix", [".png", ".jpg", ".webp", ".ppm"])
def test_integers_hold_encoded_values_and_a_note_tells_what_was_clipped(
    tmp_path: Path, suffix: str
) -> None:
    image = scene()
    notes = formats.write(image, tmp_path / f"a{suffix}")
    share = 100 * (image.pixels > 1).mean()
    assert f"{share:.2g} % of the values were above white and were clipped" in notes[1]
    back = formats.read(tmp_path / f"a{suffix}")
    assert not back.is_linear
    assert back.metadata.icc is None
    if suffix in (".png", ".ppm"):
        expected = np.clip(matrix.encoded(image.pixels), 0, 1)
        np.testing.assert_allclose(back.to_float(), expected, atol=1e-5)


@pytest.mark.parametrize("channels", [1, 3, 4])
def test_a_float_tiff_says_that_it_is_linear(tmp_path: Path, channels: int) -> None:
    image = scene(channels)
    assert formats.write(image, tmp_path / "a.tif") == ()
    back = formats.read(tmp_path / "a.tif")
    assert back.is_linear
    np.testing.assert_array_equal(back.pixels, image.pixels)
    assert formats.write(back, tmp_path / "b.exr") == ()
    np.testing.assert_array_equal(formats.read(tmp_path / "b.exr").pixels[..., 0] < 0, (
        image.pixels[..., 0] < 0
    ))  # fmt: skip


def test_exr_keeps_what_it_can_hold(tmp_path: Path) -> None:
    profile = find_profile("rec2020-linear")
    blocks = {"comment": b"a comment", "OpenEXR": b'{"owner": "me", "expTime": 0.5}'}
    metadata = Metadata(xmp=b"<x:xmpmeta/>", icc=profile, dpi=(300, 150), blocks=blocks)
    image = Image(scene().pixels, metadata, transfer="linear")
    assert formats.write(image, tmp_path / "a.exr") == ()
    found = formats.read(tmp_path / "a.exr")
    assert found.notes == ()
    assert (found.metadata.xmp, found.metadata.dpi) == (b"<x:xmpmeta/>", (300, 150))
    assert found.metadata.blocks["comment"] == b"a comment"
    assert json.loads(found.metadata.blocks["OpenEXR"]) == json.loads(blocks["OpenEXR"])
    assert matrix.is_linear(found.metadata.icc or b"")
    np.testing.assert_allclose(
        matrix.chromaticities_of(found.metadata.icc or b""),
        matrix.REC2020_CHROMATICITIES,
        atol=1e-4,
    )
    lost = formats.write(found, tmp_path / "a.png")
    assert any("OpenEXR" in note for note in lost)


def test_exr_has_half_samples_where_they_hold_all_values(tmp_path: Path) -> None:
    path, halves = tmp_path / "a.exr", scene().pixels.astype(np.float16)
    sizes = []
    for pixels in (halves.astype(np.float32), scene().pixels):
        formats.write(Image(pixels, transfer="linear"), path)
        np.testing.assert_array_equal(formats.read(path).pixels, pixels)
        sizes.append(OpenEXR.File(str(path)).channels()["RGB"].pixels.dtype.itemsize)
    assert sizes == [2, 4]
    bright = Image(scene(peak=1e6).pixels, transfer="linear")
    notes = formats.write(bright, path, formats.writer_options(path, samples="half"))
    assert "were clipped to 65,504" in notes[0]


def test_exr_parts_layers_and_windows(tmp_path: Path) -> None:
    planes = {letter: scene(1).pixels[..., 0] * number for number, letter in enumerate("ZRGBA", 1)}
    colors = {letter: planes[letter] for letter in "RGB"}
    path = exr(tmp_path / "a.exr", {"Z": planes["Z"]}, colors)
    image = formats.read(path)
    assert image.notes == ("not kept: 1 other part",)
    np.testing.assert_array_equal(image.pixels, np.dstack([*colors.values()]))
    layers = {f"beauty.{letter}": plane for letter, plane in colors.items()}
    image = formats.read(exr(path, {**layers, "Z": planes["Z"]}))
    assert image.notes == ("not kept: 1 other channel",)
    np.testing.assert_array_equal(image.pixels, np.dstack([*colors.values()]))
    with pytest.raises(ImageFormatError, match="no channels R, G and B, or Y, but A, B"):
        formats.read(exr(path, {"A": planes["A"], "B": planes["B"]}))
    corner = np.array([3, -2], "i4")  # x, y
    header = {
        "dataWindow": (corner, corner + np.array([13, 9], "i4")),
        "displayWindow": (np.array([0, 0], "i4"), np.array([19, 5], "i4")),
    }
    image = formats.read(exr(path, {"Y": planes["R"]}, **header))
    assert image.pixels.shape == (6, 20, 1)
    np.testing.assert_array_equal(image.pixels[:, 3:17, 0], planes["R"][2:8])
    assert not image.pixels[:, :3].any()
    assert image.notes == (
        "not kept: overscan (pixels outside the display window)",
        "the data window does not cover the display window; the rest became black",
    )


def test_exr_alpha_is_straight_and_glow_is_noted(tmp_path: Path) -> None:
    color, alpha = scene(1).pixels[..., 0], np.full((10, 14), 0.5, np.float32)
    alpha[0] = 0
    planes = {**dict.fromkeys("RGB", color), "A": alpha}
    image = formats.read(exr(tmp_path / "a.exr", planes))
    np.testing.assert_allclose(image.pixels[1:, :, 0], color[1:] * 2, rtol=1e-6)
    assert image.notes == ("10 % of the pixels are bright but have no alpha; they became black",)


def test_exr_without_finite_values_is_read_with_a_note(tmp_path: Path) -> None:
    plane = scene(1).pixels[..., 0].copy()
    plane[0, :3] = np.nan, np.inf, -np.inf
    image = formats.read(exr(tmp_path / "a.exr", {"Y": plane}))
    assert image.pixels[0, :3, 0].tolist() == [0, HALF, -HALF]
    assert image.notes == ("1 NaN became 0; 2 infinite values became 65504",)


def test_a_damaged_exr_is_refused_and_nothing_is_printed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    formats.write(Image(PHOTO), tmp_path / "a.exr", formats.writer_options("a.exr", samples="half"))
    data = bytearray((tmp_path / "a.exr").read_bytes())
    data[-300:-200] = bytes(100)
    (tmp_path / "a.exr").write_bytes(data)
    with pytest.raises(ImageFormatError, match="damaged"):
        formats.read(tmp_path / "a.exr")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize("order", ["-Y +X", "-Y -X", "+Y +X", "+Y -X", "+X -Y", "+X +Y", "-X -Y"])
def test_radiance_of_any_orientation(tmp_path: Path, order: str) -> None:
    path = tmp_path / "a.hdr"
    formats.write(scene(), path)
    upright = formats.read(path).pixels
    first, second = order.split()
    turned = upright if first[1] == "Y" else upright.swapaxes(0, 1)
    steps = {"-Y": 1, "+Y": -1, "+X": 1, "-X": -1}
    turned = np.ascontiguousarray(turned[:: steps[first], :: steps[second]])
    formats.write(Image(turned, transfer="linear"), path)
    size = b"-Y %d +X %d\n" % turned.shape[:2]
    changed = f"{first} {len(turned)} {second} {turned.shape[1]}\n".encode()
    path.write_bytes(path.read_bytes().replace(size, changed))
    np.testing.assert_array_equal(formats.read(path).pixels, upright)


def test_radiance_keeps_its_lines_and_rounds_to_its_mantissas(tmp_path: Path) -> None:
    path, lines = tmp_path / "a.hdr", b"VIEW= -vtv -vp 1 2 3\nEXPOSURE=2.5"
    profile = find_profile("rec2020-linear")
    metadata = Metadata(icc=profile, blocks={"Radiance": lines})
    image = Image(scene().pixels, metadata, transfer="linear")
    notes = formats.write(image, path)
    rounded = "Radiance HDR holds 8 bits per color and an exponent; values were rounded"
    assert notes == (f"{rounded}; 0.71 % were below 0 and became 0",)
    found = formats.read(path)
    assert found.metadata.blocks == {"Radiance": lines}
    expected = np.maximum(image.pixels, 0)
    error = np.abs(found.pixels - expected).max(2) / np.maximum(expected.max(2), 1e-9)
    assert error.max() <= 1 / 256
    np.testing.assert_allclose(
        matrix.chromaticities_of(found.metadata.icc or b""),
        matrix.REC2020_CHROMATICITIES,
        atol=1e-3,
    )
    np.testing.assert_allclose(cv2.imread(str(path), -1)[..., ::-1], found.pixels, rtol=1e-6)
    cv2.imwrite(str(path), expected[..., ::-1])  # in runs
    np.testing.assert_allclose(cv2.imread(str(path), -1)[..., ::-1], formats.read(path).pixels)
    data = path.read_bytes().replace(b"FORMAT", b"GAMMA=0.5\nFORMAT")
    path.write_bytes(data)
    squared = formats.read(path)
    assert squared.notes == ("the gamma of 0.5 in the file was undone",)
    np.testing.assert_allclose(squared.pixels, cv2.imread(str(path), -1)[..., ::-1] ** 2, rtol=1e-5)


@pytest.mark.parametrize("suffix", [".exr", ".hdr"])
def test_small_files_of_huge_pictures_are_refused_at_once(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    formats.write(scene(), path)
    data = path.read_bytes().replace(b"-Y 10 +X 14", b"-Y 60000 +X 60000")
    window = np.array([0, 0, 13, 9], "<i4").tobytes()
    data = data.replace(window, np.array([0, 0, 59_999, 59_999], "<i4").tobytes())
    path.write_bytes(data)
    with pytest.raises(ImageFormatError, match=r"cut short|GB of channels|damaged"):
        formats.read(path, max_pixels=2**40)


def test_deep_and_subsampled_exr_are_refused(tmp_path: Path) -> None:
    plane = np.ones((4, 4), np.float32)
    file = io.BytesIO()
    OpenEXR.File({}, {"Y": plane, "BY": plane.copy()}).write(file)
    data = bytearray(file.getvalue())
    at = data.index(b"BY\0") + 11
    data[at : at + 8] = np.array([2, 2], "<i4").tobytes()
    (tmp_path / "a.exr").write_bytes(data)
    with pytest.raises(ImageFormatError, match="subsampled"):
        formats.read(tmp_path / "a.exr")


def test_highlights_do_not_darken_the_rest_in_integers(tmp_path: Path) -> None:
    values = np.full((10, 10, 3), 0.18, np.float32)
    values[:3] = 60
    notes = formats.write(Image(values, transfer="linear"), tmp_path / "a.png")
    assert not any("divided" in note for note in notes)
    back = formats.read(tmp_path / "a.png").to_float()
    np.testing.assert_allclose(back[5:], matrix.encoded(values[5:]), atol=1e-4)
