"""What `auto` gains, and what the best choice by hand would: PSNR to the truth of damaged pictures.

python tests/benchmarks/auto.py --data DIR [--limit N] [--real DIR ...] [--page PAGE]

The pictures are those of ``diagnosis.py``, of the half that no threshold was chosen on. They are
looked at as a whole, and restored in a square near their upper left corner. The choices by hand are
nothing, each model that repairs, and the repair of JPEG before each way of denoising. With
``--real``, the names of pictures without truth are printed with what is done to them.
"""

from __future__ import annotations

import argparse
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from diagnosis import Case, all_cases
from page import fill

import restorer
from restorer import Image, Region, Settings, Source, Step
from restorer.training.degrade import Bytes

DENOISE, CAMERA, DEBLOCK = "panet-denoise-lite", "panet-denoise-photo-lite", "panet-deblock-lite"
BY_HAND = ((), (DENOISE,), (CAMERA,), (DEBLOCK,), (DEBLOCK, DENOISE), (DEBLOCK, CAMERA))
PLACE = Region(24, 24, 96, 96)  # within one tile, so that a picture takes seconds
SETTINGS = Settings(tile=160, overlap=16, device="cpu", precision="fp32")
NEAR = 0.3  # dB: a choice that is no worse than the best one by more is right
SAME = 60.0  # dB of equal pixels, so that means are finite
UNTOUCHED = 48.0


@dataclass(frozen=True)
class Outcome:
    """What `auto` made of a picture, in dB to its truth.

    Attributes:
        models: What it chose.
        before: The picture itself.
        after: The result.
        best: The best choice by hand.
        best_models: That choice.
        kept: The result to the picture itself.
    """

    models: tuple[str, ...]
    before: float
    after: float
    best: float
    best_models: tuple[str, ...]
    kept: float

    @property
    def right(self) -> bool:
        """Whether the choice is as good as the best one."""
        return self.after >= self.best - NEAR


def main() -> None:
    """Print a table, and put it into a page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--limit", type=int, default=6, help="number of photographs")
    parser.add_argument("--real", type=Path, nargs="*", default=())
    parser.add_argument("--page", type=Path)
    parser.add_argument("--verbose", action="store_true", help="print each outcome")
    options = parser.parse_args()
    found: dict[str, list[Outcome]] = defaultdict(list)
    for name, case in chosen_cases(options.data, options.limit):
        outcome = restored(case)
        found[case.group].append(outcome)
        if options.verbose:
            print(f"{name}, {case.group}: {'' if outcome.right else '!'} {outcome}", flush=True)
    text = "\n".join(table(found))
    print(text)
    if options.page:
        fill(options.page, "auto", text)
    for path in (path for folder in options.real for path in sorted(folder.iterdir())):
        chosen = restorer.choose_steps(Step("auto"), Source(restorer.read(path)), Settings())
        print(f"{path.name}: {chosen.found}: {', '.join(s.model for s in chosen.steps)}")


def chosen_cases(data: Path, limit: int) -> Iterator[tuple[str, Case]]:
    """Yield one picture of each group and photograph whose truth is known."""
    seen = set()
    for name, case in all_cases(data, "test", limit):
        if case.truth is not None and (name, case.group) not in seen:
            seen.add((name, case.group))
            yield name, case


def restored(case: Case) -> Outcome:
    """Restore a part of a picture by `auto`, and by all choices by hand."""
    assert case.truth is not None, "chosen so"
    source = Source(Image(np.ascontiguousarray(case.pixels)))
    truth, given = PLACE.of(case.truth), PLACE.of(case.pixels)
    scores = {models: score(truth, made(source, models)) for models in BY_HAND}
    steps = restorer.choose_steps(Step("auto"), source, SETTINGS).steps
    result = made(source, steps)
    best = max(scores, key=lambda models: scores[models])
    return Outcome(
        tuple(step.model for step in steps),
        scores[()],
        score(truth, result),
        scores[best],
        best,
        score(given, result),
    )


def made(source: Source, steps: Sequence[Step | str]) -> Bytes:
    """Return a part of a result."""
    if not steps:
        return PLACE.of(source.image.pixels)  # type: ignore[arg-type]  # they are bytes
    pixels = restorer.restore_region(source, list(steps), PLACE, settings=SETTINGS).pixels
    return pixels  # type: ignore[return-value]  # of the picture's depth


def score(first: Bytes, second: Bytes) -> float:
    """Return the PSNR in dB."""
    return min(SAME, restorer.psnr(first, second))


def table(found: Mapping[str, Sequence[Outcome]]) -> Iterator[str]:
    """Yield the lines of the table."""
    yield "| pictures | n | right choice | before | auto | best by hand | worst loss |"
    yield "|---|--:|--:|--:|--:|--:|--:|"
    everything = [outcome for each in found.values() for outcome in each]
    for group, each in [*found.items(), ("**all**", everything)]:
        right, before, after, best = (
            float(np.mean([getattr(outcome, name) for outcome in each]))
            for name in ("right", "before", "after", "best")
        )
        loss = max(0.0, *(outcome.before - outcome.after for outcome in each))
        yield (
            f"| {group} | {len(each)} | {right:.0%} | {before:.2f} | {after:.2f} | {best:.2f}"
            f" | {loss:.2f} |"
        )
    clean = [outcome for outcome in everything if outcome.before == SAME]
    kept = sum(outcome.kept >= UNTOUCHED for outcome in clean)
    yield ""
    yield f"{kept} of {len(clean)} clean pictures came out untouched, within {UNTOUCHED:.0f} dB."


if __name__ == "__main__":
    main()
