"""Protect originals: no result replaces a source or becomes one."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

from restorer.batch.jobs import Job
from restorer.batch.stores.address import Address, Location, location
from restorer.errors import SettingsError
from restorer.formats.identity import FileIdentities, Identity, path_identity


def check_apart(source: Location | str, target: Location | str) -> None:
    """Refuse two folders if one is inside the other, so that no result becomes a source.

    Raises SettingsError.

    Examples:
        >>> restorer.check_apart("photos", "photos/large")
        Traceback (most recent call last):
        restorer.errors.SettingsError: ...
    """
    places = location(source), location(target)
    if _lies_in(*places) or _lies_in(*reversed(places)):
        raise SettingsError(f"{target}: one of the two folders is inside the other, {source}")


def _lies_in(inner: Location, outer: Location) -> bool:
    """Whether a folder is another one, or lies somewhere below it."""
    if isinstance(inner, Address) or isinstance(outer, Address):
        return f"{inner}/".startswith(f"{outer}/")
    wanted, real = path_identity(outer), Path(os.path.realpath(inner))
    return any(path_identity(folder) == wanted for folder in (real, *real.parents))


def spare_originals(jobs: Sequence[Job]) -> None:
    """Refuse a batch that would replace one of its own sources."""
    identity = PlaceIdentities().of
    sources = {identity(job.source) for job in jobs}
    for job in jobs:
        if identity(job.target) in sources:
            raise SettingsError(
                f"{job.target}: is an original in this batch; choose another folder or name"
            )


class PlaceIdentities:
    """Tells which places are one file; see `FileIdentities`."""

    def __init__(self) -> None:
        self._of_paths = FileIdentities().of

    def of(self, place: Location) -> Identity:
        """Return the identity of the folder, and the name there."""
        if isinstance(place, Address):
            return os.path.split(place.identity)
        return self._of_paths(place)
