"""Wording of times, sizes and numbers."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from html import escape
from pathlib import Path

from PySide6.QtCore import QLocale

from restorer import READABLE

from .messages import message_text


def duration(seconds: float) -> str:
    """Format a duration: ``0.1 s`` at least, ``41 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 9.95:
        return f"{number(max(seconds, 0.1), 1)} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def number(value: float, decimals: int = 0) -> str:
    """Format a number in the user's language."""
    return QLocale().toString(float(value), "f", decimals)


def megapixels(width: int, height: int) -> str:
    """Format a number of pixels: ``24.2 MP``, ``0.08 MP``."""
    count = width * height / 1e6
    if count < 0.005:
        return f"< {number(0.01, 2)} MP"
    if count < 0.095:
        return f"{number(count, 2)} MP"
    return f"{number(count, 1 if count < 100 else 0)} MP"


def size(count: float) -> str:
    """Format a number of bytes with up to three digits: ``512 B``, ``2.1 MB``, ``174 MB``."""
    units = ("B", "kB", "MB", "GB")
    power = 0
    while count >= 999.5 and power < len(units) - 1:
        count /= 1000
        power += 1
    return f"{number(count, int(power > 0 and count < 99.95))} {units[power]}"


def error_text(error: object, path: Path | None = None) -> str:
    """Return an error in the user's language, without the path that is shown beside it."""
    text = (error.strerror if isinstance(error, OSError) else "") or str(error)
    return message_text(text.removeprefix(f"{path}: ") if path is not None else text)


def sentence(error: object) -> str:
    """Return an error as a sentence; a path or id at its start keeps its case."""
    said = error_text(error)
    thing, colon, _ = said.partition(": ")
    named = colon and (Path(thing).suffix or Path(thing).exists())
    plain = said.split(" ", 1)[0].isalpha() and not named
    return f"{said[:1].upper() if plain else said[:1]}{said[1:]}."


def picture_patterns() -> str:
    """Return what the names of files that can be read look like, for a dialog: ``*.jpg *.png``."""
    return " ".join(f"*{suffix}" for suffix in sorted(READABLE))


def listed(rows: Iterable[Sequence[str]], width: int = 0) -> str:
    """Return rows of plain text as a table for a label of rich text.

    Args:
        rows: Cells of plain text; the first of each row is not wrapped.
        width: Smallest width of the first column, to align several tables.
    """
    made = []
    for first, *others in rows:
        head = f"<td width='{width}' style='padding-right: 12px; white-space: pre'>{escape(first)}"
        cells = "".join(f"<td style='padding-right: 12px'>{escape(text)}</td>" for text in others)
        made.append(f"<tr>{head}</td>{cells}</tr>")
    return f"<table cellspacing='0'>{''.join(made)}</table>"
