"""What a picture says of its own damage: noise level and JPEG quality."""

from __future__ import annotations

from restorer.inputs import Picture, to_image
from restorer.restoration.source import UNCOMPRESSED, Source


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
