"""The corrections that DNG files list."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray
from raw_files import BLACK, WHITE, sensor, write_dng

import restorer
from restorer import Image, Mosaic
from restorer.formats.raw.opcodes import (
    Opcode,
    correct_linear,
    correct_mosaic,
    left_of_mosaic,
    read_opcodes,
)

LISTS = (51008, 51009, 51022)


def opcode(number: int, data: bytes, *, version: bytes = b"\1\3\0\0", flags: int = 0) -> bytes:
    return struct.pack(">I4sII", number, version, flags, len(data)) + data


def listed(*opcodes: bytes) -> bytes:
    return struct.pack(">I", len(opcodes)) + b"".join(opcodes)


def tag(code: int, *opcodes: bytes) -> tuple[int, int, int, bytes]:
    block = listed(*opcodes)
    return code, 7, len(block), block


def area(
    top: int = 0, left: int = 0, bottom: int = 99, right: int = 99, pitch: tuple[int, int] = (1, 1)
) -> bytes:
    return struct.pack(">8I", top, left, bottom, right, 0, 3, *pitch)


def gain_map(gains: NDArray[Any], spec: bytes) -> bytes:
    """A map whose points lie on the edges of the picture."""
    down, across = gains.shape
    steps = 1 / max(down - 1, 1), 1 / max(across - 1, 1)
    head = struct.pack(">2I4dI", down, across, *steps, 0.0, 0.0, 1)
    return opcode(9, spec + head + gains.astype(">f4").tobytes())


def random_values(*shape: int) -> NDArray[np.float32]:
    return np.random.default_rng(0).random(shape, np.float32)


CASES: dict[str, tuple[bytes, Callable[[int, int, float], float]]] = {
    "rows scaled": (
        opcode(12, area(2, 1, 8, 6, (2, 1)) + struct.pack(">I3f", 3, 2, 3, 4)),
        lambda y, x, v: v * (y // 2 + 1) if y in (2, 4, 6) and 1 <= x < 6 else v,
    ),
    "columns raised": (
        opcode(11, area(0, 1, 9, 6) + struct.pack(">I5f", 5, *range(5))),
        lambda y, x, v: v + x - 1 if y < 9 and 1 <= x < 6 else v,
    ),
    "a polynomial": (
        opcode(8, area(1) + struct.pack(">I3d", 2, 0.1, 0.2, 0.5)),
        lambda y, x, v: 0.1 + 0.2 * v + 0.5 * v * v if y >= 1 else v,
    ),
    "a table": (
        opcode(7, area(right=4) + struct.pack(">I3H", 3, 0, 65535, 13107)),
        lambda y, x, v: 0.2 if x < 4 else v,
    ),
    "vignetting": (
        opcode(3, struct.pack(">7d", 0.5, 0.25, 0, 0, 0, 0.5, 0.5)),
        lambda y, x, v: v * (1 + 0.5 * (r := radius(y, x)) + 0.25 * r * r),
    ),
}


def radius(y: int, x: int) -> float:
    """The squared distance of a pixel of 10 x 8 from the center, 1 in the corners."""
    return ((y - 4.5) ** 2 + (x - 3.5) ** 2) / (4.5**2 + 3.5**2)


@pytest.mark.parametrize("name", CASES)
@pytest.mark.parametrize("channels", [1, 3])
def test_each_opcode_does_what_the_specification_says(name: str, channels: int) -> None:
    block, wanted = CASES[name]
    values = random_values(10, 8, channels)
    found = values.copy()
    assert correct_linear(found, read_opcodes(listed(block))) == []
    for y, x, plane in np.ndindex(*values.shape):
        assert found[y, x, plane] == pytest.approx(wanted(y, x, values[y, x, plane]), abs=1e-4)


def test_lens_shading_of_four_colors_is_taken_away(tmp_path: Path) -> None:
    rows, columns = np.mgrid[0:40, 0:60]
    flat = sensor(np.full((40, 60, 3), np.float32(0.6)), "rggb").astype(float) - BLACK
    maps, shaded = [], np.zeros_like(flat)
    for number, (y, x) in enumerate(np.ndindex(2, 2)):
        corners = 1 + np.array([[0.0, 1.0], [2.0, 0.5]]) / (number + 1)
        part_y, part_x = ((rows + 0.5) / 40)[y::2, x::2], ((columns + 0.5) / 60)[y::2, x::2]
        gain = (corners[0, 0] * (1 - part_x) + corners[0, 1] * part_x) * (1 - part_y)
        gain += (corners[1, 0] * (1 - part_x) + corners[1, 1] * part_x) * part_y
        shaded[y::2, x::2] = flat[y::2, x::2] / gain
        spec = struct.pack(">8I", y, x, 40, 60, 0, 1, 2, 2)
        maps.append(gain_map(corners, spec))
    samples = np.rint(shaded + BLACK).astype(np.uint16)
    write_dng(tmp_path / "a.dng", samples, opcodes=tag(51009, *maps))
    page = restorer.read_page(tmp_path / "a.dng")
    assert isinstance(page, Mosaic)
    assert not page.notes
    assert np.abs(page.samples[..., 0] - flat / (WHITE - BLACK)).max() < 3e-4


@pytest.mark.parametrize("number", [3, 9])
def test_factors_of_the_colors_are_applied_to_their_samples(number: int) -> None:
    values = np.full((12, 16, 1), np.float32(0.3))
    colors = np.repeat(values, 3, axis=2)
    if number == 3:
        block = opcode(3, struct.pack(">7d", 0.5, 0, 0, 0, 0, 0.4, 0.6))
    else:
        head = struct.pack(">2I4dI", 2, 2, 1, 1, 0, 0, 3)
        gains = np.arange(1, 13, dtype=">f4").tobytes()
        block = opcode(9, area(1, 1, 11, 15) + head + gains)
    assert not correct_linear(colors, read_opcodes(listed(block)))
    assert not correct_mosaic(values, "gbrg", read_opcodes(listed(block)))
    for y, x in np.ndindex(12, 16):
        plane = "rgb".index("gbrg"[2 * (y % 2) + x % 2])
        assert values[y, x, 0] == pytest.approx(colors[y, x, plane], rel=1e-5)


@pytest.mark.parametrize("kind", ["list", "constant"])
def test_bad_pixels_are_filled_from_their_color(tmp_path: Path, kind: str) -> None:
    flat = sensor(np.full((30, 34, 3), np.float32(0.4)), "bggr")
    broken = flat.copy()
    for y, x in ((5, 7), (5, 9), (0, 0)):
        broken[y, x] = 9999
    if kind == "list":
        broken[12:15, 20:27] = 9999
        data = struct.pack(">3I6I4I", 0, 3, 1, 5, 7, 5, 9, 0, 0, 12, 20, 15, 27)
        block = opcode(5, data)
    else:
        block = opcode(4, struct.pack(">2I", 9999, 0))
    for path, samples, opcodes in (("a.dng", broken, block), ("b.dng", flat, None)):
        extra = {"opcodes": tag(51008, opcodes)} if opcodes else {}
        inner = {"active": (50829, 4, 4, (0, 0, 30, 34))}
        write_dng(tmp_path / path, samples, "bggr", **extra, **inner)
    found, wanted = (restorer.read_page(tmp_path / name) for name in ("a.dng", "b.dng"))
    assert isinstance(found, Mosaic)
    assert isinstance(wanted, Mosaic)
    assert np.abs(found.samples - wanted.samples).max() < 1e-5


@pytest.mark.parametrize("code", LISTS)
def test_a_picture_is_trimmed(tmp_path: Path, code: int) -> None:
    samples = np.random.default_rng(0).integers(BLACK, WHITE, (20, 24)).astype(np.uint16)
    block = opcode(6, struct.pack(">4I", 3, 4, 17, 23))
    write_dng(tmp_path / "a.dng", samples, opcodes=tag(code, block))
    header, page = restorer.probe(tmp_path / "a.dng"), restorer.read_page(tmp_path / "a.dng")
    assert isinstance(page, Mosaic)
    assert (header.height, header.width) == (page.height, page.width) == (14, 19)
    wanted = (samples[3:17, 4:23].astype(np.float32) - BLACK) / (WHITE - BLACK)
    assert np.abs(page.samples[..., 0] - wanted).max() < 1e-5
    assert page.pattern == "gbrg"


def test_a_picture_of_another_sensor_is_trimmed_too(tmp_path: Path) -> None:
    block = opcode(6, struct.pack(">4I", 3, 4, 47, 53))
    samples = sensor(np.full((60, 68, 3), np.float32(0.4)), "rggb")
    write_dng(tmp_path / "a.dng", samples, opcodes=tag(51009, block), dim=None, colors=None)
    header, page = restorer.probe(tmp_path / "a.dng"), restorer.read_page(tmp_path / "a.dng")
    assert isinstance(page, Image)
    assert (header.height, header.width) == page.pixels.shape[:2] == (44, 49)


WARP = opcode(1, struct.pack(">I6d2d", 1, 1, 0, 0, 0, 0, 0, 0.5, 0.5))


@pytest.mark.parametrize(
    ("code", "block", "said"),
    [
        (51022, listed(WARP), "WarpRectilinear (lens distortion)"),
        (51022, listed(opcode(8, area() + struct.pack(">I2d", 1, 0, 1))), "MapPolynomial (curve)"),
        (51008, listed(opcode(12, area() + struct.pack(">I", 0))), "ScalePerRow (rows)"),
        (51009, listed(opcode(77, b"", flags=1)), "opcode 77"),
        (51009, listed(opcode(3, CASES["vignetting"][0][16:], version=b"\2\0\0\0")), "FixVignette"),
        (51009, listed(opcode(3, bytes(9))), "a damaged FixVignetteRadial"),
        (51009, listed(opcode(9, area() + bytes(44))), "a damaged GainMap"),
        (51009, bytes(4)[:3], "a damaged list"),
        (51009, struct.pack(">I", 2**31), "a damaged list"),
    ],
)
def test_what_is_not_applied_is_named(tmp_path: Path, code: int, block: bytes, said: str) -> None:
    samples = sensor(np.full((20, 20, 3), np.float32(0.4)), "rggb")
    write_dng(tmp_path / "a.dng", samples, opcodes=(code, 7, len(block), block))
    page = restorer.read_page(tmp_path / "a.dng")
    assert any(note.startswith("not applied: ") and said in note for note in page.notes), page.notes
    write_dng(tmp_path / "b.dng", samples)
    plain = restorer.read_page(tmp_path / "b.dng")
    assert isinstance(page, Mosaic)
    assert isinstance(plain, Mosaic)
    assert np.array_equal(page.samples, plain.samples)


def test_colors_that_the_maker_interpolated_are_corrected(tmp_path: Path) -> None:
    pixels = np.full((20, 24, 3), 8000, np.uint16)
    kind: dict[str, Any] = {"photometric": 34892, "dim": None, "colors": None}
    half = opcode(12, area(0, 0, 20, 24) + struct.pack(">I20f", 20, *[0.5] * 20))
    write_dng(tmp_path / "a.dng", pixels, opcodes=tag(51022, half), **kind)
    write_dng(tmp_path / "b.dng", (pixels - BLACK) // 2 + BLACK, **kind)
    found, wanted = (restorer.read_page(tmp_path / name) for name in ("a.dng", "b.dng"))
    assert isinstance(found, Image)
    assert isinstance(wanted, Image)
    assert np.abs(found.to_float() - wanted.to_float()).max() < 1e-3


def test_applied_factors_are_not_carried_into_another_mosaic() -> None:
    block = listed(WARP, CASES["vignetting"][0], gain_map(np.ones((2, 2)), area()))
    assert left_of_mosaic(block) == listed(WARP)
    assert left_of_mosaic(listed(CASES["vignetting"][0])) == b""


@settings(max_examples=150, deadline=None)
@given(
    number=st.integers(0, 14),
    data=st.binary(max_size=120),
    start=st.sampled_from([b"", area(), area(2, 3, 9, 7, (2, 2))]),
)
def test_damaged_opcodes_are_named_or_applied(number: int, data: bytes, start: bytes) -> None:
    block = Opcode(number, (1, 3, 0, 0), start + data)
    for shape in ((10, 8, 1), (10, 8, 3)):
        with np.errstate(all="ignore"):
            correct_linear(random_values(*shape), [block])
    correct_mosaic(random_values(10, 8, 1), "rggb", [block])
    try:
        read_opcodes(data)
    except ValueError:
        return
