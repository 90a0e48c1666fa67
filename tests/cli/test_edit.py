"""Working copies of other programs, restored in place."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from restorer import Image, Metadata, find_profile, read, write
from restorer.batch import run_job as run_job_module

from helpers import make_photograph

NOISY = ["--task", "denoising", "--sigma", "10"]


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """Return a working copy of 16 bits with a color profile, metadata and a resolution."""
    pixels = make_photograph(40, 48).astype(np.uint16) * 257
    metadata = Metadata(icc=find_profile("display-p3"), xmp=_XMP, dpi=(240.0, 240.0))
    path = tmp_path / "copy.tif"
    write(Image(pixels, metadata=metadata), path)
    return path


_XMP = (
    b'<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF'
    b' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""'
    b' xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="4"/></rdf:RDF></x:xmpmeta>'
)


def test_a_copy_keeps_depth_profile_metadata_and_permissions(restore, copy: Path) -> None:
    before = read(copy)
    copy.chmod(0o640)
    result = restore("edit", *NOISY, copy)
    assert result.exit_code == 0, result.stderr
    assert result.stdout.startswith(f"{copy}: 48 x 40")
    after = read(copy)
    assert after.pixels.dtype == np.uint16
    assert not np.array_equal(after.pixels, before.pixels)
    assert after.metadata.icc == before.metadata.icc
    assert b'xmp:Rating="4"' in (after.metadata.xmp or b"")
    assert after.metadata.dpi == pytest.approx((240, 240))
    assert copy.stat().st_mode & 0o777 == 0o640
    assert os.listdir(copy.parent) == ["copy.tif"]


def test_the_file_behind_a_link_is_replaced_not_the_link(restore, copy: Path) -> None:
    link = copy.with_name("link.tif")
    link.symlink_to(copy.name)
    before = copy.read_bytes()
    assert restore("edit", *NOISY, "--quiet", link).exit_code == 0
    assert link.is_symlink()
    assert copy.read_bytes() != before


@pytest.mark.parametrize(
    ("written", "name", "said"),
    [
        ("a.jpg", "a.jpg", "may be an original"),
        ("b.png", "b.webp", "suffix is that of another format"),
    ],
)
def test_what_may_be_an_original_is_refused(
    restore, tmp_path: Path, written: str, name: str, said: str
) -> None:
    path = tmp_path / name
    write(Image(make_photograph(24, 24)), tmp_path / written)
    (tmp_path / written).rename(path)
    before = path.read_bytes()
    result = restore("edit", *NOISY, path)
    assert result.exit_code == 2
    assert said in result.stderr
    assert path.read_bytes() == before


def test_a_write_protected_file_is_refused(restore, copy: Path) -> None:
    copy.chmod(0o444)
    before = copy.read_bytes()
    result = restore("edit", *NOISY, copy)
    assert result.exit_code == 2
    assert "write-protected" in result.stderr
    assert copy.read_bytes() == before


def test_a_damaged_copy_stays_as_it_is(restore, copy: Path) -> None:
    copy.write_bytes(copy.read_bytes()[:900])
    before = copy.read_bytes()
    assert restore("edit", *NOISY, copy).exit_code == 1
    assert copy.read_bytes() == before
    assert os.listdir(copy.parent) == ["copy.tif"]


def test_a_copy_that_changes_meanwhile_is_not_replaced(
    restore, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = run_job_module.prepare_output

    def change(*words: object) -> Image:
        copy.write_bytes(b"saved again by the other program")
        return prepare(*words)

    monkeypatch.setattr(run_job_module, "prepare_output", change)
    result = restore("edit", *NOISY, copy)
    assert result.exit_code == 1
    assert "changed while it was being restored" in result.stderr
    assert copy.read_bytes() == b"saved again by the other program"
    assert os.listdir(copy.parent) == ["copy.tif"]


def test_a_clean_picture_is_enlarged_by_the_scale(restore, copy: Path) -> None:
    assert restore("edit", "--scale", "2", copy).exit_code == 0
    assert read(copy).pixels.shape == (80, 96, 3)


def test_presets_for_results_of_other_formats_hold(restore, copy: Path, tmp_path: Path) -> None:
    presets = tmp_path / "presets.toml"
    presets.write_text('[web]\ntask = "denoising"\nsigma = 10\nformat = "jpg"\nquality = 80\n')
    result = restore("edit", "--presets", presets, "--preset", "web", copy)
    assert result.exit_code == 0, result.stderr
    assert read(copy).pixels.dtype == np.uint16


@pytest.mark.parametrize("words", [["--scale", "2"], ["--task", "denoising"]])
def test_the_window_takes_no_steps(restore, copy: Path, words: list[str]) -> None:
    result = restore("edit", "--window", *words, copy)
    assert result.exit_code == 2
    assert "--window" in result.stderr
