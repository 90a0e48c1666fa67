"""The table of file formats: who reads and writes each, and what a file of it can hold.

Another format is a module and a row. Modules are imported when a file needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Set
from pathlib import Path
from typing import Any, BinaryIO, Literal

from restorer.errors import ImageFormatError
from restorer.formats.format import Format
from restorer.formats.kinds import START_BYTES, find_kind

FORMATS: dict[str, Format] = {
    "jpeg": Format(
        "JPEG",
        (".jpg", ".jpeg", ".jpe", ".jfif"),
        signature=rb"\xff\xd8\xff",
        certainty=1,
        reader="restorer.formats.jpeg.jpeg:JpegReader",
        writer="restorer.formats.jpeg.jpeg:encode",
        options="restorer.formats.jpeg.jpeg:JpegOptions",
        carries=(
            *("exif", "xmp", "icc", "dpi", "comment", "IPTC", "Photoshop"),
            *("extended XMP", "gain map", "thumbnail"),
        ),
        max_side=65_500,  # of libjpeg; the standard ends at 65,535
        least_share=0.01,
        usual_share=0.2,
    ),
    "png": Format(
        "PNG",
        (".png", ".apng"),
        signature=rb"\x89PNG\r\n\x1a\n",
        certainty=1,
        reader="restorer.formats.png.png:PngReader",
        writer="restorer.formats.png.png:encode",
        page_writer="restorer.formats.png.apng:write_pages",
        options="restorer.formats.png.png:PngOptions",
        pages="frame",
        bits=(8, 16),
        channels=(1, 2, 3, 4),
        carries=(
            *("exif", "xmp", "icc", "dpi", "comment", "IPTC", "Photoshop"),
            *("text", "thumbnail", "frame"),
        ),
        max_side=1_000_000,  # libpng reads no more unless told to
    ),
    "webp": Format(
        "WebP",
        (".webp",),
        signature=rb"RIFF.{4}WEBP",
        certainty=1,
        reader="restorer.formats.webp:WebPReader",
        writer="restorer.formats.webp:encode",
        page_writer="restorer.formats.webp:write_pages",
        options="restorer.formats.webp:WebPOptions",
        pages="frame",
        channels=(3, 4),
        carries=("exif", "xmp", "icc", "thumbnail", "frame"),
        max_side=16_383,
        least_share=0.01,
        usual_share=0.15,
    ),
    "avif": Format(
        "AVIF",
        (".avif",),
        signature=rb".{4}ftyp",
        sniff="restorer.formats.heif.avif:sniff",
        reader="restorer.formats.heif.avif:AvifReader",
        writer="restorer.formats.heif.avif:encode",
        options="restorer.formats.heif.avif:AvifOptions",
        bits=(8, 16),
        channels=(1, 2, 3, 4),
        carries=("exif", "xmp", "icc", "thumbnail"),
        max_side=32_768,  # libavif reads no more unless told to, here and below
        max_bytes=2**30,
        least_share=0.005,
        usual_share=0.15,
    ),
    "jxl": Format(
        "JPEG XL",
        (".jxl",),
        signature=rb"\xff\x0a|\0\0\0\x0cJXL \r\n\x87\n",
        reader="restorer.formats.jxl.jpegxl:JxlReader",
        writer="restorer.formats.jxl.jpegxl:encode",
        options="restorer.formats.jxl.jpegxl:JxlOptions",
        bits=(8, 16, 32),
        channels=(1, 2, 3, 4),
        carries=("exif", "xmp", "icc", "thumbnail"),
        max_side=2**30,
        least_share=0.005,
        usual_share=0.2,
    ),
    "heic": Format(
        "HEIC",
        (".heic", ".heif", ".hif"),
        signature=rb".{4}ftyp(?:hei[cxms]|hev[cxms]|mif1|msf1)",
        reader="restorer.formats.heif.heic:HeicReader",
        extra="heif",
        module="pi_heif",
    ),
    "gif": Format(
        "GIF",
        (".gif",),
        signature=rb"GIF8[79]a",
        certainty=1,
        reader="restorer.formats.gif.gif:GifReader",
        writer="restorer.formats.gif.writer:encode",
        page_writer="restorer.formats.gif.writer:write_pages",
        pages="frame",
        channels=(1, 2, 3, 4),
        carries=("xmp", "icc", "comment", "frame"),
        max_side=65_535,
        least_share=0.01,
        usual_share=0.3,
    ),
    "bmp": Format(
        "BMP",
        (".bmp", ".dib"),
        signature=rb"BM.{12}[\x0c\x28\x34\x38\x40\x6c\x7c]\0\0\0",
        certainty=1,
        reader="restorer.formats.bmp:BmpReader",
        writer="restorer.formats.bmp:encode",
        carries=("dpi",),
        max_bytes=2**32 - 2**16,
        least_share=1.0,
        usual_share=1.0,
    ),
    "tiff": Format(
        "TIFF",
        (".tif", ".tiff"),
        signature=rb"(?:II[*+]\0|MM\0[*+])",
        certainty=1,
        reader="restorer.formats.tiff.tiff:TiffReader",
        writer="restorer.formats.tiff.tiff:encode",
        row_reader="restorer.formats.tiff.bands:TiffRows",
        row_writer="restorer.formats.tiff.bands:write_rows",
        page_writer="restorer.formats.tiff.pages:write_pages",
        options="restorer.formats.tiff.tiff:TiffOptions",
        pages="page",
        bits=(8, 16, 32),
        channels=(1, 2, 3, 4),
        carries=("exif", "xmp", "icc", "dpi", "IPTC", "Photoshop", "GeoTIFF", "axes of the stack"),
    ),
    "pnm": Format(
        "PNM",
        (".ppm", ".pgm", ".pbm", ".pnm"),
        signature=rb"P[1-6][\s#]",
        reader="restorer.formats.netpbm:NetpbmReader",
        writer="restorer.formats.netpbm:encode",
        pages="page",
        bits=(8, 16),
        carries=("comment",),
        least_share=1.0,
        usual_share=1.0,
    ),
    "pam": Format(
        "PAM",
        (".pam",),
        signature=rb"P7\n",
        reader="restorer.formats.netpbm:NetpbmReader",
        writer="restorer.formats.netpbm:encode_pam",
        pages="page",
        bits=(8, 16),
        channels=(1, 2, 3, 4),
        carries=("comment",),
        least_share=1.0,
        usual_share=1.0,
    ),
    "pfm": Format(
        "PFM",
        (".pfm",),
        signature=rb"P[Ff]\s",
        reader="restorer.formats.netpbm:PfmReader",
        writer="restorer.formats.netpbm:encode_floats",
        bits=(32,),
        carries=(),
        linear=True,
        least_share=1.0,
        usual_share=1.0,
    ),
    "qoi": Format(
        "QOI",
        (".qoi",),
        signature=rb"qoif",
        reader="restorer.formats.qoi:QoiReader",
        writer="restorer.formats.qoi:encode",
        channels=(3, 4),
        carries=(),
        least_share=0.1,
    ),
    "exr": Format(
        "OpenEXR",
        (".exr",),
        signature=rb"v/1\x01",
        reader="restorer.formats.exr:ExrReader",
        writer="restorer.formats.exr:encode",
        options="restorer.formats.exr:ExrOptions",
        extra="exr",
        module="OpenEXR",
        bits=(32,),
        channels=(1, 2, 3, 4),
        carries=("xmp", "icc", "dpi", "comment", "OpenEXR"),
        linear=True,
        least_share=0.1,
    ),
    "hdr": Format(
        "Radiance HDR",
        (".hdr", ".rgbe", ".pic"),
        signature=rb"#\?(?:RADIANCE|RGBE)\s",
        reader="restorer.formats.radiance:RadianceReader",
        writer="restorer.formats.radiance:encode",
        bits=(32,),
        channels=(3,),
        carries=("icc", "Radiance"),
        linear=True,
        least_share=0.3,
        usual_share=0.34,
    ),
    "tga": Format(
        "TGA",
        (".tga", ".icb", ".vda", ".vst"),
        sniff="restorer.formats.tga:sniff",
        reader="restorer.formats.tga:TgaReader",
    ),
    "psd": Format(
        "PSD",
        (".psd", ".psb"),
        signature=rb"8BPS\0[\x01\x02]",
        reader="restorer.formats.psd:PsdReader",
    ),
    "dng": Format(
        "DNG",
        (".dng",),
        sniff="restorer.formats.raw.sniff:sniff",
        writer="restorer.formats.raw.writer:encode",
        mosaic_writer="restorer.formats.raw.mosaic_writer:encode_mosaic",
        options="restorer.formats.raw.writer:DngOptions",
        bits=(16,),
        channels=(3,),
        carries=("exif", "xmp", "dpi", "IPTC", "Photoshop", "camera color"),
        max_bytes=2**32 - 2**26,
        least_share=0.3,
    ),
    "raw": Format(
        "camera RAW",
        (
            *(".dng", ".3fr", ".arw", ".cr2", ".cr3", ".crw", ".dcr", ".erf", ".fff", ".iiq"),
            *(".k25", ".kdc", ".mef", ".mos", ".mrw", ".nef", ".nrw", ".orf", ".pef", ".raf"),
            *(".rw2", ".rwl", ".sr2", ".srf", ".srw", ".x3f"),
        ),
        sniff="restorer.formats.raw.sniff:sniff",
        reader="restorer.formats.raw.reader:RawReader",
        sidecars=True,
        extra="raw",
        module="rawpy",
    ),
}


# Usual suffixes of samples without a header, which are read where the user tells their size.
HEADERLESS = (".raw", ".bin", ".bayer")


class _Suffixes(Set[str]):
    """The suffixes of all formats that have one kind of code; it follows the table."""

    def __init__(self, code: Literal["reader", "writer"]) -> None:
        self._code = code

    def __contains__(self, suffix: object) -> bool:
        return any(suffix in format.suffixes for format in self._formats())

    def __iter__(self) -> Iterator[str]:
        return (suffix for format in self._formats() for suffix in format.suffixes)

    def __len__(self) -> int:
        return sum(len(format.suffixes) for format in self._formats())

    @classmethod
    def _from_iterable(cls, it: Iterable[Any]) -> frozenset[Any]:
        return frozenset(it)

    def _formats(self) -> Iterator[Format]:
        return (format for format in FORMATS.values() if getattr(format, self._code))


READABLE: Set[str] = _Suffixes("reader")
WRITABLE: Set[str] = _Suffixes("writer")


def recognize(file: BinaryIO, path: Path) -> Format:
    """Return the format of a file by its content. Raises ImageFormatError for all others."""
    start = file.read(START_BYTES)
    file.seek(0)
    if not start:
        raise ImageFormatError("the file is empty")
    suffix = path.suffix.lower()
    readable = [format for format in FORMATS.values() if format.reader]
    scores = [format.score(file, start) for format in readable]
    best = max(scores, default=0)
    if best <= 1 and (kind := find_kind(start)):
        raise ImageFormatError(kind.refusal(suffix if suffix in READABLE else ""))
    if best:
        return readable[scores.index(best)]
    what = f"no valid {suffix} file" if suffix in READABLE else "this format is not supported"
    raise ImageFormatError(f"{what}; supported are {_usual_suffixes(readable)}")


def writable_format(path: Path) -> Format:
    """Return the format of the path's suffix. Raises ImageFormatError where there is none."""
    writable = [format for format in FORMATS.values() if format.writer]
    for format in writable:
        if path.suffix.lower() in format.suffixes:
            return format
    found = f"suffix {path.suffix!r}" if path.suffix else "name without a suffix"
    raise ImageFormatError(f"{path}: {found}; expected one of {_usual_suffixes(writable)}")


def format_names(formats: Iterable[Format]) -> str:
    """Return the names of formats as alternatives: ``PNG or TIFF``."""
    return " or ".join(format.name for format in formats)


def _usual_suffixes(formats: Iterable[Format]) -> str:
    return ", ".join(format.suffixes[0] for format in formats)
