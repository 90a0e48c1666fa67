"""Picture page: one picture before and after, the strip of all below it, the panel beside it."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtWidgets import QStackedWidget, QWidget

from ..attention.dialog import AttentionDialog
from ..canvas.compare import Compare
from ..canvas.document_model import shared_model
from ..canvas.film_strip import FilmStrip
from ..canvas.page_picker import PagePicker
from ..session.box import Box
from ..session.session import Session
from ..session.state import State
from ..widgets.forms import column, row
from .actions import Actions
from .side_panel import SidePanel
from .unread import Unread
from .welcome import Welcome

_VEIL = 0.6  # opacity of a map over the picture


class PicturePage(QWidget):
    """Shows the open picture, and tells the session what the user does with it.

    Args:
        session: The session.
        actions: The actions of the window.
        folder: The settings folder; samples are copied to a folder in it.

    Attributes:
        compare: The picture.
        welcome: What is shown while there is none.
        unread: What is shown in place of one that cannot be opened.
        stage: The place of these.
        strip: All pictures.
        picker: The pages of the file.
        below: The place of both.
        panel: Recipe, details and buttons.
        attention: The window of the attention map.
    """

    def __init__(self, session: Session, actions: Actions, folder: Path) -> None:
        super().__init__()
        self._session, self._actions = session, actions
        self._items = shared_model(session, self.devicePixelRatioF())
        self.compare = Compare()
        self.welcome = Welcome(actions["open"], folder / "samples")
        self.unread = Unread()
        self.stage = QStackedWidget()
        for widget in (self.welcome, self.compare, self.unread):
            self.stage.addWidget(widget)
        self.strip = FilmStrip(self._items)
        self.picker = PagePicker(actions["sheet-previous"], actions["sheet-next"])
        self.panel = SidePanel()
        self.attention = AttentionDialog(self)
        self.below = QWidget()
        lower = column(spacing=0)
        lower.addWidget(self.picker)
        lower.addWidget(self.strip)
        self.below.setLayout(lower)
        left = QWidget()
        middle = column(spacing=0)
        middle.addWidget(self.stage, 1)
        middle.addWidget(self.below)
        left.setLayout(middle)
        across = row(left, self.panel, stretch=0)
        across.setSpacing(0)
        self.setLayout(across)
        self._connect_actions()
        self._connect_picture()
        self._connect_others()

    @property
    def visible_part(self) -> Box:
        """What is visible of the picture, in fractions of it."""
        view = self.compare.canvas.view
        (width, height), seen = view.picture, view.visible
        return Box(seen.x / width, seen.y / height, seen.width / width, seen.height / height)

    def show_state(self, state: State) -> None:
        """Show the open picture, why it cannot be opened, or the start page."""
        document = state.strip.document
        if state.opened is not None or state.camera_preview is not None:
            self._stage(self.compare)
        elif state.unread and document is not None:
            if state.work.doing != "opening":  # what is seen stays until the next one is there
                self.unread.show_reason(document.name, state.unread)
            self._stage(self.unread)
        else:
            self._stage(self.welcome)
        for view in (self.strip, self.picker, self.panel, self.attention):
            view.show_state(state)
        if not state.is_between:  # what is seen stays until the next picture is there
            self.compare.show_state(state)

    def show_progress(self, state: State) -> None:
        """Show progress and nothing else, as a run reports it thousands of times."""
        self.panel.area.show_progress(state)
        if state.seen_growths and not state.is_between:
            self.compare.show_state(state)

    def close_workers(self) -> bool:
        """End the threads; return whether they ended."""
        ended = [part.close_workers() for part in (self.panel, self.attention, self.welcome)]
        return self._items.close() and all(ended)

    def _connect_actions(self) -> None:
        session, do, canvas = self._session, self._actions, self.compare.canvas
        for name, slot in {
            "previous": lambda: session.opener.show(session.state.current - 1),
            "next": lambda: session.opener.show(session.state.current + 1),
            "sheet-previous": lambda: self._step_page(-1),
            "sheet-next": lambda: self._step_page(1),
            "peek": lambda: canvas.hold_original(True),
            "divider-left": lambda: self.compare.move_divider(-1),
            "divider-right": lambda: self.compare.move_divider(1),
            "fit": lambda: canvas.fit(),
            "actual": lambda: canvas.toggle_zoom(),
            "zoom-in": lambda: canvas.zoom_step(1),
            "zoom-out": lambda: canvas.zoom_step(-1),
            "unframe": lambda: session.previews.frame(None),
            "inspect-attention": self.attention.show,
        }.items():
            do[name].triggered.connect(slot)
        do["loupe"].toggled.connect(canvas.set_loupe)
        do["frame"].toggled.connect(self.compare.set_framing)

    def _connect_picture(self) -> None:
        session, canvas = self._session, self.compare.canvas
        self.compare.view_changed.connect(session.previews.set_view)
        canvas.pointed.connect(session.previews.set_pointer)
        canvas.framed.connect(self._frame)
        canvas.picked.connect(self.attention.look_from)
        self.attention.chosen.connect(self._mark)
        self.panel.details.ground_truth.map_shown.connect(self.compare.show_map)
        references = self.panel.controls.steps.references
        references.explained.connect(lambda image: self.compare.show_map(image, _VEIL))
        canvas.pointed.connect(references.source.show_place)

    def _connect_others(self) -> None:
        session, panel = self._session, self.panel
        self.strip.chosen.connect(session.opener.show)
        self.strip.selected.connect(session.select)
        self.picker.chosen.connect(session.opener.show_page)
        panel.controls.chosen.connect(session.recipes.choose)
        panel.details.ground_truth.ground_truth_changed.connect(session.set_ground_truth)
        panel.area.run.connect(session.run)
        panel.area.stop.connect(session.stop)

    def _stage(self, widget: QWidget) -> None:
        if self.stage.currentWidget() is not widget:
            self.stage.setCurrentWidget(widget)
            focus = {self.welcome: self.welcome.button, self.compare: self.compare.canvas}
            focus.get(widget, widget).setFocus()

    def _step_page(self, step: int) -> None:
        opened = self._session.state.opened
        if opened is not None:
            self._session.opener.show_page(opened.page + step)

    def _frame(self, box: Box) -> None:
        self._actions["frame"].setChecked(False)
        self._session.previews.frame(box)

    def _mark(self, box: Box | None) -> None:
        """Mark a rectangle of the original."""
        scale = self._session.state.scale
        self.compare.canvas.set_outline(None if box is None else box.scaled(scale))
