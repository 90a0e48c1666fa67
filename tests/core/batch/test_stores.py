"""Batches from and to addresses do what they do in folders; the places share one suite."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from restorer import (
    Decision,
    Finished,
    Image,
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

from store_batches import MODEL, NAMES, place_of, planned
from stores import Place

pytestmark = pytest.mark.usefixtures("_no_copies_left")


@pytest.fixture(params=["memory", "s3", "sftp"])
def store(request: pytest.FixtureRequest) -> Place:
    return place_of(request.param, request)


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
    with pytest.raises(SettingsError, match="no batch has written into this folder"):
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


@pytest.mark.parametrize(
    ("url", "message"),
    [
        ("foo://in", "foo://in: foo:// is not known"),
        ("zip://in.zip", "names no archive; zip://::ARCHIVE"),
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
