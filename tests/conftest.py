"""Seeds and small images for all tests."""

from __future__ import annotations

import os
import ssl
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import trustme
from hypothesis import settings
from numpy.typing import NDArray

import restorer.models.catalog
import restorer.models.download
from restorer import Address

from helpers import make_photograph
from stores import new_bucket, s3_server
from webserver import Handler, Server, Site

settings.register_profile("any machine", deadline=None)  # tests do not assert times
settings.load_profile("any machine")

if not torch.cuda.is_available():
    os.environ["TRITON_INTERPRET"] = "1"  # read by Triton when it is imported first


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


@pytest.fixture
def rival(monkeypatch: pytest.MonkeyPatch) -> Callable[[Path], None]:
    """Let another program write a target while a finished file is on its way there."""
    sync = os.fsync

    def start(target: Path) -> None:
        def write(descriptor: int) -> None:
            target.write_text("rival")
            sync(descriptor)

        monkeypatch.setattr(os, "fsync", write)

    return start


@pytest.fixture(autouse=True)
def _no_leftovers(_own_store: Path) -> Iterator[None]:
    """Fail a test that adds a model without `store`: the tests after it would see the model."""
    yield
    assert not (_own_store / "weights").exists()


@pytest.fixture(autouse=True, scope="session")
def _own_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Isolate the tests from the weights, packages of weights and measurements of the user."""
    folder = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("restorer.models.catalog.user_data_path", _data_path(folder / "data"))
        patch.setattr("restorer.models.kept.user_cache_path", _data_path(folder / "cache"))
        patch.setattr("restorer.models.catalog.package_folder", lambda package: None)
        restorer.models.catalog._merged.cache_clear()
        yield folder / "data"


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return an empty weights folder, which does not exist yet."""
    monkeypatch.setattr("restorer.models.catalog.user_data_path", _data_path(tmp_path / "data"))
    return tmp_path / "data" / "weights"


def _data_path(folder: Path) -> object:
    return lambda name: folder


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(0)


@pytest.fixture
def photograph() -> NDArray[np.uint8]:
    """Return a 96x128 RGB image with edges, gradients and texture."""
    return make_photograph(96, 128)


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="session")
def trust(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    authority.configure_trust(context)
    return context


@pytest.fixture(scope="session")
def certified(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def site(certified: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch) -> Iterator[Site]:
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    monkeypatch.setattr(restorer.models.download, "_DELAY_S", 0.001)
    with Server(("127.0.0.1", 0), Handler) as server:
        server.socket = certified.wrap_socket(server.socket, server_side=True)
        server.site = Site(f"https://127.0.0.1:{server.server_port}/net.pth")
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server.site
        server.site.over.set()
        server.shutdown()
        thread.join()


@pytest.fixture
def trusted(authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make every connection trust the certificates of `site`."""
    authority.cert_pem.write_to_path(str(tmp_path / "authority.pem"))
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "authority.pem"))


@pytest.fixture(scope="session")
def s3() -> Iterator[None]:
    """Make ``s3://`` lead to a server on the loopback, for this process and its children."""
    with s3_server() as url, pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", url)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.setenv("NO_PROXY", "127.0.0.1")
        yield


@pytest.fixture(scope="session")
def nas(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Address]:
    """Return the address of a server of SFTP, if paramiko is installed."""
    pytest.importorskip("paramiko", reason="needs paramiko, whose license is LGPL")
    from sftp import sftp_server

    home = tmp_path_factory.mktemp("home")
    (home / ".ssh").mkdir()
    hosts = home / ".ssh" / "known_hosts"
    with (
        sftp_server(tmp_path_factory.mktemp("nas"), hosts) as url,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("HOME", str(home))
        yield Address(url)


@pytest.fixture
def bucket(s3: None) -> Address:
    """Return an empty bucket."""
    return new_bucket()
