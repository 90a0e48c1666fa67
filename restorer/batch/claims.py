"""Claims on targets: runs that share an output folder compute each result once."""

from __future__ import annotations

import hashlib
import os
import shutil
import socket
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from pathlib import Path

_BEAT_S = 10.0  # between two signs of life of a run
SILENT_S = 60.0  # a run without one for so long is taken for dead
_DOUBT_S = 2.5 * _BEAT_S  # to see whether a run gives another one, where a clock may have jumped
_JUMP_S = 5.0  # between two clocks; some file systems count time in steps of two seconds
_closed: set[str] = set()  # runs of this process; the folder may have kept their claims


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
    Where a clock may have jumped, a run is dead only if it gives no sign while this one watches.

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
        self._clock, self._jumped = _clock(self._run), False
        self._doubted: dict[str, tuple[float, float]] = {}  # last sign, and since when we watch
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
        sign = _changed(self._folder / f"{run}.run")
        return run != self._name and sign > 0 and not self._is_dead(run, sign)

    def close(self) -> None:
        """Release all claims, and stop the signs of life."""
        self._heart.stop()
        _closed.add(self._name)
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
            with claim.open("xb", buffering=0) as file:
                try:
                    file.write(self._name.encode())
                except OSError:  # a full disk; a claim without a name holds for a minute
                    claim.unlink()
                    raise

    def _is_removed(self, claim: Path) -> bool:
        """Remove the claim of a dead run; return False if it is held by a live one."""
        try:
            run = claim.read_text("utf-8")
            sign = _changed(claim.with_name(f"{run}.run")) or _changed(claim)
            if run == self._name or not self._is_dead(run, sign):
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

    def _is_dead(self, run: str, sign: float) -> bool:
        """Whether another run, whose last sign of life is given, has ended."""
        if has_ended(run):
            return True
        self._sign()
        silent_s = _changed(self._run) - sign  # by the server's clock
        if abs(silent_s) <= SILENT_S:
            return False
        if silent_s > 0 and not self._jumped and not _is_of_here(run):
            return True
        now = time.monotonic()
        before, since = self._doubted.get(run, (sign, now))
        self._doubted[run] = sign, (since if before == sign else now)
        return now - self._doubted[run][1] > _DOUBT_S

    def _sign(self) -> None:
        os.utime(self._run)
        clock = _clock(self._run)
        self._jumped = self._jumped or abs(clock - self._clock) > _JUMP_S
        self._clock = clock


def _clock(changed: Path) -> float:
    """Return the server's clock less one that never jumps, of a file that has just changed."""
    return _changed(changed) - time.monotonic()


def _changed(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return 0.0


def run_name(time: str) -> str:
    """Return a name for a run that tells where it runs; `time` comes first."""
    return f"{time}-{machine()}-{os.getpid()}-{uuid.uuid4().hex[:8]}"


def has_ended(name: str) -> bool:
    """Whether a run has ended, or is that of a process of this machine that has ended."""
    if name in _closed:
        return True
    *_, process, _ = ["", *name.split("-")]
    if not _is_of_here(name) or not process.isdigit() or os.name == "nt":
        return False
    try:
        os.kill(int(process), 0)  # sends nothing
    except ProcessLookupError:
        return True
    except OSError:  # of another user
        return False
    return False


def remove_ended(folder: Path, pattern: str) -> None:
    """Remove the files and folders of a pattern that are named after a run that has ended."""
    with suppress(OSError):
        for path in folder.glob(pattern):
            if not has_ended(path.stem):
                continue
            if path.is_dir():
                shutil.rmtree(path, ignore_errors=True)
            else:
                path.unlink(missing_ok=True)


def mark_name() -> str:
    """Return the name of a file by which other machines know a folder, while this process runs."""
    return f".restorer-{run_name('')}.mark"


def remove_marks(folder: Path) -> None:
    """Remove the marks of processes that were killed."""
    remove_ended(folder, ".restorer-*.mark")


def _is_of_here(name: str) -> bool:
    *_, where, _, _ = ["", "", *name.split("-")]
    return where == machine()


@cache
def machine() -> str:
    """Return 8 hexadecimal digits for this machine; containers are machines of their own."""
    parts = [socket.gethostname()]
    with suppress(OSError):  # Linux only
        parts.append(os.readlink("/proc/self/ns/pid"))
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text("ascii"))
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:8]
