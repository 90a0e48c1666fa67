"""JobRun: a job that is running on its open file, with the resources of its process."""

from __future__ import annotations

from contextlib import AbstractContextManager
from dataclasses import dataclass, replace

from restorer import formats
from restorer.batch.jobs import JobContext, LocalJob
from restorer.batch.memory import MemoryBudget
from restorer.inference.devices import available_devices, cpu_threads
from restorer.models.catalog import ModelSpec
from restorer.restoration import footprint
from restorer.restoration.chosen import expected_specs
from restorer.restoration.provenance import FileHash
from restorer.restoration.reference.files import MOST
from restorer.restoration.streaming import BAND_ROWS


@dataclass(frozen=True, eq=False)
class JobRun:
    """A job at work.

    Attributes:
        job: What is done.
        source: The file that it reads, or a page of it.
        format: The format of its target.
        context: Gets the progress, and runs the networks.
        memory: The budget of all pictures in flight.
    """

    job: LocalJob
    source: formats.ImageFile
    format: formats.Format
    context: JobContext
    memory: MemoryBudget

    @property
    def file(self) -> FileHash | None:
        """Name and hash of the source, if they are recorded; the file is read once for it."""
        if self.job.settings.provenance == "none":
            return None
        return FileHash(self.job.source.name, self.source.sha256())

    @property
    def times(self) -> formats.Times | None:
        """The times that the result gets; None for those of now."""
        return self.source.times if self.job.settings.keep_times else None

    def picture_bytes(self, header: formats.Header) -> int:
        """Return the estimated peak of the pictures of a header and its result, held whole."""
        return footprint.picture_bytes(header, self._specs, self.job.settings.bits)

    def reserve_whole(self, header: formats.Header) -> AbstractContextManager[None]:
        """Hold the memory for a picture that is restored whole; wait for it. Raises Cancelled."""
        settings = self.job.settings
        maps = 0 if settings.context == "tile" else settings.memory or self.memory.total
        pictures = 1 + min(len(self.job.references), MOST)
        return self._reserve(maps + self._peak(header, pictures))

    def reserve_band(self) -> AbstractContextManager[None]:
        """Hold the memory for a band of the source; wait for it. Raises Cancelled."""
        header = self.source.header
        return self._reserve(self._peak(replace(header, height=min(header.height, BAND_ROWS))))

    def _reserve(self, size_bytes: int) -> AbstractContextManager[None]:
        return self.memory.reserve(size_bytes, self.context.check_cancel)

    def _peak(self, header: formats.Header, pictures: int = 1) -> int:
        settings = self.job.settings
        return footprint.job_bytes(
            header,
            self._specs,
            settings.bits,
            side=settings.tile,
            tiles=settings.device == "cpu" or available_devices()[0] == "cpu",
            at_once=cpu_threads(),
            pictures=pictures,
        )

    @property
    def _specs(self) -> list[ModelSpec]:
        return expected_specs(self.job.known_steps)
