"""Read and write the rows of TIFF images that are larger than memory."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import metadata
from restorer.formats.codec import RowsError, decoding, exactly
from restorer.formats.tiff import tiff
from restorer.formats.tiff.checks import check_codes, check_strips
from restorer.formats.tiff.directories import tiff_errors
from restorer.formats.tiff.tiff import TiffOptions, TiffReader
from restorer.image import Image, Pixels

_TILE = 256  # side of written tiles, usual for viewers of large images
_BUFFER_BYTES = 2**25  # the size of the tiles that are compressed in parallel
# The limit for one row of decoded strips or tiles. Reading takes twice as much, which is
# a share of the 2 GiB that streaming may use.
_MAX_ROW_BYTES = 2**28
_UNCOMPRESSED, _PLANAR, _LSB_FIRST = 1, 2, 2


class TiffRows:
    """Rows of an open TIFF file.

    It keeps the strips or tiles that contain the last rows.

    Attributes:
        first: The first row with metadata and notes.
    """

    def __init__(self, reader: TiffReader) -> None:
        self._reader, self._page = reader, reader.page
        check_strips(reader.page, reader.file)
        if reader.is_raw_ycbcr:
            raise RowsError("its YCbCr samples can only be decoded as a whole")
        self._raw = _is_raw(self._page)
        if not self._raw:
            _check_memory(self._page)
        self._height = 1 if self._raw else _segment_size(self._page)[0]
        self._kept: dict[int, Any] = {}
        self.first = reader.image(self._stored(0, 1))

    def read(self, top: int, bottom: int) -> Pixels:
        """Return (bottom - top, W, C) pixels. Raises ImageFormatError where they are damaged."""
        return self._reader.image(self._stored(top, bottom)).pixels

    def _stored(self, top: int, bottom: int) -> Any:
        """Return (bottom - top, W, samples) as stored."""
        height = self._height
        wanted = range(top // height, (bottom - 1) // height + 1)
        # Rows are read from top to bottom, so that those above are not needed again.
        self._kept = {i: rows for i, rows in self._kept.items() if i >= wanted[0]}
        for i in wanted:
            if i not in self._kept:
                self._kept[i] = self._raw_row(i) if self._raw else self._decoded(i)
        parts = [self._kept[i][max(0, top - i * height) : bottom - i * height] for i in wanted]
        return np.concatenate(parts)

    def _decoded(self, number: int) -> Any:
        """Return one row of strips or tiles, (rows, W, samples)."""
        page, (_, side) = self._page, _segment_size(self._page)
        top = number * self._height
        rows, across = min(self._height, page.imagelength - top), -(-page.imagewidth // side)
        values: Any = None
        for plane, column in itertools.product(range(_planes(page)), range(across)):
            index = (plane * _count_down(page) + number) * across + column
            data = self._bytes(page.dataoffsets[index], page.databytecounts[index])
            where = f"rows {top} to {top + rows} are damaged"
            try:
                check_codes(page, data)
                with decoding(*tiff_errors(), OSError):
                    part = page.decode(
                        data, index, jpegtables=page.jpegtables, jpegheader=page.jpegheader
                    )[0][0, :rows, : page.imagewidth - column * side]
            except ImageFormatError as error:
                reason = str(error).removeprefix("damaged: ")
                raise ImageFormatError(f"{where}: {reason}") from error
            if values is None:
                values = np.empty((rows, page.imagewidth, page.samplesperpixel), part.dtype)
            left = column * side
            values[:, left : left + part.shape[1], plane : plane + part.shape[2]] = part
        return values

    def _raw_row(self, row: int) -> Any:
        """Return one uncompressed row, (1, W, samples), of strips of any height."""
        page = self._page
        strip, inside = divmod(row, _segment_size(page)[0])
        planes = []
        for plane in range(_planes(page)):
            index = plane * _count_down(page) + strip
            size = page.imagewidth * page.samplesperpixel // _planes(page) * page.dtype.itemsize
            if (inside + 1) * size > page.databytecounts[index]:
                raise ImageFormatError(f"row {row} is missing: its strip is too short")
            data = self._bytes(page.dataoffsets[index] + inside * size, size)
            values = np.frombuffer(data, page.dtype.newbyteorder(page.parent.byteorder))
            planes.append(values.astype(page.dtype).reshape(1, page.imagewidth, -1))
        return np.concatenate(planes, axis=2)

    def _bytes(self, at: int, size: int) -> bytes:
        self._reader.file.seek(at)
        return exactly(self._reader.file, size)


def write_rows(
    bands: Iterator[Image], size: tuple[int, int], file: BinaryIO, options: TiffOptions
) -> None:
    """Write a tiled TIFF, with predictor; a BigTIFF where the size asks for it. See `RowWriter`."""
    file.seek(0)
    file.truncate()
    first = next(bands)
    channels, dtype = first.pixels.shape[2], first.pixels.dtype
    shape = size if channels == 1 else (*size, channels)
    tiff.write(
        _tiles(band.pixels for band in itertools.chain([first], bands)),
        file,
        metadata.with_size(first.metadata, *size)[0],
        channels,
        math.prod(shape) * dtype.itemsize,
        options,
        shape=shape,
        dtype=dtype,
        tile=(_TILE, _TILE),
        buffersize=_BUFFER_BYTES,
    )


def _tiles(bands: Iterator[Pixels]) -> Iterator[Pixels]:
    """Cut bands of any height into whole tiles in reading order; the border is repeated."""
    held: Any = None
    for band in bands:
        held = band if held is None else np.concatenate([held, band])
        while len(held) >= _TILE:
            yield from _across(held[:_TILE])
            held = held[_TILE:]
    if len(held):
        yield from _across(held)


def _across(rows: Any) -> Iterator[Pixels]:
    for left in range(0, rows.shape[1], _TILE):
        tile = rows[:, left : left + _TILE]
        missing = [(0, _TILE - tile.shape[0]), (0, _TILE - tile.shape[1]), (0, 0)]
        whole = np.pad(tile, missing, mode="edge")
        yield whole if whole.shape[2] > 1 else whole[..., 0]


def _check_memory(page: Any) -> None:
    """Raise RowsError if few rows cannot be decoded without many others."""
    height, width = _segment_size(page)
    columns = -(-page.imagewidth // width) * width
    size = height * columns * page.samplesperpixel * page.dtype.itemsize
    if size > _MAX_ROW_BYTES:
        kind = "tiles" if page.is_tiled else "strips"
        raise RowsError(
            f"its compressed {kind} are {height} rows high, {size / 2**20:.0f} MiB that can only be"
            " decoded at once"
        )


def _is_raw(page: Any) -> bool:
    """Whether the rows are stored one after another as plain samples."""
    plain = page.compression == _UNCOMPRESSED and page.predictor == 1 and not page.is_tiled
    return plain and page.bitspersample in (8, 16) and page.fillorder != _LSB_FIRST


def _segment_size(page: Any) -> tuple[int, int]:
    """Return rows and columns of a strip or tile."""
    if page.is_tiled:
        return int(page.tilelength), int(page.tilewidth)
    return int(min(page.rowsperstrip, page.imagelength)), int(page.imagewidth)


def _planes(page: Any) -> int:
    """Return the number of separate planes."""
    planes: int = page.samplesperpixel if page.planarconfig == _PLANAR else 1
    return planes


def _count_down(page: Any) -> int:
    """Return the number of strips or rows of tiles."""
    rows, _ = _segment_size(page)
    return -(-int(page.imagelength) // rows)
