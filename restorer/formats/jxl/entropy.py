"""The entropy coding of JPEG XL (ISO/IEC 18181-1, annex C), as far as an ICC profile needs it.

Symbols are coded by prefix codes or by ANS, numbers by symbols and bits behind them, repetitions
by LZ77.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from restorer.errors import ImageFormatError
from restorer.formats.jxl.bits import BitReader, Choices

LENGTH_ORDER = (1, 2, 3, 4, 0, 5, 17, 6, 16, 7, 8, 9, 10, 11, 12, 13, 14, 15)  # of prefix codes

_Symbols = Callable[[], int]

_LEAST_SYMBOL: Choices = ((0, 224), (0, 512), (0, 4096), (15, 8))
_LEAST_LENGTH: Choices = ((0, 3), (0, 4), (2, 5), (8, 9))
_PREFIX_LOG, _ANS_LOG = 15, 12  # the longest prefix code, and the sum of the frequencies
_ANS_END = 0x13 << 16  # the state behind the last symbol
# Logarithms of frequencies: number of bits, and the bits.
_LOGARITHMS = {
    **{10: (3, 0), 7: (3, 2), 6: (3, 4), 8: (3, 5), 9: (3, 6), 3: (4, 3), 5: (4, 7), 4: (4, 9)},
    **{1: (4, 11), 2: (4, 15), 0: (5, 17), 12: (7, 1), 11: (6, 33), 13: (7, 65)},
}
_REPEAT = 13  # the logarithm that stands for a repeated frequency
_LENGTH_CODES = {0: (2, 0), 4: (2, 1), 3: (2, 2), 2: (3, 3), 1: (4, 7), 5: (4, 15)}
_DAMAGED = "the codes of the JPEG XL are damaged"


@dataclass(frozen=True)
class _Split:
    """How a symbol and the bits behind it make a number."""

    exponent: int
    high: int
    low: int

    def number(self, symbol: int, bits: BitReader) -> int:
        first = 1 << self.exponent
        if symbol < first:
            return symbol
        inside = self.high + self.low
        count = self.exponent - inside + (symbol - first >> inside)
        if count > 32:
            raise ImageFormatError(_DAMAGED)
        low = symbol & ((1 << self.low) - 1)
        head = symbol >> self.low & ((1 << self.high) - 1) | 1 << self.high
        return (head << count | bits.number(count)) << self.low | low


class Numbers:
    """Coded numbers, each read in a context, on which its code depends."""

    def __init__(self, bits: BitReader, contexts: int) -> None:
        self._bits, self._copied = bits, 0
        self._history: list[int] = []
        self._least = 0
        if bits.flag():
            self._least, self._shortest = bits.choice(_LEAST_SYMBOL), bits.choice(_LEAST_LENGTH)
            contexts += 1
            self._lengths = _split(bits, 8)
        self._map = _context_map(bits, contexts) if contexts > 1 else [0]
        self._ans = not bits.flag()
        log = 5 + bits.number(2) if self._ans else _PREFIX_LOG
        clusters = range(max(self._map) + 1)
        self._splits = [_split(bits, log) for _ in clusters]
        self._state = 0
        self._codes: list[_Symbols]
        if self._ans:
            tables = [_alias_table(_frequencies(bits), log) for _ in clusters]
            self._codes = [self._ans_symbols(table, log) for table in tables]
            self._state = bits.number(16) | bits.number(16) << 16
        else:
            sizes = [_short(bits, 4) + 1 for _ in clusters]
            self._codes = [_prefix_symbols(bits, _prefix_lengths(bits, size)) for size in sizes]

    def read(self, context: int) -> int:
        """Read a number."""
        value = self._repeated() if self._copied else self._fresh(context)
        if self._least:
            self._history.append(value)
        return value

    def finish(self) -> None:
        """Raise ImageFormatError where the codes do not end as they should."""
        if self._ans and self._state != _ANS_END:
            raise ImageFormatError(_DAMAGED)

    def _fresh(self, context: int) -> int:
        cluster = self._map[context]
        symbol = self._codes[cluster]()
        if not self._least or symbol < self._least:
            return self._splits[cluster].number(symbol, self._bits)
        length = self._lengths.number(symbol - self._least, self._bits)
        self._copied = length + self._shortest
        cluster = self._map[-1]
        distance = self._splits[cluster].number(self._codes[cluster](), self._bits) + 1
        self._distance = min(distance, len(self._history))
        return self._repeated()

    def _repeated(self) -> int:
        self._copied -= 1
        return self._history[-self._distance] if self._distance else 0

    def _ans_symbols(self, table: list[tuple[int, int, int, int, int]], log: int) -> _Symbols:
        """Return a function that reads a symbol of an alias table."""
        shift = _ANS_LOG - log

        def read() -> int:
            index = self._state & 0xFFF
            cutoff, other, offset, own, their = table[index >> shift]
            inside = index & ((1 << shift) - 1)
            if inside < cutoff:
                symbol, frequency, offset = index >> shift, own, inside
            else:
                symbol, frequency, offset = other, their, offset + inside
            self._state = frequency * (self._state >> _ANS_LOG) + offset
            if self._state < 1 << 16:
                self._state = self._state << 16 | self._bits.number(16)
            return symbol

        return read


def _split(bits: BitReader, log: int) -> _Split:
    exponent = bits.number(log.bit_length())
    if exponent == log:
        return _Split(exponent, 0, 0)
    high = bits.number(exponent.bit_length())
    if high > exponent:
        raise ImageFormatError(_DAMAGED)
    low = bits.number((exponent - high).bit_length())
    if high + low > exponent:
        raise ImageFormatError(_DAMAGED)
    return _Split(exponent, high, low)


def _short(bits: BitReader, width: int) -> int:
    """Read a number of up to 2 ** width bits."""
    if not bits.flag():
        return 0
    count = bits.number(width)
    return bits.number(count) + (1 << count)


def _context_map(bits: BitReader, contexts: int) -> list[int]:
    """Read which contexts share a code."""
    if bits.flag():
        width = bits.number(2)
        return [bits.number(width) for _ in range(contexts)]
    moved = bits.flag()
    numbers = Numbers(bits, 1)
    found = [numbers.read(0) for _ in range(contexts)]
    numbers.finish()
    if max(found) > 255:
        raise ImageFormatError(_DAMAGED)
    if not moved:
        return found
    order = list(range(256))
    for place, index in enumerate(found):
        order.insert(0, order.pop(index))
        found[place] = order[0]
    return found


def _frequencies(bits: BitReader) -> list[int]:
    """Read how often each symbol of an ANS code comes, of 4096."""
    total = 1 << _ANS_LOG
    if bits.flag():
        symbols = [_short(bits, 3) for _ in range(bits.number(1) + 1)]
        found = [0] * (max(symbols) + 1)
        found[symbols[-1]] = total
        if len(symbols) == 2:
            found[symbols[0]] = bits.number(_ANS_LOG)
            found[symbols[1]] = total - found[symbols[0]]
        return found
    if bits.flag():
        count = _short(bits, 3) + 1
        return [total // count + (index < total % count) for index in range(count)]
    width = 0
    while width < 3 and bits.flag():
        width += 1
    shift = bits.number(width) + (1 << width) - 1
    logarithms, repeats = _logarithms(bits, _short(bits, 3) + 3)
    largest = max(range(len(logarithms)), key=lambda index: (logarithms[index], -index))
    found, repeated = [], 0
    for place, log in enumerate(logarithms):
        if place in repeats:
            repeated = repeats[place]
        if repeated:
            repeated -= 1
            found.append(found[-1] if found else 0)
        elif place == largest or not log:
            found.append(0)
        else:
            count = max(0, min(log - 1, shift - (_ANS_LOG - log + 1 >> 1)))
            found.append((1 << log - 1) + (bits.number(count) << log - 1 - count))
    found[largest] += total - sum(found)
    if found[largest] <= 0:
        raise ImageFormatError(_DAMAGED)
    return found


def _logarithms(bits: BitReader, size: int) -> tuple[list[int], dict[int, int]]:
    """Read logarithms of frequencies, 0 where one is repeated, and where how many are repeated."""
    found: list[int] = []
    repeats: dict[int, int] = {}
    while len(found) < size:
        log = _symbol(bits, _LOGARITHMS)
        if log == _REPEAT:
            repeats[len(found)] = _short(bits, 3) + 4
            found += [0] * repeats[len(found)]
        else:
            found.append(log)
    if len(found) > size or not any(found):
        raise ImageFormatError(_DAMAGED)
    return found, repeats


def _symbol(bits: BitReader, codes: dict[int, tuple[int, int]]) -> int:
    """Read a symbol of a small prefix code."""
    for symbol, (count, code) in codes.items():
        if bits.peek(count) == code:
            bits.number(count)
            return symbol
    raise ImageFormatError(_DAMAGED)


def _alias_table(frequencies: list[int], log: int) -> list[tuple[int, int, int, int, int]]:
    """Return (cutoff, other symbol, its offset, both frequencies) of each symbol."""
    size, entry = 1 << log, 1 << _ANS_LOG - log
    if len(frequencies) > size:
        raise ImageFormatError(_DAMAGED)
    full = frequencies + [0] * (size - len(frequencies))
    if max(full) == 1 << _ANS_LOG:
        symbol = full.index(max(full))
        return [(0, symbol, entry * index, 0, 1 << _ANS_LOG) for index in range(size)]
    cutoffs, others, offsets = full[:], list(range(size)), [0] * size
    over = [index for index, each in enumerate(full) if each > entry]
    under = [index for index, each in enumerate(full) if each < entry]
    while over:
        giver, taker = over[-1], under.pop()
        cutoffs[giver] -= entry - cutoffs[taker]
        others[taker], offsets[taker] = giver, cutoffs[giver]
        if cutoffs[giver] <= entry:
            over.pop()
            if cutoffs[giver] < entry:
                under.append(giver)
    return [
        (
            cutoff if cutoff < entry else 0,
            other,
            offset - cutoff if cutoff < entry else 0,
            own,
            full[other],
        )
        for cutoff, other, offset, own in zip(cutoffs, others, offsets, full, strict=True)
    ]


def _prefix_lengths(bits: BitReader, size: int) -> dict[int, int]:
    """Read the length of the code of each symbol; 0 bits where there is but one."""
    if size == 1:
        return {0: 0}
    kind = bits.number(2)
    if kind == 1:
        return _simple_lengths(bits, size)
    lengths = [0] * 18
    space = 32
    for index in LENGTH_ORDER[kind:]:
        if space > 0:
            lengths[index] = _symbol(bits, _LENGTH_CODES)
            space -= 32 >> lengths[index] if lengths[index] else 0
    used = {index: length for index, length in enumerate(lengths) if length}
    if not used or (len(used) > 1 and space):
        raise ImageFormatError(_DAMAGED)
    return _repeated_lengths(_prefix_symbols(bits, used), bits, size)


def _simple_lengths(bits: BitReader, size: int) -> dict[int, int]:
    width, count = (size - 1).bit_length(), bits.number(2) + 1
    symbols = [bits.number(width) for _ in range(count)]
    if len({*symbols}) < count or max(symbols) >= size:
        raise ImageFormatError(_DAMAGED)
    if count == 4 and bits.flag():
        return dict(zip(symbols, (1, 2, 3, 3), strict=True))
    return dict(zip(symbols, ((0,), (1, 1), (1, 2, 2), (2, 2, 2, 2))[count - 1], strict=True))


def _repeated_lengths(read: _Symbols, bits: BitReader, size: int) -> dict[int, int]:
    found: list[int] = []
    space, before, repeats, repeated = 1 << _PREFIX_LOG, 8, 0, -1
    while len(found) < size and space > 0:
        length, count = read(), 1
        if length < 16:
            repeats, before = 0, length or before
        else:
            length, extra = (before if length == 16 else 0), length - 14
            repeats = repeats if repeated == length else 0
            count, repeated = repeats, length
            repeats = (repeats - 2 << extra if repeats else 0) + bits.number(extra) + 3
            count = repeats - count
        found += [length] * count
        space -= count << _PREFIX_LOG - length if length else 0
    if len(found) > size or space:
        raise ImageFormatError(_DAMAGED)
    return {symbol: length for symbol, length in enumerate(found) if length}


def _prefix_symbols(bits: BitReader, lengths: dict[int, int]) -> _Symbols:
    """Return a function that reads a symbol of a canonical prefix code."""
    if len(lengths) == 1:
        (only,) = lengths
        return lambda: only
    longest = max(lengths.values())
    table, code, last = [(0, 0)] * (1 << longest), 0, 0
    for length, symbol in sorted((length, symbol) for symbol, length in lengths.items()):
        code <<= length - last
        last = length
        first = int(f"{code:0{length}b}"[::-1], 2)
        places = range(first, 1 << longest, 1 << length)
        table[first :: 1 << length] = [(symbol, length)] * len(places)
        code += 1

    def read() -> int:
        symbol, length = table[bits.peek(longest)]
        bits.number(length)
        return symbol

    return read
