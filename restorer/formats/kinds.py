"""The kinds of files that are often taken for pictures, recognized by their first bytes.

None of them can be read. Errors, folder scans and the reader of TIFF name them from this table.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

START_BYTES = 512  # enough for the head of a web page or a drawing


@dataclass(frozen=True)
class Kind:
    """A kind of file.

    Attributes:
        name: With its article: ``a GIF picture``.
        remedy: What the user can do.
        pattern: Matches the first bytes; an empty one matches nothing.
        picture: Whether a folder scan says that it leaves out a picture.
        broken: Whether it may be what its suffix says, but damaged.
    """

    name: str
    remedy: str
    pattern: bytes = b"(?!)"
    picture: bool = False
    broken: bool = False

    def matches(self, start: bytes) -> bool:
        """Whether a file that starts with these bytes is of this kind."""
        return self._compiled.match(start) is not None

    @cached_property
    def _compiled(self) -> re.Pattern[bytes]:
        return re.compile(self.pattern, re.DOTALL)

    def refusal(self, suffix: str = "") -> str:
        """Return the error for such a file, with the suffix that claims another kind, if any."""
        named = f" named {suffix}" if suffix and not self.broken else ""
        return f"is {self.name}{named}; {self.remedy}"


def _picture(name: str, pattern: bytes) -> Kind:
    return Kind(name, "convert it to JPEG, PNG or TIFF first", pattern, picture=True)


_FRAME = "save the frame that you need as a picture first"
_AGAIN = "get another copy of the file"
_UNPACK = "unpack it first"
_MARKUP = rb"(?i:(?:\xef\xbb\xbf)?\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<"

# The first row that matches counts.
KINDS = (
    _picture("a JPEG-LS picture", rb"\xff\xd8\xff\xf7"),
    _picture("a JPEG 2000 picture", rb"\0\0\0\x0cjP  |\xff\x4f\xff\x51"),
    _picture("a JPEG XR picture", rb"II\xbc\x01"),
    _picture("a GIMP picture (XCF)", rb"gimp xcf"),
    _picture("a DDS texture", rb"DDS "),
    _picture("an icon or cursor (ICO)", rb"\0\0[\x01\x02]\0[^\0]\0"),
    _picture("a FITS picture", rb"SIMPLE  ="),
    _picture("a DICOM picture", rb".{128}DICM"),
    Kind(
        "a PNG with damaged first bytes",
        f"{_AGAIN}, in binary mode if it came by FTP",
        rb"(?!\x89PNG\r\n\x1a\n)(?:\x89PNG|.?PNG[\r\n]|.{8,14}IHDR)",
        broken=True,
    ),
    Kind("a video (MP4 or MOV)", _FRAME, rb".{4}(?:ftyp(?!hei|hev|mif1|msf1|avi)|moov|mdat|wide)"),
    Kind("a video (MKV or WebM)", _FRAME, rb"\x1a\x45\xdf\xa3"),
    Kind("a video (AVI)", _FRAME, rb"RIFF.{4}AVI "),
    Kind("a PDF document", "save its page or its picture as PNG or TIFF first", rb"\s*%PDF"),
    Kind("an EPS drawing", "export it as PNG or TIFF first", rb"%!PS|\xc5\xd0\xd3\xc6"),
    Kind("a ZIP archive", _UNPACK, rb"PK\x03\x04|PK\x05\x06"),
    Kind("a RAR archive", _UNPACK, rb"Rar!"),
    Kind("a 7z archive", _UNPACK, rb"7z\xbc\xaf"),
    Kind("a gzip file", _UNPACK, rb"\x1f\x8b"),
    Kind(
        "a web page (HTML)",
        "open the page in a browser and save the picture itself",
        _MARKUP + rb"(?:!doctype html|html|head|body|script)\b)",
    ),
    Kind(
        "an SVG drawing",
        "export it as PNG, as large as you need it",
        _MARKUP + rb"(?:svg\b|!doctype svg\b))",
    ),
    Kind("an XML file", "choose a picture", rb"(?:\xef\xbb\xbf)?<\?xml"),
    Kind(
        "a Git LFS pointer",
        "run `git lfs pull` to get the file itself",
        rb"version https://git-lfs",
    ),
    Kind("a text file", "choose a picture", rb"[\t\n\f\r -~\x80-\xff]+\Z"),
    Kind("a file of zeros, probably left by a failed copy", _AGAIN, rb"\0+\Z", broken=True),
)


def find_kind(start: bytes) -> Kind | None:
    """Return the kind of a file by its first bytes."""
    return next((kind for kind in KINDS if kind.matches(start)), None)


def unreadable_picture(path: Path) -> str:
    """Return the kind of a picture that cannot be read, such as ``GIF picture``; else nothing."""
    try:
        if not path.is_file():
            return ""
        with path.open("rb") as file:
            return unreadable_kind(file.read(START_BYTES))
    except (OSError, ValueError):
        return ""


def unreadable_kind(start: bytes) -> str:
    """Return what `unreadable_picture` does, by the first bytes of a file."""
    kind = find_kind(start)
    return kind.name.partition(" ")[2] if kind and kind.picture else ""
