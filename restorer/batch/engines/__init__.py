"""The table of engines, which run many jobs in different ways with the same results.

Another engine is a module and a row. Modules are imported when a run needs them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol, cast

from restorer.errors import SettingsError

if TYPE_CHECKING:  # the command line reads the table for its help, without numpy
    from restorer.batch.control import RunControl
    from restorer.batch.jobs import Event, Job


class Engine(Protocol):
    """A way to run jobs; that of a cluster takes an `address`, too, and None for `workers`."""

    def __call__(
        self, jobs: Iterable[Job], *, workers: Any, control: RunControl, **cluster: Any
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
        default_workers: The function that maps a device to the default number of workers, likewise;
            empty for the number that was measured for threads.
        extra: The optional dependencies of this package that the engine needs.
        cluster: Whether it runs on the machines of a cluster: it takes an `address`, chooses the
            number of workers, and its devices are those of the cluster.
    """

    target: str
    help: str
    default_workers: str = ""
    extra: str = ""
    cluster: bool = False

    def load(self) -> Engine:
        """Return the engine. Raises SettingsError where its dependencies are not installed."""
        return cast(Engine, self._load(self.target))

    def count_workers(self, device: str) -> int | None:
        """Return the default number of workers on a device; None for the measured one."""
        if not self.default_workers:
            return None
        return cast(Callable[[str], int], self._load(self.default_workers))(device)

    def _load(self, target: str) -> Any:
        module, _, name = target.partition(":")
        try:
            return getattr(import_module(module), name)
        except ImportError as error:
            if not self.extra:
                raise
            raise SettingsError(f"{error}; install restorer[{self.extra}]") from error


ENGINES: dict[str, EngineRow] = {
    "local": EngineRow("restorer.batch.engines.local:run", "threads on this machine"),
    "processes": EngineRow(
        "restorer.batch.engines.processes:run",
        "processes, which survive a crash of one",
        default_workers="restorer.batch.engines.processes:default_workers",
    ),
    "ray": EngineRow(
        "restorer.batch.engines.cluster.run:run",
        "processes on the machines of a Ray cluster",
        extra="cluster",
        cluster=True,
    ),
    "serial": EngineRow("restorer.batch.engines.serial:run", "one job after another"),
}
