"""The Triton kernels of patch attention equal the plain form, in Triton's interpreter."""

from __future__ import annotations

import importlib
import os
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from restorer.attention import PyramidAttention, tiled
from restorer.attention.key_axis import Keys, lay_out
from restorer.attention.windows import attend_in_windows

from helpers import limit_blocks

pytest.importorskip("triton", reason="Triton, part of PyTorch for CUDA, is not installed")
pytestmark = pytest.mark.skipif(torch.cuda.is_available(), reason="card.py runs them on a GPU")


@pytest.fixture
def diagonals(monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    module = importlib.import_module("restorer.attention.diagonals")
    monkeypatch.setattr(module, "_BLOCK", 32)  # a few keys are several blocks
    return module


COMPILE = """
import triton
from triton.backends.compiler import GPUTarget
from triton.compiler import ASTSource

from restorer.attention import diagonals

types = {"pitches": "*i32", "rows": "i32", "columns": "i32", "count": "i32", "BLOCK": "constexpr"}
for capability in (80, 90):
    for kernel in (diagonals._sum_products, diagonals._sum_weights):
        for weights in ("*fp32", "*bf16"):
            signature = {
                name: types.get(name, weights if name == "weights" else "*fp32")
                for name in kernel.arg_names
            }
            source = ASTSource(kernel, signature, {"BLOCK": diagonals._BLOCK})
            compiled = triton.compile(source, target=GPUTarget("cuda", capability, 32))
            assert compiled.asm["cubin"]
"""


def features(*shape: int) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(sum(shape)))


def keys_of(sizes: list[tuple[int, int]], batch: int, paste_type: torch.dtype) -> Keys:
    levels = [(features(batch, 5, *size), features(batch, 6, *size)) for size in sizes]
    return lay_out(levels, 2.0, 1e-4, paste_type)


@pytest.mark.parametrize("size", [(1, 1), (4, 3)])
@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("elements", [1 << 11, 1 << 20])
def test_kernels_equal_strips(
    diagonals: ModuleType,
    size: tuple[int, int],
    batch: int,
    elements: int,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    limit_blocks(monkeypatch, elements)  # several tiles, or one
    query = features(batch, 5, *size)
    keys = keys_of([size, (2, 5), (1, 2)], batch, torch.float32)
    fused, plain = (tiled._attend(query, keys, hard=False, fused=fused) for fused in (True, False))
    torch.testing.assert_close(fused, plain)


def test_weights_are_rounded_to_bfloat16(diagonals: ModuleType) -> None:
    query, keys = features(1, 5, 5, 4), keys_of([(5, 4), (4, 7)], 1, torch.bfloat16)
    fused, plain = (tiled._attend(query, keys, hard=False, fused=fused) for fused in (True, False))
    assert fused.dtype == torch.float32
    assert 0 < (fused - plain).abs().max() < 0.02 * plain.abs().max()


def test_kernels_neither_read_nor_write_beyond_their_tensors(diagonals: ModuleType) -> None:
    surrounded: list[Tensor] = []

    def surround(x: Tensor) -> Tensor:
        """Return a copy of a tensor in the middle of memory that holds NaN, or nonsense."""
        odd = torch.nan if x.is_floating_point() else 1 << 20
        surrounded.append(torch.full((x.numel() + 2000,), odd, dtype=x.dtype))
        inside = surrounded[-1][1000:-1000].view(x.shape)
        return inside.copy_(x)

    keys = keys_of([(3, 2), (2, 5)], 2, torch.float32)
    pixels = F.pad(features(2, 5, 3, 2), (1, 1, 1, 1)).movedim(1, -1).contiguous()
    expected, count = diagonals.attend_tile(pixels, keys), len(keys.pitches)
    products = surround(pixels.flatten(1, 2) @ keys.pixels)
    weights = surround(torch.full_like(products, torch.nan))
    scores, normalizers = (surround(torch.zeros(2, 6, *shape)) for shape in ((count,), ()))
    pitches, gain = surround(keys.pitches), surround(keys.gain)
    diagonals._sum_products[(6, 2)](
        products, gain, pitches, scores, normalizers, 2, count, BLOCK=32
    )
    diagonals._sum_weights[(20, -(-count // 32), 2)](
        scores, normalizers, pitches, weights, 3, 2, count, BLOCK=32
    )
    assert torch.equal((weights @ keys.values).view(expected.shape), expected)
    for whole in surrounded:
        edges = torch.cat([whole[:1000], whole[-1000:]])
        assert (edges.isnan() if whole.is_floating_point() else edges == 1 << 20).all()


@pytest.mark.parametrize(("reduction", "levels"), [(2, 5), (4, 3)])
def test_pyramid_attention_is_the_same_in_kernels(
    diagonals: ModuleType, reduction: int, levels: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    module = PyramidAttention(8, reduction=reduction, levels=levels).eval()
    x = features(1, 8, 6, 4)
    for home in ("blocks", "patch", "windows"):  # as on a GPU
        monkeypatch.setattr(f"restorer.attention.{home}.in_turn", lambda x: False)
    results = []
    with torch.no_grad():
        for fused in (False, True):
            monkeypatch.setattr(
                tiled, "_has_kernels", lambda device, paste_type, fused=fused: fused
            )
            results.append(attend_in_windows(module, x, side=4, overlap=1))
    torch.testing.assert_close(*results)


def test_kernels_compile_for_gpus_that_are_not_here(tmp_path: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if name != "TRITON_INTERPRET"}
    environment["TRITON_CACHE_DIR"] = str(tmp_path)
    subprocess.run([sys.executable, "-c", COMPILE], env=environment, check=True)
