"""What the measurements of a machine are kept by."""

from __future__ import annotations

import socket
import subprocess
import sys
from types import SimpleNamespace

import pytest
import torch

from restorer import model_spec
from restorer.inference import calibration, processor
from restorer.inference.devices import has_fast_bf16

X86 = "processor\t: 0\nmodel name\t: AMD EPYC 9B45\nprocessor\t: 1\nmodel name\t: other\n"
ARM = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd40\n"


def test_measurements_are_kept_when_the_host_gets_another_name(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    spec = model_spec("panet-sr-x2-lite")
    before = calibration.key(spec, "cpu", "workers")
    monkeypatch.setattr(socket, "gethostname", lambda: "0123456789ab")
    monkeypatch.setattr("platform.node", lambda: "0123456789ab")
    assert calibration.key(spec, "cpu", "workers") == before
    monkeypatch.setattr(calibration, "processor", lambda: "another, 4 cores")
    assert calibration.key(spec, "cpu", "workers") != before


def test_the_model_is_that_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    assert processor.model_of_cpuinfo(X86) == "AMD EPYC 9B45"
    assert processor.model_of_cpuinfo(ARM) == "0x41 0xd40"
    assert processor.model_of_cpuinfo("") == ""
    monkeypatch.setattr(sys, "platform", "darwin")
    monkeypatch.setattr(subprocess, "run", lambda *_, **__: SimpleNamespace(stdout="Apple M4\n"))
    assert processor._model() == "Apple M4"


@pytest.mark.parametrize(
    ("found", "expected"),
    [({"avx512_bf16": True}, True), ({"neon": True, "bf16": True}, True), ({"avx2": True}, False)],
)
def test_bfloat16_is_known_on_x86_and_arm(
    monkeypatch: pytest.MonkeyPatch, found: dict[str, bool], expected: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "get_capabilities", lambda: found)
    assert has_fast_bf16("cpu") == expected
    monkeypatch.delattr(torch.cpu, "get_capabilities")
    assert not has_fast_bf16("cpu"), "of an older PyTorch, nothing is known"
