"""Pixels and metadata for the tests of formats."""

import numpy as np
from PIL import Image as PilImage

from restorer.formats.color import profiles
from restorer.image import Metadata

DTYPES = {8: np.uint8, 16: np.uint16, 32: np.float32}


def pixels_of(height, width, channels, bits, seed=0):
    rng = np.random.default_rng(seed)
    if bits == 32:
        return rng.normal(0.5, 2, (height, width, channels)).astype(np.float32)
    return rng.integers(0, 1 << bits, (height, width, channels)).astype(DTYPES[bits])


def exif_of(**tags):
    exif = PilImage.Exif()
    for tag, value in {0x010F: "Maker", 0x0110: "Model 1", **tags}.items():
        exif[tag] = value
    exif.get_ifd(0x8769)[0x9003] = "2026:01:02 03:04:05"
    exif.get_ifd(0x8825)[1] = "N"
    return exif.tobytes().removeprefix(b"Exif\0\0")


XMP = b'<?xpacket begin="" id="W5M0MpCehiHzreSzNTczkc9d"?><x:xmpmeta xmlns:x="adobe:ns:meta/"/>'
METADATA = Metadata(exif_of(), XMP, profiles.srgb_profile(), (300.0, 150.0))
