"""ProblemReport: what to send with the report of a problem, copied and not sent."""

from __future__ import annotations

import sys

from PySide6.QtCore import QProcess
from PySide6.QtGui import QFontDatabase, QGuiApplication, QHideEvent, QShowEvent
from PySide6.QtWidgets import QDialog, QPlainTextEdit, QProgressBar, QPushButton, QWidget

from ..widgets.forms import column, hint, row
from ..widgets.theme import SPACE

_SIZE = (720, 520)
# A frozen program is the command line itself.
_PROGRAM = () if getattr(sys, "frozen", False) else ("-m", "restorer")


class ProblemReport(QDialog):
    """Shows what ``restore doctor`` says of this machine, and copies it."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setWindowTitle(self.tr("Report a problem"))
        self.resize(*_SIZE)
        self.text = QPlainTextEdit(readOnly=True)
        self.text.setAccessibleName(self.tr("About this computer"))
        fixed = QFontDatabase.SystemFont.FixedFont
        self.text.setFont(QFontDatabase.systemFont(fixed))
        self.text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.bar = QProgressBar(textVisible=False)
        self.bar.setRange(0, 0)
        self.bar.setAccessibleName(self.tr("Checking this computer"))
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setProperty("primary", True)
        self.close_button = QPushButton(self.tr("Close"))
        buttons = row(self.copy, self.close_button)
        buttons.insertStretch(0, 1)
        layout = column(margin=2 * SPACE)
        layout.addWidget(
            hint(
                self.tr(
                    "Copy this into your report, and write what you did, what you expected, and"
                    " what happened. Nothing is sent by itself. The check takes a minute."
                )
            )
        )
        layout.addWidget(self.text, 1)
        layout.addWidget(self.bar)
        layout.addLayout(buttons)
        self.setLayout(layout)
        self.process = QProcess(self)
        self.process.setProcessChannelMode(QProcess.ProcessChannelMode.MergedChannels)
        self.process.readyReadStandardOutput.connect(self._read)
        self.process.finished.connect(self.bar.hide)
        self.process.errorOccurred.connect(self._fail)
        self.copy.clicked.connect(self._copy)
        self.close_button.clicked.connect(self.reject)

    def showEvent(self, event: QShowEvent) -> None:
        """Check this computer."""
        super().showEvent(event)
        if self.process.state() is QProcess.ProcessState.NotRunning:
            self.text.clear()
            self.bar.show()
            self.process.start(sys.executable, [*_PROGRAM, "doctor"])

    def hideEvent(self, event: QHideEvent) -> None:
        """Stop the check."""
        super().hideEvent(event)
        self.process.kill()
        self.process.waitForFinished(1000)

    def _read(self) -> None:
        said = bytes(self.process.readAllStandardOutput().data()).decode("utf-8", "replace")
        self.text.appendPlainText(said.rstrip("\r\n"))

    def _fail(self, error: QProcess.ProcessError) -> None:
        if error is QProcess.ProcessError.FailedToStart:
            self.bar.hide()
            self.text.appendPlainText(self.process.errorString())

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self.text.toPlainText())
