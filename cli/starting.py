"""Garbage collection while PyTorch is loaded, and at the end: it would find nothing, slowly."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collector_paused() -> Iterator[None]:
    """Load modules without collecting garbage, and never look at what they made again.

    PyTorch makes 200,000 objects that stay: to collect garbage takes a fifth of the time of its
    import, and a tenth of a second each time later.
    """
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        if was_enabled:
            gc.enable()
