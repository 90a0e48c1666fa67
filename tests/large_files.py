"""Pictures for the tests of streaming."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import tifffile

import restorer
from restorer import CancelToken, Image, Job, JobContext, Result, Settings, Step, formats

from helpers import make_photograph

DENOISE, ENLARGE = "panet-denoise-lite", "panet-sr-x2-lite"


def picture(height: int, width: int, bits: int, channels: int, seed: int = 0) -> Image:
    noise = np.random.default_rng(seed).normal(0, 0.1, (height, width, channels))
    values = make_photograph(height, width)[..., :channels] / np.float32(255) + noise
    return Image(np.zeros((1, 1, channels), np.uint8)).with_float(
        values.astype(np.float32),
        bits=bits,  # type: ignore[arg-type]
    )


@contextmanager
def open_rows(path: Path) -> Iterator[formats.Rows]:
    with formats.open_source(path) as source:
        yield source.rows()


def job(source: Path, *steps: Step, cancel: CancelToken | None = None, **options: Any) -> Result:
    wishes = Settings(**{"tile": 32, "overlap": 8, **options})
    target = source.with_name("out.tif")
    return restorer.run_job(Job(source, target, steps, wishes), JobContext(cancel=cancel))


def write_small_strips(file: Any, image: Image, **options: Any) -> None:
    tifffile.imwrite(
        file,
        image.pixels,
        photometric="rgb",
        metadata=None,
        **{"compression": "zlib", "rowsperstrip": 10, **options},
    )
