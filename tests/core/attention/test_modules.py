"""The attention modules in anybody's network: types, gradients, memory, examples."""

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from typing import Any

import pytest
import torch
from torch import Tensor, nn
from torch.utils._python_dispatch import TorchDispatchMode

from restorer import attention
from restorer.attention import (
    EfficientNonLocalAttention,
    NonLocalBlock,
    NonLocalSparseAttention,
    PyramidAttention,
    SearchTransfer,
)
from restorer.attention.block_sizes import SIZES
from restorer.attention.nonlocal_block import AFFINITIES
from restorer.attention.patch import patch_attention

from helpers import limit_blocks


class Transferred(nn.Module):
    """The soft attention and the textures of a search in the mirrored features, as one map."""

    def __init__(self) -> None:
        super().__init__()
        self.search = SearchTransfer()

    def forward(self, x: Tensor) -> Tensor:
        soft, (textures,), _ = self.search(x, x.flip(3), x)
        return torch.cat([soft, textures], 1)


def make_modules(channels: int) -> dict[str, nn.Module]:
    torch.manual_seed(0)
    modules: dict[str, nn.Module] = {
        "pyramid": PyramidAttention(channels, levels=2),
        "sparse": NonLocalSparseAttention(channels, chunk_size=6, hashes=2, reduction=1),
        "efficient": EfficientNonLocalAttention(channels, reduction=1, features=6),
        "transfer": Transferred(),
    }
    for pairwise in AFFINITIES:
        block = NonLocalBlock(channels, pairwise=pairwise, pooling=True)  # type: ignore[arg-type]
        nn.init.normal_(block.W.weight)  # type: ignore[arg-type]  # starts as the identity
        modules[pairwise] = block
    return modules


NAMES = sorted(make_modules(2))


def features(channels: int, height: int, width: int, **kind: Any) -> Tensor:
    return torch.randn(
        2, channels, height, width, generator=torch.Generator().manual_seed(1), **kind
    )


@pytest.mark.parametrize("name", NAMES)
def test_gradients_equal_finite_differences_in_float64(name: str) -> None:
    module = make_modules(2)[name].double()
    x = features(2, 3, 4, dtype=torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(module, (x,))
    parameters = tuple(module.parameters())
    if parameters:
        names = [key for key, _ in module.named_parameters()]

        def call(*values: Tensor) -> Any:
            state = dict(zip(names, values, strict=True))
            return torch.func.functional_call(module, state, (x.detach(),))

        assert torch.autograd.gradcheck(call, parameters, fast_mode=True)


@pytest.mark.parametrize("name", NAMES)
def test_float64_and_bfloat16_give_their_own_type_and_about_the_same_values(name: str) -> None:
    module, x = make_modules(8)[name].eval(), features(8, 9, 10)
    with torch.no_grad():
        expected = module(x)
        precise = module.double()(x.double())
        coarse = module.bfloat16()(x.bfloat16())
    assert (precise.dtype, coarse.dtype) == (torch.float64, torch.bfloat16)
    torch.testing.assert_close(precise.float(), expected, atol=1e-5, rtol=1e-5)
    # Rounded features may hash or match elsewhere: most pixels agree, not all.
    error = (coarse.float() - expected).abs()
    assert error.quantile(0.75) < 0.05 * expected.abs().max()


@pytest.mark.parametrize("name", NAMES)
def test_samples_of_a_batch_do_not_affect_each_other(name: str) -> None:
    module, x = make_modules(4)[name].eval(), features(4, 7, 5)
    with torch.no_grad():
        alone = torch.cat([module(sample[None]) for sample in x])
        torch.testing.assert_close(module(x), alone, atol=1e-5, rtol=1e-5)


class Largest(TorchDispatchMode):
    """Records the size of the largest tensor that any operation returns."""

    elements = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        result = func(*args, **(kwargs or {}))
        if isinstance(result, Tensor):
            self.elements = max(self.elements, result.numel())
        return result


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("elements", [1 << 6, 1 << 12, 1 << 20])
def test_batches_at_once_equal_samples_in_turn(
    name: str, elements: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, x = make_modules(6)[name].double(), features(6, 9, 11, dtype=torch.float64)
    with torch.no_grad():
        in_turn = module(x)
        for home in ("blocks", "patch"):  # as on a GPU
            monkeypatch.setattr(f"restorer.attention.{home}.in_turn", lambda x: False)
        limit_blocks(monkeypatch, elements)
        torch.testing.assert_close(module(x), in_turn)


class Launches(TorchDispatchMode):
    """Counts operations, each of which a GPU is told to do."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        self.count += not func.is_view
        return func(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", NAMES)
def test_a_batch_takes_as_many_operations_as_a_sample_on_gpus(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for home in ("blocks", "patch"):
        monkeypatch.setattr(f"restorer.attention.{home}.in_turn", lambda x: False)
    module, x = make_modules(6)[name], features(6, 9, 11)
    counts = []
    for batch in (x[:1], x):
        with torch.no_grad(), Launches() as launches:
            module(batch)
        counts.append(launches.count)
    # Views of one sample are copies in a batch, a few in a round of hashes.
    assert counts[0] <= counts[1] < 1.2 * counts[0], counts


def test_blocks_for_gpus_take_few_operations(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = [int(48 * scale) for scale in PyramidAttention(64).scales]
    levels = [
        tuple(torch.empty(1, channels, side, side, device="meta") for channels in (32, 64))
        for side in sides
    ]
    counts = []
    for kind in ("cpu", "cuda"):
        monkeypatch.setitem(SIZES, "cpu", SIZES[kind])
        with torch.no_grad(), Launches() as launches:
            patch_attention(levels[0][0], levels, softmax_scale=10.0, norm_floor=1e-4)
        counts.append(launches.count)
    assert counts[1] < counts[0] / 4, counts  # a 45th at 96 x 96
    assert counts[1] < 300, counts


@pytest.mark.parametrize("name", NAMES)
def test_memory_grows_with_the_pixels_and_not_with_their_square(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    limit_blocks(monkeypatch, 1 << 15)
    limit_blocks(monkeypatch, 64, "hashed")
    peaks = []
    with torch.no_grad():
        for side in (16, 32):
            with Largest() as largest:
                make_modules(4)[name](features(4, side, side))
            peaks.append(largest.elements)
    assert peaks[1] < 6 * peaks[0], "four times the pixels, sixteen times the pairs"
    assert peaks[1] < (32 * 32) ** 2 / 8


@pytest.mark.parametrize("name", sorted(set(attention.__all__) - {"TransferredTextures"}))
def test_the_example_of_each_module_runs(name: str) -> None:
    module = importlib.import_module(getattr(attention, name).__module__)
    finder, runner = doctest.DocTestFinder(recurse=False), doctest.DocTestRunner()
    (example,) = finder.find(getattr(module, name), name)
    assert example.examples
    assert runner.run(example).failed == 0


def test_importing_the_operators_does_not_load_torch() -> None:
    code = "import sys, restorer, restorer.attention; print('torch' in sys.modules)"
    result = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    assert result.stdout.strip() == "False"
