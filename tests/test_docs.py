"""The manual: examples run, commands and options exist, links lead somewhere, lists are whole."""

from __future__ import annotations

import doctest
import os
import re
import shlex
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from importlib.util import find_spec
from inspect import isfunction
from pathlib import Path
from typing import Any
from unittest.mock import patch

import click
import numpy as np
import pytest
from manual import GENERATED, commands, navigation

import restorer
from restorer.cli.group import cli

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
FUNCTIONS = [name for name in restorer.__all__ if isfunction(getattr(restorer, name))]
_BLOCK = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
TEXTS = [*sorted(DOCS.rglob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md"))]
PAGES = [page for page in TEXTS if _BLOCK.search(page.read_text("utf-8"))]
_FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```$", re.MULTILINE | re.DOTALL)
_SHELL = {"", "sh", "bash", "console"}
_FOREIGN = {  # options of other programs
    "--build-arg",
    "--constraint",
    "--editable",
    "--nproc-per-node",
    "--no-python",
    "--trained",
    "--train",
    "--variant",
    "--test",
    "--out",
    "--megapixels",
}


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


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
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
    plain = os.environ | {"MANUAL_LOOKS": "false", "NO_MKDOCS_2_WARNING": "1"}
    built = subprocess.run(command, cwd=ROOT, env=plain, capture_output=True, text=True)
    assert built.returncode == 0, built.stderr
    assert "restore_region" in (tmp_path / "site/api/restore.html").read_text("utf-8")


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_of_a_page_lead_somewhere(page: Path) -> None:
    text = _FENCE.sub("", page.read_text("utf-8"))
    text = re.sub(r"`[^`\n]*`", "", text)
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if re.match(r"\w+://|mailto:", target):
            continue
        name, _, anchor = target.partition("#")
        file = page.parent / name if name else page
        assert file.exists(), target
        if anchor:
            assert anchor in anchors(file), target


def anchors(page: Path) -> set[str]:
    """Return the anchors that mkdocs gives to the headings of a page."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    names = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    plain = (re.sub(r"[^\w\s-]", "", name.replace("`", "")).strip().lower() for name in names)
    return {re.sub(r"[-\s]+", "-", name) for name in plain}


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_commands_of_a_page_exist_with_their_options(page: Path) -> None:
    for line in command_lines(page.read_text("utf-8")):
        for words in re.split(r"\s(?:&&|\|\||[|;>])\s", line):
            if words.split()[:1] == ["restore"]:
                parse(shlex.split(words, comments=True)[1:])


def command_lines(text: str) -> Iterator[str]:
    """Yield the lines of a page that call the program, whole."""
    blocks = [match[3] for match in _FENCE.finditer(text) if match[2] in _SHELL]
    blocks += re.findall(r"^ {4}(restore .*)$", text, re.MULTILINE)
    named = re.findall(r"`(restore [a-z][^`]*)`", _FENCE.sub("", text))
    blocks += [f"{line} VALUE" for line in named]  # in a sentence, options may lack theirs
    for block in blocks:
        for line in block.replace("\\\n", " ").splitlines():
            found = re.match(r"\s*(?:\$ )?(?:\w+ install \S+ && )?(restore .*)", line)
            if found:
                yield found[1]


def parse(words: list[str]) -> None:
    """Parse a command line without running it; raises click's error for what does not exist."""
    words = [word for word in words if word not in ("...", "…")]
    if not words or words[0].startswith("-") or words[0].isupper():
        return
    command, used = cli.get_command(click.Context(cli), words[0]), 1
    assert command is not None, f"restore {words[0]}: no such command"
    while isinstance(command, click.Group) and len(words) > used:
        below, used = command.get_command(click.Context(command), words[used]), used + 1
        assert below is not None, f"restore {' '.join(words[:used])}: no such command"
        command = below
    context = click.Context(command, allow_extra_args=True)
    command.make_parser(context).parse_args(words[used:])


@pytest.mark.parametrize("page", TEXTS, ids=lambda page: str(page.relative_to(ROOT)))
def test_options_in_a_text_exist(page: Path) -> None:
    known = (
        {
            name
            for command in commands().values()
            for each in command.params
            for name in (*each.opts, *each.secondary_opts)
        }
        | {"--help", "--version"}
        | _FOREIGN
    )
    named = set(re.findall(r"`(--[a-z][a-z0-9-]*)", page.read_text("utf-8")))
    assert named <= known


@pytest.mark.parametrize("path", GENERATED, ids=lambda path: path.name)
def test_generated_page_is_current(path: Path) -> None:
    assert path.read_text("utf-8") == GENERATED[path](), "run: python tests/manual.py"


def test_every_page_is_in_the_navigation() -> None:
    listed = [page for _, pages in navigation() for page in pages]
    assert sorted(listed) == sorted(str(page.relative_to(DOCS)) for page in DOCS.rglob("*.md"))


def test_messages_of_troubleshooting_exist() -> None:
    sources = (p for folder in ("restorer", "cli", "gui") for p in (ROOT / folder).rglob("*.py"))
    joined = (re.sub(r'"\s*\n\s*f?"', "", path.read_text("utf-8")) for path in sources)
    code = re.sub(r"\{[^{}]*\}", "…", "\n".join(joined))
    text = (DOCS / "troubleshooting.md").read_text("utf-8")
    own, _ = text.split("## Messages of other programs")
    messages = re.findall(r"^\| `([^`]+)` \|", own, re.MULTILINE)
    assert len(messages) > 20
    for message in messages:
        for part in message.split("…"):
            assert part.strip() in code, message


def test_readme_stays_short() -> None:
    assert len((ROOT / "README.md").read_text("utf-8").splitlines()) < 120
