"""SFTP to known hosts only; fsspec alone would accept any host key."""

from __future__ import annotations

import paramiko
from fsspec.implementations.sftp import SFTPFileSystem


class UnknownHostError(paramiko.SSHException):  # type: ignore[misc]  # it has no types
    """The key of a host is not in ``~/.ssh/known_hosts``."""


class KnownHostsFileSystem(SFTPFileSystem):  # type: ignore[misc]  # nor has fsspec
    """Refuses hosts that could be somebody else's, before a password is sent.

    The keys of hosts are those of OpenSSH, in ``~/.ssh/known_hosts``. Raises UnknownHostError for
    another host, and paramiko's BadHostKeyException for another key.
    """

    def _connect(self) -> None:
        self.client = paramiko.SSHClient()
        self.client.load_system_host_keys()
        self.client.set_missing_host_key_policy(_Refusal())
        self.client.connect(self.host, **self.ssh_kwargs)
        self.ftp = self.client.open_sftp()


class _Refusal(paramiko.MissingHostKeyPolicy):  # type: ignore[misc]
    def missing_host_key(
        self, client: paramiko.SSHClient, hostname: str, key: paramiko.PKey
    ) -> None:
        raise UnknownHostError(
            f"~/.ssh/known_hosts does not have the key of this host ({key.fingerprint}); connect"
            " once with `ssh` and compare it"
        )
