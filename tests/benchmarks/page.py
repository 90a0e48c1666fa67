"""Generated sections of a page, from ``<!-- name -->`` to ``<!-- end -->``."""

from __future__ import annotations

import re
from pathlib import Path


def marks(page: Path) -> list[str]:
    """Return the names of the sections."""
    return re.findall(r"<!-- (?!end)([\w-]+) -->", page.read_text("utf-8"))


def fill(page: Path, name: str, block: str) -> None:
    """Replace the content of a section."""
    mark = re.compile(rf"(<!-- {name} -->\n).*?(\n?<!-- end -->)", re.DOTALL)
    text, count = mark.subn(
        lambda found: f"{found[1]}{block}\n<!-- end -->", page.read_text("utf-8")
    )
    if count != 1:
        raise ValueError(f"{page}: contains {count} sections {name!r}, expected one")
    page.write_text(text, "utf-8")
