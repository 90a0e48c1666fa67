import io
import json
from pathlib import Path

import pytest

from restorer import Ignored, Job, Result
from restorer.cli.report import Report, journal
from restorer.cli.words import duration, size, table, tell

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
        "ignored: 1 not a picture\n"
        "note: the profile was dropped (2 files)\n"
        "note: gray became RGB\n"
    )
    assert captured.err == "failed: a.png: the file is empty\nfailed: a.png: no luck\n"


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


def test_terminal_escapes_in_names_and_notes_are_made_harmless(capsys):
    tell("photo\x1b[31m\x9b1m\r.png\nnext line: \udcff ä 雪")
    assert capsys.readouterr().out == "photo\ufffd[31m\ufffd1m\ufffd.png\nnext line: \ufffd ä 雪\n"


def test_numbers_of_a_table_are_flush_right():
    rows = [("a", "9.5", "x"), ("long", "+10.25", "y")]
    assert table(("id", "dB", "note"), rows) == (
        "id        dB  note\na        9.5  x\nlong  +10.25  y"
    )
