"""Check a job before hours of work, using only headers and the catalog."""

from __future__ import annotations

from restorer import formats
from restorer.batch.jobs import Job, LocalJob
from restorer.batch.staging import open_job
from restorer.errors import SettingsError
from restorer.restoration.chosen import scale_of_steps
from restorer.restoration.output import output_size
from restorer.restoration.reference.pairing import check_references
from restorer.settings.kinds import PageNumbers


def check_job(job: Job) -> formats.Header:
    """Return the header of the source, or raise an error if the job is bound to fail.

    Only headers, the catalog and the target path are examined, before hours of work. Refused are a
    source that is not a complete picture within the pixel limit, a target that cannot be created or
    whose format cannot hold the result, references that cannot help, and a file that is not a color
    profile. Raises ImageError, and SettingsError for references and profiles.

    Examples:
        >>> (job,) = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"]).jobs
        >>> header = restorer.check_job(job)
        >>> header.height, header.width
        (48, 64)
    """
    with open_job(job) as (source, local):
        check_result(local, source.header, scale_of(job))
        return source.header


def check_result(job: LocalJob, header: formats.Header, scale: int) -> formats.Format:
    """Return the format of the target; refuse what `check_job` refuses beside the source."""
    check_references(job.source, job.references, header)
    formats.find_profile(job.settings.profile)
    count = len(chosen_pages(job, header))
    size = output_size(header.height * scale, header.width * scale, job.settings)
    format = formats.check_target(job.target, *size)
    bits = job.settings.bits or header.bits
    raw_bytes = size[0] * size[1] * header.channels * bits / 8
    if count > 1 and format.page_writer:
        raw_bytes *= count
        if job.explain:
            raise SettingsError(f"{job.source}: explain: has {count} pages; choose one of them")
    formats.check_creatable(job.target, int(raw_bytes * format.least_share))
    return format


def chosen_pages(job: LocalJob, header: formats.Header) -> list[int]:
    """Return the numbers, from 0, of the pages that a job restores, in their order.

    Raises SettingsError where the file has no such page.
    """
    if job.settings.pages is None:
        return [*range(header.pages)]
    ranges = PageNumbers.ranges(job.settings.pages)
    last = max(last for _, last in ranges)
    if last > header.pages:
        has = "1 page" if header.pages == 1 else f"{header.pages} pages"
        raise SettingsError(f"{job.source}: pages {job.settings.pages}: the file has {has}")
    return sorted({number for first, last in ranges for number in range(first - 1, last)})


def scale_of(job: Job) -> int:
    """Return the scale of all steps together."""
    return scale_of_steps(job.known_steps)
