"""Batches from and to addresses do what they do in folders; the places share one suite."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import restorer.batch.staging
from restorer import (
    Address,
    Batch,
    Decision,
    Finished,
    Image,
    ImageFormatError,
    Job,
    OutputFolder,
    Result,
    Settings,
    SettingsError,
    Started,
    check_job,
    dump_jobs,
    exclude_results,
    forecast_batch,
    last_command,
    load_jobs,
    local_copy,
    plan_jobs,
    plan_sources,
    run_job,
    run_jobs,
    with_references,
    write,
)
from restorer.batch.claims import run_name
from restorer.batch.home import journals, open_claims
from restorer.batch.past import read_past
from restorer.batch.stores import writing
from restorer.batch.stores.segments import Segments
from restorer.batch.stores.store import FileState, connect

from stores import Place, new_memory

MODEL = "panet-sr-x2-lite"
NAMES = ("a.png", "b.jpg", "sub folder/Grüße 写真.png", "sub folder/x#1?&%20.png")
LITTER = ("notes.txt", "@eaDir/a.png", ".DS_Store", "sub folder/._a.png")


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> dict[str, bytes]:
    folder, rng = tmp_path_factory.mktemp("pictures"), np.random.default_rng(0)
    for name in NAMES:
        write(Image(rng.integers(0, 256, (8, 10, 3), np.uint8)), folder / name)
    return {name: (folder / name).read_bytes() for name in NAMES}


def place_of(kind: str, request: pytest.FixtureRequest) -> Place:
    if kind == "folder":
        return Place(request.getfixturevalue("tmp_path"))
    if kind == "memory":
        return Place(new_memory())
    if kind == "s3":
        return Place(request.getfixturevalue("bucket"))
    return Place(request.getfixturevalue("nas") / request.getfixturevalue("tmp_path").name)


@pytest.fixture(params=["folder", "memory", "s3", "sftp"])
def place(request: pytest.FixtureRequest) -> Place:
    return place_of(request.param, request)


@pytest.fixture(params=["memory", "s3", "sftp"])
def store(request: pytest.FixtureRequest) -> Place:
    return place_of(request.param, request)


@pytest.fixture
def filled(place: Place, pictures: dict[str, bytes]) -> Place:
    for name, content in pictures.items():
        place.put(f"in/{name}", content)
    for name in LITTER:
        place.put(f"in/{name}", b"words")
    return place


@pytest.fixture(autouse=True)
def _nothing_left() -> Iterator[None]:
    yield
    assert not [*Path(tempfile.gettempdir()).glob(f"restorer-*-{os.getpid()}-*")]


def planned(place: Place, **options: object) -> Batch:
    return plan_jobs(place.root / "in", place.root / "out", [MODEL], **options)  # type: ignore[arg-type]


def decided(place: Place, **settings: object) -> list[Decision]:
    batch = planned(place, settings=Settings(**settings))  # type: ignore[arg-type]
    return OutputFolder(place.root / "out").decide(batch.jobs)


def ran(place: Place, **settings: object) -> list[Result]:
    """Run a batch as the command line does; return the results of the jobs that ran."""
    jobs = [each.job for each in decided(place, **settings) if each.skipped is None]
    by_id, results = {job.id: job for job in jobs}, []
    with OutputFolder(place.root / "out", ["batch", "in", "out"]) as output:
        output.open()
        for event in run_jobs(filter(output.claim, jobs), workers=2):
            if isinstance(event, Started):
                output.start(by_id[event.id])
            elif isinstance(event, Finished):
                output.finish(by_id[event.id], event.result)
                results.append(event.result)
    return results


def reasons(place: Place) -> set[str]:
    """Why the files of a batch would be skipped."""
    skipped = ((each.job, each.skipped) for each in decided(place))
    return {result.error.removeprefix(f"{job.target}: ") for job, result in skipped if result}


def test_a_batch_takes_the_same_files_and_makes_the_same_results_everywhere(
    filled: Place, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    ignored = {str(i.path).rpartition("/")[2]: i.reason for i in planned(filled).ignored}
    litter = "system file or folder"
    names = {"@eaDir": litter, ".DS_Store": litter, "._a.png": litter}
    assert ignored == {"notes.txt": "not a picture", **names}
    results = ran(filled)
    assert [result.status for result in results] == ["done"] * len(NAMES)
    made = filled.files("out")
    assert made.keys() == set(NAMES)
    here = Place(tmp_path / "here")
    for name, content in pictures.items():
        here.put(f"in/{name}", content)
    ran(here)
    assert here.files("out") == made


def test_patterns_and_depth_choose_the_same_files_everywhere(filled: Place) -> None:
    flat = planned(filled, recursive=False, include=["*.PNG"])
    assert [job.source.name for job in flat.jobs] == ["a.png"]
    deep = planned(filled, include=["sub folder/*"], exclude=["x*"])
    assert [job.source.name for job in deep.jobs] == ["Grüße 写真.png"]


def test_a_second_run_skips_what_is_sound_and_says_why_it_makes_the_rest_again(
    filled: Place,
) -> None:
    ran(filled)
    before = filled.files("out")
    assert reasons(filled) == {"done before"}
    assert not ran(filled)
    filled.put("in/a.png", filled.get("in/b.jpg"))
    (again,) = (each for each in decided(filled) if each.again)
    assert (again.job.source.name, again.again) == ("a.png", "the source has changed")
    assert {each.again for each in decided(filled, self_ensemble=True)} == {
        "the settings have changed",
        "the source has changed",
    }
    (result,) = ran(filled)
    assert result.status == "done"
    assert result.notes == ("the file is a JPEG, though named .png",)
    after = filled.files("out")
    assert {name for name in after if after[name] != before[name]} == {"a.png"}
    filled.put("out/a.png", after["b.jpg"])
    assert "was changed after it was written" in reasons(filled)
    filled.put("out/a.png", after["a.png"][:99])
    assert "the result was damaged" in {each.again for each in decided(filled)}


def test_what_no_journal_knows_is_skipped_replaced_or_numbered(filled: Place) -> None:
    filled.put("out/a.png", b"mine")
    assert reasons(filled) == {"exists already"}
    ran(filled)
    assert filled.get("out/a.png") == b"mine"
    ran(filled, existing="number")
    made = filled.files("out")
    assert made["a.png"] == b"mine"
    assert made["b-2.jpg"] == made["b.jpg"]
    ran(filled, existing="replace")
    assert filled.get("out/a.png") == made["a-2.png"]


def test_the_last_command_is_that_of_the_newest_run(place: Place) -> None:
    with pytest.raises(SettingsError, match="no batch has written there"):
        last_command(place.root / "out")
    for word in ("first", "second"):
        with OutputFolder(place.root / "out", ["batch", word]) as output:
            output.open()
        time.sleep(1.1)  # names of runs begin with the second
    assert last_command(place.root / "out") == (("batch", "second"), os.getcwd())


def test_results_beside_their_sources_are_not_restored_again(filled: Place) -> None:
    root = filled.root / "in"
    for _ in range(2):
        batch = plan_jobs(root, root, [MODEL], name="{stem}-large{suffix}", recursive=False)
        batch = exclude_results(batch)
        assert [job.source.name for job in batch.jobs] == ["a.png", "b.jpg"]
        for job in batch.jobs:
            run_job(job)
    with pytest.raises(SettingsError, match="would be overwritten by its result"):
        exclude_results(plan_jobs(root, root, [MODEL]))


def test_a_folder_of_results_inside_that_of_the_sources_is_left_out(filled: Place) -> None:
    source = filled.root / "in"
    for _ in range(2):
        batch = plan_jobs(source, source / "out", [MODEL])
        assert len(batch.jobs) == len(NAMES)
        run_job(batch.jobs[0])


def test_a_plan_reads_headers_only(filled: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    filled.put("in/cut.png", filled.get("in/a.png")[:20])

    def refuse(*_: object) -> None:
        raise AssertionError("fetched")

    monkeypatch.setattr("restorer.batch.staging.fetch", refuse)
    forecast = forecast_batch(decided(filled))
    assert forecast.outcomes == {"restore": len(NAMES), "fail": 1}
    assert forecast.formats == {"PNG": 3, "JPEG": 1}
    assert "out" not in {name.partition("/")[0] for name in filled.files()}


def test_jobs_between_folder_and_store_give_the_same_bytes(
    store: Place, pictures: dict[str, bytes], tmp_path: Path
) -> None:
    here = tmp_path / "a.png"
    here.write_bytes(pictures["a.png"])
    there = store.put("a.png", pictures["a.png"])
    jobs = [
        Job(here, tmp_path / "1.png", (MODEL,)),  # type: ignore[arg-type]
        Job(there, tmp_path / "2.png", (MODEL,)),  # type: ignore[arg-type]
        Job(here, store.root / "3.png", (MODEL,)),  # type: ignore[arg-type]
    ]
    assert [job.request for job in load_jobs(dump_jobs(jobs))] == [job.request for job in jobs]
    results = [event.result for event in run_jobs(jobs) if isinstance(event, Finished)]
    assert [result.status for result in results] == ["done"] * 3
    first = (tmp_path / "1.png").read_bytes()
    assert (tmp_path / "2.png").read_bytes() == first == store.get("3.png")
    assert check_job(jobs[1]).width == 10
    with local_copy(there) as path:
        assert path.read_bytes() == pictures["a.png"]
    assert not path.exists()


def test_maps_of_references_go_beside_a_result(store: Place, photograph: object) -> None:
    sharp = Image(photograph)  # type: ignore[arg-type]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(sharp, folder / "sharp.png")
        write(Image(np.ascontiguousarray(sharp.pixels[::4, ::4])), folder / "small.png")
        small = store.put("small.png", (folder / "small.png").read_bytes())
        (job,) = plan_sources([small], store.root / "out", ["ttsr-x4-lite"]).jobs
        (job,) = with_references([job], folder)
        assert run_job(replace(job, explain=True)).status == "done"
    names = {"small.png", "small-confidence.png", "small-source.png"}
    assert store.files("out").keys() == names


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


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("foo://in", "foo://in: foo:// is not known"),
        ("zip://in.zip", "names no archive; write zip://::ARCHIVE"),
        ("s3://no-such-bucket/in", "no such folder"),
        ("memory://no-such-folder", "no such folder"),
        ("https://127.0.0.1:9/in", "https://127.0.0.1:9/in: cannot be read: the server cannot be"),
    ],
)
@pytest.mark.usefixtures("s3")
def test_a_source_that_is_none_is_one_clear_error(url: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as caught:
        plan_jobs(url, tmp_path, [MODEL])
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("url", ["https://127.0.0.1:9/out", "zip://::out.zip", "gs://bucket/out"])
def test_a_store_that_is_read_only_is_refused_before_the_work(url: str, tmp_path: Path) -> None:
    words = "can be read only; results can go to a folder, s3://, sftp://, memory://"
    with pytest.raises(SettingsError, match=words):
        plan_jobs(tmp_path, url, [MODEL])
    with pytest.raises(SettingsError, match=words):
        OutputFolder(url)


@pytest.mark.usefixtures("s3")
def test_missing_keys_packages_and_buckets_are_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(SettingsError, match="cannot be written: no such bucket"):
        OutputFolder("s3://no-such-bucket/out").open()
    monkeypatch.setattr("restorer.batch.stores.store._filesystems", {})
    monkeypatch.setitem(sys.modules, "s3fs", None)
    monkeypatch.delitem(sys.modules["fsspec.registry"]._registry, "s3", raising=False)
    with pytest.raises(SettingsError, match=r"needs s3fs; install restorer\[cloud\]"):
        plan_jobs("s3://other/in", tmp_path, [MODEL])
    monkeypatch.setitem(sys.modules, "fsspec.core", None)
    with pytest.raises(SettingsError, match=r"needs fsspec; install restorer\[cloud\]"):
        plan_jobs("s3://other/in", tmp_path, [MODEL])


def test_states_of_a_listing_are_those_of_the_files(store: Place) -> None:
    address = store.put("in/a.png", b"content")
    listed = restorer.batch.stores.store.Listing().state(address)
    assert listed == FileState.of(address)
    assert listed is not None
    assert listed.size_bytes == 7
    assert restorer.batch.stores.store.Listing().state(store.root / "in/none.png") is None


def test_archives_are_read(tmp_path: Path, pictures: dict[str, bytes]) -> None:
    import zipfile

    with zipfile.ZipFile(tmp_path / "in.zip", "w") as archive:
        for name, content in pictures.items():
            archive.writestr(f"trip/{name}", content)
    url = f"zip://trip::{tmp_path / 'in.zip'}"
    batch = plan_jobs(url, tmp_path / "out", [MODEL])
    assert [job.source.name for job in batch.jobs] == [Path(name).name for name in NAMES]
    assert [run_job(job).status for job in batch.jobs] == ["done"] * len(NAMES)
    decisions = OutputFolder(tmp_path / "out").decide(batch.jobs)
    assert all(each.skipped for each in decisions)


@pytest.mark.parametrize("known", ["", "other"], ids=["unknown", "changed"])
def test_hosts_that_may_be_others_get_no_password(
    known: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    paramiko = pytest.importorskip("paramiko", reason="needs paramiko, whose license is LGPL")
    from sftp import Login, sftp_server

    asked = []
    monkeypatch.setattr(Login, "check_auth_password", lambda *words: asked.append(words))
    (tmp_path / ".ssh").mkdir()
    hosts = tmp_path / ".ssh" / "known_hosts"
    monkeypatch.setenv("HOME", str(tmp_path))
    with sftp_server(tmp_path, hosts) as url:
        key = paramiko.RSAKey.generate(2048)
        place = hosts.read_text().partition(" ")[0]
        hosts.write_text(f"{place} {key.get_name()} {key.get_base64()}\n" if known else "")
        with pytest.raises(SettingsError, match=r"cannot be read: .*~/\.ssh/known_hosts") as caught:
            plan_jobs(f"{url}/in", tmp_path / "out", [MODEL])
    assert "secret" not in str(caught.value)
    assert asked == []


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
