"""Copy the libraries of a desktop, with a font, into the application's folder for systems without.

Run as: python packaging/app/fallback.py FOLDER FONTS.CONF, on Debian.
The start script takes them only where the system has none of its own.
packaging/release.sh installs their packages.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

from debian import copy_copyright

# The C library and its loader, which belong together, and the parts of GCC that drivers share.
_SYSTEM = re.compile(
    r"(ld-linux.*|linux-vdso|lib(c|m|dl|rt|pthread|resolv|util|stdc\+\+|gcc_s))\.so"
)
_FONTS = ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf", "DejaVuSansMono.ttf")


def main(folder: Path, settings: Path) -> None:
    """Copy what Qt's part for X11 loads from the system."""
    target = folder / "fallback"
    (target / "fonts").mkdir(parents=True)
    sources = {*loaded(folder), *(Path("/usr/share/fonts/truetype/dejavu", x) for x in _FONTS)}
    for source in sorted(sources):
        shutil.copy(source, target / ("fonts" if source.suffix == ".ttf" else ""))
    shutil.copy(settings, target / "fonts.conf")
    copy_copyright(sources, folder / "_internal/licenses/debian")


def loaded(folder: Path) -> Iterator[Path]:
    """Yield the system's libraries that the window needs."""
    inside = folder / "_internal"
    plugin = inside / "PySide6/Qt/plugins/platforms/libqxcb.so"
    said = subprocess.run(
        ["ldd", str(plugin)],
        env={"LD_LIBRARY_PATH": str(inside)},
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    if "not found" in said:
        raise FileNotFoundError(f"{plugin}: a library of the desktop is not installed:\n{said}")
    for line in said.splitlines():
        found = re.match(r"\s*(\S+) => (/\S+)", line)
        if found and not _SYSTEM.match(found[1]) and not found[2].startswith(str(inside)):
            yield Path(found[2])


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
