"""Debian's packages that files belong to, and their licenses."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path


def copy_copyright(files: Iterable[Path], target: Path) -> None:
    """Copy the license of each file's package into a folder named like the package."""
    for package in sorted({owner(each.resolve()) for each in files}):
        (target / package).mkdir(parents=True, exist_ok=True)
        shutil.copyfile(
            Path("/usr/share/doc", package, "copyright"), target / package / "copyright"
        )


def owner(path: Path) -> str:
    """Return the package of a file. Raises FileNotFoundError if there is none."""
    # /lib is a link to /usr/lib, and a package may have recorded either.
    for each in (path, Path("/", *path.parts[2:]) if path.is_relative_to("/usr") else path):
        said = subprocess.run(
            ["dpkg-query", "--search", str(each)], capture_output=True, text=True, check=False
        )
        if said.returncode == 0:
            return said.stdout.split(":")[0].split(",")[0]
    raise FileNotFoundError(f"{path}: belongs to no package, so its license is not known")
