"""Which files of a folder become which files of another."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import (
    Job,
    Settings,
    SettingsError,
    number_targets,
    plan_jobs,
    plan_sources,
    target_name,
)
from restorer.batch.naming import _apart
from restorer.formats.files import numbered
from restorer.settings import Step

STEPS = ["panet-sr-x2-lite"]


def tree(folder: Path, *names: str) -> Path:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def planned(batch) -> dict[str, str]:  # type: ignore[no-untyped-def]
    return {job.source.name: job.target.as_posix() for job in batch.jobs}


@pytest.mark.parametrize("suffix", [".psd", ".TGA", ".heic", ".nef"])
def test_results_of_formats_without_a_writer_are_tiff(suffix):
    assert target_name(Path(f"a{suffix}"), [Step("panet-sr-x2-lite")], "{stem}{suffix}") == "a.tif"


def test_a_raw_file_and_the_jpeg_beside_it_are_one_picture(tmp_path):
    source = tree(tmp_path / "in", "a.nef", "a.JPG", "b.jpg", "c.dng", "d/a.jpg")
    batch = plan_jobs(source, tmp_path / "out", STEPS)
    assert [job.source.name for job in batch.jobs] == ["a.nef", "b.jpg", "c.dng", "a.jpg"]
    assert [each.reason for each in batch.ignored] == ["the camera's own picture of a.nef"]
    only = plan_jobs(source, tmp_path / "out", STEPS, include=["*.jpg"])
    assert [job.source.name for job in only.jobs] == ["a.JPG", "b.jpg", "a.jpg"]


def test_the_tree_is_mirrored_in_the_order_of_names(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "b.png", "a.JPG", "sub/deep/ü ß.tif")
    batch = plan_jobs(source, Path("out"), STEPS)
    assert [j.target for j in batch.jobs] == [
        Path("out/a.JPG"),
        Path("out/b.png"),
        Path("out/sub/deep/ü ß.tif"),
    ]


def test_junk_is_ignored_with_its_reason(tmp_path: Path) -> None:
    litter = (".DS_Store", "Thumbs.db", "._a.png", "@eaDir/a.png/t.jpg", "$RECYCLE.BIN/q.jpg")
    litter += (".thumbnails/t.jpg", "sub/__MACOSX/._a.png", ".Trash-1000/files/a.png")
    litter += (".a.png.0123456789abcdef0123456789abcdef.part",)
    source = tree(tmp_path / "in", *litter, "a.txt", "a.png")
    batch = plan_jobs(source, Path("out"), STEPS)
    assert [job.source.name for job in batch.jobs] == ["a.png"]
    reasons = Counter(each.reason for each in batch.ignored)
    assert reasons == {"system file or folder": len(litter), "not a picture": 1}


def test_patterns_choose_files_and_folders(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "a.png", "a.jpg", "raw/b.png", "raw/keep/c.png")
    names = planned(plan_jobs(source, Path("o"), STEPS, include=["*.png"], exclude=["raw/keep"]))
    assert sorted(names) == ["a.png", "b.png"]
    assert sorted(planned(plan_jobs(source, Path("o"), STEPS, recursive=False))) == [
        "a.jpg",
        "a.png",
    ]


@pytest.mark.parametrize("pattern", ["*.jpg", "IMG [1].jpg", "img*", "trip/*"])
def test_patterns_ignore_case_and_match_a_name_literally(tmp_path: Path, pattern: str) -> None:
    source = tree(tmp_path / "in", "Trip/IMG [1].JPG", "b.png")
    assert [*planned(plan_jobs(source, Path("o"), STEPS, include=[pattern]))] == ["IMG [1].JPG"]


def test_two_inputs_that_would_write_one_output_are_told_apart(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "a.jpg", "a.png", "b.png")
    names = planned(plan_jobs(source, Path("o"), STEPS, suffix=".png"))
    assert names == {"a.jpg": "o/a_jpg.png", "a.png": "o/a_png.png", "b.png": "o/b.png"}


@given(
    st.lists(st.sampled_from(["a", "A", "a-2", "a_jpg", "b"]), min_size=1, max_size=5, unique=True),
    st.lists(st.sampled_from([".jpg", ".png", ".JPG"]), min_size=1, unique=True),
)
def test_no_two_targets_are_equal_even_without_case(stems: list[str], suffixes: list[str]) -> None:
    paths = [stem + suffix for stem in stems for suffix in suffixes]
    made = _apart({path: Path(path).stem + ".png" for path in paths})
    assert len({target.casefold() for target in made.values()}) == len(paths)


def test_target_inside_source_is_not_restored_again(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "a.png", "out/a.png")
    batch = plan_jobs(source, source / "out", STEPS)
    assert [j.source.name for j in batch.jobs] == ["a.png"]
    assert [i.reason for i in batch.ignored] == ["folder of the results"]


def test_a_folder_that_cannot_be_read_is_a_failure(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tree(tmp_path / "in", "a.png", "locked/b.png")
    scandir = os.scandir

    def refuse(folder: Path) -> Iterator[os.DirEntry[str]]:
        if folder.name == "locked":
            raise PermissionError(13, "Permission denied")
        return scandir(folder)

    monkeypatch.setattr(os, "scandir", refuse)
    batch = plan_jobs(source, Path("out"), STEPS)
    assert [j.source.name for j in batch.jobs] == ["a.png"]
    (ignored,) = batch.ignored
    assert (ignored.path.name, ignored.failed) == ("locked", True)
    assert "Permission denied" in ignored.reason


def test_folder_links_are_followed_once_and_loops_end(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "sub/a.png")
    (source / "sub" / "loop").symlink_to(source, target_is_directory=True)
    (source / "self.png").symlink_to(source / "self.png")
    batch = plan_jobs(source, Path("out"), STEPS)
    assert sorted(j.source.name for j in batch.jobs) == ["a.png", "self.png"]
    assert [i.path.name for i in batch.ignored] == ["loop"]


def test_templates_name_the_targets() -> None:
    steps = [Step("panet-denoise-lite"), Step("panet-sr-x2-lite")]
    path = Path("photo.jpg")
    assert target_name(path, steps, "{stem}-x{scale}{suffix}") == "photo-x2.jpg"
    assert target_name(path, steps, "{stem}", ".png") == "photo.png"
    assert target_name(path, steps, "{model}.tif") == "panet-denoise-lite+panet-sr-x2-lite.tif"
    wrongs = ["{nonsense}", "{stem", "../{stem}", "{stem.x}", "{0}", "{stem.__class__}"]
    wrongs += ["{stem:>3000000000}", "{stem!r}", "{stem}\0", "C:{stem}", "{stem}?", "{stem}."]
    for wrong in wrongs:
        with pytest.raises(SettingsError, match="name"):
            target_name(path, steps, wrong)


def test_a_batch_that_would_replace_its_own_sources_is_refused(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "a.png")
    with pytest.raises(SettingsError, match="original"):
        plan_jobs(source, source, STEPS, settings=Settings(existing="replace"))


def test_wrong_folder_and_suffix_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="no such folder"):
        plan_jobs(tmp_path / "none", tmp_path, STEPS)
    with pytest.raises(SettingsError, match="suffix"):
        plan_jobs(tmp_path, tmp_path, STEPS, suffix=".xyz")


def test_numbered_names_begin_with_the_name_itself() -> None:
    names = numbered(Path("o/photo.tar.png"))
    assert [next(names).name for _ in range(3)] == [
        "photo.tar.png",
        "photo.tar-2.png",
        "photo.tar-3.png",
    ]


def test_files_and_folders_are_planned_together(tmp_path: Path) -> None:
    source = tree(tmp_path / "in", "a.png", "sub/b.png", "notes.txt")
    single = tree(tmp_path / "more", "a.png") / "a.png"
    batch = plan_sources([source, single, single, source / "notes.txt"], Path("out"), STEPS)
    assert [job.target for job in batch.jobs] == [
        Path("out/a.png"),
        Path("out/sub/b.png"),
        Path("out/a-2.png"),
    ]
    assert [i.reason for i in batch.ignored] == ["not a picture"] * 2


def test_without_a_folder_results_lie_beside_and_are_not_restored_again(tmp_path: Path) -> None:
    source = tree(tmp_path, "a.png", "a-restored.png", "sub/b.png")
    batch = plan_sources([source], None, STEPS, name="{stem}-restored{suffix}")
    assert [job.target for job in batch.jobs] == [
        tmp_path / "a-restored.png",
        tmp_path / "sub" / "b-restored.png",
    ]
    assert [i.reason for i in batch.ignored] == ["result of an earlier run"]
    with pytest.raises(SettingsError, match="would be overwritten"):
        plan_sources([source / "a.png"], None, STEPS)


@given(st.lists(st.sampled_from(["a.png", "A.png", "a-2.png", "b.png"]), max_size=8))
def test_numbered_targets_are_never_shared(names: list[str]) -> None:
    jobs = [Job(Path(f"{n}.png"), Path(name), ()) for n, name in enumerate(names)]
    taken = [Path("b.png")]
    numbered_jobs = number_targets(jobs, taken)
    targets = [str(job.target).lower() for job in numbered_jobs] + ["b.png"]
    assert len(set(targets)) == len(targets)
    assert [job.source for job in numbered_jobs] == [job.source for job in jobs]


@given(
    st.none()
    | st.builds(
        Settings,
        tile=st.none() | st.integers(16, 64),
        bits=st.sampled_from([None, 8, 16]),
        existing=st.sampled_from(["skip", "number"]),
    )
)
def test_every_job_has_the_settings_of_the_plan(
    tmp_path_factory: pytest.TempPathFactory, settings: Settings | None
) -> None:
    source = tree(tmp_path_factory.mktemp("in"), "a.png", "sub/b.png")
    single = tree(tmp_path_factory.mktemp("more"), "c.png") / "c.png"
    jobs = plan_sources([source, single], Path("out"), STEPS, settings=settings).jobs
    jobs += plan_jobs(source, Path("out"), STEPS, settings=settings).jobs
    assert [job.settings for job in jobs] == [settings or Settings()] * 5


@pytest.mark.parametrize("name", ["con{suffix}", "nul.of-{stem}{suffix}", "lpt1{suffix}"])
def test_templates_that_give_devices_of_windows_are_refused(name: str) -> None:
    with pytest.raises(SettingsError, match="device of Windows"):
        target_name(Path("a.jpg"), [Step("panet-sr-x2-lite")], name)


@pytest.mark.parametrize("own", ["aux.jpg", "10:30.jpg", "con.tar.png"])
def test_sources_may_have_names_that_windows_refuses(own: str) -> None:
    assert target_name(Path(own), [Step("panet-sr-x2-lite")], "{stem}{suffix}") == own
