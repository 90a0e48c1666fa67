"""Trainings for some minutes each, and their results beside the included models.

python tests/benchmarks/training.py RECIPE... --data PHOTOGRAPHS --test DIR... [--minutes 10]
[--device cuda] [--batch 64] [--learning-rate 1e-3] [--every 2000] [--out runs]

All that a machine lent for minutes has to do, in one command. The recipes share the minutes. The
same command again continues each training, and only evaluates those that have had their time; take
the results of teachers along (OUT/RECIPE/teacher), which a CPU makes beforehand. DIR are folders of
clean images that were not used for training. The tables are also written as JSON.
"""

from __future__ import annotations

import argparse
import json
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import torch

from restorer import Settings, evaluate, list_models
from restorer.training.loop import train
from restorer.training.recipe import Recipe, read_recipe


def run(recipe: Recipe, out: Path, options: argparse.Namespace, minutes: float) -> None:
    """Train, and print the reports of the checkpoints."""
    began = time.monotonic()
    reports = train(
        recipe,
        options.data,
        out,
        device=options.device,
        workers=options.workers,
        compiled=options.device.startswith("cuda"),
        minutes=minutes,
        on_note=print,
    )
    for report in reports:
        if report.validation_psnr is not None:
            pace = report.step / report.seconds
            print(
                f"{recipe.model}: iteration {report.step} after {report.seconds:.0f} s ({pace:.1f}"
                f" a second in this run), loss {report.loss:.4f},"
                f" validation {report.validation_psnr:.2f} dB",
                flush=True,
            )
    print(f"{recipe.model}: {time.monotonic() - began:.0f} s with all preparations", flush=True)


def compare(recipe: Recipe, out: Path, options: argparse.Namespace) -> None:
    """Print the figures of each network beside those of the included model of its name."""
    included = {spec.id for spec in list_models()}
    settings = Settings(device=options.device, precision="fp32")
    for member in recipe.members():
        models: dict[str, Any] = {"trained": out / f"{member.model}.safetensors"}
        if member.model in included:
            models["included"] = member.model
        task = member.degrade().task
        table = evaluate(models, options.test, task=task, baselines=False, settings=settings)
        print(f"{member.model}\n{table}", flush=True)
        (out / f"{member.model}.json").write_text(json.dumps(table.to_dict(), indent=1), "utf-8")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("recipe", nargs="+")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--test", type=Path, action="append", required=True)
    parser.add_argument("--minutes", type=float, default=10)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--workers", type=int, default=0)
    parser.add_argument("--batch", type=int)
    parser.add_argument("--learning-rate", type=float)
    parser.add_argument("--every", type=int, default=2000, help="iterations between checkpoints")
    parser.add_argument("--out", type=Path, default=Path("runs"))
    options = parser.parse_args()
    changes = {"batch": options.batch, "learning_rate": options.learning_rate}
    given = {key: value for key, value in changes.items() if value is not None}
    for name in options.recipe:
        recipe = replace(read_recipe(name), checkpoint_every=options.every, **given)
        out = options.out / Path(name).stem
        run(recipe, out, options, options.minutes / len(options.recipe))
        compare(recipe, out, options)


if __name__ == "__main__":
    main()
