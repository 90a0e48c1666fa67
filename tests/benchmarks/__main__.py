"""Run all benchmarks and put what they print into docs/benchmarks.md.

python tests/benchmarks [NAME ...]

A section of that page holds the output of the script its mark names, ``<!-- attention -->`` to
``<!-- end -->``; ``speed`` is ``restore bench``. Takes about half an hour on two cores.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
PAGE = HERE.parents[1] / "docs" / "benchmarks.md"
COMMANDS = {
    "speed": [
        *("-m", "restorer.cli", "bench", "--megapixels", "0.25,1,4,12,24"),
        *("--precision", "fp32", "--precision", "auto", "--plot", str(PAGE.parent / "speed.png")),
    ],
}


def main(names: list[str]) -> None:
    page = PAGE.read_text("utf-8")
    for name in names or re.findall(r"<!-- (?!end)(\w+) -->", page):
        command = COMMANDS.get(name, [str(HERE / f"{name}.py")])
        printed = subprocess.run(
            [sys.executable, *command], stdout=subprocess.PIPE, text=True, check=True
        ).stdout.strip()
        print(printed, flush=True)
        block = printed if printed.startswith("|") else f"```\n{printed}\n```"
        mark = re.compile(rf"(<!-- {name} -->\n).*?(\n<!-- end -->)", re.DOTALL)
        page = mark.sub(lambda found, text=block: found[1] + text + found[2], page)
        PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
