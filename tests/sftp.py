"""A server of the SFTP protocol on the loopback; paramiko is installed by hand where it may be."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import paramiko

USER, PASSWORD = "me", "secret"


@contextmanager
def sftp_server(root: Path, hosts: Path) -> Iterator[str]:
    """Serve a folder as the root; give the address, and write the key into a file of hosts."""
    key = paramiko.RSAKey.generate(2048)
    transports: list[paramiko.Transport] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            with suppress(OSError):  # closed at the end
                while True:
                    connection, _ = listening.accept()
                    transport = paramiko.Transport(connection)
                    transport.add_server_key(key)
                    transport.set_subsystem_handler("sftp", paramiko.SFTPServer, Files, root)
                    transports.append(transport)
                    with suppress(paramiko.SSHException):  # the client hangs up
                        transport.start_server(server=Login())

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        host, port = listening.getsockname()
        hosts.write_text(f"[{host}]:{port} {key.get_name()} {key.get_base64()}\n")
        yield f"sftp://{USER}:{PASSWORD}@{host}:{port}"
        listening.shutdown(socket.SHUT_RDWR)
        for transport in transports:
            transport.close()
        thread.join()


class Login(paramiko.ServerInterface):
    def check_auth_password(self, username: str, password: str) -> int:
        good = (username, password) == (USER, PASSWORD)
        return paramiko.AUTH_SUCCESSFUL if good else paramiko.AUTH_FAILED

    def check_channel_request(self, kind: str, chanid: int) -> int:
        return paramiko.OPEN_SUCCEEDED


class Handle(paramiko.SFTPHandle):
    def stat(self) -> Any:
        return paramiko.SFTPAttributes.from_stat(os.fstat(self.readfile.fileno()))


class Files(paramiko.SFTPServerInterface):
    def __init__(self, server: Any, root: Path) -> None:
        self._root = root

    def _path(self, name: str) -> Path:
        return self._root / name.lstrip("/")

    def _done(self, work: Any, *args: Any) -> int:
        try:
            work(*args)
        except OSError as error:
            return int(paramiko.SFTPServer.convert_errno(error.errno))
        return paramiko.SFTP_OK

    def list_folder(self, path: str) -> Any:
        try:
            found = [*self._path(path).iterdir()]
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        return [paramiko.SFTPAttributes.from_stat(p.stat(), p.name) for p in found]

    def stat(self, path: str) -> Any:
        try:
            return paramiko.SFTPAttributes.from_stat(self._path(path).stat())
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)

    lstat = stat

    def open(self, path: str, flags: int, attr: Any) -> Any:
        try:
            mode = "r+b" if flags & (os.O_WRONLY | os.O_RDWR) else "rb"
            file = os.fdopen(os.open(self._path(path), flags, 0o644), mode, buffering=0)
        except OSError as error:
            return paramiko.SFTPServer.convert_errno(error.errno)
        handle = Handle(flags)
        handle.readfile = handle.writefile = file
        return handle

    def remove(self, path: str) -> int:
        return self._done(os.remove, self._path(path))

    def rename(self, oldpath: str, newpath: str) -> int:
        def work() -> None:  # as OpenSSH does
            os.link(self._path(oldpath), self._path(newpath))
            os.remove(self._path(oldpath))

        return self._done(work)

    def posix_rename(self, oldpath: str, newpath: str) -> int:
        return self._done(os.replace, self._path(oldpath), self._path(newpath))

    def mkdir(self, path: str, attr: Any) -> int:
        return self._done(os.mkdir, self._path(path))
