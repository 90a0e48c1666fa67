"""The window: builds the widgets, connects them to the session, stores its geometry."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer
from PySide6.QtGui import (
    QCloseEvent,
    QDragEnterEvent,
    QDropEvent,
    QKeyEvent,
    QShowEvent,
)
from PySide6.QtWidgets import QMainWindow

from .canvas.scene import Mode
from .restore.presets import Presets
from .session.session import Session
from .session.state import State
from .shell.actions import Actions
from .shell.banner import Banner
from .shell.body import Body
from .shell.canvas_menu import CanvasMenu
from .shell.closing import CloseGuard
from .shell.documents import DocumentCommands
from .shell.editing import Editing
from .shell.files import Files
from .shell.full_screen import FullScreen
from .shell.habits import Habits
from .shell.help import ShortcutHelp
from .shell.help_commands import HelpCommands
from .shell.menus import Menus
from .shell.pages import PAGES, Page, Pages
from .shell.picture_page import PicturePage
from .shell.preferences import Preferences
from .shell.results import LongWork, Results
from .shell.status import StatusLine
from .shell.top_bar import TopBar
from .widgets.events import accept_copy
from .widgets.forms import column
from .widgets.theme import icon

_PAINTED_MS = 100  # after the window is shown it is painted, and loading may take the processor


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
        self.setWindowTitle("restorer")
        self.setAcceptDrops(True)
        self.setMinimumSize(480, 320)
        self.files = Files(self, session, preferences)
        self.actions_ = Actions(self, pages)
        self.commands = DocumentCommands(session, self.actions_)
        HelpCommands(self, self.actions_, session)
        self._build(pages)
        self._connect_actions()
        self._connect_parts()
        self.habits.recall()
        LongWork(self, self._works, self.actions_["notify"].isChecked)
        self.keys = ShortcutHelp(self.actions_, self)
        self.picture.welcome.button.setFocus()
        session.changed.connect(self._show)
        session.progressed.connect(self._show_progress)
        self._show(session.state)
        self._shown = QTimer(self, singleShot=True, interval=_PAINTED_MS)
        self._shown.timeout.connect(session.prepare)
        session.keeper.loaded.connect(self._show_left_over)
        self._show_left_over()

    # Building.

    def _build(self, pages: Sequence[Page]) -> None:
        session, do = self.session, self.actions_
        self.bar = TopBar(do)
        self.picture = PicturePage(session, do, self.preferences.folder)
        self.pages = Pages(pages, {"picture": self.picture}, session, self.preferences.folder)
        self.status = StatusLine()
        self.presets = Presets(self)
        self.menus = Menus(self, do, self.presets.menu)
        panel, strip = self.picture.panel, self.picture.strip
        panel.controls.presets.setMenu(self.presets.menu)
        self.results = Results(
            self,
            session,
            self.preferences,
            lambda: self.picture.visible_part,
            strip.viewport(),
            panel.area.save_button,
        )
        self.guard = CloseGuard(self, session, self.files, self.results, self._works)
        rows = column(spacing=0)
        rows.addWidget(self.bar)
        rows.addWidget(self.pages, 1)
        rows.addWidget(self.status)
        self.body = Body(rows)
        self.setCentralWidget(self.body)
        self.banner = Banner(self.body.content)
        self.banner.lie_over((self.picture.stage, self.pages))
        bars = (self.menuBar(), self.bar, panel, self.picture.below, self.status)
        self.full_screen = FullScreen(self, bars, self.picture.stage)
        self.menu = CanvasMenu(do, self)
        self.habits = Habits(self, do, self.picture.compare, session, self.preferences)
        self._update_icons()

    def _connect_actions(self) -> None:
        do = self.actions_
        for name, slot in {
            "open": self.files.browse,
            "open-folder": self.files.browse_folder,
            "paste": self.files.paste,
            "save": self.files.save,
            "save-as": self.files.save_as,
            "export": self.results.export,
            "show-in-folder": self.results.show_in_folder,
            "open-saved": self.results.open_saved,
            "quit": self.close,
            "run": self.session.run,
            "stop": self._escape,
            "copy-command": self.files.copy_command,
            "gain-up": lambda: self.bar.step_gain(1),
            "gain-down": lambda: self.bar.step_gain(-1),
            "save-preset": self.presets.ask_name,
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
        do["panel"].toggled.connect(self._show_panel)
        do["full-screen"].toggled.connect(self._fill_screen)

    def _connect_parts(self) -> None:
        session, do, canvas = self.session, self.actions_, self.picture.compare.canvas
        self.picture.strip.set_actions([do[name] if name else None for name in self.commands.menu])
        self.commands.queued.connect(do["page-queue"].trigger)
        session.showing.connect(do["page-picture"].trigger)
        self.guard.allowed.connect(self.close)
        canvas.menu_wanted.connect(self._ask_menu)
        canvas.viewed.connect(self.bar.show_zoom)
        canvas.pointed.connect(self.status.show_place)
        self.menu.zoomed.connect(canvas.zoom_to)
        self.bar.zoomed.connect(canvas.zoom_to)
        self.bar.gained.connect(canvas.set_gain)
        self.bar.peeked.connect(canvas.hold_original)
        self.pages.counted.connect(do.count_waiting)
        self.pages.count_waiting()
        self.presets.chosen.connect(session.recipes.choose)
        self.presets.message.connect(session.tell)
        self.menus.recent.triggered.connect(lambda action: self.files.open([action.data()]))
        self.picture.panel.controls.more.connect(do["page-models"].trigger)
        self.picture.panel.area.save.connect(self.files.save_new)
        self.picture.welcome.opened.connect(lambda path: self.files.open([path]))
        self.picture.welcome.continued.connect(self._continue)
        self.banner.dismissed.connect(session.dismiss)
        self.banner.acted.connect(self._act)

    # State.

    def _show(self, state: State) -> None:
        self.picture.show_state(state)
        if not state.is_between:  # what is seen stays until the next picture is there
            self.status.show_state(state)
        self._tell_work()
        self.banner.show_message(state.message)
        picture = state.opened or state.camera_preview
        self.setWindowTitle(f"{picture.name} - restorer" if picture is not None else "restorer")
        self._enable(state)
        self.presets.show_choices(state.choices)
        self._show_recent()

    def _show_progress(self, state: State) -> None:
        self.picture.show_progress(state)
        self._tell_work()

    def _show_left_over(self) -> None:
        self.picture.welcome.show_left_over(self.session.left_over.documents)

    def _continue(self) -> None:
        """Go on with what the last window has left."""
        self.session.left_over.take()
        if self.session.state.current < 0:
            self.actions_["page-queue"].trigger()

    def _enable(self, state: State) -> None:
        seen, mode = self.bar.tools.isVisibleTo(self), self.picture.compare.canvas.mode
        self.actions_.follow(state, mode, seen=seen)
        self.commands.follow(state)

    def _show_panel(self, shown: bool) -> None:
        self.picture.panel.setVisible(shown and not self.full_screen.active)
        self._tell_work()

    def _tell_work(self) -> None:
        """Show the current work in the status line while the panel is hidden."""
        panel = self.picture.panel
        hidden = panel.isHidden() and self.session.state.opened is not None
        self.status.show_work(panel.area.text.text() if hidden else "")

    def _show_recent(self) -> None:
        recent = self.preferences.recent
        if recent != self._recent:
            self._recent = recent
            self.picture.welcome.show_recent(recent)
            self.menus.show_recent(recent)

    def _compare_by(self, mode: Mode) -> None:
        self.picture.compare.set_mode(mode)
        self.bar.show_gain(mode is Mode.DIFFERENCE)
        self._enable(self.session.state)

    def _works(self) -> bool:
        """Whether there is work that may take long."""
        return self.session.at_work or self.pages.running or self.results.running

    def _fill_screen(self, full: bool) -> None:
        if full:
            self.actions_["page-picture"].trigger()
        self.full_screen.set_active(full)
        self.body.need(None if full else QSize())
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
            self.actions_["page-models"].trigger()
        elif action == "open":
            self.session.opener.open_anyway()
        elif action == "continue":
            self._continue()

    def _turn_to(self, page: str) -> None:
        self.pages.show_page(page)
        self.bar.tools.setVisible(page == "picture")
        if page != "picture":
            self.actions_["full-screen"].setChecked(False)
        self.status.setVisible(page == "picture" and not self.full_screen.active)
        if page != "picture":  # whose panel scrolls by itself
            needed = self.pages.page(page).minimumSizeHint()
            self.body.need(needed + QSize(0, self.bar.minimumSizeHint().height()))
        elif not self.full_screen.active:
            self.body.need(QSize())
        self._enable(self.session.state)

    def edit(self, copy: Path) -> Editing:
        """Open a working copy, which *Save* replaces before it closes the window."""
        editing = Editing(copy, self.files, self.session)
        editing.done.connect(self.guard.allow, Qt.ConnectionType.QueuedConnection)
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
            self.picture.compare.canvas.hold_original(False)
        else:
            super().keyReleaseEvent(event)

    def changeEvent(self, event: QEvent) -> None:
        """Redraw the icons in new colors; show the result if the window becomes inactive."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.ActivationChange and not self.isActiveWindow():
            self.picture.compare.canvas.hold_original(False)
        if event.type() == QEvent.Type.PaletteChange and hasattr(self, "actions_"):
            self._update_icons()

    def closeEvent(self, event: QCloseEvent) -> None:
        """Close; ask once if results or work would be lost."""
        if not self.guard.lets_close():
            event.ignore()
            return
        self.habits.keep()
        self.hide()
        self._shown.stop()
        self.results.close()
        self.pages.close_workers()
        self.session.close()
        self.preferences.finish()
        super().closeEvent(event)

    def _update_icons(self) -> None:
        self.actions_.update_icons(self.palette())
        self.picture.panel.controls.presets.setIcon(icon("chevron", self.palette()))
