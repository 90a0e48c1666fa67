"""Run the command line as ``python -m restorer``; the one module of the core that knows it."""

from restorer.cli import main

if __name__ == "__main__":
    main()
