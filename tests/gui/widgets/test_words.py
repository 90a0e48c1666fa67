"""Sizes and sentences in words."""

import pytest

from restorer.gui.widgets.words import megapixels, sentence, size


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


@pytest.mark.parametrize(
    ("said", "told"),
    [
        ("photo.xcf: unknown image type '.xcf'", "photo.xcf: unknown image type '.xcf'."),
        ("my photo.png: the file is empty", "my photo.png: the file is empty."),
        ("panet-x2: the weights are missing", "panet-x2: the weights are missing."),
        ("/a/b: is a folder", "/a/b: is a folder."),
        ("no such model: 'x'", "No such model: 'x'."),
        ("the result is 3.5 times as large", "The result is 3.5 times as large."),
    ],
)
def test_files_keep_their_names_in_sentences(said, told):
    assert sentence(said) == told


def test_small_pictures_have_pixels_too():
    assert megapixels(6000, 4000) == "24.0 MP"
    assert megapixels(100, 100) == "0.01 MP"
    assert megapixels(300, 310) == "0.09 MP"
    assert megapixels(310, 310) == "0.1 MP"
    assert megapixels(3, 2) == "< 0.01 MP"
