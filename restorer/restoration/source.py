"""Source: a picture with its global properties; Part: the rectangle of it that a step processes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from restorer import color
from restorer.estimate.examination import Findings, examine
from restorer.estimate.jpeg_quality import jpeg_qualities_of_rows, jpeg_quality_of_rows
from restorer.estimate.levels import Levels
from restorer.estimate.noise import Rows
from restorer.estimate.sensor_noise import fit_noise
from restorer.formats.color import matrix
from restorer.formats.color.light import NetworkCurve
from restorer.formats.exif.capture_info import read_capture_info
from restorer.formats.raw.camera_color import BLOCK as CAMERA_COLOR
from restorer.formats.raw.camera_color import from_block
from restorer.formats.raw.rendering import Development, Rendering, Space
from restorer.image import HEADROOM, FloatArray, Image
from restorer.restoration.provenance import FileHash
from restorer.sensor import bayer
from restorer.sensor.mosaic import Mosaic, pattern_of
from restorer.sensor.noise import SensorNoise, straightened
from restorer.settings import Origin, Settings
from restorer.tiling.plan import Region

_BAND = 256  # rows that are converted at once
UNCOMPRESSED = 100  # the JPEG quality of a picture without traces of compression


@dataclass(frozen=True, eq=False)
class Part:
    """A rectangle of a picture on its way through the steps, or all of it.

    Values are (h, w, C) float32 with white = 1.0, encoded.

    Attributes:
        region: Its place in the whole.
        size: Height and width of the whole.
        colors: Input of networks: fully transparent pixels have the colors of visible ones.
        own: The same array, or one in which these pixels keep their own colors.
        alpha: (h, w, 1); None for pictures without.
    """

    region: Region
    size: tuple[int, int]
    colors: FloatArray
    own: FloatArray
    alpha: FloatArray | None


class Source:
    """A picture with its global properties, each computed once, on demand.

    To restore several regions of a picture, use the same `Source`.

    Args:
        picture: An image, gray or RGB, with or without alpha; or RAW samples.
        file: The file that it was read from, for the provenance of results.
        settings: How to develop RAW samples; None for the defaults.
        camera_colors: Whether results of RAW samples keep the colors of the camera, for DNG files.
        samples: Whether the result of RAW samples is samples again, and not colors.

    Attributes:
        image: The image, encoded for networks if it is linear; RAW samples as an encoded gray
            image.
        bits: Bit depth of the picture.
        pattern: Bayer pattern of RAW samples; empty for an image.
        rendering: How the colors of RAW samples are rendered; None for an image, and if the result
            is samples.
        curve: The encoding of a linear image for networks; None for all others.
        neutral: (3,) divisors that were applied to RAW samples; 1 for an image.
        gives_samples: Whether the values are linear, and the result is samples.
    """

    def __init__(
        self,
        picture: Image | Mosaic,
        file: FileHash | None = None,
        settings: Settings | None = None,
        *,
        camera_colors: bool = False,
        samples: bool = False,
    ) -> None:
        self.file = file
        self.bits, self.pattern = picture.bits, pattern_of(picture)
        self.rendering: Rendering | None = None
        self.neutral = np.ones(3, np.float32)
        self._stated_noise = picture.noise if isinstance(picture, Mosaic) else None
        self._sensor_noise: dict[str, tuple[SensorNoise, Origin]] = {}
        self.gives_samples = samples
        if isinstance(picture, Mosaic) and samples:
            self.bits = 32
            # Nothing is cut off, as no color exceeds 1.
            self.neutral = (picture.color.neutral / picture.color.neutral.min()).astype(np.float32)
            balanced = picture.samples.copy()
            for y, x, number in bayer.sites(picture.pattern):
                balanced[y::2, x::2] /= self.neutral[number]
            picture = Image(balanced, picture.metadata, picture.notes)
        elif isinstance(picture, Mosaic):
            development = development_of(settings or Settings())
            if camera_colors:
                development = replace(development, space="camera")
            rendering = Rendering(picture.color, development)
            encoded = rendering.for_network(picture)
            self.rendering = rendering.with_headroom(encoded)
            self.neutral = rendering.neutral
            picture = Image(encoded, picture.metadata, picture.notes)
        self.curve: NetworkCurve | None = None
        self._linear: Image | None = None
        if picture.is_linear:
            self._linear, self.curve = picture, NetworkCurve.of(picture)
            picture = replace(
                picture, pixels=self.curve.encode(picture.to_float()), transfer="encoded"
            )
        self.image = picture

    @property
    def size(self) -> tuple[int, int]:
        """Height and width."""
        return self.image.height, self.image.width

    @property
    def region(self) -> Region:
        """The whole picture."""
        return Region(0, 0, *self.size)

    @property
    def is_integer(self) -> bool:
        """Whether the samples are integers, so that values end at black and white."""
        return self.bits != 32

    @cached_property
    def plain(self) -> Image:
        """The image; RAW samples in colors for people by interpolation, without a network."""
        if self.rendering is None:
            return self._linear or self.image
        values = bayer.interpolate(self.image.to_float(), self.pattern)
        return _visible(self.rendering.for_people(), values, self.image)

    def visible(self, result: Image) -> Image:
        """Return a result in colors for people: one in those of the camera becomes sRGB."""
        block = result.metadata.blocks.get(CAMERA_COLOR)
        if self.rendering is None or block is None:
            return result
        rendering = self.rendering.of_result(from_block(block))
        return _visible(rendering, result.to_float(), result)

    def image_of(self, values: FloatArray) -> Image:
        """Return (H, W, C) values, as `part` gives them, as an image of the picture's kind."""
        if self.curve is not None:
            return self.plain.with_float(self.curve.decode(values))
        return self.image.with_float(values * np.float32(self.white))

    @cached_property
    def white(self) -> float:
        """The white level; see `Image.white`."""
        return self.image.white if self.curve is None else 1.0

    @cached_property
    def limits(self) -> tuple[float, float]:
        """Darkest and brightest color value, white 1; 0 and 1 for integers."""
        if self.is_integer:
            return 0.0, 1.0
        colors, _ = color.split(self.image.pixels)  # type: ignore[arg-type]  # they are floats
        white = np.float32(self.white)
        return float(colors.min() / white), float(colors.max() / white)

    @cached_property
    def gray(self) -> bool:
        """Whether all planes of the color are equal."""
        if self._extended is not None:
            return color.is_gray(self._extended)
        pixels = self.image.pixels
        return color.is_gray(pixels[..., :-1] if self.image.has_alpha else pixels)

    @cached_property
    def levels(self) -> Levels:
        """Its noise levels on the 0-255 scale, of values with white 1."""
        return Levels(self.size, self._rows, lambda: self.gray)

    @property
    def sigma(self) -> float:
        """The level of white noise; see `estimate_sigma`."""
        return self.levels.sigma()

    def linear(self, values: FloatArray) -> FloatArray:
        """Return values of the source, (H, W, C), as light."""
        if self.gives_samples:
            return values
        return matrix.decoded(values) if self.curve is None else self.curve.decode(values)

    def encoded(self, linear: FloatArray) -> FloatArray:
        """Return light, (H, W, C), as values of the source."""
        if self.gives_samples:
            return linear
        return matrix.encoded(linear) if self.curve is None else self.curve.encode(linear)

    def leave_curve(self, values: FloatArray, knee: float) -> None:
        """Bring values on the curve of sensor noise to those of the source, in place."""
        for top in range(0, len(values), _BAND):
            band = values[top : top + _BAND]
            band[:] = self.encoded(straightened(band, knee))

    def sensor_noise(self, pattern: str) -> tuple[SensorNoise, Origin]:
        """Return the noise of the light in a mosaic, balanced, and whether the file states it."""
        if pattern not in self._sensor_noise:
            self._sensor_noise[pattern] = self._find_sensor_noise(pattern)
        return self._sensor_noise[pattern]

    def _find_sensor_noise(self, pattern: str) -> tuple[SensorNoise, Origin]:
        if self._stated_noise is not None:
            return self._stated_noise.balanced(self.neutral), "file"
        samples = self.linear(bayer.raw_samples(self.part(self.region).colors, pattern))
        for y, x, number in bayer.sites(pattern):  # before the gains, colors have equal noise
            samples[y::2, x::2] *= self.neutral[number]
        noise = fit_noise(samples, pattern) or SensorNoise((0, 0, 0), (0, 0, 0))
        return noise.balanced(self.neutral), "estimated"

    def jpeg_quality(self) -> tuple[int, Origin]:
        """Return the lowest JPEG quality that it was saved with, and the source of that value.

        `UNCOMPRESSED` without traces of JPEG. The file records its last quality only; an earlier,
        lower one is estimated from the pixels.
        """
        return _lower(min(self._jpeg_traces, default=None), self.image.jpeg_quality)

    @cached_property
    def _jpeg_traces(self) -> list[int]:
        return jpeg_qualities_of_rows(self.size, self._rows)

    @cached_property
    def findings(self) -> Findings:
        """What the picture shows, and its damage; see `examine`."""
        file = self.image.jpeg_quality
        qualities = self._jpeg_traces if file is None else [file, *self._jpeg_traces]
        capture = read_capture_info(self.image.metadata)
        return examine(self.size, self._rows, qualities, capture)

    def part(self, region: Region) -> Part:
        """Return a rectangle as float values, white 1."""
        own, alpha = color.split(self._values(region))
        extended = self._extended
        colors = own if extended is None else region.of(extended)
        return Part(region, self.size, colors, own, alpha)

    @cached_property
    def _extended(self) -> FloatArray | None:
        """All colors, extended into fully transparent pixels; None without such pixels."""
        alpha = self.image.pixels[..., -1]
        if not self.image.has_alpha or not (alpha <= 0).any():
            return None
        own, weight = color.split(self._values(self.region))
        assert weight is not None, "has alpha"
        return color.extend_under_alpha(own, weight)

    def _rows(self, top: int, bottom: int) -> FloatArray:
        return usual(self.part(Region(top, 0, bottom - top, self.size[1])).colors)

    def _values(self, region: Region) -> FloatArray:
        pixels = region.of(self.image.pixels)
        values = replace(self.image, pixels=pixels).to_float()  # type: ignore[arg-type]  # of its dtype
        if self.white != 1:
            values /= np.float32(self.white)
        return values


def _visible(rendering: Rendering, values: FloatArray, picture: Image) -> Image:
    """Return encoded, balanced values as an image of 16 bits, with a picture's metadata."""
    shown = rendering.shown(values)
    described = rendering.described(picture.metadata)
    return Image(shown, described, picture.notes).with_float(shown, bits=16)


def development_of(settings: Settings) -> Development:
    """Return what the settings say of the colors of RAW pictures."""
    gains = None
    if settings.white_balance != "camera":
        red, blue = map(float, settings.white_balance.split(","))
        gains = red, blue
    spaces: dict[str, Space] = {"keep": "srgb", "srgb": "srgb", "display-p3": "display-p3"}
    space = spaces.get(settings.profile, "rec2020")  # wide, to be converted at the end
    return Development(gains, settings.exposure, settings.tone, space, settings.highlights)


def lowest_jpeg_quality(
    size: tuple[int, int], rows: Rows, file: int | None = None
) -> tuple[int, Origin]:
    """Return the lower of the file's quality and that estimated from rows with values, white 1."""
    return _lower(jpeg_quality_of_rows(size, rows), file)


def _lower(found: int | None, file: int | None) -> tuple[int, Origin]:
    quality = found or UNCOMPRESSED
    return (quality, "estimated") if file is None or quality < file else (file, "file")


def usual(colors: FloatArray) -> FloatArray:
    """Return (H, W, C) values, clipped at the highest that networks tolerate, a few times white."""
    return np.minimum(colors, np.float32(HEADROOM)) if colors.max() > HEADROOM else colors
