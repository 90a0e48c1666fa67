"""What restoring keeps, for each pair of formats, and what other programs say of the files."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import TypeAlias

import pytest

from restorer import Job, Settings, Step, formats, run_job
from restorer.batch import memory

import fidelity
import fidelity_files
from fidelity import PAGE, PROPERTIES, Restored

Results: TypeAlias = dict[tuple[str, str, str], Restored]

READERS = """
import logging, sys
import cv2, imagecodecs, numpy, OpenEXR, rawpy, tifffile
from PIL import Image

logging.basicConfig(level=logging.WARNING)  # to stderr, where the C libraries write, too
for name in sys.argv[1:]:
    if name.endswith(".dng"):
        with rawpy.imread(name) as raw, tifffile.TiffFile(name) as file:
            page = file.pages[0].pages[0]
            assert raw.raw_image_visible.shape[:2] == page.asarray().shape[:2]
            assert numpy.array_equal(raw.raw_image_visible[..., :3], page.asarray())
        continue
    if name.endswith(".exr"):
        OpenEXR.File(name)
        continue
    with open(name, "rb") as file:
        data = file.read()
    if name.endswith(".qoi"):
        with Image.open(name) as picture:
            assert imagecodecs.qoi_decode(data).shape[:2] == picture.size[::-1]
        continue
    if name.endswith(".jxl"):  # which neither of the others knows
        imagecodecs.jpegxl_decode(data)
        continue
    found = cv2.imdecode(numpy.frombuffer(data, numpy.uint8), cv2.IMREAD_UNCHANGED)
    if name.endswith((".hdr", ".pfm", ".ppm")):
        assert found.shape[:2] == (32, 48) or found.shape[:2] == (48, 32)
        continue
    read = imagecodecs.imread(data, codec=name.rpartition(".")[2])
    sizes = {found.shape[:2], read.shape[-3:-1]}
    if name.endswith(".tif"):
        sizes.add(tifffile.imread(name).shape[-3:-1])  # Pillow knows no 16-bit RGBA and no floats
    else:
        with Image.open(name) as picture:
            picture.load()
            sizes.add(picture.size[::-1])
    assert len(sizes) == 1, (name, sizes)
"""
GEOTIFF = r"Unknown field with tag (33550|33922|34735) "  # says a libtiff that was not told of it
# Programs with their options, and what they say of files that are right.
PROGRAMS = {
    "identify": (
        ("-regard-warnings", "+ping"),
        # version 6 says so of every WebP with XMP
        rf"CorruptImageProfile .*\.webp' \(XMP\)|{GEOTIFF}"
        # and of a slash in an attribute deep in XMP, as the type "image/jpeg" of a gain map
        r"|ParseError missing > ",
    ),
    "pngcheck": (("-q",), "^$"),
    "tiffinfo": ((), GEOTIFF),
    "gifsicle": (("--info",), "^$"),
    "webpinfo": (("-quiet",), "^$"),
    "exiftool": (
        ("-validate", "-warning", "-error", "-a", "-s3"),
        r"^=+ |^OK$|^\d+ Warnings?|^ +\d+ image files read|\[minor\]"
        r"|^Missing required"  # as the source lacks it
        r"|Non-standard format \(ifd\) for IFD0 0x014a"  # of TIFF's supplement 1
        r"|tag 0x0103 Compression"  # Deflate came after TIFF 6.0
        r"|\(undef\) for IFD0 0x83bb",  # IPTC may be so by the XMP specification, part 3
    ),
}
SUFFIX = {"pngcheck": ".png", "tiffinfo": ".tif", "gifsicle": ".gif", "webpinfo": ".webp"}
UNKNOWN = {"identify": (".qoi", ".exr", ".jxl", ".dng"), "exiftool": (".qoi", ".exr")}


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Results:
    return fidelity.restore_all(tmp_path_factory.mktemp("fidelity"))


def test_nothing_is_lost_in_silence(results: Results) -> None:
    lost = [
        f"{prop.name}: {source} to {target}, notes {result.notes}"
        for (source, variant, target), result in results.items()
        for prop in PROPERTIES
        if variant == prop.variant and fidelity.verdict(prop, source, result) == "lost"
    ]
    assert not lost, "\n".join(lost)


def test_the_page_says_what_was_found(results: Results) -> None:
    found = fidelity.page(results)
    assert found == PAGE.read_text("utf-8"), "run: python tests/fidelity.py"


def test_common_libraries_read_every_file_without_a_warning(results: Results) -> None:
    names = [str(result.path) for result in results.values()]
    command = [sys.executable, "-W", "error", "-c", READERS, *names]
    read = subprocess.run(command, capture_output=True, text=True, check=False)
    said = [line for line in read.stderr.splitlines() if not re.search(GEOTIFF, line)]
    assert (read.returncode, said) == (0, [])


@pytest.mark.parametrize("program", PROGRAMS)
def test_other_programs_have_no_warning(results: Results, program: str) -> None:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"{program} is not installed")
    options, accepted = PROGRAMS[program]
    paths = [result.path for result in results.values()]
    names = [
        str(path)
        for path in paths
        if path.suffix.endswith(SUFFIX.get(program, ""))
        and path.suffix not in UNKNOWN.get(program, ())
    ]
    ended = subprocess.run(
        [found, *options, *names], capture_output=True, text=True, errors="replace", check=False
    )
    output = ended.stdout if program in ("exiftool", "pngcheck") else ""
    lines = (output + ended.stderr).splitlines()
    assert not [line for line in lines if not re.search(accepted, line)]


def test_a_streamed_result_keeps_the_same(
    results: Results, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(memory, "SHARE", 0)
    monkeypatch.setattr(formats.ImageFile, "read", None)
    source = tmp_path / "a.tif"
    source.write_bytes(fidelity_files.tiff(1, alpha=False))
    os.utime(source, ns=(fidelity.THEN, fidelity.THEN))
    job = Job(source, tmp_path / "b.tif", (Step(fidelity_files.MODEL),), Settings(keep_times=True))
    done = run_job(job)
    assert done.status == "done", done.error
    streamed, whole = (
        Restored(job.target, "tiff", done.notes, 1),
        results["tiff", "upright", "tiff"],
    )
    for prop in PROPERTIES:
        if prop.variant == "upright" and prop.name != "alpha":
            found, expected = (fidelity.verdict(prop, "tiff", r) for r in (streamed, whole))
            assert found == expected, prop.name
    assert streamed.notes == whole.notes


def test_every_property_is_judged_somewhere(results: Results) -> None:
    for prop in PROPERTIES:
        assert {source for source, variant, _ in results if variant == prop.variant} >= {
            *prop.sources.split()
        }, prop.name
