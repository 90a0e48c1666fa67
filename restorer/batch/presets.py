"""Presets: named sets of the command line's options in a TOML file, shared by all front ends."""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import uuid4

from platformdirs import user_config_path

from restorer.errors import SettingsError

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

_NAME = re.compile(r"[\w -]+")  # what needs no escapes between quotes


def presets_file() -> Path:
    """Return the user's own file of presets; it may not exist."""
    return user_config_path("restorer", appauthor=False, roaming=True) / "presets.toml"


def read_presets(path: Path) -> Mapping[str, Mapping[str, Any]]:
    """Return the options of every preset in a file, in its order.

    Raises SettingsError where it cannot be read or is no TOML.
    """
    try:
        tables = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except ValueError as error:  # not TOML, or not UTF-8
        raise SettingsError(f"{path}: {error}") from error
    return {name: table for name, table in tables.items() if isinstance(table, dict)}


def write_preset(path: Path, name: str, options: Mapping[str, Any] | None) -> None:
    """Put a preset into a file, in place of one of that name; None takes it out.

    All else in the file stays as it is, comments too.

    Args:
        path: The file; made if it does not exist.
        name: Letters, digits, spaces, ``_`` and ``-``.
        options: Texts, numbers, truths and lists of texts, by names of options.

    Raises SettingsError.
    """
    if not _NAME.fullmatch(name):
        raise SettingsError(f"preset {name!r}: a name has letters, digits, spaces, - and _ only")
    text = ""
    if path.exists():
        read_presets(path)  # nothing is put into a file that is broken
        text = _without(path.read_text("utf-8"), name)
    if options is not None:
        lines = [f'["{name}"]', *(f"{key} = {_toml(value)}" for key, value in options.items())]
        text = "\n".join([*([text.rstrip(), ""] if text.strip() else []), *lines, ""])
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{uuid4().hex}.part")
        part.write_text(text, "utf-8")
        os.replace(part, path)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _without(text: str, name: str) -> str:
    """Return the text without the lines from a table's head to the next one."""
    kept, inside = [], False
    for line in text.splitlines():
        head = re.fullmatch(r"\s*\[([^\[\]]+)\]\s*(#.*)?", line)
        if head:
            inside = name in tomllib.loads(f"[{head[1]}]")
        if not inside:
            kept.append(line)
    return "\n".join(kept) + "\n"


def _toml(value: Any) -> str:
    """Return a value as TOML; texts and lists of texts are written as in JSON."""
    return json.dumps(list(value) if isinstance(value, tuple) else value, ensure_ascii=False)
