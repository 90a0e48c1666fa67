"""A Ray cluster, and places of files, for the tests that need them."""

from __future__ import annotations

import os
import secrets
import tempfile
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from restorer import Image, write

from store_batches import LITTER, NAMES, place_of
from stores import Place


@pytest.fixture(scope="session")
def ray_cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    """Return a cluster of two nodes on loopback, to which this process is connected.

    Its attribute `node` is what `add_node` takes for another one.
    """
    if find_spec("ray") is None:
        pytest.skip("ray is not installed: pip install restorer[cluster]")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("RAY_USAGE_STATS_ENABLED", "0")
        patch.setenv("RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER", "0")  # loopback only
        patch.setenv("RAY_AUTH_MODE", "token")
        patch.setenv("RAY_AUTH_TOKEN", secrets.token_hex(32))
        patch.setenv("RAY_enable_metrics_collection", "0")
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))  # jobs with faults
        import ray
        from ray.cluster_utils import Cluster

        node = {"num_cpus": 1, "object_store_memory": 80 << 20, "include_log_monitor": False}
        head = {**node, "include_dashboard": False, "no_monitor": True}
        cluster = Cluster(initialize_head=True, head_node_args=head)
        try:
            cluster.add_node(**node)
            cluster.node = node
            ray.init(cluster.address, configure_logging=False, log_to_driver=False)
            yield cluster
        finally:
            ray.shutdown()
            cluster.shutdown()


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name in NAMES:
        write(Image(rng.integers(0, 256, (8, 10, 3), np.uint8)), folder / name)
    return {name: (folder / name).read_bytes() for name in NAMES}


@pytest.fixture
def filled(place: Place, pictures: dict[str, bytes]) -> Place:
    for name, content in pictures.items():
        place.put(f"in/{name}", content)
    for name in LITTER:
        place.put(f"in/{name}", b"words")
    return place


@pytest.fixture(params=["folder", "memory", "s3", "sftp"])
def place(request: pytest.FixtureRequest) -> Place:
    return place_of(request.param, request)


@pytest.fixture
def _no_copies_left() -> Iterator[None]:
    """Fail the test that leaves copies of files at addresses."""
    yield
    assert not [*Path(tempfile.gettempdir()).glob(f"restorer-*-{os.getpid()}-*")]
