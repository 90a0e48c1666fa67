"""What LibRaw (rawpy) knows of a RAW file."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cached_property
from typing import Any, BinaryIO

import numpy as np
import rawpy
from numpy.typing import NDArray

from restorer.errors import ImageFormatError
from restorer.formats.raw.area import Area
from restorer.formats.raw.quiet import quiet
from restorer.sensor.bayer import PATTERNS
from restorer.sensor.mosaic import Calibration

_FLIPS = {3: 3, 5: 8, 6: 6}  # LibRaw's turns as orientations of EXIF
_D65 = 21


class LibRaw:
    """A RAW file that LibRaw knows.

    Raises ImageFormatError for all others.

    Attributes:
        active: The part of the sensor that saw light.
        crop: The picture, relative to `active`.
    """

    def __init__(self, file: BinaryIO) -> None:
        with _libraw_errors():
            self._raw = rawpy.imread(file)
        sizes = self._ask("sizes")
        self.active = Area(sizes.top_margin, sizes.left_margin, sizes.height, sizes.width)
        top = sizes.crop_top_margin - self.active.top
        left = sizes.crop_left_margin - self.active.left
        crop = Area(top, left, sizes.crop_height, sizes.crop_width)
        whole = Area(0, 0, self.active.height, self.active.width)
        self.crop = crop if whole.holds(crop) else whole

    @cached_property
    def pattern(self) -> str:
        """Colors of the first two rows of `active`; empty where the sensor is no Bayer one.

        Decodes the samples.
        """
        found = self._ask("raw_pattern")
        if self._ask("raw_type") != rawpy.RawType.Flat or found is None or found.shape != (2, 2):
            return ""  # X-Trans repeats after six pixels
        letters = self._letters.lower()
        text = "".join(letters[self._color(y, x)] for y in (0, 1) for x in (0, 1))
        return text if text in PATTERNS else ""

    @property
    def kind(self) -> str:
        """A sensor that is no Bayer one, in words. Decodes the samples."""
        found = self._ask("raw_pattern")
        if found is not None and len(found) == 6:
            return "an X-Trans sensor"
        if self._ask("num_colors") == 1:
            return "a monochrome sensor"
        return f"a sensor with the colors {self._letters}"

    @property
    def samples(self) -> int:
        """Number of the samples that are decoded, those beside the picture included."""
        sizes = self._ask("sizes")
        return int(sizes.raw_height * sizes.raw_width)

    @property
    def orientation(self) -> int:
        """The orientation, as EXIF numbers it."""
        return _FLIPS.get(int(self._ask("sizes").flip), 1)

    @property
    def neutral(self) -> list[float] | None:
        """Red, green and blue of gray in the light of the picture; None where it is unknown."""
        gains = self._ask("camera_whitebalance")[:3]
        return [1 / gain for gain in gains] if min(gains) > 0 else None

    @property
    def daylight(self) -> list[float] | None:
        """Red, green and blue of gray in daylight; None for an unknown camera."""
        gains = self._ask("daylight_whitebalance")[:3]
        return [1 / gain for gain in gains] if min(gains) > 0 else None

    @property
    def calibrations(self) -> list[Calibration]:
        """The calibration of a camera that LibRaw knows, for D65."""
        matrix = np.asarray(self._ask("rgb_xyz_matrix")[:3], np.float64)
        return [Calibration(matrix, illuminant=_D65)] if abs(np.linalg.det(matrix)) > 1e-9 else []

    def values(self) -> NDArray[np.float32]:
        """Return the samples of the active area, (H, W, 1), as the sensor counted."""
        values: NDArray[np.float32] = self.active.of(self._ask("raw_image")).astype(np.float32)
        return values[..., None]

    def levels(self) -> tuple[NDArray[np.float64], float]:
        """Return black (2, 2, 1), and white, of the active area."""
        blacks = self._ask("black_level_per_channel")
        whites = [level for level in self._ask("camera_white_level_per_channel") or () if level]
        black = np.array([[blacks[self._color(y, x)] for x in (0, 1)] for y in (0, 1)])
        white = min([self._ask("white_level"), *whites])
        return black[..., None].astype(np.float64), float(white)

    def picture(self) -> NDArray[np.float32]:
        """Return (H, W, 3) sRGB values without a tone curve, demosaiced by LibRaw."""
        with _libraw_errors():
            pixels = self._raw.postprocess(
                use_camera_wb=True,
                no_auto_bright=True,
                output_bps=16,
                user_flip=0,
                output_color=rawpy.ColorSpace.sRGB,
                gamma=(2.4, 12.92),
            )
        if pixels.shape[:2] != (self.active.height, self.active.width):
            raise ImageFormatError("the samples are not stored in rows, which is not supported")
        values = pixels.astype(np.float32) / np.float32(65535)
        return values if values.shape[2] == 3 else np.repeat(values[..., :1], 3, axis=2)

    def thumbnail(self) -> bytes:
        """Return the embedded JPEG; empty where there is none."""
        try:
            with quiet():
                found = self._raw.extract_thumb()
        except rawpy.LibRawError:
            return b""
        return bytes(found.data) if found.format == rawpy.ThumbFormat.JPEG else b""

    @property
    def _letters(self) -> str:
        letters: bytes = self._ask("color_desc")
        return letters.decode("ascii", "replace")

    def _color(self, y: int, x: int) -> int:
        with _libraw_errors():
            return int(self._raw.raw_color(self.active.top + y, self.active.left + x))

    def _ask(self, name: str) -> Any:
        """Return a property, for which LibRaw may have to decode the samples."""
        with _libraw_errors():
            return getattr(self._raw, name)


@contextmanager
def _libraw_errors() -> Iterator[None]:
    try:
        with quiet():
            yield
    except (rawpy.LibRawError, NotImplementedError) as error:  # the latter of odd filters
        words = error.args[0] if error.args else error
        text = words.decode("ascii", "replace") if isinstance(words, bytes) else str(words)
        raise ImageFormatError(f"damaged, or of an unknown camera (LibRaw: {text})") from error
