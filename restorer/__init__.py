"""Restore photographs with attention networks: super-resolution, denoising and more.

::

    import restorer

    image = restorer.restore("noisy.jpg", "panet-denoise-lite")
    restorer.write(image, "clean.jpg")

    batch = restorer.plan_jobs("in", "out", ["panet-sr-x2-lite"])
    for event in restorer.run_jobs(batch.jobs):
        print(event)

Names are loaded at their first use, so that importing the package is fast; `load`, `restore`
and `run_jobs` load PyTorch.
"""

from __future__ import annotations

import os

import lazy_loader

__version__ = "0.1.0"

# MKL reads this at its first product. Results then do not depend on the number of threads, at no
# cost in time.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
# GNU OpenMP reads this when it is loaded: the number of spins before a waiting thread sleeps. The
# default of 300,000 wastes a few milliseconds in each of thousands of operations while other
# programs use a core; a thirtieth of it suffices on an idle machine. See docs/benchmarks.md. The
# OpenMP libraries of macOS and Windows do not read it; theirs was not measured and is left alone.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# Python that is started in a clone imports this folder in place of the installed package. The
# folders of the other parts then lie beside it.
if not os.path.isdir(os.path.join(__path__[0], "weights")):
    __path__.append(os.path.dirname(__path__[0]))

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
