"""Colors: those that camera RAW is developed to, and those of the screen."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtCore import QObject, Signal

from . import opening, rendering, results
from .store import Store
from .worker import Reply, Worker


class Colors(QObject):
    """Gives the open picture and its results other colors.

    Args:
        store: Holds the state.

    Signals:
        developed: Camera RAW has the colors that were chosen.
        converted: The picture and its results have the colors of another screen.
    """

    developed = Signal()
    converted = Signal()

    def __init__(self, store: Store) -> None:
        super().__init__(store)
        self._store = store
        self._painter = Worker("painter", parent=self)

    def develop(self) -> None:
        """Give camera RAW the colors that are chosen now, unless it has them."""
        picture, choices = self._store.state.picture, self._store.state.choices
        screen = self._store.screen
        if picture is None or choices.development == picture.development:
            return

        def take(reply: Reply) -> None:
            if reply.error is None and self._store.state.opened is picture:
                self._store.set(opened=reply.value)
                self._store.change(recipe=self._store.state.choices.suited(None))
                self.developed.emit()
                self.develop()  # the former colors may be wanted again

        self._store.ask(
            self._painter, lambda request: opening.develop(picture, choices, screen), take
        )

    def set_screen_profile(self, path: Path | None) -> bool:
        """Convert colors to the ICC profile of a screen, None for sRGB; return whether it fits."""
        try:
            profile = None if path is None else path.read_bytes()
        except OSError as error:
            self._store.tell(f"{path}: {error.strerror}.")
            return False
        if profile is not None and not rendering.fits_screen(profile):
            text = self.tr("%1 is not a color profile of an RGB screen. Choose another one.")
            self._store.tell(text.replace("%1", str(path)))
            return False
        self._store.screen = profile
        self._show_again()
        return True

    def drop(self) -> None:
        """Stop working on the open picture."""
        self._painter.drop()

    def close(self, timeout_s: float) -> bool:
        """End the thread; return whether it ended within the time."""
        self._painter.drop()
        return self._painter.close(timeout_s)

    def _show_again(self) -> None:
        """Show the picture and its results in the colors of the screen."""
        state, screen = self._store.state, self._store.screen
        opened, restoration, loaded = state.opened, state.restoration, state.loaded_result
        if opened is None:
            return

        def take(reply: Reply) -> None:
            now = self._store.state
            if reply.error is None and now.opened is opened:
                shown, made, read = reply.value
                self._store.set(opened=shown, patches=(), patches_of=None)
                if (now.restoration, now.loaded_result) == (restoration, loaded):
                    self._store.change(restoration=made)
                    self._store.set(loaded_result=read)
                self.converted.emit()

        self._store.ask(
            self._painter,
            lambda request: results.show_again(opened, restoration, loaded, screen),
            take,
        )
