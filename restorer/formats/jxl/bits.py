"""Numbers of JPEG XL headers, low bits first (ISO/IEC 18181-1, annex B)."""

from __future__ import annotations

from restorer.errors import ImageFormatError

Choices = tuple[tuple[int, int], ...]  # bits and offset of each of four

ENUM: Choices = ((0, 0), (0, 1), (4, 2), (6, 18))


class BitReader:
    """The bits of some data. Raises ImageFormatError behind the end.

    Attributes:
        at: The number of bits that were read.
    """

    def __init__(self, data: bytes) -> None:
        self.data, self.at = data, 0

    def number(self, count: int) -> int:
        """Read an unsigned number of at most 56 bits."""
        value = self.peek(count)
        self.at += count
        if self.at > 8 * len(self.data):
            raise ImageFormatError("the JPEG XL is cut short in its header")
        return value

    def peek(self, count: int) -> int:
        """Return a number without moving on; zeros lie behind the end."""
        start = self.at >> 3
        part = int.from_bytes(self.data[start : start + 8], "little")
        return part >> (self.at & 7) & ((1 << count) - 1)

    def flag(self) -> bool:
        """Read a bit."""
        return bool(self.number(1))

    def choice(self, choices: Choices) -> int:
        """Read a number, U32, in one of four ways."""
        bits, offset = choices[self.number(2)]
        return self.number(bits) + offset

    def enum(self) -> int:
        """Read a member of an enumeration."""
        return self.choice(ENUM)

    def long(self) -> int:
        """Read a number of up to 64 bits, U64."""
        kind = self.number(2)
        if kind < 3:
            return (0, 1, 17)[kind] + self.number((0, 4, 8)[kind])
        value, shift = self.number(12), 12
        while self.flag():
            bits = 4 if shift == 60 else 8
            value |= self.number(bits) << shift
            if shift == 60:
                break
            shift += bits
        return value

    def align(self) -> None:
        """Move on to the next byte."""
        self.at = self.at + 7 & ~7


class BitWriter:
    """Bits to become data."""

    def __init__(self) -> None:
        self._value, self._count, self._parts = 0, 0, bytearray()

    def number(self, value: int, count: int) -> None:
        """Write an unsigned number."""
        self._value |= value << self._count
        self._count += count
        whole = self._count >> 3
        self._parts += (self._value & ((1 << 8 * whole) - 1)).to_bytes(whole, "little")
        self._value >>= 8 * whole
        self._count &= 7

    def choice(self, value: int, choices: Choices) -> None:
        """Write a number, U32, in the first way that can hold it."""
        for index, (bits, offset) in enumerate(choices):
            if 0 <= value - offset < 1 << bits:
                self.number(index, 2)
                self.number(value - offset, bits)
                return
        raise ValueError(f"{value} fits none of {choices}")

    def long(self, value: int) -> None:
        """Write a number, U64."""
        for kind, (bits, offset) in enumerate(((0, 0), (4, 1), (8, 17))):
            if 0 <= value - offset < 1 << bits:
                self.number(kind, 2)
                self.number(value - offset, bits)
                return
        self.number(3, 2)
        self.number(value & 0xFFF, 12)
        value >>= 12
        while value:
            self.number(1, 1)
            self.number(value & 0xFF, 8)
            value >>= 8
        self.number(0, 1)

    def copy(self, data: bytes, start: int, stop: int) -> None:
        """Write bits of some data."""
        reader = BitReader(data)
        reader.at = start
        while reader.at < stop:
            count = min(48, stop - reader.at)
            self.number(reader.number(count), count)

    def finish(self) -> bytes:
        """Return the data, filled up with zeros."""
        self.number(0, -self._count % 8)
        return bytes(self._parts)
