"""Random numbers that depend on a seed alone, the same on every device."""

from __future__ import annotations

import hashlib
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache

import torch
from torch import Tensor

from restorer.attention.modes import is_exporting


def seeded_generator(*words: int) -> torch.Generator:
    """Return a CPU generator seeded with a hash of the integers.

    Neighboring seeds or module numbers give unrelated sequences, the same on every device.
    """
    digest = hashlib.blake2b(repr(words).encode(), digest_size=8).digest()
    return torch.Generator("cpu").manual_seed(int.from_bytes(digest, "little"))


def draw_rotations(
    seed: int, index: int, shape: tuple[int, ...], device: torch.device | str = "cpu"
) -> Tensor:
    """Draw Gaussian rotations on the CPU, in float32; they depend only on the other arguments.

    They are kept on the device, and must not be changed. In an exported network they are constants,
    so its size is fixed.
    """
    if torch.compiler.is_compiling() and not is_exporting():
        return _draw(seed, index, shape).to(device)
    if not is_exporting():
        return _kept(seed, index, shape, str(device))
    # Recording is local to a thread. A recorded draw would continue one random sequence from call
    # to call, and so change the result of the exported network.
    with ThreadPoolExecutor(1) as outside:
        drawn = outside.submit(_draw, seed, index, tuple(int(n) for n in shape)).result()
    return drawn.to(device)


@lru_cache(maxsize=64)  # of all attentions of a network; 64 KB each for 192x192 pixels
def _kept(seed: int, index: int, shape: tuple[int, ...], device: str) -> Tensor:
    with torch.inference_mode(False):  # training may use them, too
        return _draw(seed, index, shape).to(device)


def _draw(seed: int, index: int, shape: tuple[int, ...]) -> Tensor:
    return torch.randn(shape, generator=seeded_generator(seed, index, *shape), device="cpu")
