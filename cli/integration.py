"""Files that add restorer to other programs, and the folders where these look for them."""

from __future__ import annotations

import json
import os
import shlex
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from restorer import FORMATS

MARK = "restore integrate"  # stands in each file that is installed
_LUA_LINE = f'require "restorer" -- {MARK}'
_ACTIONS: Mapping[str, tuple[str, ...]] = {
    "Restore": ("image", "--existing", "number", "--notify"),
    "Enlarge Twice": (
        *("image", "--scale", "2", "--name", "{stem}-2x{suffix}"),
        *("--existing", "number", "--notify"),
    ),
}
# Of the formats that cameras, scanners and the web deliver; RAW files are opened in the window.
_TYPES = ("jpeg", "png", "tiff", "webp", "avif", "heic", "jxl", "gif", "bmp")
_TYPE_NAMES = {"heic": "heif"}


@dataclass(frozen=True)
class InstalledFile:
    """A file that belongs to the integration.

    Attributes:
        line: Whether `text` is one line of a file of the user, not the whole file.
    """

    path: Path
    text: str
    executable: bool = False
    line: bool = False


@dataclass(frozen=True)
class Program:
    """A program that restorer can be called from.

    Attributes:
        title: Its name.
        systems: Values of `sys.platform` where it exists.
        files: Returns what is installed, from the command that runs restorer.
        hint: What the user does next.
    """

    title: str
    systems: tuple[str, ...]
    files: Callable[[Sequence[str]], list[InstalledFile]]
    hint: str


def own_command() -> list[str]:
    """Return the words that run this program, by absolute paths."""
    if getattr(sys, "frozen", False):
        return [sys.executable]
    script = Path(sys.executable).with_name("restore.exe" if os.name == "nt" else "restore")
    return [str(script)] if script.is_file() else [sys.executable, "-m", "restorer"]


def is_installed(file: InstalledFile) -> bool:
    """Whether a file is there, in any version."""
    try:
        return MARK in file.path.read_text("utf-8", "replace")
    except OSError:
        return False


def install(file: InstalledFile) -> None:
    """Write a file, or add its line. Raises FileExistsError for a file of somebody else."""
    before = _text(file.path)
    if file.line:
        _write(file.path, _without_lines(before) + file.text + "\n")
        return
    if before and MARK not in before:
        raise FileExistsError(
            f"{file.path}: already exists and does not belong to restorer; move it away first"
        )
    _write(file.path, file.text)
    if file.executable:
        file.path.chmod(0o755)


def remove(file: InstalledFile) -> bool:
    """Remove a file, or its line; return whether it was there. Files of others stay."""
    if not is_installed(file):
        return False
    left = _without_lines(_text(file.path)) if file.line else ""
    if left:
        _write(file.path, left)
    else:
        file.path.unlink()
    return True


def _darktable(command: Sequence[str]) -> list[InstalledFile]:
    local = os.environ.get("LOCALAPPDATA")
    home = Path(local) if local and _system() == "win32" else _config_home()
    words = ", ".join(json.dumps(word, ensure_ascii=False) for word in command)
    script = _template("darktable.lua").replace('{ "restore" }', f"{{ {words} }}")
    return [
        InstalledFile(home / "darktable" / "lua" / "restorer.lua", script),
        InstalledFile(home / "darktable" / "luarc", _LUA_LINE, line=True),
    ]


def _gimp(command: Sequence[str]) -> list[InstalledFile]:
    if _system() == "win32":
        home = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming")) / "GIMP"
    elif _system() == "darwin":
        home = Path.home() / "Library" / "Application Support" / "GIMP"
    else:
        home = _config_home() / "GIMP"
    text = _template("gimp.py").replace('["restore"]', repr(list(command)))
    versions = sorted(path.name for path in home.glob("3.*") if path.is_dir()) or ["3.0"]
    places = [home / version / "plug-ins" / "restorer" / "restorer.py" for version in versions]
    return [InstalledFile(place, text, executable=True) for place in places]


def _nautilus(command: Sequence[str]) -> list[InstalledFile]:
    folder, text = _data_home() / "nautilus" / "scripts", _template("nautilus.sh")
    return [
        InstalledFile(folder / label, _filled(text, label, shlex.join([*command, *words])), True)
        for label, words in _ACTIONS.items()
    ]


def _dolphin(command: Sequence[str]) -> list[InstalledFile]:
    types = (f"image/{_TYPE_NAMES.get(name, name)}" for name in _TYPES if name in FORMATS)
    lines = [_exec_line([*command, *words]) for words in (*_ACTIONS.values(), ("gui",))]
    text = _template("dolphin.desktop").replace("@TYPES@", "".join(f"{t};" for t in types))
    for place, line in zip(("@RESTORE@", "@ENLARGE@", "@WINDOW@"), lines, strict=True):
        text = text.replace(place, line)
    path = _data_home() / "kio" / "servicemenus" / "restorer.desktop"
    return [InstalledFile(path, text, executable=True)]  # KDE trusts executable ones only


def _send_to(command: Sequence[str]) -> list[InstalledFile]:
    roaming = Path(os.environ.get("APPDATA", Path.home() / "AppData" / "Roaming"))
    folder, text = roaming / "Microsoft" / "Windows" / "SendTo", _template("sendto.cmd")
    found = []
    for label, words in _ACTIONS.items():
        kept = [word for word in words if word != "--notify"]  # the console says it
        line = subprocess.list2cmdline([*command, *kept]).replace("%", "%%")
        found.append(InstalledFile(folder / f"{label}.cmd", _filled(text, label, line)))
    return found


PROGRAMS: Mapping[str, Program] = {
    "darktable": Program(
        "darktable",
        ("linux", "darwin", "win32"),
        _darktable,
        "start darktable again; the actions are in the lighttable, module 'selected images'",
    ),
    "gimp": Program(
        "GIMP 3",
        ("linux", "darwin", "win32"),
        _gimp,
        "start GIMP again; the commands are in Filters > Restorer",
    ),
    "nautilus": Program(
        "Files (Nautilus)",
        ("linux",),
        _nautilus,
        "select pictures and open the context menu: Scripts",
    ),
    "dolphin": Program(
        "Dolphin",
        ("linux",),
        _dolphin,
        "select pictures and open the context menu: Actions",
    ),
    "sendto": Program(
        "Explorer (Send to)",
        ("win32",),
        _send_to,
        "select pictures and open the context menu: Send to",
    ),
}


def _system() -> str:
    return sys.platform  # in a function: type checkers take it for a constant


def _template(name: str) -> str:
    # Not read_text, which would make one line end of the two characters of Windows.
    return (files("restorer.cli") / "programs" / name).read_bytes().decode("utf-8")


def _filled(text: str, label: str, line: str) -> str:
    return text.replace("@LABEL@", label).replace("@COMMAND@", line)


def _exec_line(words: Sequence[str]) -> str:
    """Return words as the key Exec of a desktop entry has them.

    https://specifications.freedesktop.org/desktop-entry-spec/latest/exec-variables.html
    """
    escaped = (w.translate({ord(c): f"\\{c}" for c in '"`$\\'}) for w in words)
    quoted = " ".join(f'"{word}"' for word in escaped)
    return quoted.replace("%", "%%").replace("\\", "\\\\")


def _config_home() -> Path:
    return Path(os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config")


def _data_home() -> Path:
    return Path(os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share")


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8")
    except FileNotFoundError:
        return ""


def _without_lines(text: str) -> str:
    """Return a text without our lines, and with an end of its last one."""
    lines = [line for line in text.splitlines() if MARK not in line]
    return "".join(f"{line}\n" for line in lines)


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.part")
    part.write_bytes(text.encode("utf-8"))
    os.replace(part, path)
