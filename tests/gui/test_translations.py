"""German says all that English says; what is compiled is what is written."""

import ast
import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PySide6.QtCore import QLocale, QTranslator
from PySide6.QtWidgets import QTabWidget

import restorer
import restorer.gui
from restorer.gui import app
from restorer.gui.batch.page import BatchPage
from restorer.gui.models.page import ModelsPanel
from restorer.gui.session.session import Session
from restorer.gui.widgets.theme import SPACE
from restorer.gui.window import MainWindow

FOLDER = Path(restorer.gui.__file__).parent
SOURCES = FOLDER / "i18n" / "restorer_de.ts"
MARK = re.compile(r"%(?:\d|n)")

pytestmark = pytest.mark.skipif(not SOURCES.exists(), reason="only the sources have it")


def texts():
    """Yield (context, source, translations) of the file."""
    for context in ElementTree.parse(SOURCES).getroot().findall("context"):
        for message in context.findall("message"):
            translation = message.find("translation")
            assert translation.get("type") != "unfinished", message.find("source").text
            forms = [form.text for form in translation] or [translation.text]
            yield context.findtext("name"), message.findtext("source"), forms


def calls(tree):
    """Yield the texts that a module wants translated."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            of_qt = ast.unparse(node.func) == "QCoreApplication.translate"
            if node.func.attr == "tr" or of_qt:
                text = node.args[of_qt]
                assert isinstance(text, ast.Constant), f"line {node.lineno}: not a plain text"
                yield text.value
        elif isinstance(node, ast.Call) and ast.unparse(node.func) == "QT_TRANSLATE_NOOP":
            yield ast.literal_eval(node.args[1])


def test_every_text_is_translated():
    known = {source for _, source, _ in texts()}
    for path in sorted(FOLDER.rglob("*.py")):
        for text in calls(ast.parse(path.read_text("utf-8"))):
            assert text in known, f"{path.name}: {text!r}; see CONTRIBUTING.md"


def test_the_texts_that_the_core_marks_are_translated():
    known = {source for context, source, _ in texts() if not context}
    marked = {task.label for task in restorer.TASKS.values()}
    for option in restorer.OPTIONS:
        if option.label:
            marked |= {option.label, option.help, option.none or "Automatic"}
        if isinstance(option.kind, restorer.Choice):
            marked |= set(option.kind.labels.values())
    assert known == marked - {""}


def test_texts_stand_under_the_names_of_classes_that_exist():
    """Qt looks a text up by its class; under a former name it is not found."""
    trees = [ast.parse(path.read_text("utf-8")) for path in FOLDER.rglob("*.py")]
    nodes = [node for tree in trees for node in ast.walk(tree)]
    classes = {node.name for node in nodes if isinstance(node, ast.ClassDef)}
    words = {node.value for node in nodes if isinstance(node, ast.Constant)}
    assert {context for context, _, _ in texts()} <= classes | words


def test_texts_stand_under_the_class_that_says_them():
    """Qt looks a text up by the class of the object that translates it."""
    known = {(context, source) for context, source, _ in texts()}
    for path in sorted(FOLDER.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.ClassDef):
                for call in ast.walk(node):
                    if isinstance(call, ast.Call) and ast.unparse(call.func) == "self.tr":
                        said = node.name, ast.literal_eval(call.args[0])
                        assert said in known, f"{path.name}: {said}"


def test_translations_keep_the_marks():
    for _, source, forms in texts():
        for form in forms:
            assert sorted(MARK.findall(form)) == sorted(MARK.findall(source)), source


def test_no_two_entries_of_a_menu_share_their_letter(qapp):
    menus = [text for context, _, (text, *_) in texts() if context == "Menus"]
    letters = [m[0].lower() for t in menus if (m := re.findall("&(.)", t))]
    assert len(letters) == len(set(letters))


def test_what_is_compiled_is_what_is_written(qapp):
    translator = QTranslator()
    assert translator.load(str(SOURCES.with_suffix(".qm")))
    for context, source, forms in texts():
        number = 2 if len(forms) > 1 else -1
        assert translator.translate(context, source, None, number) == forms[-1]


def test_a_german_window_is_german(qapp, preferences):
    translators = app.install_translations(qapp, QLocale("de_AT"))
    try:
        window = MainWindow(Session(), preferences)
        assert window.picture.panel.area.run_button.text() == "Verbessern"
        assert window.findChild(QTabWidget).tabText(0) == "Verbessern"
        assert window.menuBar().actions()[0].text() == "&Datei"
        window.resize(800, 480)
        window.show()
        qapp.processEvents()
        assert window.size().toTuple() == (800, 480)
        window.close()
        window.deleteLater()
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)


@pytest.mark.parametrize("language", ["C", "de_AT"])
def test_words_fit_into_the_columns_of_tables(qapp, mount, session, language):
    translators = app.install_translations(qapp, QLocale(language))
    try:
        for view, words in (
            ((panel := mount(ModelsPanel())).view, panel.table.words()),
            ((batch := mount(BatchPage(session))).view, batch.items.words),
        ):
            for column, texts in words.items():
                room = view.horizontalHeader().sectionSize(column) - 2 * SPACE
                for text in texts:
                    assert view.fontMetrics().horizontalAdvance(text) <= room, text
    finally:
        for translator in translators:
            qapp.removeTranslator(translator)
