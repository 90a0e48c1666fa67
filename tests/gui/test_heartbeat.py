"""The event loop goes on through all that the window does, in a process of its own.

Called as a script with a folder, it writes the longest gaps in milliseconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import numpy as np
import pytest
from PySide6.QtCore import QCoreApplication, QEvent, QObject, QSettings, QTimer
from PySide6.QtWidgets import QApplication

from restorer import Image, write
from restorer.gui.app import keep_responsive
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.session import Session
from restorer.gui.shell.preferences import Preferences
from restorer.gui.window import MainWindow

LIMIT_MS = 50
TRIES = 5
BEAT_MS = 10
PATIENCE_S = 200


@pytest.mark.slow
def test_no_gap_of_the_event_loop_is_longer_than_50_ms(tmp_path):
    best: dict[str, float] = {}
    for _ in range(TRIES):  # what is found only once may be the machine's
        ended = subprocess.run(
            [sys.executable, __file__, tmp_path], capture_output=True, text=True, check=False
        )
        assert ended.returncode == 0, ended.stderr
        gaps = json.loads(ended.stdout)
        best = {name: min(gap, best.get(name, gap)) for name, gap in gaps.items()}
        if max(best.values()) < LIMIT_MS:
            return
    assert max(best.values()) < LIMIT_MS, best


class Heartbeat(QObject):
    """Measures for how long the process keeps the window from its events.

    That is the time between two beats, without that for which threads of the process wait for a
    processor, as other work of the machine does not count; at least it is the time for which the
    window's own thread has one.
    """

    def __init__(self) -> None:
        super().__init__()
        self.worst = 0.0
        self._last = self._now()
        self._timer = QTimer(self, interval=BEAT_MS)
        self._timer.timeout.connect(self._beat)
        self._timer.start()

    def _beat(self) -> None:
        (then, worked, waited), self._last = self._last, self._now()
        seconds, work = self._last[0] - then, self._last[1] - worked
        delays = self._last[2].items()
        delay = sum(delay - waited.get(file, 0) for file, delay in delays) / 1e9
        self.worst = max(self.worst, seconds - delay, work)

    def _now(self) -> tuple[float, float, dict[Path, int]]:
        return time.perf_counter(), time.thread_time(), delays()


def delays() -> dict[Path, int]:
    """Return how long each thread has waited for a processor, in ns; none where nobody says so."""
    found = {}
    for file in Path("/proc/self/task").glob("*/schedstat"):
        with suppress(OSError, IndexError):  # the thread has ended
            found[file] = int(file.read_bytes().split()[1])
    return found


def noisy(height: int, width: int) -> Image:
    """Return waves with noise of sigma 12."""
    y, x = np.mgrid[:500, :500].astype(np.float32)
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((97, 61), (23, 201), (7, 11))]
    noise = np.random.default_rng(0).standard_normal((500, 500, 3))
    block = np.clip(120 + 40 * np.stack(waves, axis=2) + 12 * noise, 0, 255).astype(np.uint8)
    return Image(np.tile(block, (height // 500, width // 500, 1)))


class Story:
    """Opens pictures in a window, and measures the gaps of each part."""

    def __init__(self, app: QApplication, folder: Path) -> None:
        self.app, self.gaps = app, {}
        settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        self.window = MainWindow(Session(), Preferences(settings))
        self.window.resize(1366, 768)
        self.window.show()
        self.app.processEvents()
        self.beat = Heartbeat()

    def until(self, name: str, done: Callable[[], object]) -> None:
        """Go on until something is done, and note the longest gap."""
        end = time.monotonic() + PATIENCE_S
        while not done():
            assert time.monotonic() < end, name
            self.app.processEvents()
            time.sleep(0.001)
        self.gaps[name] = round(self.beat.worst * 1000, 1)
        self.beat.worst = 0.0

    def close(self) -> None:
        self.window.session.give_up()
        self.window.close()
        self.window.deleteLater()
        QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete.value)


def tell(folder: Path) -> dict[str, float]:
    """Return the longest gaps in milliseconds."""
    files = {side: folder / f"{side}.ppm" for side in (500, 1000, 10_000)}
    for side, file in files.items():
        if not file.exists():
            write(noisy(side, side), file)
    keep_responsive()
    app = QApplication([])
    story = Story(app, folder)
    window, session = story.window, story.window.session

    def is_open(side: int) -> bool:
        return session.state.opened is not None and session.state.opened.size[0] == side

    def is_loaded() -> bool:
        names = {thread.name for thread in threading.enumerate()}
        return bool(session.state.usable) and "torch" in sys.modules and "loader" not in names

    def is_previewed() -> bool:
        state = session.state
        return state.fresh and bool(state.patches) and state.work.doing == "nothing"

    story.until("PyTorch is loaded", is_loaded)
    window.files.open([files[1000]])
    story.until("a picture is opened", lambda: is_open(1000))
    story.until("it is previewed", is_previewed)
    session.recipes.choose(usual_choices().with_task("denoising", wanted=True))
    story.until("another model is chosen", is_previewed)
    window.files.open([files[500], files[10_000]])
    story.until("another one is opened", lambda: is_open(500))
    session.run()
    story.until("it is restored", lambda: session.state.saveable is not None)
    session.saving.save(folder / "saved.png", replace=True)
    story.until("it is saved", (folder / "saved.png").exists)
    session.opener.show(1)
    story.until("100 megapixels are opened", lambda: is_open(10_000))
    (folder / "saved.png").unlink()
    story.close()
    return story.gaps


if __name__ == "__main__":
    os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
    sys.stdout.write(json.dumps(tell(Path(sys.argv[1]))))
