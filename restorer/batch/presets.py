"""Presets: named sets of options in a TOML file, shared by all front ends."""

from __future__ import annotations

import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from platformdirs import user_config_path

from restorer.errors import SettingsError

if TYPE_CHECKING:
    from tomlkit import TOMLDocument

_NAME = re.compile(r"[\w -]+")


def presets_file() -> Path:
    """Return the user's own file of presets; it may not exist.

    Examples:
        >>> restorer.presets_file().name
        'presets.toml'
    """
    return user_config_path("restorer", appauthor=False, roaming=True) / "presets.toml"


def read_presets(path: Path | str) -> Mapping[str, Mapping[str, Any]]:
    """Return the options of every preset in a file, in its order.

    Raises SettingsError for a file that cannot be read or is not TOML.

    Examples:
        >>> restorer.write_preset(Path("mine.toml"), "web", {"format": "jpg", "quality": 85})
        >>> dict(restorer.read_presets(Path("mine.toml")))
        {'web': {'format': 'jpg', 'quality': 85}}
    """
    tables = _parse(Path(path)).unwrap()
    return {name: table for name, table in tables.items() if isinstance(table, dict)}


def read_preset(path: Path | str, name: str, known: Collection[str]) -> dict[str, Any]:
    """Return the options of one preset, by names with dashes.

    Args:
        path: The file.
        name: The name of the preset.
        known: The names of the options that the caller understands.

    Raises SettingsError for a preset that does not exist or has another option.

    Examples:
        >>> restorer.write_preset(Path("mine.toml"), "web", {"format": "jpg", "quality": 85})
        >>> restorer.read_preset(Path("mine.toml"), "web", known={"format", "quality"})
        {'format': 'jpg', 'quality': 85}
    """
    presets = read_presets(path)
    if name not in presets:
        raise SettingsError(
            f"{path}: no preset {name!r}; the file has {', '.join(presets) or 'none'}"
        )
    options = {key.replace("_", "-"): value for key, value in presets[name].items()}
    for key in options:
        if key not in known:
            raise SettingsError(
                f"{path}: preset {name!r}: unknown option {key!r};"
                f" expected one of {', '.join(sorted(known))}"
            )
    return options


def write_preset(path: Path | str, name: str, options: Mapping[str, Any] | None) -> None:
    """Put a preset into a file, or update the preset of that name; None removes it.

    The rest of the file is unchanged, and comments beside options that stay are kept.

    Args:
        path: The file; it is created if it does not exist.
        name: Letters, digits, spaces, ``_`` and ``-``.
        options: Texts, numbers, truth values and lists of texts, by names of options.

    Raises SettingsError.

    Examples:
        >>> restorer.write_preset(Path("mine.toml"), "web", {"format": "jpg", "quality": 85})
        >>> print(Path("mine.toml").read_text())
        [web]
        format = "jpg"
        quality = 85
        <BLANKLINE>
    """
    path = Path(path)
    if not _NAME.fullmatch(name):
        raise SettingsError(
            f"preset {name!r}: a name may have only letters, digits, spaces, - and _"
        )
    text = _edit(_parse(path), name, options) if path.exists() else _append("", name, options or {})
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_name(f".{path.name}.{uuid4().hex}.part")
        part.write_text(text, "utf-8")
        os.replace(part, path)
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error


def _parse(path: Path) -> TOMLDocument:
    import tomlkit  # 60 ms, which `restore --help` need not take
    from tomlkit.exceptions import TOMLKitError

    try:
        return tomlkit.parse(path.read_text("utf-8-sig"))
    except FileNotFoundError as error:
        raise SettingsError(f"{path}: does not exist; presets that are saved go there") from error
    except OSError as error:
        raise SettingsError(f"{path}: {error.strerror}") from error
    except (ValueError, TOMLKitError) as error:  # not UTF-8, or not TOML
        raise SettingsError(f"{path}: {error}") from error
    except RecursionError as error:
        raise SettingsError(f"{path}: its values are nested too deeply") from error


def _edit(document: TOMLDocument, name: str, options: Mapping[str, Any] | None) -> str:
    """Return the text of a file with other options in one preset."""
    from tomlkit.items import Table, Whitespace

    table = document.get(name)
    place = next((n for n, (key, _) in enumerate(document.body) if key and key.key == name), None)
    tail = _cut_tail(table) if isinstance(table, Table) else ""
    if isinstance(table, Table) and options is not None:
        for key in set(table) - set(options):
            del table[key]
        table.update(options)
        table.value.body.append((None, Whitespace(tail)))
        return document.as_string()
    if place is not None:
        document.remove(name)
        document.body[place] = (None, Whitespace(tail))
    text = document.as_string()
    return text if options is None else _append(text, name, options)


def _cut_tail(table: Any) -> str:
    """Remove and return what follows the last option of a table: comments on the next table."""
    body = table.value.body
    end = max((n + 1 for n, (key, _) in enumerate(body) if key is not None), default=0)
    tail = "".join(item.as_string() for _, item in body[end:])
    del body[end:]
    return tail


def _append(text: str, name: str, options: Mapping[str, Any]) -> str:
    import tomlkit

    above = f"{text.rstrip()}\n\n" if text.strip() else ""
    return above + tomlkit.dumps({name: options})
