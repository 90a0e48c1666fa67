"""Collect the licenses of all parts of the application: distributions, Python, libraries."""

from __future__ import annotations

import re
import shutil
import sys
import sysconfig
from collections.abc import Iterable
from importlib import metadata
from pathlib import Path

from debian import copy_copyright

HERE = Path(__file__).parent
_LICENSE = re.compile(r"(licen[cs]e|copying|notice|authors|copyright)", re.IGNORECASE)
# Tools of the build, of which the application contains nothing.
_TOOLS = {"pip", "setuptools", "altgraph", "packaging", "pyinstaller-hooks-contrib"}
# Distributions without the text of their license.
_TEXTS = dict.fromkeys(("pyside6-essentials", "shiboken6"), ("LGPL-3.0.txt", "GPL-3.0.txt"))


def collect(folder: Path, libraries: Iterable[Path]) -> None:
    """Write a folder for each part; `libraries` are the binaries, wherever they come from."""
    shutil.rmtree(folder, ignore_errors=True)
    for found in sorted(metadata.distributions(), key=name_of):
        if name_of(found) not in _TOOLS:
            copy_texts(found, folder / name_of(found))
    copy_python_license(folder / "python")
    if shutil.which("dpkg-query"):
        ours = (sys.prefix, *((sys.base_prefix,) if sys.base_prefix != "/usr" else ()))
        system = [x for x in libraries if not any(x.is_relative_to(home) for home in ours)]
        copy_copyright(system, folder / "debian")


def name_of(found: metadata.Distribution) -> str:
    """Return the normalized name of a distribution."""
    return re.sub(r"[-_.]+", "-", found.metadata["Name"]).lower()


def copy_texts(found: metadata.Distribution, target: Path) -> None:
    """Copy all texts that a distribution has on its licenses, and its own words on them."""
    target.mkdir(parents=True)
    for file in found.files or ():
        inside = file.parts[0].endswith(".dist-info")
        named = Path(*file.parts[1:] if inside else file.parts[-1:])
        if _LICENSE.search(str(named)) and (inside or file.suffix in ("", ".txt", ".md", ".rst")):
            place = target / (named if inside else Path(*file.parts[-2:]))
            place.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(str(file.locate()), place)
    for name in _TEXTS.get(name_of(found), ()):
        shutil.copyfile(HERE / "licenses" / name, target / name)
    words = found.metadata
    lines = [f"{words['Name']} {words['Version']}", words["License-Expression"] or words["License"]]
    lines += [x for x in words.get_all("Classifier") or () if x.startswith("License ::")]
    lines += [words["Home-page"], *(words.get_all("Project-URL") or ())]
    text = "\n".join(line for line in lines if line)
    (target / "ORIGIN.txt").write_text(text + "\n", "utf-8")


def copy_python_license(target: Path) -> None:
    """Copy the license of Python, from where it was installed or packaged."""
    target.mkdir(parents=True)
    number = f"{sys.version_info.major}.{sys.version_info.minor}"
    places = (
        Path(sysconfig.get_path("stdlib"), "LICENSE.txt"),
        Path(sys.base_prefix, "LICENSE.txt"),  # on Windows
        Path(f"/usr/share/doc/python{number}/copyright"),
    )
    source = next((place for place in places if place.is_file()), None)
    if source is None:
        raise FileNotFoundError("the license of Python is not where it is looked for")
    shutil.copyfile(source, target / "LICENSE.txt")
