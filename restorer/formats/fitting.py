"""Fit an image to a format: bring colors, depth, channels and metadata to what it holds."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from restorer.errors import ImageFormatError
from restorer.formats import history, metadata, texts, xmp
from restorer.formats.codec import not_kept
from restorer.formats.color import light
from restorer.formats.color.profiles import (
    compare,
    profile_space,
    source_profile,
    srgb_linear_profile,
    srgb_profile,
    with_profile,
)
from restorer.formats.exif import thumbnail
from restorer.formats.format import Format
from restorer.formats.jpeg import gain_map
from restorer.formats.metadata import PageT
from restorer.formats.table import FORMATS, format_names
from restorer.formats.tiff import stacks
from restorer.image import FloatArray, Image, Metadata
from restorer.sensor.mosaic import Mosaic
from restorer.settings import ProvenancePlace

_WORDS = {
    **{"exif": "EXIF", "xmp": "XMP", "icc": "color profile", "dpi": "resolution"},
    "frame": "times of frames",
}


def prepared(
    image: Image, format: Format, provenance: ProvenancePlace, *, pages: bool = False
) -> tuple[Image, tuple[str, ...], bytes]:
    """Return an image as a writer of a format takes it, notes, and the account for a sidecar.

    Args:
        image: The image.
        format: The format.
        provenance: As for `write`.
        pages: Whether it is one of several pages or frames.
    """
    lone: tuple[str, ...] = ()
    if not pages:
        kept, lone = stacks.without(replace(image.metadata, frame=None))
        image = replace(image, metadata=kept)
    account, image = split_account(image, format, provenance)
    fitted, notes = _fitted(image, format)
    sized, size_notes = metadata.with_size(fitted.metadata, image.height, image.width)
    fitted, lost = _with_thumbnail(replace(fitted, metadata=sized))
    return fitted, (*lone, *notes, *size_notes, *not_kept(lost)), account


def prepared_mosaic(
    mosaic: Mosaic, path: Path, format: Format, provenance: ProvenancePlace
) -> tuple[Mosaic, tuple[str, ...], bytes]:
    """Return samples as a writer takes them, notes, and the account for a sidecar."""
    if not format.mosaic_writer:
        able = format_names([each for each in FORMATS.values() if each.mosaic_writer])
        raise ImageFormatError(
            f"{path}: {format.name} cannot hold sensor samples; choose {able},"
            " or demosaic them first"
        )
    account, mosaic = split_account(mosaic, format, provenance)
    kept, notes = metadata.with_size(mosaic.metadata, mosaic.height, mosaic.width)
    blocks = {name: block for name, block in kept.blocks.items() if name != thumbnail.BLOCK}
    kept, lost = _carried(replace(kept, icc=None, frame=None, blocks=blocks), format)
    notes += (f"{format.name} holds no {', '.join(lost)}; left out",) if lost else ()
    return replace(mosaic, metadata=kept), notes, account


def split_account(image: PageT, format: Format, place: ProvenancePlace) -> tuple[bytes, PageT]:
    """Return the account for a sidecar, empty for none, and the image without a block of it."""
    kept, account = image.metadata, image.metadata.blocks.get(history.BLOCK, b"")
    if not account:
        return b"", image
    held = history.embedded(kept) if place == "embed" and "xmp" in format.carries else None
    if held is not None or place == "none":
        account = b""
    stripped: Any = replace(image, metadata=held or history.without(kept))
    return account, stripped


def _fitted(image: Image, format: Format) -> tuple[Image, tuple[str, ...]]:
    """Bring colors, depth, channels and metadata to what the format holds; note each loss."""
    before = len(image.notes)
    if format.linear:
        image = light.to_linear(image)
    elif image.bits == 32 and 32 not in format.bits:
        image = light.displayed(image)
    image, notes = with_fitting_profile(image, format)
    notes = [*image.notes[before:], *notes]
    if image.has_alpha and not format.alpha:
        image = _on_white(image)
        notes.append(f"{format.name} holds no transparency; the picture was laid on white")
    if image.pixels.shape[2] < format.channels[0]:
        gray, alpha = image.pixels[..., :1], image.pixels[..., 1:]
        image = replace(image, pixels=np.concatenate([gray, gray, gray, alpha], axis=-1))
    if image.bits < format.bits[0]:
        image = image.with_float(image.to_float(), bits=format.bits[0])
    elif image.bits not in format.bits:
        values, white = image.to_float(), image.white
        values[..., : image.pixels.shape[2] - image.has_alpha] /= np.float32(white)
        notes.append(_depth_note(values, white, image, format))
        image = image.with_float(values, bits=format.written_bits(image.bits))
    kept = image.metadata
    if "exif" in format.carries and not format.holds_block("text"):
        kept, moved = texts.as_exif(kept)
        notes += moved
    kept, lost = _carried(kept, format)
    if lost:
        notes.append(f"{format.name} holds no {', '.join(lost)}; left out")
    return replace(image, metadata=kept), tuple(notes)


def with_fitting_profile(image: Image, format: Format) -> tuple[Image, list[str]]:
    """Convert an image to sRGB whose profile cannot be written, and say why.

    A profile that does not describe the written pixels, such as that of another color space, is
    left out.
    """
    if image.is_linear and not image.metadata.icc and not format.linear:
        image = light.with_linear_profile(image)
    if not image.metadata.icc:
        return image, []
    space = profile_space(image.metadata.icc)
    written = "gray" if image.pixels.shape[2] <= 2 and format.channels[0] <= 2 else "RGB"
    fits = space.upper() == written.upper()
    if fits and "icc" in format.carries:
        return image, []
    if fits:
        reason, loss = f"{format.name} holds no color profile", []
    else:
        name = "gray" if space == "GRAY" else space if space.isalnum() else "damaged"
        reason = f"the {name} color profile does not fit {written} pixels"
        loss = [f"{reason}; left out"]
    own, kind = source_profile(image)
    plain = srgb_linear_profile() if format.linear else srgb_profile()
    if compare(own, plain, kind) == "different":
        converted = with_profile(image, plain)
        loss = [*converted.notes[len(image.notes) :]]
        image = converted
        loss += [f"{reason}; the colors were converted to sRGB"]
    if loss:
        image = replace(image, metadata=replace(image.metadata, icc=None))
    return image, loss


def _carried(kept: Metadata, format: Format) -> tuple[Metadata, list[str]]:
    """Return the metadata that a format holds, and the names of all others."""
    lost: list[str] = []
    if xmp.EXTENDED in kept.blocks and not format.holds_block(xmp.EXTENDED):
        kept = xmp.join_extension(kept)
    if gain_map.BLOCK in kept.blocks and not format.holds_block(gain_map.BLOCK):
        kept, lost = metadata.without_gain_map(kept)[0], [gain_map.BLOCK]
    if "dpi" not in format.carries and "exif" in format.carries and kept.dpi:
        kept = _with_stated_resolution(kept, kept.dpi)
    fields = [name for name in _WORDS if name not in format.carries and getattr(kept, name)]
    blocks = [name for name in kept.blocks if not format.holds_block(name)]
    left = {name: block for name, block in kept.blocks.items() if name not in blocks}
    names = [*(_WORDS[name] for name in fields), *blocks, *lost]
    return replace(kept, **dict.fromkeys(fields), blocks=left), names


def _with_stated_resolution(kept: Metadata, dpi: tuple[float, float]) -> Metadata:
    """Return the metadata with a resolution that EXIF alone states, unless that is damaged."""
    found = metadata.resolution(kept.exif)
    if found is not None and np.allclose(found, dpi, atol=0.5):
        return replace(kept, dpi=None)
    exif = metadata.with_resolution(kept.exif, dpi)
    return replace(kept, exif=exif, dpi=None) if exif else kept


def _with_thumbnail(image: Image) -> tuple[Image, list[str]]:
    """Return the image with a thumbnail of itself in EXIF where the source had one."""
    kept = image.metadata
    if thumbnail.BLOCK not in kept.blocks:
        return image, []
    blocks = {name: block for name, block in kept.blocks.items() if name != thumbnail.BLOCK}
    small = with_profile(thumbnail.sampled(image), srgb_profile())  # viewers expect sRGB
    picture = thumbnail.compressed(_on_white(small) if small.has_alpha else small)
    exif = kept.exif and thumbnail.attached(kept.exif, picture)
    lost = [] if exif else [thumbnail.BLOCK]
    return replace(image, metadata=replace(kept, exif=exif or kept.exif, blocks=blocks)), lost


def _on_white(image: Image) -> Image:
    values = image.to_float()
    alpha = values[..., -1:]
    return image.with_float(values[..., :-1] * alpha + (1 - alpha))


def _depth_note(values: FloatArray, white: float, image: Image, format: Format) -> str:
    deepest = format.bits[-1]
    if image.bits == 16:
        return f"{format.name} holds at most {deepest} bits; 16-bit values were rounded"
    scaled = f"divided by {white:.4g}, " if white != 1 else ""
    outside = bool((values < 0).any() or (values > 1).any())
    clipped = " and clipped to 0..1" if outside else ""
    return f"{format.name} holds no floats; values were {scaled}rounded to {deepest} bits{clipped}"
