"""FileInfo: size, depth, color profile, camera and other facts of a file."""

from __future__ import annotations

from pathlib import Path

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QPushButton, QWidget

from restorer import CaptureInfo, Image, ImageError, probe, profile_name, read_capture_info

from ..session.state import State
from ..session.worker import Reply, Worker
from ..widgets.forms import column, heading, hint, rich_text, row
from ..widgets.messages import message_text
from ..widgets.words import listed, megapixels, number, size

Facts = list[tuple[str, str]]

_NAME_WIDTH = 84


class FileInfo(QWidget):
    """Facts of one file as selectable text."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._image: Image | None = None
        self._groups: list[tuple[str, Facts]] = []
        self._worker = Worker("info", parent=self)
        self.empty = hint(self.tr("No picture is open."))
        self.titles = [heading(""), heading(""), heading("")]
        self.texts = [rich_text() for _ in self.titles]
        self.copy = QPushButton(self.tr("Copy"))
        self.copy.setAccessibleName(self.tr("Copy the information"))
        layout = column()
        layout.addWidget(self.empty)
        for title, text in zip(self.titles, self.texts, strict=True):
            layout.addWidget(title)
            layout.addWidget(text)
        buttons = row(self.copy)
        buttons.addStretch(1)
        layout.addLayout(buttons)
        layout.addStretch(1)
        self.setLayout(layout)
        self.copy.clicked.connect(self._copy)
        self._show([])

    def show_state(self, state: State) -> None:
        """Show the open picture."""
        if state.opened is None:
            self.set_image(None, None)
        else:
            self.set_image(state.opened.path, state.opened.image)

    def set_image(self, path: Path | None, image: Image | None) -> None:
        """Show a picture; its path is None if it is not a file."""
        if image is self._image:
            return
        self._image = image
        self._worker.drop()
        if image is None:
            self._show([])
            return

        def take(reply: Reply) -> None:
            if reply.error is None:
                self._show(reply.value)

        self._worker.ask(lambda request: self._all(path, image), take)

    def close_workers(self, timeout_s: float = 10.0) -> bool:
        """End the thread; return whether it ended."""
        self._worker.drop()
        return self._worker.close(timeout_s)

    def _all(self, path: Path | None, image: Image) -> list[tuple[str, Facts]]:
        """Return the facts by headings; runs in the worker's thread."""
        found = [
            (self.tr("File"), [] if path is None else self._file(path)),
            (self.tr("Picture"), self._picture(image)),
            (self.tr("Camera"), self._camera(read_capture_info(image.metadata))),
        ]
        return [(title, facts) for title, facts in found if facts]

    def _file(self, path: Path) -> Facts:
        facts = [(self.tr("Name"), path.name), (self.tr("Folder"), str(path.parent))]
        try:
            facts.append((self.tr("Format"), probe(path).format))
            facts.append((self.tr("File size"), size(path.stat().st_size)))
        except (ImageError, OSError):  # removed meanwhile
            facts.append((self.tr("Status"), self.tr("no longer exists")))
        return facts

    def _picture(self, image: Image) -> Facts:
        metadata = image.metadata
        kinds = {1: self.tr("gray"), 2: self.tr("gray and alpha"), 3: "RGB"}
        kind = kinds.get(image.pixels.shape[2], self.tr("RGB and alpha"))
        depth = self.tr("32 bit float") if image.bits == 32 else f"{image.bits} bit"
        width, height = image.width, image.height
        facts = [
            (self.tr("Size"), f"{width} × {height}, {megapixels(width, height)}"),
            (self.tr("Depth"), f"{kind}, {depth}"),
            (self.tr("Profile"), self._profile(metadata.icc)),
        ]
        if metadata.dpi is not None:
            x, y = (number(value) for value in metadata.dpi)
            facts.append((self.tr("Resolution"), f"{x} dpi" if x == y else f"{x} × {y} dpi"))
        kept = [name for name, block in (("EXIF", metadata.exif), ("XMP", metadata.xmp)) if block]
        if kept:
            facts.append((self.tr("Metadata"), ", ".join(kept)))
        facts += [(self.tr("Note"), message_text(note)) for note in image.notes]
        return facts

    def _profile(self, icc: bytes | None) -> str:
        if not icc:
            return self.tr("none, read as sRGB")
        return profile_name(icc) or self.tr("damaged or unnamed")

    def _camera(self, info: CaptureInfo) -> Facts:
        groups = info.model.partition(" ")[0].casefold() in info.make.casefold().split()
        facts = [
            (self.tr("Camera"), info.model if groups else f"{info.make} {info.model}".strip()),
            (self.tr("Lens"), info.lens),
            (self.tr("Exposure"), _exposure(info)),
            (self.tr("Focal length"), self._focal_length(info)),
            (self.tr("Taken"), info.taken),
            (self.tr("Place"), _place(info)),
            (self.tr("Artist"), info.artist),
            (self.tr("Copyright"), info.copyright),
            (self.tr("Software"), info.software),
        ]
        return [(name, text) for name, text in facts if text]

    def _focal_length(self, info: CaptureInfo) -> str:
        length, full = info.focal_length, info.focal_length_35
        if length is None or full is None or full == length:
            return "" if length is None else f"{length:g} mm"
        equal = self.tr("35 mm equivalent: %1 mm").replace("%1", f"{full:g}")
        return f"{length:g} mm ({equal})"

    def _show(self, groups: list[tuple[str, Facts]]) -> None:
        self._groups = groups
        self.empty.setVisible(not groups)
        self.copy.setVisible(bool(groups))
        for which, (title, text) in enumerate(zip(self.titles, self.texts, strict=True)):
            there = which < len(groups)
            title.setVisible(there)
            text.setVisible(there)
            if there:
                title.setText(groups[which][0])
                text.setText(listed(groups[which][1], _NAME_WIDTH))
                text.setAccessibleDescription(groups[which][0])

    def _copy(self) -> None:
        lines = [f"{name}: {text}" for _, facts in self._groups for name, text in facts]
        QGuiApplication.clipboard().setText("\n".join(lines))


def _exposure(info: CaptureInfo) -> str:
    said = []
    if info.exposure is not None:
        fraction = f"1/{round(1 / info.exposure)} s"
        said.append(fraction if info.exposure < 0.4 else f"{info.exposure:g} s")
    if info.f_number is not None:
        said.append(f"f/{info.f_number:g}")
    if info.iso is not None:
        said.append(f"ISO {info.iso:g}")
    if info.bias:
        said.append(f"{info.bias:+.1f} EV")
    return " · ".join(said)


def _place(info: CaptureInfo) -> str:
    if info.latitude is None or info.longitude is None:
        return ""
    south, west = info.latitude < 0, info.longitude < 0
    latitude = f"{abs(info.latitude):.5f}° {'S' if south else 'N'}"
    return f"{latitude}, {abs(info.longitude):.5f}° {'W' if west else 'E'}"
