"""Options: dataclass fields that users can name and set.

`option` declares a field of a frozen dataclass; `options_of` lists the declared fields.
The command line, presets and the window are made from that list.
"""

from __future__ import annotations

import numbers
from dataclasses import dataclass, field, fields
from functools import cache
from typing import Any, Literal, TypeAlias, cast

from restorer.errors import SettingsError
from restorer.settings.kinds import Choice, Flag, Kind

Group: TypeAlias = Literal["step", "machine", "result", "output", "input", "raw", "mosaic"]


@dataclass(frozen=True)
class Option:
    """One entry of the table of options.

    Attributes:
        field: Name of the field in its dataclass.
        default: Value of the field where nothing is said.
        kind: The values that the field takes.
        help: One line for the command line; a noun phrase.
        optional: Whether None is a value, too.
        auto: Word that means None where one may write it; empty for no such word.
        group: Panel of the window.
        label: Text of the window; empty for no generic control.
        none: Text of the window for None; empty for "Automatic".
        title: Name in messages.
        flag: Name of a flag that stands for the second of two choices; empty for none.
        usual: Words for the default where it is None.
        front: The values that the front ends offer, where these are fewer than `kind` allows.
        conditional: Whether only models that are conditioned on this field take it.
        mosaic: Whether only models for mosaics take it.
        twin: Whether only models with a twin take it (`ModelSpec.twin`).
        requires: Field and value without which the option does not apply.
    """

    field: str
    default: Any
    kind: Kind
    help: str
    optional: bool = False
    auto: str = ""
    group: Group = "step"
    label: str = ""
    none: str = ""
    title: str = ""
    flag: str = ""
    usual: str = ""
    metavar: str = ""
    front: Kind | None = None
    conditional: bool = False
    mosaic: bool = False
    twin: bool = False
    requires: tuple[str, Any] | None = None

    @property
    def name(self) -> str:
        """Name in presets and on the command line."""
        return self.flag or self.field.replace("_", "-")

    @property
    def is_flag(self) -> bool:
        """Whether the option is written without a value."""
        return bool(self.flag) or self.kind.control == "flag"

    @property
    def offered(self) -> Kind:
        """The values that the front ends offer."""
        return self.front or self.kind

    def check(self, value: Any) -> None:
        """Raise ValueError, naming the option, for a value that the field does not take."""
        if value is None and self.optional:
            return
        try:
            self.kind.check(value)
        except ValueError as error:
            raise ValueError(f"{self.title} {value!r}: {error}") from None

    def read(self, value: Any) -> Any:
        """Return the value of the field that a text, or a value of TOML, means.

        Raises ValueError saying what was found and what is expected.
        """
        if value is None and self.optional:
            return None
        if self.auto and value == self.auto:
            return None
        kind = Flag() if self.flag else self.offered
        try:
            found = kind.parse(value) if isinstance(value, str) else value
            kind.check(found)
        except ValueError as error:
            raise ValueError(f"{value!r}: {error}") from None
        return self._words[found] if self.flag else found

    def write(self, value: Any) -> Any:
        """Return the value of the field, None excluded, as TOML has it; the reverse of `read`."""
        return value == self._words[1] if self.flag else value

    def format(self, value: Any) -> str:
        """Return the value of the field, None excluded, as a text that `read` understands."""
        return (Flag() if self.flag else self.kind).format(self.write(value))

    @property
    def _words(self) -> tuple[Any, ...]:
        assert isinstance(self.kind, Choice), "only choices have flags"
        return tuple(self.kind.labels)


class Checked:
    """A dataclass that refuses, at its construction, values that its options do not take.

    Numbers of numpy become those of Python, which can be written as JSON.
    """

    def __post_init__(self) -> None:
        """Check all values. Raises SettingsError, which names the option."""
        for name, value in vars(self).items():
            if type(value).__module__ == "numpy" and isinstance(value, numbers.Number):
                object.__setattr__(self, name, cast(Any, value).item())  # the class is frozen
        try:
            for each in options_of(self):
                each.check(getattr(self, each.field))
        except ValueError as error:
            raise SettingsError(str(error)) from None


def option(default: Any, kind: Kind, help: str, **details: Any) -> Any:
    """Declare a field of a dataclass as an option; see `Option` for the details."""
    details.setdefault("optional", default is None)
    return field(default=default, metadata={"option": (kind, help, details)})


def window(text: str) -> str:
    """Mark a text of the window for translation; pyside6-lupdate looks for this name."""
    return text


def options_of(holder: Any) -> tuple[Option, ...]:
    """Return the options that a dataclass, or an instance of one, declares."""
    return _declared(holder if isinstance(holder, type) else type(holder))


@cache
def _declared(holder: Any) -> tuple[Option, ...]:
    found = []
    for each in fields(holder):
        if "option" in each.metadata:
            kind, help, details = each.metadata["option"]
            details = {"title": each.name.replace("_", " "), **details}
            found.append(Option(each.name, each.default, kind, help, **details))
    return tuple(found)
