"""Step: one run of one network, with its options."""

from __future__ import annotations

from dataclasses import dataclass

from restorer.settings.kinds import Choice, Integer, Number
from restorer.settings.options import Checked, option


@dataclass(frozen=True)
class Step(Checked):
    """One run of one network; its options are checked like those of `Settings`.

    Attributes:
        model: Id in the catalog. ``auto`` repairs the damage of the picture, and enlarges it if a
            scale is given; ``auto-sr`` only enlarges it, with the model that suits its damage.
        sigma: Noise level on the 0-255 scale for models conditioned on it; None estimates it.
        strength: Share of the network's change that is applied: 1 gives the network's result, 0 the
            (resampled) input.
        bayer: Colors of the first two rows of a mosaic, such as ``rggb``, for demosaicing.
        detail: Strength of fine changes (grain, texture), if it differs from that of coarse ones
            (blotches, blocks); see `restorer.restoration.strength`.
        jpeg_quality: Lowest JPEG quality, 1 to 100, with which the picture was saved, for models
            conditioned on it; None takes it from the file or estimates it.
        denoise: For models with a twin that keeps noise: 1 removes the most noise, 0 keeps the
            most; the weights of the two networks are interpolated. None means 1, the weights of the
            model itself.
        scale: Factor of enlargement for ``auto`` and ``auto-sr``; other models have their own.
    """

    model: str
    sigma: float | None = option(
        None,
        Number(0),
        "Noise level for denoising, on the 0-255 scale; auto estimates it.",
        metavar="0-75|auto",
        auto="auto",
        usual="auto",
        front=Number(0, 75),
        conditional=True,
    )
    strength: float = option(
        1.0,
        Number(0, 1),
        "Share of the model's change that is applied: 1 is the full effect, 0 is none.",
        metavar="0..1",
    )
    bayer: str | None = option(
        None,
        Choice({"rggb": "", "grbg": "", "gbrg": "", "bggr": ""}),
        "Colors of the first two rows of a mosaic.",
        usual="those of the model",
        mosaic=True,
    )
    detail: float | None = option(
        None,
        Number(0, 1),
        "Strength of fine changes (grain, texture); --strength then applies to coarse ones"
        " (blotches, blocks).",
        metavar="0..1",
        usual="the general strength",
    )
    jpeg_quality: int | None = option(
        None,
        Integer(1, 100),
        "Lowest JPEG quality with which the picture was saved, for deblocking; auto takes it from"
        " the file or estimates it.",
        title="JPEG quality",
        metavar="1-100|auto",
        auto="auto",
        usual="auto",
        conditional=True,
    )
    denoise: float | None = option(
        None,
        Number(0, 1),
        "For models with a twin that keeps noise: 1 removes the most noise, 0 keeps the most.",
        metavar="0..1",
        usual="1",
        twin=True,
    )
    scale: int | None = None

    @property
    def shares(self) -> tuple[float, float]:
        """Strength of coarse and of fine changes."""
        return self.strength, self.strength if self.detail is None else self.detail

    @property
    def mixes_input(self) -> bool:
        """Whether the result is mixed with the input: whether a share is below 1."""
        return self.shares != (1, 1)
