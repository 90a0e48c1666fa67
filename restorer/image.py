"""Image and Metadata: pixels with the metadata of their file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageDataError

FloatArray: TypeAlias = NDArray[np.float32]
Pixels: TypeAlias = NDArray[np.uint8] | NDArray[np.uint16] | NDArray[np.float32]
Bits: TypeAlias = Literal[8, 16, 32]
Transfer: TypeAlias = Literal["encoded", "linear"]

# Networks are trained with white = 1 and tolerate values somewhat above (noise, overshoot).
HEADROOM = 4.0

_DTYPES: dict[int, Any] = {8: np.uint8, 16: np.uint16, 32: np.float32}


@dataclass(frozen=True)
class Frame:
    """The duration of one frame of an animation.

    Attributes:
        delay_ms: Duration in milliseconds.
        loops: How often the animation is played; 0 means forever. Only the value of the first frame
            counts.
    """

    delay_ms: float = 100.0
    loops: int = 0

    def __post_init__(self) -> None:
        """Raise ImageDataError for a time that no clock shows."""
        if not 0 <= self.delay_ms < 2**31 or self.loops < 0:
            raise ImageDataError(f"{self}: expected a time and a number of 0 or more")


@dataclass(frozen=True)
class Metadata:
    """The metadata of a file, byte for byte; None for what it does not contain.

    Attributes:
        exif: A TIFF structure (starting with ``II`` or ``MM``) whose orientation is already 1.
        xmp: An XMP packet, UTF-8.
        icc: The ICC profile of the pixels.
        dpi: Dots per inch, (x, y).
        blocks: More blocks by name: ``comment``; ``IPTC``, the IIM records; ``Photoshop``, other
            image resources (8BIM); ``extended XMP``; ``GeoTIFF``; ``gain map``, a JPEG picture;
            ``thumbnail``, that of the source, in whose place writers put one of the result;
            ``text Title``, the PNG chunks of that keyword. Only the reader that made a block and
            a writer whose format carries one of this name understand it.
        frame: The duration of a frame of an animation.
    """

    exif: bytes | None = None
    xmp: bytes | None = None
    icc: bytes | None = None
    dpi: tuple[float, float] | None = None
    blocks: Mapping[str, bytes] = field(default_factory=dict)
    frame: Frame | None = None


@dataclass(frozen=True, eq=False)
class Image:
    """A still image.

    Attributes:
        pixels: (H, W, C) uint8, uint16 or float32, C-contiguous; C is 1 gray, 2 gray and alpha,
            3 RGB, 4 RGB and alpha (straight, not premultiplied).
        metadata: The metadata of the file.
        notes: Conversions that reading the file required, one sentence each, for the user.
        jpeg_quality: Quality of the JPEG file that the pixels were read from, 1 to 100 on
            libjpeg's scale; None for other formats.
        transfer: How color values relate to light: ``encoded`` by the tone curve of their color
            space, as for a display, or ``linear``. Without an ICC profile the primaries are those
            of sRGB in both.
    """

    pixels: Pixels
    metadata: Metadata = field(default_factory=Metadata)
    notes: tuple[str, ...] = ()
    jpeg_quality: int | None = None
    transfer: Transfer = "encoded"

    def __post_init__(self) -> None:
        """Raise ImageDataError for unsupported shapes and dtypes."""
        pixels: Any = self.pixels
        if not isinstance(pixels, np.ndarray):
            found = type(pixels).__name__
            raise ImageDataError(
                f"pixels: {found}, expected a numpy array (H, W, C); a tensor (C, H, W) becomes one"
                " by tensor.permute(1, 2, 0).numpy()"
            )
        shape, dtype = self.pixels.shape, self.pixels.dtype
        if len(shape) != 3 or not 1 <= shape[2] <= 4 or 0 in shape:
            raise ImageDataError(f"pixels: shape {shape}, expected (H, W, C) with C in 1..4")
        if dtype not in (np.uint8, np.uint16, np.float32):
            raise ImageDataError(f"pixels: dtype {dtype}, expected uint8, uint16 or float32")

    @property
    def height(self) -> int:
        """Number of rows."""
        return int(self.pixels.shape[0])

    @property
    def width(self) -> int:
        """Number of columns."""
        return int(self.pixels.shape[1])

    @property
    def bits(self) -> Bits:
        """Bits per sample: 8, 16, or 32 for float."""
        return {1: 8, 2: 16, 4: 32}[self.pixels.dtype.itemsize]  # type: ignore[return-value]  # closed by __post_init__

    @property
    def has_alpha(self) -> bool:
        """Whether the last channel is alpha."""
        return self.pixels.shape[2] in (2, 4)

    @property
    def is_linear(self) -> bool:
        """Whether color values are proportional to light."""
        return self.transfer == "linear"

    @property
    def white(self) -> float:
        """The white level in `to_float`: 1, or the 99th percentile of floats far above 1.

        A few highlights do not change it; a scale of 0 to 255 or 65535 does. White is always 1 in
        linear light, where values above it are common.
        """
        if self.bits != 32 or self.is_linear or self.pixels.max() <= HEADROOM:
            return 1.0
        level = float(np.percentile(self.pixels, 99))
        return level if level > HEADROOM else 1.0

    def to_float(self) -> FloatArray:
        """Return (H, W, C) float32 with white = 1.0; float pixels may exceed it. Always a copy."""
        values = self.pixels.astype(np.float32)
        if self.bits != 32:
            values /= _white(self.bits)
        return values

    def with_float(
        self, values: FloatArray, *, bits: Bits | None = None, dither_seed: int | None = None
    ) -> Image:
        """Return an image of `values` (H', W', C') with the metadata and notes of this image.

        Integer samples are rounded half to even, then clipped to [0, 1]; float values are not.

        Args:
            values: float32, white = 1.0.
            bits: Bit depth of the result; None keeps the depth of this image.
            dither_seed: Seed of triangular noise of up to one step, which is added before
                rounding to 8 bits to prevent banding in smooth gradients; None adds none.

        Raises ValueError for another depth.
        """
        bits = self.bits if bits is None else bits
        if bits not in _DTYPES:
            raise ValueError(f"bits {bits}, expected 8, 16 or 32")
        if bits == 32:
            return replace(self, pixels=np.ascontiguousarray(values, dtype=np.float32))
        scaled = values * np.float32(_white(bits))
        if dither_seed is not None and bits == 8:
            scaled += np.random.default_rng(dither_seed).triangular(-1, 0, 1, values.shape)
        np.rint(scaled, out=scaled)
        np.clip(scaled, 0, _white(bits), out=scaled)
        return replace(self, pixels=scaled.astype(_DTYPES[bits]))


def _white(bits: int) -> int:
    return (1 << bits) - 1
