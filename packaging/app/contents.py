"""The modules and the other files of an installed package, found without an import of it."""

from __future__ import annotations

from importlib.util import find_spec
from pathlib import Path


def split(package: str) -> tuple[list[str], list[tuple[Path, str]]]:
    """Return the names of all modules, and each other file with the folder that it belongs into.

    A file of Python in a folder that is no package is not a module but belongs to other programs.
    """
    found = find_spec(package)
    if found is None or not found.submodule_search_locations:
        raise ModuleNotFoundError(f"{package}: is not installed")
    home = Path(found.submodule_search_locations[0])
    names, rest = [], []
    for path in sorted(home.rglob("*")):
        inside = path.relative_to(home.parent)
        if path.suffix == ".py" and (path.parent / "__init__.py").is_file():
            names.append(".".join(inside.with_suffix("").parts).removesuffix(".__init__"))
        elif path.is_file() and "__pycache__" not in inside.parts:
            rest.append((path, inside.parent.as_posix()))
    return names, rest
