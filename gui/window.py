"""The window: builds the widgets, connects them to the session, stores its geometry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import (
    QApplication,
    QDialog,
    QHBoxLayout,
    QMainWindow,
    QStackedWidget,
    QTabWidget,
    QVBoxLayout,
    QWidget,
)

from restorer import __version__

from .attention.dialog import AttentionDialog
from .canvas.compare import Compare
from .canvas.document_model import shared_model
from .canvas.film_strip import FilmStrip
from .canvas.page_picker import PagePicker
from .canvas.scene import Mode
from .details.panel import Details
from .restore.controls import ActionArea, Controls
from .restore.presets import Presets
from .session.box import Box
from .session.session import Session
from .session.state import Message, State
from .shell.actions import Actions
from .shell.banner import Banner
from .shell.canvas_menu import CanvasMenu
from .shell.closing import Closing
from .shell.documents import DocumentCommands
from .shell.editing import Editing
from .shell.files import Files
from .shell.full_screen import FullScreen
from .shell.habits import Habits
from .shell.help import ShortcutHelp
from .shell.manual import Manual
from .shell.menus import Menus
from .shell.pages import PAGES, Page, Pages
from .shell.preferences import Preferences
from .shell.report import ProblemReport
from .shell.results import LongWork, Results
from .shell.status import StatusLine
from .shell.top_bar import TopBar
from .shell.welcome import Welcome
from .widgets.events import accept_copy
from .widgets.forms import letter_width
from .widgets.theme import SCHEMES, SURROUNDS, icon, set_scheme

_PANEL_WIDTH = 336
_PANEL_LETTERS = 44  # with a large font, it is as wide as these
_PAINTED_MS = 100  # after the window is shown it is painted, and loading may take the processor
_VEIL = 0.6  # opacity of a map over the picture


class MainWindow(QMainWindow):
    """The desktop window.

    Args:
        session: The session; closed with the window.
        preferences: Stored settings.
        pages: The table of pages.
    """

    def __init__(
        self, session: Session, preferences: Preferences, pages: Sequence[Page] = PAGES
    ) -> None:
        super().__init__()
        self.session = session
        self.preferences = preferences
        self._recent: list[Path] | None = None
        self.files = Files(self, session, preferences)
        self.setWindowTitle("restorer")
        self.setAcceptDrops(True)
        self.setMinimumSize(800, 480)
        self.actions_ = Actions(self, pages)
        self.commands = DocumentCommands(session, self.actions_)
        self._closing: Closing | None = None
        self._may_close = False
        self._build(pages)
        self._connect()
        self.habits.recall()
        LongWork(self, self._works, self.actions_["notify"].isChecked)
        self.keys = ShortcutHelp(self.actions_, self)
        self.welcome.button.setFocus()
        session.changed.connect(self._show)
        session.progressed.connect(self._show_progress)
        self._show(session.state)
        self._shown = QTimer(self, singleShot=True, interval=_PAINTED_MS)
        self._shown.timeout.connect(session.prepare)
        session.files.loaded.connect(self._show_left_over)
        self._show_left_over()

    # Building.

    def _build(self, pages: Sequence[Page]) -> None:
        self.bar = TopBar(self.actions_)
        self.compare = Compare()
        self.welcome = Welcome(self.actions_["open"], self.preferences.folder / "samples")
        self.items = shared_model(self.session, self.devicePixelRatioF())
        self.strip = FilmStrip(self.items)
        self.picker = PagePicker(self.actions_["sheet-previous"], self.actions_["sheet-next"])
        self.controls = Controls()
        self.area = ActionArea()
        self.status = StatusLine()
        self.presets = Presets(self)
        self.menus = Menus(self, self.actions_, self.presets.menu)
        self.controls.presets.setMenu(self.presets.menu)
        self.results = Results(
            self,
            self.session,
            self.preferences,
            self._visible_part,
            self.strip.viewport(),
            self.area.save_button,
        )
        self.stage = QStackedWidget()
        self.stage.addWidget(self.welcome)
        self.stage.addWidget(self.compare)
        self.tabs = QTabWidget(documentMode=True)
        for named in (self.tabs, self.tabs.tabBar()):
            named.setAccessibleName(self.tr("Side panel"))
        self.details = Details()
        self.tabs.addTab(self.controls, self.tr("Restore"))
        self.tabs.addTab(self.details, self.tr("Details"))
        self.attention = AttentionDialog(self)
        self.panel = QWidget()
        self.panel.setObjectName("sidePanel")
        self.panel.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.panel.setFixedWidth(max(_PANEL_WIDTH, _PANEL_LETTERS * letter_width(self.panel)))
        side = _column(self.panel)
        side.addWidget(self.tabs, 1)
        side.addWidget(self.area)
        left = QWidget()
        middle = _column(left)
        middle.addWidget(self.stage, 1)
        below = QWidget()
        lower = _column(below)
        lower.addWidget(self.picker)
        lower.addWidget(self.strip)
        middle.addWidget(below)
        picture = QWidget()
        across = QHBoxLayout(picture)
        across.setContentsMargins(0, 0, 0, 0)
        across.setSpacing(0)
        across.addWidget(left, 1)
        across.addWidget(self.panel)
        built = {"picture": picture}
        self.pages = Pages(pages, built, self.session, self.preferences.folder)
        body = QWidget()
        rows = _column(body)
        rows.addWidget(self.bar)
        rows.addWidget(self.pages, 1)
        rows.addWidget(self.status)
        self.setCentralWidget(body)
        self.banner = Banner(body)
        self.banner.lie_over((self.stage, self.pages))
        bars = (self.menuBar(), self.bar, self.panel, below, self.status)
        self.full_screen = FullScreen(self, bars, self.stage)
        self.menu = CanvasMenu(self.actions_, self)
        self.habits = Habits(self, self.actions_, self.compare, self.session, self.preferences)
        self._update_icons()

    def _connect(self) -> None:
        session, do = self.session, self.actions_
        for name, slot in {
            "open": self.files.browse,
            "open-folder": self.files.browse_folder,
            "paste": self.files.paste,
            "previous": lambda: session.opener.show(session.state.current - 1),
            "next": lambda: session.opener.show(session.state.current + 1),
            "sheet-previous": lambda: self._step_page(-1),
            "sheet-next": lambda: self._step_page(1),
            "save": self.files.save,
            "save-as": self.files.save_as,
            "export": self.results.export,
            "show-in-folder": self.results.show_in_folder,
            "open-saved": self.results.open_saved,
            "quit": self.close,
            "run": session.run,
            "stop": self._escape,
            "copy-command": self.files.copy_command,
            "gain-up": lambda: self.bar.step_gain(1),
            "gain-down": lambda: self.bar.step_gain(-1),
            "peek": lambda: self.compare.canvas.hold_original(True),
            "divider-left": lambda: self.compare.move_divider(-1),
            "divider-right": lambda: self.compare.move_divider(1),
            "fit": lambda: self.compare.canvas.fit(),
            "actual": lambda: self.compare.canvas.toggle_zoom(),
            "zoom-in": lambda: self.compare.canvas.zoom_step(1),
            "zoom-out": lambda: self.compare.canvas.zoom_step(-1),
            "unframe": lambda: session.previews.frame(None),
            "save-preset": self.presets.ask_name,
            "about": self._about,
            "manual": lambda: self._open_dialog(Manual),
            "report": lambda: self._open_dialog(ProblemReport),
            "inspect-attention": self.attention.show,
            "screen-profile": self.files.choose_screen_profile,
            "screen-srgb": self.files.forget_screen_profile,
            "shortcuts": lambda: self.keys.toggle(),
        }.items():
            do[name].triggered.connect(slot)
        for name in do.pages:
            page = name.removeprefix("page-")
            do[name].triggered.connect(lambda _=False, page=page: self._turn_to(page))
        for mode in Mode:
            do[mode.value].triggered.connect(lambda _=False, mode=mode: self._compare_by(mode))
        self.strip.set_actions([do[name] if name else None for name in self.commands.menu])
        self.strip.selected.connect(session.select)
        self.commands.queued.connect(self._turn_to_queue)
        do["loupe"].toggled.connect(self.compare.canvas.set_loupe)
        do["frame"].toggled.connect(self.compare.set_framing)
        do["panel"].toggled.connect(self._show_panel)
        do["full-screen"].toggled.connect(self._fill_screen)
        for scheme in SCHEMES:
            do[f"theme-{scheme}"].triggered.connect(
                lambda _=False, scheme=scheme: self._set_scheme(scheme)
            )
        for name in SURROUNDS:
            do[f"surround-{name}"].triggered.connect(
                lambda _=False, name=name: self.habits.set_surround(name)
            )
        self.compare.canvas.menu_wanted.connect(self._ask_menu)
        self.menu.zoomed.connect(self.compare.canvas.zoom_to)
        session.showing.connect(do["page-picture"].trigger)
        self.pages.counted.connect(self.actions_.count_waiting)
        self.pages.count_waiting()
        self.presets.chosen.connect(session.recipes.choose)
        self.presets.message.connect(session.tell)
        self.menus.recent.triggered.connect(lambda action: self.open([action.data()]))
        self.bar.zoomed.connect(self.compare.canvas.zoom_to)
        self.bar.gained.connect(self.compare.canvas.set_gain)
        self.bar.peeked.connect(self.compare.canvas.hold_original)
        self.picker.chosen.connect(session.opener.show_page)
        self.compare.view_changed.connect(session.previews.set_view)
        self.compare.canvas.pointed.connect(session.previews.set_pointer)
        self.compare.canvas.viewed.connect(self.bar.show_zoom)
        self.compare.canvas.pointed.connect(self.status.show_place)
        self.compare.canvas.framed.connect(self._frame)
        self.controls.chosen.connect(session.recipes.choose)
        self.controls.more.connect(self._show_models)
        self.area.run.connect(session.run)
        self.area.stop.connect(session.stop)
        self.area.save.connect(self.files.save_new)
        self.strip.chosen.connect(session.opener.show)
        self.welcome.opened.connect(lambda path: self.open([path]))
        self.welcome.continued.connect(self._continue)
        references = self.controls.steps.references
        references.explained.connect(lambda image: self.compare.show_map(image, _VEIL))
        self.compare.canvas.pointed.connect(references.source.show_place)
        self.compare.canvas.picked.connect(self.attention.look_from)
        self.attention.chosen.connect(self._mark)
        self.details.ground_truth.ground_truth_changed.connect(session.set_ground_truth)
        self.details.ground_truth.map_shown.connect(self.compare.show_map)
        self.banner.dismissed.connect(session.dismiss)
        self.banner.acted.connect(self._act)

    # State.

    def _show(self, state: State) -> None:
        picture = state.opened or state.camera_preview
        self._stage(self.compare if picture is not None else self.welcome)
        for view in (
            self.strip,
            self.picker,
            self.controls,
            self.details,
            self.attention,
            self.area,
        ):
            view.show_state(state)
        if not state.is_between:  # what is seen stays until the next picture is there
            self.compare.show_state(state)
            self.status.show_state(state)
        self._tell_work()
        self.banner.show_message(state.message)
        self.setWindowTitle(f"{picture.name} - restorer" if picture is not None else "restorer")
        self._enable(state)
        self.presets.show_choices(state.choices)
        self._show_recent()

    def _show_progress(self, state: State) -> None:
        """Show progress and nothing else, as a run reports it thousands of times."""
        self.area.show_progress(state)
        if state.seen_growths and not state.is_between:
            self.compare.show_state(state)
        self._tell_work()

    def _show_left_over(self) -> None:
        self.welcome.show_left_over(self.session.left_over.documents)

    def _continue(self) -> None:
        """Go on with what the last window has left."""
        self.session.left_over.take()
        if self.session.state.current < 0:
            self._turn_to_queue()

    def _step_page(self, step: int) -> None:
        opened = self.session.state.opened
        if opened is not None:
            self.session.opener.show_page(opened.page + step)

    def _enable(self, state: State) -> None:
        seen, mode = self.bar.tools.isVisibleTo(self), self.compare.canvas.mode
        self.actions_.follow(state, mode, seen=seen)
        self.commands.follow(state)

    def _show_panel(self, shown: bool) -> None:
        self.panel.setVisible(shown and not self.full_screen.active)
        self._tell_work()

    def _tell_work(self) -> None:
        """Show the current work in the status line while the panel is hidden."""
        hidden = self.panel.isHidden() and self.session.state.opened is not None
        self.status.show_work(self.area.text.text() if hidden else "")

    def _show_recent(self) -> None:
        recent = self.preferences.recent
        if recent != self._recent:
            self._recent = recent
            self.welcome.show_recent(recent)
            self.menus.show_recent(recent)

    def _set_scheme(self, scheme: str) -> None:
        self.preferences.keep("scheme", scheme)
        app = QApplication.instance()
        assert isinstance(app, QApplication)
        set_scheme(app, scheme)

    def _about(self) -> None:
        text = self.tr("restorer %1 - restores photographs on this machine, offline. MIT license.")
        self.session.tell(Message(text.replace("%1", __version__), "note"))

    def _open_dialog(self, kind: type[QDialog]) -> None:
        """Open a window of the help, or bring it to the front."""
        dialog = self.findChild(kind) or kind(self)
        dialog.show()
        dialog.raise_()
        dialog.activateWindow()

    def _stage(self, widget: QWidget) -> None:
        if self.stage.currentWidget() is not widget:
            self.stage.setCurrentWidget(widget)
            (self.welcome.button if widget is self.welcome else self.compare.canvas).setFocus()

    def _compare_by(self, mode: Mode) -> None:
        self.compare.set_mode(mode)
        self.bar.show_gain(mode is Mode.DIFFERENCE)
        self._enable(self.session.state)

    def _frame(self, box: Box) -> None:
        self.actions_["frame"].setChecked(False)
        self.session.previews.frame(box)

    def _visible_part(self) -> Box | None:
        """Return what is visible of the picture, in fractions of it."""
        view = self.compare.canvas.view
        (width, height), seen = view.picture, view.visible
        return Box(seen.x / width, seen.y / height, seen.width / width, seen.height / height)

    def _works(self) -> bool:
        """Whether there is work that may take long."""
        return self.session.at_work or self.pages.running or self.results.running

    def _mark(self, box: Box | None) -> None:
        """Mark a rectangle of the original."""
        scale = self.session.state.scale
        self.compare.canvas.set_outline(None if box is None else box.scaled(scale))

    def _fill_screen(self, full: bool) -> None:
        if full:
            self.actions_["page-picture"].trigger()
        self.full_screen.set_active(full)
        if not full:
            self._show_panel(self.actions_["panel"].isChecked())

    def _ask_menu(self, at: QPoint) -> None:
        opened = self.session.state.opened
        file = None if opened is None else opened.path
        self.menu.ask(at, self.status.pixel.text(), file)

    def _escape(self) -> None:
        """Close the topmost overlay or message, or stop the current work."""
        if self.keys.isVisible():
            self.keys.hide()
        elif self.actions_["frame"].isChecked():
            self.actions_["frame"].setChecked(False)
        elif self.session.state.message is not None:
            self.session.dismiss()
        elif self.full_screen.active:
            self.actions_["full-screen"].setChecked(False)
        else:
            self.session.stop()

    def _act(self, action: str) -> None:
        self.session.dismiss()
        if action == "models":
            self._show_models()
        elif action == "open":
            self.session.opener.open_anyway()
        elif action == "continue":
            self._continue()

    def _show_models(self) -> None:
        self.actions_["page-models"].trigger()

    def _turn_to(self, page: str) -> None:
        self.pages.show_page(page)
        self.bar.tools.setVisible(page == "picture")
        if page != "picture":
            self.actions_["full-screen"].setChecked(False)
        self.status.setVisible(page == "picture" and not self.full_screen.active)
        self._enable(self.session.state)

    def _turn_to_queue(self) -> None:
        self.actions_["page-queue"].trigger()

    def open(self, paths: list[Path]) -> None:
        """Open files and folders."""
        self.files.open(paths)

    def edit(self, copy: Path) -> Editing:
        """Open a working copy, which *Save* replaces before it closes the window."""
        editing = Editing(copy, self.files, self.session)
        editing.done.connect(self._close_now, Qt.ConnectionType.QueuedConnection)
        return editing

    # Events.

    def showEvent(self, event: QShowEvent) -> None:
        """Prepare the first preview as soon as the window is painted."""
        super().showEvent(event)
        self._shown.start()

    def dragEnterEvent(self, event: QDragEnterEvent) -> None:
        """Accept files and pictures."""
        if event.mimeData().hasUrls() or event.mimeData().hasImage():
            accept_copy(event)

    def dropEvent(self, event: QDropEvent) -> None:
        """Open dropped files and pictures."""
        accept_copy(event)
        self.files.take(event.mimeData())

    def keyReleaseEvent(self, event: QKeyEvent) -> None:
        """Show the result again when the key of the original is released."""
        if event.key() == Qt.Key.Key_B and not event.isAutoRepeat():
            self.compare.canvas.hold_original(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icons in new colors; show the result if the window becomes inactive."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.compare.canvas.hold_original(False)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_"):
            self._update_icons()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close; ask once if results or work would be lost."""
        if (self._works() or self.session.state.strip.unsaved) and not self._may_close:
            event.ignore()
            self._ask_to_close()
            return
        self.habits.keep()
        self.hide()
        self._shown.stop()
        self.results.close()
        self.pages.close_workers()
        self.details.close_workers()
        self.attention.close_workers()
        self.welcome.close_workers()
        self.items.close()
        self.controls.steps.references.close_workers()
        self.session.close()
        self.preferences.finish()
        super().closeEvent(event)

    def _ask_to_close(self) -> None:
        """Ask what happens to results and work."""
        if self._closing is not None and self._closing.isVisible():
            return
        documents = [each for each in self.session.state.documents if each.holds_work]
        self._closing = Closing(documents, export=self.results.running, parent=self)
        self._closing.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self._closing.answered.connect(self._take_answer)
        self._closing.destroyed.connect(self._forget_closing)
        self._closing.open()

    def _forget_closing(self) -> None:
        self._closing = None

    def _take_answer(self, answer: str) -> None:
        """Close after the question, and after saving if that is wanted."""
        unsaved = self.session.state.strip.unsaved
        if answer == "save" and unsaved and self.files.working_copy is not None:
            self.files.save()
            return
        if answer == "save" and unsaved:
            self.session.saving.save_beside(
                unsaved, lambda saved: self._close_now() if saved else None
            )
            return
        if answer == "discard":
            self.session.give_up()
        self._close_now()

    def _close_now(self) -> None:
        self._may_close = True
        self.close()

    def _update_icons(self) -> None:
        self.actions_.update_icons(self.palette())
        self.controls.presets.setIcon(icon("chevron", self.palette()))


def _column(parent: QWidget) -> QVBoxLayout:
    layout = QVBoxLayout(parent)
    layout.setContentsMargins(0, 0, 0, 0)
    layout.setSpacing(0)
    return layout
