"""One job: how often it touches its files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import restorer
from restorer import Job, Step

from helpers import make_photograph


def test_a_source_is_opened_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    source, opened = tmp_path / "in.png", []
    restorer.write(restorer.Image(make_photograph(24, 24)), source)
    open_path = Path.open

    def counted(path: Path, *arguments: Any, **options: Any) -> Any:
        opened.append(path)
        return open_path(path, *arguments, **options)

    monkeypatch.setattr(Path, "open", counted)
    job = Job(source, tmp_path / "out.png", (Step("panet-sr-x2-lite"),))
    assert restorer.run_job(job).status == "done"
    assert opened.count(source) == 1
