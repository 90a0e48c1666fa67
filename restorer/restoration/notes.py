"""Notes: what the user should know of the steps that made a result."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from restorer.models.catalog import ModelSpec
from restorer.restoration.chosen import Chosen
from restorer.restoration.source import UNCOMPRESSED
from restorer.restoration.step import StepRun
from restorer.settings import RunPlan

_CLEAN = 96  # lowest quality of a JPEG file in which nobody sees the compression


def step_notes(
    runs: Sequence[StepRun], plans: Sequence[RunPlan], chosen: Chosen | None
) -> tuple[str, ...]:
    """Return what was chosen, then notes on the damage, the tiles and what models invent.

    Args:
        runs: The steps as they ran at last.
        plans: Their plans, with the damage that the networks were conditioned on.
        chosen: What was chosen in place of `auto`.
    """
    return (
        *(chosen.notes if chosen else ()),
        *_damage_notes(plans),
        *(run.note for run in runs if run.note),
        *_kind_notes(run.spec for run in runs),
    )


def is_generative(runs: Iterable[StepRun]) -> bool:
    """Whether a model of the steps invents texture."""
    return any(run.spec.kind == "generative" for run in runs)


def _damage_notes(plans: Iterable[RunPlan]) -> tuple[str, ...]:
    """Return notes on the estimated damage: a picture may need no restoration."""
    plans = [plan for plan in plans if plan.origin in ("file", "estimated")]
    qualities = [plan.jpeg_quality for plan in plans]
    notes = tuple(_of_quality(q) for q in qualities if q is not None and q >= _CLEAN)
    clean = any(plan.sigma == 0 for plan in plans)
    return notes + (("no noise was found, as in drawings and text",) if clean else ())


def _kind_notes(specs: Iterable[ModelSpec]) -> tuple[str, ...]:
    """Return a note on each model that invents texture."""
    names = dict.fromkeys(spec.id for spec in specs if spec.kind == "generative")
    return tuple(f"{name} is a generative model: it may have invented texture" for name in names)


def _of_quality(quality: int) -> str:
    if quality == UNCOMPRESSED:
        return "no traces of JPEG compression were found"
    return f"it was saved at JPEG quality {quality}, which leaves no visible traces"
