"""ICC profiles in JPEG XL (ISO/IEC 18181-1, annex E): predicted bytes and commands, coded.

Profiles are written plainly: their bytes as they are, with codes of eight bits.
"""

from __future__ import annotations

import struct

from restorer.errors import ImageFormatError
from restorer.formats.jxl.bits import BitReader, BitWriter
from restorer.formats.jxl.entropy import LENGTH_ORDER, Numbers

_CONTEXTS = 41
_HEADER = 128
_MOST_BYTES = 2**19  # the largest profiles of RGB have 500 kB, which take seconds here
_TAGS = "cprt wtpt bkpt rXYZ gXYZ bXYZ kXYZ rTRC gTRC bTRC kTRC chad desc chrm dmnd dmdd lumi"
_POINTS = (b"rXYZ", b"gXYZ", b"bXYZ", b"kXYZ", b"wtpt", b"bkpt", b"lumi")
_TYPES = [b"XYZ ", b"desc", b"text", b"mluc", b"para", b"curv", b"sf32", b"gbd "]
_UNKNOWN_TAG, _CURVES, _COLORANTS, _FIRST_TAG = 1, 2, 3, 4
_PLACE, _SIZE = 64, 128  # flags of the commands of tags
_INSERT, _SHUFFLE2, _SHUFFLE4, _PREDICT, _POINT, _FIRST_TYPE = 1, 2, 3, 4, 10, 16
_START = bytes.fromhex("04000000") + b"mntrRGB XYZ " + bytes(12) + b"acsp" + bytes(28)
_START += bytes.fromhex("0000f6d6000100000000d32d")
_VENDORS = {b"A": b"APPL", b"M": b"MSFT", b"SG": b"SGI ", b"SU": b"SUNW"}


def read_profile(bits: BitReader) -> bytes:
    """Read a profile. Raises ImageFormatError where it is damaged."""
    size = bits.long()
    if size > _MOST_BYTES:
        raise ImageFormatError(f"the color profile of the JPEG XL has {size:,} bytes")
    numbers, found = Numbers(bits, _CONTEXTS), bytearray()
    for place in range(size):
        context = 0
        if place > _HEADER:
            context = 1 + _kind(found[-1]) + 8 * _coarse_kind(found[-2])
        number = numbers.read(context)
        if number > 255:
            raise _damaged()
        found.append(number)
    numbers.finish()
    return _Profile(bytes(found)).read()


def write_profile(bits: BitWriter, profile: bytes) -> None:
    """Write a profile."""
    size = len(profile)
    commands = b"\0" + bytes([_INSERT]) + _packed(size - _HEADER) if size > _HEADER else b""
    predicted = bytearray(profile[:_HEADER])
    for place in range(len(predicted)):
        predicted[place] = profile[place] - _predicted(profile, size, place) & 255
    data = _packed(size) + _packed(len(commands)) + commands + predicted + profile[_HEADER:]
    bits.long(len(data))
    bits.number(0, 1)  # no LZ77
    bits.number(0b001, 3)  # all contexts share a code
    bits.number(1, 1)  # prefix codes
    bits.number(15, 4)  # symbols are numbers
    bits.number(1, 1)
    bits.number(7, 4)
    bits.number(127, 7)  # 256 symbols
    bits.number(0, 2)  # lengths of codes follow, coded: all of them are 8
    for length in LENGTH_ORDER:
        bits.number(int(length == 8), 2)
    for byte in data:
        bits.number(_REVERSED[byte], 8)


class _Profile:
    """A profile in the making: commands, and the data that they use."""

    def __init__(self, coded: bytes) -> None:
        self._coded, self._at = coded, 0
        self._size, commands = self._number(), self._number()
        if self._size > _MOST_BYTES:
            raise _damaged()
        self._end = self._at + commands
        self._data = self._end
        self._made = bytearray()

    def read(self) -> bytes:
        """Return the profile."""
        while len(self._made) < min(_HEADER, self._size):
            value = _predicted(self._made, self._size, len(self._made))
            self._made.append(self._take(1)[0] + value & 255)
        if self._size > _HEADER:
            if count := self._number():
                self._made += struct.pack(">I", count - 1 & 0xFFFFFFFF)
                self._read_tags(_HEADER + 12 * (count - 1))
            while self._at < self._end:
                self._obey(self._command())
        if len(self._made) != self._size or self._data != len(self._coded):
            raise _damaged()
        return bytes(self._made)

    def _read_tags(self, place: int) -> None:
        size = 0
        while self._at < self._end and (command := self._command()) & 63:
            code = command & 63
            if code == _UNKNOWN_TAG:
                tag = self._take(4)
            elif code < _FIRST_TAG:
                tag = b"rTRC" if code == _CURVES else b"rXYZ"
            elif code < _FIRST_TAG + len(tags := _TAGS.encode().split()):
                tag = tags[code - _FIRST_TAG]
            else:
                raise _damaged()
            place = self._number() if command & _PLACE else place + size
            size = 20 if tag in _POINTS else size
            size = self._number() if command & _SIZE else size
            rows = [(tag, place)]
            if code == _CURVES:
                rows += [(b"gTRC", place), (b"bTRC", place)]
            elif code == _COLORANTS:
                rows += [(b"gXYZ", place + size), (b"bXYZ", place + 2 * size)]
            for name, start in rows:
                self._make(name + _word(start) + _word(size))

    def _obey(self, command: int) -> None:
        if command == _INSERT:
            self._make(self._take(self._number()))
        elif command in (_SHUFFLE2, _SHUFFLE4):
            width = 2 if command == _SHUFFLE2 else 4
            self._make(_woven(self._take(self._number()), width))
        elif command == _PREDICT:
            self._predict()
        elif command == _POINT:
            self._make(b"XYZ " + bytes(4) + self._take(12))
        elif _FIRST_TYPE <= command < _FIRST_TYPE + len(_TYPES):
            self._make(_TYPES[command - _FIRST_TYPE] + bytes(4))
        else:
            raise _damaged()

    def _predict(self) -> None:
        """Add differences to values that are extrapolated from earlier ones."""
        flags = self._command()
        width, order = (flags & 3) + 1, flags >> 2 & 3
        stride = self._number() if flags & 16 else width
        if width == 3 or order == 3 or stride < width or 4 * stride >= len(self._made):
            raise _damaged()
        differences = _woven(self._take(self._number()), width)
        if len(self._made) + len(differences) > self._size:
            raise _damaged()
        start, made = len(self._made), self._made
        for at in range(0, len(differences), width):
            places = (start + at - stride * back for back in (1, 2, 3))
            one, two, three = (int.from_bytes(made[p : p + width], "big") for p in places)
            value = (one, 2 * one - two, 3 * one - 3 * two + three)[order] % 256**width
            part = zip(value.to_bytes(width, "big"), differences[at : at + width], strict=False)
            made += bytes(a + b & 255 for a, b in part)

    def _make(self, part: bytes) -> None:
        if len(self._made) + len(part) > self._size:
            raise _damaged()
        self._made += part

    def _take(self, count: int) -> bytes:
        part = self._coded[self._data : self._data + count]
        if len(part) < count:
            raise _damaged()
        self._data += count
        return part

    def _command(self) -> int:
        if self._at >= self._end:
            raise _damaged()
        self._at += 1
        return self._coded[self._at - 1]

    def _number(self) -> int:
        """Return a number in groups of seven bits, the low ones first."""
        value, shift = 0, 0
        while self._at < len(self._coded) and shift < 63:
            byte = self._coded[self._at]
            self._at += 1
            value |= (byte & 127) << shift
            if byte < 128:
                return value
            shift += 7
        raise _damaged()


def _packed(value: int) -> bytes:
    """Return a number in groups of seven bits, the low ones first."""
    parts = []
    while value > 127:
        parts.append(value & 127 | 128)
        value >>= 7
    return bytes([*parts, value])


def _predicted(made: bytes | bytearray, size: int, place: int) -> int:
    """Return the byte that the header of a profile usually has at a place."""
    if place < 4:
        return _word(size)[place]
    vendor = bytes(made[40:place])
    if 41 <= place < 44 and vendor[:2] in _VENDORS and place > 41:
        return _VENDORS[vendor[:2]][place - 40]
    if 41 <= place < 44 and vendor[:1] in _VENDORS:
        return _VENDORS[vendor[:1]][place - 40]
    if 80 <= place < 84:
        return made[place - 76]
    return _START[place - 8] if 8 <= place < 8 + len(_START) else 0


def _woven(data: bytes, width: int) -> bytes:
    """Return ``AaBbCcDd`` for ``ABCDabcd`` and a width of 2."""
    height = -(-len(data) // width)
    rows = [data[at : at + height] for at in range(0, len(data), height or 1)]
    return b"".join(bytes(row[at] for row in rows if at < len(row)) for at in range(height))


def _word(value: int) -> bytes:
    if value >= 2**32:
        raise _damaged()
    return value.to_bytes(4, "big")


def _kind(byte: int) -> int:
    """Return the kind of the byte before."""
    if byte in b".," or 48 <= byte < 58:
        return 1
    if 65 <= byte < 91 or 97 <= byte < 123:
        return 0
    if byte < 16:
        return {0: 2, 1: 3}.get(byte, 4)
    return 6 if byte == 255 else 5 if byte > 240 else 7


def _coarse_kind(byte: int) -> int:
    """Return the kind of the byte before that one."""
    kind = _kind(byte)
    return kind if kind < 2 else {2: 2, 3: 2, 4: 2, 5: 3, 6: 3}.get(kind, 4)


def _damaged() -> ImageFormatError:
    return ImageFormatError("the color profile of the JPEG XL is damaged")


_REVERSED = [int(f"{byte:08b}"[::-1], 2) for byte in range(256)]
