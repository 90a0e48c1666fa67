"""The graph of an ncnn network: the text of a ``.param`` file, read and checked.

The format: a magic number, the numbers of layers and of blobs, then one line for each layer with
its kind, name, numbers of inputs and outputs, their names, and parameters ``id=value``. An array
has the key ``-23300 - id`` and starts with its length.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from restorer.errors import CheckpointError

Value: TypeAlias = int | float | tuple[int | float, ...]

MAGIC = "7767517"
MAX_BYTES = 4 << 20  # Real-ESRGAN x4plus with 999 layers has 117 kB
_MAX_LAYERS = 20_000
_MAX_INPUTS = 1000  # of a layer
_MAX_NAME = 200
_MAX_NUMBER = 1 << 31
_ARRAY = -23300
_IGNORED = (30, 31)  # shapes of the blobs, as a hint, and features of ncnn's own


@dataclass(frozen=True)
class Layer:
    """One operation of a graph: numbers of its input and output blobs, and parameters by id."""

    kind: str
    name: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    params: Mapping[int, Value]

    def __str__(self) -> str:
        """Return name and kind."""
        return f"layer {self.name} ({self.kind})"


@dataclass(frozen=True)
class Graph:
    """A network with one input and one output; each layer takes blobs of earlier layers."""

    layers: tuple[Layer, ...]
    input: int
    output: int

    def kinds(self) -> Counter[str]:
        """Return how many layers there are of each kind."""
        return Counter(layer.kind for layer in self.layers)

    def text(self) -> str:
        """Return the graph as the text of a ``.param`` file, with new names for the blobs."""
        lines = [MAGIC, f"{len(self.layers)} {self._blobs()}"]
        for layer in self.layers:
            words = [layer.kind, layer.name, len(layer.inputs), len(layer.outputs)]
            lines.append(" ".join(map(str, [*words, *layer.inputs, *layer.outputs])))
            lines[-1] += "".join(f" {_text(key, value)}" for key, value in layer.params.items())
        return "\n".join(lines) + "\n"

    def _blobs(self) -> int:
        return sum(len(layer.outputs) for layer in self.layers)


def read_graph(text: str) -> Graph:
    """Return the graph of a ``.param`` file.

    Raises CheckpointError, which names the line, for text that is not a graph with one input and
    one output, or takes blobs that no earlier layer gives.
    """
    lines = [line.split() for line in text.splitlines()]
    if not lines or lines[0] != [MAGIC]:
        raise CheckpointError(f"not an ncnn graph: its first line is not {MAGIC}")
    count = _counts(lines[1] if len(lines) > 1 else [])
    numbered = [(number, words) for number, words in enumerate(lines[2:], 3) if words]
    if len(numbered) != count:
        raise CheckpointError(f"has {len(numbered)} layers, but its second line says {count}")
    blobs: dict[str, int] = {}
    layers = []
    for number, words in numbered:
        try:
            layers.append(_layer(words, blobs))
        except ValueError as error:
            raise CheckpointError(f"line {number}: {error}") from error
    return _graph(layers, list(blobs))


def _counts(words: list[str]) -> int:
    """Return the number of layers that the second line says."""
    if len(words) != 2 or not all(re.fullmatch("[0-9]{1,9}", word) for word in words):
        raise CheckpointError("line 2: expected the numbers of layers and of blobs")
    if not 0 < int(words[0]) <= _MAX_LAYERS:
        raise CheckpointError(f"line 2: {words[0]} layers, expected 1 to {_MAX_LAYERS:,}")
    return int(words[0])


def _layer(words: list[str], blobs: dict[str, int]) -> Layer:
    """Return the layer of a line; its outputs are added to `blobs`. Raises ValueError."""
    for word in words:
        if not word.isprintable() or len(word) > _MAX_NAME * 100:
            raise ValueError("has control characters, or a word that is too long")
    if len(words) < 4 or not all(re.fullmatch("[0-9]{1,9}", word) for word in words[2:4]):
        raise ValueError("expected kind, name, and the numbers of inputs and outputs of a layer")
    kind, name = words[0], words[1]
    if "." in kind:
        raise ValueError(
            f"{kind[:40]} is an operator of PNNX; add the .ncnn.param file that pnnx writes beside"
            " this one"
        )
    taken, given = int(words[2]), int(words[3])
    names = words[4 : 4 + taken + given]
    if len(names) < taken + given or max(taken, given) > _MAX_INPUTS:
        raise ValueError(f"has fewer names of blobs than the {taken} inputs and {given} outputs")
    if any(len(word) > _MAX_NAME for word in (kind, name, *names)):
        raise ValueError("has a name that is too long")
    if unknown := [blob for blob in names[:taken] if blob not in blobs]:
        raise ValueError(f"{name} takes {unknown[0]}, which no earlier layer gives")
    inputs = tuple(blobs[blob] for blob in names[:taken])
    for blob in names[taken:]:
        if blob in blobs:
            raise ValueError(f"{name} gives {blob}, as an earlier layer does")
        blobs[blob] = len(blobs)
    outputs = tuple(blobs[blob] for blob in names[taken:])
    return Layer(kind, name, inputs, outputs, dict(_params(words[4 + taken + given :])))


def _params(words: list[str]) -> Iterator[tuple[int, Value]]:
    for word in words:
        key, _, text = word.partition("=")
        if not re.fullmatch("-?[0-9]{1,9}", key):
            raise ValueError(f"{word[:40]} is no parameter id=value")
        number, values = int(key), text.split(",")
        if number <= _ARRAY:
            numbers = tuple(_number(value) for value in values)
            if numbers[0] != len(numbers) - 1:
                raise ValueError(f"{word[:40]} has {len(numbers) - 1} values")
            found: tuple[int, Value] = (_ARRAY - number, numbers[1:])
        else:
            if len(values) != 1:
                raise ValueError(f"{word[:40]} has {len(values)} values, expected one")
            found = (number, _number(text))
        if found[0] not in _IGNORED:
            yield found


def _number(text: str) -> int | float:
    if re.fullmatch("[+-]?[0-9]{1,10}", text):
        value: int | float = int(text)
    elif re.fullmatch(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)(e[+-]?[0-9]{1,3})?", text, re.I):
        value = float(text)
    else:
        raise ValueError(f"{text[:40]!r} is no number; expressions of shapes are not supported")
    if not math.isfinite(value) or (isinstance(value, int) and abs(value) > _MAX_NUMBER):
        raise ValueError(f"{text[:40]} is too large")
    return value


def _text(key: int, value: Value) -> str:
    if not isinstance(value, tuple):
        return f"{key}={value!r}"
    return ",".join([f"{_ARRAY - key}={len(value)}", *map(repr, value)])


def _graph(layers: list[Layer], names: list[str]) -> Graph:
    sources = [blob for layer in layers if layer.kind == "Input" for blob in layer.outputs]
    if len(sources) != 1:
        raise CheckpointError(f"has {len(sources)} inputs, expected one picture")
    taken = {blob for layer in layers for blob in layer.inputs}
    ends = [blob for layer in layers for blob in layer.outputs if blob not in taken]
    if len(ends) != 1 or ends == sources:
        found = ", ".join(names[blob] for blob in ends[:5]) or "none"
        raise CheckpointError(f"has {len(ends)} outputs ({found}), expected one picture")
    return Graph(tuple(layers), sources[0], ends[0])
