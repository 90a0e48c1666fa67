"""The progress bar of a run."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from .words import printable

if TYPE_CHECKING:
    from restorer import Finished, Progress


class Bar:
    """One bar over all files; the file at work counts by its tiles, skipped ones do not count.

    Shown on a terminal only.
    """

    def __init__(self, files: int, *, quiet: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            total=files,
            desc=f"0/{files} files",
            disable=quiet or not sys.stderr.isatty(),
            bar_format="{desc} {percentage:3.0f}%|{bar}| {elapsed}, {remaining} left{postfix}",
            leave=False,
            dynamic_ncols=True,
        )
        self._files = files
        self._ended = self._skipped = 0
        self._parts: dict[str, float] = {}  # finished parts of the files at work, by job id
        self._pages: dict[str, str] = {}  # of those with several, the page at work

    def __enter__(self) -> Bar:
        """Show the bar."""
        self._draw()
        return self

    def __exit__(self, *_: object) -> None:
        """Remove the bar from the terminal."""
        self._bar.close()

    def advance(self, name: str, progress: Progress) -> None:
        """Show the tiles, or the pages, of a file at work."""
        words = f"{progress.done}/{progress.total}"
        if progress.phase == "page":
            self._pages[progress.id] = words
        else:
            self._parts[progress.id] = progress.done / max(1, progress.total)
        page = self._pages.get(progress.id)
        part = f"page {page}" if page else f"tile {words}"
        self._bar.set_postfix_str(f"{printable(name)} {part}", refresh=False)
        self._draw()

    def end(self, finished: Finished) -> None:
        """Count a file; a skipped one does not enter the estimate of the time left."""
        self._parts.pop(finished.id, None)
        self._pages.pop(finished.id, None)
        self._ended += 1
        self._skipped += finished.result.status == "skipped"
        self._draw()

    def _draw(self) -> None:
        if self._bar.disable:
            return
        self._bar.total = self._files - self._skipped
        self._bar.n = self._ended - self._skipped + sum(self._parts.values())
        self._bar.set_description_str(f"{self._ended}/{self._files} files", refresh=False)
        self._bar.refresh()
