"""Checks and figures of one GPU, in less than ten minutes.

python tests/benchmarks/card.py                        writes its table into docs/benchmarks.md
python tests/benchmarks/card.py --device cpu --small   tries the script, and writes nothing

A check that fails is a line of the table, and the exit code is 1.
"""

from __future__ import annotations

import argparse
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from unittest.mock import patch

import numpy as np
import torch
from page import fill
from PIL import Image as PilImage
from torch import Tensor, nn
from torch.utils.flop_counter import FlopCounterMode

import restorer
from restorer.attention import (
    NonLocalBlock,
    NonLocalSparseAttention,
    block_sizes,
    blocks,
    dense,
    sparse,
    tiled,
    windows,
)
from restorer.attention.pyramid import PyramidAttention
from restorer.inference.autotune import check_picture
from restorer.inference.devices import DTYPES, Precision, machine_of, number_format
from restorer.inference.predictor import Predictor
from restorer.models.checkpoint import load_state
from restorer.networks import ENLCN, NLSN, PAEDSR
from restorer.tiling.plan import plan_tiles

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
sys.path.append(str(HERE.parent))  # for the helpers of the tests

from helpers import golden_weights, load_golden  # noqa: E402  found by the line above

ENLARGE, DENOISE = "panet-sr-x2-lite", "panet-denoise-lite"
Row = tuple[str, str]
ROUNDS = 5


@dataclass(frozen=True)
class Card:
    """What is measured, and how large."""

    device: str
    small: bool

    @property
    def formats(self) -> list[Precision]:
        """The number formats that are compared."""
        return ["fp32", "tf32", "bf16"] if self.device.startswith("cuda") else ["fp32"]

    def of(self, usual: int, small: int) -> int:
        """Return a size."""
        return small if self.small else usual

    def wait(self) -> None:
        """Wait until the device has done all that it was told."""
        if self.device.startswith("cuda"):
            torch.cuda.synchronize(self.device)

    def seconds(self, call: Callable[[], object]) -> float:
        """Return the median time of a call after one that warms up."""
        times = []
        for number in range(1 + self.of(ROUNDS, 1)):
            self.wait()
            start = time.perf_counter()
            call()
            self.wait()
            if number:
                times.append(time.perf_counter() - start)
        return statistics.median(times)


def goldens(card: Card) -> Iterator[Row]:
    """Compare networks with the outputs of their authors, in float32 and in TF32."""
    for case, make in (("panet_sr_x2", PAEDSR), ("enlcn_x2", ENLCN), ("nlsn_x2", NLSN)):
        description, tensors = load_golden(case)
        given = description["ctor"]
        options = {"scale": given["scale"][0], "blocks": given["n_resblocks"]}
        if make is NLSN:
            options |= {"chunk_size": given["chunk_size"], "hashes": given["n_hashes"]}
        network: nn.Module = make(channels=given["n_feats"], **options)  # type: ignore[arg-type]
        load_state(network, golden_weights(tensors))
        network = network.to(card.device).eval()
        expected = tensors.get("out/y_recompute_a", tensors["out/y_a"])
        drawn = sparse.draw_rotations
        sparse.draw_rotations = lambda seed, index, shape, device, own=tensors: own[  # type: ignore[misc,assignment]
            f"in/rot_a_{index}"
        ].to(device)
        for precision in card.formats[:2]:
            with torch.inference_mode(), number_format(card.device, precision):
                found = network(tensors["in/x_a"].to(card.device)).cpu()
            error, allowed = float((found - expected).abs().max()), description["atol"]["y_a"]
            verdict = "within" if error <= allowed else "**beyond**"
            yield f"golden {case}, {precision}", f"error {error:.1e}, {verdict} {allowed:.0e}"
            assert precision != "fp32" or error <= allowed, f"{case} in fp32: {error:.1e}"
        sparse.draw_rotations = drawn


def in_place(card: Card) -> Iterator[Row]:
    """Check operators that write over their own input, or into views."""
    scores = torch.randn(64, 5000, device=card.device)
    expected = scores.softmax(-1)
    torch.softmax(scores, -1, out=scores)
    assert torch.equal(scores, expected), "softmax with out= on its own input"
    a, b = torch.randn(2, 40, 7, device=card.device), torch.randn(2, 7, 30, device=card.device)
    buffer = torch.zeros(2, 50, 30, device=card.device)
    view = buffer[:, 5:45].view(2, 8, 5, 30)
    with number_format(card.device, "fp32"):
        torch.matmul(a, b, out=view.flatten(1, 2))
        product = (a.double() @ b.double()).float()
    assert torch.allclose(view.flatten(1, 2), product, atol=1e-5), "matmul into a view"
    rows, index = torch.randn(50, 6), torch.randint(50, (200, 9))
    bag = partial(nn.functional.embedding_bag, mode="sum")
    own = bag(index.to(card.device), rows.to(card.device)).cpu()
    assert torch.allclose(own, bag(index, rows), atol=1e-5), "embedding_bag"
    yield "softmax, matrix product and embedding_bag in place", "right"


def attention(card: Card) -> Iterator[Row]:
    """Compare the blocks for CPUs with those for GPUs, in one pyramid attention."""
    side = card.of(96, 24)
    module = PyramidAttention(64).to(card.device).eval()
    x = torch.randn(1, 64, side, side, device=card.device)
    kind = "cuda" if card.device.startswith("cuda") else "cpu"
    results, times = [], []
    with (
        torch.inference_mode(),
        number_format(card.device, "fp32"),
        patch.object(tiled, "_has_kernels", return_value=False),
    ):
        for sizes in (block_sizes.SIZES["cpu"], block_sizes.SIZES["cuda"]):
            with patch.dict(block_sizes.SIZES, {kind: sizes}):
                results.append(module(x))
                times.append(card.seconds(lambda: module(x)))
    error = float((results[0] - results[1]).abs().max() / results[0].abs().max())
    assert error < 1e-4, f"blocks of two sizes differ by {error:.1e}"
    yield (
        f"pyramid attention {side} x {side}, 64 channels",
        compared(times, "in blocks for CPUs", "in its own"),
    )


def kernels(card: Card) -> Iterator[Row]:
    """Compare the Triton kernels of patch attention with strips, in the shapes of the networks."""
    side, batch = card.of(96, 16), card.of(144, 2)
    shapes = (
        ("PANet", PyramidAttention(64), 1, side, "fp32"),
        ("PANet", PyramidAttention(64), 1, side, "bf16"),
        ("PA-EDSR", PyramidAttention(256, reduction=8), 1, side, "fp32"),
        ("the included networks", PyramidAttention(32, levels=3), batch, 26, "fp32"),
    )
    for name, module, count, side, precision in shapes:
        module = module.to(card.device).eval()
        x = torch.randn(count, module.conv_assembly[0].in_channels, side, side, device=card.device)
        words = f"attention of {name}, {count} of {side} x {side}, {precision}"
        if not tiled._has_kernels(x.device, DTYPES[precision]):  # type: ignore[index]
            yield words, "**no kernels**" if card.device.startswith("cuda") else "no kernels"
            continue
        results, times = [], []
        with torch.inference_mode(), number_format(card.device, precision):  # type: ignore[arg-type]
            for fused in (False, True):
                with patch.object(tiled, "_has_kernels", return_value=fused):
                    results.append(module(x))
                    times.append(card.seconds(partial(module, x)))
        error = float((results[0] - results[1]).abs().max() / results[0].abs().max())
        yield words, compared(times, "in strips", "in kernels") + f", error {error:.1e}"
        assert error < (1e-4 if precision == "fp32" else 0.02), f"kernels differ by {error:.1e}"


def softmax(card: Card) -> Iterator[Row]:
    """Compare PyTorch's attention with blocks of ours, with and without gradients."""
    side = card.of(128, 24)
    block = NonLocalBlock(64).to(card.device).eval()
    nn.init.normal_(block.W.weight, std=0.1)  # type: ignore[arg-type]  # zero at first
    x = torch.randn(1, 64, side, side, device=card.device)
    results, times = [], []

    def learn() -> Tensor:
        block.zero_grad()
        block(x).square().mean().backward()
        return block.theta.weight.grad.clone()  # type: ignore[union-attr,operator,return-value]

    for form in (lambda *rows: False, dense._fuses):
        with number_format(card.device, "fp32"), patch.object(dense, "_fuses", form):
            with torch.no_grad():
                results.append([block(x)])
                times.append([card.seconds(lambda: block(x))])
            results[-1].append(learn())
            times[-1].append(card.seconds(learn))
    for number, words in enumerate(("", " with gradients")):
        plain, fused = (each[number] for each in results)
        error = float((plain - fused).abs().max() / plain.abs().max())
        yield (
            f"non-local block {side} x {side}, 64 channels{words}",
            compared([each[number] for each in times], "in blocks", "by PyTorch")
            + f", error {error:.1e}",
        )
        assert error < 1e-3, f"PyTorch's attention differs by {error:.1e}"


def at_once(card: Card) -> Iterator[Row]:
    """Compare windows and samples at once with one after the other."""
    side, count = card.of(416, 216), card.of(16, 2)
    network = restorer.load(ENLARGE, device=card.device, precision="fp32").network
    channels = card.of(256, 16)
    hashed = NonLocalSparseAttention(channels).to(card.device).eval()
    picture = torch.rand(1, 3, side, side, device=card.device)
    features = torch.randn(count, channels, *2 * [card.of(192, 24)], device=card.device)
    for words, call, home in (
        (f"{ENLARGE}, windows of a tile of {side}", partial(network, picture), windows),
        (f"attention of NLSN, {count} of {features.shape[3]}", partial(hashed, features), blocks),
    ):
        results, times = [], []
        for in_turn in (True, False):
            with (
                torch.inference_mode(),
                number_format(card.device, "fp32"),
                patch.object(home, "in_turn", return_value=in_turn),
            ):
                results.append(call())
                times.append(card.seconds(call))
        # A pixel between two buckets may be hashed to the other one: the mean is small.
        error = float((results[0] - results[1]).abs().mean())
        yield words, compared(times, "one by one", "at once") + f", mean error {error:.1e}"
        assert error < 1e-4, f"{words} differ by {error:.1e}"


def graphs(card: Card) -> Iterator[Row]:
    """Measure what a CUDA graph of the network would gain; the program has none."""
    for count in dict.fromkeys((1, card.of(16, 2))):
        predictor = restorer.load(ENLARGE, device=card.device, precision="fp32")
        side = card.of(predictor.spec.tile.side, 32)
        x = torch.rand(count, 3, side, side, device=card.device)
        forward, words = partial(predictor.network, x), f"{ENLARGE}, {count} tiles of {side}"
        if not card.device.startswith("cuda"):
            yield words, "no graphs"
            continue
        with torch.inference_mode(), number_format(card.device, "fp32"):
            expected, seconds = forward(), card.seconds(forward)
            graph = torch.cuda.CUDAGraph()
            with torch.cuda.graph(graph):
                result = forward()
            times = [seconds, card.seconds(graph.replay)]
        error = float((result - expected).abs().max())
        yield words, compared(times, "as it is", "as a graph") + f", error {error:.1e}"


def compared(times: list[float], plain: str, fast: str) -> str:
    """Return two times and their ratio in words."""
    return (
        f"{times[0] * 1e3:.2f} ms {plain}, {times[1] * 1e3:.2f} ms {fast}:"
        f" {times[0] / times[1]:.1f}x"
    )


def tiles(card: Card) -> Iterator[Row]:
    """Run a lite network one tile at a time, and 16 at a time."""
    most = card.of(16, 2)
    for precision in card.formats:
        predictor = restorer.load(ENLARGE, device=card.device, precision=precision)
        side = card.of(predictor.spec.tile.side, 32)
        planes = np.tile(check_picture(side), (1, most, 1))
        plan = plan_tiles(planes.shape[:2], predictor.spec.tile, side=side, overlap=0)
        pixels = planes[..., 0].size / 1e6
        run = partial(predictor.run, planes, plan)
        rates = [
            pixels / card.seconds(partial(run, batch=batch)) for batch in dict.fromkeys((1, most))
        ]
        yield (
            f"{ENLARGE}, tiles of {side}, {precision}",
            f"{rates[0]:.3g} megapixels/s one by one, {rates[-1]:.3g} by {most}",
        )


def peak_share(card: Card) -> Iterator[Row]:
    """Compare the arithmetic of a network with the largest matrix product of this machine."""
    side, batch, length = card.of(192, 32), card.of(16, 1), card.of(8192, 256)
    for precision in card.formats:
        predictor = restorer.load(ENLARGE, device=card.device, precision=precision)
        x = torch.rand(batch, 3, side, side, device=card.device)
        x = x.contiguous(memory_format=torch.channels_last)
        square = torch.randn(length, length, device=card.device, dtype=DTYPES[precision])

        def forward(predictor: Predictor = predictor, x: Tensor = x) -> object:
            return predictor.network(x, seed=0)

        counter = FlopCounterMode(display=False)
        with torch.inference_mode(), number_format(card.device, precision):
            with counter:
                forward()
            ours = counter.get_total_flops() / card.seconds(forward)
            best = 2 * length**3 / card.seconds(lambda square=square: square @ square)  # type: ignore[misc]
        yield (
            f"{ENLARGE}, {batch} tiles of {side} without copies, {precision}",
            f"{ours / 1e12:.3g} TFLOP/s, {ours / best:.0%} of a matrix product ({best / 1e12:.3g})",
        )


def trials(card: Card) -> Iterator[Row]:
    """Let the program choose the precision, as `restore doctor` does."""
    for trial in restorer.try_precisions(restorer.model_spec(DENOISE), card.device):
        yield (
            f"{DENOISE}, {trial.precision} against fp32",
            f"{trial.psnr:.1f} dB, {trial.speedup:.1f}x as fast",
        )


def whole_picture(card: Card) -> Iterator[Row]:
    """Restore a picture of 12 megapixels."""
    image = picture(card)
    for model in (DENOISE, ENLARGE):
        plans: list[restorer.RunPlan] = []
        step = restorer.Step(model, sigma=15) if model == DENOISE else restorer.Step(model)
        whole = restorer.Region(0, 0, image.height, image.width)
        run = partial(
            restorer.restore_region,
            image,
            step,
            whole,
            settings=restorer.Settings(device=card.device),
            on_plans=plans.extend,
        )
        seconds = card.seconds(run)
        plan = plans[-1]
        yield (
            f"{model}, {image.height * image.width / 1e6:.1f} megapixels end to end",
            f"{seconds:.2f} s ({plan.precision}, tiles of {plan.side}, {plan.batch} at once)",
        )


def lack_of_memory(card: Card) -> Iterator[Row]:
    """Restore a picture in plenty of memory, then in little of it, with the same plan."""
    image = picture(card)
    predictor = restorer.load(ENLARGE, device=card.device, precision="fp32")
    settings = restorer.Settings(device=card.device, memory=card.of(8 << 30, 1 << 30))
    plans: list[restorer.RunPlan] = []
    whole = restorer.Region(0, 0, image.height, image.width)
    run = partial(
        restorer.restore_region, image, predictor, whole, settings=settings, on_plans=plans.extend
    )
    expected = run()
    handle = None
    if card.device.startswith("cuda"):
        total = torch.cuda.get_device_properties(card.device).total_memory
        torch.cuda.empty_cache()
        taken = torch.cuda.memory_reserved(card.device)
        torch.cuda.set_per_process_memory_fraction((taken + (1 << 30)) / total, card.device)
    else:
        raised = iter([torch.OutOfMemoryError("injected")])

        def fail(*_: object) -> None:
            for error in raised:
                raise error

        handle = predictor.network.register_forward_pre_hook(fail)
    try:
        found = run()
    finally:
        if handle is not None:
            handle.remove()
        else:
            torch.cuda.set_per_process_memory_fraction(1.0, card.device)
    first, last = plans[0], plans[-1]
    error = restorer.psnr(found.pixels, expected.pixels)
    yield (
        "lack of memory",
        f"{first.batch} tiles of {first.side} became {last.batch} of {last.side}; {error:.1f} dB",
    )
    assert (last.batch, last.side) != (first.batch, first.side), "nothing ran out of memory"
    assert error > 45, f"{error:.1f} dB to the result in plenty of memory"


def training(card: Card) -> Iterator[Row]:
    """Train the lite network for 200 steps."""
    steps = card.of(200, 3)
    recipe = restorer.read_recipe(ENLARGE)
    recipe = replace(recipe, model="card", iterations=steps, checkpoint_every=steps)
    if card.small:
        recipe = replace(recipe, batch=2, patch=24)
    with tempfile.TemporaryDirectory() as scratch:
        photographs = Path(scratch) / "photographs"
        photographs.mkdir()
        for number in range(card.of(16, 3)):
            pixels = np.rot90((check_picture(card.of(768, 160)) * 255).astype(np.uint8), number)
            PilImage.fromarray(np.roll(pixels, 10 * number, 1)).save(photographs / f"{number}.png")
        start, seconds = 0.0, 0.0
        reports = restorer.train(recipe, photographs, Path(scratch) / "out", device=card.device)
        for report in reports:
            if report.step == max(1, steps // 10):  # the first ones prepare libraries
                card.wait()
                start = time.perf_counter()
            if report.step == steps - 1:  # the last one validates
                card.wait()
                seconds = time.perf_counter() - start
    rate = (steps - 1 - max(1, steps // 10)) / seconds
    yield (
        f"training {ENLARGE}, batches of {recipe.batch} patches of {recipe.patch}",
        f"{rate:.1f} iterations/s, loss {report.loss:.4f}",
    )


def picture(card: Card) -> restorer.Image:
    """Return a picture of 12 megapixels."""
    part = (check_picture(card.of(1000, 80)) * 255).astype(np.uint8)
    rows, columns = (3, 4) if not card.small else (1, 2)
    return restorer.Image(np.ascontiguousarray(np.tile(part, (rows, columns, 1))))


CHECKS = (
    goldens,
    in_place,
    attention,
    kernels,
    softmax,
    at_once,
    graphs,
    tiles,
    peak_share,
    trials,
    whole_picture,
    lack_of_memory,
    training,
)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--small", action="store_true", help="tiny sizes; writes nothing")
    parser.add_argument("--only", help="the name of one check; writes nothing")
    options = parser.parse_args()
    device = "cuda:0" if options.device == "cuda" else options.device
    card = Card(device, options.small)
    lines = [f"| check | {machine_of(device)} |", "|---|---|"]
    failed, start = 0, time.perf_counter()
    for check in CHECKS:
        if options.only not in (None, check.__name__):
            continue
        torch.manual_seed(0)
        try:
            lines += [f"| {what} | {found} |" for what, found in check(card)]
        except Exception as error:  # noqa: BLE001  the other checks are worth their time
            failed += 1
            words = f"{type(error).__name__}: {error}".splitlines()[0].replace("|", "/")
            lines.append(f"| {check.__name__} | **failed**: {words} |")
        seconds = time.perf_counter() - start
        print(f"{check.__name__}: done after {seconds:.0f} s", file=sys.stderr, flush=True)
    print("\n".join(lines))
    if not options.small and options.only is None:
        fill(PAGE, "card", "\n".join(lines))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
