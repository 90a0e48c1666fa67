"""The window: what is chosen, told, kept and asked."""

import os
import re
import sys
import threading

import numpy as np
from PIL import ImageCms
from PySide6.QtCore import Qt
from PySide6.QtGui import (
    QGuiApplication,
)
from PySide6.QtTest import QTest
from PySide6.QtWidgets import (
    QApplication,
    QInputDialog,
    QLabel,
    QLineEdit,
    QWidget,
)

import restorer
import restorer.gui
from restorer import read, read_presets
from restorer.gui.canvas.scene import Mode
from restorer.gui.session.rendering import fits_screen
from restorer.gui.session.session import Session
from restorer.gui.session.work import Work
from restorer.gui.shell.closing import Closing
from restorer.gui.window import MainWindow


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


def test_lines_are_edited_without_setting_off_keys(opened):
    spin = opened.picture.panel.controls.strength.all.spin_box
    spin.setFocus()
    spin.selectAll()
    QTest.keyClicks(spin.findChild(QLineEdit), "42")
    QTest.keyClick(spin, Qt.Key.Key_Return)
    assert opened.session.state.choices.template.strength == 0.42
    assert opened.picture.compare.canvas.mode is Mode.SPLIT
    opened.session.stop()


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
