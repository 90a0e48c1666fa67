"""Which paths are one file, also where case does not matter."""

from __future__ import annotations

import os
import unicodedata
from pathlib import Path

import pytest

from restorer import (
    Settings,
    SettingsError,
    check_apart,
    check_references,
    exclude_results,
    file_identity,
    plan_jobs,
    plan_sources,
)
from restorer.formats.identity import FileIdentities, path_identity

from ignoring_case import ignore_case

STEPS = ["panet-sr-x2-lite"]
REPLACE = Settings(existing="replace")
COMPOSED, DECOMPOSED = (unicodedata.normalize(form, "Grüße.png") for form in ("NFC", "NFD"))


@pytest.fixture
def insensitive(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder with ``Photos``, whose file system ignores case."""
    photos = tmp_path / "Photos"
    (photos / "Sub").mkdir(parents=True)
    for name in ("A.png", COMPOSED, "Sub/b.jpg"):
        (photos / name).touch()
    ignore_case(tmp_path, monkeypatch)
    assert (tmp_path / "photos" / DECOMPOSED).exists(), "the simulation works"
    return tmp_path


def test_spellings_of_a_path_are_one_file_if_they_are_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    (tmp_path / "A.png").touch()
    (tmp_path / "link.png").symlink_to("a.png")
    (tmp_path / "folder").symlink_to(tmp_path)
    (tmp_path / "loop").symlink_to("loop")
    for identity in (path_identity, FileIdentities().of):
        assert identity(tmp_path / "a.png") != identity(tmp_path / "A.png")
        assert identity(tmp_path / "a.png") == identity(tmp_path / "link.png")
        assert identity(tmp_path / "a.png") == identity(tmp_path / "folder" / "a.png")
        assert identity(tmp_path / "loop") == identity(tmp_path / "folder" / "loop")
        assert identity(tmp_path / "new.png") == identity(tmp_path / "folder" / "new.png")
        assert identity(tmp_path / "new.png") != identity(tmp_path / "a.png")
    assert path_identity(tmp_path / "no" / "New.png") == path_identity(tmp_path / "NO" / "new.png")


def test_hard_links_are_one_file_unless_names_are_asked_for(tmp_path: Path) -> None:
    (tmp_path / "a.png").touch()
    os.link(tmp_path / "a.png", tmp_path / "b.png")
    assert path_identity(tmp_path / "a.png") == path_identity(tmp_path / "b.png")
    of = FileIdentities().of
    assert of(tmp_path / "a.png") != of(tmp_path / "b.png")


def test_relative_paths_have_identities(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "a.png").touch()
    assert FileIdentities().of("a.png") == FileIdentities().of(tmp_path / "a.png")
    assert file_identity("a.png") == file_identity(tmp_path / "a.png")


@pytest.mark.parametrize("target", ["photos", "PHOTOS", "Photos"])
def test_originals_are_spared_whatever_the_case_of_the_folder(
    insensitive: Path, target: str
) -> None:
    photos = insensitive / "Photos"
    with pytest.raises(SettingsError, match="is an original in this batch"):
        plan_jobs(photos, insensitive / target, STEPS, settings=REPLACE)
    batch = plan_jobs(photos, insensitive / target, STEPS)
    with pytest.raises(SettingsError, match="would be overwritten by its result"):
        exclude_results(batch)


@pytest.mark.parametrize(("own", "other"), [("A.png", "a.png"), (COMPOSED, DECOMPOSED)])
def test_originals_are_spared_whatever_the_spelling_of_the_file(
    insensitive: Path, own: str, other: str
) -> None:
    folder = insensitive / "Photos"
    with pytest.raises(SettingsError, match="is an original in this batch"):
        plan_jobs(folder, folder, STEPS, include=[own], name=other, settings=REPLACE)


def test_results_of_an_earlier_run_are_no_sources_whatever_their_case(insensitive: Path) -> None:
    results = insensitive / "Photos" / "Out"
    results.mkdir()
    (results / "A.png").touch()
    batch = plan_jobs(insensitive / "photos", insensitive / "PHOTOS" / "out", STEPS)
    assert sorted(job.source.name for job in batch.jobs) == sorted(["A.png", COMPOSED, "b.jpg"])
    assert "folder of the results" in [each.reason for each in batch.ignored]

    (insensitive / "Photos" / "a-Large.png").touch()
    beside = plan_jobs(
        insensitive / "photos", insensitive / "Photos", STEPS, name="{stem}-large{suffix}"
    )
    left = exclude_results(beside)
    assert "a-Large.png" not in [job.source.name for job in left.jobs]
    assert "result of an earlier run" in [each.reason for each in left.ignored]


def test_a_watched_folder_and_its_results_lie_apart_whatever_the_case(insensitive: Path) -> None:
    for inner, outer in (("photos", "Photos"), ("PHOTOS/sub", "photos"), ("photos/new", "Photos")):
        with pytest.raises(SettingsError, match="one of the two folders is inside the other"):
            check_apart(insensitive / inner, insensitive / outer)
        with pytest.raises(SettingsError, match="one of the two folders is inside the other"):
            check_apart(insensitive / outer, insensitive / inner)
    check_apart(insensitive / "Photos", insensitive / "Photos2")


def test_a_picture_is_not_its_own_reference_whatever_the_case(insensitive: Path) -> None:
    own = insensitive / "Photos" / "A.png"
    with pytest.raises(SettingsError, match="is the picture itself"):
        check_references(own, [insensitive / "photos" / "a.PNG"], header=object())  # type: ignore[arg-type]


def test_numbered_targets_spare_the_originals_beside_them(tmp_path: Path) -> None:
    for name in ("a.jpg", "a.png", "a-large-2.tif"):
        (tmp_path / name).touch()
    sources = [tmp_path / name for name in ("a.jpg", "a.png", "a-large-2.tif")]
    with pytest.raises(SettingsError, match=r"a-large-2\.tif: is an original in this batch"):
        plan_sources(
            sources, None, STEPS, name="{stem}-large{suffix}", suffix=".tif", settings=REPLACE
        )
