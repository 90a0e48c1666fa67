"""Run the command line with ``python -m restorer``; no other module of the core imports it."""

from restorer.cli import main

if __name__ == "__main__":
    main()
