"""The table of engines, the ways to run many jobs; all turn the same jobs into the same results.

Another engine is a module and a row. Modules are imported when a run needs them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Protocol, cast

from restorer.errors import SettingsError

if TYPE_CHECKING:  # the command line reads the table for its help, without numpy
    from restorer.batch.control import RunControl
    from restorer.batch.jobs import Event, Job


class Engine(Protocol):
    """A way to run jobs."""

    def __call__(
        self, jobs: Iterable[Job], *, workers: int, control: RunControl
    ) -> Iterator[Event]:
        """Yield one Started for each job that begins, its Progress, and one Finished for each job.

        Read `jobs` lazily. Turn an exception of one job into its failed result.
        """


@dataclass(frozen=True)
class EngineRow:
    """One engine.

    Attributes:
        target: ``module:function``, imported at first use.
        help: Description for users, a noun phrase.
        extra: The optional dependencies of this package that the engine needs.
    """

    target: str
    help: str
    extra: str = ""

    def load(self) -> Engine:
        """Return the engine. Raises SettingsError where its dependencies are not installed."""
        module, _, name = self.target.partition(":")
        try:
            return cast(Engine, getattr(import_module(module), name))
        except ImportError as error:
            if not self.extra:
                raise
            raise SettingsError(f"{error}; install restorer[{self.extra}]") from error


ENGINES: dict[str, EngineRow] = {
    "local": EngineRow("restorer.batch.engines.local:run", "threads on this machine"),
    "serial": EngineRow("restorer.batch.engines.serial:run", "one job after another"),
}
