import json
import shutil

import pytest

from restorer import probe

ENLARGE = ("--model", "panet-sr-x2-lite")


def tree(folder):
    files = (p.relative_to(folder) for p in folder.rglob("*") if p.is_file())
    return {p.as_posix() for p in files if p.parts[0] != ".restorer"}


def test_bad_files_stop_nothing_and_are_named(restore, folder, out, tmp_path):
    originals = {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    report = tmp_path / "reports" / "r.jsonl"
    result = restore("batch", folder, out, "--report", report, *ENLARGE)
    assert result.exit_code == 1
    assert result.stdout.startswith("3 done, 2 failed, 2 ignored in ")
    assert (
        "ignored: system file or folder (1 file)\nignored: not a picture (1 file)\n"
        in result.stdout
    )
    assert f"failed: {folder / 'empty.jpg'}: the file is empty\n" in result.stderr
    assert f"failed: {folder / 'cut.png'}: " in result.stderr
    assert tree(out) == {"a.png", "b.png", "sub folder/Grüße 写真.png"}
    assert probe(out / "a.png").width == 40
    assert {path: path.read_bytes() for path in originals} == originals

    header, *records, last = map(json.loads, report.read_text().splitlines())
    assert header["record"] == "header"
    files = [each for each in records if each["record"] in ("finished", "ignored")]
    assert len(files) == 7
    done = [each for each in files if each["status"] == "done"]
    assert {each["target"] for each in done} == {str(out / name) for name in tree(out)}
    assert all(each["plans"][0]["model"] == "panet-sr-x2-lite" for each in done)
    assert last.pop("seconds") > 0
    counts = {"done": 3, "skipped": 0, "failed": 2, "cancelled": 0, "ignored": 2}
    assert last == {"record": "summary", "counts": counts, "exit_code": 1}


def test_two_sources_never_share_a_target(restore, make_picture, tmp_path, out):
    make_picture(tmp_path / "in" / "a.png")
    make_picture(tmp_path / "in" / "a.jpg")
    result = restore("batch", tmp_path / "in", out, "--format", "png")
    assert result.exit_code == 0
    assert tree(out) == {"a_png.png", "a_jpg.png"}


def test_second_run_skips_what_is_there(restore, make_picture, tmp_path, out):
    source = make_picture(tmp_path / "in" / "a.png")
    restore("batch", source.parent, out)
    before = (out / "a.png").stat().st_mtime_ns
    result = restore("batch", source.parent, out)
    assert result.exit_code == 0
    assert result.stdout.startswith("0 done, 1 skipped in ")
    assert (out / "a.png").stat().st_mtime_ns == before


@pytest.mark.parametrize(
    ("existing", "width", "names"),
    [("replace", 20, {"a.png"}), ("number", 40, {"a.png", "a-2.png"})],
)
def test_existing_targets(existing, width, names, restore, make_picture, tmp_path, out):
    source = make_picture(tmp_path / "in" / "a.png").parent
    restore("batch", source, out, *ENLARGE)
    restore("batch", source, out, "--task", "denoising", "--existing", existing)
    assert tree(out) == names
    assert probe(out / "a.png").width == width


def test_patterns_and_depth_choose_files(restore, folder, out):
    restore("batch", folder, out, "--include", "*.png", "--exclude", "cut*", "--no-recursive")
    assert tree(out) == {"a.png", "b.png"}


def test_verbose_names_all_files(restore, folder, out):
    result = restore("batch", folder, out, "--verbose", "--jobs", "2")
    for name in ("a.png", "b.png", "Grüße 写真.png", "notes.txt", ".DS_Store", "cut.png"):
        assert name in result.stderr


def test_quiet_says_nothing_but_trouble(restore, folder, out):
    result = restore("batch", folder, out, "--quiet")
    assert result.stdout == ""
    assert sorted(line.split(":")[0] for line in result.stderr.splitlines()) == ["failed"] * 2


def test_folder_without_pictures_is_said_and_is_no_failure(restore, tmp_path, out):
    source = tmp_path / "in"
    source.mkdir()
    result = restore("batch", source, out)
    assert (result.exit_code, result.stderr) == (0, f"{source}: no pictures to restore\n")
    assert not out.exists()


def test_same_folder_needs_other_names_and_restores_no_result_again(
    restore, make_picture, tmp_path
):
    source = make_picture(tmp_path / "in" / "a.png").parent
    refused = restore("batch", source, source)
    assert refused.exit_code == 2
    assert "would be overwritten" in refused.stderr
    for _ in range(2):
        restore("batch", source, source, "--name", "{stem}-large{suffix}")
    assert tree(source) == {"a.png", "a-large.png"}


def test_dry_run_lists_sizes_and_makes_nothing(restore, folder, out, tmp_path):
    before = tree(tmp_path)
    words = ("--dry-run", "--report", tmp_path / "r.jsonl", *ENLARGE)
    result = restore("batch", folder, out, *words)
    assert f"{folder / 'a.png'} -> {out / 'a.png'}  20 x 16 -> 40 x 32\n" in result.stdout
    assert "2 ignored\n" in result.stdout
    assert "empty.jpg: would fail" not in result.stdout
    assert f"would fail: {folder / 'empty.jpg'}: the file is empty\n" in result.stderr
    assert result.exit_code == 1
    assert tree(tmp_path) == before
    assert not out.exists()


def test_plan_says_what_the_batch_needs(restore, make_picture, tmp_path, out):
    for name in ("a.jpg", "a.png", "b.bmp"):
        make_picture(tmp_path / "in" / name)
    words = ("batch", tmp_path / "in", out, "--format", "bmp", "--dry-run", *ENLARGE)
    result = restore(*words)
    assert result.exit_code == 0
    lines = result.stdout.splitlines()
    assert "formats: 1 JPEG, 1 PNG, 1 BMP to 3 BMP" in lines
    assert any(line.startswith(f"disk space in {tmp_path}: about ") for line in lines)
    assert "time: unknown for panet-sr-x2-lite; run `restore doctor` once" in lines
    assert (
        f"renamed: {out / 'a_jpg.bmp'}, because several results would be {out / 'a.bmp'}" in lines
    )
    plan = json.loads(restore(*words, "--json").stdout)
    assert plan["outcomes"] == {"restore": 3}
    assert [file["result_size"] for file in plan["files"]] == [[32, 40]] * 3
    assert plan["renamed"][0] == [str(out / "a.bmp"), str(out / "a_jpg.bmp")]


def test_plan_says_what_each_picture_needs(restore, make_picture, tmp_path, out, monkeypatch):
    for name in ("a.png", "b.png"):
        make_picture(tmp_path / "in" / name)
    words = ("batch", tmp_path / "in", out, "--dry-run")
    lines = restore(*words, "--sigma", "20", "--scale", "2").stdout.splitlines()
    assert all("20 x 16 -> 40 x 32" in line for line in lines[:2])
    assert all("remove noise, enlarge" in line for line in lines[:2])
    files = json.loads(restore(*words, "--json", "--sigma", "0").stdout)["files"]
    assert [type(file["chosen"]["found"]) for file in files] == [str, str]
    monkeypatch.setattr("restorer.cli.dry_run._LOOKS", 1)
    plan = json.loads(restore(*words, "--json").stdout)
    assert sum(file["chosen"] is not None for file in plan["files"]) == 1


def test_plan_of_very_many_files_reads_a_sample(restore, make_picture, tmp_path, out, monkeypatch):
    monkeypatch.setattr("restorer.cli.dry_run._ALL_HEADERS", 3)
    monkeypatch.setattr("restorer.cli.dry_run._SAMPLE", 2)
    for name in ("a.jpg", "b.jpg", "c.jpg", "d.jpg"):
        make_picture(tmp_path / "in" / name)
    (tmp_path / "in" / "a.jpg").write_bytes(b"")
    words = ("batch", tmp_path / "in", out, "--dry-run")
    lines = restore(*words).stdout.splitlines()
    assert "3 to restore, about 0.0 megapixels to 0.0, 1 would fail" in lines
    sampled = (
        "headers: 2 read, 2 not; --all-headers reads all; about 1 of the others would fail, too"
    )
    assert sampled in lines
    plan = json.loads(restore(*words, "--json").stdout)
    assert (plan["unread"], [file["format"] for file in plan["files"]]) == (2, ["", "", "JPEG", ""])
    assert json.loads(restore(*words, "--json", "--all-headers").stdout)["unread"] == 0


def test_json_needs_a_dry_run(restore, folder, out):
    result = restore("batch", folder, out, "--json")
    assert (result.exit_code, "--dry-run" in result.stderr) == (2, True)
    assert not out.exists()


def test_plan_fails_where_the_disk_space_does_not_suffice(
    restore, make_picture, tmp_path, out, monkeypatch
):
    for name in ("a.bmp", "b.bmp"):
        make_picture(tmp_path / "in" / name)
    one = 40 * 32 * 3
    free = shutil.disk_usage(tmp_path)._replace(free=one + 10)  # for each of them, but not for both
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    result = restore("batch", tmp_path / "in", out, "--dry-run", *ENLARGE)
    assert result.exit_code == 1
    assert "needed, 3.9 kB free; free some space or choose another folder\n" in result.stderr
    assert "2 to restore" in result.stdout


def test_dry_run_says_what_exists(restore, make_picture, tmp_path, out):
    source = make_picture(tmp_path / "in" / "a.png").parent
    make_picture(out / "a.png")
    result = restore("batch", source, out, "--dry-run")
    assert f"would be skipped: {out / 'a.png'}: exists already\n" in result.stdout
    assert "0 to restore, 0.0 megapixels to 0.0, 1 would be skipped\n" in result.stdout
