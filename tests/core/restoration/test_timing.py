"""The expected time: measured, or that of the catalog as far as this machine differs."""

from __future__ import annotations

from pathlib import Path

import pytest

import restorer
from restorer import Settings
from restorer.inference.calibration import store_rates
from restorer.restoration.timing import REFERENCE, expected_seconds

SIZE = (300, 400)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("restorer.models.kept.user_cache_path", lambda name: tmp_path)


def seconds(model: str) -> float:
    return expected_seconds(restorer.model_spec(model), SIZE, Settings(device="cpu"))


def test_times_of_the_catalog_are_scaled_by_the_model_that_was_measured() -> None:
    reference = restorer.model_spec(REFERENCE)
    before, other = seconds(REFERENCE), seconds("panet-sr-x2-lite")
    thrice = 1e6 / (3 * reference.seconds) / 96**2  # tiles of 96 a second
    store_rates(reference, ["cpu"], {1: thrice})
    assert seconds(REFERENCE) == pytest.approx(3 * before)
    assert seconds("panet-sr-x2-lite") == pytest.approx(3 * other)


def test_the_speed_of_a_model_itself_counts_most() -> None:
    store_rates(restorer.model_spec(REFERENCE), ["cpu"], {1: 1.0})
    store_rates(restorer.model_spec("panet-sr-x2-lite"), ["cpu"], {1: 1000.0})
    assert seconds("panet-sr-x2-lite") < 1
