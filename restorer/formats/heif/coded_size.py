"""The size of the pictures that AV1 and HEVC decoders make of some data, whatever the file says."""

from __future__ import annotations

from collections.abc import Iterator

from restorer.errors import ImageFormatError
from restorer.formats.boxes import Cursor

_HEADER_BYTES = 512  # the size is in the first hundred, but for 32 operating points
_AV1_SEQUENCE, _HEVC_SEQUENCE = 1, 33


class _Bits:
    """The bits of a header, high ones first; zeros behind the end."""

    def __init__(self, data: bytes) -> None:
        data = data[:_HEADER_BYTES]
        self._value, self._left = int.from_bytes(data, "big"), 8 * len(data)

    def number(self, count: int) -> int:
        self._left -= count
        shifted = self._value >> self._left if self._left >= 0 else self._value << -self._left
        return shifted & ((1 << count) - 1)

    def exponential(self) -> int:
        """Return a number of the Exp-Golomb code, ue(v) of HEVC and uvlc of AV1."""
        zeros = 0
        while zeros < 32 and not self.number(1):
            zeros += 1
        return (1 << zeros) - 1 + self.number(zeros)


def av1_pixels(data: bytes) -> int:
    """Return the most pixels that a sequence header in the data of an item allows.

    Raises ImageFormatError where there is none.
    """
    sizes = [_av1_size(_Bits(body)) for body in _av1_sequences(data)]
    if not sizes:
        raise ImageFormatError("the coded picture has no header")
    return max(height * width for height, width in sizes)


def hevc_pixels(configuration: bytes, data: bytes) -> int:
    """Return the most pixels that a parameter set allows, in the property `hvcC` or the data.

    Raises ImageFormatError where there is none.
    """
    units = [*_configured_units(configuration), *_units(configuration, data)]
    sizes = [_hevc_size(unit) for unit in units if unit and unit[0] >> 1 & 63 == _HEVC_SEQUENCE]
    if not sizes:
        raise ImageFormatError("the coded picture has no header")
    return max(height * width for height, width in sizes)


def _av1_sequences(data: bytes) -> Iterator[bytes]:
    """Yield the content of the sequence headers."""
    cursor = Cursor(data)
    while cursor.at < len(data):
        head = cursor.number(1)
        cursor.number(head >> 2 & 1)  # the extension
        size = len(data) - cursor.at
        if head & 2:
            size, shift, more = 0, 0, True
            while more and shift < 56:
                part = cursor.number(1)
                size, shift, more = size | (part & 127) << shift, shift + 7, part > 127
        body = cursor.take(size)
        if head >> 3 & 15 == _AV1_SEQUENCE:
            yield body


def _av1_size(bits: _Bits) -> tuple[int, int]:
    bits.number(4)  # profile, still picture
    if bits.number(1):  # the reduced header of stills
        bits.number(5)
    else:
        _skip_operating_points(bits)
    wide, high = bits.number(4) + 1, bits.number(4) + 1
    width = bits.number(wide) + 1
    return bits.number(high) + 1, width


def _skip_operating_points(bits: _Bits) -> None:
    delay = 0
    if bits.number(1):  # timing
        bits.number(64)
        if bits.number(1):
            bits.exponential()
        if bits.number(1):  # decoder model
            delay = bits.number(5) + 1
            bits.number(42)
    displayed = bits.number(1)
    for _ in range(bits.number(5) + 1):
        bits.number(12)
        if bits.number(5) > 7:
            bits.number(1)
        if delay and bits.number(1):
            bits.number(2 * delay + 1)
        if displayed and bits.number(1):
            bits.number(4)


def _configured_units(configuration: bytes) -> Iterator[bytes]:
    cursor = Cursor(configuration, 22)
    for _ in range(cursor.number(1)):
        cursor.number(1)
        for _ in range(cursor.number(2)):
            yield cursor.take(cursor.number(2))


def _units(configuration: bytes, data: bytes) -> Iterator[bytes]:
    length, cursor = (configuration[21] & 3) + 1, Cursor(data)
    while cursor.at + length <= len(data):
        yield cursor.take(cursor.number(length))


def _hevc_size(unit: bytes) -> tuple[int, int]:
    bits = _Bits(unit[2:].replace(b"\0\0\3", b"\0\0"))
    bits.number(4)
    layers = bits.number(3)
    bits.number(1 + 96)
    flags = [bits.number(2) for _ in range(layers)]
    bits.number(2 * (8 - layers) if layers else 0)
    for flag in flags:
        bits.number(88 * (flag >> 1) + 8 * (flag & 1))
    bits.exponential()
    if bits.exponential() == 3:
        bits.number(1)
    width = bits.exponential()
    return bits.exponential(), width
