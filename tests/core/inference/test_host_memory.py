"""Free memory within the limits of containers, and on other systems."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from restorer.inference import host_memory
from restorer.inference.host_memory import cgroup_free_bytes, free_host_bytes, pages_of_vm_stat

GB = 10**9


def group(folder: Path, **values: object) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name, value in values.items():
        (folder / name.replace("__", ".")).write_text(f"{value}\n")


def test_each_limit_above_a_process_counts(tmp_path: Path) -> None:
    group(tmp_path, memory__max="max")
    group(tmp_path / "slurm", memory__max=8 * GB, memory__current=6 * GB)
    group(
        tmp_path / "slurm" / "job",
        memory__max=4 * GB,
        memory__current=3 * GB,
        memory__stat=f"anon 5\ninactive_file {GB}\nactive_file 7",
    )
    (tmp_path / "own").write_text("0::/slurm/job\n")
    assert list(cgroup_free_bytes(tmp_path, tmp_path / "own")) == [2 * GB, 2 * GB]


def test_a_container_sees_its_own_group_as_the_root(tmp_path: Path) -> None:
    group(tmp_path, memory__max=2 * GB, memory__current=GB // 2)
    for path in ("/", "/docker/0123456789ab"):
        (tmp_path / "own").write_text(f"0::{path}\n")
        assert list(cgroup_free_bytes(tmp_path, tmp_path / "own")) == [3 * GB // 2]


def test_groups_of_version_1_count(tmp_path: Path) -> None:
    group(
        tmp_path / "memory",
        memory__limit_in_bytes=2 * GB,
        memory__usage_in_bytes=GB,
        memory__stat="cache 9\ntotal_inactive_file 500",
    )
    (tmp_path / "own").write_text("5:cpu,cpuacct:/\n4:memory:/docker/x\n1:name=systemd:/a:b\n")
    assert list(cgroup_free_bytes(tmp_path, tmp_path / "own")) == [GB + 500]
    group(tmp_path / "memory", memory__limit_in_bytes=2**63 - 4096)
    assert list(cgroup_free_bytes(tmp_path, tmp_path / "own")) == []


def test_no_groups_are_no_limit(tmp_path: Path) -> None:
    assert list(cgroup_free_bytes(tmp_path, tmp_path / "none")) == []
    (tmp_path / "own").write_text("0::/\n")
    assert list(cgroup_free_bytes(tmp_path, tmp_path / "own")) == []


def test_the_smallest_figure_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr(host_memory, "_of_linux", lambda: 8 * GB)
    for limits, expected in (([], 8), ([3 * GB, 20 * GB], 3), ([-GB], 0)):
        monkeypatch.setattr(host_memory, "cgroup_free_bytes", lambda found=limits: iter(found))
        assert free_host_bytes() == expected * GB


def test_windows_says_what_is_available(monkeypatch: pytest.MonkeyPatch) -> None:
    def fill(reference: object) -> int:
        status = reference._obj  # type: ignore[attr-defined]
        assert status.length == 64, "of MEMORYSTATUSEX"
        status.available = 5 * GB
        return 1

    kernel = SimpleNamespace(GlobalMemoryStatusEx=fill)
    monkeypatch.setattr(host_memory.ctypes, "windll", SimpleNamespace(kernel32=kernel), False)
    monkeypatch.setattr(sys, "platform", "win32")
    assert free_host_bytes() == 5 * GB


VM_STAT = """Mach Virtual Memory Statistics: (page size of 16384 bytes)
Pages free:                               10000.
Pages active:                            300000.
Pages inactive:                           20000.
Pages speculative:                         3000.
Pages wired down:                        100000.
Pages purgeable:                            400.
"Translation faults":                 123456789.
"""


def test_macos_counts_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pages_of_vm_stat(VM_STAT) == 33400 * 16384
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=VM_STAT))
    assert free_host_bytes() == 33400 * 16384
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="no\n"))
    assert free_host_bytes() == 4 << 30, "as where nothing is known"
