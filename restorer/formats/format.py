"""Format: one kind of file, with the code that reads and writes it, imported at its first use."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, fields
from importlib import import_module
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO

from restorer.errors import ImageFormatError

if TYPE_CHECKING:
    from restorer.formats.codec import (
        MosaicWriter,
        PageWriter,
        Reader,
        RowReader,
        RowWriter,
        Writer,
        WriterOptions,
    )
    from restorer.image import Bits  # which loads numpy


@dataclass(frozen=True)
class Format:
    """One kind of file. Code is named as ``module:name``; an empty text means that there is none.

    Attributes:
        name: The name that users know.
        suffixes: Lower case, with the dot; the first is the usual one.
        signature: A regular expression of the first bytes; empty where these tell nothing.
        certainty: Score of a file with the signature. The highest score of all formats wins, so
            that a format built on another one (a DNG file is a TIFF file) scores higher than that.
        sniff: A function that scores an open file with the signature, in place of `certainty`: 0
            for other formats. Its module must import without the extra.
        reader: A `Reader`.
        writer: A `Writer`.
        mosaic_writer: A writer of the samples of a sensor.
        row_reader: A `RowReader`.
        row_writer: A `RowWriter`.
        page_writer: A `PageWriter`.
        options: The `WriterOptions` of the writer.
        pages: The word for one of several pictures in a file, ``page`` or ``frame``; empty where
            the reader gives one only. Others have a `PagedReader`.
        extra: The optional dependencies of this package that reader and writer need.
        module: The module that `extra` brings.
        bits: Bit depths, ascending; see `written_bits`.
        channels: Channel counts, ascending; gray is copied to RGB, alpha is composited on white.
        carries: The fields of Metadata, and the first words of the names of its blocks, that a file
            can hold.
        max_side: Largest height and width in pixels.
        max_bytes: Largest size of uncompressed pixels.
        sidecars: Whether XMP files beside a file of this format tell of its picture.
        linear: Whether samples are proportional to light.
        least_share: Share of the uncompressed size that files of photographs hardly fall below.
        usual_share: Share that they take on average with the default options.
    """

    name: str
    suffixes: tuple[str, ...]
    sniff: str = ""
    reader: str = ""
    writer: str = ""
    mosaic_writer: str = ""
    row_reader: str = ""
    row_writer: str = ""
    page_writer: str = ""
    options: str = "restorer.formats.codec:WriterOptions"
    pages: str = ""
    extra: str = ""
    module: str = ""
    signature: bytes = b""
    certainty: int = 2
    bits: tuple[Bits, ...] = (8,)
    channels: tuple[int, ...] = (1, 3)
    carries: tuple[str, ...] = ("exif", "xmp", "icc", "dpi")
    max_side: int = 2**31 - 1
    max_bytes: int = 2**62
    least_share: float = 0.2
    sidecars: bool = False
    linear: bool = False
    usual_share: float = 0.6  # of a dozen photographs of the test sets; so are those of the table

    @property
    def alpha(self) -> bool:
        """Whether it holds transparency."""
        return 4 in self.channels

    def written_bits(self, bits: int) -> Bits:
        """Return the depth at which an image of a depth is written: as deep, or the next lower."""
        return max((each for each in self.bits if each <= bits), default=self.bits[0])

    @property
    def is_installed(self) -> bool:
        """Whether the module of `extra` is there; it is not imported."""
        return not self.module or find_spec(self.module) is not None

    def score(self, file: BinaryIO, start: bytes) -> int:
        """Return how surely a file that starts with these bytes is of this format; 0 is not."""
        if self.signature and not re.match(self.signature, start, re.DOTALL):
            return 0
        if not self.sniff:
            return self.certainty
        file.seek(0)
        score: int = self._load(self.sniff)(file)
        file.seek(0)
        return score

    def open(self, file: BinaryIO) -> Reader:
        """Read the headers of a file."""
        make: Callable[[BinaryIO], Reader] = self._load(self.reader)
        with self.installed():
            return make(file)

    def open_rows(self, reader: Reader) -> RowReader:
        """Return the rows of a file that was opened."""
        make: Callable[[Reader], RowReader] = self._load(self.row_reader)
        with self.installed():
            return make(reader)

    def load_writer(self) -> Writer:
        """Return the writer."""
        writer: Writer = self._load(self.writer)
        return writer

    def load_mosaic_writer(self) -> MosaicWriter:
        """Return the writer of the samples of a sensor."""
        writer: MosaicWriter = self._load(self.mosaic_writer)
        return writer

    def load_row_writer(self) -> RowWriter:
        """Return the writer of rows."""
        writer: RowWriter = self._load(self.row_writer)
        return writer

    def load_page_writer(self) -> PageWriter:
        """Return the writer of several pages or frames."""
        writer: PageWriter = self._load(self.page_writer)
        return writer

    def writer_options(self, **values: Any) -> WriterOptions:
        """Return the writer's options: those of `values` that it has, defaults for the others.

        Raises SettingsError for a value out of range.
        """
        kind = self._load(self.options)
        names = {field.name for field in fields(kind)}
        options: WriterOptions = kind(**{k: v for k, v in values.items() if k in names})
        return options

    def has_option(self, name: str) -> bool:
        """Whether the writer has an option of this name."""
        return name in {field.name for field in fields(self._load(self.options))}

    @contextmanager
    def installed(self) -> Iterator[None]:
        """Turn a failed import into ImageFormatError, which says what to install."""
        try:
            yield
        except ImportError as error:
            remedy = f"install restorer[{self.extra}]" if self.extra else "install restorer again"
            raise ImageFormatError(
                f"{self.name} files need a package that cannot be imported ({error}); {remedy}"
            ) from error

    def holds_block(self, name: str) -> bool:
        """Whether a file can hold a block of this name: ``text Title`` where it holds ``text``."""
        return name in self.carries or name.partition(" ")[0] in self.carries

    def _load(self, target: str) -> Any:
        """Import code. Raises ImageFormatError where its dependencies are not installed."""
        module, _, name = target.partition(":")
        with self.installed():
            return getattr(import_module(module), name)
