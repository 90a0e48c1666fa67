"""ModelDetails: information on one model, and actions for its weights."""

from __future__ import annotations

from PySide6.QtCore import QUrl, Signal
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QFrame, QLabel, QProgressBar, QPushButton, QWidget

from restorer import ModelSpec

from ..widgets.forms import column, heading, rich_text, row
from ..widgets.model_facts import expert_facts
from ..widgets.model_names import model_name
from ..widgets.words import listed, size
from .example import Example
from .rows import USABLE, facts, measured_pace


class ModelDetails(QWidget):
    """One model.

    Signals:
        fetched: Download its weights.
        stopped: Stop the current download.
        verified: Compare the hash of its weights.
        removed: Delete its weights; the user has confirmed.
        message: A sentence for the user.
    """

    fetched = Signal()
    stopped = Signal()
    verified = Signal()
    removed = Signal()
    message = Signal(str)

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._page = ""
        self._model: tuple[ModelSpec | None, str] = (None, "")
        self.expert = False
        self.title = heading("")
        self.title.setWordWrap(True)
        self.example = Example()
        self.about = rich_text()
        self.about.setAccessibleDescription(self.tr("About the model"))
        self.fetch = QPushButton(self.tr("Download"))
        self.fetch.setProperty("primary", True)
        self.page = QPushButton(self.tr("Open website"))
        self.verify = QPushButton(self.tr("Check file"))
        self.remove = QPushButton(self.tr("Remove …"))
        self.stop = QPushButton(self.tr("Stop"))
        self.stop.setAccessibleName(self.tr("Stop the download"))
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Download"))
        self.bar.setFixedWidth(120)
        self.progress = QLabel(wordWrap=True)
        self.question = QFrame()
        self.ask = QLabel(wordWrap=True)
        self.really = QPushButton(self.tr("Remove"))
        self.keep = QPushButton(self.tr("Keep"))
        self._lay_out()
        self.fetch.clicked.connect(self.fetched)
        self.stop.clicked.connect(self.stopped)
        self.verify.clicked.connect(self.verified)
        self.page.clicked.connect(self._open_page)
        self.remove.clicked.connect(self._ask)
        self.really.clicked.connect(self._remove)
        self.keep.clicked.connect(self._keep)
        self.show_download("", None)

    def show_model(self, spec: ModelSpec | None, state: str) -> None:
        """Show a model and the state of its weights; nothing for None."""
        self._model = (spec, state)
        self.question.hide()
        self.setVisible(spec is not None)
        if spec is None:
            return
        self._page, url = spec.weights.page, spec.weights.url
        pace = measured_pace(spec)
        expert = expert_facts(spec, pace) if self.expert else []
        self.title.setText(model_name(spec))
        self.example.show_model(spec.id)
        self.about.setText(listed([*self._advice(state), *facts(spec, pace), *expert]))
        text = self.tr("Delete the file of “%1” (%2) from the disk?").replace(
            "%1", model_name(spec)
        )
        self.ask.setText(text.replace("%2", size(spec.weights.size)))
        included = spec.weights.embedded or bool(spec.weights.package)
        self.fetch.setVisible(state == "fetch" or (state == "corrupt" and bool(url)))
        self.page.setVisible(bool(self._page) and state not in USABLE)
        self.verify.setVisible(state in (*USABLE, "corrupt"))
        self.remove.setVisible(state in ("installed", "corrupt") and not included)

    def set_expert(self, expert: bool) -> None:
        """Show ids, licenses and test scores, too, or not."""
        self.expert = expert
        self.show_model(*self._model)

    def show_download(self, model: str, done: tuple[int, int] | None) -> None:
        """Show the progress of a download in bytes; None hides it."""
        self.fetch.setEnabled(done is None)
        if done is None and self.stop.hasFocus():
            self.fetch.setFocus()  # keeps the focus for keyboard users
        for widget in (self.stop, self.bar, self.progress):
            widget.setVisible(done is not None)
        if done is None:
            return
        have, total = done
        self.bar.setRange(0, 1000 if total else 0)
        self.bar.setValue(round(1000 * have / total) if total else 0)
        of = self.tr("%1 of %2").replace("%1", size(have)).replace("%2", size(total))
        came = of if total else size(have) if have else self.tr("connecting …")
        self.progress.setText(f"{model}: {came}")

    def _lay_out(self) -> None:
        inner = column()
        inner.addWidget(self.ask)
        replies = row(self.really, self.keep)
        replies.addStretch(1)
        inner.addLayout(replies)
        self.question.setLayout(inner)
        layout = column()
        for widget in (self.title, self.example, self.about, self.question):
            layout.addWidget(widget)
        for buttons in ((self.fetch, self.page), (self.verify, self.remove), (self.stop, self.bar)):
            line = row(*buttons)
            line.addStretch(1)
            layout.addLayout(line)
        layout.addWidget(self.progress)
        layout.addStretch(1)
        self.setLayout(layout)

    def _advice(self, state: str) -> list[tuple[str, str]]:
        if state == "browser":
            text = self.tr("Download from the website, then drop the file here.")
            return [(self.tr("How to get it"), text)]
        if state == "corrupt":
            text = self.tr("The file is incomplete or was changed. Download it again.")
            return [(self.tr("Problem"), text)]
        return []

    def _open_page(self) -> None:
        if not QDesktopServices.openUrl(QUrl(self._page)):
            text = self.tr("The browser did not start. The address is %1")
            self.message.emit(text.replace("%1", self._page))

    def _ask(self) -> None:
        self.question.show()
        self.keep.setFocus()

    def _keep(self) -> None:
        self.question.hide()
        self.remove.setFocus()

    def _remove(self) -> None:
        self.question.hide()
        self.removed.emit()
