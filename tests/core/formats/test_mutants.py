"""Damaged files of each format raise the errors of images, or are read; nothing else happens."""

from __future__ import annotations

import io
import warnings
from pathlib import Path

import numpy as np
import pytest
from PIL import Image as PilImage
from psd_files import psd

from restorer import Image, formats
from restorer.errors import ImageError

from helpers import make_photograph

PHOTO = make_photograph(12, 16)
LIES = (b"\xff\xff\xff\xff", bytes(4), b"\x7f\xff\xff\xff", b"60000", b"-1", b"1e9")


def targa() -> bytes:
    file = io.BytesIO()
    PilImage.fromarray(PHOTO).save(file, "TGA", compression="tga_rle")
    return file.getvalue()


def mutant(data: bytes, rng: np.random.Generator) -> bytes:
    """Change bits, drop and insert bytes, let numbers lie, most often near the start."""
    changed = bytearray(data)
    for _ in range(int(rng.integers(1, 5))):
        reach = len(changed) if rng.random() < 0.3 else min(len(changed), 200)
        at = int(rng.integers(0, max(1, reach)))
        kind = int(rng.integers(0, 5))
        if kind == 0 and at < len(changed):
            changed[at] ^= 1 << int(rng.integers(0, 8))
        elif kind == 1:
            del changed[at : at + int(rng.integers(1, 40))]
        elif kind == 2:
            changed[at:at] = rng.bytes(int(rng.integers(1, 20)))
        elif kind == 3:
            lie = LIES[int(rng.integers(0, len(LIES)))]
            changed[at : at + len(lie)] = lie
        else:
            del changed[at:]
    return bytes(changed)


@pytest.mark.parametrize("suffix", [".ppm", ".pam", ".pfm", ".qoi", ".exr", ".hdr", ".tga", ".psd"])
def test_mutants_are_refused_or_read(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"a{suffix}"
    if suffix in (".tga", ".psd"):
        path.write_bytes(targa() if suffix == ".tga" else psd(PHOTO, compression=1, layers=1))
    else:
        formats.write(Image(PHOTO), path)
    whole, rng, refused = path.read_bytes(), np.random.default_rng(0), 0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for _ in range(80):
            path.write_bytes(mutant(whole, rng))
            try:
                image = formats.read(path, max_pixels=2**20)
            except ImageError:
                refused += 1
            else:
                assert np.isfinite(image.to_float()).all()
    assert refused >= 20
