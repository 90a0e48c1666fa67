"""Single files at stores: writing them once, copies, claims, segments of journals."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

import restorer.batch.staging
from restorer import (
    Address,
    Image,
    ImageFormatError,
    Job,
    OutputFolder,
    Result,
    Settings,
    local_copy,
    plan_sources,
    run_job,
    write,
)
from restorer.batch.claims import run_name
from restorer.batch.home import journals, open_claims
from restorer.batch.past import read_past
from restorer.batch.stores import writing
from restorer.batch.stores.segments import Segments
from restorer.batch.stores.store import FileState, connect

from store_batches import MODEL, place_of, planned
from stores import Place, new_memory

pytestmark = pytest.mark.usefixtures("_no_copies_left")


@pytest.fixture(params=["memory", "s3", "sftp"])
def store(request: pytest.FixtureRequest) -> Place:
    return place_of(request.param, request)


def test_of_many_writers_one_creates_a_file(store: Place) -> None:
    address = store.root / "deep/a.png"
    assert isinstance(address, Address)
    with ThreadPoolExecutor(8) as threads:
        made = list(threads.map(lambda n: writing.create(address, b"%d" % n), range(24)))
    assert sum(made) == 1
    assert store.get("deep/a.png") == b"%d" % made.index(True)


def test_a_result_that_is_there_in_the_meantime_is_kept(store: Place, tmp_path: Path) -> None:
    address = store.root / "a.png"
    result = tmp_path / "a.png"
    result.write_bytes(b"mine")
    store.put("a.png", b"theirs")
    with pytest.raises(restorer.batch.staging.TargetExistsError, match=r"a\.png: cannot be wr"):
        restorer.batch.staging._write(address, result, "skip")  # type: ignore[arg-type]
    assert store.get("a.png") == b"theirs"


def test_a_target_is_held_until_it_is_released(place: Place) -> None:
    mine, other = (open_claims(place.root, run_name("now")) for _ in range(2))
    assert mine.take("a.png")
    assert not other.take("a.png")
    assert other.take("b.png")
    mine.release("a.png")
    assert other.take("a.png")
    mine.close()
    other.close()


def test_of_many_runs_one_takes_over_the_claim_of_a_dead_one(place: Place) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    *_, tail = (name := run_name("then")).split("-")
    dead = open_claims(place.root, name.replace(f"-{os.getpid()}-", f"-{int(ended.stdout)}-"))
    assert dead.take("a.png")
    runs = [open_claims(place.root, run_name("now")) for _ in range(3)]
    with ThreadPoolExecutor(6) as threads:
        taken = list(threads.map(lambda n: runs[n % 3].take("a.png"), range(12)))
    assert sum(taken) == 1, tail
    for run in runs:
        run.close()
    dead._heart.stop()


def test_a_run_elsewhere_is_dead_after_a_minute_without_a_sign_of_life(
    store: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = open_claims(store.root, "then-0123abcd-1-beef")  # another machine
    assert other.take("a.png")
    run = open_claims(store.root, run_name("now"))
    assert not run.take("a.png")
    monkeypatch.setattr("restorer.batch.stores.claims.SILENT_S", -1)
    assert run.take("a.png")
    run.close()
    other._heart.stop()


def test_a_store_that_ignores_conditions_is_named(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = writing._write_memory
    monkeypatch.setitem(writing.WRITERS, "memory", lambda *a: careless(*a[:3], False))
    with caplog.at_level(logging.WARNING):
        open_claims(new_memory(), run_name("now")).close()
    assert "overwrites files that must be new" in caplog.text


def test_a_long_journal_has_several_segments_that_are_read_as_one(
    store: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.batch.stores.segments._SEGMENT_BYTES", 200)
    assert isinstance(store.root, Address)
    file = Segments(store.root / "run")
    lines = [
        f'{{"record": "ignored", "status": "{n}", "source": "", "error": ""}}\n' for n in range(9)
    ]
    for line in lines:
        file.write(line)
        file.sync()
    file.close()
    assert [*store.files()] == ["run.000001.jsonl", "run.000002.jsonl", "run.000003.jsonl"]
    ((_, records),) = journals(store.root)
    assert [record.status for record in records] == [*map(str, range(9))]  # type: ignore[attr-defined]


def test_a_journal_reaches_the_store_by_itself_and_after_a_failure_whole(
    filled: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = planned(filled).jobs[0]
    output = OutputFolder(filled.root / "out")
    with output:
        output.open()
        output.start(job)
        deadline = time.monotonic() + 30
        while not (past := read_past(filled.root / "out" / ".restorer")):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert past["a.png"].crashed
        synced = threading.Event()

        def refuse(self: object) -> None:
            synced.set()
            raise OSError(5, "away")

        with monkeypatch.context() as patch:
            patch.setattr(Segments, "sync", refuse)
            patch.setattr("restorer.batch.home.os.fsync", refuse)
            output.finish(job, Result("failed", job.target))
            assert synced.wait(30)
    assert not read_past(filled.root / "out" / ".restorer")["a.png"].crashed


def test_copies_of_a_killed_process_go_with_the_next_one(tmp_path: Path) -> None:
    code = (
        "import os, signal, restorer.batch.staging as staging\n"
        "with staging._working_folder() as folder:\n"
        "    (folder / 'a').touch(); os.kill(os.getpid(), signal.SIGKILL)"
    )
    env = {**os.environ, "TMPDIR": str(tmp_path)}
    subprocess.run([sys.executable, "-c", code], env=env, check=False)
    (left,) = tmp_path.iterdir()
    code = "import restorer.batch.staging as s\nwith s._working_folder() as f: print(f)"
    subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)
    assert not left.exists()
    assert not [*tmp_path.iterdir()]


def test_a_copy_needs_space_and_must_be_whole(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    place = Place(new_memory())
    address = place.put("a.png", b"content")
    monkeypatch.setattr("restorer.batch.stores.store._SPARE_BYTES", 1 << 60)
    with pytest.raises(ImageFormatError, match=r"a\.png: cannot be read: needs 0\.0 MB in"):
        local_copy(address).__enter__()
    monkeypatch.undo()
    system, _ = connect(address)  # type: ignore[arg-type]
    monkeypatch.setattr(
        system, "get_file", lambda remote, path, **_: Path(path).write_bytes(b"cont")
    )
    with pytest.raises(ImageFormatError, match="4 of 7 bytes arrived"):
        local_copy(address).__enter__()


def test_a_stop_ends_a_copy(store: Place) -> None:
    address = store.put("a.png", bytes(1000))
    token = restorer.CancelToken()
    token.cancel()
    result = run_job(
        Job(address, store.root / "b.png", (MODEL,)),  # type: ignore[arg-type]
        restorer.JobContext(cancel=token),
    )
    assert result.status == "cancelled"


def test_states_of_a_listing_are_those_of_the_files(store: Place) -> None:
    address = store.put("in/a.png", b"content")
    listed = restorer.batch.stores.store.Listing().state(address)
    assert listed == FileState.of(address)
    assert listed is not None
    assert listed.size_bytes == 7
    assert restorer.batch.stores.store.Listing().state(store.root / "in/none.png") is None


def test_a_sidecar_at_an_address_keeps_what_another_program_wrote(store: Place) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (8, 8, 3), np.uint8)
    with tempfile.TemporaryDirectory() as name:
        write(Image(pixels), Path(name, "a.png"))
        source = store.put("a.png", Path(name, "a.png").read_bytes())
    packet = b"""<x:xmpmeta xmlns:x="adobe:ns:meta/"><rdf:RDF
 xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"><rdf:Description rdf:about=""
 xmlns:xmp="http://ns.adobe.com/xap/1.0/" xmp:Rating="5"/></rdf:RDF></x:xmpmeta>"""
    store.put("out/a.png.xmp", packet)
    settings = Settings(provenance="sidecar")
    (job,) = plan_sources([source], store.root / "out", [MODEL], settings=settings).jobs
    assert run_job(job).status == "done"
    assert store.files("out").keys() == {"a.png", "a.png.xmp"}
    sidecar = store.get("out/a.png.xmp")
    assert b'xmp:Rating="5"' in sidecar
    assert MODEL.encode() in sidecar
