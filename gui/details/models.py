"""ModelFacts: ids, licenses and speeds of the models that the steps use."""

from __future__ import annotations

from PySide6.QtWidgets import QWidget

from ..session.state import State
from ..widgets.forms import column, hint, rich_text
from ..widgets.model_facts import expert_facts
from ..widgets.model_names import model_name
from ..widgets.words import listed

_NAME_WIDTH = 84


class ModelFacts(QWidget):
    """The models of the steps as selectable text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.empty = hint(self.tr("No step is on."))
        self.text = rich_text()
        self.text.setAccessibleDescription(self.tr("Models of the steps"))
        layout = column()
        for widget in (self.empty, self.text):
            layout.addWidget(widget)
        self.setLayout(layout)

    def show_state(self, state: State) -> None:
        """Show the models of the steps."""
        rows = []
        for spec in state.choices.models:
            rows.append((self.tr("Model"), model_name(spec)))
            rows += expert_facts(spec, state.pace.get((spec.id,)))
        self.empty.setVisible(not rows)
        self.text.setVisible(bool(rows))
        self.text.setText(listed(rows, _NAME_WIDTH) if rows else "")
