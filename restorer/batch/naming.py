"""Name the results of a batch from a template, without duplicates."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from pathlib import Path

from restorer.batch.stores.address import Location, location
from restorer.errors import SettingsError
from restorer.formats import FORMATS, READABLE, WRITABLE
from restorer.formats.identity import folded
from restorer.formats.table import HEADERLESS
from restorer.models.catalog import model_spec
from restorer.restoration.chosen import is_automatic, scale_of_steps
from restorer.settings import Step

# Suffix of results of RAW pictures and of formats without a writer, such as PSD and HEIC; DNG files
# are written when asked for.
_OTHER_RESULT = ".tif"
_FIELD = re.compile(r"\{(\w+)\}")
# Windows and network shares refuse these in names, and results travel.
_FORBIDDEN = re.compile(r'[<>:"/\\|?*\x00-\x1f\x7f]|[. ]$')
# Devices of Windows, with any suffix.
_DEVICES = re.compile(r"(con|prn|aux|nul|com[1-9¹²³]|lpt[1-9¹²³])(\..*)?", re.IGNORECASE)


def target_names(
    sources: Iterable[str],
    steps: Sequence[Step],
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
    kept: Mapping[str, Path | None] | None = None,
) -> tuple[dict[str, str], dict[str, str]]:
    """Return the path of the result for each relative path of a source; no two are equal.

    Also returns the paths by the template of those results that have another one.

    `kept` are earlier results, whose names change only if the template does.
    """
    made = _maker(steps, name, suffix)
    names = {}
    for path in sources:
        folder, own = os.path.split(path)
        names[path] = os.path.join(folder, made(own))
    fixed = {}
    for path, before in (kept or {}).items():
        if before is not None:
            stem, ending = split_suffix(names[path])
            if before.suffix == ending and before.name.startswith(os.path.basename(stem)):
                fixed[path] = str(before)
    apart = _apart(names | fixed, fixed)
    return apart, {path: names[path] for path in names if names[path] != apart[path]}


def target_name(
    path: Location | str,
    steps: Sequence[Step],
    name: str = "{stem}{suffix}",
    suffix: str | None = None,
) -> str:
    """Return the file name of the result for `path` by a template.

    Raises SettingsError for an unknown field, and for characters that file systems refuse.

    Examples:
        >>> step = restorer.Step("panet-sr-x2-lite")
        >>> restorer.target_name(Path("photo.jpg"), [step], "{stem}-large{suffix}")
        'photo-large.jpg'
    """
    return _maker(steps, name, suffix)(location(path).name)


def split_suffix(path: str) -> tuple[str, str]:
    """Return a path without its suffix, and the suffix, like those of `Path` in less time."""
    dot = path.rfind(".")
    start = path.rfind(os.sep) + 1
    return (path[:dot], path[dot:]) if start < dot < len(path) - 1 else (path, "")


def _maker(steps: Sequence[Step], name: str, suffix: str | None) -> Callable[[str], str]:
    """Check a template once, and return the function that names the result of a file name."""
    ids = (step.model if is_automatic(step) else model_spec(step.model).id for step in steps)
    model, scale = "+".join(ids), str(scale_of_steps(steps))
    fields = ("stem", "suffix", "model", "scale")
    literal = _FIELD.sub("", name)
    if not {*fields} >= {*_FIELD.findall(name)} or "{" in literal or "}" in literal:
        raise SettingsError(f"name {name!r}: fields are {', '.join(map('{{{}}}'.format, fields))}")
    if found := _FORBIDDEN.search(literal):
        raise SettingsError(f"name {name!r}: {found[0]!r} is not allowed there in a file name")
    writable = frozenset(WRITABLE)
    others = frozenset((*FORMATS["raw"].suffixes, *HEADERLESS, *(READABLE - writable)))

    def make(own: str) -> str:
        stem, ending = split_suffix(own)
        ending = suffix or (_OTHER_RESULT if ending.lower() in others else ending)
        made = name.format(stem=stem, suffix=ending, model=model, scale=scale)
        if made in ("", ".", "..") or os.path.basename(made) != made:
            raise SettingsError(f"name {name!r}: gives {made!r}, which is no file name")
        if _DEVICES.fullmatch(made) and not _DEVICES.fullmatch(own):
            raise SettingsError(f"name {name!r}: gives {made!r}, which is a device of Windows")
        return made if split_suffix(made)[1].lower() in writable else f"{made}{ending}"

    return make


def _apart(names: dict[str, str], fixed: Collection[str] = ()) -> dict[str, str]:
    """Return targets that differ, even without regard to case; those of `fixed` stay.

    Sources that differ in their suffix get it into the name; remaining clashes are numbered.
    """
    groups = _clashes(names)
    for group in groups:
        for path in group:
            if path not in fixed:
                stem, suffix = split_suffix(names[path])
                names[path] = f"{stem}_{split_suffix(path)[1][1:].lower()}{suffix}"
    while groups and (groups := _clashes(names)):
        for group in groups:
            free = sorted(group, key=lambda path: path not in fixed)
            for number, path in enumerate(free[1:], start=2):
                stem, suffix = split_suffix(names[path])
                names[path] = f"{stem}-{number}{suffix}"
    return names


def _clashes(names: Mapping[str, str]) -> list[list[str]]:
    first: dict[str, str] = {}
    groups: dict[str, list[str]] = {}
    for path, made in names.items():
        plain = folded(made)
        other = first.setdefault(plain, path)
        if other is not path:
            groups.setdefault(plain, [other]).append(path)
    return list(groups.values())
