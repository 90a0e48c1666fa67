"""Finished rows of a very large picture, kept on disk until its job ends."""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path

from restorer import formats
from restorer.batch.jobs import LocalJob
from restorer.batch.past import request_text
from restorer.batch.stores.store import FileState
from restorer.errors import Cancelled
from restorer.restoration.spool import Resumption

log = logging.getLogger(__name__)

FOLDER = ".restorer"  # of a batch, in the folder of its results

_LONG_PIXELS = 16_000_000  # a CPU takes minutes for so many


@contextmanager
def kept_rows(job: LocalJob, header: formats.Header, scale: int) -> Iterator[Resumption | None]:
    """Give the place of the rows of a job, and remove them when the job ends.

    What was stopped has not ended: the next batch into the folder goes on with its rows.

    None for a job outside of the folder of a batch, for a picture that takes no long time, and
    where the disk has no room for rows and result.
    """
    resumption = _resumption(job, header, scale)
    ended = True
    try:
        yield resumption
    except (Cancelled, KeyboardInterrupt):
        ended = False
        raise
    finally:
        if ended and resumption is not None:
            resumption.remove()


def _resumption(job: LocalJob, header: formats.Header, scale: int) -> Resumption | None:
    target, state = Path(os.path.abspath(job.target)), FileState.of(job.source)
    home = next((p / FOLDER for p in target.parents if (p / FOLDER).is_dir()), None)
    if home is None or state is None or header.height * header.width < _LONG_PIXELS:
        return None
    bits = job.settings.bits or header.bits
    size = header.height * header.width * header.channels * scale**2 * bits // 8
    if 2 * size > shutil.disk_usage(home).free:
        log.warning("%s: no room on the disk to keep finished rows", job.source)
        return None
    name = os.path.relpath(target, home.parent)
    identity = {
        "request": request_text(job.options),
        "memory": job.settings.memory,  # tiles of the old size may not fit
        "source": os.path.abspath(job.source),
        "state": asdict(state),
    }
    return Resumption(home / hashlib.sha256(os.fsencode(name)).hexdigest()[:32], identity)
