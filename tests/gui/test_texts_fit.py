"""Every text fits its widget: each page and dialog, both languages, usual and large fonts."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from PySide6.QtCore import QLocale, Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QApplication,
    QComboBox,
    QDialog,
    QHeaderView,
    QLabel,
    QScrollArea,
    QStyle,
    QStyleOptionComboBox,
    QTabBar,
    QTableView,
    QWidget,
)

from restorer import list_models
from restorer.gui import app
from restorer.gui.export.dialog import ExportDialog
from restorer.gui.session.choices import usual_choices
from restorer.gui.session.session import Session
from restorer.gui.session.work import Message
from restorer.gui.shell.closing import Closing
from restorer.gui.shell.manual import Manual
from restorer.gui.shell.report import ProblemReport
from restorer.gui.widgets import theme
from restorer.gui.widgets.model_names import model_name
from restorer.gui.window import MainWindow

SIZE, SMALL = (1366, 768), (683, 360)  # of a screen, and of one whose factor is 2


@pytest.fixture(
    params=[
        *[(language, factor, SIZE) for language in ("C", "de") for factor in (1.0, 1.4)],
        *[(language, 1.0, SMALL) for language in ("C", "de")],
    ],
    ids=str,
)
def window(request, qtbot, qapp, preferences, make_picture) -> Iterator[MainWindow]:
    """The window with an open picture whose steps are on."""
    language, factor, size = request.param
    font = qapp.font()
    large = qapp.font()
    large.setPointSizeF(font.pointSizeF() * factor)
    qapp.setFont(large)
    translators = app.install_translations(qapp, QLocale(language))
    theme.set_scheme(qapp, "light")
    preferences.add_recent(make_picture("a photograph with a rather long name.png"))
    made = MainWindow(Session(), preferences)
    made.presets.path = preferences.folder / "presets.toml"
    made.resize(*size)
    made.show()
    yield made
    made.session.stop()
    made.close()
    made.deleteLater()
    qapp.setFont(font)
    for translator in translators:
        qapp.removeTranslator(translator)


def test_no_text_is_cut_off(window, qtbot, make_picture):
    cut = []
    cut += found(window, "start")
    choices = usual_choices()
    for task in choices.tasks:
        if task.model and task.task != "reference-sr":
            choices = choices.with_task(task.task, wanted=True)
    window.files.open([make_picture("a.jpg")])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.session.stop()
    cut += found(window, "automatic")
    window.session.recipes.choose(choices)
    window.session.stop()
    window.session.tell(Message("A sentence.", action="models"))
    cut += found(window, "picture")
    picker = window.picture.panel.controls.steps.rows["denoising"].model
    names = [model_name(spec) for spec in list_models()]
    cut += [f"model: {name}" for name in names if advance(picker, name) > room_of(picker)]
    window.picture.panel.tabs.setCurrentIndex(1)
    cut += found(window, "details")
    for page in ("sheet", "queue", "models"):
        window.actions_[f"page-{page}"].trigger()
        cut += found(window, page)
    window.pages.page("models").expert.setChecked(True)
    cut += found(window, "experts")
    window.keys.toggle()
    cut += found(window, "keys")
    window.keys.toggle()
    window.picture.attention.show()
    export = ExportDialog(window)
    export.content.setCurrentIndex(2)
    dialogs = (Manual(window), ProblemReport(window), export)
    question = Closing((), export=True, parent=window)
    for dialog in (window.picture.attention, question, *dialogs):
        dialog.show()
        cut += found(dialog, type(dialog).__name__)
        dialog.close()
    assert not cut, "\n".join(cut)


def found(top: QWidget, page: str) -> list[str]:
    """Return the texts that are cut off once all layouts have settled."""
    for _ in range(50):
        QApplication.processEvents()
        seen = []
        for widget in top.findChildren(QWidget):
            own = widget.window() is top or isinstance(top, QDialog)
            if widget.isVisible() and own and (said := cut_text(widget)):
                seen.append(f"{page}: {type(widget).__name__}: {said}")
        if not seen:
            break
        QTest.qWait(20)
    return seen


def cut_text(widget: QWidget) -> str:
    """Return what is cut off; empty if all fits."""
    if isinstance(widget, QLabel) and widget.text() and not beyond(widget):
        if widget.wordWrap():
            words = [widget.fontMetrics().horizontalAdvance(word) for word in plain(widget).split()]
            fits = widget.heightForWidth(widget.width()) <= widget.height() + 1
            return "" if fits and max(words, default=0) <= widget.width() else widget.text()
        return "" if widget.sizeHint().width() <= widget.width() else widget.text()
    if isinstance(widget, QAbstractButton) and widget.text():
        if isinstance(widget.parentWidget(), QTabBar):
            return ""
        room = widget.width() + (widget.sizePolicy().horizontalPolicy().value == 13) * 9999
        return "" if widget.sizeHint().width() <= room + 1 else widget.text()
    if isinstance(widget, QComboBox):
        text = widget.currentText()
        return "" if advance(widget, text) <= room_of(widget) else text
    if isinstance(widget, QTabBar):
        last = widget.tabRect(widget.count() - 1).right() if widget.count() else 0
        return "" if last <= widget.width() else widget.tabText(widget.count() - 1)
    if isinstance(widget, QHeaderView) and widget.orientation() is Qt.Orientation.Horizontal:
        return cut_head(widget)
    return ""


def advance(widget: QWidget, text: str) -> int:
    return widget.fontMetrics().horizontalAdvance(text)


def room_of(combo: QComboBox) -> int:
    """Return the width for the text of a combo box."""
    option = QStyleOptionComboBox()
    combo.initStyleOption(option)
    control, field = QStyle.ComplexControl.CC_ComboBox, QStyle.SubControl.SC_ComboBoxEditField
    return combo.style().subControlRect(control, option, field, combo).width()


def cut_head(head: QHeaderView) -> str:
    view = head.parentWidget()
    assert isinstance(view, QTableView)
    for section in range(head.count()):
        text = str(view.model().headerData(section, Qt.Orientation.Horizontal) or "")
        if not head.isSectionHidden(section) and text:
            room = head.sectionSize(section)
            if head.fontMetrics().horizontalAdvance(text) > room:
                return text
    return ""


def plain(label: QLabel) -> str:
    return "" if "<" in label.text() else label.text()


def beyond(widget: QWidget) -> bool:
    """Whether a label is in a part of a list that is scrolled away."""
    return isinstance(widget.parentWidget(), QScrollArea)
