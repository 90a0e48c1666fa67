"""Option types: the values that each accepts, and how they are written and parsed."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from numbers import Integral, Real
from typing import Any, ClassVar, Literal, TypeAlias

Control: TypeAlias = Literal["choice", "number", "flag", "bytes", "text", "device"]


@dataclass(frozen=True)
class Kind:
    """The values that an option takes. Its methods raise ValueError saying what is expected."""

    control: ClassVar[Control] = "text"

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "a text"

    def check(self, value: Any) -> None:
        """Refuse a value that is not of this kind."""
        if not isinstance(value, str) or not value:
            raise ValueError(f"expected {self.expected}")

    def parse(self, text: str) -> Any:
        """Return the value that a text means."""
        return text

    def format(self, value: Any) -> str:
        """Return a text that `parse` turns into the value."""
        return str(value)


class Text(Kind):
    """Any text but the empty one."""


class Device(Text):
    """The name of a device; which ones there are depends on the machine."""

    control: ClassVar[Control] = "device"


@dataclass(frozen=True)
class Flag(Kind):
    """True or False."""

    control: ClassVar[Control] = "flag"

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "true or false"

    def check(self, value: Any) -> None:
        """Refuse everything but True and False."""
        if not isinstance(value, bool):
            raise ValueError(f"expected {self.expected}")

    def parse(self, text: str) -> bool:
        """Return the truth value of a word."""
        if text.lower() not in ("true", "false"):
            raise ValueError(f"expected {self.expected}")
        return text.lower() == "true"

    def format(self, value: Any) -> str:
        """Return the word for a truth value."""
        return str(bool(value)).lower()


@dataclass(frozen=True)
class Choice(Kind):
    """One of several values.

    Attributes:
        labels: The text of the window for each value.
    """

    labels: Mapping[Any, str]
    control: ClassVar[Control] = "choice"

    @property
    def words(self) -> tuple[str, ...]:
        """The values as texts."""
        return tuple(map(str, self.labels))

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return " or ".join(filter(None, (", ".join(self.words[:-1]), self.words[-1])))

    def check(self, value: Any) -> None:
        """Refuse a value that is not in the list, or equal to one but of another type."""
        if not any(value == known and type(value) is type(known) for known in self.labels):
            raise ValueError(f"expected {self.expected}")

    def parse(self, text: str) -> Any:
        """Return the value of a word."""
        for value in self.labels:
            if str(value) == text:
                return value
        raise ValueError(f"expected {self.expected}")


@dataclass(frozen=True)
class OpenChoice(Choice):
    """One of several words, or another text.

    Attributes:
        other: What the other text is, such as "a path".
    """

    other: str

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return f"{', '.join(self.words)} or {self.other}"

    def check(self, value: Any) -> None:
        """Refuse everything but texts, and the empty text."""
        Kind.check(self, value)

    def parse(self, text: str) -> str:
        """Return the text."""
        return text


@dataclass(frozen=True)
class Number(Kind):
    """A finite number in a range that includes its ends.

    Attributes:
        low: The least value.
        high: The greatest value; infinity for none.
    """

    low: float = 0
    high: float = math.inf
    control: ClassVar[Control] = "number"

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        if self.high == math.inf:
            return f"a number of {self.low} or more"
        return f"{self.low} to {self.high}"

    def check(self, value: Any) -> None:
        """Refuse what is not a number, not finite, or outside the range."""
        number = isinstance(value, Real) and not isinstance(value, bool)
        if not number or not self.low <= value <= self.high or value == math.inf:
            raise ValueError(f"expected {self.expected}")

    def parse(self, text: str) -> float:
        """Return the number."""
        try:
            return float(text)
        except ValueError as error:
            raise ValueError(f"expected {self.expected}") from error

    def format(self, value: Any) -> str:
        """Return the shortest text that means the same number."""
        short = f"{value:g}"
        return short if float(short) == value else repr(float(value))


class Balance(Kind):
    """``camera``, or the gains of red and blue where green has 1, such as ``2.1,1.5``."""

    _MOST = 50.0

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "camera, or the gains of red and blue, such as 2.1,1.5"

    def check(self, value: Any) -> None:
        """Refuse everything but the word and two positive numbers."""
        if value == "camera":
            return
        try:
            red, blue = map(float, value.split(","))
        except (AttributeError, ValueError):
            raise ValueError(f"expected {self.expected}") from None
        if not (1 / self._MOST <= red <= self._MOST and 1 / self._MOST <= blue <= self._MOST):
            raise ValueError(f"expected {self.expected}")


class PageNumbers(Kind):
    """Numbers and ranges of pages, from 1, such as ``1,3-5``."""

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "numbers and ranges of pages, such as 1,3-5"

    def check(self, value: Any) -> None:
        """Refuse everything but ascending ranges of numbers from 1."""
        if not isinstance(value, str) or not self.ranges(value):
            raise ValueError(f"expected {self.expected}")

    @staticmethod
    def ranges(text: str) -> tuple[tuple[int, int], ...]:
        """Return the first and last number of each range; none for a text of another kind."""
        found = [re.fullmatch(r"\s*(\d{1,9})(?:\s*-\s*(\d{1,9}))?\s*", p) for p in text.split(",")]
        pairs = tuple((int(each[1]), int(each[2] or each[1])) for each in found if each)
        valid = len(pairs) == len(found) and all(1 <= first <= last for first, last in pairs)
        return pairs if valid else ()


class Size(Kind):
    """Width and height, such as ``4000x3000``."""

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "width and height, such as 4000x3000"

    def check(self, value: Any) -> None:
        """Refuse everything but two positive numbers."""
        if not isinstance(value, str) or not re.fullmatch(r"[1-9]\d{0,6}x[1-9]\d{0,6}", value):
            raise ValueError(f"expected {self.expected}")


class Integer(Number):
    """A whole number in a range that includes its ends."""

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return super().expected.replace("a number", "a whole number")

    def check(self, value: Any) -> None:
        """Refuse what is not a whole number, or outside the range."""
        if not isinstance(value, Integral):
            raise ValueError(f"expected {self.expected}")
        super().check(value)

    def parse(self, text: str) -> int:
        """Return the number."""
        try:
            return int(text)
        except ValueError as error:
            raise ValueError(f"expected {self.expected}") from error

    def format(self, value: Any) -> str:
        """Return the digits."""
        return str(value)


class Bytes(Integer):
    """An amount of memory; texts may have a unit: ``4GB``, ``512 MB``, ``1.5GiB``."""

    control: ClassVar[Control] = "bytes"

    @property
    def expected(self) -> str:
        """The valid values, in words."""
        return "a number of bytes, as a text also 4GB or 512MB"

    def parse(self, text: str) -> int:
        """Return the number of bytes."""
        if text.isdecimal() and int(text) > 0:
            return int(text)  # exact, as a float may not be
        found = re.fullmatch(r"\s*([\d.]+)\s*([kmgt]?)(i?)b?\s*", text.lower())
        try:
            count = float(found[1]) if found else 0.0
        except ValueError:
            count = 0.0
        if found is None or count <= 0:
            raise ValueError(f"expected {self.expected}")
        return int(count * (1024 if found[3] else 1000) ** " kmgt".index(found[2] or " "))
