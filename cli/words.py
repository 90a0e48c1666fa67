"""Formatting of numbers and tables, and output: results to stdout, problems to stderr."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

import click

# Control characters of a terminal and of bidirectional text, and what it takes for ends of lines.
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]")

# Phrases in messages of the core, and what users of the command line read instead.
_PHRASES = (
    (re.compile(r"the setting ([a-z]+(?:-[a-z]+)*)"), r"--\1"),
    (re.compile(r"(^skipped: .*: exists already)$"), r"\1; --existing replace makes it again"),
    (re.compile(r"was not found; give its path$"), "was not found; give its path by --source"),
    (re.compile(r"are missing; give their file$"), "are missing; give their file by --weights"),
    (re.compile(r"download the weights of ([\w-]+)"), r"run: restore weights fetch \1"),
    (
        re.compile(r"install it as the weights of ([\w-]+)"),
        r"run: restore weights add FILE --id \1",
    ),
)


def tell(*lines: str) -> None:
    """Print lines of results."""
    for line in lines:
        click.echo(printable(line))


def tell_json(value: object, *, indent: int = 2) -> None:
    """Print a value as JSON; what JSON has no type for is printed as text."""
    tell(*json.dumps(value, indent=indent, default=str).splitlines())


def warn(text: str) -> None:
    """Print a message of one line to stderr, above a progress bar if there is one.

    Settings and remedies in messages of the core become options and commands.
    """
    import sys

    from tqdm import tqdm

    for pattern, replacement in _PHRASES:
        text = pattern.sub(replacement, text)
    tqdm.write(printable(text), file=sys.stderr)


def printable(text: str) -> str:
    """Return text as one line for a terminal.

    File names and metadata may contain invalid UTF-8, escape sequences that a terminal would
    execute, and newlines that would look like messages.
    """
    if text.isprintable():  # nothing of the above, in less time
        return text
    whole = text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    return _CONTROLS.sub("\N{REPLACEMENT CHARACTER}", whole)


def counted(reason: str, files: int) -> str:
    """Format a reason and the number of files: ``not a picture (2 files)``."""
    return f"{reason} ({files} file{'s' * (files > 1)})"


def duration(seconds: float) -> str:
    """Format a time: ``0.4 s``, ``41 s``, ``3 min 05 s``, ``2 h 10 min``."""
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02} min"


def size(count: float) -> str:
    """Format a number of bytes: ``512 B``, ``2.1 MB``."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} B" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> list[str]:
    """Return the lines of a table; columns of numbers are aligned to the right."""
    columns = list(zip(head, *rows, strict=True))
    widths = [max(map(len, column)) for column in columns]
    right = [all(_numeric(cell) for cell in column[1:]) for column in columns]
    lines = []
    for row in (head, *rows):
        cells = zip(row, widths, right, strict=True)
        lines.append("  ".join(c.rjust(w) if r else c.ljust(w) for c, w, r in cells).rstrip())
    return lines


def _numeric(cell: str) -> bool:
    return cell[:1] in "+-0123456789"
