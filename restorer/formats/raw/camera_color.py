"""The colors of cameras: from the matrices and the neutral of a RAW file to XYZ.

Source: Adobe, Digital Negative Specification 1.7.1, chapter 6 "Mapping Camera Color Space to CIE
XYZ Space".
"""

from __future__ import annotations

import json
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from restorer.formats.color.matrix import D50, SRGB_CHROMATICITIES, adaptation, colorants
from restorer.sensor.mosaic import Calibration, CameraColor, Matrix

# Correlated color temperatures in kelvins of the light sources that EXIF numbers.
_KELVINS = {
    **{1: 5500, 2: 4150, 3: 2850, 4: 5500, 9: 5500, 10: 6500, 11: 7500, 12: 6430, 13: 5000},
    **{14: 4150, 15: 3450, 16: 2940, 17: 2850, 18: 4871, 19: 6774, 20: 5500, 21: 6500, 22: 7500},
    **{23: 5000, 24: 3200},
}
BLOCK = "camera color"  # of metadata: the colors of a camera, in which the pixels still are
_START_XY = (0.3457, 0.3585)  # D50
_ROUNDS = 30
_CLOSE = 1e-7


def camera_color(
    calibrations: Sequence[Calibration],
    neutral: Sequence[float],
    balance: Sequence[float] = (1, 1, 1),
    exposure: float = 0.0,
) -> CameraColor:
    """Return the colors of a camera from one calibration, or two that are mixed by temperature.

    Args:
        calibrations: Those with usable matrices.
        neutral: Red, green and blue of a gray object, all positive.
        balance: AnalogBalance.
        exposure: BaselineExposure.

    Raises ValueError or LinAlgError for matrices without an inverse.
    """
    gray = np.asarray(neutral, np.float64)
    gray = gray / gray.max()
    gains = np.diag(np.asarray(balance, np.float64))
    xy = np.array(_START_XY)
    for _ in range(_ROUNDS):
        mixed = _mixed(calibrations, _kelvins(xy))
        to_camera = gains @ mixed.camera @ mixed.color
        white = np.linalg.solve(to_camera, gray)
        if not (white > 0).all():
            raise ValueError("the color matrix gives no white")
        found = white[:2] / white.sum()
        if np.abs(found - xy).max() < _CLOSE:
            break
        xy = found
    if mixed.forward is not None:
        to_xyz = mixed.forward
    else:
        to_xyz = adaptation(white) @ np.linalg.inv(to_camera) @ np.diag(gray)
    scale = D50 / to_xyz.sum(1)  # makers round, and white must not be tinted
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError("the forward matrix gives no white")
    return CameraColor(
        gray, scale[:, None] * to_xyz, exposure, tuple(calibrations), tuple(map(float, balance))
    )


def unknown_color(neutral: Sequence[float]) -> CameraColor:
    """Return colors with the primaries of sRGB, for a camera of which no matrix is known."""
    gray = np.asarray(neutral, np.float64)
    return CameraColor(gray / gray.max(), colorants(SRGB_CHROMATICITIES))


def to_block(color: CameraColor) -> bytes:
    """Return the colors of a camera as a block of metadata."""
    return json.dumps(
        {
            "neutral": color.neutral.tolist(),
            "to_xyz": color.to_xyz.tolist(),
            "exposure": color.exposure,
            "balance": color.balance,
            "calibrations": [
                {
                    "color": each.color.tolist(),
                    "camera": each.camera.tolist(),
                    "forward": None if each.forward is None else each.forward.tolist(),
                    "illuminant": each.illuminant,
                }
                for each in color.calibrations
            ],
        }
    ).encode("ascii")


def from_block(block: bytes) -> CameraColor:
    """Return the inverse of `to_block`."""
    found = json.loads(block)
    calibrations = tuple(
        Calibration(
            np.array(each["color"]),
            np.array(each["camera"]),
            None if each["forward"] is None else np.array(each["forward"]),
            each["illuminant"],
        )
        for each in found["calibrations"]
    )
    neutral, to_xyz = np.array(found["neutral"]), np.array(found["to_xyz"])
    return CameraColor(neutral, to_xyz, found["exposure"], calibrations, tuple(found["balance"]))


def _mixed(calibrations: Sequence[Calibration], kelvins: float) -> Calibration:
    """Interpolate between two calibrations, linearly in the inverse of the temperature."""
    first, *others = calibrations
    if not others:
        return first
    warm, cold = (_KELVINS.get(each.illuminant, 0) for each in calibrations[:2])
    if not warm or not cold or warm == cold:
        return first
    share = float(np.clip((1 / kelvins - 1 / cold) / (1 / warm - 1 / cold), 0, 1))
    second = others[0]

    def mix(one: Matrix, other: Matrix) -> Matrix:
        return share * one + (1 - share) * other

    both = first.forward is not None and second.forward is not None
    forward = mix(first.forward, second.forward) if both else None  # type: ignore[arg-type]
    return Calibration(mix(first.color, second.color), mix(first.camera, second.camera), forward)


def _kelvins(xy: NDArray[np.float64]) -> float:
    """Return the correlated color temperature by the formula of McCamy (1992)."""
    n = (xy[0] - 0.3320) / (0.1858 - xy[1])
    return float(np.clip(449 * n**3 + 3525 * n**2 + 6823.3 * n + 5520.33, 1000, 25_000))
