"""Run the front ends with more entries in the table of options; print what they make of these.

The entries are added before the front ends are imported, as if they stood among the settings.
This is a program, not a module to import: it changes the table of its process.
"""

# ruff: noqa: E402

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import shlex
import sys
from pathlib import Path
from typing import Any

import restorer.settings as package
from restorer.settings import table
from restorer.settings.kinds import Bytes, Choice, Flag, Integer, Number, Text
from restorer.settings.options import option, options_of


@dataclasses.dataclass(frozen=True)
class Settings(package.Settings):
    dummy_choice: str = option(
        "a", Choice({"a": "First", "b": "Second"}), "A choice.", group="result", label="My choice"
    )
    dummy_pair: str = option(
        "on", Choice({"on": "", "off": ""}), "A pair.", flag="dummy-off", label="My pair"
    )
    dummy_count: int | None = option(
        None, Integer(2, 9), "A count.", usual="none", group="machine", label="My count"
    )
    dummy_share: float = option(0.5, Number(0, 1), "A share.", group="input", label="My share")
    dummy_flag: bool = option(False, Flag(), "A flag.", group="result", label="My flag")
    dummy_bytes: int | None = option(
        None, Bytes(1), "An amount.", usual="none", group="machine", label="My amount"
    )
    dummy_text: str = option("one", Text(), "A text.", group="machine", label="My text")


@dataclasses.dataclass(frozen=True)
class Step(package.Step):
    dummy_step: float | None = option(
        None, Number(0, 8), "A part of steps.", usual="none", label="My part of steps"
    )


OPTIONS = options_of(Step), options_of(Settings)
package.Settings, package.Step = Settings, Step  # type: ignore[misc]
for module in (package, table):
    module.STEP_OPTIONS, module.SETTINGS_OPTIONS = OPTIONS
    module.OPTIONS = sum(OPTIONS, ())

from PySide6.QtWidgets import QApplication, QLabel, QWidget

import restorer
from restorer.cli import image as image_module
from restorer.cli.group import cli
from restorer.gui.restore.controls import Controls
from restorer.gui.restore.fields import OptionFields
from restorer.gui.restore.presets import Presets
from restorer.gui.session.preset_options import from_options
from restorer.gui.session.state import State

VALUES = {
    "dummy_choice": "b",
    "dummy_pair": "off",
    "dummy_count": 4,
    "dummy_share": 0.25,
    "dummy_flag": True,
    "dummy_bytes": 1_500_000_000,
    "dummy_text": "two",
    "dummy_step": 0.75,
}


def run_cli(*words: str) -> tuple[str, dict[str, Any]]:
    """Return the output of the command line, and the values in the job that it makes."""
    jobs: list[restorer.Job] = []
    image_module.run = lambda found, *_, **__: jobs.extend(found) or []
    with contextlib.redirect_stdout(io.StringIO()) as out:
        cli.main(words, prog_name="restore", standalone_mode=False)
    return out.getvalue(), values_of(jobs[0].steps[0], jobs[0].settings) if jobs else {}


def values_of(step: restorer.Step, settings: restorer.Settings) -> dict[str, Any]:
    both = vars(step) | vars(settings)
    return {name: both[name] for name in VALUES}


def main(folder: Path) -> None:
    QApplication([])
    source, presets_file = folder / "a.png", folder / "presets.toml"
    controls, state, chosen = Controls(), State(), []
    controls.chosen.connect(chosen.append)
    words = {}
    for panel in controls.findChildren(OptionFields):
        for name, field in panel.fields.items():
            if name in VALUES:
                labels = (x for x in panel.findChildren(QLabel) if x.buddy() is field)
                label = next((x.text() for x in labels), field.property("text"))
                words[name] = [label, field.toolTip()]
                controls.show_state(state)
                field.show_value(VALUES[name])
                _tell(field)
                state = dataclasses.replace(state, strip=state.strip.asked(chosen[-1]))
    choices = state.choices
    presets = Presets(QWidget(), presets_file)
    presets.show_choices(choices)
    presets.save("mine")
    preset = restorer.read_presets(presets_file)["mine"]
    again = from_options(preset)
    command = choices.command(source)
    of_preset = ("--preset", "mine", "--presets", str(presets_file))
    found = {
        "values": VALUES,
        "help": run_cli("image", "--help")[0],
        "words": words,
        "window": values_of(choices.asked[0], choices.settings),
        "preset": values_of(again.asked[0], again.settings),
        "command": run_cli(*shlex.split(command)[1:])[1],
        "preset of the command line": run_cli("image", str(source), *of_preset)[1],
    }
    sys.stdout.write(json.dumps(found))


def _tell(field: QWidget) -> None:
    """Emit what a combo box and a line of text emit for a user only."""
    for signal in ("activated", "editingFinished"):
        if hasattr(field, signal):
            getattr(field, signal).emit(*([0] if signal == "activated" else []))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
