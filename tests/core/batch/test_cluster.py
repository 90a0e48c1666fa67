"""The engine for Ray clusters, beyond the contract of every engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import restorer
from restorer import Event, Finished, Job, Progress, RunControl, Settings, Started
from restorer.batch.engines.cluster.connection import check_hosts
from restorer.batch.engines.cluster.inspection import expected, inspect
from restorer.batch.engines.cluster.pending import Pending
from restorer.batch.engines.threads import Crew

from helpers import make_photograph

MODEL = "panet-sr-x2-lite"


@pytest.fixture
def jobs(tmp_path: Path) -> list[Job]:
    for number in range(5):
        restorer.write(restorer.Image(make_photograph(32, 32)), tmp_path / f"in/{number}.png")
    batch = restorer.plan_jobs(
        tmp_path / "in", tmp_path / "out", [MODEL], settings=Settings(tile=16, overlap=8)
    )
    return list(batch.jobs)


def results(events: list[Event]) -> list[str]:
    return [event.result.status for event in events if isinstance(event, Finished)]


@pytest.mark.slow
def test_a_lost_node_loses_no_file_and_a_new_one_takes_part(
    ray_cluster: Any, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    import ray

    from restorer.batch.engines.cluster.places import _Places

    fed, feed, replaced = set[str](), _Places._feed, threading.Event()

    def recorded(places: Any, line: Any, node: Any, *rest: Any) -> None:
        fed.add(node.id)
        feed(places, line, node, *rest)

    def id_of(node: Any) -> str:
        socket = node.plasma_store_socket_name
        return next(n["NodeID"] for n in ray.nodes() if n["ObjectStoreSocketName"] == socket)

    def wait_for(condition: Callable[[], bool]) -> None:
        end = time.monotonic() + 60
        while not condition():
            assert time.monotonic() < end
            time.sleep(0.05)

    def slowly() -> Iterator[Job]:
        yield jobs[0]
        wait_for(lambda: len(fed) == 2)
        yield from jobs[1:3]  # one for each node
        assert replaced.wait(60)
        wait_for(lambda: new in fed)
        yield from jobs[3:]

    monkeypatch.setattr(_Places, "_feed", recorded)
    (lost,) = ray_cluster.worker_nodes
    events = []
    for event in restorer.run_jobs(slowly(), engine="ray", workers=None):
        events.append(event)
        working = isinstance(event, Progress) and event.id in (jobs[1].id, jobs[2].id)
        if working and not replaced.is_set():
            ray_cluster.remove_node(lost, allow_graceful=False)
            new = id_of(ray_cluster.add_node(**ray_cluster.node))
            replaced.set()
    assert results(events) == ["done"] * 5
    started = [event.id for event in events if isinstance(event, Started)]
    assert sorted(started) == sorted(job.id for job in jobs)
    assert sorted(p.name for p in jobs[0].target.parent.iterdir()) == [f"{n}.png" for n in range(5)]


@pytest.mark.slow
def test_a_running_job_is_cancelled_within_a_tile_and_the_others_go_on(
    ray_cluster: Any, jobs: list[Job]
) -> None:
    restorer.write(restorer.Image(make_photograph(128, 128)), jobs[0].source, existing="replace")
    control, events = RunControl(), []
    for event in restorer.run_jobs(jobs[:2], engine="ray", control=control):
        events.append(event)
        if isinstance(event, Progress) and event.phase == "restore" and event.id == jobs[0].id:
            control.cancel(jobs[0].id)
    assert results(events) == ["cancelled", "done"]
    tiles = [e for e in events if isinstance(e, Progress) and e.id == jobs[0].id and e.total]
    assert max(e.done for e in tiles) < tiles[0].total / 2


@pytest.mark.slow
def test_nodes_with_another_version_are_refused(
    ray_cluster: Any, jobs: list[Job], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restorer, "__version__", "0.0.1")
    with pytest.raises(restorer.SettingsError, match=r"127\.0\.0\.1: restorer .* expected 0\.0\.1"):
        list(restorer.run_jobs(jobs, engine="ray"))
    assert not list(jobs[0].target.parent.iterdir())  # the mark is gone, too


@pytest.mark.slow
def test_devices_that_the_cluster_does_not_have_are_refused(
    ray_cluster: Any, jobs: list[Job]
) -> None:
    for device, message in {"cuda:1": "assigns the GPUs", "cuda": "has no GPU"}.items():
        job = replace(jobs[0], settings=replace(jobs[0].settings, device=device))
        with pytest.raises(restorer.SettingsError, match=message):
            list(restorer.run_jobs([job], engine="ray"))


def test_a_machine_tells_what_it_lacks(jobs: list[Job]) -> None:
    with expected(jobs[0]) as wanted:
        assert inspect(wanted).problem == ""
        assert wanted.mark is not None
        elsewhere = wanted.mark.with_name("elsewhere")
        elsewhere.mkdir()
        for change, problem in {
            "version": ({"version": "0.0.1"}, "expected 0.0.1"),
            "weights": ({"weights": {MODEL: "00"}}, "expected 00"),
            "absent": ({"weights": {"nlsn-x2-paper": "00"}}, "nlsn-x2-paper: weights"),
            "input": ({"source": Path("in/absent.png")}, "in: not the folder"),
            "output": ({"mark": elsewhere / wanted.mark.name}, "elsewhere: not the folder"),
        }.values():
            assert problem in inspect(replace(wanted, **change)).problem
    assert [path.name for path in jobs[0].target.parent.iterdir()] == ["elsewhere"]


def test_a_cluster_beyond_loopback_is_refused_without_a_token(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("RAY_AUTH_MODE", "disabled")
    monkeypatch.setenv("RAY_AUTH_TOKEN", "0123")
    check_hosts(["127.0.0.1", "::1"])
    with pytest.raises(restorer.SettingsError, match=r"192\.0\.2\.1: .* RAY_AUTH_MODE=token"):
        check_hosts(["127.0.0.1", "192.0.2.1"])
    job = Job(tmp_path / "a.png", tmp_path / "b.png", (MODEL,))  # type: ignore[arg-type]
    with pytest.raises(
        restorer.SettingsError, match=r"192\.0\.2\.1: anyone who can reach this address"
    ):
        list(restorer.run_jobs([job], engine="ray", address="192.0.2.1:6379"))
    monkeypatch.setenv("RAY_AUTH_MODE", "token")
    check_hosts(["192.0.2.1"])
    with pytest.raises(restorer.SettingsError, match="anyone who can reach"):
        check_hosts(["192.0.2.1"], token=False)  # what the machine itself says
    for variable in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(variable, str(tmp_path))
    monkeypatch.delenv("RAY_AUTH_TOKEN")
    with pytest.raises(restorer.SettingsError, match="anyone who can reach"):
        check_hosts(["192.0.2.1"])


@pytest.mark.parametrize("address", ["auto", "ray://127.0.0.1", "127.0.0.1:1"])
def test_addresses_without_a_cluster_are_refused(address: str, tmp_path: Path) -> None:
    job = Job(tmp_path / "a.png", tmp_path / "b.png", (MODEL,))  # type: ignore[arg-type]
    with pytest.raises(restorer.SettingsError, match=r"HOST:PORT|no cluster answers"):
        list(restorer.run_jobs([job], engine="ray", address=address))
    with pytest.raises(restorer.SettingsError, match="choose ray"):
        restorer.run_jobs([job], address=address)


def test_jobs_wait_in_order_and_come_back_alone(jobs: list[Job]) -> None:
    control = RunControl()
    pending = Pending([*jobs, jobs[0]], control, Crew(control))
    reader = threading.Thread(target=pending.read)
    reader.start()
    first = pending.take(3)
    while len(first) < 3:  # a slow machine
        first += pending.take(3 - len(first))
    assert [each.job for each in first] == jobs[:3]
    pending.put_back(first[1])
    assert [each.job for each in pending.take(3)] == [jobs[1]]
    rest = pending.take(9)
    while len(rest) < 3:
        rest += pending.take(9)
    assert [each.job for each in rest] == [*jobs[3:], jobs[0]]
    pending.end(5)
    assert not pending.wait(0)
    pending.end(1)
    assert pending.wait(9)
    assert pending.take(1) == []
    reader.join()
