"""Presets: named sets of options in a TOML file, used as click's default map."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from restorer import OPTIONS, SettingsError, presets_file, read_preset

DEFAULT_FILE = presets_file()

# Options of folders have no effect on a single picture.
_FOLDER_KEYS = {"name", "jobs", "include", "exclude", "recursive"}
_NO_KEYS = {"source", "target", "output", "preset", "presets", "dry_run", "report", "help"}
_NO_KEYS |= {"as_json", "html"}
# Those of `restore image`, which hold for commands without such an option, too.
_KEYS = {option.name for option in OPTIONS}
_KEYS |= {"task", "model", "scale", "format", "reference", "reference-dir", "explain"}


def take_preset(ctx: click.Context, param: click.Parameter, value: Any) -> Any:
    """Read the preset at the second of the two eager options --preset and --presets."""
    seen = ctx.meta.setdefault(__name__, {})
    seen[param.name] = value
    if seen.get("preset") is not None and "presets" in seen:
        ctx.default_map = _defaults(ctx, seen["preset"], seen["presets"])
    return value


def _defaults(ctx: click.Context, name: str, path: Path) -> dict[str, Any]:
    """Return the preset's options by parameter name, checked as click will check them."""
    params = {
        p.opts[-1].removeprefix("--"): p for p in ctx.command.params if p.name not in _NO_KEYS
    }
    try:
        options = read_preset(path, name, {*params, *_FOLDER_KEYS, *_KEYS})
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    defaults: dict[str, Any] = {}
    for key, value in options.items():
        if (param := params.get(key)) is not None and param.name is not None:
            defaults[param.name] = words = _words(param, value)
            try:
                param.type_cast_value(ctx, words)
            except click.BadParameter as error:
                raise click.UsageError(
                    f"{path}: preset {name!r}: {key}: {error.message}"
                ) from error
    return defaults


def _words(param: click.Parameter, value: Any) -> Any:
    """Return a TOML value as one would type it, so that both are checked alike."""
    if param.multiple:
        return tuple(map(str, value if isinstance(value, list) else [value]))
    return str(value)
