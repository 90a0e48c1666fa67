"""The table of formats: a module and a row are all that a new format needs."""

from __future__ import annotations

import io
import struct
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import pytest
import tifffile

import restorer
from restorer import Image, Job, Metadata, Settings, Step, formats
from restorer.batch import memory
from restorer.errors import ImageFormatError, ImageTooLargeError, SettingsError
from restorer.formats import Format, Header, WriterOptions
from restorer.formats.codec import exactly
from restorer.settings.kinds import Integer
from restorer.settings.options import option

from helpers import make_photograph

MARK, HEAD = b"DUMMY", struct.Struct(">5sHHB")
used: list[str] = []


@dataclass(frozen=True)
class DummyOptions(WriterOptions):
    quality: int = option(95, Integer(1, 100), "Quality, which is ignored.")


def sniff(file: BinaryIO) -> int:
    return int(file.read(len(MARK)) == MARK)


class DummyReader:
    metadata = Metadata()
    notes: tuple[str, ...] = ()

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        _, height, width, channels = HEAD.unpack(exactly(file, HEAD.size))
        self.header = Header("Dummy", height, width, channels)

    def decode(self) -> Image:
        used.append("decode")
        return Image(self.rows(0, self.header.height))

    def rows(self, top: int, bottom: int) -> Any:
        size = self.header.width * self.header.channels
        self.file.seek(HEAD.size + top * size)
        data = exactly(self.file, (bottom - top) * size)
        return np.frombuffer(data, np.uint8).reshape(bottom - top, self.header.width, -1).copy()


class DummyRows:
    def __init__(self, reader: DummyReader) -> None:
        self.read = reader.rows
        self.first = Image(reader.rows(0, 1))


def encode(image: Image, file: BinaryIO, options: DummyOptions) -> tuple[str, ...]:
    used.append(f"encode at {options.quality}")
    file.write(HEAD.pack(MARK, *image.pixels.shape) + image.pixels.tobytes())
    return ()


def write_rows(
    bands: Iterator[Image], size: tuple[int, int], file: BinaryIO, options: DummyOptions
) -> None:
    used.append("rows")
    images = list(bands)
    file.seek(0)
    file.truncate()
    file.write(HEAD.pack(MARK, *size, images[0].pixels.shape[2]))
    file.writelines(image.pixels.tobytes() for image in images)


def row(**changes: str) -> Format:
    code = {
        "sniff": "sniff",
        "reader": "DummyReader",
        "writer": "encode",
        "row_reader": "DummyRows",
        "row_writer": "write_rows",
        "options": "DummyOptions",
        **changes,
    }
    targets = {key: f"{__name__}:{name}" if name else "" for key, name in code.items()}
    return Format("Dummy", (".dummy", ".dmy"), **targets, extra="dummy", carries=())  # type: ignore[arg-type]


def add(monkeypatch: pytest.MonkeyPatch, **changes: str) -> None:
    monkeypatch.setitem(formats.FORMATS, "dummy", row(**changes))
    used.clear()


def photograph() -> Image:
    return Image(make_photograph(24, 32))


def test_a_row_and_a_module_are_read_and_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ".dummy" not in formats.READABLE | formats.WRITABLE
    add(monkeypatch)
    assert {".dummy", ".dmy"} <= formats.READABLE & formats.WRITABLE
    path, image = tmp_path / "a.dummy", photograph()
    assert formats.write(image, path) == ()
    assert formats.probe(path) == Header("Dummy", 24, 32, 3)
    np.testing.assert_array_equal(formats.read(path).pixels, image.pixels)
    path.rename(tmp_path / "a.png")
    assert formats.read(tmp_path / "a.png").notes == ("the file is a Dummy, though named .png",)
    with formats.open_source(tmp_path / "a.png") as source:
        np.testing.assert_array_equal(source.rows().read(3, 9), image.pixels[3:9])


def test_a_file_of_pages_gives_each_as_a_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Two(DummyReader):
        def __init__(self, file: BinaryIO) -> None:
            super().__init__(file)
            self.header = replace(self.header, pages=2)

        def open_page(self, number: int) -> DummyReader:
            self.file.seek(0)
            page = DummyReader(self.file)
            page.header = replace(page.header, height=12 * (2 - number))
            return page

    add(monkeypatch)
    path, image = tmp_path / "a.dummy", photograph()
    formats.write(image, path)
    monkeypatch.setitem(globals(), "DummyReader", Two)
    monkeypatch.setitem(formats.FORMATS, "dummy", replace(row(), pages="leaf"))
    assert formats.read(path).notes == ("not kept: 1 other leaf",)
    with formats.open_source(path, max_pixels=None) as source:
        first, second = source.page(0), source.page(1)
        assert (first.header.pages, first.notes, second.header.height) == (1, (), 12)
        np.testing.assert_array_equal(first.read().pixels, image.pixels)
        np.testing.assert_array_equal(second.read().pixels, image.pixels[:12])
        with pytest.raises(ImageTooLargeError, match=r"a\.dummy: leaf 2: 32 x 12"):
            second.check(10)


def test_reading_and_writing_are_apart(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add(monkeypatch)
    formats.write(photograph(), tmp_path / "a.dummy")
    add(monkeypatch, writer="")
    assert ".dummy" in formats.READABLE
    assert ".dummy" not in formats.WRITABLE
    assert formats.read(tmp_path / "a.dummy").width == 32
    with pytest.raises(ImageFormatError, match=r"suffix '\.dummy'; expected one of \.jpg"):
        formats.write(photograph(), tmp_path / "b.dummy")
    add(monkeypatch, reader="")
    assert ".dummy" in formats.WRITABLE
    assert ".dummy" not in formats.READABLE
    with pytest.raises(ImageFormatError, match="this format is not supported"):
        formats.read(tmp_path / "a.dummy")


def test_the_higher_score_wins(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def sure(file: BinaryIO) -> int:
        return 2 * (file.read(3) == b"II*")

    formats.write(photograph(), tmp_path / "a.tif")
    add(monkeypatch)
    assert formats.probe(tmp_path / "a.tif").format == "TIFF"
    monkeypatch.setitem(globals(), "sniff", sure)
    file, start = io.BytesIO(b"II*\0"), b"II*\0"
    assert formats.FORMATS["dummy"].score(file, start) > formats.FORMATS["tiff"].score(file, start)
    with pytest.raises(ImageFormatError, match="14 x 0 pixels"):  # as the other reader sees it
        formats.read(tmp_path / "a.tif")


@pytest.mark.parametrize("streamed", [False, True])
def test_a_batch_takes_the_new_format(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, streamed: bool
) -> None:
    add(monkeypatch)
    formats.write(photograph(), tmp_path / "in" / "a.dummy")
    if streamed:
        monkeypatch.setattr(memory, "SHARE", 0)
    used.clear()
    settings = Settings(quality=77)
    batch = restorer.plan_jobs(
        tmp_path / "in", tmp_path / "out", ["panet-sr-x2-lite"], settings=settings
    )
    assert [job.target.name for job in batch.jobs] == ["a.dummy"]
    events = list(restorer.run_jobs(batch.jobs, engine="serial"))
    results = [event.result for event in events if isinstance(event, restorer.Finished)]
    assert [result.status for result in results] == ["done"], results[0].error
    assert used == (["rows"] if streamed else ["decode", "encode at 77"])
    assert formats.probe(results[0].target) == Header("Dummy", 48, 64, 3)
    assert restorer.plan_jobs(tmp_path / "in", tmp_path, ["panet-sr-x2-lite"], suffix=".dmy").jobs


@pytest.mark.parametrize("bug", [AttributeError, TypeError, KeyError, ValueError])
@pytest.mark.parametrize("place", ["__init__", "decode"])
def test_a_bug_of_a_reader_is_not_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bug: type[Exception], place: str
) -> None:
    def broken(*_: Any) -> None:
        raise bug("a bug")

    add(monkeypatch)
    formats.write(photograph(), tmp_path / "a.dummy")
    monkeypatch.setattr(DummyReader, place, broken)
    with pytest.raises(bug, match="a bug"):
        formats.read(tmp_path / "a.dummy")
    job = Job(tmp_path / "a.dummy", tmp_path / "b.png", (Step("panet-sr-x2-lite"),))
    (event,) = (
        event
        for event in restorer.run_jobs([job], engine="serial")
        if isinstance(event, restorer.Finished)
    )
    assert event.result.status == "failed"
    assert "damaged" not in event.result.error
    assert bug.__name__ in event.result.error


@pytest.mark.parametrize(
    ("error", "expected", "message"),
    [
        (MemoryError(), ImageTooLargeError, r"a\.dummy: does not fit into memory; free some"),
        (ImportError("no dummy"), ImageFormatError, r"\(no dummy\); install restorer\[dummy\]"),
        (OSError("disk"), ImageFormatError, r"a\.dummy: cannot be read: disk"),
    ],
)
@pytest.mark.parametrize("place", ["__init__", "decode"])
def test_memory_installation_and_disk_are_named(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    error: Exception,
    expected: type[Exception],
    message: str,
    place: str,
) -> None:
    def fails(*_: Any) -> None:
        raise error

    add(monkeypatch)
    formats.write(photograph(), tmp_path / "a.dummy")
    monkeypatch.setattr(DummyReader, place, fails)
    with pytest.raises(expected, match=message):
        formats.read(tmp_path / "a.dummy")


def test_a_writer_that_is_not_installed_is_refused_before_the_work(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    missing = Format("Dummy", (".dummy",), "", writer="no_such_module:encode", extra="dummy")
    monkeypatch.setitem(formats.FORMATS, "dummy", missing)
    with pytest.raises(ImageFormatError, match=r"a\.dummy: .* install restorer\[dummy\]"):
        formats.check_target(Path("a.dummy"), 1, 1)


def test_options_belong_to_their_format(tmp_path: Path) -> None:
    png = formats.writer_options("a.png", quality=3)
    assert png == formats.writer_options("b.png")
    with pytest.raises(SettingsError, match="PngOptions are not the options of JPEG"):
        formats.write(photograph(), tmp_path / "a.jpg", png)
    for suffix, option_, value in (
        (".jpg", "subsampling", "4:1:0"),
        (".png", "compression", 10),
        (".webp", "effort", 10),
        (".tif", "compression", "jpeg"),
    ):
        with pytest.raises(SettingsError, match=f"{option_} .*expected"):
            formats.writer_options(f"a{suffix}", **{option_: value})


@pytest.mark.parametrize(
    ("suffix", "option_", "values"),
    [
        (".tif", "compression", ("deflate", "lzw", "zstd", "none")),
        (".png", "compression", (None, 0, 9)),
        (".webp", "effort", (1, 9)),
        (".avif", "effort", (3, 9)),
        (".jxl", "effort", (1, 7)),
    ],
)
@pytest.mark.parametrize("bits", [8, 16])
def test_every_lossless_option_keeps_the_pixels_and_is_obeyed(
    tmp_path: Path, suffix: str, option_: str, values: tuple[Any, ...], bits: Any
) -> None:
    image = photograph().with_float(
        photograph().to_float(), bits=8 if suffix in (".webp", ".avif") else bits
    )
    found = set()
    for value in values:
        path = tmp_path / f"a{suffix}"
        options = formats.writer_options(path, **{option_: value}, lossless=True, quality=60)
        formats.write(image, path, options)
        np.testing.assert_array_equal(formats.read(path).pixels, image.pixels)
        found.add(path.read_bytes())
    assert len(found) == len(values)


def test_noise_of_full_jpeg_quality_is_written(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (200, 180, 3)).astype(np.uint8)
    path = tmp_path / "a.jpg"
    formats.write(Image(pixels), path, formats.writer_options(path, quality=100))
    assert np.abs(formats.read(path).pixels.astype(int) - pixels).mean() < 2


def test_headers_are_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = []
    make = tifffile.TiffFile.__init__

    def counted(self: Any, *arguments: Any, **options: Any) -> None:
        made.append(self)
        make(self, *arguments, **options)

    formats.write(photograph(), tmp_path / "a.tif")
    monkeypatch.setattr(tifffile.TiffFile, "__init__", counted)
    with formats.open_source(tmp_path / "a.tif") as source:
        source.rows().read(0, 5)
        source.read()
    assert len(made) == 1


def test_the_table_loads_nothing_heavy() -> None:
    code = "import sys, restorer; restorer.FORMATS; print({'numpy', 'PIL'} & set(sys.modules))"
    found = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "set()"
