"""What a DNG file says of its samples and colors, in the tags that LibRaw does not pass on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cached_property
from itertools import islice
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageFormatError
from restorer.formats.codec import decoding
from restorer.formats.raw.area import Area
from restorer.formats.raw.carried_tags import carried_tags
from restorer.formats.raw.opcodes import DAMAGED, Opcode, read_opcodes, trimmed
from restorer.formats.raw.sniff import DNG_VERSION, SENSOR
from restorer.formats.tiff.directories import tiff_errors
from restorer.sensor.bayer import PATTERNS
from restorer.sensor.mosaic import Calibration, RawTag
from restorer.sensor.noise import SensorNoise

_MAIN = (0, 16)  # NewSubfileType of the picture and of an enhanced one
_MOST_PAGES = 16
_OPCODES = (51008, 51009, 51022)  # of the samples, of linear samples, of linear colors
_MOST_STOPS = 5.0
_MOST_NOISE = 0.5
_JPEG, _SHOWN = 7, (2, 6)  # compression; photometric interpretations RGB and YCbCr
_MOST_PREVIEW_BYTES = 1 << 26

COLOR_MATRIX, CAMERA_CALIBRATION, ILLUMINANT, FORWARD_MATRIX = 50721, 50723, 50778, 50964
ANALOG_BALANCE, AS_SHOT_NEUTRAL, AS_SHOT_XY, BASELINE_EXPOSURE = 50727, 50728, 50729, 50730
BLACK_REPEAT, BLACK, BLACK_H, BLACK_V, WHITE = 50713, 50714, 50715, 50716, 50717
ACTIVE_AREA, CROP_ORIGIN, CROP_SIZE, LINEARIZATION = 50829, 50719, 50720, 50712
TONE_CURVE, NOISE_PROFILE = 50940, 51041
CFA_DIM, CFA_PATTERN, CFA_PLANES, CFA_LAYOUT = 33421, 33422, 50710, 50711
ROW_INTERLEAVE, COLUMN_INTERLEAVE = 50975, 52547


class Dng:
    """The pages and tags of a DNG file.

    Attributes:
        first: The first page of tifffile, with the tags of the whole file.
        page: The page of the samples.
    """

    def __init__(self, first: Any, page: Any, pages: list[Any]) -> None:
        self.first, self.page, self._pages = first, page, pages

    @classmethod
    def of(cls, file: BinaryIO) -> Dng | None:
        """Return the tags of a file; None for a RAW file that is no DNG."""
        import tifffile

        try:
            pages: list[Any] = list(islice(tifffile.TiffFile(file).pages, _MOST_PAGES))
            if not pages or DNG_VERSION not in pages[0].tags:
                return None
            every = list(_all(pages))
            found = [page for page in every if page.photometric in SENSOR]
            main = [page for page in found if int(page.subfiletype) in _MAIN] or found
        except tiff_errors():
            return None
        if not main:
            raise ImageFormatError("the DNG contains no sensor samples")
        sound = [page for page in main if _is_sound(page)]
        if not sound:
            raise ImageFormatError("the tags of the DNG are damaged")
        largest = max(sound, key=lambda page: page.imagelength * page.imagewidth)
        return cls(pages[0], largest, every)

    def numbers(self, tag: int, count: int = 0) -> NDArray[np.float64] | None:
        """Return the numbers of a tag; None where it is absent, damaged or of another length."""
        found = self.page.tags.get(tag) or self.first.tags.get(tag)
        if found is None:
            return None
        try:
            values = np.asarray(found.value, np.float64).ravel()
        except (TypeError, ValueError):
            return None
        if int(found.dtype) in (5, 10):  # rationals
            with np.errstate(all="ignore"):
                values = values[0::2] / values[1::2]
        if not len(values) or not np.isfinite(values).all() or (count and len(values) != count):
            return None
        return values

    @property
    def calibrations(self) -> list[Calibration]:
        """Return the one or two calibrations with a usable color matrix."""
        found = []
        for number in (0, 1):
            color = self.numbers(COLOR_MATRIX + number, 9)
            if color is None or abs(np.linalg.det(color.reshape(3, 3))) < 1e-9:
                continue
            forward = self.numbers(FORWARD_MATRIX + number, 9)
            camera = self.numbers(CAMERA_CALIBRATION + number, 9) if self._calibrated else None
            light = self.numbers(ILLUMINANT + number, 1)
            found.append(
                Calibration(
                    color.reshape(3, 3),
                    np.eye(3) if camera is None else camera.reshape(3, 3),
                    None if forward is None or not forward.any() else forward.reshape(3, 3),
                    0 if light is None else int(light[0]),
                )
            )
        return found

    @property
    def samples(self) -> int:
        """Number of the samples that are decoded, those beside the picture included."""
        return int(self.page.imagelength * self.page.imagewidth)

    @cached_property
    def active(self) -> Area:
        """The part of the sensor that saw light."""
        whole = Area(0, 0, self.page.imagelength, self.page.imagewidth)
        found = self.numbers(ACTIVE_AREA, 4)
        if found is None:
            return whole
        top, left, bottom, right = map(int, found)
        area = Area(top, left, bottom - top, right - left)
        return area if whole.holds(area) else whole

    @property
    def crop(self) -> Area:
        """The picture, relative to `active`."""
        samples, linear, colors = self.opcodes
        active = trimmed(samples, self.active)
        top, left = active.top - self.active.top, active.left - self.active.left
        inner = trimmed(linear + colors, Area(top, left, active.height, active.width))
        found = self._stated_crop
        return found.overlap(inner) or found

    @property
    def _stated_crop(self) -> Area:
        whole = Area(0, 0, self.active.height, self.active.width)
        origin, size = self.numbers(CROP_ORIGIN, 2), self.numbers(CROP_SIZE, 2)
        if origin is None or size is None:
            return whole
        area = Area(int(origin[1]), int(origin[0]), int(size[1]), int(size[0]))
        return area if whole.holds(area) else whole

    @cached_property
    def opcodes(self) -> tuple[list[Opcode], list[Opcode], list[Opcode]]:
        """The corrections of the samples, of linear samples, and of linear colors."""
        samples, linear, colors = (self._opcodes(tag) for tag in _OPCODES)
        return samples, linear, colors

    def _opcodes(self, tag: int) -> list[Opcode]:
        found = self.page.tags.get(tag)
        if found is None:
            return []
        try:
            return read_opcodes(bytes(found.value))
        except (TypeError, ValueError):
            return [DAMAGED]

    @property
    def pattern(self) -> str:
        """Colors of the first two rows of `active`; empty where the sensor is no Bayer one."""
        dims, colors = self.numbers(CFA_DIM, 2), self.page.tags.get(CFA_PATTERN)
        if colors is None or dims is None or tuple(dims) != (2, 2) or self.is_staggered:
            return ""
        stated = self.page.tags.get(CFA_PLANES)
        planes = bytes((0, 1, 2)) if stated is None else bytes(stated.value)[:3]
        text = "".join("rgb"[planes.index(n)] if n in planes else "?" for n in bytes(colors.value))
        return text if text in PATTERNS else ""

    @property
    def is_staggered(self) -> bool:
        """Whether the rows or columns of the sensor do not lie in a grid."""
        found = self.numbers(CFA_LAYOUT, 1)
        return found is not None and found[0] != 1

    @property
    def neutral(self) -> list[float] | None:
        """Red, green and blue of gray in the light of the picture; None where it is unknown."""
        found = self.numbers(AS_SHOT_NEUTRAL, 3)
        return None if found is None or found.min() <= 0 else [float(value) for value in found]

    @property
    def balance(self) -> tuple[float, ...]:
        """The gains of the camera before its samples became numbers."""
        found = self.numbers(ANALOG_BALANCE, 3)
        return (1.0, 1.0, 1.0) if found is None or found.min() <= 0 else tuple(map(float, found))

    @property
    def exposure(self) -> float:
        """Stops by which the maker wants the picture brightened, within reason."""
        found = self.numbers(BASELINE_EXPOSURE, 1)
        return 0.0 if found is None else float(np.clip(found[0], -_MOST_STOPS, _MOST_STOPS))

    @property
    def is_finished(self) -> bool:
        """Whether the file asks for no tone curve, as pictures that are finished do."""
        found = self.numbers(TONE_CURVE, 4)
        return found is not None and tuple(found) == (0, 0, 1, 1)

    @property
    def noise(self) -> SensorNoise | None:
        """The noise of the samples; None where the file does not state it."""
        found = self.numbers(NOISE_PROFILE)
        if found is None or len(found) not in (2, 6) or found.min() < 0 or not found.any():
            return None
        scale, offset = np.resize(found, 6).reshape(3, 2).T
        if scale.min() <= 0 or max(scale.max(), offset.max()) > _MOST_NOISE:
            return None
        return SensorNoise(tuple(map(float, scale)), tuple(map(float, offset)))  # type: ignore[arg-type]  # three each

    @property
    def tags(self) -> tuple[RawTag, ...]:
        """The tags that stay true of other samples of the same picture."""
        whole = Area(0, 0, self.active.height, self.active.width)
        return carried_tags((self.page, self.first), cropped=self.crop != whole)

    def levels(self) -> tuple[NDArray[np.float64], float]:
        """Return black and white of the active area.

        Black is (2, 2, 1) or (2, 2, 3); (H, W, C) where it differs by rows or columns.
        """
        channels = int(self.page.samplesperpixel)
        white, black = self.numbers(WHITE), self.numbers(BLACK)
        dims = self.numbers(BLACK_REPEAT, 2)
        rows, columns = (1, 1) if dims is None else (int(dims[0]), int(dims[1]))
        if black is None or len(black) != rows * columns * channels or 2 % rows or 2 % columns:
            rows = columns = 1
            black = np.full(channels, 0.0 if black is None else black.mean())
        level = np.tile(black.reshape(rows, columns, channels), (2 // rows, 2 // columns, 1))
        height, width = self.active.height, self.active.width
        down, across = self.numbers(BLACK_V, height), self.numbers(BLACK_H, width)
        if down is not None or across is not None:
            level = np.tile(level, (height // 2 + 1, width // 2 + 1, 1))[:height, :width]
            level = level + (0 if down is None else down[:, None, None])
            level = level + (0 if across is None else across[None, :, None])
        most = 1.0 if self.page.sampleformat == 3 else 2.0 ** int(self.page.bitspersample) - 1
        return level, float(most if white is None else white.min())

    def values(self) -> NDArray[np.float32]:
        """Return the samples of the active area, (H, W, C), as the sensor counted."""
        with decoding(*tiff_errors()):
            found: NDArray[Any] = self.page.asarray(squeeze=False)[0, 0]
        rows, columns = (self.numbers(tag, 1) for tag in (ROW_INTERLEAVE, COLUMN_INTERLEAVE))
        found = _interleaved(found, *(1 if n is None else int(n[0]) for n in (rows, columns)))
        curve = self._curve
        if curve is not None and found.dtype.kind == "u":
            found = curve[np.minimum(found, len(curve) - 1)]
        values: NDArray[np.float32] = self.active.of(found).astype(np.float32)
        return values

    def linear(self, count: int) -> float:
        """Return what `values` makes of a number in the file."""
        curve = self._curve
        return count if curve is None else float(curve[min(count, len(curve) - 1)])

    @property
    def _curve(self) -> NDArray[np.float32] | None:
        table = self.page.tags.get(LINEARIZATION)
        return None if table is None else np.asarray(table.value, np.float32).ravel()

    def thumbnail(self) -> bytes:
        """Return the largest preview, a JPEG; empty where there is none."""
        with suppress(*tiff_errors()):
            jpegs = [page for page in self._pages if page.compression == _JPEG]
            whole = [p for p in jpegs if p.photometric in _SHOWN and len(p.dataoffsets) == 1]
            best = max(whole, key=lambda page: page.imagelength * page.imagewidth, default=None)
            if best is not None:
                file = self.first.parent.filehandle
                file.seek(best.dataoffsets[0])
                return bytes(file.read(min(best.databytecounts[0], _MOST_PREVIEW_BYTES)))
        return b""

    @property
    def _calibrated(self) -> bool:
        """Whether the calibrations belong to the color matrices."""
        ours, theirs = (self.first.tags.get(tag) for tag in (50931, 50932))
        return bool((ours and ours.value) == (theirs and theirs.value))


def _interleaved(values: NDArray[Any], rows: int, columns: int) -> NDArray[Any]:
    """Undo RowInterleaveFactor and ColumnInterleaveFactor: fields beside each other become one."""
    if (rows, columns) == (1, 1):
        return values
    height, width = values.shape[:2]
    if rows < 1 or columns < 1 or height % rows or width % columns:
        raise ImageFormatError("the interleaved samples of the DNG do not fill its rows")
    parts = values.reshape(rows, height // rows, columns, width // columns, -1)
    return parts.transpose(1, 0, 3, 2, 4).reshape(values.shape)


def _is_sound(page: Any) -> bool:
    """Whether the tags that describe the samples are single numbers within reason."""
    numbers = page.imagelength, page.imagewidth, page.samplesperpixel, page.bitspersample
    if not all(isinstance(number, int) and number > 0 for number in numbers):
        return False
    return page.samplesperpixel in (1, 3) and page.bitspersample <= 32


def _all(pages: list[Any]) -> Iterator[Any]:
    for page in pages:
        yield page
        yield from islice(page.pages or (), _MOST_PAGES)
