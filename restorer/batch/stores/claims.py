"""Claims on targets at an address; see `restorer.batch.claims`."""

from __future__ import annotations

import hashlib
import logging

from restorer.batch.claims import SILENT_S, Heartbeat, has_ended
from restorer.batch.stores.address import Address
from restorer.batch.stores.store import FileState, read_bytes
from restorer.batch.stores.writing import create, remove, write

log = logging.getLogger(__name__)


class StoreClaims:
    """The claims of one run, by files that can only be created once.

    A claim contains the name of its run, and is numbered. A run that finds the claim of a dead run
    creates the one with the next number, which one of several runs achieves; claims of dead runs
    stay. The time of change of a run's own file, by the clock of the store, is its sign of life.

    Args:
        folder: For the claims.
        name: The name of the run, see `run_name`.

    All methods raise OSError.
    """

    def __init__(self, folder: Address, name: str) -> None:
        self._folder, self._name = folder, name
        self._run = folder / f"{name}.run"
        self._held: dict[str, Address] = {}
        self._dead: set[str] = set()
        self._sign()
        if create(self._run, name.encode()):
            log.warning(
                "%s: this store overwrites files that must be new, so that two batches at once may"
                " compute a file twice",
                folder,
            )
        self._heart = Heartbeat(self._sign)

    def take(self, target: str) -> bool:
        """Claim a target; return whether it is free, or held by a dead run."""
        start, number = hashlib.sha256(target.encode("utf-8", "surrogateescape")).hexdigest(), 1
        while True:
            claim = self._folder / f"{start[:32]}.{number}.claim"
            if create(claim, self._name.encode()):
                self._held[target] = claim
                return True
            try:
                run = read_bytes(claim).decode("utf-8", "replace")
            except FileNotFoundError:  # released since
                continue
            if run == self._name or self.is_live(run, claim):
                return False
            number += 1

    def release(self, target: str) -> None:
        """Give up a claim."""
        claim = self._held.pop(target, None)
        if claim is not None:
            remove(claim)

    def is_live(self, run: str, claim: Address | None = None) -> bool:
        """Whether another run has not ended, as far as its signs of life tell.

        A `claim` that it holds is one, too.
        """
        if run in self._dead or run == self._name or has_ended(run):
            return False
        self._sign()
        signs = [FileState.of(place) for place in (self._folder / f"{run}.run", claim) if place]
        latest = max((sign.mtime_ns for sign in signs if sign is not None), default=0)
        here = FileState.of(self._run)
        if here is None or here.mtime_ns - latest <= SILENT_S * 10**9:
            return True
        self._dead.add(run)
        return False

    def close(self) -> None:
        """Release all claims, and stop the signs of life."""
        self._heart.stop()
        for target in [*self._held]:
            self.release(target)
        remove(self._run)

    def _sign(self) -> None:
        write(self._run, self._name.encode(), new=False)
