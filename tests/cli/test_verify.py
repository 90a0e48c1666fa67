"""`restore verify`: lines, JSON and exit codes."""

import json


def test_a_batch_is_proved_sound_and_a_lost_or_changed_file_is_not(restore, make_picture, tmp_path):
    source, out = tmp_path / "in", tmp_path / "out"
    make_picture(source / "a.png")
    make_picture(source / "sub" / "b.png")
    words = ("--format", "tif", "--model", "panet-sr-x2-lite")
    assert restore("batch", source, out, *words).exit_code == 0
    (out / "list.txt").touch()
    result = restore("verify", source, out, "--scale", 2)
    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"sound: {out / 'a.tif'}",
        f"sound: {out / 'sub' / 'b.tif'}",
        "2 sound, 0 failed, 1 extra",
    ]
    (out / "a.tif").unlink()
    make_picture(out / "sub" / "b.tif", 40, 40)
    result = restore("verify", source, out)
    assert result.exit_code == 1
    assert f"failed: {out / 'a.png'}\n  failed: file: does not exist\n" in result.stdout
    assert "  failed: size: 40 x 40, expected a whole multiple of 20 x 16\n" in result.stdout

    whole = json.loads(restore("verify", source, out, "--json").stdout)
    assert whole["counts"] == {"sound": 0, "failed": 2, "extra": 1}
    assert [entry["state"] for entry in whole["files"]] == ["failed", "failed"]
    assert {"name": "file", "state": "failed", "words": "does not exist"} in (
        whole["files"][0]["checks"]
    )


def test_two_files_and_every_check(restore, make_picture, tmp_path):
    path = make_picture(tmp_path / "a.png")
    result = restore("verify", "-v", path, path)
    assert result.exit_code == 0
    assert "  passed: size: 20 x 16, as the source\n" in result.stdout
    assert restore("verify", path, tmp_path / "none.png").exit_code == 1
    assert restore("verify", path, tmp_path).exit_code == 2
    assert restore("verify", tmp_path, path).exit_code == 2
    assert restore("verify", path, path, "--profile", "none.icc").exit_code == 2
