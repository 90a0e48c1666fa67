"""Batches between folders and stores."""

from __future__ import annotations

import pytest

from restorer import Batch, plan_jobs

from stores import Place, new_memory

MODEL = "panet-sr-x2-lite"
NAMES = ("a.png", "b.jpg", "sub folder/Grüße 写真.png", "sub folder/x#1?&%20.png")
LITTER = ("notes.txt", "@eaDir/a.png", ".DS_Store", "sub folder/._a.png")


def place_of(kind: str, request: pytest.FixtureRequest) -> Place:
    if kind == "folder":
        return Place(request.getfixturevalue("tmp_path"))
    if kind == "memory":
        return Place(new_memory())
    if kind == "s3":
        return Place(request.getfixturevalue("bucket"))
    return Place(request.getfixturevalue("nas") / request.getfixturevalue("tmp_path").name)


def planned(place: Place, **options: object) -> Batch:
    return plan_jobs(place.root / "in", place.root / "out", [MODEL], **options)  # type: ignore[arg-type]
