"""Startup: what the window loads and looks for when it opens, in the threads of workers."""

from __future__ import annotations

import gc

import numpy as np

import restorer  # attributes load torch at first use, not when the window opens
from restorer import AUTO, Image, list_models

from .preload import load_libraries
from .worker import Gate

_SMALL_SIDE = 64  # pixels
_MEASURED = "panet-denoise-lite"  # whose speed scales the times of models that were not measured


def survey() -> tuple[frozenset[str], tuple[str, ...]]:
    """Return the ids of the usable models, and the devices."""
    load_libraries()
    usable = frozenset(spec.id for spec in list_models() if restorer.verify_weights(spec) == "ok")
    return usable, tuple(restorer.available_devices())


def prepare(gate: Gate) -> None:
    """Load what the first preview takes: PyTorch, and the networks that repair most pictures.

    A small noisy picture then starts the libraries, which takes a fifth of a second; not where a
    preview already waits to do so, which holds the gate.

    Garbage is not collected meanwhile, and collections leave out all that is there by then: they
    would stop the window for a tenth of a second each.
    """
    gc.disable()
    try:
        load_libraries()
        restorer.check_steps(AUTO)
    finally:
        if not gc.get_freeze_count():
            gc.freeze()
        gc.enable()
    if not gate.is_free:
        return
    noise = np.random.default_rng(0).integers(90, 160, (_SMALL_SIDE, _SMALL_SIDE, 3), np.uint8)
    restorer.restore(Image(noise), AUTO)


def calibrate() -> None:
    """Measure the speed of this machine, unless that is known; takes a second or a few."""
    spec = restorer.model_spec(_MEASURED)
    if restorer.known_speed(spec, "auto") is None:
        restorer.try_workers(spec, restorer.load(_MEASURED).device)
