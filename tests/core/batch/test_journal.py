"""The journal of a run as JSON lines, and jobs as JSON."""

import json
import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

import restorer
from restorer import (
    Ignored,
    Job,
    Journal,
    Result,
    RunPlan,
    Settings,
    Step,
    dump_jobs,
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


@pytest.fixture
def file(tmp_path):
    with (tmp_path / "journal.jsonl").open("w+", encoding="utf-8") as file:
        yield file


def lines(file):
    return [json.loads(line) for line in Path(file.name).read_text("ascii").splitlines()]


def test_a_journal_holds_the_request_and_the_result_of_each_job(file):
    job = Job(Path("a.png"), Path("o/a.png"), (Step("panet-denoise-lite", sigma=9),))
    plan = RunPlan("panet-denoise-lite", "cpu", "fp32", 64, 8, 0)
    done = Result("done", job.target, 1.23456, (plan,), notes=("gray became RGB",), size=(3, 4))
    journal = Journal(file)
    journal.start(job)
    journal.finish(job, done)
    journal.finish(job, Result("done", Path("o/a-2.png")))
    journal.ignore(Ignored(Path("in"), "folder cannot be read", failed=True))
    journal.wait(job)
    journal.summarize({"done": 2}, 3.21987, 0)
    header, started, finished, numbered, ignored, waiting, summary = lines(file)
    assert header["record"] == "header"
    assert (header["version"], header["program"]) == (1, restorer.__version__)
    assert started["request"] == json.loads(json.dumps(job.request))
    assert re.fullmatch("[0-9a-f]{64}", started["request"]["weights"]["panet-denoise-lite"])
    assert started["id"] == finished["id"] == job.id
    assert finished["seconds"] == 1.235
    assert finished["size"] == [3, 4]
    assert finished["plans"][0]["side"] == 64
    assert {key: finished[key] for key in ("status", "source", "target", "notes")} == {
        "status": "done", "source": "a.png", "target": "o/a.png", "notes": ["gray became RGB"],
    }  # fmt: skip
    assert (numbered["target"], numbered["requested"]) == ("o/a-2.png", "o/a.png")
    assert ignored["status"] == "failed"
    assert waiting == {"record": "waiting", "source": "a.png", "target": "o/a.png"}
    assert summary["seconds"] == 3.22
    records = read_journal(file.name)
    assert len(records) == 7
    assert records[2].plans == (plan,)
    assert records[2].notes == ("gray became RGB",)


def test_a_reader_ignores_records_and_fields_that_it_does_not_know(file):
    Journal(file).wait(Job(Path("a.png"), Path("b.png"), ()))
    file.write(
        '{"record": "pause"}\n{"record": "waiting", "source": "c", "target": "d", "new": 1}\n'
    )
    file.flush()
    assert [getattr(r, "source", "") for r in read_journal(file.name)] == ["", "a.png", "c"]


def test_a_journal_of_a_newer_version_is_refused(file):
    file.write('{"record": "header", "version": 2, "program": "9.0", "time": ""}\n')
    file.flush()
    with pytest.raises(ValueError, match="newer version"):
        read_journal(file.name)


def test_options_that_are_not_known_are_left_out_of_a_list_of_jobs():
    job = Job(Path("a.png"), Path("b.png"), (Step("m", sigma=3),), Settings(tile=48))
    text = dump_jobs([job]).replace('"tile": 48', '"tile": 48, "polish": true')
    assert load_jobs(text) == [job]


@given(st.lists(NAMES, max_size=4), st.integers(0, 200))
def test_of_a_journal_that_was_cut_all_whole_lines_are_read(tmp_path_factory, names, cut):
    path = tmp_path_factory.mktemp("journal") / "j.jsonl"
    with path.open("w") as file:
        journal = Journal(file)
        for name in names:
            journal.wait(Job(name, Path("t"), ()))
    whole = path.read_text().splitlines(keepends=True)
    kept = "".join(whole)[: max(0, len("".join(whole)) - cut)]
    path.write_text(kept)
    count = sum(kept.startswith("".join(whole[: n + 1]).rstrip("\n")) for n in range(len(whole)))
    expected = ["", *map(str, names)][:count]
    assert [getattr(record, "source", "") for record in read_journal(path)] == expected
