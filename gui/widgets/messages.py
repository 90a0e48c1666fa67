"""Messages: notes and errors of the core, in the user's language.

The core speaks English, with values in its sentences. A row is such a sentence, or a part of one,
whose values are %1, %2 and so on; the values are translated in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PySide6.QtCore import QCoreApplication

from .file_errors import FILE_ERRORS
from .model_errors import MODEL_ERRORS
from .notes import NOTES
from .titles import core_text
from .work_errors import WORK_ERRORS

_MARK = re.compile(r"%(\d)")


@dataclass(frozen=True)
class Row:
    """A sentence of the core.

    Attributes:
        context: That of its translation.
        source: The sentence, with marks.
        words: Its own words, between the marks.
    """

    context: str
    source: str
    words: tuple[str, ...]

    def values(self, message: str) -> tuple[str, ...] | None:
        """Return the values in a message, or None if it is another sentence."""
        first, *others = self.words
        if not others:
            return () if message == first else None
        if not (message.startswith(first) and message.endswith(others[-1])):
            return None  # nearly all end here: to compile all patterns takes longer than a frame
        found = _pattern(self.words).fullmatch(message)
        return None if found is None else found.groups()


def message_text(message: str) -> str:
    """Return a message in the user's language, as far as its words are known.

    Paths and what libraries say stay as they are.
    """
    for row in message_rows():
        if (values := row.values(message)) is not None:
            return _translated(row, values)
    label = f"{message[:1].upper()}{message[1:]}"  # of a task, which stands in a sentence
    if (said := core_text(label)) != label:
        return said
    for sign in ("; ", ": "):
        first, found_sign, rest = message.partition(sign)
        if found_sign:
            return f"{message_text(first)}{sign}{message_text(rest)}"
    return message


def _translated(row: Row, values: Sequence[str]) -> str:
    """Return the translation of a row, with values in the order of its marks."""
    translate = QCoreApplication.translate
    words = {n: _listed(value) for n, value in zip(_MARK.findall(row.source), values, strict=True)}
    return _MARK.sub(lambda mark: words[mark[1]], translate(row.context, row.source))


def _listed(value: str) -> str:
    """Return a value, which may be a list, in the user's language."""
    return ", ".join(map(message_text, value.split(", ")))


@cache
def message_rows() -> list[Row]:
    """Return all rows.

    Those with more words of their own come first, as the others would match their sentences, too.
    """
    errors = (*FILE_ERRORS, *WORK_ERRORS, *MODEL_ERRORS)
    rows = [("notes", source) for source in NOTES] + [("errors", source) for source in errors]
    rows.sort(key=lambda row: -len(_MARK.sub("", row[1])))
    return [Row(context, source, tuple(_MARK.split(source)[::2])) for context, source in rows]


@cache
def _pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile("(.*?)".join(map(re.escape, words)), re.DOTALL)
