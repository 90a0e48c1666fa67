"""The picture that a camera or a RAW converter made of a RAW file, and stored in it."""

from __future__ import annotations

import io
from contextlib import suppress
from typing import Protocol, runtime_checkable

from restorer.errors import ImageError
from restorer.formats import metadata
from restorer.formats.jpeg.jpeg import JpegReader
from restorer.image import Image, Metadata


@runtime_checkable
class Previewed(Protocol):
    """A reader of files that hold a preview of their picture."""

    def preview(self) -> Image | None:
        """Return the preview, not yet upright; None where there is none that can be read."""


def decode_preview(data: bytes, turn: int) -> Image | None:
    """Return an embedded JPEG; None where it is damaged.

    Args:
        data: The JPEG.
        turn: The orientation of the RAW file, for a JPEG that states none.
    """
    with suppress(ImageError, OSError):
        page = JpegReader(io.BytesIO(data)).decode()
        assert isinstance(page, Image), "of a JPEG"
        own = metadata.orientation(page.metadata)
        kept = Metadata(icc=page.metadata.icc)
        described = metadata.with_orientation(kept, turn if own == 1 else own)
        return Image(page.pixels, described)
    return None
