"""Welcome: the view while no picture is open."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QAction, QIcon, QPixmap
from PySide6.QtWidgets import (
    QFileIconProvider,
    QHBoxLayout,
    QLabel,
    QPushButton,
    QScrollArea,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from restorer import FORMATS, READABLE

from ..session.choices import NAME
from ..session.documents import Document
from ..session.thumbnails import Thumbnails
from ..widgets.forms import column, heading, hint, row
from ..widgets.theme import SPACE

SAMPLES = Path(__file__).parent / "samples"  # made by tests/benchmarks/window_examples.py
_WIDTH = 600  # of three samples
_MOST = 6
_MOST_LEFT = 4
_SAMPLE_WIDTH, _SAMPLE_HEIGHT = 162, 108
_THUMBNAIL = 40


class Welcome(QWidget):
    """An invitation to open pictures, samples to try, and recent work.

    Args:
        open_action: Asks for pictures.
        folder: Samples are copied there, as results are saved beside their originals.
        parent: Owner.

    Signals:
        opened: A sample, or a recent file or folder, was chosen.
        continued: The user wants to go on with what the last window has left.
    """

    opened = Signal(object)
    continued = Signal()

    def __init__(self, open_action: QAction, folder: Path, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAutoFillBackground(True)
        self._folder = folder
        self._thumbnails = Thumbnails(_THUMBNAIL, self.devicePixelRatioF(), self)
        self._thumbnails.made.connect(self._show_thumbnail)
        self._files: dict[Path, list[QPushButton]] = {}
        title = QLabel(self.tr("Drop photographs here"))
        title.setStyleSheet("font-size: 22px; font-weight: 600;")
        text = hint(self.tr("Files or whole folders. The originals are never touched."))
        self.button = QPushButton(self.tr("Open …"))
        self.button.setProperty("primary", True)
        self.button.setAccessibleName(self.tr("Open pictures"))
        self.button.clicked.connect(open_action.trigger)
        self.formats = hint(self._missing_formats())
        self.formats.setVisible(bool(self.formats.text()))
        self._left = column(spacing=2)
        self._recent = column(spacing=2)
        box = QWidget()
        box.setMinimumWidth(_WIDTH)
        inner = column(margin=2 * SPACE, spacing=12)
        for widget in (title, text):
            inner.addWidget(widget)
        first = row(self.button)
        first.addStretch(1)
        inner.addLayout(first)
        inner.addLayout(self._left)
        inner.addSpacing(SPACE)
        inner.addWidget(heading(self.tr("Try it with a sample")))
        inner.addLayout(self._samples())
        inner.addSpacing(SPACE)
        inner.addLayout(self._recent)
        inner.addWidget(self.formats)
        box.setLayout(inner)
        area = QScrollArea(widgetResizable=True)
        area.setAccessibleName(self.tr("Start"))
        area.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        middle = QWidget()
        centered = column()
        centered.addWidget(box, 0, Qt.AlignmentFlag.AlignCenter)
        middle.setLayout(centered)
        area.setWidget(middle)
        layout = column()
        layout.addWidget(area)
        self.setLayout(layout)

    def show_recent(self, paths: Sequence[Path]) -> None:
        """List recent files and folders that are still there, with a thumbnail and their state."""
        self._clear(self._recent)
        found = [path for path in paths if path.exists()][:_MOST]
        if found:
            self._recent.addWidget(heading(self.tr("Recent")))
        for path in found:
            self._recent.addWidget(self._recent_button(path))

    def show_left_over(self, documents: Sequence[Document]) -> None:
        """List what the last window has left to do or to save; one click goes on with all of it."""
        self._clear(self._left)
        if not documents:
            return
        title = heading(self.tr("Unfinished work"))
        go_on = QPushButton(self.tr("Continue"))
        go_on.setProperty("primary", True)
        go_on.clicked.connect(self.continued)
        top = QWidget()
        line = row(title, go_on)
        line.insertStretch(1, 1)
        top.setLayout(line)
        self._left.addWidget(top)
        words = {
            "waiting": self.tr("waits to be restored"),
            "failed": self.tr("failed"),
            "idle": self.tr("restored, not saved"),
        }
        for document in documents[:_MOST_LEFT]:
            button = self._button(document.file, document.name, words[document.stage])
            button.clicked.connect(self.continued)
            self._left.addWidget(button)
        if (more := len(documents) - _MOST_LEFT) > 0:
            self._left.addWidget(hint(self.tr("… and %n more", "", more)))

    def close_workers(self) -> bool:
        """End the thread of the thumbnails."""
        return self._thumbnails.close()

    def _samples(self) -> QHBoxLayout:
        titles = {
            "night": self.tr("Taken at night"),
            "web": self.tr("Small, from the web"),
            "saved-often": self.tr("Saved too often"),
        }
        buttons = []
        for name, title in titles.items():
            button = QToolButton()
            button.setText(title)
            button.setAccessibleName(self.tr("Open the sample: %1").replace("%1", title))
            button.setToolButtonStyle(Qt.ToolButtonStyle.ToolButtonTextUnderIcon)
            button.setIconSize(QSize(_SAMPLE_WIDTH, _SAMPLE_HEIGHT))
            button.setIcon(_cover(SAMPLES / f"{name}.jpg", self.devicePixelRatioF()))
            button.clicked.connect(lambda _=False, name=name: self._open_sample(name))
            buttons.append(button)
        made = row(*buttons)
        made.addStretch(1)
        return made

    def _open_sample(self, name: str) -> None:
        target = self._folder / f"{name}.jpg"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(SAMPLES / target.name, target)
        self.opened.emit(target)

    def _recent_button(self, path: Path) -> QPushButton:
        button = self._button(path, path.name, self._state(path))
        button.clicked.connect(lambda: self.opened.emit(path))
        return button

    def _button(self, path: Path, name: str, state: str) -> QPushButton:
        """Return a flat button with a thumbnail, a name, and what is known of it."""
        button = QPushButton(f"{name}\n{state}")
        button.setFlat(True)
        button.setToolTip(str(path))
        button.setAccessibleName(self.tr("Open %1").replace("%1", name))
        button.setStyleSheet("text-align: left; padding: 4px 10px;")
        button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        button.setIconSize(QSize(_THUMBNAIL, _THUMBNAIL))
        if path.is_dir():
            button.setIcon(QFileIconProvider().icon(QFileIconProvider.IconType.Folder))
        else:
            self._files.setdefault(path, []).append(button)
            button.setIcon(self._thumbnails.get(path))
        return button

    def _clear(self, layout: QVBoxLayout) -> None:
        """Remove the buttons of a list."""
        while (item := layout.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                gone = {old, *old.findChildren(QPushButton)}
                self._files = {
                    path: [each for each in buttons if each not in gone]
                    for path, buttons in self._files.items()
                }
                old.deleteLater()

    def _state(self, path: Path) -> str:
        """Return where a file lies, and whether a result lies beside it."""
        if path.is_dir():
            return str(path.parent)
        pattern = NAME.replace("{stem}", path.stem).replace("{suffix}", "")
        result = next((p for s in READABLE if (p := path.with_name(pattern + s)).exists()), None)
        done = self.tr("restored: %1").replace("%1", result.name) if result is not None else ""
        return done or self.tr("not restored yet")

    def _show_thumbnail(self, path: Path) -> None:
        for button in self._files.get(path, ()):
            button.setIcon(self._thumbnails.get(path))

    def _missing_formats(self) -> str:
        """Return what to install for formats that cannot be opened."""
        missing = [each for each in FORMATS.values() if not each.is_installed]
        said = [
            self.tr("%1: install restorer[%2]").replace("%1", each.name).replace("%2", each.extra)
            for each in missing
        ]
        text = self.tr("Formats that need another package: %1.")
        return text.replace("%1", "; ".join(said)) if said else ""


def _cover(path: Path, ratio: float) -> QIcon:
    """Return the middle of a picture that fills a button."""
    size = QSize(_SAMPLE_WIDTH, _SAMPLE_HEIGHT) * ratio
    fill = Qt.AspectRatioMode.KeepAspectRatioByExpanding
    whole = QPixmap(str(path)).scaled(size, fill, Qt.TransformationMode.SmoothTransformation)
    left, top = (whole.width() - size.width()) // 2, (whole.height() - size.height()) // 2
    part = whole.copy(left, top, size.width(), size.height())
    part.setDevicePixelRatio(ratio)
    return QIcon(part)
