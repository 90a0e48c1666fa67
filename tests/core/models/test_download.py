"""Files are downloaded over https, resumed after interruptions, and replaced atomically."""

from __future__ import annotations

import errno
import os
import shutil
import ssl
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from types import SimpleNamespace

import pytest

import restorer.models.download
from restorer import Cancelled, WeightsError
from restorer.formats.files import file_sha256
from restorer.models.download import download
from restorer.settings import CancelToken

from webserver import CONTENT, SHA256, Site


@pytest.fixture
def target(tmp_path: Path) -> Path:
    return tmp_path / "new" / "net.pth"


def cut_once(site: Site, target: Path, trust: ssl.SSLContext) -> None:
    """Leave a partial file."""
    site.cuts = [100_000]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(restorer.models.download, "_ATTEMPTS", 1)
        with pytest.raises(WeightsError, match="run again to resume"):
            download(site.url, target, context=trust)


def files(target: Path) -> list[str]:
    return sorted(path.name for path in target.parent.iterdir())


def test_a_file_is_downloaded_with_progress(site, target, trust) -> None:
    ticks: list[tuple[int, int]] = []
    digest = download(site.url, target, context=trust, on_bytes=lambda *tick: ticks.append(tick))
    assert digest == SHA256
    assert target.read_bytes() == CONTENT
    assert files(target) == ["net.pth"]
    assert ticks == sorted(ticks)
    assert ticks[-1] == (len(CONTENT), len(CONTENT))


def test_the_length_may_be_unknown(site, target, trust) -> None:
    site.length = False
    ticks: list[tuple[int, int]] = []
    download(site.url, target, context=trust, on_bytes=lambda *tick: ticks.append(tick))
    assert target.read_bytes() == CONTENT
    assert ticks[-1] == (len(CONTENT), 0)


def test_an_existing_file_is_not_downloaded_again(site, target, trust) -> None:
    for _ in range(2):
        assert download(site.url, target, sha256=SHA256.upper(), context=trust) == SHA256
    assert len(site.asked) == 1


@pytest.mark.parametrize(
    "headers",
    [{"ETag": '"1"'}, {"ETag": 'W/"1"', "Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"}],
)
def test_an_interrupted_download_is_resumed(site, target, trust, headers) -> None:
    site.headers, site.cuts = headers, [100_000, 50_000]
    download(site.url, target, sha256=SHA256, context=trust)
    assert site.asked == ["", "bytes=100000-", "bytes=150000-"]
    assert sum(site.sent) == len(CONTENT)
    assert files(target) == ["net.pth"]


def test_repeated_interruptions_fail_and_the_next_call_resumes(site, target, trust) -> None:
    site.cuts = [20_000] * 5
    with pytest.raises(
        WeightsError, match=r"interrupted at 100,000 of 300,000 bytes; run again to resume"
    ):
        download(site.url, target, context=trust)
    assert files(target) == ["net.pth.part", "net.pth.part.origin"]
    download(site.url, target, context=trust)
    assert sum(site.sent) == len(CONTENT)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("why", ["ranges ignored", "file changed", "no validator", "other address"])
def test_a_download_that_cannot_be_resumed_starts_again(site, target, trust, why) -> None:
    if why == "no validator":
        site.headers = {}
    site.ranges = why != "ranges ignored"
    cut_once(site, target, trust)
    url = site.url
    if why == "file changed":
        site.headers, site.content = {"ETag": '"2"'}, CONTENT[::-1]
    if why == "other address":
        url += "?2"
    download(url, target, context=trust)
    assert target.read_bytes() == site.content
    assert files(target) == ["net.pth"]


def test_an_unexpected_range_is_not_appended(site, target, trust, monkeypatch) -> None:
    site.cuts = [100_000]
    answer = Site.answer

    def shifted(self: Site, handler: BaseHTTPRequestHandler) -> None:
        if handler.headers.get("Range") == "bytes=100000-":
            handler.headers.replace_header("Range", "bytes=99999-")
        answer(self, handler)

    monkeypatch.setattr(Site, "answer", shifted)
    download(site.url, target, sha256=SHA256, context=trust)
    assert site.asked == ["", "bytes=99999-", ""]


def test_a_complete_partial_file_is_only_renamed(site, target, trust) -> None:
    cut_once(site, target, trust)
    part = target.with_name("net.pth.part")
    part.write_bytes(CONTENT)
    site.sent.clear()
    assert download(site.url, target, context=trust) == SHA256
    assert sum(site.sent) == 0


def test_a_partial_file_that_is_too_long_is_downloaded_again(site, target, trust) -> None:
    cut_once(site, target, trust)
    target.with_name("net.pth.part").write_bytes(CONTENT * 2)
    assert download(site.url, target, context=trust) == SHA256


def test_a_wrong_hash_is_refused_and_leaves_no_file(site, target, trust) -> None:
    with pytest.raises(WeightsError, match=f"SHA-256 {SHA256}, expected {'0' * 64}"):
        download(site.url, target, sha256="0" * 64, context=trust)
    assert files(target) == []


def test_an_older_file_is_kept_until_the_new_one_is_complete(site, target, trust) -> None:
    target.parent.mkdir()
    target.write_bytes(b"old")
    cut_once(site, target, trust)
    assert target.read_bytes() == b"old"
    download(site.url, target, sha256=SHA256, context=trust)
    assert target.read_bytes() == CONTENT


@pytest.mark.parametrize("length", [True, False])
@pytest.mark.parametrize(
    ("wishes", "words"),
    [
        ({"size": 299_999}, r"expected (at most )?299,999"),
        ({"size": 300_001}, r"300,000 bytes, expected 300,001"),
        ({"max_bytes": 299_999}, r"expected at most 299,999"),
    ],
)
def test_wrong_sizes_are_refused_and_leave_no_file(
    site, target, trust, length, wishes, words
) -> None:
    site.length = length
    with pytest.raises(WeightsError, match=words):
        download(site.url, target, context=trust, **wishes)
    assert files(target) == []
    assert len(site.asked) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1/a", "file:///etc/hostname", "a.pth", "https://"])
def test_other_schemes_are_refused_without_a_connection(url, target) -> None:
    with pytest.raises(WeightsError, match="expected an address that starts with https://"):
        download(url, target)
    assert not target.parent.exists()


def test_redirects_are_followed_only_to_https(site, target, trust) -> None:
    site.statuses, site.headers = [302], {"Location": "/elsewhere.pth"}
    assert download(site.url, target, context=trust) == SHA256
    target.unlink()
    for place in ("http://127.0.0.1/net.pth", "file:///etc/hostname"):
        site.statuses, site.headers = [302], {"Location": place}
        with pytest.raises(WeightsError, match=r"https://|not allowed"):
            download(site.url, target, context=trust)
    assert files(target) == []


@pytest.mark.parametrize(
    ("status", "words", "requests"),
    [
        (
            403,
            r"denies access \(403 Forbidden\); download the file .* as .*net\.pth",
            1,
        ),
        (404, r"not available \(404 Not Found\); find its new address", 1),
        (500, r"the server is not available \(500 Internal Server Error\); run again", 5),
    ],
)
def test_errors_of_the_server_suggest_a_remedy(
    site, target, trust, status, words, requests
) -> None:
    site.statuses = [status] * 5
    with pytest.raises(WeightsError, match=words) as caught:
        download(site.url, target, context=trust)
    assert str(caught.value).startswith(site.url)
    assert len(site.asked) == requests
    assert files(target) == []


def test_temporary_errors_are_retried(site, target, trust) -> None:
    site.statuses = [503, 429]
    assert download(site.url, target, context=trust) == SHA256


def test_web_pages_are_refused(site, target, trust) -> None:
    site.headers = {"Content-Type": "text/html; charset=utf-8"}
    with pytest.raises(
        WeightsError, match=r"a web page, not a file; download the file with a browser"
    ):
        download(site.url, target, context=trust)
    assert files(target) == []


@pytest.mark.parametrize("received", [0, 100_000])
def test_a_silent_server_times_out(site, target, trust, monkeypatch, received) -> None:
    monkeypatch.setattr(restorer.models.download, "_ATTEMPTS", 1)
    site.cuts, site.stall = [received], True
    with pytest.raises(WeightsError, match=r"did not respond for 0\.2 s; run again to resume"):
        download(site.url, target, context=trust, timeout_s=0.2)
    download(site.url, target, context=trust)
    assert sum(site.sent) == len(CONTENT)


def test_unknown_certificates_are_refused_immediately(site, target) -> None:
    with pytest.raises(WeightsError, match="certificate of the server is not trusted"):
        download(site.url, target)
    assert site.asked == []


def test_proxies_come_from_the_environment(site, target, trust, monkeypatch) -> None:
    monkeypatch.delenv("no_proxy")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.setenv("https_proxy", "http://127.0.0.1:1")
    with pytest.raises(WeightsError, match=r"connection failed .*; run again"):
        download(site.url, target, context=trust)
    assert site.asked == []


def test_a_disk_that_is_too_small_is_detected_before_it_fills(
    site, target, trust, monkeypatch
) -> None:
    usage = shutil.disk_usage(target.parent.parent)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=1000))
    with pytest.raises(WeightsError, match=r"300,000 bytes required, 1,000 free on the disk"):
        download(site.url, target, context=trust)
    assert not target.exists()


@pytest.mark.skipif(os.name == "nt", reason="needs a limit on the size of files")
def test_a_full_disk_keeps_the_received_data(site, target, trust) -> None:
    import resource

    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))  # writes beyond it fail
    try:
        with pytest.raises(WeightsError, match=r"cannot be written: .*; the received data is kept"):
            download(site.url, target, context=trust)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert download(site.url, target, context=trust) == SHA256
    assert site.asked == ["", "bytes=100000-"]


def test_a_disk_that_fails_at_the_end_keeps_the_received_data(
    site, target, trust, monkeypatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(WeightsError, match=r"cannot be written: No space left.*is kept"):
            download(site.url, target, context=trust)
    assert not target.exists()
    assert download(site.url, target, context=trust) == SHA256
    assert sum(site.sent) == len(CONTENT)


def test_invalid_targets_are_refused_before_the_download(site, tmp_path, trust) -> None:
    (tmp_path / "folder.pth").mkdir()
    (tmp_path / "file").touch()
    for name in ("folder.pth", "file/net.pth", "n" * 300):
        with pytest.raises(WeightsError, match="cannot be written"):
            download(site.url, tmp_path / name, context=trust)
    assert site.asked == []


@pytest.mark.skipif(os.name == "nt" or os.geteuid() == 0, reason="nothing is read-only here")
def test_a_read_only_folder_is_named(site, tmp_path, trust) -> None:
    tmp_path.chmod(0o500)
    with pytest.raises(WeightsError, match=r"net\.pth: cannot be written: Permission denied"):
        download(site.url, tmp_path / "net.pth", context=trust)
    tmp_path.chmod(0o700)


def test_cancelling_keeps_the_received_data(site, target, trust) -> None:
    cancel = CancelToken()

    def stop(done: int, _total: int) -> None:
        if done > 100_000:
            cancel.cancel()

    with pytest.raises(Cancelled):
        download(site.url, target, context=trust, on_bytes=stop, cancel=cancel)
    kept = target.with_name("net.pth.part").stat().st_size
    assert 100_000 < kept < len(CONTENT)
    assert download(site.url, target, context=trust) == SHA256
    assert site.asked == ["", f"bytes={kept}-"]


def test_a_killed_process_keeps_the_received_data(site, target, authority, tmp_path, trust) -> None:
    authority.cert_pem.write_to_path(tmp_path / "authority.pem")
    code = (
        "import os, sys; from pathlib import Path; from restorer.models.download import download;"
        "kill = lambda done, _: done > 100_000 and os._exit(9);"
        "download(sys.argv[1], Path(sys.argv[2]), on_bytes=kill)"
    )
    environment = os.environ | {"SSL_CERT_FILE": str(tmp_path / "authority.pem")}
    killed = subprocess.run([sys.executable, "-c", code, site.url, target], env=environment)
    assert killed.returncode == 9
    assert not target.exists()
    assert download(site.url, target, context=trust) == SHA256
    assert files(target) == ["net.pth"]
    assert site.asked[1].startswith("bytes=")


def test_the_second_of_two_downloads_waits_and_finds_the_file(site, target, trust) -> None:
    site.cuts, site.stall = [100_000], True  # gives the second one time to start
    half = threading.Event()
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(
            download, site.url, target, sha256=SHA256, context=trust, timeout_s=0.5,
            on_bytes=lambda *_: half.set(),
        )  # fmt: skip
        assert half.wait(5)
        second = pool.submit(download, site.url, target, sha256=SHA256, context=trust)
        assert (first.result(10), second.result(10)) == (SHA256, SHA256)
    assert sum(site.sent) == len(CONTENT)
    assert files(target) == ["net.pth"]


def test_waiting_for_another_download_can_be_cancelled(site, target, trust) -> None:
    cancel = CancelToken()
    with ThreadPoolExecutor(1) as pool:

        def wait_for_it(*_: int) -> None:
            second = pool.submit(download, site.url, target, context=trust, cancel=cancel)
            cancel.cancel()
            with pytest.raises(Cancelled):
                second.result(5)

        download(site.url, target, context=trust, on_bytes=wait_for_it)
    assert file_sha256(target) == SHA256


def test_certificates_of_macos_are_those_of_its_system(monkeypatch) -> None:
    made = object()
    fake = SimpleNamespace(SSLContext=lambda protocol: made)
    monkeypatch.setitem(sys.modules, "truststore", fake)
    assert restorer.models.download._of_system() is None
    monkeypatch.setattr(sys, "platform", "darwin")
    assert restorer.models.download._of_system() is made


@pytest.mark.skipif(sys.platform != "linux", reason="the places of Linux")
def test_python_of_another_linux_finds_the_certificates_of_this_one(
    site, target, authority, tmp_path, monkeypatch
) -> None:
    nowhere = dict.fromkeys(("cafile", "capath"), None)
    found = ssl.get_default_verify_paths()._replace(**nowhere)
    monkeypatch.setattr(ssl, "get_default_verify_paths", lambda: found)
    bundle = tmp_path / "bundle.crt"
    places = (str(tmp_path / "missing.crt"), str(bundle))
    monkeypatch.setattr(restorer.models.download, "_BUNDLES", places)
    assert restorer.models.download._of_system() is None
    authority.cert_pem.write_to_path(str(bundle))
    assert download(site.url, target) == SHA256
