"""Draw the icon in the sizes of menus and task bars, from its vector form.

Run as: python packaging/app/icons.py restorer.svg FOLDER, such as /usr/share/icons/hicolor
"""

from __future__ import annotations

import sys
from pathlib import Path

from PySide6.QtCore import Qt
from PySide6.QtGui import QImage, QPainter
from PySide6.QtSvg import QSvgRenderer

SIZES = (16, 24, 32, 48, 64, 128, 256)


def main(source: Path, folder: Path) -> None:
    """Write one PNG file for each size, where the icon theme expects it."""
    for size in SIZES:
        target = folder / f"{size}x{size}/apps/{source.stem}.png"
        target.parent.mkdir(parents=True, exist_ok=True)
        draw(source, target, size)


def draw(source: Path, target: Path, size: int) -> None:
    """Write an SVG file as a square PNG file."""
    image = QImage(size, size, QImage.Format.Format_ARGB32)
    image.fill(Qt.GlobalColor.transparent)
    painter = QPainter(image)
    QSvgRenderer(str(source)).render(painter)
    painter.end()
    if not image.save(str(target)):
        raise OSError(f"{target}: cannot be written")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
