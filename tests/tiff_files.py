"""TIFF files of rare layouts."""

import zlib

import numpy as np
import tifffile

from restorer.formats.exif import ifd


def values_of(shape, dtype, seed=0):
    rng = np.random.default_rng(seed)
    if np.issubdtype(dtype, np.floating):
        return rng.normal(0.5, 1, shape).astype(dtype)
    return rng.integers(0, np.iinfo(dtype).max, shape, dtype, endpoint=True)


def stored(path, values, **options):
    tifffile.imwrite(path, values, metadata=None, **options)
    return path


def packed_tiff(levels, bits):
    """Rows of packed samples, which few encoders write."""
    shifts = np.arange(bits - 1, -1, -1)
    rows = np.packbits(
        ((levels[..., None] >> shifts) & 1).reshape(len(levels), -1).astype(np.uint8), axis=1
    )
    layout, height, width = ifd.Layout(), *levels.shape
    tags = {
        256: width,
        257: height,
        258: bits,
        259: 1,
        262: 1,
        273: 200,
        277: 1,
        278: height,
        279: rows.size,
    }
    fields = {tag: ifd.Field(4, 1, layout.pack("I", value)) for tag, value in tags.items()}
    head = b"II*\0" + layout.pack("I", 8) + ifd.serialize(ifd.Directory(fields), layout, 8)
    return head.ljust(200, b"\0") + rows.tobytes()


def ycbcr_tiff(units, size, subsampling, compression, *, rows_per_strip, levels=()):
    """A TIFF of YCbCr data units, (strips, units, bytes), which few encoders write."""
    layout, (height, width) = ifd.Layout(), size
    strips = [strip.tobytes() for strip in units]
    strips = [zlib.compress(strip) for strip in strips] if compression == 8 else strips
    offsets = 400 + np.cumsum([0, *map(len, strips)])[:-1]
    numbers = {256: [width], 257: [height], 258: [8, 8, 8], 259: [compression], 262: [6]}
    numbers |= {277: [3], 278: [rows_per_strip], 279: list(map(len, strips)), 530: subsampling}
    fields = {
        tag: ifd.Field(3, len(found), layout.pack("H" * len(found), *found))
        for tag, found in numbers.items()
    }
    packed = layout.pack("I" * len(offsets), *map(int, offsets))
    fields[273] = ifd.Field(4, len(offsets), packed)
    if levels:
        data = layout.pack("I" * 12, *(n for level in levels for n in (level, 1)))
        fields[532] = ifd.Field(5, 6, data)
    fields = dict(sorted(fields.items()))
    head = b"II*\0" + layout.pack("I", 8) + ifd.serialize(ifd.Directory(fields), layout, 8)
    return head.ljust(400, b"\0") + b"".join(strips)
