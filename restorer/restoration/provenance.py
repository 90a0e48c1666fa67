"""Provenance: the record of how a picture was restored, from which it can be repeated.

It names files but no folders, so that a picture that is passed on tells nothing of the machine.
"""

from __future__ import annotations

import json
import ntpath
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import msgspec

import restorer
from restorer.errors import ImageFormatError, SettingsError
from restorer.formats import history
from restorer.formats.files import file_sha256
from restorer.image import Image
from restorer.settings import RunPlan, Settings, Step, plain

VERSION = 1  # raised when a reader of an older version would misread an account

# Settings that do not decide the pixels, or that the plans hold as resolved.
_LEFT_OUT = ("device", "precision", "memory", "existing", "keep_times", "max_pixels", "provenance")


@dataclass(frozen=True)
class FileHash:
    """A file by its name, without its folder, and the SHA-256 of its content."""

    name: str
    sha256: str

    @classmethod
    def of(cls, path: str | os.PathLike[str]) -> FileHash:
        """Read a file. Raises ImageFormatError."""
        path = Path(path)
        try:
            return cls(path.name, file_sha256(path))
        except OSError as error:
            raise ImageFormatError(f"{path}: cannot be read: {error.strerror}") from error


@dataclass(frozen=True)
class Provenance:
    """How a picture was restored.

    Attributes:
        version: Version of the program.
        steps: The steps as they were asked for, or as they were chosen in place of `auto`.
        plans: The plan of each network that ran; a step with a base model has two.
        settings: The settings that decide the pixels and the file, beside the plans.
        source: The source; None for a picture in memory.
        references: The references in use, in order.
        machine: Kind of processor and version of PyTorch; empty where nothing was computed.
        generative: Whether a model invented texture (`ModelSpec.kind`).
        found: What `auto` found in the picture, for which it chose the steps; else empty.
    """

    version: str
    steps: tuple[Step, ...]
    plans: tuple[RunPlan, ...]
    settings: Settings
    source: FileHash | None = None
    references: tuple[FileHash, ...] = ()
    machine: str = ""
    generative: bool = False
    found: str = ""

    def dump(self) -> bytes:
        """Return compact JSON, without defaults and folders."""
        account: dict[str, Any] = {"restorer": VERSION, "version": self.version}
        if self.machine:
            account["machine"] = self.machine
        if self.generative:
            account["generative"] = True
        if self.found:
            account["found"] = self.found
        if self.source is not None:
            account["source"] = plain(self.source)
        if self.references:
            account["references"] = [plain(each) for each in self.references]
        account["steps"] = [_short(step, model=_name(step.model)) for step in self.steps]
        account["plans"] = [_short(plan, model=_name(plan.model)) for plan in self.plans]
        settings = replace(self.settings, **{name: _DEFAULTS[name] for name in _LEFT_OUT})
        account["settings"] = _short(settings, profile=_name(settings.profile))
        return json.dumps(account, separators=(",", ":")).encode()

    @classmethod
    def parse(cls, text: str | bytes) -> Provenance:
        """Return the account that `dump` wrote; unknown fields are left out.

        Raises ValueError for any other text, and for one of a newer version of the program.
        """
        account = json.loads(text)
        if not isinstance(account, dict) or "restorer" not in account:
            raise ValueError("no account of a restoration")
        if account["restorer"] != VERSION:
            raise ValueError("written by a newer version of the program")
        try:
            return msgspec.convert(account, cls)
        except SettingsError as error:
            raise ValueError(str(error)) from error


def with_provenance(image: Image, provenance: Provenance) -> Image:
    """Return an image whose metadata say how it was made; `write` puts that into the file."""
    metadata = history.without(image.metadata)
    blocks = {**metadata.blocks, history.BLOCK: provenance.dump()}
    return replace(image, metadata=replace(metadata, blocks=blocks))


def provenance_of(image: Image) -> Provenance | None:
    """Return the provenance in an image's metadata; None if they have none.

    Raises ValueError for a record by a newer version of the program, or a damaged one.

    Examples:
        >>> image = restorer.restore(restorer.read("noisy.png"), "panet-denoise-lite")
        >>> restorer.provenance_of(image).steps[0].model
        'panet-denoise-lite'
        >>> notes = restorer.write(image, "clean.jpg")
        >>> restorer.provenance_of(restorer.read("clean.jpg")).plans[0].origin
        'estimated'
    """
    block = image.metadata.blocks.get(history.BLOCK)
    found = [block] if block else history.accounts(image.metadata)
    return Provenance.parse(found[-1]) if found else None


def amend_provenance(
    image: Image, steps: Iterable[Step], settings: Settings, *, found: str = ""
) -> Image:
    """Return a restored image with a provenance for other steps or settings than those of its run.

    `found` is what `auto` found, where it chose the steps. An image without provenance stays as it
    is.

    Examples:
        >>> image = restorer.restore(restorer.read("noisy.png"), "panet-denoise-lite")
        >>> step = restorer.Step("panet-denoise-lite", strength=0.5)
        >>> image = restorer.amend_provenance(image, [step], restorer.Settings(quality=80))
        >>> restorer.provenance_of(image).settings.quality
        80
    """
    known = provenance_of(image)
    if known is None:
        return image
    amended = replace(known, steps=tuple(steps), settings=settings, found=found)
    return with_provenance(image, amended)


def account_of(
    steps: Iterable[Step],
    plans: Sequence[RunPlan],
    settings: Settings,
    source: FileHash | None,
    references: Iterable[FileHash] = (),
    *,
    generative: bool = False,
    found: str = "",
) -> Provenance:
    """Return the account of a run of this version of the program."""
    from restorer.inference.devices import machine_of  # loads torch; pictures are read without it

    return Provenance(
        restorer.__version__,
        tuple(steps),
        tuple(plans),
        settings,
        source,
        tuple(references),
        machine_of(plans[0].device) if plans else "",
        generative,
        found,
    )


_DEFAULTS: Mapping[str, Any] = {each.name: each.default for each in fields(Settings)}


def _short(value: Any, **changes: str) -> dict[str, Any]:
    """Return the fields that have another value than their default."""
    own = plain(replace(value, **changes))
    defaults = {each.name: each.default for each in fields(value)}
    return {name: found for name, found in own.items() if found != defaults[name]}


def _name(path: str) -> str:
    """Return the name of a file from its path; ids and words have no folders."""
    return ntpath.basename(path)
