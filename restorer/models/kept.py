"""A cache of facts about models in the user's cache folder, one small file each."""

from __future__ import annotations

import hashlib
import json
import logging
from functools import cache, lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

from platformdirs import user_cache_path

from restorer.errors import ImageWriteError
from restorer.formats.files import created

log = logging.getLogger(__name__)


def key(*parts: str) -> str:
    """Return a hash of all that a finding depends on, and of the version of this program."""
    words = "|".join((*parts, _release()))
    return hashlib.sha256(words.encode()).hexdigest()[:32]


def load(folder: str, key: str) -> Any:
    """Return a finding, which callers must not change; None before it was made."""
    path = _path(folder, key)
    try:
        return _read(path, path.stat().st_mtime_ns)
    except (OSError, ValueError):
        return None


def store(folder: str, key: str, value: Any) -> None:
    """Keep a finding, which is written as JSON."""
    try:
        with created(_path(folder, key), "replace") as file:
            file.write(json.dumps(value).encode())
    except ImageWriteError as error:  # a read-only home: found out again next time
        log.debug("%s", error)


@cache
def _release() -> str:
    """Return the version of this program, which is read from the disk."""
    return version("restorer")


def _path(folder: str, key: str) -> Path:
    return user_cache_path("restorer") / folder / f"{key}.json"


@lru_cache(maxsize=64)  # every picture of a batch asks for the same three
def _read(path: Path, mtime_ns: int) -> Any:
    """Return a finding; read again after the file changes."""
    return json.loads(path.read_text("utf-8"))
