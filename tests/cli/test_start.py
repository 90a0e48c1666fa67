import os
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from restorer import RestorerError, export_weights
from restorer.cli import image as image_module
from restorer.cli import params
from restorer.cli.group import cli, main
from restorer.cli.params import expanded

HEAVY = {"torch", "numpy", "PySide6", "ray", "cv2", "PIL"}


def test_help_loads_nothing_heavy():
    code = (
        "import sys\n"
        "from restorer.cli.group import cli\n"
        "for words in ([], ['image'], ['batch'], ['gui'], ['demo'], ['train'], ['evaluate']):\n"
        "    words = [*words, '--help']\n"
        "    cli.main(words, prog_name='restore', standalone_mode=False)\n"
        f"print('loaded:', {HEAVY!r} & set(sys.modules))"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("loaded: set()\n")


def test_list_of_commands_loads_none_of_them_and_says_what_each_says_of_itself():
    code = (
        "import sys\n"
        "from restorer.cli.group import cli\n"
        "cli.main(['--help'], prog_name='restore', standalone_mode=False)\n"
        "print(*[m for m in sys.modules if m.startswith('restorer.')])"
    )
    ended = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = set(ended.stdout.splitlines()[-1].split())
    assert loaded <= {"restorer.cli", "restorer.cli.group", "restorer.cli.words", "restorer.errors"}
    context = click.Context(cli)
    for name, listed in cli.commands.items():
        command = cli.get_command(context, name)
        assert command is not None
        assert command.name == name
        assert command.get_short_help_str(200) == listed.get_short_help_str(200)


def test_dry_run_and_a_finished_batch_do_without_pytorch(make_picture, tmp_path):
    def loaded(*words: object) -> set[str]:
        code = (
            "import sys\n"
            "from restorer.cli.group import cli\n"
            "cli.main(sys.argv[1:], standalone_mode=False)\n"
            f"print(*{HEAVY!r} & set(sys.modules))"
        )
        folders = {"HOME": str(tmp_path), "XDG_CACHE_HOME": str(tmp_path / "cache")}
        return set(
            subprocess.run(
                [sys.executable, "-c", code, *map(str, words)],
                env=os.environ | folders,
                stdout=subprocess.PIPE,
                text=True,
                check=True,
            ).stdout.splitlines()[-1].split()
        )  # fmt: skip

    make_picture(tmp_path / "in" / "a.png", 16, 16)
    weights = tmp_path / "own.safetensors"
    export_weights("panet-denoise-lite", weights)
    batch = ("batch", tmp_path / "in", tmp_path / "out", "--model")
    assert not {"torch", "cv2"} & loaded(*batch, "panet-denoise-lite", "--dry-run")
    assert "torch" in loaded(*batch, weights)
    assert not {"torch", "cv2"} & loaded(*batch, weights), "the checkpoint is known"
    assert not {"torch", "cv2"} & loaded(*batch, weights, "--dry-run")


def test_the_objects_of_pytorch_are_left_out_of_garbage_collection(make_picture, tmp_path):
    code = (
        "import atexit, gc, sys\n"
        "from restorer.cli.group import main\n"
        "atexit.register(lambda: print(gc.isenabled(), gc.get_freeze_count() > 100_000))\n"
        "main()"
    )
    words = ("image", make_picture(tmp_path / "a.png"), "--model", "panet-denoise-lite", "--quiet")
    command = [sys.executable, "-c", code, *map(str, words)]
    ended = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
    assert ended.stdout == "True True\n"


@pytest.mark.parametrize("module", ["restorer", "restorer.cli"])
def test_module_runs_as_a_program(module):
    words = [sys.executable, "-m", module, "--version"]
    ended = subprocess.run(words, capture_output=True, text=True, check=True)
    assert ended.stdout.startswith("restore, version ")


@pytest.mark.parametrize(
    "words",
    [
        ["picture"],
        ["image"],
        ["image", "absent.png"],
        ["image", "a.png", "--sigma", "76", "--task", "denoising"],
        ["image", "a.png", "--sigma", "loud", "--task", "denoising"],
        ["image", "a.png", "--sigma", "25", "--task", "deblocking"],
        ["image", "a.png", "--strength", "2"],
        ["image", "a.png", "--task", "cooking"],
        ["image", "a.png", "--model", "panet-cooking"],
        ["image", "a.png", "--task", "denoising", "--model", "panet-denoise-lite"],
        ["image", "a.png", "--task", "denoising", "--scale", "2"],
        ["image", "a.png", "--scale", "7"],
        ["image", "a.png", "--device", "abacus"],
        ["image", "a.png", "--tile", "17"],
        ["image", "a.png", "--overlap", "1000"],
        ["image", "a.png", "--name", "{color}"],
        ["image", "a.png", "--report", "a.png/report.jsonl"],
        ["image", "a.png", "--report", "a.png"],
        ["image", "a.png", "-o", "a.png"],
        ["image", "a.png", "-o", "b.xcf"],
        ["image", "a.png", "-o", "b.png", "--format", "jpg"],
        ["image", "."],
        ["batch", "absent", "out"],
        ["batch", ".", "."],
        ["batch", ".", "out", "--jobs", "0"],
    ],
    ids=" ".join,
)
def test_wrong_usage_exits_with_2_and_writes_nothing(
    words, restore, make_picture, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    original = make_picture(Path("a.png")).read_bytes()
    result = restore(*words)
    assert result.exit_code == 2, result.output
    assert result.stderr
    assert not result.stdout
    assert [path.name for path in Path().iterdir()] == ["a.png"]
    assert Path("a.png").read_bytes() == original


def test_expected_error_is_one_line_and_exit_code_1(restore, make_picture, tmp_path, monkeypatch):
    def refuse(*_: object) -> None:
        raise RestorerError("weights: were eaten")

    monkeypatch.setattr(image_module, "_job", refuse)
    result = restore("image", make_picture(tmp_path / "a.png"))
    assert (result.exit_code, result.stderr) == (1, "restore: weights: were eaten\n")


def test_bug_keeps_its_traceback(make_picture, tmp_path, monkeypatch):
    monkeypatch.setattr(image_module, "_job", lambda *_: 1 / 0)
    result = CliRunner().invoke(cli, ["image", str(make_picture(tmp_path / "a.png"))])
    assert isinstance(result.exception, ZeroDivisionError)


def test_interruption_before_the_first_file_exits_with_130(
    restore, make_picture, tmp_path, monkeypatch
):
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(image_module, "_job", interrupt)
    assert restore("image", make_picture(tmp_path / "a.png")).exit_code == 130


@pytest.mark.skipif(os.name == "nt", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", ["2>&-", ">&- 2>&-", "<&- >&- 2>&-"])
def test_closed_streams_do_not_stop_a_batch(closed, make_picture, tmp_path):
    make_picture(tmp_path / "in" / "a.png", 16, 16)
    words = [sys.executable, "-m", "restorer.cli", "batch", tmp_path / "in", tmp_path / "out"]
    process = subprocess.run(["sh", "-c", f'exec "$@" {closed}', "sh", *map(str, words)])
    assert process.returncode == 0
    assert (tmp_path / "out" / "a.png").exists()


@pytest.mark.parametrize("encoding", ["cp1252", "utf-8"])
def test_names_beyond_the_encoding_of_the_output_are_escaped(
    make_picture, tmp_path, encoding: str
) -> None:
    source = make_picture(tmp_path / "写真.png")
    words = [sys.executable, "-m", "restorer.cli", "inspect", source, tmp_path / "無.png"]
    environment = {**os.environ, "PYTHONIOENCODING": encoding}
    process = subprocess.run([*map(str, words)], env=environment, capture_output=True)
    assert process.returncode == 1, "the second file does not exist"
    first, second = "写真.png", "無.png"
    if encoding != "utf-8":
        first, second = (n.encode("ascii", "backslashreplace").decode() for n in (first, second))
    assert first in process.stdout.decode(encoding)
    assert second in process.stderr.decode(encoding)
    assert b"Traceback" not in process.stderr


def test_brackets_in_names_are_no_patterns_on_windows(tmp_path, monkeypatch) -> None:
    for name in ("photo[1].jpg", "photo1.jpg", "b.png"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)
    assert expanded(["*.jpg"]) == ["*.jpg"], "shells of other systems expand"
    monkeypatch.setattr(params, "_WINDOWS", True)
    assert expanded(["photo[1].jpg", "no[1].*"]) == ["photo[1].jpg", "no[1].*"]
    assert expanded(["*.jpg", "b.png"]) == ["photo1.jpg", "photo[1].jpg", "b.png"]
    assert expanded(["photo[1]*"]) == ["photo[1].jpg"]
    assert expanded(["s3://bucket/?.jpg"]) == ["s3://bucket/?.jpg"]


def test_click_expands_no_arguments(monkeypatch) -> None:
    seen: dict[str, object] = {}
    monkeypatch.setattr(cli, "main", lambda **options: seen.update(options))
    main()
    assert seen["windows_expand_args"] is False
