"""Desktop notifications."""

from __future__ import annotations

import shutil
import subprocess
import sys
from contextlib import suppress

from .words import printable

# The texts are arguments of the script, never parts of it.
_APPLE = (
    "on run argv",
    "display notification (item 2 of argv) with title (item 1 of argv)",
    "end run",
)
_PATIENCE_S = 5


def notify(title: str, text: str) -> None:
    """Show a notification where the desktop has them (Linux, macOS); do nothing elsewhere."""
    words = _command(printable(title), printable(text))
    if words and shutil.which(words[0]):
        with suppress(OSError, subprocess.SubprocessError):
            quiet = subprocess.DEVNULL
            subprocess.run(words, timeout=_PATIENCE_S, stdout=quiet, stderr=quiet, check=False)


def _command(title: str, text: str) -> list[str]:
    system: str = sys.platform
    if system == "darwin":
        script = [word for line in _APPLE for word in ("-e", line)]
        return ["osascript", *script, title, text]
    if system == "linux":
        return ["notify-send", "--app-name=restorer", "--icon=restorer", "--", title, text]
    return []
