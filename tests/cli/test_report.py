import io
import json
import os
import unicodedata
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from restorer import Ignored, Job, Result, read_journal
from restorer.cli.report import Report, journal
from restorer.cli.words import duration, printable, size, table, tell

JOB = Job(Path("a.png"), Path("b.png"), ())


def ended(status, **fields):
    return JOB, Result(status, JOB.target, **fields)


@pytest.mark.parametrize(
    ("statuses", "code"),
    [
        ([], 0),
        (["done", "skipped"], 0),
        (["done", "failed", "skipped"], 1),
        (["failed", "cancelled"], 130),
    ],
)
def test_exit_code_is_that_of_the_worst(statuses, code):
    report = Report()
    for status in statuses:
        report.add(*ended(status))
    assert report.exit_code == code


def test_summary_counts_notes_and_reasons(capsys):
    report = Report()
    report.add(*ended("done", notes=("the profile was dropped",)))
    report.add(*ended("done", notes=("the profile was dropped", "gray became RGB")))
    report.add(*ended("failed", error="a.png: the file is empty"))
    report.add(*ended("failed", error="no luck"))
    report.ignore(Ignored(Path("x.txt"), "not a picture"))
    report.close()
    report.show()
    captured = capsys.readouterr()
    assert captured.out == (
        "2 done, 2 failed, 1 ignored in 0.0 s\n"
        "ignored: not a picture (1 file)\n"
        "note: the profile was dropped (a.png, a.png)\n"
        "note: gray became RGB (a.png)\n"
    )
    assert captured.err == "failed: a.png: the file is empty\nfailed: a.png: no luck\n"


def test_a_result_that_lacks_pages_is_named_and_ends_with_1(capsys):
    report = Report()
    report.add(*ended("done", notes=("left out: page 3: damaged",), pages=11, missing=(3,)))
    report.add(*ended("done"))
    report.close()
    report.show()
    assert report.exit_code == 1
    captured = capsys.readouterr()
    assert captured.out.startswith("2 done, 1 incomplete in")
    assert captured.err == "incomplete: b.png: 1 of 12 pages could not be read and was left out\n"


def test_each_line_is_written_at_once_and_survives_broken_names():
    class Journal(io.StringIO):
        flushed = 0

        def flush(self):
            self.flushed += 1

    journal = Journal()
    report = Report(file=journal)
    report.ignore(Ignored(Path("\udcff.txt"), "not a picture"))
    assert journal.flushed == 2, "the header and the file"
    assert json.loads(journal.getvalue().splitlines()[1])["source"] == "\udcff.txt"
    assert journal.getvalue().isascii()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
def test_full_disk_ends_the_journal_and_not_the_run(capsys):
    with journal(Path("/dev/full")) as lines:
        report = Report(file=lines)
        report.add(*ended("done"))
        report.add(*ended("done"))
        report.close()
    assert report.exit_code == 1
    assert capsys.readouterr().err == "--report: cut short: No space left on device\n"


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0.04, "0.0 s"), (9.94, "9.9 s"), (9.96, "10 s"), (59.4, "59 s"),
        (59.6, "1 min 00 s"), (185, "3 min 05 s"), (3599.7, "1 h 00 min"), (7800, "2 h 10 min"),
    ],
)  # fmt: skip
def test_durations_read_as_people_say_them(seconds, words):
    assert duration(seconds) == words


@pytest.mark.parametrize(
    ("count", "words"), [(0, "0 B"), (999, "999 B"), (1649560, "1.6 MB"), (2e12, "2000.0 GB")]
)
def test_sizes_read_as_people_say_them(count, words):
    assert size(count) == words


@given(st.text(), st.binary())
def test_whatever_a_name_contains_a_message_is_one_harmless_line(text, name):
    shown = printable(text + os.fsdecode(name))
    assert len(shown.splitlines()) <= 1
    assert not any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in shown)
    shown.encode("utf-8")


def test_a_name_cannot_forge_a_message(capsys):
    tell("photo\x1b[31m\x9b1m\r.png\nfailed: \udcff ä 雪")
    assert capsys.readouterr().out == "photo\ufffd[31m\ufffd1m\ufffd.png\ufffdfailed: \ufffd ä 雪\n"


def test_a_note_names_its_first_files(capsys):
    report = Report()
    for number in range(5):
        job = Job(Path(f"{number}.png"), Path("b.png"), ())
        report.add(job, Result("done", job.target, notes=("gray became RGB",)))
    report.show()
    assert "note: gray became RGB (0.png, 1.png, 2.png, and 2 more)\n" in capsys.readouterr().out


def test_notes_that_name_their_results_share_a_line(capsys):
    report = Report()
    for name in ("a.bmp", "b.bmp"):
        notes = (f"{name}.xmp holds the provenance",)
        report.add(
            Job(Path(name), Path("out", name), ()), Result("done", Path("out", name), notes=notes)
        )
    report.show()
    assert "note: *.xmp holds the provenance (a.bmp, b.bmp)\n" in capsys.readouterr().out


def test_a_second_run_is_appended_to_the_report_of_the_first(tmp_path):
    path = tmp_path / "r.jsonl"
    for _ in range(2):
        with journal(path) as lines:
            report = Report(file=lines)
            report.add(*ended("done"))
            report.close()
    path.write_text(path.read_text()[:-9])  # cut in the last record
    with journal(path) as lines:
        Report(file=lines).close()
    kinds = [type(record).__name__ for record in read_journal(path)]
    assert kinds == [
        *("HeaderRecord", "FinishRecord", "SummaryRecord", "HeaderRecord", "FinishRecord"),
        *("HeaderRecord", "SummaryRecord"),
    ]


def test_another_file_is_not_taken_for_a_report(tmp_path):
    path = tmp_path / "notes.txt"
    path.write_text("mine")
    with pytest.raises(click.UsageError, match="different kind of file"), journal(path):
        pass
    assert path.read_text() == "mine"


def test_numbers_of_a_table_are_flush_right():
    rows = [("a", "9.5", "x"), ("long", "+10.25", "y")]
    assert table(("id", "dB", "note"), rows) == [
        "id        dB  note",
        "a        9.5  x",
        "long  +10.25  y",
    ]
