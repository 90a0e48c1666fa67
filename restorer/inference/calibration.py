"""Stored measurements of models on this machine, readable without PyTorch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from restorer.inference.processor import processor
from restorer.models import kept
from restorer.models.catalog import ModelSpec
from restorer.tiling.plan import round_up

CHECK_SIDE = 96  # of the picture that is measured

_FOLDER = "calibration"
_WORTHWHILE = 1.1  # smallest speedup over one worker that pays for the memory of several
_RATES = "workers"  # the kind of measurement that holds tiles per second


def known_workers(spec: ModelSpec, device: str) -> int:
    """Return the fastest number of workers for a model; 1 before any trial, and on a GPU."""
    rates = _known_rates(spec, device)
    best = max(rates, key=lambda workers: rates[workers], default=1)
    return best if rates and rates[best] > _WORTHWHILE * rates[1] else 1


def known_speed(spec: ModelSpec, device: str, workers: int | None = None) -> float | None:
    """Return the input pixels per second of all workers together; None before any trial.

    For a number of workers that was not tried, the next smaller one counts. ``auto`` is the device
    that it meant when the model was tried.

    Examples:
        >>> speed = restorer.known_speed(restorer.model_spec("panet-sr-x2-lite"), "auto")
        >>> speed is None or speed > 0
        True
    """
    rates = _known_rates(spec, device)
    if not rates:
        return None
    count = workers or known_workers(spec, device)
    tried = max((n for n in rates if n <= count), default=min(rates))
    return rates[tried] * check_side(spec) ** 2


def store_rates(spec: ModelSpec, devices: Iterable[str], rates: Mapping[int, float]) -> None:
    """Keep the tiles per second by number of workers, under all words that choose the device."""
    if spec.weights.sha256:
        for device in devices:
            store(key(spec, device, _RATES), {str(count): rate for count, rate in rates.items()})


def check_side(spec: ModelSpec) -> int:
    """Return the side of the tile that is measured."""
    return round_up(max(CHECK_SIDE, spec.tile.min_side), spec.tile.multiple_of)


def key(spec: ModelSpec, device: str, kind: str, *more: str) -> str:
    """Return the key of a measurement: a hash of the model, this machine, the device and `more`."""
    own = spec.weights.sha256, str(spec.params), processor()
    return kept.key(kind, *own, device, *more)


def load(key: str) -> Any:
    """Return a measurement, which callers must not change; None before it was made."""
    return kept.load(_FOLDER, key)


def store(key: str, value: Any) -> None:
    """Keep a measurement."""
    kept.store(_FOLDER, key, value)


def _known_rates(spec: ModelSpec, device: str) -> dict[int, float]:
    found = load(key(spec, device, _RATES)) if spec.weights.sha256 else None
    return {int(workers): rate for workers, rate in (found or {}).items()}
