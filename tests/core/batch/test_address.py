"""Addresses: names like those of paths, and no secrets in their text."""

from __future__ import annotations

import pickle
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import Address, Job, SettingsError, location
from restorer.batch.stores.address import (
    absolute,
    joined,
    relative_folder,
    without_secrets,
)

PARTS = st.text("abä ~%#?@&+=.-", min_size=1).filter(
    lambda part: part.strip(".") and not part.endswith(".") and "::" not in part
)
ROOTS = st.sampled_from(
    ["s3://bucket", "memory://box", "sftp://nas/photos", "https://host/photos", "zip://in::/a.zip"]
)


@given(ROOTS, st.lists(PARTS, min_size=1, max_size=3))
def test_names_are_those_of_a_path(root: str, parts: list[str]) -> None:
    path, address = PurePosixPath(*parts), location(root) / "/".join(parts)
    assert isinstance(address, Address)
    assert (address.name, address.stem, address.suffix) == (path.name, path.stem, path.suffix)
    assert address == Address(address.url) == pickle.loads(pickle.dumps(address))
    assert address.with_name("b.png").name == "b.png"
    assert address.with_name("b.png").parent == address.parent
    assert address.parent / address.name == address
    assert address.with_suffix(".tif").name == path.with_suffix(".tif").name
    for _ in parts:
        address = address.parent
    assert address == Address(root)


@given(ROOTS, st.lists(PARTS, min_size=1, max_size=3))
def test_a_file_below_a_folder_has_its_relative_folder(root: str, parts: list[str]) -> None:
    start, file = absolute(Address(root)), Address(root) / "/".join(parts)
    assert joined(start, "/".join(parts)) == str(file)
    if "::" not in root and not root.startswith("https"):
        assert relative_folder(str(file.parent), start) == ("/".join(parts[:-1]) or ".")


def test_paths_stay_paths() -> None:
    for word in ("a.png", "/a/b", "C:/a.png", "./s3:/a", "a::b", ""):
        assert location(word) == Path(word)
    assert location("file:///a/b%20c.png") == Path("/a/b c.png")
    with pytest.raises(SettingsError, match="is not an address"):
        Address("photos/a.png")


@pytest.mark.parametrize(
    ("url", "text"),
    [
        ("sftp://me:secret@nas/a.png", "sftp://nas/a.png"),
        ("https://me:secret@host/a.png?X-Signature=secret#secret", "https://host/a.png"),
        ("zip://a.png::https://me:secret@host/a.zip?secret", "zip://a.png::https://host/a.zip"),
        ("s3://bucket/a@b?c#d.png", "s3://bucket/a@b?c#d.png"),
        ("memory:///a//b.png/", "memory://a//b.png"),
    ],
)
def test_the_text_of_an_address_has_no_secrets(url: str, text: str) -> None:
    assert str(Address(url)) == text
    assert "secret" not in without_secrets(f"({url}: broken)")
    job = Job(url, "out/a.png", ("panet-sr-x2-lite",))  # type: ignore[arg-type]
    assert "secret" not in str(job.request)


def test_pictures_that_differ_in_the_query_only_are_two_jobs() -> None:
    first, second, again = (
        Job(f"https://{user}host/a?id={n}", "a.png", ("panet-sr-x2-lite",))  # type: ignore[arg-type]
        for user, n in (("", 1), ("", 2), ("me:secret@", 1))
    )
    assert first.id != second.id
    assert first.id == again.id
