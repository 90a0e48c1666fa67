"""Presets in the window: what cannot be used is named, with its file."""

from __future__ import annotations

import pytest
from PySide6.QtWidgets import QWidget

from restorer import read_presets
from restorer.gui.restore.presets import Presets
from restorer.gui.session.choices import usual_choices


@pytest.fixture
def presets(qtbot, tmp_path):
    parent = QWidget()
    qtbot.addWidget(parent)
    made = Presets(parent, tmp_path / "presets.toml")
    said, taken = [], []
    made.message.connect(lambda message: said.append(message.text))
    made.chosen.connect(taken.append)
    made.said, made.taken = said, taken
    return made


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("jobs = 2", ["'mine'", "'jobs'", "expected one of", "max-pixels"]),
        ("sigma = 76", ["mine", "sigma 76", "0 to 75"]),
        ("memory = '1e9'", ["mine", "memory '1e9'", "4GB"]),
    ],
)
def test_what_cannot_be_used_is_named_with_its_file(presets, line, words):
    presets.path.write_text(f"[mine]\n{line}\n")
    presets.take("mine")
    (message,) = presets.said
    for word in [str(presets.path), *words]:
        assert word in message
    assert not presets.taken


def test_names_with_underscores_and_a_byte_order_mark_are_accepted(presets):
    presets.path.write_text("[mine]\nself_ensemble = true\n", "utf-8-sig")
    presets.take("mine")
    assert not presets.said
    assert presets.taken[0].settings.self_ensemble


def test_saving_again_keeps_the_comments_of_the_user(presets):
    presets.path.write_text("# by hand\n[mine]\nseed = 3  # lucky\n")
    presets.show_choices(usual_choices().with_values(seed=4))
    presets.save("mine")
    assert "seed = 4  # lucky" in presets.path.read_text()
    assert read_presets(presets.path)["mine"]["model"] == ["panet-sr-x2-lite"]
