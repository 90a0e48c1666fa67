"""Manual: the pages of docs, read without the network."""

from __future__ import annotations

import posixpath
import re
from pathlib import Path
from typing import Any

from PySide6.QtCore import QCoreApplication, Qt, QUrl
from PySide6.QtGui import QDesktopServices, QImage, QResizeEvent, QTextCursor, QTextDocument
from PySide6.QtWidgets import QDialog, QListWidget, QTextBrowser, QWidget

from ..widgets.forms import row
from ..widgets.theme import SPACE
from ..widgets.titles import QT_TRANSLATE_NOOP

FOLDER = Path(__file__).parents[2] / "docs"  # of the checkout, or copied into the package
PAGES = {
    "start-window.md": QT_TRANSLATE_NOOP("manual", "Start in five minutes"),
    "choose.md": QT_TRANSLATE_NOOP("manual", "Which task for my picture?"),
    "window.md": QT_TRANSLATE_NOOP("manual", "The window"),
    "models.md": QT_TRANSLATE_NOOP("manual", "Which model to use"),
    "reference-sr.md": QT_TRANSLATE_NOOP("manual", "Reference pictures"),
    "faq.md": QT_TRANSLATE_NOOP("manual", "Questions and answers"),
    "troubleshooting.md": QT_TRANSLATE_NOOP("manual", "Messages"),
    "files.md": QT_TRANSLATE_NOOP("manual", "File formats"),
    "command-line.md": QT_TRANSLATE_NOOP("manual", "Command line"),
    "install.md": QT_TRANSLATE_NOOP("manual", "Installation"),
    "weights.md": QT_TRANSLATE_NOOP("manual", "All models"),
    "quality.md": QT_TRANSLATE_NOOP("manual", "Measured quality"),
}
_SIZE = (980, 700)
_LIST_WIDTH = 200
_MARGIN = 48  # of a page, beside its pictures


class Manual(QDialog):
    """A list of pages, and the page."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        translate = QCoreApplication.translate
        self.setWindowTitle(self.tr("Manual"))
        self.resize(*_SIZE)
        self.pages = QListWidget()
        self.pages.setAccessibleName(self.tr("Pages of the manual"))
        self.pages.setFixedWidth(_LIST_WIDTH)
        self.pages.setObjectName("modelChoice")  # styled like the list of models
        self.pages.setSpacing(3)
        for title in PAGES.values():
            self.pages.addItem(translate("manual", title))
        self.text = ManualText()
        self.text.setAccessibleName(self.tr("Manual"))
        both = row(self.pages, self.text, stretch=1)
        both.setContentsMargins(SPACE, SPACE, SPACE, SPACE)
        self.setLayout(both)
        self.pages.currentRowChanged.connect(lambda number: self.text.open(list(PAGES)[number]))
        self.pages.setCurrentRow(0)


class ManualText(QTextBrowser):
    """One page; links to others, to headings and to the web work."""

    def __init__(self) -> None:
        super().__init__()
        self.setOpenLinks(False)
        self.document().setDocumentMargin(2 * SPACE)
        self.anchorClicked.connect(self._follow)
        self._name = ""
        self._filling = False

    def open(self, name: str, heading: str = "") -> None:
        """Show a page, from the top or from a heading, by the name that links use."""
        path = FOLDER / name
        self._name = name
        self._filling = True
        self.document().setBaseUrl(QUrl.fromLocalFile(str(path)))
        if path.is_file():
            self.setMarkdown(path.read_text("utf-8"))
        else:
            self.setPlainText(self.tr("This page is not installed: %1").replace("%1", name))
        self._filling = False
        self.moveCursor(QTextCursor.MoveOperation.Start)
        self._scroll_to(heading)

    def loadResource(self, kind: int, url: QUrl | str) -> Any:
        """Load a picture, not wider than the page; nothing else is loaded."""
        if kind != QTextDocument.ResourceType.ImageResource.value:
            return None
        image = QImage(self.document().baseUrl().resolved(QUrl(url)).toLocalFile())
        widest = max(1, self.viewport().width() - _MARGIN)
        if image.width() <= widest:
            return image
        return image.scaledToWidth(widest, Qt.TransformationMode.SmoothTransformation)

    def resizeEvent(self, event: QResizeEvent) -> None:
        """Fit the pictures again."""
        place = self.verticalScrollBar().value()
        super().resizeEvent(event)
        # A scroll bar that appears while the page is filled resizes, too.
        resized = event.size().width() != event.oldSize().width()
        if self._name and resized and not self._filling:
            self.open(self._name)
            self.verticalScrollBar().setValue(place)

    def _follow(self, url: QUrl) -> None:
        if url.scheme() in ("http", "https"):
            QDesktopServices.openUrl(url)
        else:
            name = posixpath.join(posixpath.dirname(self._name), url.path())
            self.open(posixpath.normpath(name) if url.path() else self._name, url.fragment())

    def _scroll_to(self, heading: str) -> None:
        block = self.document().begin()
        while heading and block.isValid():
            if block.blockFormat().headingLevel() and slug(block.text()) == heading:
                self.setTextCursor(QTextCursor(block))
                top = self.document().documentLayout().blockBoundingRect(block).top()
                self.verticalScrollBar().setValue(round(top))
                return
            block = block.next()


def slug(heading: str) -> str:
    """Return the name of a heading in links: ``Camera RAW`` is ``camera-raw``."""
    return re.sub(r"[\s_-]+", "-", re.sub(r"[^\w\s-]", "", heading.strip().lower()))
