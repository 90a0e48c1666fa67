"""Status line: size, depth and name of the picture, and the pixel under the pointer."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QWidget

from restorer import Image

from ..session.box import Box
from ..session.state import State
from ..widgets.words import megapixels


class StatusLine(QFrame):
    """The line at the bottom of the window."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("statusLine")
        self.facts = QLabel()
        self.facts.setAccessibleDescription(self.tr("Picture information"))
        self.pixel = QLabel()
        self.pixel.setAccessibleDescription(self.tr("Pixel under the pointer"))
        layout = QHBoxLayout(self)
        layout.setContentsMargins(16, 4, 16, 4)
        self.work = QLabel()
        self.work.setAccessibleDescription(self.tr("Progress"))
        layout.addWidget(self.facts)
        layout.addSpacing(16)
        layout.addWidget(self.work)
        layout.addStretch(1)
        layout.addWidget(self.pixel)
        self._state = State()
        self._place: tuple[float, float] | None = None

    def show_state(self, state: State) -> None:
        """Show size, depth and name of the picture."""
        self._state = state
        opened = state.opened
        if opened is None:
            self.facts.setText("")
            self.pixel.setText("")
            return
        width, height = opened.size
        parts = [
            opened.name,
            f"{width} × {height}",
            megapixels(width, height),
            self.tr("%1 bit").replace("%1", str(opened.image.bits)),
        ]
        if state.scale > 1:
            parts.append(f"→ {state.size[0]} × {state.size[1]}")
        if len(state.documents) > 1 and state.current >= 0:
            parts.append(f"{state.current + 1} / {len(state.documents)}")
        self.facts.setText("   ".join(parts))
        self.show_place(self._place)

    def show_work(self, text: str) -> None:
        """Show the current work while the side panel is hidden."""
        self.work.setText(text)

    def show_place(self, place: tuple[float, float] | None) -> None:
        """Show the values before and after at a place of the result."""
        self._place = place
        width, height = self._state.size
        inside = place is not None and place[0] < width and place[1] < height
        if place is None or not inside or self._state.opened is None:
            self.pixel.setText("")
            return
        x, y = int(place[0]), int(place[1])
        text = f"x {x}  y {y}   {_values(_before(self._state, x, y))}"
        after = _after(self._state, x, y)
        if after is not None:
            text += f"  →  {_values(after)}"
        elif self._state.expects_result:
            text += "  →  " + self.tr("not previewed yet")
        self.pixel.setText(text)


def _before(state: State, x: int, y: int) -> tuple[float, ...]:
    """Return the values of the original at a pixel of the result."""
    assert state.opened is not None
    scale = state.scale
    return _pixel(state.opened.image, x // scale, y // scale)


def _after(state: State, x: int, y: int) -> tuple[float, ...] | None:
    """Return the values that would be saved; None if they are unknown."""
    whole = state.saveable if state.loaded_result is None else state.loaded_result.image
    if whole is not None:
        return _pixel(whole, x, y)
    for patch in reversed(state.seen_patches):
        if patch.box.holds(Box(x, y, 1, 1)):
            return _pixel(patch.final, x - round(patch.box.x), y - round(patch.box.y))
    growing = (grown.final_at(x, y) for grown in state.seen_growths)
    return next((values for values in growing if values is not None), None)


def _pixel(image: Image, x: int, y: int) -> tuple[float, ...]:
    return tuple(value.item() for value in image.pixels[y, x])


def _values(values: tuple[float, ...]) -> str:
    return " ".join(f"{v:g}" if isinstance(v, int) else f"{v:.3f}" for v in values)
