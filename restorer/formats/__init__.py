"""Image files: read any known format into an Image, write an Image to any of them.

The content decides how a file is read, the suffix how one is written. What a format cannot hold is
converted, and a note says so. Another format is a module with the four functions of `Codec` and a
row in FORMATS.
"""

from __future__ import annotations

from restorer.formats.bands import RowsError, write_rows
from restorer.formats.capture_info import CaptureInfo, read_capture_info
from restorer.formats.files import Existing, created
from restorer.formats.header import Codec, Header
from restorer.formats.profiles import profile_name
from restorer.formats.source import (
    DEFAULT_MAX_PIXELS,
    ImageFile,
    Rows,
    check_source,
    open_rows,
    open_source,
    probe,
    read,
)
from restorer.formats.table import FORMATS, SUFFIXES, Format
from restorer.formats.target import check_creatable, check_target, write

__all__ = [
    "DEFAULT_MAX_PIXELS",
    "FORMATS",
    "SUFFIXES",
    "CaptureInfo",
    "Codec",
    "Existing",
    "Format",
    "Header",
    "ImageFile",
    "Rows",
    "RowsError",
    "check_creatable",
    "check_source",
    "check_target",
    "created",
    "open_rows",
    "open_source",
    "probe",
    "profile_name",
    "read",
    "read_capture_info",
    "write",
    "write_rows",
]
