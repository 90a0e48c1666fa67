"""The manual: its examples run, and its API pages list the public names."""

from __future__ import annotations

import doctest
import re
import subprocess
import sys
from collections import Counter
from importlib.util import find_spec
from inspect import isfunction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import pytest

import restorer

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FUNCTIONS = [name for name in restorer.__all__ if isfunction(getattr(restorer, name))]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PAGES = [page for page in sorted(DOCS.rglob("*.md")) if _BLOCK.search(page.read_text("utf-8"))]


@pytest.fixture
def photos(tmp_path: Path, store: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with the files that the examples name."""
    y, x = np.mgrid[0:48, 0:64]
    clean = np.stack([128 + 90 * np.sin(x / 7), 4 * y, 255 - 3 * x], axis=2)
    noisy = clean + np.random.default_rng(0).normal(0, 20, clean.shape)
    (tmp_path / "photos").mkdir()
    files = {"photo.jpg": clean, "sharp.jpg": clean, "clean.png": clean, "noisy.png": noisy}
    files |= {"small.png": clean[:24, :32], "photos/a.jpg": clean, "photos/b.png": noisy}
    for name, pixels in files.items():
        image = restorer.Image(np.clip(np.rint(pixels), 0, 255).astype(np.uint8))
        restorer.write(image, tmp_path / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", PAGES, ids=[str(page.relative_to(DOCS)) for page in PAGES])
@pytest.mark.usefixtures("photos")
def test_examples_of_a_page_run_from_top_to_bottom(page: Path) -> None:
    names: dict[str, Any] = {"__name__": "__main__"}
    with patch.dict(restorer.ARCHITECTURES):  # a page adds one
        for match in _BLOCK.finditer(page.read_text("utf-8")):
            line = page.read_text("utf-8")[: match.start()].count("\n") + 1
            exec(compile("\n" * line + match[1], str(page), "exec"), names)


@pytest.mark.parametrize("name", FUNCTIONS)
@pytest.mark.usefixtures("photos")
def test_example_of_a_function_shows_its_result(name: str) -> None:
    names = {"restorer": restorer, "np": np, "Path": Path}
    (test,) = doctest.DocTestFinder(recurse=False).find(getattr(restorer, name), name, globs=names)
    assert test.examples, f"{name}: the docstring has no example"
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    report: list[str] = []
    outcome = doctest.DocTestRunner(optionflags=flags).run(test, out=report.append)
    assert outcome.failed == 0, "".join(report)


def test_every_public_name_is_on_one_page_of_the_api() -> None:
    pages = "\n".join(page.read_text("utf-8") for page in (DOCS / "api").glob("*.md"))
    listed = Counter(re.findall(r"^::: restorer\.(\w+)$", pages, re.MULTILINE))
    assert listed == Counter(restorer.__all__)


@pytest.mark.skipif(find_spec("mkdocs") is None, reason="needs the extra docs")
def test_site_builds_without_warnings(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    command += ["--site-dir", str(tmp_path / "site")]
    built = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr
    assert "restore_region" in (tmp_path / "site/api/restore.html").read_text("utf-8")
