"""Check LZW strips of TIFF before they are decoded.

On a code that is not in its table yet, imagecodecs 2026.3.6 reads out of bounds and takes the
process with it (seen); libtiff prints to the terminal. Neither happens to strips that pass here.
"""

from __future__ import annotations

import numpy as np

from restorer.errors import ImageFormatError

_CLEAR, _END = 256, 257
_EMPTY_TABLES = 1000  # tables cleared unused, before the strip is taken for an attack

# For the k-th code behind a clear: the table's size, hence the bits of the code (they grow one
# code early, TIFF 6.0 section 13), where it ends, and the largest code that can be known.
_TABLE = np.maximum(257 + np.arange(3839), 258)
_WIDTHS = 9 + (np.searchsorted([511, 1023, 2047], _TABLE, side="right"))
_ENDS = np.cumsum(_WIDTHS)
_LARGEST = np.where(np.arange(3839) == 0, 255, _TABLE).astype(np.uint32)
_MASKS = ((1 << _WIDTHS) - 1).astype(np.uint32)
# For each of the eight bits that a table can start at: the code's first byte and its shift.
_BYTES = [(bit + _ENDS - _WIDTHS) >> 3 for bit in range(8)]
_SHIFTS = [(24 - ((bit + _ENDS - _WIDTHS) & 7) - _WIDTHS).astype(np.uint32) for bit in range(8)]


def check(data: bytes | bytearray) -> None:
    """Raise ImageFormatError unless every code is in the table when it comes."""
    padded = np.frombuffer(bytes(data) + bytes(4), np.uint8).astype(np.uint32)
    words = padded[:-2] << 16 | padded[1:-1] << 8 | padded[2:]  # 24 bits from each byte on
    at, empty = 0, 0
    while at < len(data) * 8:
        count = int(np.searchsorted(_ENDS, len(data) * 8 - at, side="right"))
        first, bit = divmod(at, 8)
        codes = words[first:][_BYTES[bit][:count]] >> _SHIFTS[bit][:count] & _MASKS[:count]
        marks = np.flatnonzero((codes & 0xFFFE) == _CLEAR)  # or _END, the next number
        used = int(marks[0]) if len(marks) else count
        empty += used == 0
        if (codes[:used] > _LARGEST[:used]).any() or used == len(_TABLE) or empty > _EMPTY_TABLES:
            raise ImageFormatError("the LZW data of the TIFF are damaged")
        if used == count or codes[used] == _END:
            return
        at += int(_ENDS[used])
