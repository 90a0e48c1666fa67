"""Colors by code points of ITU-T H.273, as PNG (cICP), AVIF and HEIC (nclx), and JPEG XL have."""

from __future__ import annotations

from restorer.formats.color.hdr_transfer import NAMES, WHITE
from restorer.formats.color.matrix import (
    LINEAR_CURVE,
    P3_CHROMATICITIES,
    REC2020_CHROMATICITIES,
    SRGB_CHROMATICITIES,
    SRGB_CURVE,
    matrix_profile,
)

UNSPECIFIED = 2
BT709_PRIMARIES, SRGB_TRANSFER = 1, 13

# Code points with name, chromaticities or tone curve. BT.2100 is HDR.
_PRIMARIES = {
    BT709_PRIMARIES: ("sRGB", SRGB_CHROMATICITIES),
    5: ("BT.601 PAL", (0.3127, 0.3290, 0.64, 0.33, 0.29, 0.60, 0.15, 0.06)),
    6: ("BT.601 NTSC", (0.3127, 0.3290, 0.63, 0.34, 0.31, 0.595, 0.155, 0.07)),
    9: ("BT.2020", REC2020_CHROMATICITIES),
    12: ("Display P3", P3_CHROMATICITIES),
}
_BT709 = (1 / 0.45, 1 / 1.099, 0.099 / 1.099, 1 / 4.5, 0.081)
_CURVES: dict[int, tuple[str, tuple[float, ...]]] = {
    **dict.fromkeys((1, 6, 14, 15), ("BT.709 curve", _BT709)),
    4: ("gamma 2.2", (2.2,)),
    5: ("gamma 2.8", (2.8,)),
    8: ("linear", (1.0,)),
    SRGB_TRANSFER: ("", SRGB_CURVE),
}
_DCI = 17


def is_known(primaries: int, transfer: int) -> bool:
    """Whether `coded_profile` returns what the code points mean."""
    return primaries in _PRIMARIES and (transfer in _CURVES or is_hdr(transfer))


def is_hdr(transfer: int) -> bool:
    """Whether pixels must go through `to_light` of `hdr_transfer`."""
    return transfer in NAMES


def coded_profile(
    primaries: int, transfer: int, where: str, *, gray: bool
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the ICC profile that known code points mean, None for sRGB, and notes.

    That of PQ and HLG describes the linear light to which the pixels are to be decoded.

    Args:
        primaries: Code point of the primaries.
        transfer: Code point of the tone curve.
        where: What states them, such as ``cICP``.
        gray: Whether the pixels are gray.
    """
    if is_hdr(transfer):
        return _light(*_PRIMARIES[primaries], transfer, gray=gray)
    (space, places), (tone, curve) = _PRIMARIES[primaries], _CURVES[transfer]
    if transfer == SRGB_TRANSFER and (gray or primaries == BT709_PRIMARIES):
        return None, ()
    return _profile(space, places, tone, curve, where, gray=gray)


def described_profile(
    chromaticities: tuple[float, ...], transfer: int, gamma: float, where: str, *, gray: bool
) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the ICC profile of white, primaries and a tone curve, None for sRGB, and notes.

    Args:
        chromaticities: x, y of white, red, green and blue.
        transfer: Code point of the tone curve; 0 for a gamma.
        gamma: Exponent by which linear values are encoded.
        where: What states them, such as ``JPEG XL``.
        gray: Whether the pixels are gray.
    """
    for primaries, (_, places) in _PRIMARIES.items():
        if places == chromaticities and is_known(primaries, transfer):
            return coded_profile(primaries, transfer, where, gray=gray)
    if is_hdr(transfer):
        return _light("custom primaries", chromaticities, transfer, gray=gray)
    if transfer in _CURVES:
        tone, curve = _CURVES[transfer]
    elif transfer == _DCI or gamma > 0:
        exponent = 2.6 if transfer == _DCI else 1 / gamma
        tone, curve = f"gamma {exponent:.3g}", (exponent,)
    else:
        return None, (f"the tone curve {transfer} of the {where} is not known and was left out",)
    found = [name for name, places in _PRIMARIES.values() if places == chromaticities]
    try:
        return _profile(
            [*found, "custom primaries"][0], chromaticities, tone, curve, where, gray=gray
        )
    except (ValueError, ArithmeticError):
        return None, (f"the colors of the {where} make no sense and were left out",)


def _profile(
    space: str,
    places: tuple[float, ...],
    tone: str,
    curve: tuple[float, ...],
    where: str,
    *,
    gray: bool,
) -> tuple[bytes, tuple[str, ...]]:
    name = ", ".join(filter(None, ("gray" if gray else space, tone)))
    profile = matrix_profile(name, places, curve, gray=gray)
    return profile, (f"the {where} color description ({name}) was turned into an ICC profile",)


def _light(
    space: str, places: tuple[float, ...], transfer: int, *, gray: bool
) -> tuple[bytes, tuple[str, ...]]:
    """Return a linear profile, and a note."""
    profile = matrix_profile(f"{space}, linear", places, LINEAR_CURVE, gray=gray)
    return profile, (
        f"{NAMES[transfer]} was decoded to linear light, in which {WHITE:.0f} cd/m² are white",
    )
