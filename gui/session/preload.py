"""Preload: loads the libraries of PyTorch while the other threads go on."""

from __future__ import annotations

import ctypes
import importlib.util
import os
import sys
import threading
from pathlib import Path

_LIBRARIES = {"linux": "libtorch.so", "darwin": "libtorch.dylib"}
_ONE = threading.Lock()  # a second thread would wait in the loader of libraries, with Python's lock


def load_libraries() -> None:
    """Load the shared libraries of PyTorch without holding Python's lock.

    ``import torch`` holds the lock meanwhile, which stops the window for 0.15 s; afterwards it
    finds them loaded. On Windows PyTorch itself does so. What goes wrong here is left to the
    import, which reports it.
    """
    name = _LIBRARIES.get(sys.platform)
    spec = None if "torch" in sys.modules else importlib.util.find_spec("torch")
    if name is None or spec is None or spec.origin is None:
        return
    path = Path(spec.origin).with_name("lib") / name
    if not path.exists():
        return
    with _ONE:  # `ctypes.CDLL(path)` would hold the lock; calls of C functions do not
        ctypes.CDLL(None).dlopen(os.fsencode(path), os.RTLD_LAZY | os.RTLD_LOCAL)
