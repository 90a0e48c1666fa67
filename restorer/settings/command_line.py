"""Quote command lines for the system's shell."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterable

_WINDOWS = os.name == "nt"


def join_command(words: Iterable[str]) -> str:
    """Return a command line that a user can paste into a Unix shell, or into cmd.exe on Windows.

    Examples:
        >>> restorer.join_command(["restore", "image", "my photo.jpg"])
        "restore image 'my photo.jpg'"
    """
    return subprocess.list2cmdline([*words]) if _WINDOWS else shlex.join(words)
