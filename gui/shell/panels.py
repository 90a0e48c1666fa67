"""Panels: the pages beside the picture, each made when it is first wanted, and wired up."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget

from restorer import Step

from ..details.details import Details
from ..session.session import Session

if TYPE_CHECKING:
    from ..batch.queue import BatchPanel


class Panels(QObject):
    """Makes contact sheet, batch and models.

    Args:
        session: What they show and command.
        details: Where the truth of the picture is chosen.
        folder: Where the queue is kept.
        parent: Owner.

    Signals:
        left: The user is done there and wants to see the picture.
    """

    left = Signal()

    def __init__(self, session: Session, details: Details, folder: Path, parent: QObject) -> None:
        super().__init__(parent)
        self._session = session
        self._details = details
        self._folder = folder
        self._batch: BatchPanel | None = None

    def make_sheet(self) -> QWidget:
        """Return the contact sheet."""
        from ..sheet.sheet import ContactSheet

        panel = ContactSheet()
        panel.show_state(self._session.state)
        panel.adopted.connect(self._adopt)
        self._session.changed.connect(panel.show_state)
        self._details.truth.truth_changed.connect(panel.set_truth)
        return panel

    def make_queue(self) -> QWidget:
        """Return the batch."""
        from ..batch.queue import BatchPanel

        panel = BatchPanel(self._folder)
        panel.set_choices(self._session.state.choices)
        self._batch = panel
        panel.opened.connect(self._show_pair)
        self._session.changed.connect(lambda state: panel.set_choices(state.choices))
        return panel

    def make_models(self) -> QWidget:
        """Return the models."""
        from ..models.models import ModelsPanel

        panel = ModelsPanel()
        panel.changed.connect(self._session.survey)
        return panel

    @property
    def batch_runs(self) -> bool:
        """Whether pictures of the batch are being restored."""
        return self._batch is not None and self._batch.running

    def queue(self, files: Sequence[Path]) -> None:
        """Let files wait in the batch, which was made before."""
        assert self._batch is not None
        self._batch.add(files)

    def _adopt(self, steps: tuple[Step, ...]) -> None:
        """Restore the picture as one of the contact sheet's."""
        choices = self._session.state.choices
        for step in steps:
            choices = choices.with_step(step)
        self._session.choose(choices)
        self.left.emit()

    def _show_pair(self, source: Path, target: Path) -> None:
        self.left.emit()
        self._session.open_pair(source, target)
