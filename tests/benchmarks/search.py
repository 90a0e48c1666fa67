"""Time, memory and agreement of the patch searches.

python tests/benchmarks/search.py                            blockwise against plain
python tests/benchmarks/search.py PHOTO REFERENCE            coarse-to-fine against exact
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import torch
import torch.nn.functional as F
from memory import peak_bytes
from torch import Tensor

from restorer.attention.coarse import search_agreement, search_coarse_to_fine
from restorer.attention.transfer import search
from restorer.formats import read
from restorer.networks.ttsr import LTE

CHANNELS = 256
ROUNDS = 5
FORMS = {  # query and key sizes
    "plain": ((64, 64), (64, 64)),
    "blockwise": ((64, 64), (64, 64)),
    "blockwise, large": ((256, 256), (256, 256)),
    "coarse-to-fine, large": ((256, 256), (256, 256)),
    "coarse-to-fine, 3 and 12 megapixels": ((384, 512), (768, 1024)),
}
# (factor, candidates, radius)
OPTIONS = ((4, 1, 2), (4, 4, 2), (4, 16, 2), (4, 64, 2), (8, 16, 4))
SIDES = (512, 768)  # sides of the crops of photograph and reference


def plain_search(query: Tensor, key: Tensor) -> tuple[Tensor, Tensor]:
    """The published form: normalized patches, the whole score matrix, its maximum."""
    queries = F.normalize(F.unfold(query, 3, padding=1), dim=1)
    keys = F.normalize(F.unfold(key, 3, padding=1), dim=1)
    score, index = torch.bmm(keys.mT, queries).max(1)
    return index, score


def measure(form: str) -> tuple[float, int]:
    """Return the median seconds and the peak memory beyond the features."""
    size, key_size = FORMS[form]
    torch.manual_seed(0)
    query, key = (torch.randn(1, CHANNELS, *s) for s in (size, key_size))
    find = {"plain": plain_search, "blockwise": search, "coarse-to-fine": search_coarse_to_fine}[
        form.split(",")[0]
    ]
    times = []

    def call() -> None:
        start = time.process_time()
        find(query, key)
        times.append(time.process_time() - start)

    extra = peak_bytes(call) >> 20
    for _ in range(0 if "," in form else ROUNDS):
        call()
    return statistics.median(times), extra


def compare_with_plain() -> None:
    print("| search | queries | keys | s | MiB beyond the features |")
    print("|---|---|---|---|---|")
    for form, sizes in FORMS.items():
        code = [sys.executable, __file__, form]
        result = subprocess.run(code, capture_output=True, text=True, check=True).stdout.split()
        shown = " | ".join(f"{h}x{w}" for h, w in sizes)
        print(f"| {form} | {shown} | {float(result[0]):.3g} | {result[1]} |", flush=True)


def compare_with_exact(photo: Path, reference: Path) -> None:
    features = [level_3(path, side) for path, side in zip((photo, reference), SIDES, strict=True)]
    seconds, (index, score) = timed(partial(search, *features))
    print("| factor | candidates | radius | s | same patch | mean cosine | lost |")
    print("|---|---|---|---|---|---|---|")
    print(f"| exact | - | - | {seconds:.2f} | 100 % | {score.mean():.4f} | 0 |")
    for factor, candidates, radius in OPTIONS:
        find = partial(search_coarse_to_fine, factor=factor, candidates=candidates, radius=radius)
        seconds, (found, _) = timed(partial(find, *features))
        sample = search_agreement(*features, found, samples=2048)
        same = (found == index).double().mean()
        print(
            f"| {factor} | {candidates} | {radius} | {seconds:.2f} | {same:.0%}"
            f" (sample: {sample.same:.0%}) | {sample.score:.4f} | {sample.loss:.4f} |",
            flush=True,
        )


def level_3(path: Path, side: int) -> Tensor:
    """Return the features of a central crop made as coarse as an input, by random weights."""
    torch.manual_seed(0)
    pixels = torch.from_numpy(read(path).pixels).movedim(2, 0)[None, :3]
    top, left = ((n - side) // 2 for n in pixels.shape[2:])
    crop = pixels[:, :, top : top + side, left : left + side]
    small = F.interpolate(crop, scale_factor=1 / 4, mode="bicubic", antialias=True)
    features: Tensor = LTE()(F.interpolate(small, scale_factor=4, mode="bicubic")).lv3
    return features


def timed(call: Callable[[], tuple[Tensor, Tensor]]) -> tuple[float, tuple[Tensor, Tensor]]:
    start = time.process_time()
    result = call()
    return time.process_time() - start, result


if __name__ == "__main__":
    torch.set_num_threads(1)
    with torch.inference_mode():
        if len(sys.argv) == 1:
            compare_with_plain()
        elif len(sys.argv) == 2:
            print(*measure(sys.argv[1]))
        else:
            compare_with_exact(Path(sys.argv[1]), Path(sys.argv[2]))
