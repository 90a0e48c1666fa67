"""Feature maps of whole images, in memory up to a limit, in files beyond it."""

from __future__ import annotations

import errno
import math
import os
import shutil
import tempfile
from pathlib import Path
from typing import IO

import numpy as np
import torch
from torch import Tensor

from restorer.errors import OutOfMemoryError
from restorer.image import FloatArray
from restorer.networks.stages import FLOAT_BYTES, Map

_BLOCK_BYTES = 1 << 24
_FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)


class Maps:
    """The maps that are alive: (1, C, H, W) float32 on the host, channels last.

    Args:
        cells: Rows and columns of the image.
        memory_bytes: Memory for maps; the others lie in files.
        scratch: Folder for these files; the system's temporary folder by default.
    """

    def __init__(
        self, cells: tuple[int, int], memory_bytes: int, scratch: Path | None = None
    ) -> None:
        self.cells = cells
        self._free_bytes = memory_bytes
        self._scratch = scratch or _scratch_folder()
        self._tensors: dict[Map, Tensor] = {}
        self._in_memory: set[Map] = set()

    def __getitem__(self, key: Map) -> Tensor:
        """Return a map."""
        return self._tensors[key]

    def give(self, key: Map, values: FloatArray) -> None:
        """Use (H, W, C) values as a map, without a copy; they do not count as memory for maps."""
        self._tensors[key] = torch.from_numpy(values).permute(2, 0, 1)[None]

    def make(self, key: Map) -> None:
        """Allocate a map, unless it exists; its values are undefined.

        Raises OutOfMemoryError if it fits neither into memory nor onto the disk.
        """
        if key in self._tensors:
            return
        shape, size_bytes = key.shape(self.cells), key.size_bytes(self.cells)
        if size_bytes > self._free_bytes:
            self.give(key, _map_file(shape, self._scratch))
            return
        self.give(key, np.empty(shape, np.float32))
        self._free_bytes -= size_bytes
        self._in_memory.add(key)

    def keep(self, needed: set[Map]) -> None:
        """Release all other maps."""
        for key in self._tensors.keys() - needed:
            del self._tensors[key]
        for key in self._in_memory - needed:
            self._in_memory.remove(key)
            self._free_bytes += key.size_bytes(self.cells)


def _map_file(shape: tuple[int, ...], folder: Path) -> FloatArray:
    """Return an array in a file, which is deleted with the array, or with the process."""
    size_bytes = math.prod(shape) * FLOAT_BYTES
    lack = f"{folder}: {size_bytes >> 20} MiB for a feature map do not fit onto the disk"
    # Reserved at once: writing to a mapped file on a full disk kills the process.
    if shutil.disk_usage(folder).free < size_bytes:
        raise OutOfMemoryError(lack)
    with tempfile.TemporaryFile(dir=folder) as file:
        try:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, size_bytes)
            else:  # macOS and Windows
                _fill(file, size_bytes)
        except OSError as error:
            if error.errno in _FULL:  # other errors: a file system that reserves nothing
                raise OutOfMemoryError(lack) from error
        return np.memmap(file, np.float32, "r+", shape=shape)


def _fill(file: IO[bytes], size_bytes: int) -> None:
    """Write zeros; raises OSError where the disk is full."""
    zeros = bytes(min(size_bytes, _BLOCK_BYTES))
    for start in range(0, size_bytes, _BLOCK_BYTES):
        file.write(zeros[: size_bytes - start])
    file.flush()


def _scratch_folder() -> Path:
    """Return the temporary folder for large files: /tmp is often in memory, /var/tmp is not."""
    large = Path("/var/tmp")
    usable = "TMPDIR" not in os.environ and os.access(large, os.W_OK)
    return large if usable else Path(tempfile.gettempdir())
