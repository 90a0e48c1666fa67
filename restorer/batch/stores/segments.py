"""The journal of a run at an address: numbered files, since object stores cannot append."""

from __future__ import annotations

from collections.abc import Iterator

from restorer.batch.stores.address import Address
from restorer.batch.stores.store import entries, read_many
from restorer.batch.stores.writing import write

_SEGMENT_BYTES = 1 << 18  # of about 250 files; the last segment is written again until it is full
_AT_ONCE = 32  # segments held in memory


class Segments:
    """A text file to append to, like the open file of a journal; for one thread at a time.

    Text reaches the store with `sync`. All methods raise OSError.

    Args:
        start: Address of the segments without their numbers and suffix.
    """

    def __init__(self, start: Address) -> None:
        self._start, self._number = start, 1
        self._segment, self._synced = "", 0

    def write(self, text: str) -> None:
        """Append a text."""
        self._segment += text

    def flush(self) -> None:
        """Leave the text to `sync`."""

    def sync(self) -> None:
        """Write all text."""
        if len(self._segment) == self._synced:
            return
        name = f"{self._start.name}.{self._number:06}.jsonl"
        write(self._start.with_name(name), self._segment.encode("ascii"), new=False)
        self._synced = len(self._segment)
        if self._synced > _SEGMENT_BYTES:
            self._number, self._segment, self._synced = self._number + 1, "", 0

    def close(self) -> None:
        """Write all text."""
        self.sync()


def segmented_runs(home: Address) -> dict[str, list[Address]]:
    """Return the segments of each run in a folder, by the names of the runs. Raises OSError."""
    try:
        names = sorted(entry.name for entry in entries(home) if entry.name.endswith(".jsonl"))
    except FileNotFoundError:
        return {}
    runs: dict[str, list[Address]] = {}
    for name in names:
        runs.setdefault(name.rsplit(".", 2)[0], []).append(home / name)
    return runs


def segment_lines(segments: list[Address]) -> Iterator[bytes]:
    """Yield the lines of the segments of a run. Raises OSError."""
    for first in range(0, len(segments), _AT_ONCE):
        for content in read_many(segments[first : first + _AT_ONCE]):
            yield from content.splitlines(keepends=True)
