"""The places of a cluster: one actor per GPU or core, as long as there are nodes and jobs."""

from __future__ import annotations

import logging
import math
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import ray
from ray.exceptions import RayActorError, RayError
from ray.util.scheduling_strategies import NodeAffinitySchedulingStrategy

from restorer.batch.control import RunControl
from restorer.batch.engines.attempts import Attempt, Death, converse
from restorer.batch.engines.child import Setup
from restorer.batch.engines.cluster.actor import THREADS, Worker
from restorer.batch.engines.cluster.connection import check_hosts
from restorer.batch.engines.cluster.inspection import Expectation, Finding, expected
from restorer.batch.engines.cluster.pending import Pending
from restorer.batch.engines.threads import Crew
from restorer.batch.jobs import Event, Job
from restorer.batch.memory import POLL_S, SHARE, WORKER_BYTES, MemoryBudget
from restorer.errors import InferenceError, SettingsError

log = logging.getLogger(__name__)

_WATCH_S = 0.5  # between two looks at the nodes
_CHUNK_S = 1.0  # of work; asking for the next chunk takes some milliseconds
_MOST_IN_CHUNK = 64  # files that one death sends back
_MOST_FAILED_STARTS = 3  # on one node
_PATIENCE_S = 30  # without any worker, before a warning


def run_in_places(
    first: Job, jobs: Iterable[Job], workers: int | None, control: RunControl
) -> Iterator[Event]:
    """Run jobs on the cluster to which the program is connected, see `run`; `first` is one."""
    device = first.settings.device
    if device not in ("auto", "cpu", "cuda"):
        raise SettingsError(
            f"device {device!r}: the cluster assigns the GPUs; choose auto, cuda or cpu"
        )
    with expected(first) as wanted:
        try:
            yield from _Places(wanted, device, jobs, workers, control).run()
        except RayError as error:
            raise InferenceError(f"the cluster is lost: {_last_line(error)}") from error


@dataclass(frozen=True)
class _Node:
    """A machine of the cluster.

    Attributes:
        workers: The most actors that it can hold.
        cores: Its cores.
        gpu: Whether each actor has a GPU.
    """

    id: str
    host: str
    workers: int
    cores: int
    gpu: bool

    @classmethod
    def of(cls, entry: Mapping[str, Any], device: str) -> _Node:
        """Return what a row of Ray's table tells, for jobs on a device."""
        found = entry["Resources"]
        gpus, cores = int(found.get("GPU", 0)), int(found.get("CPU", 0))
        gpu = device == "cuda" or (device == "auto" and gpus > 0)
        most = gpus if gpu else min(cores, int(found.get("memory", 0)) // WORKER_BYTES)
        if cores and not gpu:
            most = max(1, most)
        return cls(entry["NodeID"], entry["NodeManagerAddress"], most, cores, gpu)


class _Places:
    """All actors of a run, each served by a thread, and the thread that adds them."""

    def __init__(
        self,
        wanted: Expectation,
        device: str,
        jobs: Iterable[Job],
        workers: int | None,
        control: RunControl,
    ) -> None:
        self._wanted = wanted
        self._device = device
        self._most = workers or sys.maxsize
        self._control = control
        self._crew = Crew(control)
        self._pending = Pending(jobs, control, self._crew)
        self._lock = threading.Lock()
        self._held: Counter[str] = Counter()  # actors by node
        self._failed_starts: Counter[str] = Counter()
        self._failure = ""
        self._budgets: dict[str, MemoryBudget] = {}
        self._first_nodes = {node.id for node in self._nodes()}
        self._idle_since: float | None = time.monotonic()  # None after a warning

    def run(self) -> Iterator[Event]:
        """Yield the events of all jobs."""
        self._crew.add(self._pending.read)
        self._crew.add(self._watch)
        yield from self._crew.events()

    def _watch(self) -> None:
        """Add actors where they are missing, until all jobs have ended."""
        while not self._control.cancelled:
            self._fill(self._nodes())
            if self._pending.wait(_WATCH_S):
                return
        while chunk := self._pending.take(_MOST_IN_CHUNK):  # those that no actor has
            for attempt in chunk:
                self._end_cancelled(attempt)
            self._pending.end(len(chunk))

    def _nodes(self) -> list[_Node]:
        """Return the nodes that can hold actors."""
        alive = [node for node in ray.nodes() if node["Alive"]]
        check_hosts(node["NodeManagerAddress"] for node in alive)
        nodes = [_Node.of(node, self._device) for node in alive]
        return [
            node
            for node in nodes
            if node.workers and self._failed_starts[node.id] < _MOST_FAILED_STARTS
        ]

    def _fill(self, nodes: Sequence[_Node]) -> None:
        with self._lock:
            while self._held.total() < self._most:
                free = [node for node in nodes if self._held[node.id] < node.workers]
                if not free:
                    break
                node = min(free, key=lambda node: self._held[node.id] / node.workers)
                self._held[node.id] += 1
                most = min(node.workers, math.ceil(self._most / len(nodes)))
                self._crew.add(partial(self._work, node, max(1, node.cores // most)))
            if self._held.total():
                return
        if self._failure:
            raise InferenceError(self._failure)
        kind = "GPU" if self._device == "cuda" else "GPU or core"
        if not self._first_nodes:
            raise SettingsError(f"the cluster has no {kind}")
        self._warn(f"the cluster has no {kind} any more; waiting for a node to join")

    def _work(self, node: _Node, threads: int) -> None:
        """Keep one actor on a node at work, until it dies or all jobs have ended."""
        actor = _create(node, threads)
        try:
            found = self._answer(actor.inspect.remote(self._wanted))
            if found is not None and self._admit(node, found):
                memory = self._budget(node, found)
                setup = Setup(
                    threads,
                    logging.getLogger("restorer").getEffectiveLevel(),
                    memory=memory.total * 2,
                    own_memory=memory.total // node.workers,
                    device="" if node.gpu else "cpu",
                )
                ray.get(actor.begin.remote(setup))
                self._feed(_Line(actor), node, found.process, memory)
        except RayActorError as error:
            self._failed_starts[node.id] += 1
            if self._failed_starts[node.id] == _MOST_FAILED_STARTS:
                self._failure = f"{node.host}: workers cannot start there: {_last_line(error)}"
                if self._held.total() > 1:  # else it ends the run
                    log.warning("%s", self._failure)
        except RayError as error:  # an exception there, as of a version without such a module
            self._refuse(node, _last_line(error))
        finally:
            ray.kill(actor)
            with self._lock:
                self._held[node.id] -= 1
                if not self._held.total():
                    self._idle_since = time.monotonic()

    def _answer(self, answer: Any) -> Finding | None:
        """Wait for an actor's first answer; None where no job is left for it."""
        while not ray.wait([answer], timeout=POLL_S)[0]:
            if self._control.cancelled or self._pending.wait(0):
                return None
            self._warn("no worker has started yet; waiting for a free GPU or core of the cluster")
        self._idle_since = None
        return cast(Finding, ray.get(answer))

    def _admit(self, node: _Node, found: Finding) -> bool:
        if not found.requires_token:
            check_hosts([node.host], token=False)
        if found.problem:
            self._refuse(node, found.problem)
            return False
        self._failed_starts[node.id] = 0
        return True

    def _refuse(self, node: _Node, problem: str) -> None:
        """Do without a node; a problem of one that was there at the start ends the run."""
        if node.id in self._first_nodes:
            raise SettingsError(f"machine {node.host}: {problem}")
        if self._failed_starts[node.id] < _MOST_FAILED_STARTS:
            self._failed_starts[node.id] = _MOST_FAILED_STARTS
            log.warning("machine %s takes no part: %s", node.host, problem)

    def _budget(self, node: _Node, found: Finding) -> MemoryBudget:
        """Return the half of a node's budget that is common; its actors share out the other."""
        with self._lock:
            half = MemoryBudget(int(found.free_bytes * SHARE / 2))
            return self._budgets.setdefault(node.id, half)

    def _feed(self, line: _Line, node: _Node, process: int, memory: MemoryBudget) -> None:
        """Give chunks of jobs to an actor; put back what it has when it dies."""
        size = 1
        while chunk := self._pending.take(size):
            attempts = [each for each in chunk if not self._end_cancelled(each)]
            count, start = len(attempts), time.monotonic()
            try:
                converse(line, attempts, self._crew.emit, memory)
            except Death:
                self._put_back(attempts, node, process, alone=count == 1)
                return
            except RayError:  # the actor cannot read a job
                for attempt in attempts:
                    self._pending.put_back(attempt)
                raise
            finally:
                self._pending.end(len(chunk) - len(attempts))
            seconds = max(time.monotonic() - start, 0.001)
            size = max(1, min(_MOST_IN_CHUNK, int(count * _CHUNK_S / seconds)))

    def _put_back(
        self, attempts: Iterable[Attempt], node: _Node, process: int, *, alone: bool
    ) -> None:
        """Let others try the jobs of a dead actor; the one that it ran may have killed it."""
        for attempt in attempts:
            attempt.clean(process)
            last = attempt.cancelled()
            if last is None and (attempt.begun or alone):
                last = attempt.count_death(f"on {node.host}")
            if last is None:
                self._pending.put_back(attempt)
            else:
                self._crew.emit(last)
                self._pending.end(1)

    def _end_cancelled(self, attempt: Attempt) -> bool:
        last = attempt.cancelled()
        if last is not None:
            self._crew.emit(last)
        return last is not None

    def _warn(self, text: str) -> None:
        """Warn, once, where no actor has been at work for some time."""
        with self._lock:
            waited = self._idle_since is not None and time.monotonic() - self._idle_since
            if waited > _PATIENCE_S:
                self._idle_since = None
                log.warning("%s", text)


class _Line:
    """The line to an actor."""

    def __init__(self, actor: Any) -> None:
        self._actor = actor
        self._stream = actor.stream.options(num_returns="streaming").remote()
        self._life = actor.live.remote()
        self._sent: list[Any] = []  # messages whose arrival is not known

    def send(self, messages: Sequence[object]) -> None:
        """Send messages; `receive` notices a death."""
        self._sent.append(self._actor.order.remote(messages))

    def receive(self) -> Iterable[Any]:
        """Return the messages of the actor that come within a moment.

        Raises Death, or the RayError of a job that the actor cannot read.
        """
        try:
            came, _ = ray.wait([self._stream, *self._sent], timeout=POLL_S)
            for answer in came:
                if answer in self._sent:
                    self._sent.remove(answer)
                    ray.get(answer)
            if self._stream in came:
                return cast(Iterable[Any], ray.get(next(self._stream)))
        except RayActorError as error:
            raise Death from error
        return ()

    def check(self) -> None:
        """Raise Death where the actor has died."""
        if ray.wait([self._life], timeout=0)[0]:
            raise Death


def _create(node: _Node, threads: int) -> Any:
    return (
        ray.remote(Worker)
        .options(
            num_cpus=0 if node.gpu else threads,
            num_gpus=1 if node.gpu else 0,
            max_concurrency=THREADS,
            scheduling_strategy=NodeAffinitySchedulingStrategy(node.id, soft=False),
        )
        .remote()
    )


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1]
