"""Maps of what came from where, and how they are told."""

from __future__ import annotations

import numpy as np

from restorer.restoration.reference.provenance import ReferenceMaps, ReferenceRank, TextureSource


def maps() -> ReferenceMaps:
    confidence = np.zeros((3, 4), np.float32)
    confidence[0] = (0.0, 0.04, 0.5, 1.0)
    source = np.full((3, 4), -1, np.int16)
    source[0] = (0, 0, 0, 1)
    places = np.zeros((3, 4, 2), np.float32)
    places[0, 2], places[0, 3] = (10.5, 20.5), (99.5, 0.5)
    ranking = (ReferenceRank(1, "b.jpg", True, 0.3, 40), ReferenceRank(0, "a.jpg", False, 0.0, 3))
    return ReferenceMaps(confidence, source, places, ((100, 100), (100, 200)), ranking)


def test_a_pixel_tells_its_source_where_it_has_one() -> None:
    own = maps()
    assert own.at(0, 2) == TextureSource(0, 10.5, 20.5, 0.5)
    assert own.at(0, 3) == TextureSource(1, 99.5, 0.5, 1.0)
    assert own.at(0, 0) is None
    assert own.at(0, 1) is None  # too little to speak of
    assert own.at(2, 0) is None


def test_pictures_show_confidence_by_brightness_and_references_by_hue() -> None:
    own = maps()
    trust = own.confidence_picture()
    assert trust.shape == (3, 4, 1)
    assert trust[0, :, 0].tolist() == [0, 10, 128, 255]
    shown = own.source_picture()
    assert shown.shape == (3, 4, 3)
    assert (shown[1:] == 128).all()
    first, second = shown[0, 2].astype(int), shown[0, 3].astype(int)
    assert first.argmax() != second.argmax()  # other hues
    assert second.max() < first.max()  # darker toward the bottom


def test_each_reference_is_told_of_in_a_sentence() -> None:
    used, ignored = (rank.note for rank in maps().ranking)
    assert used == "reference b.jpg gave 30% of the fine texture"
    assert ignored == "reference a.jpg adds nothing to the picture and was ignored"
    unrelated = ReferenceRank(0, "a.jpg", used=False, share=0.0, matches=0)
    assert unrelated.note == "reference a.jpg does not match the picture and was ignored"
