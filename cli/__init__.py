"""The command line: words and exit codes around the core's events."""

from .group import main

__all__ = ["main"]
