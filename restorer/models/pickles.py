"""Pickled checkpoints read as data: tensors become descriptions, and nothing in them is called.

A pickle is a program for a stack machine. This machine knows the instructions and the globals that
state dicts need, builds containers, numbers and text, and refuses everything else. Tensors are
described (`StoredTensor`), so a caller can check all sizes before it allocates any memory.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any

import torch

# A tensor takes about 35 instructions, so this is enough for 28,000. An instruction allocates at
# most about 100 bytes, and all of them take about 1 s.
_MAX_STEPS = 1_000_000
MAX_DIMENSIONS = 64  # that of torch

_DTYPES = {
    "Double": torch.float64,
    "Float": torch.float32,
    "Half": torch.float16,
    "BFloat16": torch.bfloat16,
    "Long": torch.int64,
    "Int": torch.int32,
    "Short": torch.int16,
    "Char": torch.int8,
    "Byte": torch.uint8,
    "Bool": torch.bool,
}
_DTYPES_BY_NAME = {str(dtype): dtype for dtype in _DTYPES.values()}

# Functions that build tensors which networks here cannot use, with what their results are.
_OTHER_TENSORS = {
    "torch._utils._rebuild_sparse_tensor": "a sparse tensor",
    "torch._utils._rebuild_qtensor": "a quantized tensor",
    "torch._utils._rebuild_nested_tensor": "a nested tensor",
    "torch._utils._rebuild_meta_tensor_no_storage": "a meta tensor, which has no values",
    "torch._utils._rebuild_wrapper_subclass": "a tensor of a special class",
    "torch._utils._rebuild_device_tensor_from_numpy": "a tensor of a special device",
    "torch._utils._rebuild_device_tensor_from_cpu_tensor": "a tensor of a special device",
}
# Globals that checkpoints of training scripts contain beside tensors; their results are not used.
_UNUSED = re.compile(
    r"torch\.(Size|device|Tensor|nn\.parameter\.Parameter|serialization\._get_layout|[a-z]+\d\w*"
    r"|bool|per_\w+|(cuda\.)?(sparse\.)?[A-Z]\w*Tensor)|collections\.Counter|_codecs\.encode"
    r"|builtins\.(set|complex|bytearray)|__builtin__\.(set|complex|bytearray)"
)


class Refused(Exception):
    """The reason why a checkpoint is not read, as text for the user."""


@dataclass(frozen=True)
class Storage:
    """A range of a storage in the file.

    Attributes:
        key: Name of the storage.
        dtype: Type of its elements; None if networks here cannot use it.
        kind: The type's name, for messages.
        numel: Number of elements.
        start: First element.
    """

    key: str
    dtype: torch.dtype | None
    kind: str
    numel: int
    start: int = 0


@dataclass(frozen=True)
class StoredTensor:
    """A strided view of a storage; offset and strides count elements of `dtype`."""

    storage: Storage
    dtype: torch.dtype
    offset: int
    size: tuple[int, ...]
    stride: tuple[int, ...]


@dataclass(frozen=True)
class OtherTensor:
    """A tensor that networks here cannot use; `kind` is a noun phrase."""

    kind: str


@dataclass(frozen=True)
class _Global:
    """A known global, by its name."""

    name: str


class _Unused:
    """A value that no state dict needs."""


_UNUSED_VALUE = _Unused()


def read_pickle(data: bytes, start: int = 0) -> tuple[Any, int, dict[str, Storage]]:
    """Return the value of the pickle at `start`, the position behind it, and all whole storages.

    Raises Refused for a global that state dicts do not need. A damaged pickle raises any exception.
    """
    machine = _Machine(data, start)
    return machine.run(), machine.at, machine.storages


class _Machine:
    """The stack machine; a method executes one instruction."""

    def __init__(self, data: bytes, start: int) -> None:
        self.data = data
        self.at = start
        self.stack: list[Any] = []
        self.marks: list[list[Any]] = []
        self.memo: dict[int, Any] = {}
        self.storages: dict[str, Storage] = {}

    def run(self) -> Any:
        data = self.data
        for _ in range(_MAX_STEPS):
            code = data[self.at]
            self.at += 1
            if code == _STOP:
                return self.stack.pop()
            _OPERATIONS[code](self)
        raise Refused(
            f"contains more than {_MAX_STEPS:,} values beside its tensors; save only the state dict"
        )

    def take(self, count: int) -> bytes:
        """Return the next bytes of the program."""
        block = self.data[self.at : self.at + count]
        if len(block) < count:
            raise EOFError
        self.at += count
        return block

    def number(self, kind: str) -> Any:
        return struct.unpack(kind, self.take(struct.calcsize(kind)))[0]

    def push(self, value: Any) -> None:
        self.stack.append(value)

    def push_number(self, kind: str) -> None:
        self.stack.append(self.number(kind))

    def push_text(self, kind: str) -> None:
        self.stack.append(self.take(self.number(kind)).decode("utf-8"))

    def push_global(self) -> None:
        end = self.data.index(b"\n", self.data.index(b"\n", self.at) + 1)
        module, name = self.data[self.at : end].decode("utf-8").split("\n")
        self.at = end + 1
        self.stack.append(_find(f"{module}.{name}"))

    def recall(self, kind: str) -> None:
        self.stack.append(self.memo[self.number(kind)])

    def remember(self, kind: str) -> None:
        self.memo[self.number(kind)] = self.stack[-1]

    def mark(self) -> None:
        self.marks.append(self.stack)
        self.stack = []

    def pop_mark(self) -> list[Any]:
        items, self.stack = self.stack, self.marks.pop()
        return items

    def make_marked_tuple(self) -> None:
        items = tuple(self.pop_mark())
        self.stack.append(items)

    def make_tuple(self, count: int) -> None:
        items = tuple(self.stack[-count:])
        if len(items) < count:
            raise IndexError
        self.stack[-count:] = [items]

    def extend(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is list:
            target.extend(items)
        elif not isinstance(target, _Unused):
            raise TypeError

    def set_items(self, items: list[Any]) -> None:
        target = self.stack[-1]
        if type(target) is dict:
            target.update(_pairs(items[::2], items[1::2]))
        elif not isinstance(target, _Unused):
            raise TypeError

    def set_item(self) -> None:
        value, key = self.stack.pop(), self.stack.pop()
        self.set_items([key, value])

    def load_storage(self) -> None:
        """Push the storage of a persistent id, which legacy files extend by a view."""
        kind, typed, key, _location, numel, *views = self.stack.pop()
        if kind != "storage" or not isinstance(typed, Storage) or typed.key:
            raise TypeError
        found = replace(typed, key=str(key)[:100], numel=_count(numel))
        self.storages.setdefault(found.key, found)
        if views and views[0] is not None:
            _, start, size = views[0]
            found = replace(found, start=_count(start), numel=_count(size))
        self.stack.append(found)

    def call(self) -> None:
        arguments = self.stack.pop()
        self.stack[-1] = _call(self.stack[-1], arguments)

    def build(self) -> None:
        """Drop the state of an object; dicts and tensors are complete without it."""
        self.stack.pop()
        if type(self.stack[-1]) not in (dict, StoredTensor, OtherTensor, _Unused):
            raise TypeError


def _pairs(keys: list[Any], values: list[Any]) -> dict[str | int, Any]:
    """Return a dict. Other keys could take a time exponential in their nesting to hash."""
    for key in keys:
        if type(key) is not str and (type(key) is not int or abs(key) >= 1 << 31):
            kind = type(key).__name__.lstrip("_").lower()
            raise Refused(f"contains a dict with keys of type {kind}; expected names")
    return dict(zip(keys, values, strict=True))


def _find(name: str) -> _Global | Storage | torch.dtype:
    if name in _CALLS or name in _OTHER_TENSORS or _UNUSED.fullmatch(name):
        return _DTYPES_BY_NAME.get(name) or _Global(name)
    found = re.fullmatch(r"torch\.(?:cuda\.|storage\.)?([A-Z]\w*)Storage", name)
    if found:
        untyped = found[1] in ("Untyped", "_Untyped")
        dtype = torch.uint8 if untyped else _DTYPES.get(found[1])
        return Storage("", dtype, found[1].lower(), 0)
    if name.startswith("torch.") or ".nn." in name:
        raise Refused(
            f"refused: contains a pickled object ({name:.100}), which could run code when it is"
            " read; save its state_dict() instead"
        )
    raise Refused(
        f"refused: would call {name:.100} while it is read, which a state dict never needs; no"
        " code in it was run"
    )


def _call(function: Any, arguments: Any) -> Any:
    if not isinstance(function, _Global) or type(arguments) is not tuple:
        raise TypeError
    if function.name in _OTHER_TENSORS:
        return OtherTensor(_OTHER_TENSORS[function.name])
    call = _CALLS.get(function.name)
    return _UNUSED_VALUE if call is None else call(*arguments)


def _ordered_dict(items: Any = ()) -> dict[str | int, Any]:
    """Return a dict of the pairs, which are removed so that no list is copied twice."""
    found = _pairs([key for key, _ in items], [value for _, value in items])
    if items:
        items.clear()
    return found


def _tensor(
    storage: Storage, offset: int, size: Any, stride: Any, *rest: Any
) -> StoredTensor | OtherTensor:
    """Describe a tensor; `rest` is whether it needs gradients, hooks and perhaps flags."""
    return _typed_tensor(storage, offset, size, stride, *rest[:2], storage.dtype, *rest[2:])


def _typed_tensor(
    storage: Storage, offset: int, size: Any, stride: Any, *rest: Any
) -> StoredTensor | OtherTensor:
    if not isinstance(storage, Storage) or max(len(size), len(stride)) > MAX_DIMENSIONS:
        raise TypeError
    *_, dtype, flags = rest if isinstance(rest[-1], dict) else (*rest, None)
    if not isinstance(dtype, torch.dtype):
        kind = dtype.name if isinstance(dtype, _Global) else storage.kind
        return OtherTensor(f"of type {kind.removeprefix('torch.'):.40}")
    if flags:
        return OtherTensor("a conjugated or negated view")
    return StoredTensor(
        storage, dtype, _count(offset), tuple(map(_count, size)), tuple(map(_count, stride))
    )


def _parameter(tensor: Any, *_: Any) -> StoredTensor | OtherTensor:
    if not isinstance(tensor, (StoredTensor, OtherTensor)):
        raise TypeError
    return tensor


def _from_type(function: Any, kind: Any, arguments: Any, _state: Any) -> Any:
    """Describe a tensor with attributes, which are dropped."""
    return _call(function, arguments)


def _count(value: Any) -> int:
    if type(value) is not int or value < 0:
        raise ValueError
    return value


def _refuse(machine: _Machine) -> None:
    raise ValueError


_CALLS: dict[str, Callable[..., Any]] = {
    "collections.OrderedDict": _ordered_dict,
    "torch._utils._rebuild_tensor": _tensor,
    "torch._utils._rebuild_tensor_v2": _tensor,
    "torch._utils._rebuild_tensor_v3": _typed_tensor,
    "torch._utils._rebuild_parameter": _parameter,
    "torch._utils._rebuild_parameter_with_state": _parameter,
    "torch._tensor._rebuild_from_type_v2": _from_type,
}
_STOP = ord(".")
# The instructions of protocol 2, which torch.save uses; the comments are their names in `pickle`.
_KNOWN: dict[str, Callable[[_Machine], object]] = {
    "\x80": lambda m: m.take(1),  # PROTO
    "N": lambda m: m.push(None),  # NONE
    "\x88": lambda m: m.push(True),  # NEWTRUE
    "\x89": lambda m: m.push(False),  # NEWFALSE
    "J": lambda m: m.push_number("<i"),  # BININT
    "K": lambda m: m.push_number("<B"),  # BININT1
    "M": lambda m: m.push_number("<H"),  # BININT2
    "G": lambda m: m.push_number(">d"),  # BINFLOAT
    "\x8a": lambda m: m.push(  # LONG1
        int.from_bytes(m.take(m.number("<B")), "little", signed=True)
    ),
    "X": lambda m: m.push_text("<I"),  # BINUNICODE
    "U": lambda m: m.push_text("<B"),  # SHORT_BINSTRING
    ")": lambda m: m.push(()),  # EMPTY_TUPLE
    "]": lambda m: m.push([]),  # EMPTY_LIST
    "}": lambda m: m.push({}),  # EMPTY_DICT
    "\x8f": lambda m: m.push(_UNUSED_VALUE),  # EMPTY_SET
    "(": _Machine.mark,  # MARK
    "t": _Machine.make_marked_tuple,  # TUPLE
    "\x85": lambda m: m.make_tuple(1),  # TUPLE1
    "\x86": lambda m: m.make_tuple(2),  # TUPLE2
    "\x87": lambda m: m.make_tuple(3),  # TUPLE3
    "a": lambda m: m.extend([m.stack.pop()]),  # APPEND
    "e": lambda m: m.extend(m.pop_mark()),  # APPENDS
    "s": _Machine.set_item,  # SETITEM
    "u": lambda m: m.set_items(m.pop_mark()),  # SETITEMS
    "c": _Machine.push_global,  # GLOBAL
    "Q": _Machine.load_storage,  # BINPERSID
    "R": _Machine.call,  # REDUCE
    "\x81": _Machine.call,  # NEWOBJ
    "b": _Machine.build,  # BUILD
    "h": lambda m: m.recall("<B"),  # BINGET
    "j": lambda m: m.recall("<I"),  # LONG_BINGET
    "q": lambda m: m.remember("<B"),  # BINPUT
    "r": lambda m: m.remember("<I"),  # LONG_BINPUT
}
_OPERATIONS = [_KNOWN.get(chr(code), _refuse) for code in range(256)]
