"""Pair the pictures of a folder with the results that a batch made of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from restorer.batch.naming import target_names
from restorer.batch.pictures import find_pictures
from restorer.batch.walk import Ignored, walk
from restorer.errors import SettingsError
from restorer.formats import WRITABLE
from restorer.settings import Step


@dataclass(frozen=True)
class ResultPairs:
    """The pictures of a folder and their results.

    Attributes:
        pairs: Each source with its result; where there is none, with the path of the one expected.
        ignored: Files in the folder of the sources that are no part of a batch.
        extra: Files in the folder of the results that belong to no source.
    """

    pairs: tuple[tuple[Path, Path], ...]
    ignored: tuple[Ignored, ...]
    extra: tuple[Path, ...]


def pair_results(
    source: Path | str,
    target: Path | str,
    *,
    steps: Sequence[Step | str] = (),
    recursive: bool = True,
    include: Sequence[str] = (),
    exclude: Sequence[str] = (),
    name: str = "{stem}{suffix}",
) -> ResultPairs:
    """Pair the pictures of a folder with the results that `plan_jobs` would write into another.

    The suffix of a result is that of its source, or any other that exists.

    Args:
        source: The folder of the sources.
        target: The folder of the results.
        steps: The steps that made them, for templates with the model or the scale.
        recursive: Whether subfolders are included.
        include: Shell patterns of the sources that are taken; without patterns, all are.
        exclude: Shell patterns of ignored sources.
        name: Template of the names of the results.

    Raises SettingsError if there is no such folder, and for a template with an unknown field.

    Examples:
        >>> notes = restorer.write(restorer.read("photos/a.jpg"), "results/a.png")
        >>> found = restorer.pair_results("photos", "results")
        >>> [(source.name, result.name) for source, result in found.pairs]
        [('a.jpg', 'a.png'), ('b.png', 'b.png')]
    """
    source, target = Path(source), Path(target)
    for folder in (source, target):
        if not folder.is_dir():
            raise SettingsError(f"{folder}: no such folder")
    if not steps and ("{model}" in name or "{scale}" in name):
        raise SettingsError(
            f"name {name!r}: {{model}} and {{scale}} need the model that made the results; give it"
        )
    chain = tuple(Step(step) if isinstance(step, str) else step for step in steps)
    taken, ignored = find_pictures(source, target, recursive, include, exclude)
    there = {target / path for path in walk(target, target, True, ()) if isinstance(path, str)}
    suffixes = sorted({path.suffix for path in there if path.suffix.lower() in WRITABLE})
    named = [target_names(taken, chain, name, suffix)[0] for suffix in (None, *suffixes)]
    pairs, extra = list[tuple[Path, Path]](), set(there)
    for path in taken:
        candidates = [target / names[path] for names in named]
        result = next((each for each in candidates if each in extra), candidates[0])
        extra.discard(result)
        pairs.append((source / path, result))
    extra -= {source / path for path in taken} | {each.path for each in ignored}
    return ResultPairs(tuple(pairs), tuple(ignored), tuple(sorted(extra)))
