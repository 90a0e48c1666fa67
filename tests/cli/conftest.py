"""The commands in this process, and folders of tiny pictures for them."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

from restorer import Image, write
from restorer.cli.group import cli

Restore = Callable[..., Result]


@pytest.fixture
def restore() -> Restore:
    """Run `restore` with some words; bugs are raised."""

    def run(*words: str | Path) -> Result:
        arguments = [str(word) for word in words]
        return CliRunner().invoke(cli, arguments, prog_name="restore", catch_exceptions=False)

    return run


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder as users have it: three good pictures, two bad ones, two files of junk."""
    source = tmp_path / "in"
    picture(source / "a.png")
    picture(source / "b.png")
    picture(source / "sub folder" / "Grüße 写真.png")
    (source / "empty.jpg").touch()
    (source / "cut.png").write_bytes((source / "a.png").read_bytes()[:200])
    (source / "notes.txt").write_text("words")
    (source / ".DS_Store").write_bytes(b"\0\0\0\1Bud1")
    return source


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def picture(path: Path, height: int = 16, width: int = 20) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(1).integers(0, 256, (height, width, 3), np.uint8)
    write(Image(pixels), path)
    return path


@pytest.fixture
def make_picture() -> Callable[..., Path]:
    return picture


@pytest.fixture(autouse=True)
def _no_handlers_left() -> Iterator[None]:
    yield
    assert not logging.getLogger("restorer").handlers
