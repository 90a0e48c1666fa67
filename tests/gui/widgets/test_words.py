"""Sizes in words."""

import pytest

from restorer.gui.widgets.words import size


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (99_940, "99.9 kB"),
        (99_960, "100 kB"),
        (173_460_000, "173 MB"),
        (999_600_000, "1.0 GB"),
        (1_240_000_000, "1.2 GB"),
        (5_000_000_000_000, "5000 GB"),
    ],
)
def test_sizes_have_up_to_three_digits(qapp, count, text):
    assert size(count).replace(",", "") == text
