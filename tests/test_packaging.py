"""Fast checks of what a release is made of; packaging/check-release.sh does the rest."""

import ast
import base64
import hashlib
import re
import runpy
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path
from types import SimpleNamespace

import pytest
from packaging.requirements import Requirement

from restorer import RestorerError
from restorer.cli.installation import find_damage, version_lines

PACKAGING = Path(__file__).parents[1] / "packaging"
ROOT_FILES = {"bin/a.so": b"code", "weights/b.safetensors": b"numbers", "c.txt": b""}


@pytest.fixture
def application(tmp_path, monkeypatch):
    """Make the folder of an application with a list of its files."""
    lines = []
    for name, data in ROOT_FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes(data)
        lines.append(f"{hashlib.sha256(data).hexdigest()}  {name}\n")
    (tmp_path / "SHA256SUMS").write_text("".join(lines), "utf-8")
    monkeypatch.setattr(sys, "frozen", True, raising=False)
    monkeypatch.setattr(sys, "executable", str(tmp_path / "restore"))
    return tmp_path


def test_an_intact_application_has_no_damage(application):
    assert find_damage() == (str(application / "SHA256SUMS"), 3, [])


def test_changed_missing_and_extra_files_of_an_application_are_named(application):
    (application / "bin/a.so").write_bytes(b"evil")
    (application / "c.txt").unlink()
    (application / "bin/new.so").touch()
    names = ("changed: bin/a.so", "missing: c.txt", "extra: bin/new.so")
    assert find_damage()[2] == [x.replace(": ", f": {application}/") for x in names]


def test_an_application_without_its_list_is_an_error(application):
    (application / "SHA256SUMS").unlink()
    with pytest.raises(RestorerError, match="SHA256SUMS: the list of files cannot be read"):
        find_damage()


def test_an_installed_wheel_is_compared_with_its_record_and_those_of_its_libraries(
    tmp_path, monkeypatch
):
    for name, needs in (
        ("restorer", "Requires-Dist: Some_Lib>=1\nRequires-Dist: nowhere\n"),
        ("some_lib", ""),
    ):
        folder = tmp_path / f"{name}-1.0.dist-info"
        folder.mkdir()
        (folder / "METADATA").write_text(f"Name: {name}\nVersion: 1.0\n{needs}", "utf-8")
        (tmp_path / f"{name}.txt").write_bytes(b"x")
        digest = base64.urlsafe_b64encode(hashlib.sha256(b"x").digest()).decode().rstrip("=")
        record = f"{name}.txt,sha256={digest},1\n{folder.name}/RECORD,,\n"
        (folder / "RECORD").write_text(record, "utf-8")
    monkeypatch.syspath_prepend(tmp_path)
    assert find_damage() == ("RECORD of 2 packages", 2, [])
    (tmp_path / "some_lib.txt").write_bytes(b"y")
    assert find_damage()[2] == [f"changed: {tmp_path / 'some_lib.txt'}"]


def test_the_version_names_commit_and_build():
    version, commit, build = version_lines()
    assert version.startswith("restore, version ")
    assert commit.startswith("commit ")
    assert build.startswith("build: ")


def test_shell_scripts_have_valid_syntax(request):
    scripts = sorted((request.config.rootpath / "packaging").rglob("*.sh"))
    assert scripts
    for script in scripts:
        subprocess.run(["sh", "-n", script], check=True)


def normalized(name):
    return re.sub(r"[-_.]+", "-", name).lower()


def needed(name, extras, seen):
    """Add the installed distributions that `name[extras]` needs on this system, itself included."""
    try:
        found = metadata.distribution(name)
    except metadata.PackageNotFoundError:  # an extra that is not installed
        return
    if (normalized(name), extras) not in seen:
        seen.add((normalized(name), extras))
        for requirement in map(Requirement, found.requires or ()):
            marker = requirement.marker
            if not marker or any(marker.evaluate({"extra": extra}) for extra in ("", *extras)):
                needed(requirement.name, frozenset(requirement.extras), seen)


def test_all_libraries_have_a_tested_version():
    lines = (PACKAGING / "constraints.txt").read_text("utf-8").splitlines()[1:]
    names = [line.split("==")[0] for line in lines]
    assert names == sorted(map(normalized, names))
    found = set()
    needed("restorer", frozenset(metadata.metadata("restorer").get_all("Provides-Extra")), found)
    seen = {name for name, extras in found}
    assert len(seen) > 20
    # PyTorch itself names the one version of each library of CUDA that it works with.
    loose = {x for x in seen - set(names) if not x.startswith(("nvidia-", "cuda-", "triton"))}
    assert loose <= {"pip", "restorer"}


def test_libraries_of_other_systems_have_a_tested_version():
    pinned = (PACKAGING / "constraints.txt").read_text("utf-8")
    for line in metadata.requires("restorer"):
        name = normalized(re.match(r"[\w.-]+", line)[0])
        assert name == "restorer" or f"\n{name}==" in pinned


def script(name):
    """Return the functions of a script of packaging/, which is no package."""
    return SimpleNamespace(**runpy.run_path(str(PACKAGING / name)))


def test_the_list_of_a_release_is_what_verify_reads(application):
    script("app/sums.py").main(application)
    assert find_damage() == (str(application / "SHA256SUMS"), 3, [])


def test_the_application_gets_scripts_for_other_programs_as_files(tmp_path, monkeypatch):
    for name in (
        "__init__.py",
        "__init__.pyi",
        "cli/__init__.py",
        "cli/edit.py",
        "cli/programs/gimp.py",
    ):
        path = tmp_path / "some_program" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    monkeypatch.syspath_prepend(tmp_path)
    names, data = script("app/contents.py").split("some_program")
    assert names == ["some_program", "some_program.cli", "some_program.cli.edit"]
    assert [(path.name, folder) for path, folder in data] == [
        ("__init__.pyi", "some_program"),
        ("gimp.py", "some_program/cli/programs"),
    ]


def test_worker_processes_of_the_application_end_before_anything_else_runs():
    body = ast.parse((PACKAGING / "app/restore.py").read_text("utf-8")).body
    (guard,) = [each for each in body if isinstance(each, ast.If)]
    assert ast.unparse(guard.body[0]) == "multiprocessing.freeze_support()"
    imported = {name.name for each in body if isinstance(each, ast.Import) for name in each.names}
    assert imported == {"multiprocessing", "os", "sys"}


def test_a_double_click_and_dropped_files_open_the_window(tmp_path):
    opens_window = script("app/restore.py").opens_window
    photo = tmp_path / "photo.jpg"
    photo.touch()
    assert opens_window([])
    assert opens_window([str(photo), str(tmp_path)])
    assert not opens_window(["--help"])
    assert not opens_window(["image", str(photo)])
    assert not opens_window([str(tmp_path / "missing.jpg")])


@pytest.mark.skipif(sys.platform != "linux", reason="the menu of Linux desktops")
def test_the_application_adds_itself_to_the_menu_and_leaves_nothing(tmp_path):
    home, app = tmp_path / "home", tmp_path / "my 100% $own app"
    for source, target in (
        (PACKAGING / "app/linux/add-to-menu", app / "add-to-menu"),
        (PACKAGING / "linux/restorer.desktop", app / "share/applications/restorer.desktop"),
        (
            PACKAGING / "linux/restorer.svg",
            app / "share/icons/hicolor/scalable/apps/restorer.svg",
        ),
        (PACKAGING / "linux/restorer.xml", app / "share/mime/packages/restorer.xml"),
    ):
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, target)
    (app / "restore").touch()
    environment = {"HOME": str(home), "PATH": "/usr/bin:/bin"}
    subprocess.run([app / "add-to-menu"], env=environment, check=True, capture_output=True)
    entry = home / ".local/share/applications/restorer.desktop"
    lines = entry.read_text("utf-8").splitlines()
    assert f'Exec="{tmp_path}/my 100%% \\\\$own app/restorer" %F' in lines
    assert (home / ".local/bin/restore").resolve() == app / "restore"
    subprocess.run(
        [app / "add-to-menu", "--remove"], env=environment, check=True, capture_output=True
    )
    assert not [path for path in home.rglob("*restore*") if not path.is_dir()]
