"""Command lines for users."""

from __future__ import annotations

import pytest

from restorer import join_command
from restorer.settings import command_line


def test_lines_are_quoted_for_the_shell_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    words = ["restore", "image", "my photo's.jpg"]
    monkeypatch.setattr(command_line, "_WINDOWS", False)
    assert join_command(words) == "restore image 'my photo'\"'\"'s.jpg'"
    monkeypatch.setattr(command_line, "_WINDOWS", True)
    assert join_command(words) == 'restore image "my photo\'s.jpg"'
