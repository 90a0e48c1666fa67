"""Models in Python packages that contain only data: ``restorer.weights/packages.toml``."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from importlib.util import find_spec
from pathlib import Path
from typing import Any

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

EXTRA = "realphoto"  # installs these packages


@cache
def package_tables() -> tuple[Mapping[str, Any], ...]:
    """Return the catalog entries of all packages, installed or not."""
    text = files("restorer.weights").joinpath("packages.toml").read_text("utf-8")
    return tuple(
        entry
        for package in tomllib.loads(text)["package"]
        for network in package["network"]
        for entry in _entries(package, network)
    )


@cache
def package_folder(package: str) -> Path | None:
    """Return the folder of an installed package, which is not imported; otherwise None."""
    found = find_spec(package)
    places = None if found is None else found.submodule_search_locations
    return Path(places[0]) if places else None


def _entries(package: Mapping[str, Any], network: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    shared = {key: value for key, value in network.items() if key != "models"}
    for model in network["models"]:
        yield {
            **shared,
            "id": model["id"],
            "title": model["title"],
            "architecture": "ncnn",
            "license": package["license"],
            "source": package["source"],
            "weights": {
                "name": f"models/{model['file']}.bin",
                "sha256": model["sha256"],
                "size": model["size"],
                "package": package["name"],
            },
        }
