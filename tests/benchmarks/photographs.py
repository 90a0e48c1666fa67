"""Sample photographs in scikit-image."""

from __future__ import annotations

from importlib.resources import as_file, files

from restorer.training.degrade import Bytes
from restorer.training.photographs import load_rgb


def photograph(name: str) -> Bytes:
    """Return a file of `skimage.data` as (H, W, 3) RGB."""
    with as_file(files("skimage.data").joinpath(name)) as path:
        return load_rgb(path)
