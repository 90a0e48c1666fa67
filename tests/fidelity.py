"""The table of docs/fidelity.md, judged on files: ``python tests/fidelity.py`` writes it.

A source of each format that holds everything is restored into each format. What became of each
property is read from the result by other programs, Pillow and tifffile, or from its bytes.
"""

from __future__ import annotations

import io
import os
import re
import struct
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import cv2
import imagecodecs
import numpy as np
import OpenEXR
import tifffile
from PIL import ExifTags
from PIL import Image as PilImage

from restorer import FORMATS, Job, Settings, Step, run_job
from restorer.formats.boxes import boxes_in
from restorer.formats.color.matrix import P3_CHROMATICITIES
from restorer.formats.exif.block import EMPTY
from restorer.formats.jxl import codestream

from fidelity_files import (
    AREA,
    COMMENT,
    HEIGHT,
    IPTC,
    MODEL,
    OWNER,
    P3,
    PROMPT,
    SCALE,
    SOURCES,
    TIMES,
    WIDTH,
    maker_note,
    moving,
    sub_blocks,
    text,
)
from helpers import make_photograph

PAGE = Path(__file__).parents[1] / "docs" / "fidelity.md"
WRITTEN = {name: f for name, f in FORMATS.items() if f.writer and name != "pam"}
PLAIN = ("pnm", "pfm", "exr", "hdr")  # which Pillow does not read, or not in full
THEN = 1_000_000_000_000_000_000


@dataclass
class Restored:
    """A result, as other programs read it.

    Attributes:
        format: Its key in `FORMATS`.
        notes: What the user was told.
    """

    path: Path
    format: str
    notes: tuple[str, ...]
    turn: int
    size: tuple[int, int] = field(init=False)

    def __post_init__(self) -> None:
        size = HEIGHT * SCALE, WIDTH * SCALE
        self.size = size[::-1] if self.turn > 4 else size

    @property
    def is_tiff(self) -> bool:
        """Whether the file is built like a TIFF."""
        return self.format in ("tiff", "dng")

    @cached_property
    def data(self) -> bytes:
        return self.path.read_bytes()

    @cached_property
    def boxes(self) -> dict[bytes, bytes]:
        """The boxes of a JPEG XL file."""
        return {each.kind: self.data[each.start : each.stop] for each in boxes_in(self.data)}

    @cached_property
    def exif(self) -> PilImage.Exif:
        if self.format in PLAIN:
            return PilImage.Exif()
        if self.format == "jxl":
            exif = PilImage.Exif()
            exif.load(self.boxes.get(b"Exif", bytes(4))[4:] or EMPTY)
            return exif
        if not self.is_tiff:
            with PilImage.open(self.path) as picture:
                return picture.getexif()
        exif = PilImage.Exif()  # Pillow opens no TIFF of 16-bit RGBA or of floats
        exif.load(self.data)
        return exif

    @cached_property
    def info(self) -> dict[str, Any]:
        """What Pillow or tifffile says of the file."""
        if self.is_tiff:
            with tifffile.TiffFile(self.path) as file:
                tags = {tag.code: tag.value for tag in file.pages[0].tags}
            dpi = [a / b for a, b in (tags.get(code, (0, 1)) for code in (282, 283))]
            return {**tags, "dpi": dpi, "icc_profile": tags.get(34675), "iptc": tags.get(33723)}
        if self.format == "jxl":
            profile = codestream.read_codestream(self.boxes[b"jxlc"]).profile
            return {"icc_profile": profile, "exif": self.boxes.get(b"Exif", b"")[4:]}
        if self.format == "exr":
            header = OpenEXR.File(str(self.path), header_only=True).header()
            across, aspect = header.get("xDensity", 0), header["pixelAspectRatio"]
            return {**header, "dpi": (across, across / aspect), "comment": header.get("comments")}
        if self.format in PLAIN:
            lines = self.data.split(b"\n")
            stated = [line[10:] for line in lines[:9] if line.startswith(b"PRIMARIES=")]
            primaries = [float(figure) for figure in b"".join(stated).split()]
            comment = lines[1][1:] if lines[1].startswith(b"#") else b""
            return {"comment": comment, "chromaticities": primaries}
        with PilImage.open(self.path) as picture:
            picture.load()
            info = {**picture.info, "mode": picture.mode, **getattr(picture, "text", {})}
            if "photoshop" in info:
                info["iptc"] = info["photoshop"].get(0x0404)
            return info

    @cached_property
    def pixels(self) -> Any:
        if self.format == "tiff":
            return tifffile.imread(self.path)
        if self.format == "dng":  # behind the preview
            with tifffile.TiffFile(self.path) as file:
                return file.pages[0].pages[0].asarray()
        if self.format == "exr":
            planes = OpenEXR.File(str(self.path), separate_channels=True).channels()
            return np.stack([planes[x].pixels for x in "RGBA" if x in planes], 2).astype("f4")
        if self.format in PLAIN:
            found = cv2.imread(str(self.path), cv2.IMREAD_UNCHANGED)
            return np.asarray(found)[..., ::-1]
        if self.format in ("avif", "jxl"):  # of the first, Pillow gives 8 bits
            return imagecodecs.imread(self.data, codec=self.format.replace("jxl", "jpegxl"))
        with PilImage.open(self.path) as picture:
            if picture.mode != "P":
                return np.asarray(picture)
            return np.asarray(picture.convert("RGBA" if "transparency" in picture.info else "RGB"))

    @cached_property
    def frames(self) -> list[float]:
        """How long each page or frame is shown, in milliseconds; 0 without a time."""
        if self.is_tiff:
            with tifffile.TiffFile(self.path) as file:
                return [0 for page in file.pages if not page.is_reduced]
        if self.format in (*PLAIN, "jxl"):
            return [0]
        with PilImage.open(self.path) as picture:
            count, found = getattr(picture, "n_frames", 1), []
            for number in range(count):
                picture.seek(number)
                picture.load()
                found.append(picture.info.get("duration", 0))
            return found

    @cached_property
    def xmp(self) -> str:
        """The first packet."""
        found = re.search(rb"<x:xmpmeta.*?</x:xmpmeta>", self.data, re.DOTALL)
        return found[0].decode() if found else ""


def judge_depth(result: Restored) -> str:
    deep = result.pixels.dtype == np.uint16 or result.data[24] == 16  # AVIF has up to 12
    if result.format in ("exr", "pfm"):
        return "transformed" if np.unique(result.pixels).size > 256 else ""
    return "kept" if result.format in ("tiff", "png", "jxl", "dng", "pnm") and deep else ""


def judge_floats(result: Restored) -> str:
    return "kept" if result.pixels.dtype == np.float32 and result.format != "hdr" else ""


def judge_alpha(result: Restored) -> str:
    pixels, top = result.pixels, {"u1": 255, "u2": 65535, "f4": 1}[result.pixels.dtype.str[1:]]
    top = 4095 if result.format == "avif" and top == 65535 else top
    same = pixels.shape[-1] == 4 and np.abs(pixels[..., 3] / top - 200 / 255).max() < 0.01
    return "kept" if same else ""


def judge_profile(result: Restored) -> str:
    if result.format == "gif":  # Pillow reads none there
        return "kept" if b"ICCRGBG1012" + sub_blocks(P3) in result.data else ""
    primaries = np.ravel(np.roll(P3_CHROMATICITIES, -2))
    found = np.ravel(result.info.get("chromaticities", ()))
    if found.size == 8 and np.abs(found - primaries).max() < 1e-3:
        return "transformed"
    return "kept" if result.info.get("icc_profile") == P3 else ""


def judge_exif(result: Restored) -> str:
    exif, inner, place = result.exif, result.exif.get_ifd(0x8769), result.exif.get_ifd(0x8825)
    said = [exif.get(271), exif.get(315), inner.get(0x9003), inner.get(0x829A)]
    place = place.get(1), place.get(2)
    if said != ["Maker", "An artist", "2024:05:06 07:08:09", 0.01]:
        return ""
    sized = (inner.get(0xA003), inner.get(0xA002)) == result.size
    return "transformed" if place == ("N", (48, 8, 30)) and sized else ""


def judge_maker_note(result: Restored) -> str:
    note = result.exif.get_ifd(0x8769).get(0x927C)
    if not note:
        return ""
    at = result.data.index(note)
    base = 0 if result.is_tiff else result.data.rindex(b"II*\0", 0, at)
    return "kept" if note == maker_note(at - base) else ""


def judge_xmp(result: Restored) -> str:
    height, width = result.size
    sizes = [f'exif:PixelXDimension="{width}"', f'exif:PixelYDimension="{height}"']
    whole = all(text in result.xmp for text in [*sizes, 'dc:source="A title"'])
    return "transformed" if whole else ""


def judge_regions(result: Restored) -> str:
    """Whether the region lies where it lay in a picture of another size, turned to the right."""
    found = [re.search(rf'stArea:{name}="([\d.]+)"', result.xmp) for name in "xywh"]
    sizes = [re.search(rf'stDim:{name}="(\d+)"', result.xmp) for name in "hw"]
    if not all(found) or not all(sizes):
        return ""
    x, y, width, height = AREA
    turned = (1 - y, x, height, width) if result.turn == 6 else AREA
    near = np.allclose([float(each[1]) for each in found if each], turned, atol=1e-4)
    fits = tuple(int(each[1]) for each in sizes if each) == result.size
    return "transformed" if near and fits else ""


def judge_orientation(result: Restored) -> str:
    """Whether the pixels were turned, and nothing turns them again."""
    upright = make_photograph(HEIGHT, WIDTH)
    expected = np.rot90(upright, -1) if result.turn == 6 else upright
    if result.pixels.shape[:2] != result.size or result.exif.get(274, 1) != 1:
        return ""
    pixels = result.pixels[..., :3].astype(np.float64)
    small = pixels.reshape(expected.shape[0], SCALE, expected.shape[1], SCALE, 3).mean((1, 3))
    return "transformed" if np.corrcoef(small.ravel(), expected.ravel())[0, 1] > 0.8 else ""


def judge_iptc(result: Restored) -> str:
    text = result.info.get("Raw profile type iptc", "")
    found = bytes.fromhex("".join(text.split("\n")[3:])) if text else result.info.get("iptc")
    return "kept" if found and IPTC in found else ""


def judge_texts(result: Restored) -> str:
    said = result.info.get("parameters"), result.info.get("Copyright")
    if said == (PROMPT.decode(), OWNER.decode()):
        return "kept"
    comment = b"UNICODE\0" + PROMPT.decode().encode("utf-16-be")
    said = result.exif.get_ifd(0x8769).get(0x9286), result.exif.get(33432)
    return "transformed" if said == (comment, OWNER.decode()) else ""


def judge_comment(result: Restored) -> str:
    found = result.info.get("comment", result.info.get("Comment"))
    return "kept" if found in (COMMENT, COMMENT.decode()) else ""


def judge_dpi(result: Restored) -> str:
    exif = result.exif.get(282), result.exif.get(283)
    found = result.info.get("dpi", exif if all(exif) else 0)
    return "kept" if np.allclose(found, 300, atol=0.1) else ""


def judge_gain_map(result: Restored) -> str:
    """Whether a picture of the same shape follows, is indexed, announced, and states the boost."""
    if result.format != "jpeg" or b"MPF\0" not in result.data:
        return ""
    start = result.data.index(b"MPF\0") + 4
    first, at = (
        struct.unpack(">I", result.data[i : i + 4])[0]
        for i in (start + 50 + 4, start + 50 + 16 + 8)
    )
    second = result.data[start + at :]
    if not second.startswith(b"\xff\xd8") or b'hdrgm:GainMapMax="2"' not in second:
        return ""
    with PilImage.open(io.BytesIO(second)) as picture:
        fits = picture.width * result.size[0] == picture.height * result.size[1]
    announced = f'I:Length="{len(second)}"' in result.xmp or f'Length="{len(second)}"' in result.xmp
    return "transformed" if fits and announced and first else ""


def judge_geo(result: Restored) -> str:
    scale, tie = result.info.get(33550), result.info.get(33922)
    moved = scale == (5, 5, 0) and tie == (0, 0, 0, 400_000, 5_000_000, 0)
    return "transformed" if moved else ""


def judge_thumbnail(result: Restored) -> str:
    """Whether the thumbnail shows the result: its shape, and its colors the right way up."""
    entries = {} if result.format == "tiff" else result.exif.get_ifd(ExifTags.IFD.IFD1)
    if not {513, 514} <= entries.keys():
        return ""
    block = result.info["exif"].removeprefix(b"Exif\0\0")
    with PilImage.open(io.BytesIO(block[entries[513] :][: entries[514]])) as picture:
        small = np.asarray(picture.convert("RGB").resize(result.size[::-1])).astype(np.float64)
        alike = picture.width * result.size[0] == picture.height * result.size[1]
    shown = result.pixels[..., :3].astype(np.float64)
    same = np.corrcoef(small.ravel(), shown.ravel())[0, 1] > 0.9
    return "transformed" if alike and same else ""


def judge_frames(result: Restored) -> str:
    return "kept" if len(result.frames) == len(TIMES) else ""


def judge_frame_times(result: Restored) -> str:
    return "kept" if tuple(result.frames) == TIMES else ""


def judge_times(result: Restored) -> str:
    return "kept" if result.path.stat().st_mtime_ns == THEN else ""


@dataclass(frozen=True)
class Property:
    """A row of the tables.

    Attributes:
        name: What readers of the page know.
        sources: The formats whose files hold it here.
        judge: Returns *kept*, *transformed*, or nothing.
        note: A regular expression that the note of a loss matches.
        variant: The source on which it is judged, see `variants`.
    """

    name: str
    sources: str
    judge: Callable[[Restored], str]
    note: str
    variant: str = "upright"


WITH_EXIF = "jpeg png webp avif jxl heic tiff"
PROPERTIES = (
    Property(
        "16 bits", "png avif jxl tiff", judge_depth, "16-bit values were rounded|8 bits per color"
    ),
    Property("floats", "jxl tiff", judge_floats, "holds no floats|8 bits per color", "floats"),
    Property(
        "alpha", "png webp avif jxl heic bmp tiff", judge_alpha, "holds no (partial )?transparency"
    ),
    Property("orientation", WITH_EXIF, judge_orientation, "no such note", "turned"),
    Property(
        "ICC profile",
        "jpeg png webp avif jxl heic gif tiff",
        judge_profile,
        "color profile; .*converted",
    ),
    Property("EXIF, GPS", WITH_EXIF, judge_exif, "holds no .*EXIF"),
    Property("maker note", WITH_EXIF, judge_maker_note, "maker note|holds no .*EXIF"),
    Property("XMP", "jpeg png webp avif jxl heic gif tiff", judge_xmp, "holds no .*XMP"),
    Property(
        "regions, turned",
        WITH_EXIF,
        judge_regions,
        "XMP of the regions|holds no .*XMP",
        "turned",
    ),
    Property("IPTC", "jpeg png tiff", judge_iptc, "holds no .*IPTC"),
    Property(
        "texts", "png", judge_texts, "holds no .*text parameters, text Copyright", "generated"
    ),
    Property("comment", "jpeg png gif", judge_comment, "holds no .*comment"),
    Property(
        "resolution", "jpeg png webp avif jxl heic bmp tiff", judge_dpi, "holds no .*resolution"
    ),
    Property("gain map", "jpeg", judge_gain_map, "gain map"),
    Property("GeoTIFF", "tiff", judge_geo, "holds no .*GeoTIFF"),
    Property(
        "thumbnail",
        WITH_EXIF,
        judge_thumbnail,
        "not kept: .*thumbnail|reduced pages|holds no .*(EXIF|thumbnail)",
        "turned",
    ),
    Property("pages", "tiff", judge_frames, "not kept: 2 other pages", "moving"),
    Property("frames", "png webp gif", judge_frames, "not kept: 2 other frames", "moving"),
    Property(
        "times of frames",
        "png webp gif",
        judge_frame_times,
        "not kept: 2 other frames|holds no times of frames",
        "moving",
    ),
    Property("file times", "jpeg png webp gif avif jxl heic bmp tiff", judge_times, "no such note"),
    Property(
        "unknown parts",
        "jpeg png webp gif avif jxl heic bmp tiff",
        lambda result: "",
        r"not kept: .*(C2PA|caBX|trailer|tag 65000)",
    ),
)


def restore_all(folder: Path) -> dict[tuple[str, str, str], Restored]:
    """Restore each variant of each source into each format; keys are source, variant, target."""
    found = {}
    for source, variant, turn in variants():
        suffix = FORMATS[source].suffixes[0]
        path = folder / f"{source}-{variant}{suffix}"
        options = {"floats": {"floats": True}, "generated": {"exif": False}}.get(variant, {})
        data = moving(source) if variant == "moving" else SOURCES[source](turn, **options)
        path.write_bytes(data)
        os.utime(path, ns=(THEN, THEN))
        for target, format in WRITTEN.items():
            name = f"{source}-{variant}-to-{target}{format.suffixes[0]}"
            job = Job(path, folder / name, (Step(MODEL),), Settings(keep_times=True))
            result = run_job(job)
            assert result.status == "done", result.error
            found[source, variant, target] = Restored(job.target, target, result.notes, turn)
    return found


def variants() -> Iterator[tuple[str, str, int]]:
    for source in SOURCES:
        yield source, "upright", 1
        if source not in ("gif", "bmp"):
            yield source, "turned", 6
        if source in ("png", "webp", "gif", "tiff"):
            yield source, "moving", 1
    yield "jxl", "floats", 1
    yield "tiff", "floats", 1
    yield "png", "generated", 1


def verdict(prop: Property, source: str, result: Restored) -> str:
    """Return the cell; *lost* for what is neither there nor told."""
    if source not in prop.sources.split():
        return "n/a"
    if found := prop.judge(result):
        return found
    return "noted" if any(re.search(prop.note, note) for note in result.notes) else "lost"


def page(results: dict[tuple[str, str, str], Restored]) -> str:
    """Return the text of docs/fidelity.md."""
    parts = [INTRODUCTION]
    for source in SOURCES:
        names = [format.name for format in WRITTEN.values()]
        parts.append(f"\n## From {FORMATS[source].name}\n")
        parts.append(f"| property | {' | '.join(f'to {name}' for name in names)} |")
        parts.append(f"|---|{'---|' * len(names)}")
        for prop in PROPERTIES:
            variant = prop.variant if (source, prop.variant, source) in results else "upright"
            cells = [verdict(prop, source, results[source, variant, t]) for t in WRITTEN]
            parts.append(f"| {prop.name} | {' | '.join(cells)} |")
    return "\n".join(parts) + "\n"


INTRODUCTION = """\
# Fidelity

This page shows what happens to each property of a file when it is restored into the same format or
another. Tests create the files, restore them and read the results with other programs; they fail if
this page is wrong. `python tests/fidelity.py` writes it.

| word | meaning |
|---|---|
| kept | the result has it, unchanged |
| transformed | the result has it, adapted to the size and orientation of the new pixels |
| noted | the result does not have it, and a note says so |
| n/a | files of the source format cannot have it, or do not have it in these tests |

If a color profile cannot be written, the colors are converted to sRGB. If a format has no
transparency, the picture is laid on white. Samples are rounded to the bit depth of the format.
`--keep-times` keeps file times. Unknown parts are segments, chunks, tags and trailers that restorer
does not understand, here signatures (C2PA), which are not valid for other pixels. PAM holds what
PNM does, and transparency. Texts are those of a generated picture without EXIF; in formats without
texts, they become EXIF. The thumbnail of a TIFF file is a reduced page."""


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as name:
        text = page(restore_all(Path(name)))
    if "lost" in text:
        sys.exit(text)
    PAGE.write_text(text, encoding="utf-8")
