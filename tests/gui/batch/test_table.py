"""The table of the batch page: cells, keys, menu, selection."""

import itertools
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from batch_page import (
    DENOISE,
    LONG,
    add,
    choose,
    documents,
    ids,
    job,
    jobs,
    picture,
    planned,
    run,
    running,
    states,
)
from hypothesis import given
from hypothesis import strategies as st
from PySide6.QtCore import QMimeData, QPoint, Qt, QUrl
from PySide6.QtGui import QAccessible, QDropEvent
from PySide6.QtWidgets import QStyle, QStyleOptionViewItem

from restorer import (
    Image,
    Progress,
    Result,
    write,
)
from restorer.gui.batch.page import BatchPage
from restorer.gui.canvas.document_model import NAME, PROGRESS, REMARK, STATE, stretches
from restorer.gui.session.choices import automatic_choices
from restorer.gui.session.jobs import waiting_document
from restorer.gui.session.runner import BatchUpdate
from restorer.gui.session.session import Session

pytestmark = pytest.mark.qt_log_level_fail("WARNING")


def test_the_page_shows_the_film_strip_and_adds_to_it(panel, qtbot, tmp_path):
    session = panel.session
    session.opener.open([picture(tmp_path / f"{name}.png") for name in "ab"])
    qtbot.waitUntil(lambda: session.state.opened is not None)
    add(panel, qtbot, tmp_path / "b.png", picture(tmp_path / "c.png"))
    names = [panel.proxy.index(number, NAME).data() for number in range(panel.proxy.rowCount())]
    assert names == [each.name for each in documents(panel)] == ["a.png", "b.png", "c.png"]
    assert panel.message.text() == "Skipped: b.png (already in the list)"
    assert session.state.strip.document.name == "a.png", "the open picture stays"
    panel.view.selectRow(2)
    assert session.state.strip.selected == (documents(panel)[2].id,)
    session.select(ids(panel, 0, 1))
    assert [index.row() for index in panel.view.selectionModel().selectedRows()] == [0, 1]
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [each.name for each in documents(panel)] == ["c.png"]


def test_the_keyboard_stays_where_it_can_go_on(panel, qtbot, source, tmp_path):
    choose(panel, LONG)
    add(panel, qtbot, picture(tmp_path / "large.png", 300, 300), source / "b.png")
    panel.start.setFocus()
    width = panel.start.width()
    qtbot.keyClick(panel.start, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.pause
    qtbot.keyClick(panel.pause, Qt.Key.Key_Space)
    assert panel.focusWidget() is panel.start
    qtbot.waitUntil(lambda: not running(panel))
    panel.view.selectRow(0)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert [each.name for each in documents(panel)] == ["b.png"]
    assert panel._selected == [documents(panel)[0]]
    panel.start.setFocus()
    run(panel, qtbot)
    assert panel.focusWidget() is panel.view
    assert panel.start.width() == width


def test_a_menu_offers_what_can_be_done_with_the_selected_rows(panel, qtbot, source):
    add(panel, qtbot, source / "a.png", source / "cut.png", source / "empty.jpg")
    run(panel, qtbot)
    assert panel.view.contextMenuPolicy() is Qt.ContextMenuPolicy.ActionsContextMenu

    def offered(row):
        panel.view.selectRow(row)
        return {name for name, action in panel.acts.items() if action.isEnabled()}

    assert offered(0) == {"open", "start", "remove"}
    assert not panel.cancel.isEnabled()
    assert offered(1) == {"open", "start", "retry", "remove"}
    panel.acts["retry"].trigger()
    planned(panel, qtbot)
    assert states(panel) == ["saved", "waiting", "failed"]
    assert offered(1) == {"open", "cancel", "remove"}
    assert panel.cancel.text() == "Cancel"
    assert offered(0) == {"open", "start", "remove"}
    assert panel.cancel.text() == "Cancel all", "none of the selected rows waits"
    panel.cancel.click()
    assert states(panel) == ["saved", "", "failed"]


def test_names_stand_in_a_line_beside_upright_and_wide_pictures(panel, qtbot, tmp_path):
    add(
        panel, qtbot, picture(tmp_path / "wide.png", 40, 90), picture(tmp_path / "tall.png", 90, 40)
    )
    view = panel.view
    places = []
    for row in range(2):
        index = panel.proxy.index(row, NAME)
        qtbot.waitUntil(lambda index=index: index.data(Qt.ItemDataRole.DecorationRole) is not None)
        option = QStyleOptionViewItem()
        delegate = view.itemDelegateForIndex(index)
        delegate.initStyleOption(option, index)
        option.rect = view.visualRect(index)
        text = QStyle.SubElement.SE_ItemViewItemText
        places.append(view.style().subElementRect(text, option, view).left())
    assert places[0] == places[1] > 40


def test_double_click_and_enter_show_picture_and_file(panel, qtbot, source):
    session = panel.session
    add(panel, qtbot, source / "a.png", source / "b.png")
    panel.session.unqueue(ids(panel, 1))
    run(panel, qtbot)
    asked = []
    session.showing.connect(lambda: asked.append(1))
    panel.view.setCurrentIndex(panel.proxy.index(0, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_Return)
    qtbot.waitUntil(lambda: session.state.loaded_result is not None)
    assert session.state.strip.document.name == "a.png"
    panel.view.doubleClicked.emit(panel.proxy.index(1, NAME))
    qtbot.waitUntil(lambda: session.state.opened is not None and not session.state.is_between)
    assert session.state.strip.document.name == "b.png"
    assert session.state.loaded_result is None
    assert len(asked) == 2


def test_keys_select_and_remove_and_the_list_can_be_narrowed(panel, qtbot, source):
    add(panel, qtbot, source)
    run(panel, qtbot)
    panel.shown.setCurrentIndex(4)
    assert panel.proxy.rowCount() == 2
    panel.view.setFocus()
    panel.view.setCurrentIndex(panel.proxy.index(0, NAME))
    qtbot.keyClick(panel.view, Qt.Key.Key_A, Qt.KeyboardModifier.ControlModifier)
    qtbot.keyClick(panel.view, Qt.Key.Key_Delete)
    assert states(panel) == ["saved"] * 3
    panel.shown.setCurrentIndex(0)
    assert panel.proxy.rowCount() == 3


def test_what_is_visible_gets_a_suggestion(panel, qtbot, tmp_path):
    noise = np.random.default_rng(0).normal(128, 25, (64, 80, 3)).clip(0, 255).astype(np.uint8)
    write(Image(noise), tmp_path / "noisy.png")
    choose(panel, automatic_choices())
    add(panel, qtbot, tmp_path / "noisy.png")
    panel.session.unqueue(ids(panel, 0))
    qtbot.waitUntil(lambda: documents(panel)[0].badge == "suggested")
    assert panel.items.index(0, REMARK).data() != "Automatic"
    assert panel.items.index(0, STATE).data() == "Repair suggested"


def test_files_and_folders_can_be_dropped(panel, qtbot, source):
    data = QMimeData()
    data.setUrls([QUrl.fromLocalFile(str(source))])
    where, buttons = QPoint(50, 50), Qt.MouseButton.LeftButton
    event = QDropEvent(
        where, Qt.DropAction.CopyAction, data, buttons, Qt.KeyboardModifier.NoModifier
    )
    panel.dropEvent(event)
    qtbot.waitUntil(lambda: len(documents(panel)) == 5)


def test_everything_has_a_name_and_a_role_for_screen_readers(panel, qtbot, source):
    add(panel, qtbot, source)
    for widget, name, role in (
        (panel.start, "Continue", QAccessible.Role.PushButton),
        (panel.sources.folder, "Results folder", QAccessible.Role.EditableText),
        (panel.sources.existing, "If a result exists already", QAccessible.Role.ComboBox),
        (panel.shown, "Pictures to show", QAccessible.Role.ComboBox),
        (panel.summary.bar, "Progress of all pictures", QAccessible.Role.ProgressBar),
        (panel.view, "Pictures", QAccessible.Role.Table),
    ):
        assert (widget.accessibleName() or widget.text()) == name
        assert QAccessible.queryAccessibleInterface(widget).role() == role
    texts = [
        panel.proxy.index(0, column).data(Qt.ItemDataRole.AccessibleTextRole)
        for column in range(panel.proxy.columnCount())
    ]
    assert texts == ["a.png, Waiting", "Waiting", "nothing", "nothing", "Even, synthetic noise"]


def test_thumbnails_come_in_their_own_time(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")

    def shown():
        icon = panel.items.index(0, NAME).data(Qt.ItemDataRole.DecorationRole)
        return icon.pixmap(72, 72).toImage()

    qtbot.waitUntil(lambda: shown().pixel(5, 5) != shown().pixel(20, 20))
    assert shown().height() == 54, "of 32 x 24 pixels"


def test_the_bar_is_painted_where_a_file_is_at_work(panel, qtbot, source):
    add(panel, qtbot, source / "a.png")
    files, each = panel.session.files, jobs(panel)[0]
    area = panel.view.visualRect(panel.proxy.index(0, PROGRESS))

    def painted():
        return panel.view.viewport().grab(area).toImage()

    before = painted()
    files._take_update(
        BatchUpdate(started=[each], progress={each: Progress(each.id, "restore", 1, 4)})
    )
    quarter = painted()
    files._take_update(BatchUpdate(progress={each: Progress(each.id, "restore", 3, 4)}))
    assert before != quarter != painted()
    cell = panel.items.index(0, PROGRESS)
    assert cell.data(Qt.ItemDataRole.AccessibleTextRole) == "75%"
    files._take_update(BatchUpdate(results={each: Result("done", each.target)}))


@given(st.sets(st.integers(0, 60)))
def test_stretches_are_neighbors_in_falling_order(numbers):
    found = list(stretches(sorted(numbers, reverse=True)))
    listed = [n for first, last in found for n in range(last, first - 1, -1)]
    assert listed == sorted(numbers, reverse=True)
    assert all(b[1] < a[0] - 1 for a, b in itertools.pairwise(found))


ACTIONS = st.one_of(
    st.tuples(st.just("add"), st.integers(0, 5)),
    st.tuples(st.just("remove"), st.sets(st.integers(0, 30), max_size=8)),
    st.tuples(st.sampled_from(["idle", "waiting", "running"]), st.sets(st.integers(0, 30))),
)


@given(st.lists(ACTIONS, max_size=20))
def test_counts_and_rows_hold_whatever_happens(qapp, actions):
    session, made = Session(), 0
    page = BatchPage(session)
    for kind, what in actions:
        strip = session.state.strip
        if kind == "add":
            listed = [waiting_document(job(made + n), DENOISE) for n in range(what)]
            strip, made = strip.with_added(listed), made + what
        elif kind == "remove":
            gone = {each.id for n, each in enumerate(strip.documents) if n in what}
            strip = strip.removed(gone)
        else:
            chosen = [each for n, each in enumerate(strip.documents) if n in what]
            strip = strip.with_all(replace(each, stage=kind) for each in chosen)
        session._store.set(strip=strip)
    listed = session.state.documents
    model = page.items
    assert +model.counts == Counter(each.badge for each in listed)
    assert [model.index(n, NAME).data() for n in range(model.rowCount())] == [
        each.name for each in listed
    ]
    assert page.proxy.rowCount() == len(listed)
    assert model.close()
    assert session.close(30)
    page.deleteLater()
    session.deleteLater()
