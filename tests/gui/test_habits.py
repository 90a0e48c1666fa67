"""What people do by habit: turn the wheel anywhere, drag from browsers, hold a key, look around."""

import os
import re
import threading
from pathlib import Path

import numpy as np
import pytest
from PIL import ImageCms
from PySide6.QtCore import QMimeData, QPoint, QPointF, QRectF, Qt, QTranslator, QUrl
from PySide6.QtGui import QColor, QDropEvent, QImage, QPainter, QWheelEvent
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QComboBox, QLabel, QWidget

import restorer.gui
from restorer import list_models
from restorer.gui import app
from restorer.gui.canvas.scene import paint_outline
from restorer.gui.details.ground_truth import GroundTruthPanel
from restorer.gui.session.convert import thumbnail
from restorer.gui.session.rendering import fits_screen
from restorer.gui.session.session import Session
from restorer.gui.session.work import Work
from restorer.gui.widgets.model_names import NAMES
from restorer.gui.widgets.theme import colors_of, set_scheme
from restorer.gui.widgets.words import megapixels, sentence
from restorer.gui.window import MainWindow
from restorer.models.packages import package_tables

from helpers import contrast

LEFT, NONE = Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture
def opened(qtbot, window, make_picture):
    window.files.open([make_picture("a.png", 120, 160), make_picture("b.png")])
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    window.session.stop()
    return window


def turn_wheel(widget: QWidget, up: bool = True) -> None:
    """Turn the wheel over a widget by a notch."""
    place = widget.rect().center()
    turned = QWheelEvent(
        QPointF(place),
        QPointF(widget.mapToGlobal(place)),
        QPoint(),
        QPoint(0, 120 if up else -120),
        Qt.MouseButton.NoButton,
        NONE,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, turned)


def drop(target: QWidget, data: QMimeData) -> QDropEvent:
    both = Qt.DropAction.CopyAction | Qt.DropAction.MoveAction
    shift = Qt.KeyboardModifier.ShiftModifier
    event = QDropEvent(QPointF(10, 10), both, data, LEFT, shift)
    assert event.proposedAction() is Qt.DropAction.MoveAction, "as file managers do"
    target.dropEvent(event)
    return event


@pytest.fixture(params=["window", "truth"])
def target(request, window):
    return window if request.param == "window" else window.findChild(GroundTruthPanel)


def test_what_is_dropped_is_copied_never_moved(qtbot, window, target, make_picture):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(make_picture("a.png")))])
    event = drop(target, data)
    assert event.isAccepted()
    assert event.dropAction() is Qt.DropAction.CopyAction
    truth = window.picture.panel.details.ground_truth
    qtbot.waitUntil(lambda: bool(window.session.state.opened or truth.ground_truth))


def test_a_picture_is_dropped_from_a_browser(qtbot, window, noise):
    data = QMimeData()
    data.setUrls([QUrl("https://example.org/a.jpg")])
    drop(window, data)
    assert "Save it as a file" in window.session.state.message.text
    data.setImageData(QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888))
    drop(window, data)
    qtbot.waitUntil(lambda: window.session.state.opened is not None)
    assert np.array_equal(window.session.state.opened.image.pixels, noise)
    assert window.windowTitle() == "Dropped picture - restorer"


def test_a_pasted_picture_stands_beside_the_files(qtbot, opened, noise):
    image = QImage(noise.data, 64, 48, 64 * 3, QImage.Format.Format_RGB888)
    opened.session.opener.paste(image, "Pasted picture")
    qtbot.waitUntil(lambda: opened.windowTitle().startswith("Pasted"))
    assert "3 / 3" in opened.status.facts.text()
    opened.picture.strip.setCurrentIndex(
        opened.picture.strip.items.index(0, 0)
    )  # a click leads back
    qtbot.waitUntil(lambda: opened.windowTitle().startswith("a.png"))
    assert "1 / 3" in opened.status.facts.text()


@pytest.mark.parametrize("name", ["strip", "format", "slider"])
def test_the_original_is_shown_by_its_key_wherever_the_focus_is(opened, name):
    output, strength = opened.picture.panel.controls.output, opened.picture.panel.controls.strength
    holder = {
        "strip": opened.picture.strip,
        "format": output.format,
        "slider": strength.all.slider,
    }[name]
    holder.setFocus()
    QTest.keyPress(holder, Qt.Key.Key_B)
    assert opened.picture.compare.canvas.scene.original_held
    QTest.keyRelease(holder, Qt.Key.Key_B)
    assert not opened.picture.compare.canvas.scene.original_held


def test_the_wheel_zooms_over_the_divider_too(opened):
    divider, canvas = opened.picture.compare.divider, opened.picture.compare.canvas
    share, zoom = divider.value(), canvas.view.zoom
    middle = divider.mapTo(opened, divider.rect().center())
    QTest.wheelEvent(opened.windowHandle(), QPointF(middle), QPoint(0, 120))
    assert divider.value() == share
    assert canvas.view.zoom == pytest.approx(zoom * 1.25)


def test_the_wheel_scrolls_panels_and_chooses_nothing(opened):
    before, page = opened.session.state.choices, opened.pages.currentWidget()
    for tab in range(opened.picture.panel.tabs.count()):
        opened.picture.panel.tabs.setCurrentIndex(tab)
        QApplication.processEvents()
        for kind in ("QComboBox", "QSlider", "QDoubleSpinBox", "QSpinBox"):
            for control in opened.picture.panel.tabs.currentWidget().findChildren(QWidget):
                if control.inherits(kind) and control.isVisible():
                    turn_wheel(control, up=False)
                    turn_wheel(control, up=True)
                    assert not control.hasFocus()
    picker = opened.picture.panel.controls.steps.rows["super-resolution"].model
    opened.picture.panel.tabs.setCurrentIndex(0)
    picker.setFocus()
    for _ in range(picker.count()):
        turn_wheel(picker, up=False)
    assert opened.session.state.choices == before
    assert opened.pages.currentWidget() is page, "the last entry leads to the models"
    slider = opened.picture.panel.controls.strength.all.slider
    slider.setFocus()
    turn_wheel(slider, up=False)
    assert opened.session.state.choices.template.strength < 1, "what has the focus is turned"
    opened.session.stop()


def test_values_follow_the_mouse_over_the_divider_and_the_view_below_it(opened):
    canvas, divider, status = (
        opened.picture.compare.canvas,
        opened.picture.compare.divider,
        opened.status,
    )
    place = divider.rect().center() + QPoint(3, -30)
    on_canvas = divider.mapTo(canvas, place)
    QTest.mouseMove(opened, QPoint(3, 3))
    QTest.mouseMove(divider, place)

    def told():
        found = re.match(r"x (\d+)  y (\d+) ", status.pixel.text())
        return tuple(int(n) for n in found.groups())

    def below():
        return tuple(int(n) for n in canvas.view.to_picture(*canvas._in_pane(on_canvas.toPointF())))

    assert told() == below()
    for name in ("zoom-in", "sides", "split", "fit"):
        opened.actions_[name].trigger()
        assert told() == below(), name


def test_the_loupe_lies_above_the_divider(opened):
    canvas, divider = opened.picture.compare.canvas, opened.picture.compare.divider
    opened.actions_["loupe"].setChecked(True)
    QTest.mouseMove(canvas, QPoint(3, 3))
    QTest.mouseMove(divider, divider.rect().center() - QPoint(12, 0))
    lens = canvas._lens
    assert lens.isVisible()
    assert canvas.rect().contains(lens.geometry())
    children = canvas.children()
    assert children.index(lens) > children.index(divider)
    shown = canvas.grab(lens.geometry()).toImage()
    assert shown == lens.grab().toImage()
    QTest.mousePress(canvas, LEFT, NONE, canvas.rect().center() - QPoint(80, 0))
    assert not lens.isVisible(), "out of the way while the picture moves"
    QTest.mouseRelease(canvas, LEFT, NONE, canvas.rect().center() - QPoint(80, 0))
    opened.actions_["loupe"].setChecked(False)
    assert not lens.isVisible()


def test_a_rectangle_is_drawn_across_the_divider(opened):
    canvas, divider, frame = (
        opened.picture.compare.canvas,
        opened.picture.compare.divider,
        opened.actions_["frame"],
    )
    share, middle = divider.value(), canvas.rect().center()
    frame.trigger()
    QTest.mouseClick(canvas, LEFT, NONE, middle - QPoint(50, 40))
    assert frame.isChecked(), "a click draws nothing; the next drag does"
    assert canvas.childAt(middle) is None, "the divider is not in the way"
    QTest.mousePress(canvas, LEFT, NONE, middle)
    QTest.mouseMove(canvas, middle + QPoint(40, 30))
    QTest.mouseRelease(canvas, LEFT, NONE, middle + QPoint(40, 30))
    assert opened.session.state.frame is not None
    assert not frame.isChecked()
    opened.session.previews.frame(None)
    shift = Qt.KeyboardModifier.ShiftModifier
    spot = divider.rect().center() + QPoint(0, 50)
    for event, place in ((QTest.mousePress, spot), (QTest.mouseRelease, spot + QPoint(60, 40))):
        QTest.mouseMove(divider, place)
        event(divider, LEFT, shift, place)
    assert opened.session.state.frame is not None
    assert divider.value() == share
    opened.session.stop()


def test_a_frame_is_seen_on_white(qapp):
    ground = QImage(60, 60, QImage.Format.Format_RGB32)
    ground.fill(Qt.GlobalColor.white)
    plain = ground.copy()
    painter = QPainter(ground)
    paint_outline(painter, QRectF(10, 10, 30, 30), 1.0, QColor("white"))
    painter.end()
    assert ground.copy(0, 20, 60, 1) != plain.copy(0, 20, 60, 1)
    assert ground.pixelColor(10, 20) == QColor("white")


def test_no_button_moves_when_zoom_and_mode_change(opened):
    bar = opened.bar
    places = set()
    for zoom, mode in ((0.05, "split"), (1.0, "difference"), (8.0, "split")):
        opened.picture.compare.canvas.zoom_to(zoom)
        opened.actions_[mode].trigger()
        bar.show_zoom(opened.picture.compare.canvas.view)
        QApplication.processEvents()
        places.add(bar.tools.x())
    assert len(places) == 1


@pytest.mark.parametrize("size", [(800, 480), (1000, 640), (1280, 720), (1920, 1080)])
def test_all_keys_are_to_be_read_at_any_size(window, size):
    window.resize(*size)
    window.picture.compare.canvas.setFocus()
    window.keys.toggle()
    QApplication.processEvents()
    sheet, area = window.keys.area.widget(), window.keys.area
    assert window.keys.rect().contains(area.geometry())
    assert sheet.width() <= area.viewport().width(), "nothing is cut off at the right"
    for label in sheet.findChildren(QLabel):
        assert label.width() >= label.fontMetrics().horizontalAdvance(label.text()), label.text()
        assert sheet.rect().contains(label.geometry()), label.text()
    bar = area.verticalScrollBar()
    if bar.maximum():
        QTest.keyClick(window.keys, Qt.Key.Key_Down)
        assert bar.value() > 0
    window.keys.toggle()


def test_the_focus_comes_back_from_the_keys(opened):
    opened.picture.strip.setFocus()
    opened.keys.toggle()
    assert opened.focusWidget() is opened.keys
    QTest.keyClick(opened.keys, Qt.Key.Key_Escape)
    assert not opened.keys.isVisible()
    assert opened.focusWidget() is opened.picture.strip


def test_tab_goes_down_the_panel_as_the_eye_does(qtbot, opened):
    for number in range(opened.picture.panel.tabs.count()):
        opened.picture.panel.tabs.setCurrentIndex(number)
        QApplication.processEvents()
        opened.picture.panel.tabs.tabBar().setFocus()
        reached = []
        for _ in range(40):
            opened.focusNextChild()
            reached.append(opened.focusWidget())
            if reached[-1] is opened.picture.panel.area.run_button:
                break
        assert all(opened.picture.panel.tabs.currentWidget().isAncestorOf(w) for w in reached[:-1])
        wanted = [
            w
            for w in opened.picture.panel.tabs.currentWidget().findChildren(QComboBox)
            if w.isVisible() and w.isEnabled()
        ]
        assert set(wanted) <= set(reached), "the button comes after all of the panel"
    row = opened.picture.panel.controls.steps.rows["super-resolution"]
    opened.picture.panel.tabs.setCurrentIndex(0)
    row.wanted.setFocus()
    opened.focusNextChild()
    assert opened.focusWidget() is opened.picture.panel.controls.steps.scale
    assert opened.picture.panel.tabs.tabBar().accessibleName()


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("photo.xcf: unknown image type '.xcf'", "photo.xcf: unknown image type '.xcf'."),
        ("my photo.png: the file is empty", "my photo.png: the file is empty."),
        ("panet-x2: the weights are missing", "panet-x2: the weights are missing."),
        ("/a/b: is a folder", "/a/b: is a folder."),
        ("no such model: 'x'", "No such model: 'x'."),
        ("the result is 3.5 times as large", "The result is 3.5 times as large."),
    ],
)
def test_files_keep_their_names_in_sentences(said, told):
    assert sentence(said) == told


def test_small_pictures_have_pixels_too():
    assert megapixels(6000, 4000) == "24.0 MP"
    assert megapixels(100, 100) == "0.01 MP"
    assert megapixels(300, 310) == "0.09 MP"
    assert megapixels(310, 310) == "0.1 MP"
    assert megapixels(3, 2) == "< 0.01 MP"


def test_broken_files_leave_the_terminal_alone(qtlog, make_picture):
    path = make_picture("a.jpg", 400, 400)
    path.write_bytes(path.read_bytes()[:-2000])
    app.silence_image_readers()
    thumbnail(path, 72)
    assert not [record for record in qtlog.records if "JPEG" in record.message]


def test_every_model_says_in_german_what_it_is_good_at():
    titles = {spec.title for spec in list_models()} | {t["title"] for t in package_tables()}
    assert titles <= set(NAMES), "see gui/widgets/model_names.py"
    german = QTranslator()
    assert german.load(str(Path(restorer.gui.__file__).parent / "i18n" / "restorer_de.qm"))
    names = [name for name, _ in NAMES.values()]
    assert [name for name in names if not german.translate("titles", name)] == []
    assert len(set(names)) == len(names)


def test_colors_change_with_the_profile_of_the_screen_and_back(qtbot, opened, tmp_path):
    session = opened.session
    swapped = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    red, blue = swapped.find(b"rXYZ"), swapped.find(b"bXYZ")
    swapped[red : red + 4], swapped[blue : blue + 4] = b"bXYZ", b"rXYZ"
    profile, damaged = tmp_path / "screen.icc", tmp_path / "damaged.icc"
    profile.write_bytes(swapped)
    damaged.write_bytes(b"nonsense")
    assert fits_screen(bytes(swapped))
    first = session.state.opened
    opened.picture.compare.canvas.zoom_to(2.0)
    assert not session.colors.set_screen_profile(damaged)
    assert "damaged.icc" in session.state.message.text
    assert not session.colors.set_screen_profile(tmp_path / "gone.icc")
    assert session.state.opened is first
    assert session.colors.set_screen_profile(profile)
    qtbot.waitUntil(lambda: session.state.opened is not first)
    other = session.state.opened
    assert other.image is first.image
    assert other.shown.levels[0] != first.shown.levels[0]
    assert opened.picture.compare.canvas.view.zoom == 2.0, "the view stays"
    opened.actions_["screen-srgb"].trigger()
    qtbot.waitUntil(lambda: session.state.opened is not other)
    assert session.state.opened.shown.levels[0] == first.shown.levels[0]
    session.stop()


def test_menus_show_what_is_switched_on(window):
    action = window.actions_["split"]
    menus = [entry.menu() for entry in window.menuBar().actions()]
    view = next(menu for menu in menus if action in menu.actions())
    action.trigger()
    view.resize(view.sizeHint())
    place = view.actionGeometry(action)
    on = view.grab(place).toImage()
    window.actions_["sides"].trigger()
    assert view.grab(place).toImage() != on
    action.trigger()


def test_keys_of_the_picture_are_free_where_it_is_not_seen(opened):
    do, mode = opened.actions_, opened.picture.compare.canvas.mode
    for page in ("sheet", "queue", "models"):
        do[f"page-{page}"].trigger()
        for key in (Qt.Key.Key_4, Qt.Key.Key_L, Qt.Key.Key_B, Qt.Key.Key_F5):
            QTest.keyClick(opened, key)
        if page != "sheet":
            QTest.keyClick(opened, Qt.Key.Key_PageDown)
        assert opened.picture.compare.canvas.mode is mode
        assert not opened.picture.compare.canvas.scene.original_held
        assert opened.session.state.current == 0
        assert opened.session.state.work.doing != "restoring"
    do["page-picture"].trigger()
    QTest.keyClick(opened, Qt.Key.Key_4)
    assert opened.picture.compare.canvas.mode is not mode
    do["split"].trigger()
    opened.session.stop()


def test_the_menu_of_presets_runs_as_the_language_does(window):
    window.presets.fill()
    assert window.picture.panel.controls.presets.layoutDirection() is Qt.LayoutDirection.RightToLeft
    window.presets.menu.setParent(window.picture.panel.controls.presets)
    assert window.presets.menu.layoutDirection() is window.layoutDirection()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_boxes_and_knobs_are_seen_in_both_schemes(qapp, window, scheme):
    set_scheme(qapp, scheme)
    colors = colors_of(qapp.palette())
    for control in (
        window.picture.panel.controls.strength.separate,
        window.picture.panel.controls.strength.all.slider,
    ):
        image = control.grab().toImage()
        inks = {
            image.pixelColor(x, y).name()
            for x in range(min(20, image.width()))
            for y in range(image.height())
        }
        if control is window.picture.panel.controls.strength.all.slider:
            inks = {image.pixelColor(x, image.height() // 2).name() for x in range(image.width())}
        assert any(contrast(ink, colors.panel) >= 3 for ink in inks - {colors.accent}), control
    set_scheme(qapp, "light")


def test_a_new_window_fits_on_the_screen(window):
    room = window.screen().availableSize()
    fresh = MainWindow(Session(), window.preferences)
    least = fresh.minimumSize()
    assert fresh.height() <= max(room.height(), least.height())
    assert fresh.width() <= max(room.width(), least.width())
    fresh.close()
    fresh.deleteLater()


def test_keys_that_would_do_nothing_are_not_offered(opened):
    do = opened.actions_
    for mode, gain, divider in (("split", False, True), ("difference", True, False)):
        do[mode].trigger()
        assert do["gain-up"].isEnabled() is gain
        assert do["divider-left"].isEnabled() is divider
    do["split"].trigger()


def test_progress_is_told_while_the_panel_is_hidden(opened):
    assert not opened.status.work.text()
    opened.actions_["panel"].setChecked(False)
    opened.session._store.set(work=Work("restoring", 3, 20))
    assert opened.status.work.text() == opened.picture.panel.area.text.text() == "Tile 3 of 20"
    opened.session._store.set(work=Work())
    opened.actions_["panel"].setChecked(True)
    assert not opened.status.work.text()


def test_the_noise_of_the_picture_is_not_told_for_that_behind_another_task(qtbot, opened):
    session, automatic = opened.session, opened.picture.panel.controls.steps.sigma.automatic
    session.recipes.choose(session.state.choices.with_task("denoising", wanted=True))
    qtbot.waitUntil(lambda: session.state.estimated_sigma is not None)
    assert re.fullmatch(r"Noise level: automatic \((low|medium|high), [\d.]+\)", automatic.text())
    session.recipes.choose(session.state.choices.with_task("deblocking", wanted=True))
    assert "after the previous step" in automatic.text()


def test_a_tick_of_progress_changes_the_bar_and_rebuilds_nothing(opened, monkeypatch):
    session = opened.session
    session._store.set(work=Work("restoring"))
    calls = []

    def count(owner, name):
        real = getattr(owner, name)

        def called(*args, **options):
            if threading.current_thread() is threading.main_thread():  # others load modules
                calls.append(name)
            return real(*args, **options)

        monkeypatch.setattr(owner, name, called)

    count(restorer.gui.restore.step_list, "list_models")
    count(os, "scandir")
    for view in (
        opened.picture.panel.controls,
        opened.picture.compare,
        opened.picture.strip,
        opened.picture.panel.details,
        opened.picture.attention,
    ):
        count(view, "show_state")
    for done in range(50):
        session._runs.count(done, 50)
    assert calls == []
    assert (opened.picture.panel.area.bar.value(), opened.picture.panel.area.bar.maximum()) == (
        49,
        50,
    )
    assert "49" in opened.picture.panel.area.text.text()
    session._store.set(work=Work())
    assert opened.picture.panel.area.bar.isHidden()
    assert calls.count("show_state") == 5
    assert "list_models" not in calls
