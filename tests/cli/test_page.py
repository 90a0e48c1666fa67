"""The page of a batch: whole in itself, safe with any name, true to the colors."""

from __future__ import annotations

import base64
import io
from dataclasses import replace
from html.parser import HTMLParser

import numpy as np
import pytest
from PIL import Image as PilImage

from restorer import Image, find_profile, read, to_display, write


class Reader(HTMLParser):
    """Collects the text, the links and the pictures of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags, self.links, self.pictures, self.text = set(), [], [], ""
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        values = dict(attrs)
        if "href" in values:
            self.links.append(values["href"])
        if "src" in values:
            kind, _, data = values["src"].partition(",")
            assert kind == "data:image/jpeg;base64"
            picture = PilImage.open(io.BytesIO(base64.b64decode(data)))
            self.pictures.append(np.asarray(picture))

    def handle_data(self, data):
        self.text += data


def test_page_shows_every_file_and_nothing_from_elsewhere(restore, folder, out, tmp_path):
    path = tmp_path / "page.html"
    result = restore("batch", folder, out, "--html", path, "--model", "panet-sr-x2-lite")
    assert result.exit_code == 1
    page = Reader(path.read_text("utf-8"))
    for file in folder.rglob("*.*"):
        assert str(file) in page.text, "every file is named"
    assert "3 done, 2 failed, 2 ignored" in page.text
    assert "the file is empty" in page.text
    assert [picture.shape for picture in page.pictures] == [(16, 20, 3), (32, 40, 3)] * 3
    assert "panet-sr-x2-lite on cpu" in page.text
    assert "in/sub%20folder/Gr%C3%BC%C3%9Fe%20%E5%86%99%E7%9C%9F.png" in page.links
    assert not any(":" in link for link in page.links)
    assert page.tags.isdisjoint({"script", "link", "iframe"})


def test_names_cannot_change_the_page(restore, make_picture, tmp_path, out):
    name = "<script>x&'\".png"
    make_picture(tmp_path / "in" / name)
    (tmp_path / "in" / "<img src=x>.jpg").touch()
    restore("batch", tmp_path / "in", out, "--html", tmp_path / "page.html")
    text = (tmp_path / "page.html").read_text("utf-8")
    page = Reader(text)
    assert "script" not in page.tags
    assert len(page.pictures) == 2, "only thumbnails"
    assert name in page.text


def test_thumbnails_have_the_colors_of_the_picture(restore, tmp_path, out):
    image = Image(np.full((16, 16, 3), (200, 60, 60), np.uint8))
    icc = find_profile("display-p3")
    source = tmp_path / "in" / "a.png"
    write(replace(image, metadata=replace(image.metadata, icc=icc)), source)
    restore("batch", source.parent, out, "--html", tmp_path / "page.html")
    before, _ = Reader((tmp_path / "page.html").read_text("utf-8")).pictures
    shown = to_display(read(source)).pixels[8, 8].astype(int)
    assert abs(shown - (200, 60, 60)).max() > 8
    assert abs(before[8, 8] - shown).max() <= 3


def test_number_of_thumbnails_is_bounded(restore, folder, out, tmp_path, monkeypatch):
    monkeypatch.setattr("restorer.cli.page._PAIRS", 1)
    restore("batch", folder, out, "--html", tmp_path / "page.html")
    page = Reader((tmp_path / "page.html").read_text("utf-8"))
    assert len(page.pictures) == 2
    assert str(folder / "b.png") in page.text


def test_a_page_replaces_an_earlier_page_and_no_other_file(restore, folder, out, tmp_path):
    path = tmp_path / "page.html"
    for words in ((), ("--existing", "replace")):
        restore("batch", folder, out, "--no-recursive", "--html", path, *words)
    assert "2 done" in path.read_text("utf-8")
    path.write_text("mine")
    refused = restore("batch", folder, out, "--html", path)
    assert (refused.exit_code, "a different kind of file" in refused.stderr) == (2, True)
    assert path.read_text() == "mine"


@pytest.mark.parametrize(
    ("words", "trouble"),
    [(["--html", "a.png"], "name of a picture"), (["--html", "a.html", "--dry-run"], "--dry-run")],
)
def test_wrong_pages_are_refused_before_the_work(words, trouble, restore, folder, out):
    refused = restore("batch", folder, out, *words)
    assert (refused.exit_code, trouble in refused.stderr) == (2, True)
    assert not out.exists()
