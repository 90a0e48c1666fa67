"""Animated PNG, WebP and GIF: frames, times and loops."""

from __future__ import annotations

import contextlib
import io
import struct
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays
from PIL import Image as PilImage

import restorer
from restorer import Frame, Image, Metadata
from restorer.errors import ImageDataError, ImageError, ImageFormatError
from restorer.formats.animation import Animation, Part
from restorer.formats.codec import Header
from restorer.formats.gif.blocks import read_blocks
from restorer.formats.png.chunks import pack_chunk

from helpers import make_photograph

SUFFIXES = (".png", ".webp", ".gif")
KINDS = {
    ".png": [(np.uint8, c) for c in (1, 2, 3, 4)] + [(np.uint16, c) for c in (1, 2, 3, 4)],
    ".webp": [(np.uint8, 3), (np.uint8, 4)],
    ".gif": [(np.uint8, c) for c in (1, 2, 3, 4)],
}


@st.composite
def animations(draw: st.DrawFn) -> tuple[str, list[Image]]:
    suffix = draw(st.sampled_from(SUFFIXES))
    dtype, channels = draw(st.sampled_from(KINDS[suffix]))
    shape = (draw(st.integers(1, 6)), draw(st.integers(1, 6)), channels)
    loops = draw(st.integers(0, 9))
    unit = {".png": st.sampled_from((1000 / 30, 1000 / 24, 0.0, 1.0, 3e6))}
    times = unit.get(suffix, st.integers(0, 300).map(lambda count: 10.0 * count))
    frames = []
    for _ in range(draw(st.integers(2, 4))):
        pixels: Any = draw(arrays.arrays(dtype, shape))
        if channels in (2, 4):
            if suffix == ".gif":
                pixels[..., -1] = np.where(pixels[..., -1] > 99, 255, 0)
            pixels[pixels[..., -1] == 0] = 0  # GIF and lossy programs keep no hidden colors
        frames.append(Image(pixels, Metadata(frame=Frame(draw(times), loops))))
    return suffix, frames


@given(animations())
def test_any_frames_survive_with_their_times(
    tmp_path_factory: pytest.TempPathFactory, made: tuple[str, list[Image]]
) -> None:
    suffix, frames = made
    path = tmp_path_factory.mktemp("animation") / f"a{suffix}"
    options = restorer.writer_options(path, lossless=True)
    assert restorer.write_pages(iter(frames), path, options) == ()
    back = list(restorer.read_pages(path))
    assert restorer.probe(path).pages == len(back) == len(frames)
    for frame, found in zip(frames, back, strict=True):
        assert frame.metadata.frame is not None
        assert found.metadata.frame is not None
        assert found.metadata.frame.delay_ms == pytest.approx(frame.metadata.frame.delay_ms)
        assert found.metadata.frame.loops == frame.metadata.frame.loops
        assert_same(found.pixels, frame.pixels)
    first = restorer.read(path)
    assert first.metadata.frame is None
    more = len(frames) - 1
    assert first.notes == (f"not kept: {more} other frame{'s' if more > 1 else ''}",)


def assert_same(found: Any, expected: Any) -> None:
    """Compare pixels as colors with alpha."""
    assert found.dtype == expected.dtype
    first, second = (as_rgba(each) for each in (found, expected))
    np.testing.assert_array_equal(first, second)


def as_rgba(pixels: Any) -> Any:
    white = np.full_like(pixels[..., :1], np.iinfo(pixels.dtype).max)
    alpha = pixels[..., -1:] if pixels.shape[2] in (2, 4) else white
    color = pixels[..., :1] if pixels.shape[2] <= 2 else pixels[..., :3]
    return np.concatenate([np.broadcast_to(color, (*alpha.shape[:2], 3)), alpha], axis=2)


@given(
    st.lists(
        st.tuples(
            st.integers(0, 3),
            st.integers(0, 3),
            st.integers(1, 4),
            st.integers(1, 4),
            st.sampled_from(("keep", "clear", "restore")),
            st.booleans(),
            st.integers(0, 2**32 - 1),
        ),
        min_size=1,
        max_size=5,
    ),
    st.randoms(use_true_random=False),
)
def test_frames_build_on_each_other_as_their_disposal_says(rows: list[Any], random: Any) -> None:
    header = Header("Any", 5, 6, 4)
    parts, pixels = [], []
    for top, left, height, width, disposal, over, seed in rows:
        height, width = min(height, 5 - top), min(width, 6 - left)
        parts.append(Part(top, left, height, width, 10.0, disposal, over))
        rng = np.random.default_rng(seed)
        own = rng.integers(0, 256, (height, width, 4)).astype(np.uint8)
        own[..., 3] = rng.choice((0, 255), (height, width))
        pixels.append(own)
    canvas, expected = np.zeros((5, 6, 4), np.uint8), []
    for part, own in zip(parts, pixels, strict=True):
        before = canvas.copy()
        for y, x in np.ndindex(part.height, part.width):
            if not part.over or own[y, x, 3]:
                canvas[part.top + y, part.left + x] = own[y, x]
        expected.append(canvas.copy())
        if part.disposal == "restore":
            canvas = before
        if part.disposal == "clear":
            canvas[part.top : part.top + part.height, part.left : part.left + part.width] = 0
    animation = Animation(header, parts, 0, pixels.__getitem__)
    order = [*range(len(parts)), *(random.randrange(len(parts)) for _ in range(3))]
    for number in order:
        np.testing.assert_array_equal(animation.pixels(number), expected[number])


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_the_frames_of_another_program_are_those_that_it_shows(tmp_path: Path, suffix: str) -> None:
    still = (make_photograph(16, 20) // 64 * 64).astype(np.uint8)
    frames = []
    for number in range(4):
        moved = still.copy()
        moved[3:9, 2 * number : 2 * number + 6] = (192, 64 * number, 0)
        frames.append(PilImage.fromarray(moved))
    options: dict[str, Any] = {"lossless": True} if suffix == ".webp" else {}
    path = tmp_path / f"a{suffix}"
    frames[0].save(
        path, save_all=True, append_images=frames[1:], duration=[30, 40, 50, 60], loop=0, **options
    )
    found = list(restorer.read_pages(path))
    for frame, expected in zip(found, frames, strict=True):
        assert_same(frame.pixels, np.asarray(expected))
    times = [frame.metadata.frame for frame in found]
    assert times == [Frame(delay, 0) for delay in (30, 40, 50, 60)]


def test_a_single_frame_becomes_a_still(tmp_path: Path) -> None:
    image = Image(make_photograph(8, 9), Metadata(frame=Frame(50)))
    for suffix in SUFFIXES:
        restorer.write_pages([image], tmp_path / f"a{suffix}")
        restorer.write(image, tmp_path / f"b{suffix}")
        one, other = ((tmp_path / f"{name}{suffix}").read_bytes() for name in "ab")
        assert one == other


def test_frames_must_fit_together(tmp_path: Path) -> None:
    first, gray = Image(make_photograph(8, 9)), Image(make_photograph(8, 9)[..., :1].copy())
    for suffix in SUFFIXES:
        path = tmp_path / f"a{suffix}"
        with pytest.raises(ImageDataError, match="no frames"):
            restorer.write_pages([], path)
        with pytest.raises(ImageDataError, match="frame 2: 9 x 7 pixels, the first has 9 x 8"):
            restorer.write_pages([first, Image(make_photograph(7, 9))], path)
        assert not path.exists()
    restorer.write_pages([first, gray], tmp_path / "a.png")
    np.testing.assert_array_equal(
        [*restorer.read_pages(tmp_path / "a.png")][1].pixels, gray.pixels.repeat(3, 2)
    )
    with pytest.raises(ImageDataError, match="frame 2: has colors, unlike the first"):
        restorer.write_pages([gray, first], tmp_path / "a.png")


def test_a_gif_does_not_flicker_where_nothing_moves(tmp_path: Path) -> None:
    rng, still = np.random.default_rng(2), make_photograph(48, 64)
    frames = []
    for number in range(4):
        moved = np.clip(still + rng.integers(-1, 2, still.shape), 0, 255).astype(np.uint8)
        moved[4:20, 10 * number : 10 * number + 16] = rng.integers(0, 256, (16, 16, 3))
        frames.append(Image(moved))
    (note,) = restorer.write_pages(frames, tmp_path / "a.gif")
    assert note.startswith("GIF holds 256 colors per frame")
    found = [page.pixels.astype(int) for page in restorer.read_pages(tmp_path / "a.gif")]
    for before, after, frame in zip(found, found[1:], frames[1:], strict=False):
        assert (before[24:] == after[24:]).all(axis=2).mean() > 0.98
        assert np.abs(after - frame.pixels).mean() < 8
    again = tmp_path / "b.gif"
    restorer.write_pages(frames, again)
    assert again.read_bytes() == (tmp_path / "a.gif").read_bytes()


def test_what_a_gif_says_beside_its_pixels_is_kept(tmp_path: Path) -> None:
    profile = restorer.find_profile("display-p3")
    kept = Metadata(xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", icc=profile)
    kept = Metadata(xmp=kept.xmp, icc=kept.icc, blocks={"comment": b"a" * 300})
    assert restorer.write(Image(make_photograph(8, 9) // 64 * 64, kept), tmp_path / "a.gif") == ()
    assert restorer.read(tmp_path / "a.gif").metadata == kept


def apng(claim: int, *, left: int = 0, frames: int = 2) -> bytes:
    """Return an APNG of 2 x 2 that claims `claim` frames, the last of them `left` of its place."""
    data = zlib.compress(bytes(2 * (1 + 2)))
    parts = [
        b"\x89PNG\r\n\x1a\n",
        pack_chunk(b"IHDR", struct.pack(">IIBBBBB", 2, 2, 8, 0, 0, 0, 0)),
    ]
    parts.append(pack_chunk(b"acTL", struct.pack(">II", claim, 0)))
    for number in range(frames):
        at = left if number == frames - 1 else 0
        parts.append(pack_chunk(b"fcTL", struct.pack(">5I2H2B", 0, 2, 2, at, 0, 0, 0, 0, 0)))
        parts.append(pack_chunk(b"fdAT", bytes(4) + data) if number else pack_chunk(b"IDAT", data))
    return b"".join([*parts, pack_chunk(b"IEND", b"")])


def test_claims_of_a_file_take_no_time_and_no_memory(tmp_path: Path) -> None:
    path = tmp_path / "a.png"
    path.write_bytes(apng(2**31))
    note = "the file claims 2,147,483,648 frames, but holds 2"
    assert restorer.read(path).notes == ("not kept: 1 other frame", note)
    assert [page.metadata.frame for page in restorer.read_pages(path)] == [Frame(0, 0)] * 2
    path.write_bytes(apng(2, left=1))
    with pytest.raises(ImageFormatError, match="frame 2: is outside the picture"):
        restorer.probe(path)
    path.write_bytes(apng(100_001, frames=100_001))
    with pytest.raises(ImageFormatError, match="more than 100,000 frames"):
        restorer.probe(path)
    path = tmp_path / "a.gif"
    head = b"GIF89a" + struct.pack("<HHBBB", 65_535, 65_535, 0, 0, 0)
    frame = b"," + struct.pack("<HHHHB", 0, 0, 1, 1, 0) + b"\2\2\x44\1\0"
    path.write_bytes(head + frame + b";")
    with pytest.raises(restorer.errors.ImageTooLargeError, match="above the budget"):
        restorer.read(path)
    for body, words in (
        (frame.replace(struct.pack("<HH", 1, 1), struct.pack("<HH", 65_535, 65_535)), "outside"),
        (b";", "no picture"),
        (frame, "cut short"),
        (b"x", "an unknown marker"),
    ):
        path.write_bytes(b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0, 0, 0) + body)
        with pytest.raises(ImageFormatError, match=words):
            restorer.probe(path)


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_a_damaged_frame_ends_an_animation(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    rng = np.random.default_rng(0)
    frames = [Image(rng.integers(0, 256, (40, 40, 3)).astype(np.uint8)) for _ in range(3)]
    restorer.write_pages(frames, path, restorer.writer_options(path, lossless=True))
    data = bytearray(path.read_bytes())
    at = data.rindex(b"VP8L") if suffix == ".webp" else len(data) * 5 // 6
    data[at : at + 400] = bytes(400)
    path.write_bytes(data)
    left_out: list[int] = []
    with pytest.raises(ImageError, match=r"frame 3|cut short|an unknown marker"):
        list(restorer.read_pages(path, on_damage=lambda n, _: left_out.append(n)))
    assert not left_out


@given(
    st.sampled_from(SUFFIXES),
    st.booleans(),
    st.lists(st.tuples(st.integers(0, 999), st.integers(0, 255)), min_size=1, max_size=6),
)
def test_damaged_bytes_give_frames_or_an_image_error(
    tmp_path_factory: pytest.TempPathFactory,
    suffix: str,
    other: bool,
    flips: list[tuple[int, int]],
) -> None:
    path = tmp_path_factory.mktemp("damage") / f"a{suffix}"
    frames = [make_photograph(9, 11) // 64 * 64 for _ in range(3)]
    if other:
        first, *more = map(PilImage.fromarray, frames)
        first.save(path, save_all=True, append_images=more, duration=40)
    else:
        restorer.write_pages(map(Image, frames), path)
    data = bytearray(path.read_bytes())
    for at, value in flips:
        data[at % len(data)] = value
    path.write_bytes(data)
    with contextlib.suppress(ImageError):
        for _ in restorer.read_pages(path, max_pixels=10**6):
            pass


def test_a_picture_before_an_animation_is_no_frame_of_it(tmp_path: Path) -> None:
    frames = [PilImage.new("L", (6, 5), level) for level in (200, 100, 0)]
    path = tmp_path / "a.png"
    frames[0].save(path, save_all=True, append_images=frames[1:], default_image=True)
    assert [page.pixels[0, 0, 0] for page in restorer.read_pages(path)] == [100, 0]
    assert "not kept: the picture before the animation" in restorer.read(path).notes


def test_blocks_of_a_gif_are_walked_in_bounded_time() -> None:
    file = io.BytesIO(b"GIF89a" + struct.pack("<HHBBB", 9, 9, 0, 0, 0) + b"!\xfe" + b"\xff" * 9)
    with pytest.raises(ImageFormatError, match="cut short"):
        read_blocks(file)
