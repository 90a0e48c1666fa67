"""Notes and errors of the core in the user's language: all of them, with their values."""

import ast
import re
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale

import restorer
from restorer import ImageFormatError, ImageWriteError, OutOfMemoryError, read
from restorer.formats.kinds import KINDS
from restorer.gui import app
from restorer.gui.widgets.messages import message_rows, message_text
from restorer.gui.widgets.words import error_text, sentence

CORE = Path(restorer.__file__).parent
PLACES = (
    *("formats", "restoration", "batch/run_job.py", "batch/run_pages.py", "batch/run_rows.py"),
    *("batch/result_file.py", "batch/staging.py"),
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
    "this format is not supported",
    "cprt wtpt bkpt rXYZ gXYZ bXYZ kXYZ rTRC gTRC bTRC kTRC chad desc chrm dmnd dmdd lumi",
    "; {} % were below 0 and became 0",
    "{} x {} at {} bits",
    " (from {} to {}, what is larger than the memory is streamed)",
    "{}: {} rows of {} pixels",
    "{}: {} tiles of {}",
    "{}: does not fit into memory; free some memory, or shrink the picture",
}


# Places whose errors a window can show.
RAISE = (
    *("formats", "restoration", "models", "tasks.py", "settings", "sensor"),
    *("batch/checks.py", "batch/naming.py", "batch/originals.py", "batch/planning.py"),
    *("batch/presets.py",),
    *("batch/result_file.py", "batch/run_job.py", "batch/run_pages.py", "batch/run_rows.py"),
    *("batch/staging.py", "inference/devices.py", "inference/loading.py", "inference/memory.py"),
    *("inference/model.py", "inference/predictor.py", "inference/soundness.py"),
    *("inference/whole", "inference/wrapping.py"),
)
NOT_OF_THE_WINDOW = {
    "formats/exif/ifd.py",  # read without errors
    "models/adapter.py",  # networks of Python programs
    "models/ncnn/blobs.py",  # operators and files of graphs, for those who make them
    "models/ncnn/files.py",
    "models/ncnn/graph.py",
    "models/ncnn/identify.py",
    "models/ncnn/network.py",
    "models/probing.py",
}
RAISED = {
    *("ImageError", "ImageDataError", "ImageFormatError", "ImageTooLargeError", "ImageWriteError"),
    *("TargetExistsError", "ModelError", "UnknownModelError", "WeightsError", "CheckpointError"),
    *("SettingsError", "InferenceError", "OutOfMemoryError", "InvalidOutputError"),
    *("DisagreementError", "Refused", "_Interrupted"),
}
OTHER_ERRORS = {
    # of arguments that the window never passes
    "chop: sets its own tiles; leave out tile and overlap",
    "plans of {} other steps cannot be repeated",
    "model: {}, expected an id, a path, a Predictor or a module",
    "{}: has no layout other than that of its file",
    "{}: weights {} are not installed; download=True of load downloads them ({}from {})",
    "{}: has other tensors than {}, so that their weights cannot be interpolated",
    "condition {}: expected sigma or jpeg_quality",
    # made of parts that have rows
    "{}: {} x {} pixels, but {}{}",
    "{}: the result does not agree with its input: {} around row {}, column {} of the input",
    "model {} is unknown; {}all are listed by: restore models; weights of another one are named by"
    " the path of their file, or added by: restore weights add FILE",
    "{} is {}; save it as a plain tensor of float32, for example with to_dense(), dequantize() or"
    " float()",
    "{}: not available ({}); find its new address, then {} {}",
    "{}: a {} of {} x {} pixels takes {} GB of memory, {} are free; a {} that is chosen alone"
    " (setting pages) can be streamed",
}


@pytest.fixture
def german(qapp):
    translators = app.install_translations(qapp, QLocale("de_AT"))
    yield
    for translator in translators:
        qapp.removeTranslator(translator)


def unknown(message):
    """Return the parts of a message that no row knows."""
    if any(row.values(message) is not None for row in message_rows()):
        return []
    for sign in ("; ", ": "):
        first, found, rest = message.partition(sign)
        if found:
            return unknown(first) + unknown(rest)
    return [message] if re.search("[a-z]{2}", message) else []


def text_of(node):
    """Return a text, with ``{}`` for values, or nothing for other expressions."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(p.value if isinstance(p, ast.Constant) else "{}" for p in node.values)
    return ""


def errors(path):
    """Yield the messages of the errors that a module raises."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            called = ast.unparse(node.func).rpartition(".")[2]
            if called in RAISED or called.endswith("RowsError"):
                first = node.args[0]
                choices = (first.body, first.orelse) if isinstance(first, ast.IfExp) else (first,)
                yield from filter(None, map(text_of, choices))


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


def modules(places):
    """Yield the modules of folders of the core, and single ones."""
    for place in places:
        found = CORE / place
        yield from [found] if place.endswith(".py") else sorted(found.rglob("*.py"))


def test_every_note_of_the_core_is_known(qapp):
    """A new note needs a row in `gui/widgets/notes.py`, and a translation."""
    for path in modules(PLACES):
        if path.relative_to(CORE).as_posix() in SAY_OTHER_THINGS:
            continue
        for text in set(sentences(path)) - OTHERS:
            given = (text.replace("{}", value) for value in ("1", ""))
            assert not all(map(unknown, given)), f"{path.name}: {text!r}"


def test_every_error_that_the_window_shows_is_known(qapp):
    """A new error needs rows in `gui/widgets/*_errors.py`, and translations."""
    for path in modules(RAISE):
        if path.relative_to(CORE).as_posix() not in NOT_OF_THE_WINDOW:
            for text in set(errors(path)) - OTHER_ERRORS:
                assert not unknown(text.replace("{}", "1")), f"{path.name}: {text!r}"


def test_every_kind_of_file_that_is_no_picture_is_known(qapp):
    for kind in KINDS:
        assert not unknown(kind.refusal()), kind.name
        assert not unknown(kind.refusal(".tif")), kind.name


@pytest.mark.parametrize("source", [row.source for row in message_rows()])
def test_english_messages_stay(qapp, source):
    note = re.sub(r"%(\d)", r"value \1", source)
    assert message_text(note) == note


def test_values_and_lists_go_into_the_translation(german):
    assert message_text("AVIF holds at most 12 bits; 16-bit values were rounded to 10") == (
        "AVIF hat höchstens 12 Bit; 16 Bit wurden auf 10 gerundet"
    )
    assert message_text("not kept: gain map, 2 layers, tag 42") == (
        "nicht übernommen: Gain-Map, 2 Ebenen, tag 42"
    )
    assert message_text("GIF holds no color profile; left out") == (
        "GIF nimmt dies nicht auf: Farbprofil; weggelassen"
    )
    assert message_text("found JPEG compression, camera noise: remove noise") == (
        "gefunden: JPEG-Kompression, Kamerarauschen; Schritte: Rauschen entfernen"
    )
    assert message_text("pages 2, 3: the damaged XMP was left out") == (
        "pages 2, 3: das beschädigte XMP wurde weggelassen"
    )
    assert message_text("something new was seen") == "something new was seen"


@pytest.mark.parametrize(
    ("error", "text"),
    [
        (
            ImageFormatError("a.tif: is a text file named .tif; choose a picture"),
            "a.tif: ist eine Textdatei mit der Endung .tif;"  # codespell:ignore
            " wählen Sie ein Bild.",  # codespell:ignore
        ),
        (
            ImageFormatError("the file is cut short: 0 of 160 bytes of pixels"),
            "Die Datei ist unvollständig: 0 von 160 Byte der Pixel.",  # codespell:ignore
        ),
        (
            ImageWriteError("/full/a.png: cannot be written: No space left on device"),
            "/full/a.png: kann nicht geschrieben werden: kein Platz mehr auf dem Datenträger.",
        ),
        (
            OutOfMemoryError("panet: a tile of 64 x 64 does not fit into the memory of cuda:0"),
            "panet: für eine Kachel von 64 x 64 reicht der Speicher von cuda:0 nicht.",
        ),
    ],
)
def test_errors_are_sentences_in_german(german, error, text):
    assert sentence(error) == text


def test_an_error_of_the_system_is_said_without_its_number(german):
    assert error_text(PermissionError(13, "Permission denied", "/a")) == "keine Berechtigung"


def test_an_error_of_the_core_is_translated_as_it_arises(german, tmp_path):
    path = tmp_path / "empty.jpg"
    path.touch()
    with pytest.raises(ImageFormatError) as caught:
        read(path)
    assert error_text(caught.value, path) == "die Datei ist leer"  # codespell:ignore
