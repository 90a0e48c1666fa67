"""The file formats of checkpoints: PyTorch's zip archives and plain pickles, and safetensors.

Nothing is allocated beyond a small multiple of the file's size, whatever sizes the file states.
"""

from __future__ import annotations

import json
import os
import struct
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from io import BufferedReader
from typing import Any, cast
from zipfile import ZIP_DEFLATED, ZIP_STORED, ZipFile, ZipInfo

import torch
from torch import Tensor

from restorer.models.pickles import (
    MAX_DIMENSIONS,
    OtherTensor,
    Refused,
    Storage,
    StoredTensor,
    read_pickle,
)

# Weights hardly compress; archives of zeros with a larger ratio are not made by training scripts.
INFLATION = 4
SLACK_BYTES = 1 << 20
_MAX_PICKLE_BYTES = 64 << 20
_MAX_INDEX_BYTES = 4 << 20  # headers and zip directories: 20,000 entries of 200 bytes
_MAGIC = 0x1950A86A20F9469CFC6C  # of PyTorch's plain pickles, with the protocol 1001
_LOCAL_HEADER = struct.Struct("<26sHH")  # of a zip entry; the lengths of name and extra field
_SAFETENSORS_DTYPES = {
    "F64": torch.float64,
    "F32": torch.float32,
    "F16": torch.float16,
    "BF16": torch.bfloat16,
    "I64": torch.int64,
    "I32": torch.int32,
    "I16": torch.int16,
    "I8": torch.int8,
    "U8": torch.uint8,
    "BOOL": torch.bool,
}


@dataclass(frozen=True)
class _Range:
    """Where the bytes of a storage are; `entry` is set if they are compressed."""

    offset: int
    size: int
    entry: ZipInfo | None = None


@dataclass(frozen=True)
class Contents:
    """The contents of a checkpoint, with descriptions of tensors in place of their values.

    Attributes:
        value: Containers, numbers, texts, `StoredTensor` and `OtherTensor`.
        size: Size of the file in bytes.
    """

    value: Any
    size: int
    _file: BufferedReader
    _ranges: Mapping[str, _Range]
    _archive: ZipFile | None = None
    _byteorder: str = "little"

    def size_of(self, key: str) -> int:
        """Return the size of a storage in bytes, 0 if it is missing."""
        return self._ranges[key].size if key in self._ranges else 0

    def load(self, key: str, dtype: torch.dtype) -> Tensor:
        """Return a storage as a vector; incomplete elements at its end are dropped."""
        loaded = _load(self._file, self._ranges[key], self._archive)
        side = dtype.itemsize
        loaded = loaded[: len(loaded) // side * side]
        if self._byteorder != sys.byteorder:
            loaded = loaded.view(-1, side).flip(1).flatten()
        return loaded.view(dtype)


def read_contents(file: BufferedReader) -> Contents:
    """Return the contents of a file that is opened for reading in binary mode.

    The first bytes decide on the format. Raises Refused for files that are understood but not
    supported; a damaged file raises any exception.
    """
    size = os.fstat(file.fileno()).st_size
    head = file.read(9)
    if is_safetensors(head, size):
        return _safetensors(file, size)
    if head.startswith(b"PK"):
        return _archive(file, size)
    return _plain(file, size)


def is_safetensors(head: bytes, size: int) -> bool:
    """Whether nine bytes start a safetensors file of this size: header length, then JSON."""
    return head[8:] == b"{" and int.from_bytes(head[:8], "little") <= size - 8


def read_header(file: BufferedReader) -> tuple[dict[str, Any], int]:
    """Return the header of a safetensors file and the position of its data.

    Raises Refused for a header that is too large; another file raises any exception.
    """
    file.seek(0)
    length = int.from_bytes(file.read(8), "little")
    if length > _MAX_INDEX_BYTES:
        raise Refused(f"has a header of {length:,} bytes, which is too large for a state dict")
    header = json.loads(file.read(length))
    if not isinstance(header, dict):
        raise ValueError
    return header, 8 + length


def _load(file: BufferedReader, found: _Range, archive: ZipFile | None) -> Tensor:
    """Return the bytes of a range."""
    loaded = torch.empty(found.size, dtype=torch.uint8)
    array: Any = loaded.numpy()
    buffer = memoryview(array)
    if found.entry is None or archive is None:
        file.seek(found.offset)
        count = file.readinto(buffer)
    else:
        with archive.open(found.entry) as entry:
            count = entry.readinto(buffer)  # type: ignore[attr-defined]  # typeshed omits it
    if count < found.size:
        raise EOFError
    return loaded


class _Bounded:
    """A file for `zipfile`, which reads the directory of an archive at once."""

    def __init__(self, file: BufferedReader) -> None:
        self.limit = _MAX_INDEX_BYTES
        self.file = file
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self.limit:
            raise Refused("the directory of the archive is too large for a state dict")
        return self.file.read(size)


def _archive(file: BufferedReader, size: int) -> Contents:
    bounded = _Bounded(file)
    archive = ZipFile(cast("BufferedReader", bounded))
    bounded.limit = INFLATION * size + SLACK_BYTES
    entries = {entry.filename: entry for entry in archive.infolist()}
    inflated = sum(entry.file_size for entry in archive.infolist())
    if inflated > bounded.limit:
        raise Refused(
            f"would inflate from {size:,} to {inflated:,} bytes, which is too much for weights;"
            " get the file from its authors"
        )
    root = next(iter(entries)).split("/", 1)[0]
    if f"{root}/constants.pkl" in entries:
        raise Refused("a TorchScript program, not a state dict; save its state_dict() instead")

    def load(name: str) -> bytes:
        return _load(file, _entry_range(file, size, entries[name]), archive).numpy().tobytes()

    program = entries[f"{root}/data.pkl"]
    if program.file_size > _MAX_PICKLE_BYTES:
        raise Refused("contains too much data beside its tensors; save only the state dict")
    value, _, storages = read_pickle(load(program.filename))
    byteorder = f"{root}/byteorder"
    return Contents(
        value,
        size,
        file,
        {
            key: _entry_range(file, size, entries[f"{root}/data/{key}"])
            for key in storages
            if f"{root}/data/{key}" in entries
        },
        archive,
        load(byteorder).decode() if byteorder in entries else "little",
    )


def _entry_range(file: BufferedReader, size: int, entry: ZipInfo) -> _Range:
    if entry.compress_type == ZIP_DEFLATED:
        return _Range(0, entry.file_size, entry)
    file.seek(entry.header_offset)
    header = file.read(30)
    start = entry.header_offset + sum(_LOCAL_HEADER.unpack(header)[1:], len(header))
    intact = entry.file_size == entry.compress_size and start + entry.file_size <= size
    if entry.compress_type != ZIP_STORED or header[:4] != b"PK\x03\x04" or not intact:
        raise ValueError
    return _Range(start, entry.file_size)


def _plain(file: BufferedReader, size: int) -> Contents:
    """Read the plain pickles that PyTorch wrote before version 1.6: five, then the storages."""
    file.seek(0)
    head = file.read(_MAX_PICKLE_BYTES)
    at, values = 0, []
    found: dict[str, Storage] = {}
    for _ in range(5):
        value, at, storages = read_pickle(head, at)
        values.append(value)
        found |= storages
        if values[0] != _MAGIC:
            raise ValueError
    ranges = {}
    for key in values[4]:
        storage = found[key]
        if storage.dtype is None:
            raise Refused(f"contains tensors of type {storage.kind}; convert them to float32 first")
        file.seek(at)
        numel = int.from_bytes(file.read(8), "little")
        ranges[key] = _Range(at + 8, numel * storage.dtype.itemsize)
        at += 8 + ranges[key].size
        if at > size or numel != storage.numel:
            raise EOFError
    return Contents(values[3], size, file, ranges)


def _safetensors(file: BufferedReader, size: int) -> Contents:
    header, start = read_header(file)
    header.pop("__metadata__", None)
    end = 0
    value: dict[str, StoredTensor | OtherTensor] = {}
    ranges = {}
    for name, entry in sorted(header.items(), key=lambda item: item[1]["data_offsets"]):
        first, last = entry["data_offsets"]
        if first != end or last < first:
            raise Refused(f"the data of {name:.100} overlap others or leave a gap")
        end = last
        ranges[name] = _Range(start + first, last - first)
        value[name] = _entry_tensor(name, entry, last - first)
    if start + end != size:
        raise EOFError
    return Contents(value, size, file, ranges)


def _entry_tensor(name: str, entry: Mapping[str, Any], size: int) -> StoredTensor | OtherTensor:
    dtype, shape = _SAFETENSORS_DTYPES.get(entry["dtype"]), tuple(entry["shape"])
    if dtype is None:
        return OtherTensor(f"of type {entry['dtype']:.20}")
    if len(shape) > MAX_DIMENSIONS or any(type(n) is not int or n < 0 for n in shape):
        raise ValueError
    strides, numel = [], 1
    for side in reversed(shape):
        strides.append(numel)
        numel *= side
    if numel * dtype.itemsize != size:
        raise Refused(f"{name:.100} has {size:,} bytes, which does not match its shape")
    return StoredTensor(Storage(name, dtype, "", numel), dtype, 0, shape, tuple(reversed(strides)))
