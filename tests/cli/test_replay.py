"""`restore replay`: words and exit codes."""

import json
from dataclasses import replace

from restorer import Metadata, read, write


def test_a_result_is_repeated_and_compared(restore, make_picture, tmp_path):
    source, again = make_picture(tmp_path / "a.png"), tmp_path / "again.png"
    assert restore("image", source, "--task", "denoising").exit_code == 0
    result = tmp_path / "a-restored.png"
    found = restore("replay", result, "-o", again)
    assert (found.exit_code, found.stdout) == (0, "same pixels\n")
    assert read(again).metadata == read(result).metadata

    image = read(result)
    image.pixels[0, 0] ^= 4
    write(image, result)
    found = restore("replay", result)
    assert found.exit_code == 1
    assert found.stdout.startswith("other pixels: 0.31% of the samples differ, by at most 4 of 255")
    assert json.loads(restore("replay", "--json", result).stdout)["same"] is False

    source.unlink()
    missing = restore("replay", result)
    assert (missing.exit_code, missing.stdout) == (2, "")
    assert "its source a.png was not found; give its path by --source" in missing.stderr
    write(replace(image, metadata=Metadata()), result)
    assert restore("replay", result).exit_code == 2
