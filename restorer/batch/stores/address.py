"""Address: the location of a file or folder that has no local path."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias
from urllib.parse import quote, unquote, urlsplit

from restorer.errors import SettingsError
from restorer.formats.identity import Identity, path_identity

_ADDRESS = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+)://")  # one letter is a drive of Windows
_WEB = ("http", "https")
# Passwords in front of hosts, and the signatures and tokens in queries of the web.
_USER = re.compile(r"\b((?!zip:|memory:|s3a?:)[A-Za-z][A-Za-z0-9+.-]+://)[^/\s@]+@")
_QUERY = re.compile(r"\b(https?://[^\s?#]*)[?#][^\s'\")]*")


@dataclass(frozen=True)
class Address:
    """An address that fsspec understands, with the names and the tests of `pathlib.Path`.

    Its text leaves out user, password and query, so that messages, journals and provenance hold no
    secrets. Making one touches no network; `exists` and `is_dir` do, and raise OSError.

    Attributes:
        url: The whole address. That of a file in an archive names both: ``zip://a.png::in.zip``.

    Examples:
        >>> address = restorer.Address("sftp://me:secret@nas/photos/a.jpg")
        >>> str(address), address.name, str(address.parent / "b.jpg")
        ('sftp://nas/photos/a.jpg', 'a.jpg', 'sftp://nas/photos/b.jpg')
    """

    url: str

    def __post_init__(self) -> None:
        """Normalize the address. Raises SettingsError for what is none."""
        if not _ADDRESS.match(self.url) or "\0" in self.url:
            raise SettingsError(f"{self.url!r}: is not an address")
        scheme, path, tail = self._split()
        path = path.lstrip("/") if scheme == "memory" else path
        object.__setattr__(self, "url", f"{scheme}://{path.rstrip('/')}{tail}")

    def __str__(self) -> str:
        """Return the address without secrets."""
        return without_secrets(self.url)

    @property
    def scheme(self) -> str:
        """The protocol in lower case, such as ``s3``."""
        return self._split()[0]

    @property
    def is_web(self) -> bool:
        """Whether it is an address of the web, which has escapes and queries."""
        return self.scheme in _WEB

    @property
    def root(self) -> str:
        """The part that all addresses of one server, or of one archive, share."""
        scheme, path, tail = self._split()
        return f"{scheme}://{'' if '::' in tail else path.partition('/')[0]}{tail}"

    @property
    def own_url(self) -> str:
        """The address without the archive, see `url`, that contains it."""
        scheme, path, tail = self._split()
        return f"{scheme}://{path}{'' if tail.startswith('::') else tail}"

    @property
    def identity(self) -> str:
        """The address without user and password, but with the query that tells pictures apart."""
        return _USER.sub(r"\1", self.url)

    @property
    def name(self) -> str:
        """The last part of the path."""
        scheme, path, _ = self._split()
        last = path.rpartition("/")[2]
        return unquote(last) if scheme in _WEB else last

    @property
    def stem(self) -> str:
        """The name without its suffix."""
        return Path(self.name).stem

    @property
    def suffix(self) -> str:
        """The suffix of the name, with its dot."""
        return Path(self.name).suffix

    @property
    def parent(self) -> Address:
        """The folder."""
        scheme, path, tail = self._split()
        return Address(f"{scheme}://{path.rpartition('/')[0]}{tail}")

    def __truediv__(self, relative: str | Path) -> Address:
        """Return the address of a file below this folder."""
        scheme, path, tail = self._split()
        inner = str(relative).replace(os.sep, "/")
        if not inner or inner == ".":
            return self
        inner = quote(inner) if scheme in _WEB else inner
        return Address(f"{scheme}://{path}{'/' if path else ''}{inner}{tail}")

    def with_name(self, name: str) -> Address:
        """Return the address of another name in the same folder."""
        return self.parent / name

    def with_suffix(self, suffix: str) -> Address:
        """Return the address with another suffix."""
        return self.with_name(f"{self.stem}{suffix}")

    def exists(self) -> bool:
        """Whether there is such a file or folder. Raises OSError."""
        from restorer.batch.stores.store import kind

        return kind(self) is not None

    def is_dir(self) -> bool:
        """Whether there is such a folder. Raises OSError."""
        from restorer.batch.stores.store import kind

        return kind(self) == "directory"

    def _split(self) -> tuple[str, str, str]:
        """Return scheme, path with host or bucket, and the archive or query that follows."""
        head, chain, archive = self.url.partition("::")
        scheme, _, path = head.partition("://")
        if scheme.lower() in _WEB:
            at = next((n for n, character in enumerate(path) if character in "?#"), len(path))
            path, chain = path[:at], path[at:] + chain
        return scheme.lower(), path, chain + archive


Location: TypeAlias = Path | Address


def location(place: str | os.PathLike[str] | Address) -> Path | Address:
    """Return an address if the text is one, such as ``s3://bucket/a.jpg``, otherwise a path.

    Examples:
        >>> restorer.location("s3://bucket/photo.jpg").name
        'photo.jpg'
        >>> restorer.location("photos/a.jpg")
        PosixPath('photos/a.jpg')
    """
    if isinstance(place, Address):
        return place
    found = _ADDRESS.match(text := os.fspath(place))
    if found is None:
        return Path(place)
    if found[1].lower() in ("file", "local") and "::" not in text:
        from urllib.request import url2pathname  # with all of HTTP, which few paths need

        return Path(url2pathname(urlsplit(text).path))
    return Address(text)


def file_identity(place: Location | str) -> Identity:
    """Return a value that is equal for two places if and only if they are one file.

    Links are followed, and names that differ only in case are equal where the file system ignores
    case. Hard links to a file are one file. A missing file is identified by its folder and its
    name, ignoring case.

    Examples:
        >>> restorer.file_identity("photo.jpg") == restorer.file_identity("./photos/../photo.jpg")
        True
    """
    place = location(place)
    return (place.identity,) if isinstance(place, Address) else path_identity(place)


def exists(place: Location) -> bool:
    """Whether there is a file or folder; False where a store does not tell."""
    try:
        return place.exists()
    except OSError:
        return False


def without_secrets(text: str) -> str:
    """Return a text whose addresses have no user, password and query."""
    return _QUERY.sub(r"\1", _USER.sub(r"\1", text))


def absolute(place: Location) -> str:
    """Return an absolute path, or an address without secrets."""
    return str(place) if isinstance(place, Address) else os.path.abspath(place)


def joined(folder: str, relative: str) -> str:
    """Return the path or address of a file below a folder, both as `absolute` gives them."""
    if _ADDRESS.match(folder):
        return str(Address(folder) / relative)
    return os.path.join(folder, relative)


def relative_folder(folder: str, start: str) -> str:
    """Return what `os.path.relpath` does; for addresses, of a folder below `start`."""
    if _ADDRESS.match(start):
        return folder.removeprefix(start).strip("/") or os.curdir
    return os.path.relpath(folder or os.curdir, start)
