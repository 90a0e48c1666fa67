"""A network beside other programs: threads that wait with a short spin or the default spin.

python tests/benchmarks/crowded.py [MODEL]

Restores an image of 384x384 pixels on an idle machine and with one busy process per core.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys

SPINS = 10_000, 300_000  # ours, and the default of GNU OpenMP
MODEL = "panet-sr-x2-lite"
RESTORE = """
import sys, time
import numpy as np
from restorer import Image, Step, restore
image = Image(np.random.default_rng(0).integers(0, 256, (384, 384, 3), np.uint8))
for _ in range(5):
    start = time.perf_counter()
    restore(image, Step(sys.argv[1]))
    print(time.perf_counter() - start)
"""


def seconds(model: str, spins: int) -> float:
    """Return the median time of five runs with a spin count."""
    printed = subprocess.run(
        [sys.executable, "-c", RESTORE, model],
        env={**os.environ, "GOMP_SPINCOUNT": str(spins)},
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    ).stdout
    return statistics.median(map(float, printed.split()[1:]))


def main() -> None:
    model = sys.argv[1] if len(sys.argv) > 1 else MODEL
    print("| busy processes | short spin s | default spin s | ratio |")
    print("|---|---|---|---|")
    for count in (0, os.cpu_count() or 1):
        others = [
            subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(count)
        ]
        try:
            short, default = (seconds(model, spins) for spins in SPINS)
        finally:
            for other in others:
                other.kill()
                other.wait()
        print(f"| {count} | {short:.2f} | {default:.2f} | {default / short:.1f}x |")


if __name__ == "__main__":
    main()
