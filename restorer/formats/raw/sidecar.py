"""XMP sidecars of RAW files: what other programs know of a picture that they do not change."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

from restorer.formats import metadata, xmp
from restorer.formats.history import MOST_SIDECAR_BYTES, SIDECAR
from restorer.image import Metadata

_ANY = rb"[\w.-]+"
# What RAW converters did to the samples; they would do it to the result once more.
_DEVELOPED = tuple(
    (namespace, _ANY, f"settings of {program}")
    for namespace, program in (
        (b"http://ns.adobe.com/camera-raw-settings/1.0/", "Camera Raw"),
        (b"http://ns.adobe.com/camera-raw-saved-settings/1.0/", "Camera Raw"),
        (b"http://ns.adobe.com/camera-raw-defaults/1.0/", "Camera Raw"),
        (b"http://darktable.sf.net/", "darktable"),
        (b"http://us.pixls.art/ART/1.0/", "ART"),
    )
)


def sidecar_names(name: str) -> tuple[str, str]:
    """Return the names of sidecars of a RAW file, the surer one first.

    darktable and digiKam write ``photo.nef.xmp``, Camera Raw and Lightroom ``photo.xmp``.
    """
    return name + SIDECAR, os.path.splitext(name)[0] + SIDECAR


def with_sidecar(found: Metadata, path: Path) -> tuple[Metadata, tuple[str, ...]]:
    """Return the metadata of a RAW file with those of its sidecar, and notes.

    The packet of the sidecar takes the place of that in the file, and its orientation counts.
    Settings of RAW converters are removed from either.

    Args:
        found: The metadata in the file.
        path: The RAW file.
    """
    packet, notes = _read(path)
    if packet is not None:
        turn = metadata.orientation(Metadata(xmp=packet))
        found = replace(found, xmp=packet)
        if metadata.states_orientation(packet) and turn != metadata.orientation(found):
            found = metadata.with_orientation(found, turn)
    if not found.xmp:
        return found, notes
    shorter, lost = xmp.without_all(found.xmp, _DEVELOPED)
    kinds = ", ".join(dict.fromkeys(lost))
    if kinds:
        notes += (f"{kinds} were removed, because the result is already developed",)
    return replace(found, xmp=shorter), notes


def _read(path: Path) -> tuple[bytes | None, tuple[str, ...]]:
    """Return the packet of the sidecar, None without a usable one, and notes."""
    for name in sidecar_names(path.name):
        sidecar = _beside(path, name)
        if sidecar is None:
            continue
        try:
            with sidecar.open("rb") as file:
                packet = file.read(MOST_SIDECAR_BYTES + 1)
        except OSError as error:
            return None, (f"the sidecar {sidecar.name} cannot be read: {error.strerror}",)
        if len(packet) > MOST_SIDECAR_BYTES:
            return None, (f"the sidecar {sidecar.name} was left out, because it is too large",)
        if b"RDF" not in packet or not xmp.is_well_formed(packet):
            return None, (f"the sidecar {sidecar.name} was left out, because it is damaged",)
        return packet, (f"metadata of the sidecar {sidecar.name} were used",)
    return None, ()


def _beside(path: Path, name: str) -> Path | None:
    """Return the ordinary file of this name, or with its suffix in capitals; None without one."""
    stem = name[: -len(SIDECAR)]
    for suffix in (SIDECAR, SIDECAR.upper()):
        try:
            found = path.with_name(stem + suffix)
            if found.is_file():
                return found
        except (OSError, ValueError):  # a name that no file can have
            continue
    return None
