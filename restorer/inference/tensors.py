"""Check the tensors with which a model is called."""

from __future__ import annotations

from torch import Tensor

from restorer.errors import ImageDataError, SettingsError
from restorer.models.catalog import ModelSpec


def check_tensor(spec: ModelSpec, x: Tensor) -> None:
    """Refuse a tensor that is no batch of float pictures with the channels of the model."""
    expected = f"{spec.id}: expected (N, {spec.channels}, H, W)"
    if x.ndim != 4 or x.shape[1] != spec.channels or 0 in x.shape:
        hint = "; x[None] makes a batch of one" if x.ndim == 3 else ""
        raise ImageDataError(f"{expected}, not {tuple(x.shape)}{hint}")
    if not x.is_floating_point():
        raise ImageDataError(f"{expected} of floats with white 1, not {x.dtype}; x / 255 are some")


def level_of(spec: ModelSpec, sigma: float | None, jpeg_quality: int | None) -> float | None:
    """Return the value of the plane of damage; None for a model without one.

    Raises SettingsError where a value is missing, or the model takes none, or references.
    """
    if not spec.runs_alone or spec.base:
        raise SettingsError(f"{spec.id}: takes reference pictures, which only restore passes on")
    levels = {
        "sigma": None if sigma is None else sigma / 255,
        "jpeg_quality": None if jpeg_quality is None else (100 - jpeg_quality) / 255,
    }
    if spec.condition not in ("", *levels):
        raise SettingsError(f"{spec.id}: takes the noise of camera RAW, which only restore knows")
    level = levels.pop(spec.condition, None)
    if spec.condition and level is None:
        raise SettingsError(f"{spec.id}: takes a level of damage; say {spec.condition}")
    for name, other in levels.items():
        if other is not None:
            raise SettingsError(f"{name}: {spec.id} takes none")
    return level
