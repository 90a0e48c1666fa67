"""What came of a run as JSON lines, and jobs as JSON."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import (
    Ignored,
    Job,
    Result,
    RunPlan,
    Settings,
    Step,
    dump_jobs,
    journal_line,
    load_jobs,
    read_journal,
)

NAMES = st.sampled_from(["a.png", "ü 雪.tif", "\udcff.jpg", "sub/b.png"]).map(Path)
STEPS = st.builds(
    Step,
    model=st.sampled_from(["panet-denoise-lite", "panet-sr-x2-lite"]),
    sigma=st.none() | st.floats(0, 75),
    strength=st.floats(0, 1),
)
SETTINGS = st.builds(
    Settings,
    tile=st.none() | st.integers(16, 512),
    memory=st.none() | st.integers(1, 2**40),
    bits=st.sampled_from([None, 8, 16, 32]),
    existing=st.sampled_from(["skip", "replace", "number"]),
)
JOBS = st.builds(
    Job,
    NAMES,
    NAMES,
    st.lists(STEPS, max_size=2).map(tuple),
    SETTINGS,
    st.lists(NAMES, max_size=2).map(tuple),
    st.booleans(),
)


@given(st.lists(JOBS, max_size=6))
def test_jobs_come_back_as_they_were(jobs):
    text = dump_jobs(jobs)
    assert text.isascii()
    assert load_jobs(text) == jobs


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{",
        '{"jobs": 3}',
        '{"jobs": [7]}',
        '{"jobs": [{"steps": [], "files": []}]}',
        '{"jobs": [{"steps": [{"wish": 1}], "settings": {}, "files": []}]}',
    ],
)
def test_other_text_is_no_list_of_jobs(text):
    with pytest.raises(ValueError, match=r".+"):
        load_jobs(text)


def test_neighbors_that_do_the_same_say_it_once():
    jobs = [Job(Path(f"{n}.png"), Path(f"o/{n}.png"), (Step("x"),)) for n in range(1000)]
    assert len(dump_jobs(jobs)) < 50_000


def test_a_line_says_what_became_of_a_file(tmp_path):
    job = Job(Path("a.png"), Path("o/a.png"), (Step("m"),))
    plan = RunPlan("m", "cpu", "fp32", 64, 8, 0)
    done = Result(job, "done", job.target, 1.23456, (plan,), notes=("gray became RGB",))
    record = json.loads(journal_line(done))
    assert record["seconds"] == 1.235
    assert record["plans"][0]["side"] == 64
    assert {key: record[key] for key in ("status", "source", "target", "notes")} == {
        "status": "done", "source": "a.png", "target": "o/a.png", "notes": ["gray became RGB"],
    }  # fmt: skip
    assert "asked" not in record
    numbered = Result(job, "done", Path("o/a-2.png"))
    assert json.loads(journal_line(numbered))["asked"] == "o/a.png"
    lost = json.loads(journal_line(Ignored(Path("in"), "folder cannot be read", failed=True)))
    assert lost == {"status": "failed", "source": "in", "error": "folder cannot be read"}


@given(st.lists(st.sampled_from(["done", "failed"]), max_size=4), st.integers(0, 200))
def test_of_a_journal_that_was_cut_all_whole_lines_are_read(tmp_path_factory, statuses, cut):
    lines = [journal_line({"status": status, "source": "\udcff"}) for status in statuses]
    text = "".join(lines)
    kept = text[: max(0, len(text) - cut)]
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    path.write_text(kept)
    whole = sum(kept.startswith("".join(lines[: n + 1]).rstrip("\n")) for n in range(len(lines)))
    assert [record["status"] for record in read_journal(path)] == statuses[:whole]
