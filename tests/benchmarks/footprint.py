"""Peak memory of a job against what it reserves.

python tests/benchmarks/footprint.py [MEGAPIXELS ...]

Each job runs in a process of its own, which has restored a tiny picture before. With more than one
megapixel, nearest neighbors stand in for the networks, whose tiles take the same memory at any
size of the picture.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import torch
from memory import peak_bytes
from numpy.typing import NDArray

import restorer
from restorer import Image, Job, JobContext, Settings, Step, formats
from restorer.batch.memory import MemoryBudget
from restorer.inference import soundness
from restorer.inference.model import LoadedModel

# Model, suffixes of source and target.
CASES = (
    ("panet-denoise-lite", ".jpg", ".jpg"),
    ("panet-denoise-lite", ".tif", ".tif"),
    ("panet-deblock-lite", ".jpg", ".jpg"),
    ("panet-sr-x2-lite", ".jpg", ".png"),
    ("panet-sr-x2-lite", ".png", ".png"),  # with transparency
    ("panet-sr-x3-lite", ".jpg", ".jpg"),
    ("panet-sr-x4-lite", ".jpg", ".png"),
    ("panet-sr-x4-lite", ".tif", ".tif"),
    ("ttsr-x4-lite", ".jpg", ".jpg"),
)
_WHOLE = 1.0  # megapixels that the networks themselves restore


class Recorder(MemoryBudget):
    """A budget that remembers the last reservation."""

    last = 0

    @contextmanager
    def reserve(self, size_bytes: int, check: Callable[[], None]) -> Iterator[None]:
        self.last = size_bytes
        with super().reserve(size_bytes, check):
            yield


def stand_in(
    model: LoadedModel, values: NDArray[np.float32], seed: int
) -> tuple[torch.Tensor, torch.Tensor]:
    """Take the place of `soundness.forward`, with its memory."""
    np.ones(model.spec.tile.bytes_per_pixel * values[..., 0].size, np.uint8)
    scale, colors = model.spec.scale, values[..., : model.spec.channels]
    enlarged = np.ascontiguousarray(colors.repeat(scale, 1).repeat(scale, 2))
    return torch.from_numpy(enlarged), torch.tensor([1.0, 0.0])


def write_picture(path: Path, megapixels: float) -> None:
    """Write waves under noise: 16 bits in a TIFF, with transparency in a PNG."""
    height = round((megapixels * 1e6 / 1.5) ** 0.5)
    y, x = np.mgrid[:height, : height * 3 // 2].astype(np.float32)
    noise = np.random.default_rng(0).normal(0, 8, (*x.shape, 3)).astype(np.float32)
    values = np.clip(128 + 90 * np.sin(x / 40) * np.cos(y / 60), 0, 255)[..., None] + noise
    pixels = np.clip(values, 0, 255).astype(np.uint8)
    if path.suffix == ".png":
        pixels = np.concatenate([pixels, pixels[..., :1]], axis=2)
    deep = pixels.astype(np.uint16) * np.uint16(257)
    formats.write(Image(deep if path.suffix == ".tif" else pixels), path)


def measure(model: str, source: Path, target: Path, megapixels: float) -> None:
    """Print the line of one job."""
    torch.set_num_threads(1)
    if megapixels > _WHOLE:
        soundness.forward = stand_in
    references: tuple[Path, ...] = ()
    if model.startswith("ttsr"):
        references = (source.with_name("reference.jpg"),)
        write_picture(references[0], megapixels)
    small = source.with_name("small.png")
    write_picture(small, 0.01)
    budget = Recorder(1 << 50)

    def run(path: Path) -> None:
        job = Job(path, target, (Step(model),), Settings(existing="replace"), references)
        result = restorer.run_job(job, JobContext(memory=budget))
        assert result.status == "done", result

    run(small)
    peak = peak_bytes(lambda: run(source)) / 1e6
    reserved = budget.last / 1e6
    print(
        f"| `{model}`, {source.suffix[1:]} to {target.suffix[1:]} | {megapixels:g} |"
        f" {peak:.0f} | {reserved:.0f} | {reserved / peak:.2f} |",
        flush=True,
    )


def main() -> None:
    for megapixels in sys.argv[1:] or ["1", "4"]:
        for case in CASES:
            with tempfile.TemporaryDirectory() as folder:
                model, suffix, target = case
                source = Path(folder, f"source{suffix}")
                write_picture(source, float(megapixels))
                words = [model, source, Path(folder, f"result{target}"), megapixels]
                subprocess.run([sys.executable, __file__, *map(str, words)], check=True)


if __name__ == "__main__":
    if len(sys.argv) == 5 and sys.argv[1].count("-"):
        measure(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), float(sys.argv[4]))
    else:
        main()
