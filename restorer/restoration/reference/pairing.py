"""Pair pictures with the files of their references, by name, and check their headers."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from restorer import formats
from restorer.errors import ImageFormatError, SettingsError
from restorer.formats.identity import Identity, path_identity


def check_references(
    source: Path | str, references: Sequence[Path | str], header: formats.Header | None = None
) -> None:
    """Refuse references that cannot help a picture; only headers are read.

    Args:
        source: The picture.
        references: Files of its references.
        header: The header of the picture, if it was read already.

    Raises SettingsError for one that is missing, given twice, the picture itself, or smaller than
    the picture in both directions; ImageError for one that cannot be read.

    Examples:
        >>> restorer.check_references(Path("small.png"), [Path("photo.jpg")])
    """
    if not references:
        return
    own = header or formats.probe(source)
    seen: set[Identity] = set()
    for path in map(Path, references):
        identity = path_identity(path)
        if not path.is_file():
            raise SettingsError(f"reference {path}: no such file")
        if identity == path_identity(source):
            raise SettingsError(
                f"reference {path}: is the picture itself; give another picture of the subject"
            )
        if identity in seen:
            raise SettingsError(f"reference {path}: is given twice")
        seen.add(identity)
        try:
            found = formats.probe(path)
        except ImageFormatError as error:
            raise ImageFormatError(f"reference {error}") from error
        sides, wanted = (sorted((h.height, h.width)) for h in (found, own))
        if sides[0] < wanted[0] and sides[1] < wanted[1]:
            raise SettingsError(
                f"reference {path}: {found.width} x {found.height}, smaller than the picture"
                f" ({own.width} x {own.height}); it cannot add finer texture"
            )


def pair_references(source: Path | str, folder: Path | str) -> tuple[Path, ...]:
    """Return the references for a picture in a folder, without the picture itself.

    These are the files with its name, alone or followed by ``-``, ``_``, a space or a dot. If there
    are none, these are all pictures of the folder, from which `choose_references` takes the best.

    Raises SettingsError for a folder without pictures.

    Examples:
        >>> restorer.pair_references(Path("a.png"), Path("photos"))
        (...Path('photos/a.jpg'),)
    """
    source, folder = Path(source), Path(folder)
    pictures = sorted(p for p in folder.iterdir() if p.suffix.lower() in formats.READABLE)
    if not pictures:
        raise SettingsError(f"{folder}: has no pictures that could serve as references")
    own = path_identity(source)
    others = [p for p in pictures if path_identity(p) != own]
    stem = source.stem.casefold()
    named = [p for p in others if _bears_name(p.stem.casefold(), stem)]
    return tuple(named or others)


def _bears_name(stem: str, wanted: str) -> bool:
    rest = stem.removeprefix(wanted)
    return stem.startswith(wanted) and (not rest or rest[0] in "-_. ")
