"""ExportRequest: what the files of an export are to be; kept as text between sessions."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal, TypeAlias, get_args

from restorer import SETTINGS_OPTIONS, WRITABLE, RestorerError

from ..session.box import Box
from ..session.choices import NAME, Choices, usual_choices

Content: TypeAlias = Literal["result", "sides", "split"]
Existing: TypeAlias = Literal["number", "replace", "skip"]

_OPTIONS = tuple(o for o in SETTINGS_OPTIONS if o.group in ("result", "output"))
_OF_RESULT = ("bits", "profile")  # where an export does not ask, the result keeps its own


@dataclass(frozen=True)
class ExportRequest:
    """What is asked for.

    Attributes:
        folder: Where the files go.
        name: Template of their names, see `restorer.target_name`.
        existing: What happens where a file of that name exists.
        content: The result alone, beside the original, or both divided by a line.
        labels: The words on a picture of before and after; none for a picture without them.
        box: The part that is exported, in fractions of the picture; None for all of it.
        asked: Format and settings of the files; the other choices do not count.
    """

    folder: Path
    name: str = NAME
    existing: Existing = "number"
    content: Content = "result"
    labels: tuple[str, str] | None = None
    box: Box | None = None
    asked: Choices = field(default_factory=usual_choices)

    @property
    def is_showing(self) -> bool:
        """Whether the files show the restoration, and are no results themselves."""
        return self.content != "result" or self.box is not None

    def recipe(self, made: Choices) -> Choices:
        """Return the recipe of a result with the format and the settings of its file."""
        values = {o.field: getattr(self.asked.settings, o.field) for o in _OPTIONS}
        for name in _OF_RESULT:
            if values[name] == next(o.default for o in _OPTIONS if o.field == name):
                values[name] = getattr(made.settings, name)
        if self.is_showing:  # it has neither the place nor the history of a photograph
            kept = "none" if values["metadata"] == "none" else "copyright"
            values |= {"metadata": kept, "provenance": "none"}
        return made.with_values(**values).with_changes(suffix=self.asked.suffix)

    def dump(self) -> str:
        """Return the request as a text, without the part that is visible."""
        settings = self.asked.settings
        values = {o.name: o.write(value) for o, value in _changed(settings)}
        own = {
            "folder": str(self.folder),
            "name": self.name,
            "existing": self.existing,
            "content": self.content,
            "labels": self.labels is not None,
            "suffix": self.asked.suffix,
        }
        return json.dumps({**own, "settings": values})

    @classmethod
    def load(cls, text: str, folder: Path, labels: tuple[str, str]) -> ExportRequest:
        """Return the request of a text; what it does not say, or says wrongly, has its default."""
        try:
            found = json.loads(text)
        except ValueError:
            found = {}
        found = found if isinstance(found, dict) else {}
        request = cls(Path(str(found.get("folder") or folder)), asked=_asked(found))
        if isinstance(found.get("name"), str):
            request = replace(request, name=found["name"])
        if found.get("existing") in get_args(Existing):
            request = replace(request, existing=found["existing"])
        if found.get("content") in get_args(Content):
            request = replace(request, content=found["content"])
        return replace(request, labels=labels if found.get("labels", True) else None)


def _changed(settings: Any) -> list[tuple[Any, Any]]:
    found = ((option, getattr(settings, option.field)) for option in _OPTIONS)
    return [(option, value) for option, value in found if value != option.default]


def _asked(found: Mapping[str, Any]) -> Choices:
    """Return the format and settings that were kept, as far as they are understood."""
    asked, values = usual_choices(), found.get("settings")
    for option in _OPTIONS:
        if isinstance(values, dict) and option.name in values:
            try:
                asked = asked.with_values(**{option.field: option.read(values[option.name])})
            except (ValueError, TypeError, RestorerError):
                continue
    suffix = found.get("suffix")
    return asked.with_changes(suffix=suffix if suffix in WRITABLE else None)
