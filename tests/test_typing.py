"""The types of the public functions, as a user's type checker sees them."""

from __future__ import annotations

import ast
from inspect import isfunction
from pathlib import Path

import restorer
from restorer.models.catalog import tomllib

ROOT = Path(__file__).parents[1]
USER = ROOT / "tests" / "typing" / "user.py"


def test_the_program_of_a_user_calls_every_public_function() -> None:
    calls = [
        n.func for n in ast.walk(ast.parse(USER.read_text("utf-8"))) if isinstance(n, ast.Call)
    ]
    called = {func.attr for func in calls if isinstance(func, ast.Attribute)}
    functions = {name for name in restorer.__all__ if isfunction(getattr(restorer, name))}
    assert functions <= called


def test_mypy_checks_the_program_of_a_user() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    assert settings["strict"]
    assert "tests/typing" in settings["files"]
