"""Writing of files: checks before the work, and whole files or none."""

import errno
import os
import shutil
import stat
from pathlib import Path

import numpy as np
import pytest

from restorer import formats
from restorer.errors import (
    ImageFormatError,
    ImageTooLargeError,
    ImageWriteError,
    SettingsError,
    TargetExistsError,
)
from restorer.formats.png import png
from restorer.image import Image

from format_pixels import pixels_of


@pytest.fixture
def picture():
    return Image(pixels_of(12, 17, 3, 8))


def test_targets_are_checked_before_the_work():
    assert formats.check_target(Path("a.TIF"), 70_000, 70_000).name == "TIFF"
    with pytest.raises(ImageFormatError, match=r"a\.xcf: suffix '\.xcf'; expected one of \.jpg"):
        formats.check_target(Path("a.xcf"), 1, 1)
    with pytest.raises(ImageFormatError, match="name without a suffix"):
        formats.check_target(Path("a"), 1, 1)
    for name, side in (("a.jpg", 65_500), ("a.webp", 16_383), ("a.png", 1_000_000)):
        assert formats.check_target(Path(name), 1, side)
        with pytest.raises(ImageTooLargeError, match="holds at most"):
            formats.check_target(Path(name), side + 1, 1)
    with pytest.raises(ImageTooLargeError):
        formats.check_target(Path("a.bmp"), 40_000, 40_000)


def test_quality_out_of_range_is_refused(tmp_path, picture):
    with pytest.raises(SettingsError, match="quality 0"):
        formats.writer_options(tmp_path / "a.jpg", quality=0)


def test_folders_are_made_and_the_umask_is_honored(tmp_path, picture):
    before = os.umask(0o027)
    try:
        formats.write(picture, tmp_path / "new" / "deep" / "a.png")
    finally:
        os.umask(before)
    path = tmp_path / "new" / "deep" / "a.png"
    if os.name != "nt":
        assert stat.S_IMODE(path.stat().st_mode) == 0o640
    assert [p.name for p in path.parent.iterdir()] == ["a.png"]


def test_existing_files_are_replaced_or_kept_as_asked(tmp_path, picture):
    path = tmp_path / "a.png"
    formats.write(picture, path)
    before = path.read_bytes()
    other = Image(255 - picture.pixels)
    with pytest.raises(TargetExistsError, match="the file already exists"):
        formats.write(other, path, existing="fail")
    assert path.read_bytes() == before
    formats.write(other, path)
    np.testing.assert_array_equal(formats.read(path).pixels, other.pixels)
    formats.write(other, tmp_path / "b.png", existing="fail")
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.png", "b.png"]


def test_a_rival_that_comes_first_keeps_its_file(tmp_path, picture, rival):
    path = tmp_path / "a.png"
    rival(path)
    with pytest.raises(TargetExistsError, match="exists"):
        formats.write(picture, path, existing="fail")
    assert [(p.name, p.read_text()) for p in tmp_path.iterdir()] == [("a.png", "rival")]


def test_without_hard_links_an_existing_file_is_still_kept(tmp_path, picture, monkeypatch):
    def refused(*_args, **_kwargs):
        raise OSError(errno.EPERM, "Operation not permitted")

    monkeypatch.setattr(os, "link", refused)
    formats.write(picture, tmp_path / "a.png", existing="fail")
    np.testing.assert_array_equal(formats.read(tmp_path / "a.png").pixels, picture.pixels)
    assert len(list(tmp_path.iterdir())) == 1


@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_a_full_disk_is_named_and_nothing_is_left(tmp_path, picture, monkeypatch, suffix):
    def full(_descriptor):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(ImageWriteError, match=r"cannot be written: No space left"):
        formats.write(picture, tmp_path / f"a{suffix}")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
@pytest.mark.parametrize("suffix", [".jpg", ".png", ".webp", ".bmp", ".tif"])
def test_a_disk_that_fills_within_a_write_leaves_no_half_file(tmp_path, suffix):
    import resource

    noise = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2048, before[1]))  # writes end short there
    try:
        with pytest.raises(ImageWriteError, match="cannot be written"):
            formats.write(Image(noise), tmp_path / f"a{suffix}")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert list(tmp_path.iterdir()) == []


def test_a_bug_in_an_encoder_leaves_nothing_behind(tmp_path, picture, monkeypatch):
    def broken(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr(png, "encode", broken)
    with pytest.raises(KeyboardInterrupt):
        formats.write(picture, tmp_path / "a.png")
    assert list(tmp_path.iterdir()) == []


def test_bad_targets_are_write_errors(tmp_path, picture):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    for path in (
        tmp_path / "folder.png",
        tmp_path / "file" / "a.png",
        tmp_path / ("n" * 300 + ".png"),
    ):
        with pytest.raises(ImageWriteError):
            formats.write(picture, path)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["file", "folder.png"]


@pytest.mark.parametrize("name", ["n" * 251 + ".png", "ä" * 125 + ".png", "雪 🙂.png"])
def test_long_and_foreign_names_work(tmp_path, picture, name):
    formats.write(picture, tmp_path / name)
    assert formats.read(tmp_path / name).width == 17


def test_targets_that_cannot_be_created_are_refused_and_nothing_is_made(tmp_path):
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "file").touch()
    before = sorted(tmp_path.iterdir())
    for path, size_bytes, remedy in (
        (tmp_path / "folder.png", 0, "is a folder; choose a file name"),
        (tmp_path / "file" / "new" / "a.png", 0, "is not a folder; choose another folder"),
        (tmp_path / ("n" * 300 + ".png"), 0, "choose a shorter name"),
        (tmp_path / "new" / ("n" * 300 + ".png"), 0, "choose a shorter name"),
        (tmp_path / "nul\0.png", 0, "cannot be written"),
        (tmp_path / "new" / "a.png", 2**60, "MB free; free some space or choose another folder"),
    ):
        with pytest.raises(ImageWriteError, match=remedy) as caught:
            formats.check_creatable(path, size_bytes)
        assert str(caught.value).startswith(f"{path}: ")
    formats.check_creatable(tmp_path / "new" / "deep" / "a.png", 1000)
    assert sorted(tmp_path.iterdir()) == before


def test_a_small_lack_of_space_has_a_decimal(tmp_path, monkeypatch):
    free = shutil.disk_usage(tmp_path)._replace(free=40_000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    with pytest.raises(
        ImageWriteError, match=r"needs about 0\.3 MB, but the disk has 0\.0 MB free"
    ):
        formats.check_creatable(tmp_path / "a.png", 260_000)


def test_a_folder_without_permission_is_refused_with_a_remedy(tmp_path, monkeypatch):
    monkeypatch.setattr(os, "access", lambda *_: False)
    with pytest.raises(ImageWriteError, match=r"no permission .* choose another folder"):
        formats.check_creatable(tmp_path / "a.png")
