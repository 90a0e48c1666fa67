"""The models: what is here and what can be had, fetched, added, verified and removed."""

import hashlib
import io
import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PySide6.QtCore import QMimeData, QPoint, QSettings, Qt, QUrl
from PySide6.QtGui import QAccessible, QDesktopServices, QDropEvent

import restorer
from restorer import (
    TASKS,
    Image,
    WeightsFile,
    describe_model,
    identify_checkpoint,
    list_models,
    model_spec,
)
from restorer.gui.models import add_model as adding
from restorer.gui.models import rows as model_rows
from restorer.gui.models.page import ModelsPanel
from restorer.gui.models.rows import EXPERT, ID, LICENSE, STATE
from restorer.gui.widgets.model_names import model_name, model_use
from restorer.networks import PANet, PANetLite

from helpers import make_photograph

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


@pytest.fixture
def lite(tmp_path):
    network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=4)
    torch.save(network.state_dict(), tmp_path / "lite.pth")
    return tmp_path / "lite.pth"


@pytest.fixture
def panet(tmp_path):
    torch.save(PANet(blocks=2, channels=64).published_state(), tmp_path / "model_best.pt")
    return tmp_path / "model_best.pt"


@pytest.fixture
def remote(store, site, trusted, lite):
    """An entry whose weights can be fetched from `site`."""
    buffer = io.BytesIO()
    network = PANetLite(scale=2, blocks=2, channels=24, attention_channels=4)
    torch.save(network.state_dict(), buffer)
    site.content = buffer.getvalue()
    path = store.parent / "remote.pth"
    path.parent.mkdir(parents=True)
    path.write_bytes(site.content)
    digest = hashlib.sha256(site.content).hexdigest()
    weights = WeightsFile("remote-x2.pth", digest, len(site.content), url=site.url)
    spec = replace(describe_model(identify_checkpoint(path), id="remote-x2"), weights=weights)
    store.mkdir()
    (store / "remote-x2.json").write_text(json.dumps(asdict(spec)))
    return spec


@pytest.fixture
def panel(mount, store, qtbot):
    return checked(mount(ModelsPanel(), 1000, 700), qtbot)


def checked(panel, qtbot):
    qtbot.waitUntil(lambda: not (panel._checker.busy or panel._store.busy))
    return panel


def cell(panel, model, column):
    row = [spec.id for spec in panel.table.specs].index(model)
    return panel.table.index(row, column).data()


def inspect(panel, qtbot, file):
    panel.inspect(file)
    checked(panel, qtbot)


def test_all_models_are_listed_with_where_their_weights_are(panel):
    assert sorted(spec.id for spec in panel.table.specs) == sorted(s.id for s in list_models())
    assert cell(panel, "panet-sr-x2-lite", STATE) == "included"
    assert cell(panel, "dncnn-denoise-25-paper", STATE) == "to download"
    assert cell(panel, "nlsn-x2-paper", STATE) == "manual download"
    assert cell(panel, "nlsn-x2-paper", LICENSE) == model_spec("nlsn-x2-paper").license
    assert "Faithful: it adds nothing" in panel.details.about.text()
    assert not panel.details.example.isHidden()


def test_included_models_come_first_by_task_and_scale(panel):
    included = [spec.weights.embedded for spec in panel.table.specs]
    assert included == sorted(included, reverse=True)
    first = [spec for spec in panel.table.specs if spec.weights.embedded]
    places = [(TASKS[spec.task].place or len(TASKS), spec.scale) for spec in first]
    assert places == sorted(places)


def test_ids_licenses_and_scores_are_for_experts_and_that_is_remembered(mount, store, tmp_path):
    settings = QSettings(str(tmp_path / "window.ini"), QSettings.Format.IniFormat)
    panel = mount(ModelsPanel(settings), 1000, 700)
    panel.show_model("panet-sr-x2-lite")
    about = panel.details.about
    assert not any(word in about.text() for word in ("panet-sr-x2-lite", "Set5", "CC BY-SA"))
    assert all(panel.view.isColumnHidden(section) for section in EXPERT)
    panel.expert.click()
    assert all(word in about.text() for word in ("panet-sr-x2-lite", "Set5", "CC BY-SA"))
    assert not any(panel.view.isColumnHidden(section) for section in EXPERT)
    again = mount(ModelsPanel(settings))
    assert again.expert.isChecked()


@pytest.mark.parametrize("spec", [s for s in list_models() if s.weights.embedded], ids=str)
def test_included_models_show_what_they_do(panel, spec):
    panel.show_model(spec.id)
    assert not panel.details.example.isHidden()
    assert panel.details.title.text() == model_name(spec) != spec.id
    assert model_use(spec) in panel.details.about.text()


def test_the_time_is_that_of_this_machine_once_it_was_measured(panel, monkeypatch):
    monkeypatch.setattr(model_rows, "known_speed", lambda spec, device: None)
    panel.show_model("panet-denoise-lite")
    assert "about 23 s for a photograph of 12 megapixels (estimate)" in panel.details.about.text()
    monkeypatch.setattr(model_rows, "known_speed", lambda spec, device: 2e6)
    panel.show_model("panet-denoise-lite")
    assert "6.0 s for a photograph of 12 megapixels (measured here)" in panel.details.about.text()


def test_the_list_can_be_narrowed_and_keeps_a_current_model(panel, qtbot):
    panel.task.setCurrentIndex(panel.task.findData("denoising"))
    panel.state.setCurrentIndex(1)
    shown = [panel.proxy.index(row, ID).data() for row in range(panel.proxy.rowCount())]
    expected = [s.id for s in list_models("denoising") if s.weights.embedded]
    assert shown == expected
    assert panel.details.title.text() == model_name(model_spec(expected[0]))
    panel.search.setText("no such words")
    assert panel.proxy.rowCount() == 0
    assert panel.details.isHidden()
    panel.search.clear()
    assert not panel.details.isHidden()


def test_keys_go_through_the_list(panel, qtbot):
    panel.view.setFocus()
    qtbot.keyClick(panel.view, Qt.Key.Key_Down)
    assert panel.details.title.text() == model_name(panel.table.specs[1])


def test_a_checkpoint_is_explained_added_and_runs(panel, qtbot, lite):
    inspect(panel, qtbot, lite)
    assert panel.form.title.text() == "lite.pth"
    assert "Enlarge · 2 ×" in panel.form.what.text()
    assert identify_checkpoint(lite).sha256 in panel.form.what.text()
    assert panel.form.sigma.isHidden(), "nothing is asked that the file tells"
    panel.form.name.setText("Not A Name")
    panel.form.add.click()
    assert "expected lower-case letters" in panel.form.error.text()
    panel.form.name.setText("mine-x2")
    panel.form.good_at.setText("my own")
    assert panel.form.kind.currentData() == "faithful"
    panel.form.kind.setCurrentIndex(panel.form.kind.findData("generative"))
    with qtbot.waitSignal(panel.changed):
        panel.form.add.click()
    checked(panel, qtbot)
    assert panel.message.text() == "mine-x2 was added and is ready to use."
    assert panel.details.title.text() == "mine-x2"
    assert "Generative: it invents texture" in panel.details.about.text()
    assert cell(panel, "mine-x2", STATE) == "installed"
    large = restorer.restore(Image(make_photograph(16, 20)), "mine-x2")
    assert large.pixels.shape == (32, 40, 3)


def test_what_a_file_cannot_tell_is_asked(panel, qtbot, panet):
    inspect(panel, qtbot, panet)
    form = panel.form
    assert not form.task.isHidden()
    assert not form.sigma.isHidden()
    form.task.setCurrentIndex(form.task.findData("deblocking"))
    assert form.sigma.isHidden()
    assert not form.quality.isHidden()
    form.task.setCurrentIndex(form.task.findData("demosaicing"))
    assert not form.bayer.isHidden()
    form.task.setCurrentIndex(form.task.findData("denoising"))
    form.sigma.setValue(40)
    with qtbot.waitSignal(panel.changed):
        form.add.click()
    assert model_spec("panet-denoise-40").trained_for == {"sigma": 40}


def test_the_page_of_what_only_a_browser_gets_is_opened(panel, monkeypatch):
    found = []
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: found.append(url) or True)
    panel.show_model("nlsn-x2-paper")
    assert "drop the file here" in panel.details.about.text()
    panel.details.page.click()
    assert found == [QUrl(model_spec("nlsn-x2-paper").weights.page)]
    monkeypatch.setattr(QDesktopServices, "openUrl", lambda url: False)
    panel.details.page.click()
    assert model_spec("nlsn-x2-paper").weights.page in panel.message.text()


@pytest.mark.parametrize("content", [b"", b"no checkpoint", b"PK\x03\x04 cut"])
def test_a_file_that_is_no_checkpoint_is_told_in_words(panel, qtbot, tmp_path, content):
    (tmp_path / "x.pth").write_bytes(content)
    inspect(panel, qtbot, tmp_path / "x.pth")
    assert panel.form.isHidden()
    assert "x.pth" in panel.message.text()


def test_a_hostile_file_is_refused(panel, qtbot, tmp_path):
    class Hostile:
        def __reduce__(self):
            return Path.mkdir, (tmp_path / "was-here",)

    torch.save({"a": Hostile()}, tmp_path / "evil.pt")
    inspect(panel, qtbot, tmp_path / "evil.pt")
    assert "refused" in panel.message.text()
    assert not (tmp_path / "was-here").exists()


def test_a_checkpoint_can_be_dropped_and_left(panel, qtbot, lite):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(lite))])
    panel.dropEvent(
        QDropEvent(
            QPoint(9, 9),
            Qt.DropAction.CopyAction,
            data,
            Qt.MouseButton.LeftButton,
            Qt.KeyboardModifier.NoModifier,
        )
    )
    checked(panel, qtbot)
    assert not panel.form.isHidden()
    panel.form.leave.click()
    assert panel.form.isHidden()
    assert not panel.details.isHidden()


def test_weights_are_fetched_with_progress(remote, panel, qtbot):
    seen = []
    show = panel.details.show_download
    panel.details.show_download = lambda *told: (seen.append(told), show(*told))
    panel.show_model("remote-x2")
    assert not panel.details.fetch.isHidden()
    with qtbot.waitSignal(panel.changed):
        panel.details.fetch.click()
        assert not panel.details.fetch.isEnabled()
    checked(panel, qtbot)
    size = remote.weights.size
    assert ("remote-x2", (size, size)) in seen
    assert seen[-1] == ("", None)
    assert panel.message.text() == "remote-x2 is ready to use."
    assert cell(panel, "remote-x2", STATE) == "installed"
    assert panel.details.fetch.isHidden()


def test_a_download_is_stopped_and_goes_on(remote, panel, qtbot, site, store):
    site.cuts, site.stall = [100_000], True
    panel.show_model("remote-x2")
    panel.details.fetch.click()
    qtbot.waitUntil(lambda: site.sent != [])
    qtbot.waitUntil(lambda: panel.details.bar.value() > 0)
    panel.details.stop.click()
    assert "download is paused" in panel.message.text()
    assert panel.details.stop.isHidden()
    site.over.set()
    site.stall = False
    with qtbot.waitSignal(panel.changed):
        panel.details.fetch.click()
    assert panel.message.text() == "remote-x2 is ready to use."
    assert any(asked for asked in site.asked), "the rest alone was asked for"


def test_trouble_with_a_download_is_told(remote, panel, qtbot, site):
    site.statuses = [404]
    panel.show_model("remote-x2")
    with qtbot.waitSignal(panel.changed):
        panel.details.fetch.click()
    assert "404" in panel.message.text()
    assert panel.details.fetch.isEnabled()


def test_removal_is_asked_for_in_the_panel(panel, qtbot, lite):
    inspect(panel, qtbot, lite)
    panel.form.name.setText("mine-x2")
    with qtbot.waitSignal(panel.changed):
        panel.form.add.click()
    checked(panel, qtbot)
    panel.details.remove.click()
    assert not panel.details.question.isHidden()
    assert "mine-x2" in panel.details.ask.text()
    panel.details.keep.click()
    assert panel.details.question.isHidden()
    assert model_spec("mine-x2")
    panel.details.remove.click()
    with qtbot.waitSignal(panel.changed):
        panel.details.really.click()
    assert "mine-x2" not in [spec.id for spec in panel.table.specs]
    panel.show_model("panet-sr-x2-lite")
    assert panel.details.remove.isHidden(), "what ships cannot be removed"


@pytest.mark.parametrize("taken", ["panet-sr-x2-lite", "mine-x2"])
def test_no_other_model_is_replaced_by_a_file_that_is_added(panel, qtbot, lite, store, taken):
    inspect(panel, qtbot, lite)
    panel.form.name.setText("mine-x2")
    with qtbot.waitSignal(panel.changed):
        panel.form.add.click()
    checked(panel, qtbot)
    kept = {path: path.read_bytes() for path in store.iterdir()}
    inspect(panel, qtbot, lite)
    panel.form.name.setText(taken)
    panel.form.add.click()
    assert panel.form.error.text().startswith(f"Model {taken} already exists")
    assert not panel.form.isHidden()
    checked(panel, qtbot)
    assert {path: path.read_bytes() for path in store.iterdir()} == kept


def test_the_form_is_filled_in_and_left_by_keys(panel, qtbot, lite):
    inspect(panel, qtbot, lite)
    panel.form.name.setFocus()
    qtbot.keyClick(panel.form.name, Qt.Key.Key_Escape)
    assert panel.form.isHidden()
    assert panel.focusWidget() is panel.view
    inspect(panel, qtbot, lite)
    panel.form.name.setText("mine-x2")
    with qtbot.waitSignal(panel.changed):
        qtbot.keyClick(panel.form.name, Qt.Key.Key_Return)
    checked(panel, qtbot)
    assert panel.focusWidget() is panel.view
    assert panel.message.text() == "mine-x2 was added and is ready to use."


def test_screen_readers_get_the_facts_and_not_only_their_heading(panel):
    panel.show_model("panet-sr-x2-lite")
    about = QAccessible.queryAccessibleInterface(panel.details.about)
    assert "Enlarges clean, sharp pictures." in about.text(QAccessible.Text.Name)


def test_the_very_file_of_a_known_model_is_offered_as_that(
    panel, qtbot, remote, store, monkeypatch
):
    monkeypatch.setattr(adding, "fits_model", lambda found, spec: spec.weights.url != "")
    inspect(panel, qtbot, store.parent / "remote.pth")
    assert panel.form.as_model.count() > 2
    assert panel.form.as_model.currentText() == "remote-x2"


def test_after_a_download_the_keyboard_is_at_the_button_that_goes_on(panel, qtbot, remote):
    panel.survey()
    checked(panel, qtbot)
    panel.show_model("remote-x2")
    panel.details.show_download("remote-x2", (0, 0))
    assert panel.details.progress.text() == "remote-x2: connecting …"
    panel.details.stop.setFocus()
    panel.details.show_download("", None)
    assert panel.focusWidget() is panel.details.fetch


def test_damaged_weights_are_found(panel, qtbot, lite, store):
    inspect(panel, qtbot, lite)
    panel.form.name.setText("mine-x2")
    with qtbot.waitSignal(panel.changed):
        panel.form.add.click()
    checked(panel, qtbot)
    panel.details.verify.click()
    checked(panel, qtbot)
    assert "is complete" in panel.message.text()
    file = store / "mine-x2.pth"
    file.write_bytes(file.read_bytes()[:-1] + b"!")
    panel.details.verify.click()
    checked(panel, qtbot)
    assert "incomplete" in panel.message.text()
    assert cell(panel, "mine-x2", STATE) == "damaged"
    assert not panel.details.remove.isHidden()


def test_everything_has_a_name_and_a_role_for_screen_readers(panel):
    for widget, name, role in (
        (panel.view, "Models", QAccessible.Role.Table),
        (panel.task, "Task", QAccessible.Role.ComboBox),
        (panel.search, "Search models", QAccessible.Role.EditableText),
        (panel.details.fetch, "Download", QAccessible.Role.PushButton),
        (panel.details.stop, "Stop the download", QAccessible.Role.PushButton),
        (panel.details.bar, "Download", QAccessible.Role.ProgressBar),
        (panel.form.sigma, "Trained for noise level (sigma)", QAccessible.Role.SpinBox),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
    index = panel.proxy.index(0, STATE)
    assert index.data(Qt.ItemDataRole.AccessibleTextRole) == "included"
    assert np.all([panel.proxy.index(0, c).data() for c in range(panel.proxy.columnCount())])
