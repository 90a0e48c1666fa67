"""The program of the application made by PyInstaller: the command line, and the window."""

import multiprocessing
import os
import sys
from pathlib import Path


def main() -> None:
    """Run the command line, or open the window."""
    # PyInstaller's libraries are for this program, not for the browser that it starts.
    given = os.environ.pop("LD_LIBRARY_PATH_ORIG", None)
    os.environ.pop("LD_LIBRARY_PATH", None)
    if given:
        os.environ["LD_LIBRARY_PATH"] = given
    if sys.platform in ("win32", "darwin") and opens_window(sys.argv[1:]):
        sys.argv.insert(1, "gui")
    from restorer.cli import main

    main()


def opens_window(words: list[str]) -> bool:
    """Return whether these are the words of a double click, or of files dropped on the program."""
    return all(Path(word).is_absolute() and Path(word).exists() for word in words)


if __name__ == "__main__":
    multiprocessing.freeze_support()  # first: a worker process never returns from it
    main()
