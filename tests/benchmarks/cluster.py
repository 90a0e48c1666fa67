"""Files a second of a Ray cluster with 1, 2 and 4 workers, and of jobs that do nothing.

python tests/benchmarks/cluster.py [FILES] [MILLISECONDS]

The network is a stand-in that sleeps, so that workers do not compete for the cores of one machine.
Its pictures are read and written for real. Jobs without a pause do nothing, so that what is left is
the cost of the driver.
"""

from __future__ import annotations

import os
import resource
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

import restorer
from restorer.batch.engines import worker
from restorer.batch.engines.cluster.connection import connected
from restorer.batch.jobs import Job, JobContext, Result
from restorer.inference.devices import set_cpu_threads

MODEL = "panet-denoise-lite"


@dataclass(frozen=True)
class SleepingJob(Job):
    """A job that copies its picture after a pause; without a pause it does nothing."""

    pause_s: float = 0.0

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Replace the network in the worker that receives the job."""
        self.__dict__.update(state)
        worker.run_job = run  # type: ignore[assignment]


def run(job: SleepingJob, context: JobContext) -> Result:
    if job.pause_s:
        image = restorer.read(job.source)
        time.sleep(job.pause_s)
        restorer.write(image, job.target)
    return Result("done", job.target)


def seconds(jobs: list[Job], workers: int) -> float:
    """Return the seconds between the first result and the last."""
    ends = []
    for event in restorer.run_jobs(jobs, engine="ray", workers=workers):
        if isinstance(event, restorer.Finished):
            assert event.result.status == "done", event.result
            ends.append(time.perf_counter())
    assert len(ends) == len(jobs)
    return ends[-1] - ends[0]


def main() -> None:
    files, pause_ms = map(int, [*sys.argv[1:], "400", "100"][:2])
    os.environ["PYTHONPATH"] = str(Path(__file__).parent)
    set_cpu_threads(4)  # so many workers
    print("| workers | ms a file | files | files a second |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as scratch, connected(None):
        source = Path(scratch, "in.png")
        restorer.write(restorer.Image(np.zeros((64, 64, 3), np.uint8)), source)
        for number, (workers, pause_s, count) in enumerate(
            [(n, pause_ms / 1000, files) for n in (1, 2, 4)] + [(n, 0.0, 20000) for n in (1, 4)]
        ):
            jobs: list[Job] = [
                SleepingJob(source, Path(scratch, f"{number}/{n}.png"), (MODEL,), pause_s=pause_s)
                for n in range(count)
            ]
            rate = (count - 1) / seconds(jobs, workers)
            print(f"| {workers} | {pause_s * 1000:.0f} | {count} | {rate:.1f} |", flush=True)
    print(f"driver: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    from cluster import main as imported  # so that workers find the job's class

    imported()
