"""Every control of the window: it says its name, it fits, it does what it says."""

import os
import re
import subprocess
import sys

import numpy as np
import pytest
from PySide6.QtCore import QMimeData, QPoint, QPointF, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent, QGuiApplication, QImage
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QAbstractButton,
    QAbstractSpinBox,
    QApplication,
    QComboBox,
    QFileDialog,
    QFrame,
    QInputDialog,
    QLabel,
    QLineEdit,
    QListView,
    QProgressBar,
    QScrollArea,
    QSlider,
    QTabBar,
    QTableView,
    QWidget,
)

import restorer
from restorer import read, read_presets
from restorer.gui.canvas.canvas import Canvas
from restorer.gui.canvas.scene import Mode
from restorer.gui.restore.controls import Output
from restorer.gui.session.session import Session
from restorer.gui.session.work import Message, Work
from restorer.gui.shell.closing import Closing
from restorer.gui.widgets import theme
from restorer.gui.widgets.forms import Picker
from restorer.gui.window import MainWindow

from helpers import contrast

CONTROLS = (
    QAbstractButton,
    QAbstractSpinBox,
    QComboBox,
    QListView,
    QTableView,
    QProgressBar,
    QSlider,
    QScrollArea,
    Canvas,
)


@pytest.fixture
def opened(qtbot, window, make_picture):
    window.files.open([make_picture("a.png"), make_picture("b.jpg")])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.session.stop()
    return window


def own_controls(window):
    """Yield what a person can use; parts of Qt's own widgets are theirs."""
    for widget in window.findChildren(QWidget):
        inner = any(isinstance(p, (QAbstractSpinBox, QComboBox, QTabBar)) for p in parents(widget))
        if isinstance(widget, CONTROLS) and not inner and "qt_" not in widget.objectName():
            yield widget


def test_the_reason_stands_in_place_of_a_picture_that_cannot_be_opened(
    window, qtbot, make_picture, tmp_path
):
    good, bad, page = make_picture("b.png"), tmp_path / "a.tif", window.picture
    bad.write_text("words")
    window.files.open([bad, good])
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.unread)
    assert page.unread.title.text() == "a.tif cannot be opened"
    assert page.unread.reason.text() == "Is a text file named .tif; choose a picture."
    window.actions_["next"].trigger()
    qtbot.waitUntil(lambda: window.session.state.picture is not None)
    assert page.stage.currentWidget() is page.compare
    window.actions_["previous"].trigger()
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.unread)
    window.session.opener.remove([each.id for each in window.session.state.documents])
    qtbot.waitUntil(lambda: page.stage.currentWidget() is page.welcome)


def test_every_control_says_its_name(opened):
    nameless = [
        f"{type(w).__name__} in {type(w.parent()).__name__}"
        for w in own_controls(opened)
        if not (w.accessibleName() or (isinstance(w, QAbstractButton) and w.text()))
    ]
    assert nameless == []


def test_names_are_told_to_screen_readers_with_roles_and_values(opened):
    divider = QAccessible.queryAccessibleInterface(opened.picture.compare.divider)
    assert divider.role() == QAccessible.Role.Slider
    assert "before and after" in divider.text(QAccessible.Text.Name)
    assert divider.valueInterface().currentValue() == opened.picture.compare.divider.value()
    for widget in own_controls(opened):
        interface = QAccessible.queryAccessibleInterface(widget)
        assert interface.text(QAccessible.Text.Name), widget
        assert interface.role() != QAccessible.Role.NoRole


@pytest.mark.parametrize("size", [(800, 480), (1024, 640), (1280, 800), (1920, 1080), (3840, 2160)])
def test_nothing_is_cut_off_at_any_size(opened, size):
    opened.resize(*size)
    opened.session.tell(Message("A long message. " * 12))
    QApplication.processEvents()
    assert opened.size().toTuple() == size
    for widget in own_controls(opened):
        scrolled = any(isinstance(p, QScrollArea) and p is not opened.body for p in parents(widget))
        if widget.isVisible() and not scrolled and not isinstance(widget, QScrollArea):
            place = widget.mapTo(opened, QPoint(0, 0))
            assert opened.rect().contains(place), widget.accessibleName()
            hint = widget.minimumSizeHint()
            assert widget.width() >= hint.width() - 1, widget.accessibleName()


def test_a_small_window_is_scrolled(opened):
    across, down = opened.body.horizontalScrollBar(), opened.body.verticalScrollBar()
    opened.resize(683, 360)
    QApplication.processEvents()
    assert opened.size().toTuple() == (683, 360)
    assert across.maximum() > 0
    assert not down.maximum(), "the buttons of the picture are seen"
    opened.actions_["page-queue"].trigger()
    QApplication.processEvents()
    page = opened.pages.currentWidget()
    assert page.width() >= page.minimumSizeHint().width()
    opened.actions_["full-screen"].trigger()
    QApplication.processEvents()
    assert not across.maximum()
    opened.actions_["full-screen"].trigger()
    opened.resize(1280, 800)
    QApplication.processEvents()
    assert not across.maximum()
    assert not down.maximum()


def parents(widget):
    while (widget := widget.parentWidget()) is not None:
        yield widget


def test_tab_leads_to_every_control_of_the_page(opened):
    reached, widget = set(), opened.picture.compare.canvas
    widget.setFocus()
    for _ in range(200):
        QTest.keyClick(QApplication.focusWidget(), Qt.Key.Key_Tab)
        reached.add(QApplication.focusWidget())
    for wanted in (
        opened.picture.compare.divider,
        opened.picture.panel.controls.strength.all.slider,
        opened.picture.panel.controls.steps.rows["denoising"].wanted,
        opened.picture.panel.area.run_button,
        opened.picture.strip,
    ):
        assert wanted in reached, wanted.accessibleName()


def test_modes_are_chosen_by_keys(opened):
    for key, mode in zip(
        "2341", [Mode.SIDES, Mode.FLICKER, Mode.DIFFERENCE, Mode.SPLIT], strict=True
    ):
        QTest.keyClick(opened, key)
        assert opened.picture.compare.canvas.mode is mode
        assert opened.picture.compare.divider.isVisible() == (mode is Mode.SPLIT)
        assert opened.bar.gain.isVisible() == (mode is Mode.DIFFERENCE)


def test_zoom_is_changed_by_keys_and_told(opened):
    canvas = opened.picture.compare.canvas
    QTest.keyClick(opened, Qt.Key.Key_Z)
    assert canvas.view.zoom == 1
    assert opened.bar.zoom.text() == "100 %"
    QTest.keyClick(opened, Qt.Key.Key_Plus)
    assert canvas.view.zoom > 1
    QTest.keyClick(opened, Qt.Key.Key_F)
    assert canvas.view.fitted


def test_the_divider_moves_by_keys_and_by_mouse(opened):
    divider = opened.picture.compare.divider
    QTest.keyClick(opened, Qt.Key.Key_Period)
    assert divider.value() == 510
    divider.setFocus()
    QTest.keyClick(divider, Qt.Key.Key_Left)
    assert divider.value() == 500
    middle = divider.rect().center()
    QTest.mousePress(divider, Qt.MouseButton.LeftButton, pos=middle)
    start = divider.mapTo(opened.picture.compare.canvas, middle).x()
    QTest.mouseMove(divider, middle + QPoint(100, 0))
    QTest.mouseRelease(divider, Qt.MouseButton.LeftButton, pos=divider.rect().center())
    moved = divider.geometry().center().x() - start
    assert moved == pytest.approx(100, abs=2)


def test_the_original_is_shown_while_b_is_held(opened):
    canvas = opened.picture.compare.canvas
    QTest.keyPress(opened, Qt.Key.Key_B)
    assert canvas.scene.original_held
    QTest.keyRelease(opened, Qt.Key.Key_B)
    assert not canvas.scene.original_held
    QTest.mousePress(opened.bar.peek, Qt.MouseButton.LeftButton)
    assert canvas.scene.original_held
    QTest.mouseRelease(opened.bar.peek, Qt.MouseButton.LeftButton)
    assert not canvas.scene.original_held


def test_a_rectangle_drawn_with_shift_is_previewed(opened):
    canvas = opened.picture.compare.canvas
    start = canvas.rect().center() - QPoint(20, 10)
    end = start + QPoint(80, 60)
    shift, left = Qt.KeyboardModifier.ShiftModifier, Qt.MouseButton.LeftButton
    QTest.mousePress(canvas, left, shift, start)
    QTest.mouseMove(canvas, end)
    QTest.mouseRelease(canvas, left, shift, end)
    frame = opened.session.state.frame
    zoom = canvas.view.zoom
    assert (frame.width, frame.height) == (pytest.approx(80 / zoom), pytest.approx(60 / zoom))
    opened.actions_["unframe"].trigger()
    assert opened.session.state.frame is None


def test_pixel_values_are_told_below_the_mouse(opened):
    canvas = opened.picture.compare.canvas
    place = canvas.rect().center() - QPoint(20, 20)
    QTest.mouseMove(canvas, place)
    said = opened.status.pixel.text()
    x, y = (int(n) for n in re.match(r"x (\d+)  y (\d+) ", said).groups())
    assert (x, y) == tuple(int(n) for n in canvas.view.to_picture(*place.toTuple()))
    values = " ".join(str(v) for v in opened.session.state.opened.image.pixels[y // 2, x // 2])
    assert values in said


def test_every_task_can_be_chosen(opened):
    chain, session = opened.picture.panel.controls.steps, opened.session
    chain.rows["denoising"].wanted.click()
    assert [step.model for step in session.state.choices.steps] == [
        "panet-denoise-lite",
        "panet-sr-x2-lite",
    ]
    chain.sigma.automatic.click()
    chain.sigma.slider.spin_box.setValue(31)
    assert session.state.choices.template.sigma == 31
    chain.rows["super-resolution"].wanted.click()
    assert session.state.choices.scale == 1
    session.stop()


def test_strength_output_and_machine_reach_the_choices(opened):
    controls, session = opened.picture.panel.controls, opened.session
    controls.strength.all.spin_box.setValue(40)
    controls.strength.separate.click()
    controls.strength.fine.slider.setValue(10)
    controls.output.format.setCurrentIndex(controls.output.format.findData(".jpg"))
    controls.output.format.activated.emit(0)
    assert controls.output.fields["quality"].isEnabled()
    controls.output.fields["quality"].setValue(80)
    controls.output.fields["dither"].click()
    controls.performance.fields["memory"].setValue(1.5)
    controls.performance.fields["self_ensemble"].click()
    choices = session.state.choices
    assert (choices.template.strength, choices.template.detail) == (0.4, 0.1)
    assert choices.suffix == ".jpg"
    assert (choices.settings.quality, choices.settings.dither) == (80, True)
    assert (choices.settings.memory, choices.settings.self_ensemble) == (1_500_000_000, True)
    session.stop()


def test_what_is_shown_is_what_was_chosen_elsewhere(opened):
    session, controls = opened.session, opened.picture.panel.controls
    session.recipes.choose(
        session.state.choices.with_values(strength=0.3).with_changes(suffix=".tif")
    )
    assert controls.strength.all.value == 30
    assert controls.output.format.currentData() == ".tif"
    session.stop()


def test_the_command_is_copied(opened):
    opened.actions_["copy-command"].trigger()
    path = opened.session.state.opened.path
    assert QGuiApplication.clipboard().text() == opened.session.state.choices.command(path)


def test_pictures_are_pasted(qtbot, window, noise):
    image = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    QGuiApplication.clipboard().setImage(image)
    window.actions_["paste"].trigger()
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert np.array_equal(window.session.state.opened.image.pixels, noise)
    assert not window.actions_["copy-command"].isEnabled()
    QGuiApplication.clipboard().setText("words")
    window.actions_["paste"].trigger()
    assert "no picture" in window.session.state.message.text


def test_files_are_dropped(qtbot, window, make_picture):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make_picture("a.png")))])
    actions, left = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton
    none = Qt.KeyboardModifier.NoModifier
    window.dropEvent(QDropEvent(QPointF(10, 10), actions, data, left, none))
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert window.windowTitle() == "a.png - restorer"


def test_files_are_opened_and_saved_by_dialogs(qtbot, window, make_picture, monkeypatch, tmp_path):
    source, target = make_picture("a.png"), tmp_path / "out"
    monkeypatch.setattr(QFileDialog, "getOpenFileNames", lambda *_: ([str(source)], ""))
    monkeypatch.setattr(QFileDialog, "getSaveFileName", lambda *_: (str(target), ""))
    window.actions_["open"].trigger()
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.picture.panel.area.run_button.click()
    qtbot.waitUntil(lambda: window.picture.panel.area.save_button.isEnabled())
    window.picture.panel.area.save_button.click()
    qtbot.waitUntil(lambda: window.session.state.saved is not None)
    assert read(tmp_path / "out.png").width == 160
    assert window.preferences.recent[0] == source
    assert [a.data() for a in window.menus.recent.actions()] == [source]


def test_dialogs_take_formats_as_the_table_says(qtbot, window, monkeypatch):
    readable = restorer.Format("Read", (".rd",), "no:sniff", reader="no:reader")
    writable = restorer.Format("Written", (".wr",), "no:sniff", writer="no:writer")
    monkeypatch.setitem(restorer.FORMATS, "read", readable)
    monkeypatch.setitem(restorer.FORMATS, "written", writable)
    filters = []

    def ask(*arguments):
        filters.append(arguments[3])
        return [], ""

    monkeypatch.setattr(QFileDialog, "getOpenFileNames", ask)
    window.actions_["open"].trigger()
    assert "*.rd" in filters[0].replace(")", " ").split()
    assert "*.wr" not in filters[0]
    output = Output()
    qtbot.addWidget(output)
    names = [output.format.itemText(i) for i in range(output.format.count())]
    assert "Written" in names
    assert "Read" not in names


def test_presets_are_saved_and_taken(qtbot, opened, monkeypatch):
    monkeypatch.setattr(QInputDialog, "getText", lambda *_: ("night", True))
    session = opened.session
    session.recipes.choose(session.state.choices.with_values(strength=0.5))
    opened.actions_["save-preset"].trigger()
    assert read_presets(opened.presets.path)["night"]["strength"] == 0.5
    session.recipes.choose(session.state.choices.with_values(strength=1.0))
    opened.presets.fill()
    opened.presets.menu.actions()[0].trigger()
    assert session.state.choices.template.strength == 0.5
    opened.presets.remove("night")
    assert "night" not in read_presets(opened.presets.path)
    session.stop()


def test_messages_are_sentences_in_the_window(qtbot, window, tmp_path):
    window.files.open([tmp_path])
    qtbot.waitUntil(lambda: window.banner.isVisible())
    assert window.banner.accessibleName().startswith("No picture was found there. Supported: ")
    QTest.keyClick(window, Qt.Key.Key_Escape)
    assert not window.banner.isVisible()


def test_closing_with_an_unsaved_result_asks_once_with_a_list(qtbot, opened):
    session = opened.session
    session.run()
    qtbot.waitUntil(lambda: session.state.saveable is not None)
    assert not opened.close()
    assert not opened.close()
    (question,) = opened.findChildren(Closing)
    assert question.list.item(0).text() == "a.png - restored, not saved"
    question.cancel.click()
    assert opened.isVisible()
    assert not opened.close()
    opened.findChildren(Closing)[-1].save.click()
    qtbot.waitUntil(opened.isHidden)
    saved = session.state.strip.documents[0].saved.path
    assert saved.name == "a-restored.png"
    assert read(saved).width == 160


def test_the_question_of_closing_follows_the_work(qtbot, opened):
    session = opened.session
    session.run()
    assert not opened.close()
    (question,) = opened.findChildren(Closing)
    assert question.list.item(0).text() in ("a.png - is being restored", "a.png - waits")
    assert question.save.text() == "&Stop and keep the queue"
    qtbot.waitUntil(lambda: question.list.item(0).text() == "a.png - restored, not saved")
    assert question.save.text() == "&Save all"
    session.saving.save_beside(session.state.strip.unsaved, lambda saved: None)
    qtbot.waitUntil(opened.isHidden)


def test_window_state_is_remembered(qtbot, qapp, window, preferences):
    window.resize(760, 700)  # no larger than the screen that is not there
    window.actions_["sides"].trigger()
    window.actions_["panel"].trigger()
    assert window.close()
    again = MainWindow(Session(), preferences)
    again.show()
    assert again.size().toTuple() == (760, 700)
    assert again.picture.compare.canvas.mode is Mode.SIDES
    assert not again.picture.panel.isVisible()
    again.close()
    again.deleteLater()


def test_keys_are_shown_and_go_away(opened):
    QTest.keyClick(opened, Qt.Key.Key_F1)
    assert opened.keys.isVisible()
    words = [label.text() for label in opened.keys.findChildren(QLabel)]
    assert "Ctrl+O" in words
    QTest.keyClick(opened.keys, Qt.Key.Key_Space)
    assert not opened.keys.isVisible()


def test_no_key_is_given_twice(window):
    keys = [k.toString() for action in window.actions_ for k in action.shortcuts()]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_text_can_be_read_in_both_schemes(qapp, window, scheme):
    window.actions_[f"theme-{scheme}"].trigger()
    colors = theme.DARK if scheme == "dark" else theme.LIGHT
    for ink in (colors.text, colors.muted):
        for paper in (colors.window, colors.panel, colors.field):
            assert contrast(ink, paper) >= 4.5, (ink, paper)
    assert contrast(colors.on_accent, colors.accent) >= 4.5
    assert contrast(colors.text, colors.error) >= 4.5
    assert window.palette().window().color().name() == colors.window
    theme.set_scheme(qapp, "light")


def test_lines_are_edited_without_setting_off_keys(opened):
    spin = opened.picture.panel.controls.strength.all.spin_box
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin.findChild(QLineEdit), "42")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert opened.session.state.choices.template.strength == 0.42
    assert opened.picture.compare.canvas.mode is Mode.SPLIT
    opened.session.stop()


SCALED = """
import sys
import numpy as np
from PySide6.QtGui import QImage
from PySide6.QtWidgets import QApplication, QVBoxLayout, QWidget
from restorer.gui.canvas.canvas import Canvas
from restorer.gui.canvas.scene import Mode
from restorer.gui.restore.controls import Output
from restorer.gui.session.convert import pyramid, to_pixels
from restorer.gui.canvas.painting import Layer
from restorer.gui.session.box import Box
app = QApplication([])
noise = np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8)
window = QWidget()
layout = QVBoxLayout(window)
layout.setContentsMargins(7, 13, 7, 7)
canvas = Canvas()
layout.addWidget(canvas)
window.resize(333, 277)
window.show()
canvas.set_mode(Mode.FLICKER)
canvas.set_layers((300, 200), [Layer(pyramid(noise), Box(0, 0, 300, 200))], [])
canvas.zoom_to(1.0)
app.processEvents()
seen = to_pixels(window.grab().toImage())[..., :3]
patch = noise[90:110, 120:180]
found = [
    (y, x)
    for y in range(seen.shape[0] - 20)
    for x in np.flatnonzero((seen[y, :-60] == patch[0, 0]).all(1))
    if np.array_equal(seen[y : y + 20, x : x + 60], patch)
]
assert len(found) == 1, found
window.close()
"""


@pytest.mark.parametrize("factor", ["1", "1.25", "1.5", "2"])
def test_one_pixel_is_one_device_pixel_at_every_resolution(factor):
    environment = {**os.environ, "QT_QPA_PLATFORM": "offscreen", "QT_SCALE_FACTOR": factor}
    ended = subprocess.run(
        [sys.executable, "-c", SCALED], capture_output=True, text=True, env=environment, check=False
    )
    assert ended.returncode == 0, ended.stderr


def test_void_calls_of_qt_keep_their_references(qapp):
    """PySide6 6.12 lost one of None at each, and the process died after some thousands."""
    widget = QWidget()
    before = sys.getrefcount(None)
    for _ in range(1000):
        widget.update()
    assert sys.getrefcount(None) > before - 500
    widget.deleteLater()
    qapp.sendPostedEvents(widget, 0)


def test_the_quality_of_a_jpeg_file_is_found_out_or_set(qtbot, opened):
    chain, session = opened.picture.panel.controls.steps, opened.session
    assert not chain.quality.isVisible()
    chain.rows["deblocking"].wanted.click()
    assert chain.quality.isVisible()
    assert chain.quality.automatic.isChecked()
    qtbot.waitUntil(lambda: "(" in chain.quality.automatic.text())
    chain.quality.automatic.click()
    chain.quality.slider.spin_box.setValue(35)
    assert session.state.choices.steps[0].jpeg_quality == 35
    opened.actions_["copy-command"].trigger()
    assert "--jpeg-quality 35" in QApplication.clipboard().text()
    chain.quality.automatic.click()
    assert session.state.choices.template.jpeg_quality is None
    session.stop()


def test_no_words_of_the_keys_are_cut_off(window):
    window.keys.toggle()
    QApplication.processEvents()
    sheet = window.keys.findChild(QFrame)
    for label in sheet.findChildren(QLabel):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
        assert sheet.rect().contains(label.geometry()), label.text()
    window.keys.toggle()


def test_what_does_not_exist_is_not_remembered(qtbot, window, tmp_path):
    window.files.open([tmp_path / "gone.png"])
    qtbot.waitUntil(lambda: bool(window.session.state.unread))
    assert window.preferences.recent == []


def test_long_names_of_models_end_in_an_ellipsis(qtbot):
    picker = Picker()
    qtbot.addWidget(picker)
    picker.addItem("twice as large with the textures of reference pictures, and more")
    picker.resize(160, 30)
    picker.show()
    short, whole = picker.grab().toImage(), picker.sizeHint()
    picker.setItemText(0, picker.itemText(0) + " than that")
    assert picker.grab().toImage() == short, "the end of the text shows"
    assert whole.width() < 200


def test_nothing_moves_when_work_begins_and_ends(opened):
    height = opened.picture.panel.area.height()
    opened.session._store.set(work=Work("restoring"))
    QApplication.processEvents()
    assert opened.picture.panel.area.height() == height
    opened.session._store.set(work=Work())


def test_the_place_a_texture_came_from_is_shown(qtbot, opened, make_picture, monkeypatch):
    sharp = make_picture("sharp.png", 120, 160)
    reference = restorer.Reference.of(read(sharp), "sharp.png")
    monkeypatch.setattr("restorer.gui.session.rendering.read_references", lambda *_: (reference,))
    maps = restorer.ReferenceMaps(
        confidence=np.full((60, 80), 0.9, np.float32),
        source=np.zeros((60, 80), np.int16),
        places=np.full((60, 80, 2), 50.5, np.float32),
        sizes=((120, 160),),
        ranking=(restorer.ReferenceRank(0, "sharp.png", True, 0.9, 100),),
    )
    session, panel = opened.session, opened.picture.panel.controls.steps.references
    session.recipes.choose(session.state.choices.with_changes(references=(sharp,)))
    session._store.set(maps=maps)
    assert "90" in panel.ranks.text()
    source = panel.source
    qtbot.waitUntil(lambda: bool(source._references))
    source.show_place((10.0, 10.0))
    assert "sharp.png" in source.text.text()
    middle = source.patch.grab().toImage().pixelColor(48, 48).getRgb()[:3]
    assert np.abs(np.array(middle) - read(sharp).pixels[50, 50]).max() <= 2
    assert panel.list.currentIndex().row() == 0
    panel.explain.click()
    assert opened.picture.compare.canvas.scene.overlay
    source.show_place(None)
    session.stop()


def test_escape_takes_the_keys_away_and_stops_nothing(opened):
    opened.session._store.set(work=Work("restoring"))
    opened.keys.toggle()
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert not opened.keys.isVisible()
    assert opened.session.state.work.doing == "restoring"
    QTest.keyClick(opened, Qt.Key.Key_Escape)
    assert opened.session.state.work.doing == "nothing"
