"""Photographs that ship inside scikit-image."""

from __future__ import annotations

from importlib.resources import as_file, files

from restorer.training.degrade import Bytes
from restorer.training.patches import load_rgb


def photograph(name: str) -> Bytes:
    """Return (H, W, 3) of a file of `skimage.data`."""
    with as_file(files("skimage.data").joinpath(name)) as path:
        return load_rgb(path)
