"""What a picture says of its own damage, and what to do about it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from restorer.estimate.findings import Finding
from restorer.estimate.noise_map import NoiseMap
from restorer.inputs import Picture, open_picture, plain_mosaic_of, to_image
from restorer.restoration.source import UNCOMPRESSED, Source
from restorer.restoration.treatment import Treatment, treat
from restorer.sensor import sigma_of
from restorer.settings import Settings


@dataclass(frozen=True, eq=False)
class Diagnosis:
    """What a picture shows, its damage, and what to do about it.

    Attributes:
        content: The kind of picture.
        damages: Its damage, the strongest first.
        noise_levels: Those of areas, where some have less noise than others.
        treatment: The steps that suit the damage.
    """

    content: Finding
    damages: tuple[Finding, ...]
    noise_levels: NoiseMap | None
    treatment: Treatment

    @property
    def clean(self) -> bool:
        """Whether no damage was found."""
        return not self.damages


def diagnose(
    picture: Picture | Source, *, scale: int = 1, settings: Settings | None = None
) -> Diagnosis:
    """Return the damage of a picture, and the steps that suit it.

    Args:
        picture: Of any kind that `restore` takes. The estimates stay with a `Source`, for further
            calls and for the restoration.
        scale: Factor by which the picture is to be enlarged: 1, 2, 3 or 4.
        settings: What holds for all steps.

    Raises ImageDataError for unsupported pixels, ImageError for a file that cannot be read,
    SettingsError and UnknownModelError for a scale without a model.

    Examples:
        >>> diagnosis = restorer.diagnose("noisy.png")
        >>> [damage.kind for damage in diagnosis.damages]
        ['white-noise']
        >>> diagnosis.treatment.steps[0].model
        'panet-denoise-lite'
    """
    settings = settings or Settings()
    source = picture if isinstance(picture, Source) else _opened(picture, settings)
    damages = tuple(_damages(source))
    noisy = bool(damages) and damages[0].kind.endswith("noise") and not source.pattern
    return Diagnosis(
        Finding("raw" if source.pattern else "photograph", 0, 1.0, "It is taken for one."),
        damages,
        source.levels.local(source.sigma) if noisy else None,
        treat(source, damages, scale, settings),
    )


def estimate_sigma(picture: Picture) -> float:
    """Return the noise level that `restore` would give to a network, on the 0-255 scale.

    It is 0 without noise, as in drawings and text, whose edges are no noise.

    Args:
        picture: Of any kind that `restore` takes; transparent pixels do not count.

    Raises ImageDataError for unsupported pixels, ImageError for a file that cannot be read.

    Examples:
        >>> round(restorer.estimate_sigma("noisy.png"))  # of noise with a sigma of 20
        17
    """
    return Source(to_image(picture)).sigma


def estimate_jpeg_quality(picture: Picture) -> int | None:
    """Return the lowest JPEG quality that a picture was saved with, 1 to 100 on libjpeg's scale.

    A file or an `Image` read from one knows its last quality; an earlier, lower one, and that of
    other pixels, is estimated from their traces of 8x8 blocks. None without traces of JPEG.

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


def _damages(source: Source) -> Iterator[Finding]:
    """Yield what is wrong with a picture, the strongest first."""
    if source.pattern:
        noise, _ = source.sensor_noise(source.pattern)
        yield Finding("sensor-noise", sigma_of(noise), 1.0, "The sensor adds noise.")
        return
    quality, origin = source.jpeg_quality()
    if source.sigma > 2:
        yield Finding("white-noise", source.sigma, 0.5, "Even areas have noise.")
    if quality < 90:
        words = "The file states it." if origin == "file" else "The pixels have 8 x 8 blocks."
        yield Finding("jpeg", quality, 1.0, words)
