"""A real window under Xvfb, driven by mouse and keys as a person would."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from restorer import Job, Step, read, run_job

MISSING = [name for name in ("Xvfb", "openbox", "xdotool", "import") if not shutil.which(name)]
pytestmark = [
    pytest.mark.screen,
    pytest.mark.skipif(bool(MISSING), reason=f"not installed: {', '.join(MISSING)}"),
]
PATIENCE_S = 60


class Screen:
    """A screen, a mouse and a keyboard."""

    def __init__(self, display: str, folder: Path) -> None:
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith(("QT_", "LC_"))},
            "DISPLAY": display,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "QT_QPA_PLATFORM": "xcb",
            **{f"XDG_{kind}_HOME": str(folder / kind) for kind in ("CONFIG", "DATA", "CACHE")},
        }
        self._shot = folder / "screen.png"

    def do(self, *words: object) -> str:
        """Give xdotool a command."""
        command = ["xdotool", *map(str, words)]
        ended = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, check=False
        )
        return ended.stdout.strip()

    def window(self, title: str) -> str:
        """Return the id of a window that can be seen, or nothing."""
        return self.do("search", "--onlyvisible", "--name", title).split("\n")[-1]

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Hold a key down until what it does is seen, and let it go."""
        self.do("keydown", key)
        time.sleep(0.3)
        try:
            yield
        finally:
            self.do("keyup", key)
            time.sleep(0.3)

    def pixels(self) -> NDArray[np.int16]:
        """Return what is seen, (H, W, 3)."""
        command = ["import", "-window", "root", "-depth", "8", f"png24:{self._shot}"]
        subprocess.run(command, env=self.environment, check=True, capture_output=True)
        return read(self._shot).pixels[..., :3].astype(np.int16)


@pytest.fixture
def screen(tmp_path: Path) -> Iterator[Screen]:
    reading, writing = os.pipe()
    server = subprocess.Popen(
        ["Xvfb", "-displayfd", str(writing), "-screen", "0", "1400x900x24", "-nolisten", "tcp"],
        pass_fds=[writing],
        stderr=subprocess.DEVNULL,
    )
    os.close(writing)
    with os.fdopen(reading) as lines:
        display = f":{lines.readline().strip()}"
    folder = tmp_path / "home"
    folder.mkdir()
    made = Screen(display, folder)
    manager = subprocess.Popen(["openbox"], env=made.environment, stderr=subprocess.DEVNULL)
    yield made
    for process in (manager, server):
        process.terminate()
        process.wait(10)


def until(found: Callable[[], object], what: str) -> None:
    deadline = time.monotonic() + PATIENCE_S
    while not found():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.1)


def divider(pixels: NDArray[np.int16], top: int, bottom: int) -> int:
    """Return the column of the white line of the divider, -1 if there is none."""
    white = (pixels[top:bottom] > 250).all(2).mean(0)
    return int(white.argmax()) if white.max() > 0.9 else -1


def test_open_preview_compare_run_and_save(
    screen: Screen, make_picture: Callable[..., Path], tmp_path: Path
) -> None:
    source, target = make_picture("photo.png", 180, 240), tmp_path / "by window.png"
    program = subprocess.Popen(
        [sys.executable, "-m", "restorer.gui", str(source)], env=screen.environment
    )
    try:
        until(lambda: screen.window("photo.png - restorer"), "the window")
        window = screen.window("photo.png - restorer")
        screen.do("windowactivate", "--sync", window)
        place = dict(
            line.split("=") for line in screen.do("getwindowgeometry", "--shell", window).split()
        )
        left, top = int(place["X"]), int(place["Y"])
        first, last = top + 150, top + 300  # rows of the picture without the knob

        until(lambda: divider(screen.pixels(), first, last) >= 0, "the divider")
        line = divider(screen.pixels(), first, last)

        def right_of_it() -> NDArray[np.int16]:
            return screen.pixels()[first:last, line + 10 : line + 200]

        def previewed() -> bool:
            with screen.held("b"):  # shows the original
                original = right_of_it()
            return bool(np.abs(right_of_it() - original).mean() > 0.2)

        until(previewed, "the preview, and the original while a key is held")

        screen.do("mousemove", line, first, "mousedown", 1)
        for step in range(1, 11):
            screen.do("mousemove", line + 15 * step, first)
        screen.do("mouseup", 1)
        moved = line + 150

        def dragged() -> bool:
            return abs(divider(screen.pixels(), first, last) - moved) <= 2

        until(dragged, "the divider where the mouse let it go")
        screen.do("key", "comma")
        until(lambda: divider(screen.pixels(), first, last) < moved - 2, "a step by a key")

        screen.do("key", "ctrl+r")

        def asked() -> str:
            screen.do("key", "ctrl+shift+s")  # means nothing before the result is there
            time.sleep(1)
            return screen.window("Save the result")

        until(asked, "the result, and the dialog that saves it")
        screen.do("windowactivate", "--sync", screen.window("Save the result"))
        screen.do("key", "ctrl+a")
        screen.do("type", "--delay", 5, str(target))
        screen.do("key", "Return")
        until(target.exists, "the file")
        screen.do("mousemove", left + 400, top + 400)
        screen.do("windowactivate", "--sync", window, "key", "ctrl+q")
        assert program.wait(PATIENCE_S) == 0
    finally:
        program.kill()
        program.wait()
    job = Job(source, tmp_path / "by line.png", (Step("auto"),))
    assert run_job(job).status == "done"
    assert np.array_equal(read(target).pixels, read(job.target).pixels)
