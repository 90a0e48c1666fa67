"""Diagnose a picture: its damage, and the steps that would repair it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property

from restorer.estimate.findings import NOISES, Finding
from restorer.estimate.noise_map import NoiseMap
from restorer.inputs import Picture, open_picture, plain_mosaic_of, to_image
from restorer.restoration.source import UNCOMPRESSED, Source
from restorer.restoration.treatment import Treatment, treat
from restorer.sensor.noise import sigma_of
from restorer.settings import Settings


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a picture shows, its damage, and what to do about it.

    Attributes:
        content: The kind of picture.
        damages: Its damage, the strongest first.
        treatment: The steps that suit the damage.
        source: The picture, with all estimates.
    """

    content: Finding
    damages: tuple[Finding, ...]
    treatment: Treatment
    source: Source = field(repr=False)

    @property
    def clean(self) -> bool:
        """Whether no damage was found; a picture may be small."""
        return all(damage.is_size for damage in self.damages)

    @cached_property
    def noise_levels(self) -> NoiseMap | None:
        """The noise of areas, where some have less than others."""
        noise = next((each for each in self.damages if each.kind in NOISES), None)
        if noise is None:
            return None
        kind = "white" if noise.kind == "white-noise" else "photo"
        return self.source.levels.local(noise.strength, kind)


def diagnose(
    picture: Picture | Source, *, scale: int = 1, settings: Settings | None = None
) -> Diagnosis:
    """Return the damage of a picture, and the steps that suit it.

    Only a sample of the pixels is used, so 12 megapixels take less than half a second.

    Args:
        picture: Of any kind that `restore` takes. A `Source` keeps the estimates, for further calls
            and for the restoration.
        scale: Factor by which the picture is to be enlarged: 1, 2, 3 or 4.
        settings: What holds for all steps.

    Raises ImageDataError for unsupported pixels, ImageError for a file that cannot be read,
    SettingsError and UnknownModelError for a scale without a model.

    Examples:
        >>> diagnosis = restorer.diagnose("noisy.png")
        >>> [damage.kind for damage in diagnosis.damages if damage.kind != "small"]
        ['white-noise']
        >>> diagnosis.treatment.steps[0].model
        'panet-denoise-lite'
    """
    settings = settings or Settings()
    source = picture if isinstance(picture, Source) else _opened(picture, settings)
    content, damages = _of_samples(source) if source.pattern else _of_colors(source)
    return Diagnosis(content, damages, treat(source, content, damages, scale, settings), source)


def estimate_sigma(picture: Picture) -> float:
    """Return the noise level that `restore` would give to a network, on the 0-255 scale.

    It is 0 for pictures without noise, such as drawings and text, whose edges do not count.

    Args:
        picture: Of any kind that `restore` takes; transparent pixels do not count.

    Raises ImageDataError for unsupported pixels, ImageError for a file that cannot be read.

    Examples:
        >>> round(restorer.estimate_sigma("noisy.png"))  # of noise with a sigma of 20
        17
    """
    return Source(to_image(picture)).sigma


def estimate_jpeg_quality(picture: Picture) -> int | None:
    """Return the lowest JPEG quality with which a picture was saved, 1 to 100 on libjpeg's scale.

    A file, or an `Image` read from one, states its last quality. An earlier, lower one is estimated
    from traces of 8x8 blocks, as is that of arrays. None if there are no traces of JPEG.

    Args:
        picture: Of any kind that `restore` takes.

    Raises ImageDataError for unsupported pixels, ImageError for a file that cannot be read.

    Examples:
        >>> restorer.estimate_jpeg_quality("photo.jpg")
        95
        >>> print(restorer.estimate_jpeg_quality("clean.png"))
        None
    """
    quality, _ = Source(to_image(picture)).jpeg_quality()
    return None if quality == UNCOMPRESSED else quality


def _opened(picture: Picture, settings: Settings) -> Source:
    return Source(open_picture(picture, plain_mosaic_of(settings)).images[0], settings=settings)


def _of_colors(source: Source) -> tuple[Finding, tuple[Finding, ...]]:
    return source.findings.content, source.findings.damages


def _of_samples(source: Source) -> tuple[Finding, tuple[Finding, ...]]:
    """Return what is known of the samples of a sensor: that they have its noise."""
    noise, origin = source.sensor_noise(source.pattern)
    words = "The file states the noise of the sensor."
    if origin == "estimated":
        words = "The noise of even areas grows with the light, as that of a sensor."
    content = Finding("raw", 0, 1.0, "Each pixel has one color of a Bayer pattern.")
    return content, (Finding("sensor-noise", sigma_of(noise), 0.9, words),)
