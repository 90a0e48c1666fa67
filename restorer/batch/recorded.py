"""The recorded origin of a result: in the file, in its sidecar, or in the journal of its batch."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import msgspec

from restorer import formats
from restorer.batch.kept_rows import FOLDER
from restorer.batch.past import Past, read_past
from restorer.batch.stores.store import FileState
from restorer.errors import ImageError, SettingsError
from restorer.formats import history
from restorer.image import Metadata
from restorer.restoration.chosen import Chosen, is_automatic, repairing
from restorer.restoration.provenance import FileHash, Provenance
from restorer.settings import RunPlan, Settings, Step


@dataclass(frozen=True)
class Recorded:
    """The account of a result, and what a journal adds to it.

    Attributes:
        provenance: The account; without hashes of files if it comes from a journal.
        source: Path of the source at that time; None without a journal.
        source_state: State of the source when it was read, if a journal knows it.
        references: Paths of the references.
        plans: The plans of each page of a result, one after another, as far as all are known; of
            a picture, or the frames of an animation, those of the account.
        chosen: What `auto` chose for each page; one holds for all.
    """

    provenance: Provenance
    source: Path | None = None
    source_state: FileState | None = None
    references: tuple[Path, ...] = ()
    plans: tuple[RunPlan, ...] = ()
    chosen: tuple[Chosen, ...] = ()


def read_provenance(path: Path | str) -> Provenance:
    """Return how a result was made: from the file, its sidecar, or the journal of its batch.

    Args:
        path: A result, or its sidecar.

    Raises SettingsError if none of them records it, ImageError for a file that cannot be read.

    Examples:
        >>> (job,) = restorer.plan_sources(["photo.jpg"], "large", ["panet-sr-x2-lite"]).jobs
        >>> result = restorer.run_job(job)
        >>> found = restorer.read_provenance(result.target)
        >>> found.source.name, found.plans[0].model
        ('photo.jpg', 'panet-sr-x2-lite')
    """
    return find_record(Path(path)).provenance


def find_record(path: Path) -> Recorded:
    """Return what is recorded of a result; the errors are those of `read_provenance`."""
    past = _find_past(path)
    source, references = None, tuple[Path, ...]()
    if past is not None and past.done is not None:
        request = json.loads(past.request)
        source, references = Path(past.source), tuple(map(Path, request.get("references", ())))
    try:
        if accounts := history.accounts(_metadata(path)):
            provenance = Provenance.parse(accounts[-1])
        elif past is not None and past.done is not None:
            provenance = _of_journal(past)
        else:
            raise SettingsError(
                f"{path}: neither the file, nor a sidecar, nor a journal says how it was made"
            )
    except ValueError as error:
        raise SettingsError(f"{path}: its provenance cannot be read: {error}") from error
    done = None if past is None else past.done
    state = None if done is None else done.source_state
    pages = _pages(path)
    if pages is None:
        pages = [provenance]
    plans = tuple(plan for page in pages for plan in page.plans)
    if not pages and done is not None:
        plans = done.plans
    chosen = tuple(Chosen(page.steps, page.found) for page in pages if page.found)
    return Recorded(provenance, source, state, references, plans, chosen)


def _pages(path: Path) -> list[Provenance] | None:
    """Return the accounts of all pages, none unless all have one; None for a picture."""
    if path.suffix.lower() == history.SIDECAR:
        return None
    with formats.open_source(path, max_pixels=None) as file:
        if file.header.pages == 1 or file.animated:
            return None
        found: list[Provenance] = []
        for number in range(file.header.pages):
            accounts = history.accounts(file.page(number).metadata)
            if not accounts:
                return []
            found.append(Provenance.parse(accounts[-1]))
        return found


def _metadata(path: Path) -> Metadata:
    """Return the metadata that may hold an account: those of the file, or else of its sidecar."""
    try:
        if path.suffix.lower() == history.SIDECAR:
            return Metadata(xmp=history.read_sidecar(path))
        with formats.open_source(path, max_pixels=None) as file:
            metadata = file.metadata
        sidecar = history.sidecar_of(path)
        if not history.accounts(metadata) and sidecar.is_file():
            return Metadata(xmp=history.read_sidecar(sidecar))
    except OSError as error:
        raise ImageError(f"{path}: cannot be read: {error.strerror}") from error
    return metadata


def _find_past(path: Path) -> Past | None:
    """Return what the journals of the folders above a result know of it."""
    path = Path(os.path.abspath(path))
    for folder in path.parents:
        home = folder / FOLDER
        try:
            known = read_past(home).items() if home.is_dir() else ()
        except (OSError, ValueError):
            continue
        for target, past in known:
            if past.done is not None:
                name = Path(past.done.target).name  # it may have got a number
                if Path(os.path.normpath(folder / target)).with_name(name) == path:
                    return past
    return None


def _of_journal(past: Past) -> Provenance:
    assert past.done is not None, "a result was written"
    request = json.loads(past.request)
    steps = msgspec.convert(request["steps"], tuple[Step, ...])
    count, rest = divmod(len(past.done.plans), past.done.pages)
    each = past.done.pages > 1 and not rest and count >= len(steps)  # else they hold for all pages
    plans = past.done.plans[:count] if each else past.done.plans
    found = ""
    if is_automatic(steps[0]):
        if past.done.pages > 1:
            raise ValueError("the journal does not say what auto chose for each page")
        steps, found = _chosen_by_plans(steps, plans), "(not recorded)"
    return Provenance(
        request["version"],
        steps,
        plans,
        msgspec.convert(request["settings"], Settings),
        FileHash(Path(past.source).name, ""),
        tuple(FileHash(Path(each).name, "") for each in request.get("references", ())),
        found=found,
    )


def _chosen_by_plans(asked: tuple[Step, ...], plans: tuple[RunPlan, ...]) -> tuple[Step, ...]:
    """Return the steps that were chosen in place of an automatic one, and those behind it."""
    automatic, *others = asked
    count = len(plans) - len(others)
    return (*(repairing(automatic, plan.model) for plan in plans[:count]), *others)
