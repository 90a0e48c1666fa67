"""Photographs to train on."""

from __future__ import annotations

from pathlib import Path

import pytest

import restorer

from helpers import make_photograph


@pytest.fixture
def photographs(tmp_path: Path) -> Path:
    """Return a folder of three small photographs."""
    folder = tmp_path / "photographs"
    for number in range(3):
        restorer.write(restorer.Image(make_photograph(80, 90 + number)), folder / f"{number}.png")
    return folder
