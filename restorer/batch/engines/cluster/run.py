"""Run jobs on the machines of a Ray cluster, in actors that hold their models."""

from __future__ import annotations

import importlib.util
import itertools
from collections.abc import Iterable, Iterator

from restorer.batch.control import RunControl
from restorer.batch.jobs import Event, Job

if importlib.util.find_spec("ray") is None:  # it is imported after its environment is set
    raise ImportError("the engine ray needs the package ray")


def run(
    jobs: Iterable[Job], *, workers: int | None, control: RunControl, address: str | None
) -> Iterator[Event]:
    """Run jobs in `workers` actors, or as many as the cluster has GPUs and cores.

    A node with GPUs gets one actor for each, another node one for each core if memory allows; so do
    nodes that join later. An actor gets chunks of jobs that take about a second. One that dies is
    replaced, on a node that is left; the job that it ran, and those that waited for it, are tried
    again one by one; after three deaths the file has failed. Each node has a memory budget of its
    own. When the caller stops iterating, what runs is cancelled and waited for.

    Args:
        jobs: The jobs; all nodes must see their files under the same paths.
        workers: Most actors at a time; None for all that the cluster can hold.
        control: Stops one job or all.
        address: HOST:PORT of a cluster; None takes the one that the program is connected to, or
            starts one on this machine and stops it at the end.

    Raises SettingsError for a cluster that is open to others, and for nodes with another version,
    other weights or other folders than this machine.
    """
    from restorer.batch.engines.cluster.connection import connected

    pending = iter(jobs)
    first = next(pending, None)
    if first is None:
        return
    with connected(address):
        from restorer.batch.engines.cluster.places import run_in_places

        yield from run_in_places(first, itertools.chain([first], pending), workers, control)
