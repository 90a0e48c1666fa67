"""Run as ``python -m restorer.cli``."""

from . import main

if __name__ == "__main__":
    main()
