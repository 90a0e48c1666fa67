"""Pace: the mean time per file of a queue, and what it says about the rest."""

from __future__ import annotations

import time

FIRST_GUESS = 0.2  # files that must be done before the time left can be estimated


class Pace:
    """The mean time per file, measured while the queue runs."""

    def __init__(self) -> None:
        self._started: float | None = None
        self._seconds = 0.0
        self._files = 0

    def start(self) -> None:
        """Begin to measure."""
        self._started = time.monotonic()

    def stop(self) -> None:
        """End measuring, until the next start."""
        self._seconds, self._started = self._worked(), None

    def count(self, files: int) -> None:
        """Count files that have ended."""
        self._files += files

    def left(self, files: float, parts: float) -> float | None:
        """Return the time left in seconds for `files`; `parts` of files at work are done already.

        None before there is enough to measure.
        """
        done = self._files + parts
        if self._started is None or done < FIRST_GUESS:
            return None
        return self._worked() / done * files

    def _worked(self) -> float:
        running = 0.0 if self._started is None else time.monotonic() - self._started
        return self._seconds + running
