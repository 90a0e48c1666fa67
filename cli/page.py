"""``--html``: a web page with the results of a batch, before and after."""

from __future__ import annotations

import base64
import io
import os
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from html import escape
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import click

from .report import models_in_words
from .words import duration, printable, size

if TYPE_CHECKING:
    from restorer import Address, Ignored, Job, Result

_SIDE = 240  # pixels of a thumbnail
_OVERSAMPLING = 4  # pixels of the image that a pixel of its thumbnail is made of, along a side
_PAIRS = 200  # results that are shown
_PAIRS_BYTES = 8_000_000  # and their size together
_MAX_PIXELS = 2**26  # larger images would take too much memory beside the batch
_START = '<!doctype html>\n<html lang="en">\n<head>\n<meta name="generator" content="restorer">'

_PAGE = Template(
    _START
    + """
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy"
  content="default-src 'none'; img-src data:; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>$title</title>
<style>
:root { color-scheme: light dark; --line: #d5d8de; --soft: #5c6470; --bad: #b3261e }
@media (prefers-color-scheme: dark) {
  :root { --line: #3a3f48; --soft: #9aa0aa; --bad: #ff8a80 }
}
body { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: 2rem auto; padding: 0 1rem }
h1, h2, h3 { line-height: 1.25; overflow-wrap: anywhere }
h3 { font-size: 1rem; margin: 0 0 .5rem }
p { margin: .25rem 0 }
.soft, figcaption { color: var(--soft) }
.failed { color: var(--bad) }
.results { display: grid; gap: 1rem; grid-template-columns: repeat(auto-fill, minmax(20rem, 1fr)) }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 1rem }
.pair { display: grid; gap: .5rem; grid-template-columns: 1fr 1fr }
figure { margin: 0 }
img { width: 100%; height: auto; border-radius: .25rem }
table { border-collapse: collapse; width: 100% }
th, td { border-top: 1px solid var(--line); padding: .3rem .6rem .3rem 0; text-align: left;
  vertical-align: top; overflow-wrap: anywhere }
</style>
</head>
<body>
<h1>$title</h1>
<p>$summary</p>
<p class="soft">$origin</p>
$sections
</body>
</html>
"""
)


class Page:
    """A page that is written at the end of a run; it needs no other file, network or script.

    The first results are shown as pairs of thumbnails, all others as rows of a table.

    Args:
        path: The file; an earlier page is replaced.
        command: The words of the command that makes the run.

    Raises UsageError for a path that cannot be written, or that is another kind of file.
    """

    def __init__(self, path: Path, command: Sequence[str]) -> None:
        self._path, self._command = path, command
        self._pairs: list[str] = []
        self._failed: list[str] = []
        self._rows: list[str] = []
        self._pairs_bytes = 0
        _check(path)

    def add(self, job: Job, result: Result) -> None:
        """Add a result."""
        if result.status == "failed":
            reason = result.error.removeprefix(f"{job.source}: ")
            self._failed.append(_row(job.source, reason, _seconds(result)))
            return
        if result.status == "done" and len(self._pairs) < _PAIRS:
            pair = _pair(job, result, self._path.parent)
            if self._pairs_bytes + len(pair) <= _PAIRS_BYTES:
                self._pairs.append(pair)
                self._pairs_bytes += len(pair)
                return
        details = [result.error, *_details(result)]
        self._rows.append(_row(job.source, result.status, "; ".join(filter(None, details))))

    def ignore(self, ignored: Ignored) -> None:
        """Add a file that is not part of the batch."""
        if ignored.failed:
            self._failed.append(_row(ignored.path, ignored.reason, ""))
        else:
            self._rows.append(_row(ignored.path, "ignored", ignored.reason))

    def write(self, summary: str) -> None:
        """Write the page under another name, and move it to its own. Raises OSError."""
        import restorer

        done = "\n".join(self._pairs)
        sections = [
            _section("Failed", _table(("file", "reason", "time"), self._failed), self._failed),
            _section("Results", f'<div class="results">\n{done}\n</div>', self._pairs),
            _section("Other files", _table(("file", "state", "details"), self._rows), self._rows),
        ]
        page = _PAGE.substitute(
            title=_text(" ".join(["restore", *self._command])),
            summary=_text(summary),
            origin=_text(f"restorer {restorer.__version__}, {datetime.now():%Y-%m-%d %H:%M}"),
            sections="\n".join(filter(None, sections)),
        )
        temporary = self._path.with_name(f".{self._path.name}.part")
        try:
            temporary.write_text(page, "utf-8")
            os.replace(temporary, self._path)
        finally:
            temporary.unlink(missing_ok=True)


def _check(path: Path) -> None:
    from restorer import READABLE, WRITABLE

    if path.suffix.lower() in READABLE | WRITABLE:
        raise click.UsageError(
            f"--html {path}: is the name of a picture, which is not"
            " overwritten; choose another name"
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        if path.exists() and not _is_page(path):
            raise click.UsageError(
                f"--html {path}: is a different kind of file, which is not overwritten; choose"
                " another name"
            )
    except OSError as error:
        raise click.UsageError(f"--html {path}: {error.strerror}") from error
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise click.UsageError(f"--html {path}: no permission to write in {path.parent}")


def _is_page(path: Path) -> bool:
    with path.open("rb") as file:
        return file.read(len(_START)).replace(b"\r\n", b"\n") == _START.encode()


def _pair(job: Job, result: Result, folder: Path) -> str:
    """Return a result with the pictures before and after."""
    figures = [
        _figure("before", job.source, folder, _bytes(result, "source_state")),
        _figure("after", result.target, folder, _bytes(result, "target_state")),
    ]
    lines = [f'<p class="soft">{_text(line)}</p>' for line in _details(result)]
    return "\n".join(
        [
            "<article>",
            f"<h3>{_text(job.source)}</h3>",
            f'<div class="pair">{"".join(figures)}</div>',
            *lines,
            "</article>",
        ]
    )


def _details(result: Result) -> list[str]:
    """Return what was done and what the user should know, one sentence each."""
    if result.status != "done":
        return []
    return [f"{models_in_words(result)}, {duration(result.seconds)}", *result.notes]


def _figure(word: str, path: Path | Address, folder: Path, size_bytes: str) -> str:
    found = _thumbnail(path)
    dimensions, picture = found or ("", "no preview")
    caption = ", ".join(filter(None, (word, dimensions, size_bytes)))
    if found:
        picture = f'<img src="data:image/jpeg;base64,{picture}" alt="{_text(f"{word}: {path}")}">'
    link = f'<a href="{_text(_link(path, folder))}">{picture}</a>'
    return f"<figure>{link}<figcaption>{_text(caption)}</figcaption></figure>"


def _thumbnail(place: Path | Address) -> tuple[str, str] | None:
    """Return the size of a picture in words, and a small JPEG in base 64; None without a picture.

    Its colors are those of sRGB.
    """
    import numpy as np
    from PIL import Image

    from restorer import ImageError, local_copy, read, to_display

    try:
        with local_copy(place) as path:
            image = read(path, max_pixels=_MAX_PIXELS)
    except ImageError:  # too large, or changed since
        return None
    step = max(1, max(image.height, image.width) // (_SIDE * _OVERSAMPLING))
    pixels: Any = image.pixels[::step, ::step]
    few = replace(image, pixels=np.ascontiguousarray(pixels))
    shown = Image.fromarray(to_display(few, background=(255, 255, 255)).pixels)
    shown.thumbnail((_SIDE, _SIDE), Image.Resampling.BOX)
    file = io.BytesIO()
    shown.save(file, "JPEG", quality=80)
    return f"{image.width} x {image.height}", base64.b64encode(file.getvalue()).decode()


def _link(path: Path | Address, folder: Path) -> str:
    """Return a link from the page to a file, relative so that both can move."""
    if not isinstance(path, Path):
        return quote(str(path), safe=":/")
    try:
        found = os.path.relpath(path, folder)
    except ValueError:  # on another drive
        return path.absolute().as_uri()
    return quote(os.fsencode(found.replace(os.sep, "/")))


def _bytes(result: Result, name: str) -> str:
    state = getattr(result, name)
    return "" if state is None else size(state.size_bytes)


def _seconds(result: Result) -> str:
    return duration(result.seconds) if result.seconds else ""


def _section(title: str, content: str, items: Sequence[str]) -> str:
    return f"<h2>{title} ({len(items)})</h2>\n{content}" if items else ""


def _table(head: Sequence[str], rows: Sequence[str]) -> str:
    cells = "".join(f"<th>{word}</th>" for word in head)
    return "\n".join(["<table>", f"<tr>{cells}</tr>", *rows, "</table>"])


def _row(path: Path | Address, *cells: str) -> str:
    return f"<tr>{''.join(f'<td>{_text(cell)}</td>' for cell in (path, *cells))}</tr>"


def _text(value: object) -> str:
    return escape(printable(str(value)))
