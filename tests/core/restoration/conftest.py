"""Fixtures of these tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from restorer.restoration import streaming as stream

from large_files import picture, write_small_strips


@pytest.fixture
def source(tmp_path: Path) -> Path:
    path = tmp_path / "in.tif"
    with path.open("w+b") as file:
        write_small_strips(file, picture(60, 48, 16, 3))
    return path


@pytest.fixture
def streams(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """The targets that were streamed."""
    seen: list[Path] = []
    write = stream.StreamedRestoration.write

    def spy(restoration: Any, target: Path, *arguments: Any, **options: Any) -> Any:
        seen.append(target)
        return write(restoration, target, *arguments, **options)

    monkeypatch.setattr(stream.StreamedRestoration, "write", spy)
    return seen
