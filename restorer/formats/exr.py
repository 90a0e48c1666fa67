"""OpenEXR: linear gray and RGB of 16 or 32-bit floats, through the project's own library.

The picture is the display window. Of several parts or layers it is the first that has colors.
Alpha is premultiplied in the file and straight in images.
"""

from __future__ import annotations

import io
import json
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats.codec import Header, WriterOptions, decoding, not_kept, others
from restorer.formats.color.matrix import (
    LINEAR_CURVE,
    SRGB_CHROMATICITIES,
    chromaticities_of,
    matrix_profile,
)
from restorer.formats.samples import finite
from restorer.image import Image, Metadata
from restorer.settings.kinds import Choice
from restorer.settings.options import option

BLOCK = "OpenEXR"  # texts and numbers of the header, as JSON
_MOST_BYTES = 1 << 32  # of all channels, which the library decodes at once
_MOST_OVERSCAN = 16  # times the display window
_MOST_HALF = 65504.0
# Attributes that say how the picture is stored, or that others fields of an image hold.
_LAYOUT = frozenset(
    {
        *("channels", "compression", "dataWindow", "displayWindow", "lineOrder", "tiles", "type"),
        *("pixelAspectRatio", "screenWindowCenter", "screenWindowWidth", "chromaticities"),
        *("xDensity", "comments", "xmp", "name", "view", "version", "chunkCount", "preview"),
        *("maxSamplesPerPixel", "dwaCompressionLevel", "zipCompressionLevel", "multiView"),
    }
)
_LOCK = threading.Lock()
# What the library raises for damaged files.
_ERRORS = (RuntimeError, ValueError, TypeError, IndexError, KeyError, OverflowError)


@dataclass(frozen=True)
class ExrOptions(WriterOptions):
    """How OpenEXR files are written.

    Attributes:
        compression: All kinds are lossless.
        samples: ``auto`` takes 16-bit floats where they hold all values exactly.
    """

    compression: str = option(
        "zip", Choice(dict.fromkeys(("zip", "zips", "piz", "rle", "none"), "")), "Compression."
    )
    samples: str = option(
        "auto", Choice(dict.fromkeys(("auto", "half", "float"), "")), "Type of samples."
    )


class ExrReader:
    """An OpenEXR file."""

    def __init__(self, file: BinaryIO) -> None:
        import OpenEXR

        self._data = file
        with decoding(*_ERRORS), _quiet():
            parts = OpenEXR.File(_at_start(file), header_only=True).parts
            headers = [part.header for part in parts]
            sizes = [_window(header, "dataWindow") for header in headers]
            names = [[channel.name for channel in header["channels"]] for header in headers]
        _check(headers, sizes)
        self._parts = len(parts)
        self._part, self._names = _chosen(names)
        header = headers[self._part]
        self._window, self._shown = sizes[self._part], _window(header, "displayWindow")
        self._shape = self._shown[2] - self._shown[0] + 1, self._shown[3] - self._shown[1] + 1
        self.header = Header("OpenEXR", *self._shape, len(self._names), 32)
        profile, unread = _profile(header.get("chromaticities"))
        self.metadata, lost = _metadata(header, profile)
        unread += lost
        unused = len(names[self._part]) - len(self._names)
        unread += [*others(len(parts) - 1, "part"), *others(unused, "channel")]
        if _outside(self._window, self._shown):
            unread.append("overscan (pixels outside the display window)")
        self.notes = not_kept(unread)

    def decode(self) -> Image:
        """Decode the channels of the picture; NaN and infinity are replaced with a note."""
        import OpenEXR

        with decoding(*_ERRORS), _quiet():
            parts = OpenEXR.File(_at_start(self._data), separate_channels=True).parts
            if len(parts) != self._parts:  # damaged ones are left out with a warning
                raise ValueError("a part cannot be decoded")
            channels = parts[self._part].channels
            planes = [np.asarray(channels[name].pixels) for name in self._names]
            values = np.stack(planes, axis=2, dtype=np.float32, casting="same_kind")
        top, left, bottom, right = self._window
        if values.shape[:2] != (bottom - top + 1, right - left + 1):
            raise ImageFormatError("damaged: the pixels do not fit the data window")
        notes: tuple[str, ...] = ()
        if len(self._names) in (2, 4):
            values, notes = _straight(values)
        pixels, more = finite(values)
        notes = (*notes, *more)
        pixels, more = _placed(pixels, self._window, self._shown)
        notes = (*self.notes, *notes, *more)
        return Image(pixels, self.metadata, notes, transfer="linear")


def encode(image: Image, file: BinaryIO, options: ExrOptions) -> tuple[str, ...]:
    """Write linear gray or RGB with premultiplied alpha, in one part."""
    import OpenEXR

    pixels, metadata = image.pixels, image.metadata
    if image.has_alpha:
        pixels = np.concatenate([pixels[..., :-1] * pixels[..., -1:], pixels[..., -1:]], axis=2)
    half = options.samples == "half" or (options.samples == "auto" and _fits_half(pixels))
    notes: tuple[str, ...] = ()
    if half:
        beyond = float((np.abs(pixels) > _MOST_HALF).mean())
        notes = (f"{100 * beyond:.2g} % of the values were clipped to 65,504",) * (beyond > 0)
        pixels = np.clip(pixels, -_MOST_HALF, _MOST_HALF).astype(np.float16)  # type: ignore[assignment]  # half
    letters = {1: "Y", 2: "YA", 3: "RGB", 4: "RGBA"}[pixels.shape[2]]
    channels = {
        letter: np.ascontiguousarray(pixels[..., number]) for number, letter in enumerate(letters)
    }
    kinds = {
        name: getattr(OpenEXR, f"{name.upper()}_COMPRESSION")
        for name in ("zip", "zips", "piz", "rle")
    }
    header: dict[str, Any] = {
        **json.loads(metadata.blocks.get(BLOCK, b"{}")),
        "compression": kinds.get(options.compression, OpenEXR.NO_COMPRESSION),
        "type": OpenEXR.scanlineimage,
    }
    if metadata.icc:
        white, *primaries = np.reshape(chromaticities_of(metadata.icc), (4, 2)).tolist()
        header["chromaticities"] = tuple(np.ravel([*primaries, white]).tolist())
    if metadata.dpi:
        header["xDensity"] = float(metadata.dpi[0])
        header["pixelAspectRatio"] = float(metadata.dpi[0] / metadata.dpi[1])
    if metadata.xmp:
        header["xmp"] = metadata.xmp.decode("utf-8", "replace")
    if comment := metadata.blocks.get("comment"):
        try:
            header["comments"] = comment.decode()
        except ValueError:
            notes += not_kept(["comment"])
    whole = io.BytesIO()
    OpenEXR.File(header, channels).write(whole)
    file.write(whole.getbuffer())
    return notes


def _fits_half(pixels: Any) -> bool:
    """Whether 16-bit floats hold all values exactly."""
    with np.errstate(over="ignore"):
        return bool((pixels.astype(np.float16) == pixels).all())


class _Muted:
    """Standard output of all threads but one."""

    def __init__(self, stream: Any, thread: int) -> None:
        self._stream, self._thread = stream, thread

    def write(self, text: str) -> int:
        """Write the text of other threads."""
        muted = threading.get_ident() == self._thread
        return len(text) if muted else int(self._stream.write(text))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._stream, name)


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep warnings of the library from standard output, where front ends print results."""
    with _LOCK:
        before = sys.stdout
        sys.stdout = _Muted(before, threading.get_ident())
        try:
            yield
        finally:
            sys.stdout = before


def _at_start(file: BinaryIO) -> BinaryIO:
    file.seek(0)
    return file


def _check(headers: list[Any], windows: list[tuple[int, int, int, int]]) -> None:
    """Refuse parts that would not fit into memory, and kinds that are not known."""
    total = 0
    for header, (top, left, bottom, right) in zip(headers, windows, strict=True):
        if str(header.get("type", "")).rpartition(".")[2].startswith("deep"):
            raise ImageFormatError("deep OpenEXR pictures are not supported; flatten it first")
        if any(each.xSampling != 1 or each.ySampling != 1 for each in header["channels"]):
            raise ImageFormatError(
                "OpenEXR files with subsampled channels are not supported; save it as RGB"
            )
        pixels = (bottom - top + 1) * (right - left + 1)
        shown = _window(header, "displayWindow")
        if pixels > _MOST_OVERSCAN * (shown[2] - shown[0] + 1) * (shown[3] - shown[1] + 1):
            raise ImageFormatError("the data window is far larger than the display window")
        total += pixels * len(header["channels"]) * 4
    if total > _MOST_BYTES:
        raise ImageFormatError(
            f"the OpenEXR has {total / 1e9:,.0f} GB of channels; save only the color channels"
        )


def _window(header: Any, name: str) -> tuple[int, int, int, int]:
    """Return top, left, bottom and right of a window; the last two are inside."""
    (left, top), (right, bottom) = (corner.tolist() for corner in header[name])
    return top, left, bottom, right


def _chosen(names: list[list[str]]) -> tuple[int, list[str]]:
    """Return the number of the first part with colors, and its channels: colors, then alpha."""
    for suffixes in ("RGB", "Y"):
        for number, present in enumerate(names):
            layers = dict.fromkeys(name.rpartition(".")[0] for name in present)
            for layer in sorted(layers, key=len):
                prefix = f"{layer}." if layer else ""
                colors = [prefix + letter for letter in suffixes]
                if not set(colors) <= set(present):
                    continue
                alpha = [prefix + "A"] if prefix + "A" in present else []
                if suffixes == "Y" and prefix + "RY" in present:
                    raise ImageFormatError(
                        "OpenEXR files with luminance and chroma (Y, RY, BY) are not supported;"
                        " save it as RGB"
                    )
                return number, colors + alpha
    for number, present in enumerate(names):
        if len(present) == 1:
            return number, present
    found = ", ".join(dict.fromkeys(name for part in names for name in part))
    raise ImageFormatError(
        f"the OpenEXR has no channels R, G and B, or Y, but {found[:200] or 'none'}"
    )


def _profile(chromaticities: Any) -> tuple[bytes | None, list[str]]:
    """Return a profile for other primaries than those of sRGB, and what is not understood."""
    if chromaticities is None:
        return None, []
    try:
        figures = np.reshape(np.asarray(chromaticities, np.float64), (4, 2))
        red, green, blue, white = figures.tolist()
        found = (*white, *red, *green, *blue)
        if np.allclose(found, SRGB_CHROMATICITIES, atol=1e-3):
            return None, []
        return matrix_profile("linear RGB", found, LINEAR_CURVE), []
    except (TypeError, ValueError, ArithmeticError, np.linalg.LinAlgError):
        return None, ["chromaticities"]


def _metadata(header: Any, profile: bytes | None) -> tuple[Metadata, list[str]]:
    """Return the metadata in the attributes, and the names of all others."""
    unread, kept = [], {}
    for name, value in header.items():
        if name in _LAYOUT:
            continue
        if isinstance(value, str | int | float) and not isinstance(value, bool):
            kept[name] = value
        else:
            unread.append(f"attribute {name}")
    blocks = {BLOCK: json.dumps(kept).encode()} if kept else {}
    if isinstance(comments := header.get("comments"), str) and comments:
        blocks["comment"] = comments.encode("utf-8", "replace")
    dpi = None
    density, aspect = header.get("xDensity"), header.get("pixelAspectRatio")
    if isinstance(density, float) and isinstance(aspect, float) and density > 0 and aspect > 0:
        dpi = (density, density / aspect)
    packet = header.get("xmp")
    xmp = packet.encode("utf-8", "replace") if isinstance(packet, str) and packet else None
    return Metadata(xmp=xmp, icc=profile, dpi=dpi, blocks=blocks), unread


def _straight(pixels: Any) -> tuple[Any, tuple[str, ...]]:
    """Divide colors by alpha; what glows without alpha becomes black."""
    alpha = pixels[..., -1:]
    glowing = float(((alpha <= 0) & (pixels[..., :-1] != 0).any(2, keepdims=True)).mean())
    colors = np.zeros_like(pixels[..., :-1])
    with np.errstate(over="ignore", invalid="ignore"):  # replaced like other infinite values
        np.divide(pixels[..., :-1], alpha, out=colors, where=alpha > 0)
    note = f"{100 * glowing:.2g} % of the pixels are bright but have no alpha; they became black"
    return np.concatenate([colors, alpha], axis=2), (note,) * bool(glowing)


def _outside(window: tuple[int, ...], shown: tuple[int, ...]) -> bool:
    """Whether pixels lie outside the display window."""
    return (
        window[0] < shown[0] or window[1] < shown[1] or window[2] > shown[2] or window[3] > shown[3]
    )


def _placed(
    pixels: Any, window: tuple[int, int, int, int], shown: tuple[int, int, int, int]
) -> tuple[Any, tuple[str, ...]]:
    """Return the display window of the pixels of a data window."""
    if window == shown:
        return np.ascontiguousarray(pixels), ()
    height, width = shown[2] - shown[0] + 1, shown[3] - shown[1] + 1
    placed = np.zeros((height, width, pixels.shape[2]), np.float32)
    top, left = max(window[0], shown[0]), max(window[1], shown[1])
    bottom, right = min(window[2], shown[2]) + 1, min(window[3], shown[3]) + 1
    if top < bottom and left < right:
        placed[top - shown[0] : bottom - shown[0], left - shown[1] : right - shown[1]] = pixels[
            top - window[0] : bottom - window[0], left - window[1] : right - window[1]
        ]
    covers = (top, left, bottom - 1, right - 1) == shown
    note = "the data window does not cover the display window; the rest became black"
    return placed, () if covers else (note,)
