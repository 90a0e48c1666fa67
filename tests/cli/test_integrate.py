"""Actions in other programs: what is installed, and what the scripts do."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from importlib.resources import files
from pathlib import Path
from types import SimpleNamespace

import pytest
from click.testing import CliRunner

from restorer.cli import integration, notify
from restorer.cli.group import cli

STRANGE = ['/opt/it\'s a "place"/100 %/$HOME/restore', "-m", "back\\slash"]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, part in (
        ("HOME", ""),
        ("XDG_CONFIG_HOME", ".config"),
        ("XDG_DATA_HOME", ".local/share"),
        ("APPDATA", "Roaming"),
        ("LOCALAPPDATA", "Local"),
    ):
        monkeypatch.setenv(name, str(tmp_path / part))
    return tmp_path


def tree(folder: Path) -> dict[str, bytes]:
    found = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in found}


@pytest.mark.parametrize(
    ("system", "names"),
    [
        ("linux", ["darktable", "gimp", "nautilus", "dolphin"]),
        ("win32", ["darktable", "gimp", "sendto"]),
        ("darwin", ["darktable", "gimp"]),
    ],
)
def test_what_is_installed_is_removed_and_nothing_else(
    restore, home: Path, monkeypatch: pytest.MonkeyPatch, system: str, names: list[str]
) -> None:
    own = home / ".config" / "darktable" / "luarc"
    own.parent.mkdir(parents=True)
    own.write_text('require "mine"')
    before = tree(home)
    monkeypatch.setattr(integration.sys, "platform", system)
    result = restore("integrate", *names)
    assert result.exit_code == 0, result.stderr
    installed = tree(home)
    new = installed.keys() - before.keys()
    assert len(new) >= len(names)
    for path in new:
        assert integration.MARK in installed[path].decode("utf-8"), path
        assert path in result.stdout
    again = restore("integrate", *names)
    assert again.exit_code == 0
    assert tree(home) == installed, "a second time changes nothing"
    assert " no " not in restore("integrate").stdout
    assert restore("integrate", "--remove", *names).exit_code == 0
    left = tree(home)
    assert left.keys() == before.keys()
    assert own.read_text().split() == ["require", '"mine"']
    assert "not there" in restore("integrate", "--remove", *names).stdout


def test_files_of_others_stay(restore, home: Path) -> None:
    own = home / ".local" / "share" / "nautilus" / "scripts" / "Restore"
    own.parent.mkdir(parents=True)
    own.write_text("mine")
    result = restore("integrate", "nautilus")
    assert result.exit_code == 1
    assert "does not belong to restorer" in result.stderr
    assert own.read_text() == "mine"
    restore("integrate", "nautilus", "--remove")
    assert own.read_text() == "mine"


@pytest.mark.skipif(sys.platform != "linux", reason="names a program of another system")
def test_programs_of_other_systems_are_refused(restore, home: Path) -> None:
    result = restore("integrate", "sendto")
    assert result.exit_code == 2
    assert tree(home) == {}


def test_a_frozen_application_and_a_module_are_called_by_their_paths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(integration.sys, "executable", str(tmp_path / "python3"))
    assert integration.own_command() == [str(tmp_path / "python3"), "-m", "restorer"]
    (tmp_path / "restore").touch()
    assert integration.own_command() == [str(tmp_path / "restore")]
    monkeypatch.setattr(integration.sys, "frozen", True, raising=False)
    assert integration.own_command() == [str(tmp_path / "python3")]


def test_all_commands_parse(home: Path) -> None:
    """Each action is a command with options that exist."""

    def parses(words: list[str]) -> None:
        command = cli.get_command(None, words[0])  # type: ignore[arg-type]
        assert command is not None
        picture = home / "a.tif"
        picture.touch()
        command.make_context(words[0], [*words[1:], str(picture)])

    for words in integration._ACTIONS.values():
        parses([*words])
    parses(["gui"])
    for words in ([], ["--scale", "2"], ["--window"]):
        parses(["edit", "--quiet", *words])


@pytest.mark.skipif(not shutil.which("sh"), reason="needs a POSIX shell")
def test_scripts_of_nautilus_call_the_command_with_the_selected_files(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    say = home / "it's a place" / "say"
    say.parent.mkdir()
    say.write_text('#!/bin/sh\nfor word in "$@"; do echo "<$word>"; done\n')
    say.chmod(0o755)
    script = integration._nautilus([str(say)])[1]
    integration.install(script)
    assert os.access(script.path, os.X_OK)
    selected = ["/pics/a b*.jpg", "/pics/Grüße $HOME.png"]
    environment = {
        **os.environ,
        "NAUTILUS_SCRIPT_SELECTED_FILE_PATHS": "".join(f"{path}\n" for path in selected),
    }
    said = subprocess.run([str(script.path)], env=environment, capture_output=True, text=True)
    words = integration._ACTIONS["Enlarge Twice"]
    assert said.stdout.splitlines() == [f"<{word}>" for word in (*words, *selected)]


def exec_words(line: str) -> list[str]:
    """Return the words of a key Exec, as the specification says."""
    unescaped = line.replace("\\\\", "\\").replace("%%", "%")
    return [word.replace("\\$", "$") for word in shlex.split(unescaped)]


def test_the_service_menu_of_dolphin_is_a_valid_desktop_entry(home: Path) -> None:
    (file,) = integration._dolphin(STRANGE)
    entry = configparser.ConfigParser(interpolation=None, strict=True)
    entry.optionxform = str  # type: ignore[assignment,method-assign]
    entry.read_string(file.text)
    actions = entry["Desktop Entry"]["Actions"].split(";")
    assert [f"Desktop Action {name}" for name in actions] == entry.sections()[1:]
    line = entry["Desktop Action enlarge"]["Exec"]
    *words, last = exec_words(line)
    assert words == [*STRANGE, *integration._ACTIONS["Enlarge Twice"]]
    assert last == "%F"
    assert file.executable, "KDE trusts no other"
    if not shutil.which("desktop-file-validate"):
        return
    # The validator knows no service menus; all else in them is as in applications.
    path = home / "restorer.desktop"
    lines = [each for each in file.text.splitlines() if "ServiceTypes" not in each]
    path.write_text("\n".join(lines).replace("Type=Service", "Type=Application\nExec=true"))
    said = subprocess.run(["desktop-file-validate", path], capture_output=True, text=True)
    assert said.returncode == 0, said.stdout


def test_commands_of_windows_have_its_line_ends_and_quotes() -> None:
    restore, enlarge = integration._send_to(["C:\\Program Files\\100 %\\restore.exe"])
    assert restore.path.name == "Restore.cmd"
    assert enlarge.text.count("\r\n") == enlarge.text.count("\n") == 5
    lines = enlarge.text.split("\r\n")
    assert lines[3].startswith('"C:\\Program Files\\100 %%\\restore.exe" image --scale 2 --name')
    assert lines[3].endswith(" --existing number %*")


def plug_in(command: list[str]) -> SimpleNamespace:
    """Return the names of the plug-in of GIMP, whose own part is not run."""
    (file,) = integration._gimp(command)
    names: dict[str, object] = {"__name__": "plug_in"}
    exec(compile(file.text, "restorer.py", "exec"), names)
    return SimpleNamespace(**names)


def test_the_plug_in_of_gimp_calls_the_command_and_gives_its_reason(home: Path) -> None:
    assert plug_in(STRANGE).COMMAND == STRANGE
    code = "import sys; print(*sys.argv[1:], sep='|', file=sys.stderr); sys.exit(1)"
    ticks: list[int] = []
    named = plug_in([sys.executable, "-c", code])
    with pytest.raises(RuntimeError, match=r"^edit\|--quiet\|--window\|a b\.tif$"):
        named.run(["--window"], "a b.tif", lambda: ticks.append(1))
    assert ticks
    plug_in([sys.executable, "-c", "pass"]).run([], "a.tif", lambda: None)
    with pytest.raises(RuntimeError, match="restore integrate gimp"):
        plug_in([str(home / "no")]).run([], "a.tif", lambda: None)


def test_the_plug_in_of_gimp_hides_the_python_of_gimp() -> None:
    found = plug_in(["restore"]).environment({"PYTHONHOME": "/gimp", "PATH": "/bin"})
    assert found == {"PATH": "/bin"}


LUA = next((name for name in ("lua5.4", "lua5.3", "lua") if shutil.which(name)), None)
DARKTABLE = """
-- What the script needs of darktable, in a few lines.
local made, said = {}, {}
local function new(path)
  local folder, name = path:match("^(.*)/([^/]*)$")
  local image = { path = folder, filename = name, rating = 0, group = {} }
  image.group_leader = image
  image.group_with = function(self, leader) self.group_leader = leader end
  return image
end
local dt = { tags = {}, gui = { libs = { image = {} } }, control = {}, database = {} }
dt.new_format = function(kind)
  assert(kind == "tiff")
  return { write_image = function(self, image, path)
    assert(self.bpp == 16)
    local file = io.open(path, "w"); file:write("exported"); file:close()
  end }
end
dt.control.execute = function(line)
  local ok, how, code = os.execute(line)
  return code * 256
end
dt.database.import = new
dt.tags.get_tags = function() return { { name = "cat" }, { name = "darktable|exported" } } end
dt.tags.attach = function(tag, image) image.tag = (image.tag or "") .. tag.name end
dt.print = function(text) print("said: " .. text) end
dt.print_error = function() end
dt.gui.create_job = function() return { valid = true } end
dt.gui.libs.image.register_action = function(name, label, call) made[name] = call end
dt.register_event = function() end
package.loaded.darktable = dt
local script = dofile(arg[1])
print(script.line({ "a b", "it's" }))
local image = new(arg[2]); image.rating = 3
local result = script.restore(image, { "--scale", "2" }, "2x")
print(result.filename, result.rating, result.tag, result.group_leader == image)
made.restorer_restore(nil, { image, image })
made.restorer_window(nil, { image })
"""


@pytest.mark.skipif(LUA is None, reason="needs Lua")
def test_the_script_of_darktable_exports_restores_and_imports(home: Path) -> None:
    folder = home / "it's $HOME"
    folder.mkdir()
    (folder / "photo.raw.jpg").write_text("original")
    (folder / "photo.raw-restored.tif").write_text("earlier")
    code = (
        "import pathlib, sys; path = pathlib.Path(sys.argv[-1]);"
        "assert sys.argv[1:3] == ['edit', '--quiet'];"
        "sys.exit(5) if '--window' in sys.argv else path.write_text('restored')"
    )
    script = integration._darktable([sys.executable, "-c", code])[0]
    integration.install(script)
    (home / "try.lua").write_text(DARKTABLE)
    words = [LUA, home / "try.lua", script.path, folder / "photo.raw.jpg"]
    ended = subprocess.run([*map(str, words)], capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    line, imported, *said = ended.stdout.splitlines()
    assert shlex.split(line) == [sys.executable, "-c", code, "a b", "it's"]
    assert imported.split("\t") == ["photo.raw-2x.tif", "3", "cat", "true"]
    assert said == [
        "said: restored 2 pictures",
        "said: photo.raw.jpg: not restored, exit code 5",
    ]
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "photo.raw.jpg": "original",
        "photo.raw-restored.tif": "earlier",
        "photo.raw-2x.tif": "restored",
        "photo.raw-restored-2.tif": "restored",
        "photo.raw-restored-3.tif": "restored",
    }


def test_notifications_are_texts_and_never_code(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[str]] = []
    monkeypatch.setattr(shutil, "which", lambda name: name)
    monkeypatch.setattr(subprocess, "run", lambda words, **_: seen.append(words))
    text = '--icon=x" & do shell script "rm'
    for system in ("linux", "darwin", "win32"):
        monkeypatch.setattr(notify.sys, "platform", system)
        notify.notify("title", text)
    linux, mac = seen
    assert linux[-3:] == ["--", "title", text]
    assert mac[-2:] == ["title", text]
    assert not any(text in word for word in mac[:-1])


@pytest.mark.parametrize(
    ("names", "said"),
    [(["a.png"], "1 picture restored"), (["a.png", "cut.png"], "1 of 2 pictures restored")],
)
def test_the_end_of_a_run_is_notified(
    folder: Path, monkeypatch: pytest.MonkeyPatch, names: list[str], said: str
) -> None:
    seen: list[tuple[str, str]] = []
    monkeypatch.setattr(notify, "notify", lambda *words: seen.append(words))
    words = ["image", "--notify", "--task", "denoising", "--sigma", "5"]
    CliRunner().invoke(cli, [*words, *(str(folder / name) for name in names)])
    ((title, text),) = seen
    assert title == said
    assert ("cut.png" in text) == (len(names) > 1)


def test_the_files_of_the_package_are_there() -> None:
    names = {path.name for path in (files("restorer.cli") / "programs").iterdir()}
    assert {"darktable.lua", "gimp.py", "nautilus.sh", "dolphin.desktop", "sendto.cmd"} <= names
