"""Write the commit into wheels and source archives; everything else is in pyproject.toml."""

from __future__ import annotations

import gzip
import os
import shutil
import subprocess
import tarfile
import time
from pathlib import Path
from typing import Any

from setuptools import setup
from setuptools.command.build_py import build_py
from setuptools.command.sdist import sdist

ROOT = Path(__file__).parent


def write_commit(package: Path) -> None:
    """Write hash and date of the commit into a package; a source archive has the file already."""
    git = ["git", "-C", str(ROOT)]
    describe = [*git, "describe", "--always", "--dirty", "--abbrev=12", "--exclude=*"]
    date = [*git, "show", "--no-patch", "--format=%cs", "HEAD"]
    if (ROOT / ".git").exists():
        words = [
            subprocess.run(each, stdout=subprocess.PIPE, text=True, check=False).stdout.strip()
            for each in (describe, date)
        ]
        if all(words):
            (package / "commit.txt").write_text(" ".join(words) + "\n", "utf-8")


def copy_manual(package: Path) -> None:
    """Copy the pages of the manual that the window shows, with the smaller pictures."""
    pictures = ("gallery-*.jpg", "choose-*.jpg", "reference-*.jpg", "how/*.png")
    for pattern in ("**/*.md", *pictures):
        for path in ROOT.glob(f"docs/{pattern}"):
            target = package / path.relative_to(ROOT)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)


class BuildPackages(build_py):
    """Add the commit and the manual to a wheel."""

    def run(self) -> None:
        """Build, and add the files."""
        super().run()
        if not self.editable_mode:
            write_commit(Path(self.build_lib, "restorer"))
            copy_manual(Path(self.build_lib, "restorer"))


class SourceArchive(sdist):
    """Add the commit to a source archive, and give it the same bytes for the same files."""

    def make_release_tree(self, base_dir: str, files: list[str]) -> None:
        """Copy the files, and add one."""
        super().make_release_tree(base_dir, files)
        write_commit(Path(base_dir, "restorer"))

    def make_archive(self, base_name: str, *_: Any, base_dir: str, **__: Any) -> str:
        """Write a tar archive without owners, and with the time of SOURCE_DATE_EPOCH."""
        now = int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))

        def neutral(entry: tarfile.TarInfo) -> tarfile.TarInfo:
            entry.uid = entry.gid = 0
            entry.uname = entry.gname = ""
            entry.mtime = now
            entry.mode = 0o755 if entry.mode & 0o100 else 0o644
            return entry

        target = f"{base_name}.tar.gz"
        with (
            open(target, "wb") as file,
            gzip.GzipFile("", "wb", fileobj=file, mtime=now) as packed,
            tarfile.open(fileobj=packed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in sorted(Path(base_dir).rglob("*")):
                archive.add(path, recursive=False, filter=neutral)
        return target


setup(cmdclass={"build_py": BuildPackages, "sdist": SourceArchive})
