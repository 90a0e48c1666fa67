"""TargetFolders: whether the targets of a batch can be created, checked once per folder."""

from __future__ import annotations

import os
from pathlib import Path

from restorer import formats


class TargetFolders:
    """Checks that targets can be created, without regard to their size."""

    def __init__(self) -> None:
        self._longest: dict[str, int] = {}
        self._exist: dict[str, bool] = {}
        self._formats: dict[str, formats.Format] = {}

    def check(self, target: Path) -> formats.Format:
        """Return the format of a target, or raise what `check_result` does.

        A folder in which a name can be created takes all names that are no longer and do not exist.
        """
        folder, name = os.path.split(target)
        length = len(os.fsencode(name))
        longest = self._longest.get(folder, -1)
        if length > longest or (self._exists(folder) and os.path.lexists(target)):
            formats.check_creatable(target)
            self._longest[folder] = max(length, longest)
        suffix = os.path.splitext(name)[1]
        if suffix not in self._formats:
            self._formats[suffix] = formats.check_target(target, 1, 1)
        return self._formats[suffix]

    def has_file(self, path: str) -> bool:
        """Whether there is a file; none is looked for in a folder that does not exist."""
        return self._exists(os.path.dirname(path)) and os.path.isfile(path)

    def _exists(self, folder: str) -> bool:
        if folder not in self._exist:
            self._exist[folder] = os.path.lexists(folder)
        return self._exist[folder]
