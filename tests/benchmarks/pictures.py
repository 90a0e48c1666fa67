"""Make the screenshots of docs/window.md: python tests/benchmarks/pictures.py [FOLDER] [LANGUAGE]

Uses photographs from scikit-image and needs no screen.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import numpy as np

os.environ["QT_QPA_PLATFORM"] = "offscreen"

from photographs import photograph
from PySide6.QtCore import QLocale, QPoint, QSettings, QTimer
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget
from skimage.transform import rotate

from restorer import Image, write
from restorer.gui.app import install_translations
from restorer.gui.batch.page import BatchPage
from restorer.gui.export.dialog import ExportDialog
from restorer.gui.session.session import Session
from restorer.gui.sheet.page import ContactSheet
from restorer.gui.shell.preferences import Preferences
from restorer.gui.widgets.theme import set_scheme
from restorer.gui.window import MainWindow
from restorer.training.degrade import bicubic_downscale, gaussian_noise, quantize

DOCS = Path(sys.argv[1] if len(sys.argv) > 1 else Path(__file__).parents[2] / "docs")
LANGUAGE = QLocale(sys.argv[2] if len(sys.argv) > 2 else "C")
SIZE = (1280, 800)
PATIENCE_MS = 240_000


def main() -> None:
    app = QApplication([])
    QLocale.setDefault(LANGUAGE)
    translators = install_translations(app, LANGUAGE)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        pictures = [noisy(folder, each, sigma=25) for each in ("chelsea", "astronaut", "coffee")]
        small = halved(folder, "coffee")
        kept = QSettings(str(folder / "window.ini"), QSettings.Format.IniFormat)
        window = MainWindow(Session(), Preferences(kept))
        window.resize(*SIZE)
        window.show()
        set_scheme(app, "light")
        shoot(window, "start-light")
        set_scheme(app, "dark")
        show_denoising(window, pictures)
        set_scheme(app, "light")
        show_enlarging(window, small)
        set_scheme(app, "dark")
        show_sheet(window)
        show_references(window, folder)
        set_scheme(app, "light")
        show_batch(window, pictures)
        window.actions_["page-models"].trigger()
        shoot(window, "models-light", delay_ms=3000)
        set_scheme(app, "dark")
        show_export(window)
        window.close()
    del translators


def show_denoising(window: MainWindow, pictures: list[Path]) -> None:
    session = window.session
    choices = session.state.choices.with_task("super-resolution", wanted=False)
    session.recipes.choose(choices.with_task("denoising", wanted=True))
    window.files.open(pictures)
    wait(lambda: session.state.opened is not None)
    session.run()
    wait(lambda: session.state.saveable is not None)
    wait(lambda: session.state.estimated_sigma is not None)
    shoot(window, "fit-dark")
    window.picture.compare.canvas.zoom_to(1.0)
    window.actions_["difference"].trigger()
    shoot(window, "difference-dark")


def show_enlarging(window: MainWindow, small: Path) -> None:
    session = window.session
    window.files.open([small])
    wait(lambda: session.state.opened is not None and session.state.opened.path == small)
    choices = session.state.choices.with_task("denoising", wanted=False)
    session.recipes.choose(choices.with_task("super-resolution", wanted=True))
    session.run()
    wait(lambda: session.state.saveable is not None)
    window.actions_["sides"].trigger()
    window.picture.compare.canvas.zoom_to(1.0)
    shoot(window, "sides-light")


def show_sheet(window: MainWindow) -> None:
    window.actions_["page-sheet"].trigger()
    sheet = window.pages.page("sheet")
    assert isinstance(sheet, ContactSheet)
    wait(lambda: sheet.picker.region is not None)
    sheet.compare()
    wait(lambda: sheet.stop_button.isEnabled() is False)
    shoot(window, "sheet-dark")


def show_references(window: MainWindow, folder: Path) -> None:
    """Enlarge with a turned and darker picture of the same thing, and one of something else."""
    session, chain = window.session, window.picture.panel.controls.steps
    whole = photograph("astronaut.png")
    small = stored(folder / "portrait.png", bicubic_downscale(whole[:384, 64:448], 4))
    turned = rotate(whole[:432, 24:488], 6, order=3, mode="reflect") * (255 * 0.9)
    sharp = stored(folder / "another view.png", turned)
    window.actions_["page-picture"].trigger()
    window.actions_["split"].trigger()
    window.files.open([small])
    wait(lambda: session.state.opened is not None and session.state.opened.path == small)
    session.recipes.choose(session.state.choices.with_task("reference-sr", wanted=True))
    chain.references.add_paths([sharp, stored(folder / "a cup.png", photograph("coffee.png"))])
    session.run()
    wait(lambda: session.state.saveable is not None)
    wait(lambda: bool(chain.references.ranks.text()))
    chain.references.explain.setChecked(True)
    canvas = window.picture.compare.canvas
    wait(lambda: False, 1500, must=False)  # the references are read again for the cut-out
    QTest.mouseMove(canvas, canvas.rect().center() + QPoint(60, -100))
    shoot(window, "references-dark")
    chain.references.explain.setChecked(False)


def show_batch(window: MainWindow, pictures: list[Path]) -> None:
    session = window.session
    choices = session.state.choices.with_task("super-resolution", wanted=False)
    choices = choices.with_task("reference-sr", wanted=False)
    session.recipes.choose(choices.with_task("denoising", wanted=True).with_values(sigma=25.0))
    window.actions_["page-queue"].trigger()
    batch = window.pages.page("queue")
    assert isinstance(batch, BatchPage)
    batch.take_files(pictures)
    QTimer.singleShot(1000, batch.start.click)
    shoot(window, "batch-light", delay_ms=4000)
    wait(lambda: not session.state.filing.running)


def show_export(window: MainWindow) -> None:
    """Export the result that the film strip holds."""
    window.actions_["page-picture"].trigger()
    window.actions_["export"].trigger()
    dialog = window.findChild(ExportDialog)
    assert dialog is not None
    shoot(dialog, "export-dark")
    dialog.close()


def noisy(folder: Path, name: str, sigma: float) -> Path:
    clean = photograph(f"{name}.png").astype(np.float32)
    return stored(folder / f"{name}.png", gaussian_noise(clean, sigma, seed=0))


def halved(folder: Path, name: str) -> Path:
    return stored(folder / "small" / f"{name}.png", bicubic_downscale(photograph(f"{name}.png"), 2))


def stored(path: Path, values: np.ndarray) -> Path:
    write(Image(quantize(values)), path)
    return path


def shoot(window: QWidget, name: str, delay_ms: int = 500) -> None:
    if isinstance(window, MainWindow):
        window.session.dismiss()
    wait(lambda: False, delay_ms, must=False)
    window.grab().save(str(DOCS / f"window-{name}.png"))


def wait(found: Callable[[], bool], limit_ms: int = PATIENCE_MS, *, must: bool = True) -> None:
    app = QApplication.instance()
    assert app is not None
    clock = QTimer(singleShot=True, interval=limit_ms)
    clock.start()
    while clock.isActive() and not found():
        app.processEvents()
    assert found() or not must, "waited in vain"


if __name__ == "__main__":
    main()
