"""Run all benchmarks and write their output into docs/benchmarks.md.

python tests/benchmarks [NAME ...]
python tests/benchmarks quality --data DIR

Each section of that page, from a mark such as ``<!-- attention -->`` to ``<!-- end -->``, contains
the output of the script with that name; ``speed`` is ``restore bench``. This takes about half an
hour on two cores. ``card`` needs a GPU, and runs only where it is named. The second form fills
docs/quality.md and docs/reference-sr.md; see quality.py.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from page import fill, marks

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
COMMANDS = {
    "speed": [
        *("-m", "restorer.cli", "bench", "--megapixels", "0.25,1,4,12,24"),
        *("--precision", "fp32", "--precision", "auto", "--plot", str(PAGE.parent / "speed.png")),
    ],
}


def main(names: list[str]) -> None:
    if names[:1] == ["quality"]:
        sys.exit(subprocess.run([sys.executable, HERE / "quality.py", *names[1:]]).returncode)
    for name in names or [mark for mark in marks(PAGE) if mark != "card"]:
        command = COMMANDS.get(name, [str(HERE / f"{name}.py")])
        printed = subprocess.run(
            [sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()
        print(printed, flush=True)
        fill(PAGE, name, printed if printed.startswith("|") else f"```\n{printed}\n```")


if __name__ == "__main__":
    main(sys.argv[1:])
