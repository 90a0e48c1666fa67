"""The result of an evaluation: scores, means, and a table to print."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from statistics import fmean
from typing import Any

_NONE = "-"  # a model of another scale, or trained for another value


@dataclass(frozen=True)
class Score:
    """The quality and time of one image restored by one method.

    Attributes:
        folder: Folder of the clean image; empty for images in memory.
        image: File name of the clean image, or its position.
        method: Name of the model, or a baseline.
        protocol: A key of `PROTOCOLS`, or ``pairs``.
        setting: The degradation, as in the column heading of a table.
        psnr: PSNR in dB; infinity for a perfect result.
        ssim: Structural similarity.
        seconds: Time of the restoration, without opening the model.
        megapixels: Size of the degraded image.
    """

    folder: str
    image: str
    method: str
    protocol: str
    setting: str
    psnr: float
    ssim: float
    seconds: float
    megapixels: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON, which has no infinity: the PSNR is None instead."""
        return {**asdict(self), "psnr": _finite(self.psnr)}


@dataclass(frozen=True)
class MeanScore:
    """The mean over the images of one folder.

    Attributes:
        images: Number of images.
        seconds_per_megapixel: Time per million pixels of the degraded images.
    """

    folder: str
    method: str
    setting: str
    images: int
    psnr: float
    ssim: float
    seconds_per_megapixel: float

    def to_dict(self) -> dict[str, Any]:
        """Return the fields for JSON, which has no infinity: the PSNR is None instead."""
        return {**asdict(self), "psnr": _finite(self.psnr)}


@dataclass(frozen=True)
class EvaluationTable:
    """The scores of an evaluation; `str` gives a table for each folder.

    Attributes:
        title: Degradation and comparison, in one line.
        methods: Row headings, baselines first.
        settings: Column headings.
        scores: The score of each image, method and setting.
    """

    title: str
    methods: tuple[str, ...]
    settings: tuple[str, ...]
    scores: tuple[Score, ...]

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders of the clean images, in the order given."""
        return tuple(dict.fromkeys(score.folder for score in self.scores))

    def means(self) -> list[MeanScore]:
        """Return the means by folder, method and setting; combinations without scores lack."""
        found = []
        for folder in self.folders:
            for method in self.methods:
                for setting in self.settings:
                    key = (folder, method, setting)
                    own = [s for s in self.scores if (s.folder, s.method, s.setting) == key]
                    if own:
                        found.append(_mean(own))
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return everything in plain types, for JSON or a data frame."""
        return {
            "title": self.title,
            "methods": list(self.methods),
            "settings": list(self.settings),
            "means": [mean.to_dict() for mean in self.means()],
            "scores": [score.to_dict() for score in self.scores],
        }

    def __str__(self) -> str:
        """Return a table of mean PSNR / SSIM for each folder."""
        return "\n\n".join(map(self._table, self.folders))

    def _table(self, folder: str) -> str:
        own = [score for score in self.scores if score.folder == folder]
        cells = {
            (mean.method, mean.setting): f"{mean.psnr:.2f} / {mean.ssim:.4f}"
            for mean in self.means()
            if mean.folder == folder
        }
        rows = [("method", *self.settings, "s/megapixel")]
        for method in self.methods:
            scores = [score for score in own if score.method == method]
            time = f"{_seconds_per_megapixel(scores):.2f}" if scores else _NONE
            rows.append((method, *(cells.get((method, s), _NONE) for s in self.settings), time))
        count = len({score.image for score in own})
        where = folder or "images in memory"
        return f"{where}: {count} image{'s' * (count > 1)}, {self.title}\n{_aligned(rows)}"


def _mean(scores: Sequence[Score]) -> MeanScore:
    first = scores[0]
    return MeanScore(
        first.folder,
        first.method,
        first.setting,
        len(scores),
        fmean(s.psnr for s in scores),
        fmean(s.ssim for s in scores),
        _seconds_per_megapixel(scores),
    )


def _seconds_per_megapixel(scores: Sequence[Score]) -> float:
    return sum(s.seconds for s in scores) / sum(s.megapixels for s in scores)


def _aligned(rows: Sequence[Sequence[str]]) -> str:
    """Return lines with aligned columns: the first to the left, figures to the right."""
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for first, *others in rows:
        cells = [cell.rjust(width) for cell, width in zip(others, widths[1:], strict=True)]
        lines.append("  ".join([first.ljust(widths[0]), *cells]))
    return "\n".join(lines)


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
