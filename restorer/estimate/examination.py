"""Examine a picture: content and damage, from a sample of its pixels and from its file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from restorer.estimate.content import content_of, content_statistics
from restorer.estimate.findings import DRAWN, Finding
from restorer.estimate.noise import Rows
from restorer.estimate.noise_bands import noise_bands
from restorer.estimate.noise_kinds import noise_of
from restorer.estimate.samples import strips_of
from restorer.estimate.sharpness import edge_blur
from restorer.formats.exif.capture_info import CaptureInfo

_SMALL = 100_000  # pixels: 365 x 274, a thumbnail
_BLURRED = 0.65  # sigma; pictures that were enlarged twofold have 0.7 and more, sharp ones 0.4
_HIGH_QUALITY = 88  # JPEG quality from which nobody sees the compression
_APART = 3  # by which a quality is lower than that of the last compression, beyond the error
_HIGH_ISO = 800
_SCANNERS = ("scan", "perfection")  # parts of the names of scanners and their programs


@dataclass(frozen=True)
class Findings:
    """What was found.

    Attributes:
        content: What the picture shows.
        damages: Its damage, the strongest first.
    """

    content: Finding
    damages: tuple[Finding, ...]


def examine(
    size: tuple[int, int], rows: Rows, qualities: Sequence[int], capture: CaptureInfo
) -> Findings:
    """Return what is found in a picture that is read a few rows at a time.

    Args:
        size: Height and width.
        rows: Called with (top, bottom): (bottom - top, W, 1 or 3) values, white = 1.
        qualities: Those of its JPEG compressions, the last one first; none without traces of JPEG.
        capture: What its file says of the camera.
    """
    strips = strips_of(size, rows)
    if not strips:
        unknown = Finding("photograph", 0, 0.0, "It is too small to tell.")
        return Findings(unknown, tuple(_smallness(size)))
    quality, blur = min(qualities, default=100), edge_blur(strips)
    content = content_of(content_statistics(strips), quality, blur)
    bands = None if content.kind in DRAWN else noise_bands(strips)
    noise = None if bands is None else noise_of(bands)
    damages: list[Finding] = [] if noise is None else [_with_camera(noise, capture)]
    if quality < _HIGH_QUALITY:
        damages.append(_compression(qualities))
    if noise is None and blur is not None and blur > _BLURRED and content.kind == "photograph":
        damages.append(_softness(blur))
    return Findings(_with_file(content, capture), (*damages, *_smallness(size)))


def _compression(qualities: Sequence[int]) -> Finding:
    """Return the finding on JPEG; the last compression is the first of `qualities`."""
    last, lowest = qualities[0], min(qualities)
    if lowest + _APART < last:
        words = f"It was saved at quality {lowest} and again at {last}."
        return Finding("resaved-jpeg", lowest, 0.9, words)
    return Finding("jpeg", lowest, 0.95, "Its detail has the steps of JPEG in blocks of 8 x 8.")


def _softness(blur: float) -> Finding:
    words = "Even its sharpest edges are wide, as of a picture out of focus or enlarged."
    return Finding("blur", blur, min(1.0, 0.5 + (blur - _BLURRED)), words)


def _smallness(size: tuple[int, int]) -> Iterator[Finding]:
    if size[0] * size[1] < _SMALL:
        count = size[0] * size[1]
        words = f"It has {count:,} {'pixel' if count == 1 else 'pixels'}."
        yield Finding("small", min(size), 1.0, words)


def _with_camera(noise: Finding, capture: CaptureInfo) -> Finding:
    """Return a finding that is surer where the file states a high sensitivity of the sensor."""
    if noise.kind != "camera-noise" or capture.iso is None or capture.iso < _HIGH_ISO:
        return noise
    reason = f"{noise.reason[:-1]}, and the file states ISO {capture.iso:.0f}."
    return replace(noise, confidence=(1 + noise.confidence) / 2, reason=reason)


def _with_file(content: Finding, capture: CaptureInfo) -> Finding:
    """Return the content, surer where the file names a device that agrees with it."""
    device = " ".join((capture.make, capture.model, capture.software)).lower()
    scanner = any(word in device for word in _SCANNERS)
    if content.kind == "scan" and scanner:
        reason = f"{content.reason[:-1]}, and the file names a scanner."
    elif content.kind == "photograph" and capture.model and capture.exposure and not scanner:
        reason = f"{content.reason[:-1]}, and the file names a camera."
    else:
        return content
    return replace(content, confidence=(1 + content.confidence) / 2, reason=reason)
