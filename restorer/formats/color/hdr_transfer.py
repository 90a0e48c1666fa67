"""PQ and HLG, the transfer functions of HDR pictures (ITU-R BT.2100), decoded to linear light."""

from __future__ import annotations

from typing import Any

import numpy as np

from restorer.image import FloatArray

NAMES = {16: "PQ", 18: "HLG"}  # by code points of ITU-T H.273
WHITE = 203.0  # cd/m2 of diffuse white, BT.2408

_PQ = 16
_PQ_PEAK = 10_000.0
_M1, _M2 = 2610 / 16384, 2523 / 4096 * 128
_C1, _C2, _C3 = 3424 / 4096, 2413 / 4096 * 32, 2392 / 4096 * 32
# HLG on a display of 1000 cd/m2, for which its system gamma is 1.2.
_HLG_PEAK, _HLG_GAMMA = 1000.0, 1.2
_A, _B, _C = 0.17883277, 0.28466892, 0.55991073
_LUMINANCE = np.array([0.2627, 0.6780, 0.0593], np.float32)  # of the primaries of BT.2020
_BAND = 256  # rows that are converted at once


def to_light(pixels: Any, transfer: int) -> FloatArray:
    """Return encoded (H, W, C) pixels as linear float32, with diffuse white at 1; alpha stays."""
    top = np.float32(1 if pixels.dtype.kind == "f" else np.iinfo(pixels.dtype).max)
    values: FloatArray = pixels.astype(np.float32) / top
    colors = values[..., : values.shape[2] - (values.shape[2] in (2, 4))]
    decode = _pq if transfer == _PQ else _hlg
    for start in range(0, len(colors), _BAND):
        colors[start : start + _BAND] = decode(colors[start : start + _BAND])
    return values


def _pq(encoded: FloatArray) -> Any:
    power = np.clip(encoded, 0, 1) ** np.float32(1 / _M2)
    ratio = np.maximum(power - _C1, 0) / (_C2 - _C3 * power)
    return ratio ** np.float32(1 / _M1) * np.float32(_PQ_PEAK / WHITE)


def _hlg(encoded: FloatArray) -> Any:
    values = np.clip(encoded, 0, 1)
    scene = np.where(values <= 0.5, values**2 / 3, (np.exp((values - _C) / _A) + _B) / 12)
    luminance = scene @ _LUMINANCE if scene.shape[2] == 3 else scene[..., 0]
    gain = np.maximum(luminance, 1e-6) ** np.float32(_HLG_GAMMA - 1)
    return scene * gain[..., None] * np.float32(_HLG_PEAK / WHITE)
