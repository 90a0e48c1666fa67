"""Files of an export: their names, their pixels, and what happens to those that fail."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import restorer
from restorer import Image, ImageWriteError, Metadata, find_profile
from restorer.gui.export.dialog import ExportDialog
from restorer.gui.export.request import ExportRequest
from restorer.gui.export.run import Exported, export
from restorer.gui.export.showing import part_of, side_by_side
from restorer.gui.session.box import Box
from restorer.gui.session.choices import Choices, usual_choices
from restorer.gui.session.worker import Request

from helpers import make_photograph

WORDS = ("Before", "After")


@dataclass(frozen=True)
class Fake:
    """A picture with a result that is twice as large."""

    id: int
    source: Path | None
    name: str = "a"
    page: int = 0
    pages: int = 1
    recipe: Choices = field(default_factory=usual_choices)
    size: tuple[int, int] = (40, 30)
    error: Exception | None = None
    metadata: Metadata = field(default_factory=Metadata)

    def final(self) -> Image:
        if self.error is not None:
            raise self.error
        return Image(make_photograph(2 * self.size[1], 2 * self.size[0]), self.metadata)

    def original(self) -> Image:
        return Image(make_photograph(self.size[1], self.size[0]))


def asked(**values: Any) -> Choices:
    return usual_choices().with_values(**values)


def run(
    pictures: list[Fake], wanted: ExportRequest, originals: tuple[Path, ...] = ()
) -> tuple[Exported, ...]:
    return export(
        pictures, wanted, originals, Request(0, lambda done, total: None, lambda part: None)
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_each_picture_gets_a_file_and_a_failure_stops_no_other(tmp_path):
    pictures = [
        Fake(1, tmp_path / "in" / "a.png"),
        Fake(2, tmp_path / "in" / "b.png", error=ImageWriteError("b.png: is gone")),
        Fake(3, tmp_path / "other" / "a.png"),
        Fake(4, None, name="Pasted picture"),
        Fake(5, tmp_path / "scan.tif", page=2, pages=3),
        Fake(6, tmp_path / "c.png", error=MemoryError()),
    ]
    made = run(pictures, ExportRequest(tmp_path / "out", "{stem}_{scale}x{suffix}"))
    assert [each.error for each in made] == [
        "",
        "b.png: is gone",
        "",
        "",
        "",
        "a: does not fit into memory; close other pictures",
    ]
    expected = ["Pasted picture_2x.png", "a_2x-2.png", "a_2x.png", "scan-3_2x.tif"]
    assert names(tmp_path / "out") == expected
    assert made[0].path == tmp_path / "out" / "a_2x.png"


@pytest.mark.parametrize(
    ("existing", "expected"),
    [("number", ["a-2.png", "a.png"]), ("replace", ["a.png"]), ("skip", ["a.png"])],
)
def test_what_exists_is_numbered_replaced_or_skipped(existing, expected, tmp_path):
    old = tmp_path / "out" / "a.png"
    old.parent.mkdir()
    old.write_bytes(b"old")
    wanted = ExportRequest(old.parent, "{stem}{suffix}", existing)
    (made,) = run([Fake(1, tmp_path / "a.png")], wanted)
    assert names(old.parent) == expected
    assert (old.read_bytes() == b"old") == (existing != "replace")
    assert made.skipped == (existing == "skip")


@pytest.mark.parametrize("existing", ["number", "replace", "skip"])
def test_an_original_is_never_written_to(existing, tmp_path):
    original = tmp_path / "a.png"
    original.write_bytes(b"original")
    wanted = ExportRequest(tmp_path, "{stem}{suffix}", existing)
    (made,) = run([Fake(1, original)], wanted, (original,))
    assert original.read_bytes() == b"original"
    assert bool(made.error) == (existing != "number")
    assert names(tmp_path) == (["a-2.png", "a.png"] if existing == "number" else ["a.png"])


def test_size_colors_depth_and_metadata_are_those_asked_for(tmp_path):
    kept = Metadata(xmp=b"<x:xmpmeta xmlns:x='adobe:ns:meta/'/>", dpi=(72, 72))
    wanted = ExportRequest(
        tmp_path,
        asked=asked(long_edge=20, profile="adobe-rgb", bits=16, metadata="none", dpi=300),
    )
    (made,) = run([Fake(1, tmp_path / "a.png", metadata=kept)], wanted)
    found = restorer.read(made.path)
    assert (found.height, found.width, found.bits) == (15, 20, 16)
    assert found.metadata.icc == find_profile("adobe-rgb")
    assert found.metadata.xmp is None
    assert found.metadata.dpi == pytest.approx((300, 300), abs=0.1)


def test_without_wishes_the_file_has_the_pixels_of_the_result(tmp_path):
    picture = Fake(1, tmp_path / "a.png")
    (made,) = run([picture], ExportRequest(tmp_path))
    np.testing.assert_array_equal(restorer.read(made.path).pixels, picture.final().pixels)


@given(
    size=st.tuples(st.integers(1, 50), st.integers(1, 50)),
    scale=st.integers(1, 4),
    edges=st.tuples(*[st.floats(0, 1)] * 4),
)
def test_a_part_is_the_same_of_original_and_result(size, scale, edges):
    x, y, right, bottom = (min(edges[:2]), min(edges[2:]), max(edges[:2]), max(edges[2:]))
    box = Box(x, y, right - x, bottom - y)
    width, height = size
    place = np.indices((height, width)).transpose(1, 2, 0).astype(np.uint16)
    original = Image(np.ascontiguousarray(place[..., :1] * 50 + place[..., 1:]))
    result = Image(original.pixels.repeat(scale, 0).repeat(scale, 1))
    a, b = part_of(original, size, box), part_of(result, size, box)
    np.testing.assert_array_equal(a.pixels.repeat(scale, 0).repeat(scale, 1), b.pixels)


def test_before_and_after_lie_beside_each_other_or_on_both_sides_of_a_line():
    before = Image(np.full((30, 40, 3), 50, np.uint8))
    after = Image(np.full((60, 80, 4), 200, np.uint8))  # transparency lies on white
    sides = side_by_side(before, after, "sides", None)
    assert (sides.height, sides.width) == (60, 162)
    assert (sides.pixels[:, :80] == 50).all()
    assert (sides.pixels[:, 82:] == 212).all()
    split = side_by_side(before, after, "split", None)
    assert (split.height, split.width) == (60, 80)
    assert (split.pixels[:, :39] == 50).all()
    assert (split.pixels[:, 41:] == 212).all()
    wide = side_by_side(
        Image(np.zeros((10, 90, 1), np.uint8)),
        Image(np.zeros((10, 90, 1), np.uint8)),
        "sides",
        None,
    )
    assert (wide.height, wide.width) == (22, 90)


def test_labels_change_the_corners_alone(qapp):
    before, after = Image(make_photograph(200, 300)), Image(make_photograph(200, 300))
    plain = side_by_side(before, after, "sides", None).pixels
    labeled = side_by_side(before, after, "sides", WORDS).pixels
    changed = np.argwhere((plain != labeled).any(2))
    assert len(changed)
    assert changed[:, 0].max() < 40
    assert (labeled[:, 301:] != plain[:, 301:]).any()


def test_a_picture_for_showing_is_no_result(tmp_path):
    final = restorer.restore(
        Image(make_photograph(30, 40)), restorer.Step("panet-denoise-lite", strength=0)
    )

    @dataclass(frozen=True)
    class Restored(Fake):
        def final(self) -> Image:
            return final

    picture = Restored(1, tmp_path / "a.png")
    wanted = ExportRequest(tmp_path, box=Box(0, 0, 0.5, 0.5))
    (made,) = run([picture], wanted)
    assert restorer.provenance_of(restorer.read(made.path)) is None
    (whole,) = run([picture], ExportRequest(tmp_path))
    assert restorer.provenance_of(restorer.read(whole.path)) is not None


def test_an_export_can_be_stopped_between_two_files(tmp_path):
    request = Request(
        0, lambda done, total: request.cancel.cancel() if done else None, lambda part: None
    )
    made = export(
        [Fake(1, tmp_path / "a.png"), Fake(2, tmp_path / "b.png")],
        ExportRequest(tmp_path),
        (),
        request,
    )
    assert [each.picture.id for each in made] == [1]


@given(
    name=st.text(max_size=9),
    existing=st.sampled_from(["number", "replace", "skip"]),
    content=st.sampled_from(["result", "sides", "split"]),
    labels=st.booleans(),
    suffix=st.sampled_from([None, ".jpg", ".tif"]),
    edge=st.none() | st.integers(1, 9999),
    metadata=st.sampled_from(["keep", "copyright", "none"]),
)
def test_the_last_settings_are_remembered(name, existing, content, labels, suffix, edge, metadata):
    choices = asked(long_edge=edge, metadata=metadata).with_changes(suffix=suffix)
    request = ExportRequest(
        Path("there"), name, existing, content, WORDS if labels else None, None, choices
    )
    assert ExportRequest.load(request.dump(), Path("here"), WORDS) == request


@pytest.mark.parametrize(
    "text", ["", "nonsense", "[]", '{"settings": {"long-edge": "x"}, "name": 3}']
)
def test_settings_that_cannot_be_understood_have_their_defaults(text):
    assert ExportRequest.load(text, Path("here"), WORDS) == ExportRequest(
        Path("here"), labels=WORDS
    )


@pytest.fixture
def dialog(qtbot, qapp):
    made = ExportDialog()
    made.show()
    yield made
    assert made.close_workers()
    made.close()
    made.deleteLater()


def test_the_dialog_writes_and_lists_what_failed(dialog, qtbot, tmp_path):
    dialog.show_request("", tmp_path / "out")
    pictures = [
        Fake(1, tmp_path / "a.png"),
        Fake(2, tmp_path / "b.png", error=ImageWriteError("b.png: is gone")),
    ]
    dialog.show_pictures(pictures, (), None)
    assert dialog.example.text() == "Example: a-restored.png"
    assert not dialog.visible_part.isEnabled()
    dialog.name.setText("{nonsense}")
    assert not dialog.start.isEnabled()
    dialog.name.setText("{stem}{suffix}")
    with qtbot.waitSignal(dialog.exported) as told:
        dialog.start.click()
        assert dialog.start.text() == "Stop"
    made, request = told.args
    assert request.folder == tmp_path / "out"
    assert [bool(each.error) for each in made] == [False, True]
    assert dialog.isVisible()
    assert dialog.notice.text() == "Exported: 1. Failed: 1."
    assert [dialog.failures.item(n).text() for n in range(dialog.failures.count())] == [
        "b.png: is gone"
    ]
    assert names(tmp_path / "out") == ["a.png"]
    assert dialog.start.text() == "Export"


def test_the_dialog_closes_when_all_is_written(dialog, qtbot, tmp_path):
    dialog.show_request("", tmp_path)
    dialog.show_pictures([Fake(1, tmp_path / "a.png")], (), Box(0.25, 0, 0.5, 1))
    dialog.visible_part.setChecked(True)
    dialog.content.setCurrentIndex(dialog.content.findData("split"))
    with qtbot.waitSignal(dialog.exported):
        dialog.start.click()
    assert not dialog.isVisible()
    assert restorer.probe(tmp_path / "a-restored.png").width == 40


def test_without_a_result_there_is_nothing_to_export(dialog):
    dialog.show_request("", Path("out"))
    dialog.show_pictures([], (), None)
    assert not dialog.start.isEnabled()
    assert dialog.example.text() == "No selected picture has a result."
