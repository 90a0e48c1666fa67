"""Connect to a Ray cluster, or start one on this machine, and open neither to others.

Whoever reaches the ports of a Ray cluster can run programs on it, unless it requires a token. Our
own cluster requires one that nobody else knows, and listens on loopback only. (Ray decides that
when it is imported; where the program has imported it before, the token alone protects.) Another
cluster must be on loopback or require a token.
"""

from __future__ import annotations

import ipaddress
import os
import secrets
import signal
import socket
import sys
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from restorer.batch.claims import machine, remove_ended
from restorer.errors import SettingsError
from restorer.inference.devices import cpu_threads

_LOOPBACK_ONLY = "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER"  # "0" is Ray's default on these systems
_STORE_BYTES = 80 << 20  # Ray's least; pictures travel as files
_ANSWER_S = 10  # for a machine to accept a connection
_own_token = secrets.token_hex(32)  # Ray reads it once in a process


@contextmanager
def connected(address: str | None) -> Iterator[None]:
    """Be connected to a cluster, unless the program is already; disconnect at the end.

    Args:
        address: HOST:PORT of a cluster; None starts one on this machine.

    Raises SettingsError for a cluster that does not answer, or that is open to others.
    """
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    if address is not None:
        check_address(address)
    if "ray" in sys.modules and sys.modules["ray"].is_initialized():
        yield
        return
    with _kept_signals():
        disconnect = _start() if address is None else _connect(address)
    try:
        yield
    finally:
        disconnect()


def check_address(address: str) -> None:
    """Refuse an address beyond loopback without token authentication.

    Raises SettingsError, also where nothing answers.
    """
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise SettingsError(f"address {address!r}: expected HOST:PORT of a Ray cluster")
    try:
        check_hosts({str(found[4][0]) for found in socket.getaddrinfo(host, int(port))})
        socket.create_connection((host, int(port)), _ANSWER_S).close()
    except (OSError, OverflowError, UnicodeError) as error:
        raise SettingsError(f"address {address}: no cluster answers there: {error}") from error


def check_hosts(hosts: Iterable[str], *, token: bool | None = None) -> None:
    """Refuse machines beyond loopback without token authentication. Raises SettingsError.

    Args:
        hosts: The addresses of machines.
        token: Whether they require a token; None asks this process.
    """
    remote = next((host for host in hosts if not ipaddress.ip_address(host).is_loopback), None)
    if remote is not None and not (_has_token() if token is None else token):
        raise SettingsError(
            f"{remote}: anyone who can reach this address can use the cluster; set"
            " RAY_AUTH_MODE=token and one token (RAY_AUTH_TOKEN, or ~/.ray/auth_token from `ray"
            " get-auth-token --generate`) on every machine, and start the cluster again"
        )


def requires_token() -> bool:
    """Whether the Ray processes that this one belongs to require a token."""
    return os.environ.get("RAY_AUTH_MODE", "").lower() == "token"


def _has_token() -> bool:
    named = (os.environ.get(f"RAY_AUTH_TOKEN{end}") for end in ("", "_PATH"))
    present = any(named) or Path("~/.ray/auth_token").expanduser().is_file()
    return present and requires_token()


def _start() -> Callable[[], None]:
    """Start a cluster on this machine; return the function that stops it."""
    # Sockets have short names.
    parent = "/tmp" if os.path.isdir("/tmp") else tempfile.gettempdir()
    remove_ended(Path(parent), f"ray-{machine()}-*")
    scratch = tempfile.TemporaryDirectory(
        prefix=f"ray-{machine()}-{os.getpid()}-", dir=parent, ignore_cleanup_errors=True
    )
    own = {_LOOPBACK_ONLY: "0", "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": _own_token}
    before = {name: os.environ.get(name) for name in own}
    os.environ.update(own)
    import ray

    ray.init(
        "local",
        num_cpus=cpu_threads(),
        object_store_memory=_STORE_BYTES,
        include_dashboard=False,
        configure_logging=False,
        log_to_driver=False,
        _temp_dir=scratch.name,
    )

    def stop() -> None:
        ray.shutdown()
        scratch.cleanup()
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value

    return stop


def _connect(address: str) -> Callable[[], None]:
    import ray

    try:
        ray.init(address, configure_logging=False, log_to_driver=False)
    except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError) as error:
        reason = str(error).strip().partition("\n")[0]
        raise SettingsError(
            f"address {address}: cannot join the cluster: {reason}; it takes the cluster's token,"
            f" and a machine that belongs to it (`ray start --address {address}` adds this one)"
        ) from error
    return lambda: ray.shutdown()


@contextmanager
def _kept_signals() -> Iterator[None]:
    """Keep the handler of SIGTERM, which Ray replaces."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
