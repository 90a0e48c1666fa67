"""What the caller asks of a run, and the plan that it is resolved into: plain data that pickles."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from restorer.errors import Cancelled
from restorer.image import Bits

Existing: TypeAlias = Literal["skip", "replace", "number"]
Tiling: TypeAlias = Literal["blend", "chop"]
Context: TypeAlias = Literal["tile", "whole"]
Origin: TypeAlias = Literal["", "given", "file", "estimated"]
OnTick: TypeAlias = Callable[[int, int], None]  # (done, total)


@dataclass(frozen=True)
class Settings:
    """What the caller asks; ``auto`` and None leave the choice to the program.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``.
        precision: ``auto``, ``fp32``, ``bf16``, ``fp16``.
        context: What an attention looks at: the ``tile``, or the ``whole`` picture, so that there
            are no tiles in the result; that can take very long, see `estimate_run`.
        tile: Side of a tile in input pixels; part of the result for attention networks.
        overlap: What neighboring tiles share, in input pixels.
        memory: Bytes that a tile may take, or the feature maps of the whole picture; None takes
            most of what is free.
        tiling: ``blend``, or ``chop`` as the network's authors did in their tests: quarters of
            quarters, cut hard; it knows its own sizes.
        self_ensemble: Whether each tile is the mean over its eight flips and transposes.
        seed: Where all randomness comes from.
        bits: Depth of the result; None keeps the depth of the input.
        dither: Whether rounding to 8 bit is dithered.
        quality: Of JPEG and WebP, 1 to 100.
        existing: What to do where a target exists.
        max_pixels: Larger inputs are refused before they are decoded; None for the built-in budget.
    """

    device: str = "auto"
    precision: str = "auto"
    context: Context = "tile"
    tile: int | None = None
    overlap: int | None = None
    memory: int | None = None
    tiling: Tiling = "blend"
    self_ensemble: bool = False
    seed: int = 0
    bits: Bits | None = None
    dither: bool = False
    quality: int = 95
    existing: Existing = "skip"
    max_pixels: int | None = None


@dataclass(frozen=True)
class Step:
    """One pass of one network.

    Attributes:
        model: Id in the catalog.
        sigma: Noise level on the 0-255 scale for models that are told it; None estimates it.
        strength: 1 takes the network's result, 0 the (resampled) input, between them the mean.
        bayer: Colors of the first two rows of a mosaic, ``rggb`` or so; demosaicing asks for it.
        detail: The strength of fine changes (grain, texture) where it differs from that of coarse
            ones (blotches, blocks); see `restorer.restoration.strength`.
        jpeg_quality: Lowest quality, 1 to 100, that the picture was saved with, for models that are
            told it; None takes it from file and pixels.
    """

    model: str
    sigma: float | None = None
    strength: float = 1.0
    bayer: str | None = None
    detail: float | None = None
    jpeg_quality: int | None = None

    @property
    def shares(self) -> tuple[float, float]:
        """Strength of coarse and of fine changes."""
        return self.strength, self.strength if self.detail is None else self.detail

    @property
    def mixes_input(self) -> bool:
        """Whether the result is mixed with the input: whether a share is below 1."""
        return self.shares != (1, 1)


@dataclass(frozen=True)
class RunPlan:
    """Wishes resolved against model, device and image: it fixes the pixels of one step.

    Attributes:
        sigma: What the network was told of the noise, if it is told that.
        jpeg_quality: What it was told of the compression, if it is told that.
        origin: Where that comes from: the step, the file, the pixels; empty where nothing is told.
        side: Of the tiles; 0 in context ``whole``.
        batch: Tiles that went through the network at once.
    """

    model: str
    device: str
    precision: str
    side: int
    overlap: int
    seed: int
    tiling: Tiling = "blend"
    self_ensemble: bool = False
    sigma: float | None = None
    jpeg_quality: int | None = None
    origin: Origin = ""
    context: Context = "tile"
    batch: int = 1


class CancelToken:
    """A request to stop, checked between tiles; for use from any thread; pickles unset."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def cancel(self) -> None:
        """Ask everybody who holds this token to stop."""
        self._event.set()

    @property
    def cancelled(self) -> bool:
        """Whether somebody asked."""
        return self._event.is_set()

    def check(self) -> None:
        """Raise Cancelled if somebody asked."""
        if self._event.is_set():
            raise Cancelled("stopped by the user")

    def __reduce__(self) -> tuple[Any, ...]:
        """Pickle as a fresh token: events do not cross processes."""
        return (CancelToken, ())
