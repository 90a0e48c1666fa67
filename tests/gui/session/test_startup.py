"""What the window does at its start."""

from __future__ import annotations

import restorer
from restorer.gui.session import startup
from restorer.restoration.timing import REFERENCE


def test_the_speed_of_the_machine_is_measured_once(tmp_path, monkeypatch):
    monkeypatch.setattr("restorer.models.kept.user_cache_path", lambda name: tmp_path)
    spec = restorer.model_spec(REFERENCE)
    assert restorer.known_speed(spec, "auto") is None
    startup.calibrate()
    assert restorer.known_speed(spec, "auto") > 0
    monkeypatch.setattr(restorer, "try_workers", None)  # would fail
    startup.calibrate()
