"""The command line with addresses, and real processes that are killed or meet in one bucket."""

import re
import subprocess
import sys
import time

import numpy as np
import pytest
from click.testing import CliRunner

from restorer import Image, write
from restorer.cli.group import cli

from stores import Place, writes

COUNT = 10
ENLARGE = ("--model", "panet-sr-x2-lite")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory):
    """The pictures of a batch, by names."""
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for number in range(COUNT):
        write(Image(rng.integers(0, 256, (48, 48, 3), np.uint8)), folder / f"{number:02}.png")
    return Place(folder).files()


@pytest.fixture
def place(bucket, pictures):
    place = Place(bucket)
    for name, content in pictures.items():
        place.put(f"in/{name}", content)
    return place


@pytest.fixture(scope="module")
def undisturbed(pictures, tmp_path_factory):
    """The results of a batch in a folder."""
    here = Place(tmp_path_factory.mktemp("undisturbed"))
    for name, content in pictures.items():
        here.put(f"in/{name}", content)
    words = ["batch", str(here.root / "in"), str(here.root / "out"), *ENLARGE]
    assert CliRunner().invoke(cli, words).exit_code == 0
    return here.files("out")


def started(root):
    words = ["batch", f"{root}/in", f"{root}/out", *ENLARGE]
    return subprocess.Popen(
        [sys.executable, "-m", "restorer.cli", *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_a_killed_batch_continues_and_writes_nothing_twice(place, undisturbed, restore):
    process = started(place.root)
    try:
        deadline = time.monotonic() + 60
        while len(place.files("out")) < 2 and time.monotonic() < deadline:
            time.sleep(0.02)
    finally:
        process.kill()
        process.communicate()
    assert 2 <= len(place.files("out")) < COUNT
    resumed = restore("resume", f"{place.root}/out")
    assert resumed.exit_code == 0, resumed.output
    assert place.files("out") == undisturbed
    assert [key for key in writes(place.root) if key.startswith("out/")] == [
        f"out/{name}" for name in sorted(undisturbed)
    ]
    again = restore("batch", f"{place.root}/in", f"{place.root}/out", *ENLARGE)
    assert again.stdout.startswith(f"0 done, {COUNT} skipped in ")


def test_two_batches_into_one_bucket_compute_each_picture_once(place, undisturbed):
    both = [started(place.root) for _ in range(2)]
    said = [process.communicate()[0] for process in both]
    assert [process.returncode for process in both] == [0, 0], said
    assert sum(int(re.search(r"^(\d+) done", each, re.M)[1]) for each in said) == COUNT, said
    assert place.files("out") == undisturbed
    assert len(writes(place.root)) == 2 * COUNT


def test_one_image_from_an_address_to_an_address(place, undisturbed, restore, tmp_path):
    source = f"{place.root}/in/00.png"
    done = restore("image", source, *ENLARGE)
    assert done.stdout.startswith(f"{place.root}/in/00-restored.png: 96 x 96, ")
    assert place.get("in/00-restored.png") == undisturbed["00.png"]
    again = restore("image", source, *ENLARGE)
    skipped = f"skipped: {place.root}/in/00-restored.png: exists already"
    assert again.stderr == f"{skipped}; --existing replace makes it again\n"
    restore("image", source, "-o", f"{place.root}/large/", *ENLARGE)
    restore("image", source, "-o", f"{place.root}/other.png", *ENLARGE)
    restore("image", source, "-o", tmp_path / "here.png", *ENLARGE)
    made = (place.get("large/00-restored.png"), place.get("other.png"))
    assert {*made, (tmp_path / "here.png").read_bytes()} == {undisturbed["00.png"]}
    for words, reason in (
        ([f"{place.root}/none.png"], "none.png: no such file"),
        ([f"{place.root}/in"], "is a folder; `restore batch` restores folders"),
        ([source, f"{place.root}/in/01.png", "-o", f"{place.root}/x.png"], "is not a folder"),
        ([source, "-o", source], "is the original"),
        (["https://127.0.0.1:9/a.png?secret"], "https://127.0.0.1:9/a.png: the server cannot be"),
        ([source, "-o", "https://127.0.0.1:9/"], "https:// can be read only"),
    ):
        refused = restore("image", *words)
        assert refused.exit_code == 2
        assert reason in refused.stderr
        assert "secret" not in refused.stderr


def test_plan_and_page_know_addresses(place, restore, tmp_path):
    plan = restore("batch", f"{place.root}/in", f"{place.root}/out", "--dry-run", *ENLARGE)
    line = f"{place.root}/in/00.png -> {place.root}/out/00.png  48 x 48 -> 96 x 96\n"
    assert line in plan.stdout
    assert not place.files("out")
    page = tmp_path / "page.html"
    words = (f"{place.root}/in", f"{place.root}/out", "--include", "00*", "--html", page)
    assert restore("batch", *words).exit_code == 0
    text = page.read_text()
    assert text.count("<img ") == 2
    assert f'href="{place.root}/out/00.png"' in text
