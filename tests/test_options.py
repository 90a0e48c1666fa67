"""An entry of the table of options is all that the front ends need."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from PySide6.QtWidgets import QApplication

import restorer
from restorer import Option
from restorer.cli.group import cli
from restorer.gui.restore.controls import Controls
from restorer.gui.restore.fields import OptionFields
from restorer.gui.session.preset_options import PRESET_NAMES

from helpers import make_photograph

SURFACES = ("window", "preset", "command", "preset of the command line")


@pytest.fixture(scope="module")
def more(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Return what the front ends make of entries that only the table knows."""
    folder = tmp_path_factory.mktemp("more")
    restorer.write(restorer.Image(make_photograph(8, 8)), folder / "a.png")
    words = [sys.executable, str(Path(__file__).with_name("more_options.py")), str(folder)]
    ended = subprocess.run(words, capture_output=True, text=True, check=False)
    assert ended.returncode == 0, ended.stderr
    found: dict[str, Any] = json.loads(ended.stdout)
    return found


@pytest.mark.parametrize("surface", SURFACES)
def test_a_new_entry_reaches_every_front_end(more: dict[str, Any], surface: str) -> None:
    assert more[surface] == more["values"]


def test_a_new_entry_is_described_in_help_and_window(more: dict[str, Any]) -> None:
    shown = " ".join(more["help"].split())
    assert set(more["words"]) == set(more["values"])
    for name, (label, tooltip) in more["words"].items():
        word = "dummy-off" if name == "dummy_pair" else name.replace("_", "-")
        assert f" --{word} " in shown
        assert f" {tooltip} " in shown
        assert label.startswith("My ")


@pytest.mark.parametrize("option", restorer.OPTIONS, ids=lambda option: option.name)
@pytest.mark.parametrize("command", ["image", "batch"])
def test_every_entry_is_an_option_of_the_command_line(option: Option, command: str) -> None:
    shown = " ".join(CliRunner().invoke(cli, [command, "--help"]).stdout.split())
    assert f" --{option.name} " in shown
    assert option.help.split()[-1] in shown


def test_every_entry_is_known_in_presets_and_those_with_a_label_have_a_control(
    qapp: QApplication,
) -> None:
    assert {option.name for option in restorer.OPTIONS} <= PRESET_NAMES
    controls = Controls()
    fields = {name for panel in controls.findChildren(OptionFields) for name in panel.fields}
    assert fields == {option.field for option in restorer.OPTIONS if option.label}
    controls.deleteLater()
