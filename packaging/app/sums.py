"""Write SHA256SUMS of a folder, which `restore doctor --verify` and `sha256sum --check` read.

Run as: python packaging/app/sums.py FOLDER
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path


def main(folder: Path) -> None:
    """List all files below a folder but the list itself, by name."""
    target = folder / "SHA256SUMS"
    target.unlink(missing_ok=True)
    lines = [
        f"{digest(path)}  {path.relative_to(folder).as_posix()}\n"
        for path in sorted(folder.rglob("*"))
        if not path.is_dir()
    ]
    target.write_text("".join(lines), "utf-8", newline="\n")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal digits."""
    found = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            found.update(block)
    return found.hexdigest()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
