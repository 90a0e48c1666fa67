"""Time until the first preview of a 12-megapixel picture, and gaps of the event loop meanwhile.

python tests/benchmarks/first_preview.py [SECONDS]

Opens a noisy picture made in code, in a window without a screen, and removes its noise by the usual
model. Seconds count from the moment when the picture is shown and the step is chosen: to the first
restored pixels, to a preview of 0.1 megapixels, and to the end of the preview at 100 %. The picture
is opened SECONDS (0) after the window, which loads PyTorch in the background by then. A second row
is for the next change of a setting, when the models are loaded and the noise is known. Processor
seconds, of all threads, do not depend on what else runs. A timer of 5 ms measures the gaps of the
event loop, from the moment when the window is shown to its end, also while a picture of 100
megapixels is opened and one of 1 megapixel is restored and saved; *own* is the processor time of
its thread in the gap.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtCore import QSettings, QTimer
from PySide6.QtWidgets import QApplication

from restorer import Image, write
from restorer.gui.app import keep_responsive
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.session import Session
from restorer.gui.shell.preferences import Preferences
from restorer.gui.window import MainWindow

PATIENCE_S = 300.0


class Heartbeat:
    """Measures the gaps between the ticks of a timer."""

    def __init__(self) -> None:
        self.timer = QTimer(interval=5)
        self.timer.timeout.connect(self.beat)
        self.gaps: list[float] = []
        self.works: list[float] = []
        self.last, self.worked = time.perf_counter(), time.thread_time()
        self.timer.start()

    def beat(self) -> None:
        now, worked = time.perf_counter(), time.thread_time()
        self.gaps.append(now - self.last)
        self.works.append(worked - self.worked)
        self.last, self.worked = now, worked

    def worst(self) -> str:
        """Return the largest gap, and the most work of the thread in one, since the last call."""
        gaps, works, self.gaps, self.works = self.gaps, self.works, [], []
        return f"{max(gaps, default=0) * 1000:.0f} ({max(works, default=0) * 1000:.0f} own)"


def noisy(width: int, height: int) -> np.ndarray:
    """Return waves with noise of sigma 12."""
    rng = np.random.default_rng(0)
    y, x = np.mgrid[0:1000, 0:1000].astype(np.float32)
    waves = [np.sin(x / a) * np.cos(y / b) for a, b in ((97, 61), (23, 201), (7, 11))]
    block = 120 + 40 * np.stack(waves, axis=2) + 12 * rng.standard_normal((1000, 1000, 3))
    return np.tile(np.clip(block, 0, 255).astype(np.uint8), (height // 1000, width // 1000, 1))


Times = tuple[float, float]  # seconds, and processor seconds


def wait(app: QApplication, done: Callable[[], bool]) -> Times:
    start, work = time.perf_counter(), time.process_time()
    while not done():
        app.processEvents()
        time.sleep(0.002)
        if time.perf_counter() - start > PATIENCE_S:
            raise TimeoutError
    return time.perf_counter() - start, time.process_time() - work


def area(session: Session) -> float:
    """Return how many pixels of the result are previewed."""
    state = session.state
    growths = getattr(state, "seen_growths", ())
    fresh = [patch.box.area for patch in state.patches] if state.fresh else []
    return max([*fresh, *(sum(box.area for box in growth.parts) for growth in growths)], default=0)


def times(app: QApplication, session: Session) -> list[Times]:
    state = lambda: session.state  # noqa: E731
    ends = (
        lambda: area(session) > 0,
        lambda: area(session) > 1e5,
        lambda: bool(state().patches) and state().work.doing == "nothing" and state().fresh,
    )
    found, total = [], (0.0, 0.0)
    for end in ends:
        seconds, work = wait(app, end)
        total = total[0] + seconds, total[1] + work
        found.append(total)
    return found


def main() -> None:
    sys.stdout.reconfigure(line_buffering=True)  # type: ignore[union-attr]
    keep_responsive()
    app = QApplication([])
    folder = Path(tempfile.mkdtemp())
    files = {}
    for name, size in (("1", (1000, 1000)), ("12", (4000, 3000)), ("100", (10_000, 10_000))):
        files[name] = folder / f"{name}.ppm"
        write(Image(noisy(*size)), files[name])
    settings = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
    window = MainWindow(Session(), Preferences(settings))
    session, state = window.session, lambda: window.session.state
    chain = usual_choices().with_task("super-resolution", wanted=False)
    window.resize(1366, 768)
    window.show()
    app.processEvents()
    pulse = Heartbeat()
    rest(app, float([*sys.argv[1:], "0"][0]))
    session.recipes.choose(chain)
    window.files.open([files["12"]])
    wait(app, lambda: state().opened is not None)
    window.picture.compare.canvas.zoom_to(1.0)
    app.processEvents()
    print("| seconds (processor seconds) to | first pixels | 0.1 MP | the view | largest gap, ms |")
    print("|---|---|---|---|---|")
    print(f"| the window and 12 MP are opened | | | | {pulse.worst()} |")
    session.recipes.choose(chain.with_task("denoising", wanted=True))
    figures = times(app, session)
    print(row("a step is chosen", figures, pulse.worst()))
    session.recipes.choose(state().choices.with_values(sigma=20.0))
    figures = times(app, session)
    print(row("a setting is changed", figures, pulse.worst()))
    session.recipes.choose(chain)
    window.files.open([files["100"]])
    wait(app, lambda: state().opened is not None and state().opened.size[0] == 10_000)
    print(f"| 100 MP are opened | | | | {pulse.worst()} |")
    window.files.open([files["1"]])
    wait(app, lambda: state().opened is not None and state().opened.size[0] == 1000)
    print(f"| 1 MP is opened | | | | {pulse.worst()} |")
    session.recipes.choose(chain.with_task("denoising", wanted=True))
    session.run()
    wait(app, lambda: state().saveable is not None)
    print(f"| 1 MP is restored | | | | {pulse.worst()} |")
    session.saving.save(folder / "saved.png")
    wait(app, (folder / "saved.png").exists)
    rest(app, 0.2)
    print(f"| and saved | | | | {pulse.worst()} |")
    window.close()
    app.processEvents()


def rest(app: QApplication, seconds: float) -> None:
    end = time.perf_counter() + seconds
    wait(app, lambda: time.perf_counter() >= end)


def row(name: str, figures: list[Times], gap: str) -> str:
    cells = " | ".join(f"{seconds:.2f} ({work:.2f})" for seconds, work in figures)
    return f"| {name} | {cells} | {gap} |"


if __name__ == "__main__":
    main()
