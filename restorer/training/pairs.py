"""Pair the files of two folders: the degraded input and the clean target of each picture."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from restorer.errors import SettingsError
from restorer.formats import READABLE, probe

_SHOWN = 5  # file names in a message
# Final parts of names that tell the two sides of a pair apart: 0801x2, kodim01_noisy, 12-HR.
_WORDS = (
    "noisy noise clean denoised input output target truth gt lr hr lq hq small large degraded"
    " original orig jpeg blurred sharp restored"
)
_SIDES = re.compile(
    rf"[-_. ](?:{'|'.join(_WORDS.split())})$|(?:[-_. ]|(?<=\d))x[1-8]$", re.IGNORECASE
)


@dataclass(frozen=True)
class Matches:
    """The pairs of two folders.

    Attributes:
        pairs: (input, target), in the order of the targets.
        unmatched: Files of both folders without a counterpart.
    """

    pairs: tuple[tuple[Path, Path], ...]
    unmatched: tuple[Path, ...]


def match_pairs(inputs: Path, targets: Path) -> Matches:
    """Match the images below two folders by their names.

    Names are compared without the type of the file, together with their subfolder. Those without a
    counterpart are compared again without a final word such as ``_noisy``, ``_HR`` or ``x2``.

    Raises SettingsError for folders without images or without a pair, and for names that match
    several files.
    """
    given, wanted = list_images(inputs), list_images(targets)
    found: dict[Path, Path] = {}  # input by target
    for shorten in (False, True):
        taken = set(found.values())
        candidates = _by_key((p for p in given if p not in taken), inputs, shorten=shorten)
        open_targets = _by_key((p for p in wanted if p not in found), targets, shorten=shorten)
        for key, own in open_targets.items():
            matching = candidates.get(key, [])
            if matching and len(matching) + len(own) > 2:
                names = listed([*matching, *own])
                raise SettingsError(f"{key}: several files match: {names}; rename or remove some")
            if matching:
                found[own[0]] = matching[0]
    if not found:
        raise SettingsError(
            f"{inputs}, {targets}: no names match, such as {given[0].name} and {wanted[0].name};"
            " expected equal names, or names such as a_noisy.png and a.png"
        )
    taken = set(found.values())
    unmatched = [p for p in given if p not in taken] + [p for p in wanted if p not in found]
    pairs = tuple((found[target], target) for target in wanted if target in found)
    return Matches(pairs, tuple(unmatched))


def common_scale(pairs: Sequence[tuple[Path, Path]], scale: int | None = None) -> int:
    """Return the scale of the targets relative to the inputs, 1 for equal sizes.

    Targets may have up to `scale` - 1 additional rows and columns at the end. Raises SettingsError
    if a pair has another scale than `scale`, or than the first pair.
    """
    for taken, target in pairs:
        small, large = probe(taken), probe(target)
        wanted = scale or max(1, large.width // small.width)
        if (small.height, small.width) != (large.height // wanted, large.width // wanted):
            raise SettingsError(
                f"{taken}: {small.width} x {small.height} pixels, but {target} has {large.width} x"
                f" {large.height}; expected {large.width // wanted} x {large.height // wanted} for"
                f" scale {wanted}"
            )
        scale = wanted
    assert scale is not None, "there are pairs"
    return scale


def list_images(folder: Path) -> list[Path]:
    """Return the images below a folder, sorted. Raises SettingsError if there are none."""
    found = sorted(p for p in folder.rglob("*") if p.suffix.lower() in READABLE and p.is_file())
    if not found:
        raise SettingsError(f"{folder}: contains no images, or is not a folder")
    return found


def listed(paths: Sequence[Path]) -> str:
    """Return the first names, and the number of the others."""
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(str(path) for path in paths[:_SHOWN]) + more


def bare_stem(path: Path) -> str:
    """Return the name without type and without a final word such as ``_noisy``."""
    return _SIDES.sub("", path.stem) or path.stem


def _by_key(paths: Iterable[Path], root: Path, *, shorten: bool) -> Mapping[str, list[Path]]:
    keyed: dict[str, list[Path]] = defaultdict(list)
    for path in paths:
        stem = bare_stem(path) if shorten else path.stem
        keyed[str(path.relative_to(root).parent / stem)].append(path)
    return keyed
