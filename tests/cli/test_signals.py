import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from restorer import CancelToken, probe
from restorer.cli.stopping import stoppable

pytestmark = pytest.mark.skipif(os.name == "nt", reason="signals are POSIX")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGHUP], ids=["SIGINT", "SIGHUP"])
def test_signal_stops_the_batch_with_130_and_leaves_whole_files(number, make_picture, tmp_path):
    source, out, report = tmp_path / "in", tmp_path / "out", tmp_path / "report.jsonl"
    for i in range(100):
        make_picture(source / f"{i:03}.png", 64, 64)
    words = ["batch", source, out, "--report", report, "--task", "denoising"]
    process = subprocess.Popen(
        [sys.executable, "-m", "restorer.cli", *map(str, words)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        _wait_for(lambda: any(out.glob("*.png")))
        process.send_signal(number)
        stdout, stderr = process.communicate(timeout=60)
    finally:
        process.kill()
    assert process.returncode == 130, stderr
    assert "stopping after this tile" in stderr
    *_, last = map(json.loads, report.read_text().splitlines())
    summary = last["counts"]
    assert summary["cancelled"] > 0
    assert summary["done"] + summary["cancelled"] == 100
    assert f"{summary['done']} done, {summary['cancelled']} cancelled in " in stdout
    assert len(list(out.glob("*.png"))) == summary["done"]
    assert all(probe(path).width == 64 for path in out.glob("*.*g"))


def test_a_killed_batch_continues_and_ends_like_an_undisturbed_one(make_picture, tmp_path):
    source, out, whole = (tmp_path / name for name in ("in", "out", "whole"))
    for i in range(12):
        make_picture(source / f"{i:02}.png", 64, 64)
    command = [sys.executable, "-m", "restorer.cli", "batch", source, out]
    command = [*map(str, command), "--task", "denoising", "--sigma", "20"]
    for count in (1, 5):  # killed twice
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        try:
            _wait_for(lambda: len(list(out.glob("*.png"))) >= count)  # noqa: B023  waits here
        finally:
            process.kill()
            process.wait()
    resume = [sys.executable, "-m", "restorer.cli", "resume", str(out)]
    resumed = subprocess.run(resume, capture_output=True, text=True)
    assert resumed.returncode == 0, resumed.stderr
    assert "done before" in resumed.stdout
    command[command.index(str(out))] = str(whole)
    subprocess.run(command, check=True, capture_output=True)
    names = sorted(path.name for path in source.iterdir())
    assert [path.name for path in sorted(out.glob("*.png"))] == names
    assert all((out / n).read_bytes() == (whole / n).read_bytes() for n in names)
    assert list((out / ".restorer" / "claims").iterdir()) == []


@pytest.mark.skipif(not os.path.isdir("/proc/self/task"), reason="finds processes in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGKILL], ids=["Ctrl-C", "killed"])
def test_worker_processes_end_with_their_parent(number, tmp_path, make_picture):
    for name in "abcd":
        make_picture(tmp_path / "in" / f"{name}.png", 200, 200)
    words = ["batch", tmp_path / "in", tmp_path / "out", "--engine", "processes", "--jobs", "1"]
    # The current folder holds another module of our name, which workers must not take.
    (tmp_path / "restorer.py").write_text("raise ZeroDivisionError")
    script = tmp_path / "bin" / "restore.py"
    script.parent.mkdir()
    script.write_text("from restorer.cli import main\nif __name__ == '__main__':\n    main()\n")
    command = [sys.executable, script, *words, "--tile", "32", "--task", "denoising"]
    log = tmp_path / "log"
    with log.open("w") as output:
        streams = {"stdout": output, "stderr": output}
        process = subprocess.Popen(command, cwd=tmp_path, start_new_session=True, **streams)
    try:
        _wait_for(lambda: "started" in _texts(tmp_path / "out/.restorer"))
        workers = _children(process.pid)
        if number == signal.SIGKILL:
            process.kill()
        else:
            os.killpg(process.pid, number)  # as a terminal does
        assert process.wait(60) == (-number if number == signal.SIGKILL else 130)
    finally:
        process.kill()
    assert workers
    _wait_for(lambda: not any(map(_is_alive, workers)))
    assert "Traceback" not in log.read_text()
    _wait_for(lambda: not list((tmp_path / "out").glob(".*.part")), 1)


def _texts(folder):
    return "".join(path.read_text() for path in folder.glob("*.jsonl"))


def _children(process):
    texts = [path.read_text() for path in Path(f"/proc/{process}/task").glob("*/children")]
    # Workers and the server that they are forks of; Python's resource tracker ends later.
    return [int(n) for n in " ".join(texts).split() if "resource_tracker" not in _command(n)]


def _command(process):
    return Path(f"/proc/{process}/cmdline").read_text()


def _is_alive(process):
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_second_signal_has_the_effect_of_the_system(capfd):
    before = signal.getsignal(signal.SIGINT)
    cancel = CancelToken()
    with stoppable("this tile", cancel.cancel):
        os.kill(os.getpid(), signal.SIGINT)
        _wait_for(lambda: cancel.cancelled)
        assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
        assert signal.getsignal(signal.SIGTERM) is signal.SIG_DFL
    assert signal.getsignal(signal.SIGINT) is before
    assert "stopping after this tile; press Ctrl-C again to abort now" in capfd.readouterr().err


def test_an_ignored_signal_stays_ignored():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)  # as by nohup
    cancel = CancelToken()
    try:
        with stoppable("this tile", cancel.cancel):
            os.kill(os.getpid(), signal.SIGHUP)
        assert not cancel.cancelled
    finally:
        signal.signal(signal.SIGHUP, before)


def _wait_for(condition, seconds=60):
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)
