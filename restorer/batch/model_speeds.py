"""ModelSpeeds: how long the models of a batch take on this machine, if measured."""

from __future__ import annotations

from restorer.batch.jobs import Job
from restorer.inference.calibration import known_speed
from restorer.models.catalog import ModelSpec, model_spec
from restorer.restoration.chosen import Chosen, expected_specs
from restorer.restoration.timing import computed_pixels
from restorer.settings import Settings


class ModelSpeeds:
    """What the models of jobs were measured to do on this machine.

    Args:
        workers: How many images go through networks at a time; None takes the measured number.

    Attributes:
        unmeasured: The ids of the models whose speed was asked for and is not known.
    """

    def __init__(self, workers: int | None) -> None:
        self.unmeasured: set[str] = set()
        self._workers = workers
        self._specs: dict[object, tuple[ModelSpec, ...]] = {}
        self._speeds: dict[tuple[str, str], float | None] = {}

    def specs(self, job: Job) -> tuple[ModelSpec, ...]:
        """Return the models of the steps."""
        if job.steps not in self._specs:
            self._specs[job.steps] = tuple(expected_specs(job.steps))
        return self._specs[job.steps]

    def seconds(self, job: Job, size: tuple[int, int], chosen: Chosen | None) -> float | None:
        """Return the time for a picture of `size`; None where it is not known."""
        if job.settings.context != "tile":
            return None
        total: float | None = 0.0
        specs = self.specs(job) if chosen is None else expected_specs(chosen.steps)
        for spec in specs:
            if spec.base:  # enlarges first; its tiles count pixels of the result
                total = self._added(total, model_spec(spec.base), job.settings, size)
                size = size[0] * spec.scale, size[1] * spec.scale
            total = self._added(total, spec, job.settings, size)
            if not spec.base:
                size = size[0] * spec.scale, size[1] * spec.scale
        return total

    def _added(
        self, total: float | None, spec: ModelSpec, settings: Settings, size: tuple[int, int]
    ) -> float | None:
        key = spec.id, settings.device
        if key not in self._speeds:
            self._speeds[key] = known_speed(spec, settings.device, self._workers)
        speed = self._speeds[key]
        if speed is None:
            self.unmeasured.add(spec.id)
        pixels = computed_pixels(spec, size, settings)
        return None if total is None or speed is None else total + pixels / speed
