"""Presets: named sets of options in a TOML file, brought in as click's default map."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click

from restorer import SettingsError, presets_file, read_presets

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

parse_toml = tomllib.loads

DEFAULT_FILE = presets_file()

_FOLDER_KEYS = {"name", "jobs", "include", "exclude", "recursive"}  # idle for a single image
_NO_KEYS = {"source", "target", "output", "preset", "presets", "dry_run", "report", "help"}


def take_preset(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Callback of --preset and --presets, both eager: the second to come brings the options in."""
    seen = ctx.meta.setdefault(__name__, {})
    seen[param.name] = value
    if seen.get("preset") is not None and "presets" in seen:
        ctx.default_map = _defaults(ctx, seen["preset"], seen["presets"])
    return value


def _defaults(ctx: click.Context, name: str, path: Path) -> dict[str, Any]:
    """Return the preset's options by parameter name, judged as click will judge them."""
    params = {p.name: p for p in ctx.command.params if p.name and p.name not in _NO_KEYS}
    known = ", ".join(sorted(key.replace("_", "-") for key in {*params, *_FOLDER_KEYS}))
    defaults = {}
    for key, value in _table(name, path).items():
        param_name = key.replace("-", "_")
        param = params.get(param_name)
        if param is None and param_name not in _FOLDER_KEYS:
            raise click.UsageError(
                f"{path}: preset {name!r}: unknown key {key!r}; known are {known}"
            )
        if param is not None:
            defaults[param_name] = words = _words(param, value)
            try:
                param.type_cast_value(ctx, words)
            except click.BadParameter as error:
                raise click.UsageError(
                    f"{path}: preset {name!r}: {key}: {error.message} Known keys are {known}"
                ) from error
    return defaults


def _table(name: str, path: Path) -> Mapping[str, Any]:
    try:
        tables = read_presets(path)
    except SettingsError as error:
        raise click.UsageError(f"preset {name!r}: {error}") from error
    if name not in tables:
        raise click.UsageError(
            f"{path}: no preset {name!r}; known are {', '.join(tables) or 'none'}"
        )
    return tables[name]


def _words(param: click.Parameter, value: Any) -> Any:
    """Return a TOML value as it would stand on the command line, so that it is judged the same."""
    if param.multiple:
        return tuple(map(str, value if isinstance(value, list) else [value]))
    return str(value)
