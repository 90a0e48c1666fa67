"""Fonts for texts in pictures."""

from __future__ import annotations

import pytest
from PIL import ImageFont

from restorer.cli import fonts


def test_texts_beyond_latin_get_a_font_of_the_system(monkeypatch: pytest.MonkeyPatch) -> None:
    tried: list[str] = []

    def find(name: str, points: int) -> str:
        tried.append(name)
        if name != "meiryo.ttc":
            raise OSError("cannot open resource")
        return f"{name} {points}"

    monkeypatch.setattr(ImageFont, "truetype", find)
    monkeypatch.setattr(ImageFont, "load_default", lambda points: f"default {points}")
    fonts._font.cache_clear()
    try:
        assert fonts.font_for("Grüße, ąž …", 15) == "default 15"
        assert not tried
        assert fonts.font_for("写真", 15) == "meiryo.ttc 15"
        monkeypatch.setattr(ImageFont, "truetype", lambda name, points: find("none", points))
        assert fonts.font_for("写真", 14) == "default 14"
    finally:
        fonts._font.cache_clear()
