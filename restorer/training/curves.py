"""Plot training curves; requires matplotlib (extra ``bench``)."""

from __future__ import annotations

import json
from pathlib import Path

from restorer.training.state import LOG


def draw_curves(folder: Path) -> Path:
    """Plot loss and validation PSNR from ``log.jsonl``; return the path of ``curves.png``."""
    from matplotlib.figure import Figure

    lines = [json.loads(line) for line in (folder / LOG).read_text("utf-8").splitlines()]
    steps = [line["step"] for line in lines]
    figure = Figure(figsize=(8, 4), layout="constrained")
    loss, quality = figure.subplots(1, 2)
    loss.plot(steps, [line["loss"] for line in lines])
    loss.set(xlabel="iterations", ylabel="L1", yscale="log")
    quality.plot(steps, [line["validation_psnr"] for line in lines])
    quality.set(xlabel="iterations", ylabel="validation PSNR (dB)")
    target = folder / "curves.png"
    figure.savefig(target)
    return target
