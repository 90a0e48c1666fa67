"""What starting takes: commands, the window, the first tile; and the space of the installation.

python tests/benchmarks/start.py [ROUNDS]

Each command runs in a process of its own, ROUNDS (5) times; the table shows medians. Processor
seconds are those of all threads. The first table needs a quiet machine, whose file cache holds the
installation after the first round. *Visible* is the end of the window's first painting, without a
screen.
"""

from __future__ import annotations

import importlib.metadata
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np

from restorer import Image, write

WINDOW = """
import sys, time
from PySide6.QtCore import QEvent, QObject, QTimer
from restorer.cli import main
from restorer.gui import window

class Window(window.MainWindow):
    def event(self, event):
        if event.type() == QEvent.Type.UpdateRequest:
            QTimer.singleShot(0, self.leave)
        return super().event(event)
    def leave(self):
        print(time.monotonic(), flush=True)
        self.close()

window.MainWindow = Window
sys.argv = ["restore", "gui"]
main()
"""
TILE = """
import sys, time
from restorer.cli import bar, main

advance = bar.Bar.advance
def told(self, name, progress):
    if progress.done:
        print(time.monotonic(), flush=True)
    advance(self, name, progress)
bar.Bar.advance = told
main()
"""
SHOWN = ("torch", "PySide6_Essentials", "shiboken6", "numpy", "opencv-python", "imagecodecs")
SHOWN += ("opencv-python-headless", "pillow", "tifffile", "rawpy", "restorer")


def measure(*words: str, until_printed: bool = False) -> tuple[float, float]:
    """Return seconds, and processor seconds, of a command, or seconds until it prints a time."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    ended = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=True)
    seconds = time.monotonic() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if until_printed:
        seconds = float(ended.stdout.split()[0]) - start
    work = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds, work


def size_of(name: str) -> int | None:
    """Return the bytes of an installed distribution; None for one that is not there."""
    try:
        files = importlib.metadata.files(name) or []
    except importlib.metadata.PackageNotFoundError:
        return None
    paths = [Path(str(file.locate())) for file in files]
    return sum(path.stat().st_size for path in paths if path.is_file())


def main() -> None:
    rounds = int([*sys.argv[1:], "5"][0])
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    python, restore = sys.executable, str(Path(sys.executable).with_name("restore"))
    folder = Path(tempfile.mkdtemp())
    pixels = np.random.default_rng(0).integers(90, 160, (64, 64, 3), np.uint8)
    picture, result = folder / "a.png", folder / "b.png"
    write(Image(pixels), picture)
    image = ("image", str(picture), "-o", str(result), "--existing", "replace")
    known = ("--model", "panet-denoise-lite")
    cases = {
        "`python -c 'import torch'`": ((python, "-c", "import torch"), False),
        "`restore --help`": ((restore, "--help"), False),
        "`restore image --help`": ((restore, "image", "--help"), False),
        "`restore image`, 64 x 64, a model": ((restore, *image, *known), False),
        "`restore image`, 64 x 64, automatic": ((restore, *image), False),
        "... until its first tile": ((python, "-c", TILE, *image, *known), True),
        "`restore gui` until the window is visible": ((python, "-c", WINDOW), True),
    }
    print("| | s | processor s |")
    print("|---|---|---|")
    for name, (words, until) in cases.items():
        found = [measure(*words, until_printed=until) for _ in range(rounds)]
        seconds, work = (statistics.median(each) for each in zip(*found, strict=True))
        print(f"| {name} | {seconds:.2f} | {'' if until else f'{work:.2f}'} |", flush=True)
    print("\n| package | MB |")
    print("|---|---|")
    for name in SHOWN:
        if (size := size_of(name)) is not None:
            print(f"| {name} {importlib.metadata.version(name)} | {size / 1e6:.0f} |")


if __name__ == "__main__":
    main()
