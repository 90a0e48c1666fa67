"""Notes of the core in the user's language: all of them, with their values."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import restorer
from restorer.gui import app
from restorer.gui.widgets.notes import NOTES, note_patterns, note_text

CORE = Path(restorer.__file__).parent
PLACES = (
    *("formats", "restoration", "batch/run_job.py", "batch/run_pages.py", "batch/staging.py"),
)
SAY_OTHER_THINGS = {
    "formats/kinds.py",
    "restoration/diagnosis.py",
    "restoration/display.py",
    "restoration/treatment.py",
}
# Sentences and texts of these places that are no notes: parts of errors, of files, of patterns.
OTHERS = {
    "No copyright, use freely",
    "Compatible with Adobe RGB (1998)",
    "RGB with the tone curve of sRGB",
    "Rec. 2020 with the tone curve of sRGB",
    "{} bytes, expected of {} x {} samples {}",
    "; {} bits would fit",
    "; these would fit: {}",
    "{} holds at most {} a side",
    "save it as gray or RGB of 8 or 16 bits first",
    "the codes of the JPEG XL are damaged",
    "this format cannot be opened",
    "cprt wtpt bkpt rXYZ gXYZ bXYZ kXYZ rTRC gTRC bTRC kTRC chad desc chrm dmnd dmdd lumi",
    "; {} % were below 0 and became 0",
    "{} x {} at {} bits",
    " (from {} to {}, what is larger than the memory is streamed)",
    "{}: {} rows of {} pixels",
    "{}: {} tiles of {}",
    "{}: does not fit into memory; free some, or shrink the picture",
}


@pytest.fixture
def german(qapp):
    translators = app.install_translations(qapp, QLocale("de_AT"))
    yield
    for translator in translators:
        qapp.removeTranslator(translator)


def sentences(path):
    """Yield the sentences that a module makes, but for errors and messages to the log."""
    tree = ast.parse(path.read_text("utf-8"))
    parents = {child: node for node in ast.walk(tree) for child in ast.iter_child_nodes(node)}

    def is_raised(node):
        while node := parents.get(node):
            if isinstance(node, ast.Raise | ast.Assert):
                return True
            if isinstance(node, ast.Call):
                called = ast.unparse(node.func)
                if called.endswith(("Error", "Warning")) or called.startswith("log."):
                    return True
        return False

    for node in ast.walk(tree):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            parts = (each.value if isinstance(each, ast.Constant) else "{}" for each in node.values)
            text = "".join(parts)
        part = isinstance(parents.get(node), ast.JoinedStr | ast.Expr)
        words = [word for word in text.split() if re.search(r"[a-z]{2}|\{\}", word)]
        plain = not text.endswith(".") and "<" not in text and "\\" not in text
        if len(words) > 4 and plain and not part and not is_raised(node):
            yield text


def test_every_note_of_the_core_is_known(qapp):
    """A new note needs a row in `gui/widgets/notes.py`, and a translation."""
    for place in PLACES:
        found = [CORE / place] if place.endswith(".py") else sorted((CORE / place).rglob("*.py"))
        for path in found:
            if path.relative_to(CORE).as_posix() in SAY_OTHER_THINGS:
                continue
            for text in set(sentences(path)) - OTHERS:
                given = (text.replace("{}", value) for value in ("1", ""))
                assert any(
                    pattern.fullmatch(each) for each in given for pattern, _ in note_patterns()
                ), f"{path.name}: {text!r}"


@pytest.mark.parametrize("source", NOTES)
def test_english_notes_stay(qapp, source):
    note = re.sub(r"%(\d)", r"value \1", source)
    assert note_text(note) == note


def test_values_and_lists_go_into_the_translation(german):
    assert note_text("AVIF holds no more than 12 bits; 16 bits were rounded to 10") == (
        "AVIF hat höchstens 12 Bit; 16 Bit wurden auf 10 gerundet"
    )
    assert note_text("not kept: gain map, 2 layers, tag 42") == (
        "nicht übernommen: Gain-Map, 2 Ebenen, tag 42"
    )
    assert note_text("GIF holds no color profile; left out") == (
        "GIF nimmt dies nicht auf: Farbprofil; weggelassen"
    )
    assert note_text("found JPEG compression, camera noise: remove noise") == (
        "gefunden: JPEG-Kompression, Kamerarauschen; Schritte: Rauschen entfernen"
    )
    assert note_text("pages 2, 3: the damaged XMP was left out") == (
        "pages 2, 3: das beschädigte XMP wurde weggelassen"
    )
    assert note_text("something new was seen") == "something new was seen"
