"""Actions of the window, with their texts, keys and icons."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from PySide6.QtCore import QCoreApplication, QObject
from PySide6.QtGui import QAction, QActionGroup, QKeySequence, QPalette
from PySide6.QtWidgets import QWidget

from ..canvas.scene import Mode
from ..session.state import State
from ..widgets.theme import SURROUNDS, icon
from .pages import PAGES, Page

_ICONS = {
    "open": "open",
    "save-as": "save",
    "run": "run",
    "stop": "stop",
    "copy-command": "copy",
    "split": "split",
    "sides": "sides",
    "flicker": "flicker",
    "difference": "difference",
    "fit": "fit",
    "zoom-in": "zoom-in",
    "zoom-out": "zoom-out",
    "loupe": "loupe",
    "frame": "frame",
    "panel": "panel",
    "shortcuts": "keys",
}
_CHECKABLE = ("loupe", "frame", "panel", "full-screen", "notify")
_COMPARISONS = ("split", "sides", "flicker", "difference")
_THEMES = ("theme-system", "theme-light", "theme-dark")
_SURROUNDS = tuple(f"surround-{name}" for name in SURROUNDS)
_MODES = {"gain": Mode.DIFFERENCE, "divider": Mode.SPLIT}  # the modes that these actions need
# Actions of the picture; other pages use their keys.
_LOOKS = (
    *("split", "sides", "flicker", "difference", "peek", "gain-up", "gain-down"),
    *("divider-left", "divider-right", "fit", "actual", "zoom-in", "zoom-out"),
    *("loupe", "frame", "panel"),
)


class Actions(QObject):
    """Named actions of a window.

    Args:
        window: Their owner; their keys work anywhere in it.
        pages: One action ``page-<id>`` is made for each.
    """

    def __init__(self, window: QWidget, pages: Sequence[Page] = PAGES) -> None:
        super().__init__(window)
        self._pages = {f"page-{page.id}": page for page in pages}
        self._all: dict[str, QAction] = {}
        for name, (text, keys) in self._texts().items():
            action = QAction(text, window)
            action.setObjectName(name)
            if keys:
                action.setShortcuts([QKeySequence(key) for key in keys])
            shown = action.shortcut().toString(QKeySequence.SequenceFormat.NativeText)
            plain = _plain(text)
            action.setToolTip(f"{plain} ({shown})" if shown else plain)
            self._all[name] = action
            window.addAction(action)
        translate = QCoreApplication.translate
        for name, page in self._pages.items():
            action, help = self._all[name], translate("pages", page.help)
            action.setToolTip(action.toolTip().replace(_plain(action.text()), help))
        self._all["peek"].setAutoRepeat(False)  # a held key counts once
        for name in _CHECKABLE:
            self._all[name].setCheckable(True)
        for names in (_COMPARISONS, self.pages, _THEMES, _SURROUNDS):
            group = QActionGroup(window)
            for name in names:
                self._all[name].setCheckable(True)
                group.addAction(self._all[name])

    def __getitem__(self, name: str) -> QAction:
        """Return an action by its name."""
        return self._all[name]

    def __iter__(self) -> Iterator[QAction]:
        """Iterate over all actions."""
        return iter(self._all.values())

    @property
    def pages(self) -> tuple[str, ...]:
        """Names of the actions that open a page, in the order of the table."""
        return tuple(self._pages)

    def update_icons(self, palette: QPalette) -> None:
        """Draw the icons in the text color of a palette."""
        pages = {name: page.icon for name, page in self._pages.items()}
        for name, drawing in (_ICONS | pages).items():
            self._all[name].setIcon(icon(drawing, palette))

    def count_waiting(self, page: str, number: int) -> None:
        """Show how many files wait on a page."""
        translate = QCoreApplication.translate
        title = translate("pages", self._pages[f"page-{page}"].title)
        self[f"page-{page}"].setText(f"{title} ({number})" if number else title)

    def follow(self, state: State, mode: Mode, *, seen: bool) -> None:
        """Enable the actions that apply.

        Args:
            state: The state of the window.
            mode: The comparison of before and after.
            seen: Whether the picture is visible.
        """
        can = {name: mode is _MODES.get(name.partition("-")[0], mode) and seen for name in _LOOKS}
        picture, last = state.opened, len(state.documents) - 1
        document = state.strip.document
        idle = picture is not None and document is not None and not document.is_busy
        several = len(state.strip.selected) > 1
        can["run"] = seen and (bool(state.strip.to_restore) if several else idle and state.can_run)
        can["save"] = can["save-as"] = state.saveable is not None
        has_path = picture is not None and picture.path is not None
        can["copy-command"] = has_path and bool(state.choices.asked)
        # On other pages these keys scroll tables.
        browses = any(page.browses and self[n].isChecked() for n, page in self._pages.items())
        can["previous"] = browses and state.current > 0
        can["next"] = browses and -1 < state.current < last
        can["sheet-previous"] = seen and picture is not None and picture.page > 0
        can["sheet-next"] = seen and picture is not None and picture.page + 1 < picture.pages
        can["queue-all"] = bool(state.documents)
        can["unframe"] = state.frame is not None
        for name, possible in can.items():
            self[name].setEnabled(possible)

    def _texts(self) -> Mapping[str, tuple[str, tuple[str, ...]]]:
        """Return the text and keys of each action."""
        translate = QCoreApplication.translate
        pages = {
            name: (translate("pages", page.title), (page.shortcut,))
            for name, page in self._pages.items()
        }
        return {
            "open": (self.tr("&Open …"), ("Ctrl+O",)),
            "open-folder": (self.tr("Open &folder …"), ("Ctrl+Shift+O",)),
            "paste": (self.tr("&Paste"), ("Ctrl+V",)),
            "queue-all": (self.tr("Add all to the &batch"), ("Ctrl+B",)),
            "previous": (self.tr("&Previous picture"), ("PgUp",)),
            "next": (self.tr("&Next picture"), ("PgDown",)),
            "sheet-previous": (self.tr("Pre&vious page"), ("Ctrl+PgUp",)),
            "sheet-next": (self.tr("Ne&xt page"), ("Ctrl+PgDown",)),
            "save": (self.tr("&Save"), ("Ctrl+S",)),
            "save-as": (self.tr("Save &as …"), ("Ctrl+Shift+S",)),
            "export": (self.tr("&Export …"), ("Ctrl+E",)),
            "quit": (self.tr("&Quit"), ("Ctrl+Q",)),
            "run": (self.tr("&Restore"), ("Ctrl+R", "F5")),
            "stop": (self.tr("S&top"), ("Esc",)),
            "copy-command": (self.tr("&Copy as command line"), ("Ctrl+Shift+C",)),
            "undo": (self.tr("&Undo"), ("Ctrl+Z",)),
            "redo": (self.tr("&Redo"), ("Ctrl+Shift+Z",)),
            "unqueue": (self.tr("Remove from the &queue"), ()),
            "copy-recipe": (self.tr("Copy s&ettings"), ("Ctrl+Alt+C",)),
            "paste-recipe": (self.tr("Paste se&ttings"), ("Ctrl+Alt+V",)),
            "share-recipe": (self.tr("Same settings for all selec&ted"), ("Ctrl+Alt+A",)),
            "save-beside": (self.tr("Save &beside the original"), ()),
            "discard": (self.tr("&Discard the result"), ()),
            "show-in-folder": (self.tr("Show in &folder"), ()),
            "open-saved": (self.tr("Open with the default pro&gram"), ("Ctrl+Shift+E",)),
            "restore-and-save": (self.tr("Restore and sa&ve all"), ("Ctrl+Shift+R",)),
            "remove": (self.tr("Remove from the st&rip"), ()),
            "save-preset": (self.tr("Save as &preset …"), ("Ctrl+Shift+P",)),
            "split": (self.tr("&Divider"), ("1",)),
            "sides": (self.tr("&Side by side"), ("2",)),
            "flicker": (self.tr("&Result alone"), ("3",)),
            "difference": (self.tr("D&ifference"), ("4",)),
            "peek": (self.tr("Hold to see the original"), ("B",)),
            "gain-up": (self.tr("Stron&ger difference"), ("Ctrl+G",)),
            "gain-down": (self.tr("Wea&ker difference"), ("Ctrl+Shift+G",)),
            "divider-left": (self.tr("Divider to the &left"), (",",)),
            "divider-right": (self.tr("Divider to the &right"), (".",)),
            "fit": (self.tr("&Whole picture"), ("F", "Ctrl+0")),
            "actual": (self.tr("&100 %"), ("Z", "Ctrl+1")),
            "zoom-in": (self.tr("Zoom &in"), ("+", "Ctrl++", "=")),
            "zoom-out": (self.tr("Zoom &out"), ("-", "Ctrl+-")),
            "loupe": (self.tr("&Loupe"), ("L",)),
            "frame": (self.tr("Choose the &preview area …"), ("P",)),
            "unframe": (self.tr("Preview the &visible part"), ("Shift+P",)),
            "panel": (self.tr("Side pa&nel"), ("F9",)),
            "full-screen": (self.tr("F&ull screen"), ("F11",)),
            "notify": (self.tr("Notif&y when long work ends"), ()),
            "inspect-attention": (self.tr("&Attention …"), ()),
            **pages,
            "theme-system": (self.tr("Same as &system"), ()),
            "theme-light": (self.tr("&Light"), ()),
            "theme-dark": (self.tr("&Dark"), ()),
            "surround-gray": (self.tr("&Middle gray"), ()),
            "surround-light": (self.tr("&Light"), ()),
            "surround-dark": (self.tr("&Dark"), ()),
            "screen-srgb": (self.tr("Show colors for an s&RGB screen"), ()),
            "screen-profile": (self.tr("Color &profile of the screen …"), ()),
            "manual": (self.tr("&Manual"), ()),
            "report": (self.tr("&Report a problem …"), ()),
            "shortcuts": (self.tr("&Keyboard shortcuts"), ("F1", "?")),
            "about": (self.tr("&About"), ()),
        }


def _plain(text: str) -> str:
    """Return the text of an action as a tool tip shows it."""
    return text.replace("&", "").removesuffix(" …")
