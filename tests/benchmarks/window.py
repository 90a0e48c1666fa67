"""Time of a repaint of the comparison with 24-megapixel images at 2560x1440.

python tests/benchmarks/window.py

Prints the median of twenty in milliseconds, without a screen. The goal is 16 ms, or 60 frames/s.
"""

from __future__ import annotations

import os
import statistics
import time

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from PySide6.QtWidgets import QApplication

from restorer.gui.canvas.canvas import Canvas
from restorer.gui.canvas.painting import Layer
from restorer.gui.canvas.scene import Mode
from restorer.gui.session.box import Box
from restorer.gui.session.convert import pyramid

SIZE = (6000, 4000)
PANE = (2560, 1440)
ZOOMS = {"fit": 0.0, "50 %": 0.5, "70 %": 0.7, "100 %": 1.0, "200 %": 2.0, "800 %": 8.0}
ROUNDS = 20


def main() -> None:
    app = QApplication([])
    noise = np.random.default_rng(0).integers(0, 256, (SIZE[1], SIZE[0], 3), np.uint8)
    whole = Box(0, 0, *SIZE)
    start = time.perf_counter()
    before, after = (Layer(pyramid(pixels), whole) for pixels in (noise, 255 - noise))
    seconds = time.perf_counter() - start
    canvas = Canvas()
    canvas.resize(*PANE)
    canvas.show()
    app.processEvents()  # nothing is painted before the widget is exposed
    canvas.set_layers(SIZE, [before], [after])
    print("| zoom | " + " | ".join(mode.value for mode in Mode) + " |")
    print("|---|" + "---|" * len(Mode))
    for name, zoom in ZOOMS.items():
        figures = []
        for mode in Mode:
            canvas.set_mode(mode)
            canvas.fit()
            if zoom:
                canvas.zoom_to(zoom)
            figures.append(f"{repaint_ms(canvas):.1f}")
        print(f"| {name} | " + " | ".join(figures) + " |")
    print(f"| building both pyramids | {seconds:.2f} s | | | |")
    canvas.close()
    app.processEvents()


def repaint_ms(canvas: Canvas) -> float:
    times = []
    for number in range(ROUNDS):
        canvas.set_view(canvas.view.panned(1 - 2 * (number % 2), 0))  # nothing of it can be kept
        start = time.perf_counter()
        canvas.repaint()
        times.append((time.perf_counter() - start) * 1000)
    return statistics.median(times)


if __name__ == "__main__":
    main()
