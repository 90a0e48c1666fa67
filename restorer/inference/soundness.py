"""Check results, and compute again what a number format or a device got wrong."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from restorer.errors import InvalidOutputError
from restorer.image import FloatArray
from restorer.inference.consistency import excess_of
from restorer.inference.devices import number_format
from restorer.inference.memory import fitting
from restorer.inference.model import LoadedModel
from restorer.inference.pipeline import to_device, to_host

log = logging.getLogger(__name__)

# White noise of sigma 75 that was clipped at black shifts the mean of a tile by 0.12.
_MOST_DRIFT = 0.2
_NOT_FINITE = "a tile is NaN or infinity"


def start_sound(model: LoadedModel, values: FloatArray, seed: int) -> Callable[[], Tensor]:
    """Start to restore tiles; an unsound result is computed again in float32, then on a CPU.

    It is unsound if it is not finite, or has other colors than the input beyond what any damage
    explains: number formats and devices fail. Colors that the network changes in float32 on a
    CPU, too, are its own.
    """
    restored, check = forward(model, values, seed)
    checked = to_host(check)

    def finish() -> Tensor:
        words = _fault(checked())
        if not words:
            return restored
        return _again(model, values, seed, words, restored)

    return finish


def forward(model: LoadedModel, values: FloatArray, seed: int) -> tuple[Tensor, Tensor]:
    """Map (N, H, W, C) to (N, H * scale, W * scale, C') and a check, both on the device.

    The check is whether all values are finite, and the drift of the colors: the largest mean
    over a tile, white 1, by which the blocks of the result differ from those of the input; 0
    for models that may change colors.
    """
    count, height, width = values.shape[:3]
    what = f"{model.spec.id}: {'a tile' if count == 1 else f'{count} tiles'} of {width} x {height}"
    with fitting(model.device, what), torch.inference_mode():
        # The values are in channels-last order already.
        x = to_device(values, model.device).permute(0, 3, 1, 2)
        with number_format(model.device, model.precision):
            y: Tensor = model.network(x * model.spec.peak, seed=seed).float() / model.spec.peak
        colors = slice(model.spec.channels)
        excess = excess_of(x[:, colors], y[:, colors]) if model.checks_colors else None
        y = model.finished(x, y, excess)
        drift = y.new_zeros(()) if excess is None else excess.abs().mean((1, 2, 3)).max()
        return y.permute(0, 2, 3, 1), torch.stack([torch.isfinite(y).all().to(y.dtype), drift])


def _again(
    model: LoadedModel, values: FloatArray, seed: int, words: str, restored: Tensor
) -> Tensor:
    """Return the result of tiles where the model's own, `restored`, is unsound."""
    device, before = restored.device, model
    for other in _fallbacks(model):
        found = f"{words} in {before.precision} on {before.device}"
        where = f"{other.precision} on {other.device}"
        log.warning("%s: %s; computing it in %s", model.spec.id, found, where)
        restored, check = forward(other, values, seed)
        words, before = _fault(check.cpu().numpy()), other
        if not words:
            break
    if words == _NOT_FINITE:
        found = f"{words} in {before.precision} on {before.device}"
        raise InvalidOutputError(f"{model.spec.id}: {found}")
    return restored.to(device)


def _fallbacks(model: LoadedModel) -> Iterator[LoadedModel]:
    if model.precision != "fp32":
        yield model.at("fp32")
    if model.device != "cpu":
        yield model.on_cpu()


def _fault(check: NDArray[np.float32]) -> str:
    """Return what is wrong with tiles by their check (`forward`); empty for nothing."""
    finite, drift = check
    if not finite:
        return _NOT_FINITE
    return "the colors of a tile are wrong" if drift > _MOST_DRIFT else ""
