"""Claims on targets, so that runs that share a folder of results compute each one once."""

from __future__ import annotations

import hashlib
import os
import socket
import threading
import uuid
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

_BEAT_S = 10.0  # between two signs of life of a run
SILENT_S = 60.0  # a run without one for so long is taken for dead


class Heartbeat:
    """Calls `sign` every few seconds, in a thread, until `stop`; an OSError of it is no end."""

    def __init__(self, sign: Callable[[], None]) -> None:
        self._sign = sign
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="claims", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Wait for the end of the last call."""
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.wait(_BEAT_S):
            with suppress(OSError):  # the folder is away for a moment, or for good
                self._sign()


class Claims:
    """The claims of one run; other runs, on other machines too, hold theirs in the same folder.

    A run has a file that contains its name, and whose time of change is its last sign of life. A
    claim is a hard link to that file, so that it appears whole and shares its time. The claims of a
    run that ended without releasing them are taken over: at once on the same machine, else after a
    minute. A run that was suspended for longer may find that another one has written its result.

    Args:
        folder: For the claims; must exist.
        name: The name of the run, see `run_name`.

    All methods raise OSError.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._folder, self._name = folder, name
        self._run = folder / f"{name}.run"
        self._run.write_text(name, "utf-8")
        self._held: set[str] = set()
        for found in [*folder.iterdir()]:
            self._is_removed(found)
        self._heart = Heartbeat(self._sign)

    def take(self, target: str) -> bool:
        """Claim a target; return whether it is free, or held by a dead run."""
        claim = self._path(target)
        for _ in range(2):
            try:
                self._make(claim)
            except FileExistsError:
                if not self._is_removed(claim):
                    return False
            else:
                self._held.add(target)
                return True
        return False

    def release(self, target: str) -> None:
        """Give up a claim."""
        self._held.discard(target)
        self._path(target).unlink(missing_ok=True)

    def is_live(self, run: str) -> bool:
        """Whether another run has not ended, as far as its signs of life tell."""
        self._sign()
        sign = _changed(self._folder / f"{run}.run")
        silent_s = _changed(self._run) - sign  # by the server's clock
        return run != self._name and silent_s <= SILENT_S and not has_ended(run)

    def close(self) -> None:
        """Release all claims, and stop the signs of life."""
        self._heart.stop()
        for target in [*self._held]:
            self.release(target)
        self._run.unlink(missing_ok=True)

    def _path(self, target: str) -> Path:
        return self._folder / f"{hashlib.sha256(os.fsencode(target)).hexdigest()[:32]}.claim"

    def _make(self, claim: Path) -> None:
        try:
            os.link(self._run, claim)
        except FileExistsError:
            raise
        except OSError:  # no hard links here (FAT, some shares)
            with claim.open("x", encoding="utf-8") as file:
                file.write(self._name)

    def _is_removed(self, claim: Path) -> bool:
        """Remove the claim of a dead run; return False if it is held by a live one."""
        try:
            run = claim.read_text("utf-8")
            self._sign()
            sign = _changed(claim.with_name(f"{run}.run")) or _changed(claim)
            silent_s = _changed(self._run) - sign  # by the server's clock
            if run == self._name or (silent_s <= SILENT_S and not has_ended(run)):
                return False
            moved = claim.with_name(uuid.uuid4().hex)
            os.rename(claim, moved)  # for all but one of several runs, the file is gone
            if moved.read_text("utf-8") != run:  # another run was faster, and this is its claim
                os.rename(moved, claim)
                return False
            moved.unlink()
        except FileNotFoundError:  # released or taken over
            pass
        return True

    def _sign(self) -> None:
        os.utime(self._run)


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def run_name(time: str) -> str:
    """Return a name for a run that tells where it runs; `time` comes first."""
    return f"{time}-{machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def has_ended(name: str) -> bool:
    """Whether the name of a run is that of a process of this machine that has ended."""
    *_, where, process, _ = ["", "", *name.split("-")]
    if where != machine() or not process.isdigit() or os.name == "nt":
        return False
    try:
        os.kill(int(process), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except OSError:  # of another user
        return False
    return False


def machine() -> str:
    """Return 8 hexadecimal digits for this machine; containers are machines of their own."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # Linux only
        parts.append(os.readlink("/proc/self/ns/pid"))
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
