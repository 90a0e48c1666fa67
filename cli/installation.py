"""The installation: its commit and build, and whether its files match the release."""

from __future__ import annotations

import base64
import hashlib
import platform
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import metadata
from importlib.resources import files
from pathlib import Path

import restorer
from restorer import RestorerError

# The list of files in the folder of an application.
_SUMS = "SHA256SUMS"


def version_lines() -> list[str]:
    """Return the version, the commit, and how this copy was built, for people and bug reports."""
    system = f"Python {platform.python_version()}, {platform.system()} {platform.machine()}"
    return [
        f"restore, version {restorer.__version__}",
        f"commit {_commit()}",
        f"build: {_build()}, {system}",
    ]


def find_damage() -> tuple[str, int, list[str]]:
    """Compare all files with the list of the release.

    Returns the name of that list, the number of files on it, and a line for each file that is
    missing, changed or extra. A wheel has the list of its installer, for each of its libraries,
    too. Raises RestorerError where there is no list.
    """
    if folder := _application():
        sums = folder / _SUMS
        return (str(sums), *_compare_application(sums))
    if _build() == "editable":
        raise RestorerError(
            "an editable installation has no list of files to compare with; use git status"
        )
    found = [*_distributions("restorer")]
    counts, lines = zip(*map(_compare_distribution, found), strict=True)
    return f"RECORD of {len(found)} packages", sum(counts), [x for each in lines for x in each]


def _commit() -> str:
    """Return the commit of the build, or that of the clone that runs."""
    stamp = files("restorer") / "commit.txt"
    if stamp.is_file():
        commit, date = stamp.read_text("utf-8").split()
        return f"{commit} of {date}"
    clone = Path(restorer.__file__).parents[1]
    if not (clone / ".git").exists():
        return "unknown"
    git = ["git", "-C", str(clone)]
    words = [*git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    try:
        ended = subprocess.run(words, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):  # no git, or the clone of somebody else
        return "unknown"
    return ended.stdout.strip()


def _build() -> str:
    """Return the kind of installation."""
    if folder := _application():
        kind = folder / "build.txt"  # of a package that holds the application
        return kind.read_text("utf-8").strip() if kind.is_file() else "application"
    try:
        address = metadata.distribution("restorer").read_text("direct_url.json") or ""
    except metadata.PackageNotFoundError:
        return "sources"
    return "editable" if '"editable": true' in address else "Python package"


def _application() -> Path | None:
    """Return the folder of the application made by PyInstaller, if this is one."""
    return Path(sys.executable).parent if getattr(sys, "frozen", False) else None


def _compare_application(sums: Path) -> tuple[int, list[str]]:
    try:
        lines = sums.read_text("utf-8").splitlines()
    except OSError as error:
        raise RestorerError(f"{sums}: the list of files cannot be read: {error}") from error
    listed = {
        sums.parent / name: digest for digest, name in (line.split("  ", 1) for line in lines)
    }
    problems = [
        f"{problem}: {path}"
        for path, digest in listed.items()
        if (problem := _problem(path, "sha256", digest))
    ]
    found = {path for path in sums.parent.rglob("*") if not path.is_dir()}
    return len(listed), problems + [f"extra: {path}" for path in sorted(found - {*listed, sums})]


def _compare_distribution(found: metadata.Distribution) -> tuple[int, list[str]]:
    """Compare with RECORD, in which compiled modules and RECORD itself have no hash."""
    count, problems = 0, []
    for file in found.files or ():
        if file.hash and file.suffix != ".pyc":  # Python writes them anew
            count += 1
            padded = file.hash.value + "=" * (-len(file.hash.value) % 4)
            digest = base64.urlsafe_b64decode(padded).hex()
            path = Path(str(file.locate()))
            if problem := _problem(path, file.hash.mode, digest):
                problems.append(f"{problem}: {path}")
    return count, problems


def _problem(path: Path, algorithm: str, digest: str) -> str:
    """Return what is wrong with a file, or ''."""
    try:
        found = hashlib.new(algorithm)
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                found.update(block)
    except FileNotFoundError:
        return "missing"
    except OSError as error:
        return f"unreadable ({error.strerror})"
    return "" if found.hexdigest() == digest else "changed"


def _distributions(name: str) -> Iterator[metadata.Distribution]:
    """Yield a distribution and all installed ones that it requires, once each."""
    names, known = [name], set[str]()
    while names:
        name = re.sub(r"[-_.]+", "-", names.pop()).lower()
        if name in known:
            continue
        known.add(name)
        try:
            found = metadata.distribution(name)
        except metadata.PackageNotFoundError:  # an extra, or a library for other systems
            continue
        yield found
        names += [re.split(r"[^\w.-]", each, maxsplit=1)[0] for each in found.requires or ()]
