"""Servers of object stores for tests, and one interface to the places that results can go to."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import fsspec
import pytest

from restorer import Address
from restorer.batch.stores.address import Location
from restorer.batch.stores.store import connect

_NUMBERS = itertools.count()


@dataclass
class Place:
    """A folder of a test, at a path or an address."""

    root: Location

    def put(self, name: str, content: bytes) -> Location:
        target = self.root / name
        if isinstance(target, Address):
            system, path = connect(target)
            if target.scheme == "sftp":
                system.makedirs(path.rpartition("/")[0], exist_ok=True)
            system.pipe_file(path, content)
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(content)
        return target

    def get(self, name: str) -> bytes:
        target = self.root / name
        if isinstance(target, Address):
            system, path = connect(target)
            return bytes(system.cat_file(path))
        return target.read_bytes()

    def files(self, inner: str = "") -> dict[str, bytes]:
        """Return all files below a folder but for journals and claims, by relative names."""
        start = self.root / inner if inner else self.root
        if isinstance(start, Address):
            system, root = connect(start)
            names = [path.removeprefix(root).lstrip("/") for path in system.find(root)]
        else:
            names = [p.relative_to(start).as_posix() for p in start.rglob("*") if p.is_file()]
        own = [name for name in names if name and not name.startswith(".restorer/")]
        return {name: self.get(f"{inner}/{name}" if inner else name) for name in own}


@contextmanager
def s3_server() -> Iterator[str]:
    """Run a server of the S3 protocol on the loopback; give its URL."""
    server = pytest.importorskip("moto.server", reason="needs the extra test")
    running = server.ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    running.start()
    try:
        host, port = running.get_host_and_port()
        yield f"http://{host}:{port}"
    finally:
        running.stop()


def new_bucket() -> Address:
    """Make a bucket that keeps every version of its objects."""
    system = fsspec.filesystem("s3")
    name = f"bucket-{next(_NUMBERS)}"
    system.call_s3("create_bucket", Bucket=name)
    enabled = {"Status": "Enabled"}
    system.call_s3("put_bucket_versioning", Bucket=name, VersioningConfiguration=enabled)
    return Address(f"s3://{name}")


def writes(bucket: Address) -> list[str]:
    """Return the key of each write into a bucket, those of journals and claims left out."""
    system = fsspec.filesystem("s3")
    found = system.call_s3("list_object_versions", Bucket=bucket.name)
    keys = [version["Key"] for version in found.get("Versions", [])]
    return sorted(key for key in keys if ".restorer/" not in key)


def new_memory() -> Address:
    return Address(f"memory://test-{next(_NUMBERS)}")
