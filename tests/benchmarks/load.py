"""Memory, journal and time of a batch of very many small files, and of the same batch again.

python tests/benchmarks/load.py [FILES]

Runs the command `restore batch` on FILES (20,000) hard links to a JPEG of 16 x 16 pixels with a
network of two small blocks and random weights, so that everything but the network decides. Then
runs it again, which skips all files. Seconds are those of the processor, memory is resident.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import torch
from planning import write_files
from safetensors.torch import save_file

from restorer.networks.panet import PANetLite

WATCHED = """
import os, sys, time
from restorer.cli import report
from restorer.cli.group import main

count, add, start = 0, report.Report.add, report.Report.start
def memory():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
def started(self, job):
    if not count:
        print("start", time.process_time(), memory(), flush=True)
    start(self, job)
def added(self, job, result):
    global count
    add(self, job, result)
    count += 1
    if count == 100 or count % 1000 == 0:
        print(count, time.process_time(), memory(), flush=True)
report.Report.add, report.Report.start = added, started
try:
    main()
finally:
    print("end", time.process_time(), memory(), flush=True)
"""


def run(*words: str | Path) -> dict[str, tuple[float, float]]:
    """Return seconds and megabytes at several points of a command."""
    command = [sys.executable, "-c", WATCHED, *map(str, words), "--quiet"]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    printed = subprocess.run(
        command, stdout=subprocess.PIPE, text=True, check=True, env=environment
    ).stdout
    rows = [line.split() for line in printed.splitlines()]
    return {name: (float(seconds), int(size) / 1e6) for name, seconds, size in rows}


def main() -> None:
    files = int([*sys.argv[1:], "20000"][0])
    with tempfile.TemporaryDirectory() as scratch:
        source, target, model = (Path(scratch) / name for name in ("in", "out", "tiny.safetensors"))
        write_files(source, files)
        torch.manual_seed(0)
        network = PANetLite(scale=2, blocks=2, channels=8, attention_channels=0)
        save_file({k: v.contiguous() for k, v in network.state_dict().items()}, model)
        words = ("batch", source, target, "--model", model)
        first = run(*words)
        journal = sum(path.stat().st_size for path in (target / ".restorer").glob("*.jsonl"))
        again = run(*words)
    last = max((name for name in first if name.isdigit()), key=int)
    each = (first[last][0] - first["100"][0]) / (int(last) - 100)
    print(
        "| files | start s | ms a file | MB at 100 | MB at the end | journal, kB a file | again s |"
    )
    print("|---|---|---|---|---|---|---|")
    print(
        f"| {files:,} | {first['start'][0]:.1f} | {1000 * each:.1f} | {first['100'][1]:.0f}"
        f" | {first[last][1]:.0f} | {journal / files / 1000:.2f} | {again['end'][0]:.1f} |"
    )


if __name__ == "__main__":
    main()
