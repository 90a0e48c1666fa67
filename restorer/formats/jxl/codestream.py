"""The header of a JPEG XL codestream: read, and written with other colors and another depth."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from restorer.errors import ImageFormatError
from restorer.formats.jxl.bits import ENUM, BitReader, BitWriter, Choices
from restorer.formats.jxl.icc import read_profile, write_profile

SIGNATURE = b"\xff\x0a"
ALPHA, BLACK = 0, 4
EXTRA_NAMES = {1: "depth", 2: "spot color", 3: "selection", 5: "color filter", 6: "thermal"}

_SIZE: Choices = ((9, 1), (13, 1), (18, 1), (30, 1))
_RATIOS = (0, (1, 1), (12, 10), (4, 3), (3, 2), (16, 9), (5, 4), (2, 1))
_PREVIEW_COARSE: Choices = ((0, 16), (0, 32), (5, 1), (9, 33))
_PREVIEW: Choices = ((6, 1), (8, 65), (10, 321), (12, 1345))
_TICKS: tuple[Choices, ...] = (
    ((0, 100), (0, 1000), (10, 1), (30, 1)),
    ((0, 1), (0, 1001), (8, 1), (10, 1)),
    ((0, 0), (3, 0), (16, 0), (32, 0)),
)
_INTEGERS: Choices = ((0, 8), (0, 10), (0, 12), (6, 1))
_FLOATS: Choices = ((0, 32), (0, 16), (0, 24), (6, 1))
_EXTRAS: Choices = ((0, 0), (0, 1), (4, 2), (12, 1))
_SHIFT: Choices = ((0, 0), (0, 3), (0, 4), (3, 1))
_NAME: Choices = ((0, 0), (4, 0), (5, 16), (10, 48))
_FILTER: Choices = ((0, 1), (2, 0), (4, 3), (8, 19))
_POINT: Choices = ((19, 0), (19, 524_288), (20, 1_048_576), (21, 2_097_152))
_WEIGHTS = (15, 55, 210)  # of upsampling by 2, 4 and 8
_GRAY, _XYB = 1, 2
_CUSTOM = 2
_SRGB_CURVE, _LINEAR_CURVE = 13, 8
_WHITES = {1: (0.3127, 0.3290), 10: (1 / 3, 1 / 3), 11: (0.314, 0.351)}
_PRIMARIES = {
    1: (0.64, 0.33, 0.30, 0.60, 0.15, 0.06),
    9: (0.708, 0.292, 0.170, 0.797, 0.131, 0.046),
    11: (0.680, 0.320, 0.265, 0.690, 0.150, 0.060),
}


@dataclass(frozen=True)
class Extra:
    """A channel beside the colors; an alpha may be multiplied into the colors."""

    kind: int
    premultiplied: bool = False


@dataclass(frozen=True)
class Color:
    """The colors of a picture.

    Attributes:
        gray: Whether there is one channel.
        chromaticities: x, y of white, red, green and blue.
        transfer: Code point of the tone curve, as in ITU-T H.273; 0 for `gamma`.
        gamma: Exponent by which linear values are encoded.
        has_profile: Whether a profile is stated in place of these.
    """

    gray: bool = False
    chromaticities: tuple[float, ...] = (*_WHITES[1], *_PRIMARIES[1])
    transfer: int = _SRGB_CURVE
    gamma: float = 0.0
    has_profile: bool = False


@dataclass(frozen=True)
class Codestream:
    """The header of a codestream.

    Attributes:
        data: The codestream, or its first part.
        height: Rows, before the turn.
        width: Columns, before the turn.
        turn: The EXIF orientation in which the picture is shown.
        animated: Whether frames follow.
        bits: Bits of a sample.
        floats: Whether samples are floats.
        extras: The other channels.
        xyb: Whether pixels are coded in the colors of the eye, not in their own.
        color: Their own colors.
        profile: The ICC profile of these, where they have one.
        frames_at: Where the frames begin, in bytes.
    """

    data: bytes
    height: int
    width: int
    turn: int
    animated: bool
    bits: int
    floats: bool
    extras: tuple[Extra, ...]
    xyb: bool
    color: Color
    profile: bytes | None
    frames_at: int
    _defaults_at: int  # the bit that says that all is as usual
    _depth: tuple[int, int]  # bits of the depth of samples
    _color: tuple[int, int]  # bits of the colors
    _end: int  # the end of the header before a profile

    @property
    def alpha(self) -> Extra | None:
        """The alpha channel, if there is one."""
        return next((each for each in self.extras if each.kind == ALPHA), None)

    def with_linear_floats(self, data: bytes) -> bytes:
        """Return the whole codestream with a header that asks for linear sRGB in float32."""
        return self._changed(data, _write_floats, lambda bits: _write_linear(bits, self.color.gray))

    def with_colors(self, data: bytes, depth: int | None, profile: bytes | None) -> bytes:
        """Return the whole codestream with a profile, None for sRGB, and another depth.

        Args:
            data: The codestream.
            depth: Bits of integer samples; None leaves the depth.
            profile: The ICC profile.
        """
        write_depth = None if depth is None else lambda bits: _write_integers(bits, depth)
        gray = self.color.gray
        return self._changed(
            data, write_depth, lambda bits: _write_color(bits, gray, profile), profile
        )

    def _changed(
        self,
        data: bytes,
        write_depth: Callable[[BitWriter], None] | None,
        write_color: Callable[[BitWriter], None],
        profile: bytes | None = None,
    ) -> bytes:
        bits = BitWriter()
        bits.copy(data, 0, self._defaults_at)
        if self._depth == self._color:  # all is as usual
            bits.number(0, 2)  # no longer, and without more fields
            (write_depth or _write_eight)(bits)
            bits.number(1, 1)  # 16 bits hold the samples
            bits.number(0, 2)  # no extra channels
            bits.number(1, 1)  # XYB
            write_color(bits)
            bits.number(0, 2)  # no extensions
            bits.copy(data, self._color[1], self._end)
        else:
            bits.copy(data, self._defaults_at, self._depth[0])
            if write_depth is None:
                bits.copy(data, *self._depth)
            else:
                write_depth(bits)
            bits.copy(data, self._depth[1], self._color[0])
            write_color(bits)
            bits.copy(data, self._color[1], self._end)
        if profile is not None:
            write_profile(bits, profile)
        return bits.finish() + data[self.frames_at :]


def read_codestream(data: bytes) -> Codestream:
    """Read the header. Raises ImageFormatError where it is damaged."""
    bits = BitReader(data)
    if data[:2] != SIGNATURE:
        raise ImageFormatError("the JPEG XL has no codestream")
    bits.at = 16
    height, width = _read_size(bits)
    defaults_at = bits.at
    turn, animated, more = 1, False, False
    depth, xyb, color = (8, False), True, Color()
    extras: tuple[Extra, ...] = ()
    if bits.flag():
        depth_span = color_span = (bits.at, bits.at)
    else:
        if more := bits.flag():
            turn, animated = _read_fields(bits)
        start = bits.at
        depth = _read_depth(bits)
        depth_span = start, bits.at
        bits.flag()
        extras = tuple(_read_extra(bits) for _ in range(bits.choice(_EXTRAS)))
        xyb = bits.flag()
        start = bits.at
        color = _read_color(bits)
        color_span = start, bits.at
        if more and not bits.flag():  # tone mapping
            bits.number(16), bits.number(16), bits.number(1), bits.number(16)
        _skip_extensions(bits)
    _skip_transform(bits, xyb=xyb)
    end = bits.at
    profile = read_profile(bits) if color.has_profile else None
    bits.align()
    return Codestream(
        *(data, height, width, turn, animated, *depth, extras, xyb, color, profile, bits.at // 8),
        *(defaults_at, depth_span, color_span, end),
    )


def _read_size(bits: BitReader) -> tuple[int, int]:
    coarse = bits.flag()

    def side() -> int:
        return 8 * (bits.number(5) + 1) if coarse else bits.choice(_SIZE)

    height = side()
    ratio = _RATIOS[bits.number(3)]
    return height, height * ratio[0] // ratio[1] if isinstance(ratio, tuple) else side()


def _read_fields(bits: BitReader) -> tuple[int, bool]:
    """Return orientation and whether there are frames, and skip what else few pictures have."""
    turn = bits.number(3) + 1
    if bits.flag():  # the size at which it should be shown
        _read_size(bits)
    if bits.flag():  # preview
        sides = _PREVIEW_COARSE if bits.flag() else _PREVIEW
        bits.choice(sides)
        if not bits.number(3):
            bits.choice(sides)
    animated = bits.flag()
    if animated:
        for choices in _TICKS:
            bits.choice(choices)
        bits.flag()
    return turn, animated


def _read_depth(bits: BitReader) -> tuple[int, bool]:
    if not bits.flag():
        return bits.choice(_INTEGERS), False
    depth = bits.choice(_FLOATS)
    bits.number(4)
    return depth, True


def _read_extra(bits: BitReader) -> Extra:
    if bits.flag():
        return Extra(ALPHA)
    kind = bits.enum()
    _read_depth(bits)
    bits.choice(_SHIFT)
    for _ in range(bits.choice(_NAME)):
        bits.number(8)
    premultiplied = bits.flag() if kind == ALPHA else False
    if kind == 2:  # the spot color
        bits.number(32), bits.number(32)
    if kind == 5:
        bits.choice(_FILTER)
    return Extra(kind, premultiplied)


def _read_color(bits: BitReader) -> Color:
    if bits.flag():
        return Color()
    has_profile, space = bits.flag(), bits.enum()
    if has_profile:
        return Color(space == _GRAY, has_profile=True)
    if space not in (0, _GRAY):
        raise ImageFormatError("the JPEG XL uses a color space that is not supported")

    def point() -> tuple[float, float]:
        packed = bits.choice(_POINT), bits.choice(_POINT)
        x, y = (-(each + 1 >> 1) if each & 1 else each >> 1 for each in packed)
        return x / 1e6, y / 1e6

    code = bits.enum()
    white = point() if code == _CUSTOM else _WHITES.get(code)
    primaries: tuple[float, ...] | None = _PRIMARIES[1]
    if space != _GRAY:
        code = bits.enum()
        custom = code == _CUSTOM
        primaries = (*point(), *point(), *point()) if custom else _PRIMARIES.get(code)
    gamma, transfer = 0.0, 0
    if bits.flag():
        gamma = bits.number(24) / 1e7
    else:
        transfer = bits.enum()
    bits.enum()  # rendering intent
    if white is None or primaries is None:
        raise ImageFormatError("the JPEG XL states colors that are not supported")
    return Color(space == _GRAY, (*white, *primaries), transfer, gamma)


def _skip_extensions(bits: BitReader) -> None:
    present = bits.long()
    sizes = [bits.long() for _ in range(bin(present).count("1"))]
    bits.at += sum(sizes)
    bits.number(0)


def _skip_transform(bits: BitReader, *, xyb: bool) -> None:
    """Skip the matrix of XYB and the weights of upsampling, if they are not the usual ones."""
    if bits.flag():
        return
    if xyb and not bits.flag():
        bits.at += 16 * 16
    present = bits.number(3)
    bits.at += sum(16 * count for bit, count in enumerate(_WEIGHTS) if present >> bit & 1)
    bits.number(0)


def _write_floats(bits: BitWriter) -> None:
    bits.number(1, 1)
    bits.choice(32, _FLOATS)
    bits.number(7, 4)  # eight bits of exponent


def _write_integers(bits: BitWriter, depth: int) -> None:
    bits.number(0, 1)
    bits.choice(depth, _INTEGERS)


def _write_eight(bits: BitWriter) -> None:
    _write_integers(bits, 8)


def _write_linear(bits: BitWriter, gray: bool) -> None:
    _write_enums(bits, gray, _LINEAR_CURVE)


def _write_color(bits: BitWriter, gray: bool, profile: bytes | None) -> None:
    if profile is None:
        _write_enums(bits, gray, _SRGB_CURVE)
        return
    bits.number(0b10, 2)  # not as usual, with a profile
    bits.number(int(gray), 2)


def _write_enums(bits: BitWriter, gray: bool, transfer: int) -> None:
    bits.number(0, 2)  # not as usual, without a profile
    bits.choice(int(gray), ENUM)
    bits.choice(1, ENUM)  # white D65
    if not gray:
        bits.choice(1, ENUM)  # primaries of sRGB
    bits.number(0, 1)
    bits.choice(transfer, ENUM)
    bits.choice(1, ENUM)  # relative colorimetric
