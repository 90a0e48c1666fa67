"""The schedule of a training run: its learning rate and its end, by iterations or by time."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass, field

from restorer.training.recipe import Recipe

_ENDLESS = 1 << 40  # iterations


@dataclass(frozen=True)
class Schedule:
    """A linear rise of the learning rate, then half a cosine down to a hundredth.

    Attributes:
        recipe: The recipe.
        minutes: Time of the iterations, checkpoints included, in place of their number; with it,
            the learning rate follows the clock.
        spent: Seconds that earlier runs of the same training took.
    """

    recipe: Recipe
    minutes: float | None = None
    spent: float = 0.0
    began: float = field(default_factory=time.monotonic)

    def seconds(self) -> float:
        """Return the time of all runs so far."""
        return self.spent + time.monotonic() - self.began

    def steps(self, done: int) -> range:
        """Return the numbers of the iterations that may follow the first `done`."""
        if self.minutes is None:
            return range(done, self.recipe.iterations)
        return range(done, done if self.ends(done) else _ENDLESS)

    def ends(self, done: int) -> bool:
        """Return whether the training is over after `done` iterations."""
        if self.minutes is None:
            return done == self.recipe.iterations
        return self.seconds() >= 60 * self.minutes

    def rate(self, step: int) -> float:
        """Return the learning rate of an iteration."""
        warmup, peak = self.recipe.warmup, self.recipe.learning_rate
        if step < warmup:
            return peak * (step + 1) / warmup
        done = self._done(step)
        if self.minutes is None:
            done = (step - warmup) / max(1, self.recipe.iterations - warmup)
        return peak * (0.01 + 0.99 * (1 + math.cos(math.pi * done)) / 2)

    def exact(self, step: int) -> bool:
        """Return whether an iteration runs entirely in float32."""
        return self._done(step) >= 1 - self.recipe.precise_share

    def _done(self, step: int) -> float:
        """Return the share of the training before an iteration."""
        if self.minutes is None:
            return step / self.recipe.iterations
        return min(1.0, self.seconds() / (60 * self.minutes))
