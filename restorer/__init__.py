"""Restore photographs: super-resolution and denoising with attention networks, tiled, offline.

::

    import restorer

    image = restorer.read(Path("noisy.jpg"))
    restorer.write(restorer.restore(image, "panet-denoise-lite"), Path("clean.jpg"))

    batch = restorer.plan_jobs(Path("in"), Path("out"), ["panet-sr-x2-lite"])
    for event in restorer.run_jobs(batch.jobs):
        print(event)

Names are loaded at first use, so that importing the package costs nothing; torch comes with
`open_model`, `restore` and `run_jobs`.
"""

from __future__ import annotations

import os

import lazy_loader

__version__ = "0.1.0"

# Read at MKL's first product: pixels then do not depend on the number of threads. It costs no time.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
# Read when GNU OpenMP is loaded: how often a thread that waits for others looks before it sleeps.
# The usual 300,000 is a few milliseconds at each of thousands of operations where other programs
# have a core; a thirtieth of it is enough where they have none. See docs/benchmarks.md.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
