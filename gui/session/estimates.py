"""Estimates: what a picture needs, and what that costs; made in the threads of workers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Chosen, Image, probe, read_page

from .choices import Choices
from .documents import Document, Price
from .opening import source_of
from .pictures import OpenPicture
from .preview_region import pace_key

if TYPE_CHECKING:
    from restorer import Source


@dataclass(frozen=True, eq=False)
class Analysis:
    """What was found out about a picture.

    Attributes:
        recipe: Its recipe with the steps that suit it.
        size: (width, height).
        pages: Number of pages of the file.
        price: What a run takes.
    """

    recipe: Choices
    size: tuple[int, int]
    pages: int
    price: Price


def estimate_damage(opened: OpenPicture, choices: Choices) -> tuple[float | None, int | None]:
    """Return the estimated sigma and JPEG quality, each None if no network takes it."""
    picture = opened.colors
    noise = choices.noise
    sigma = picture.levels.sigma(noise) if noise else None
    quality = picture.jpeg_quality()[0] if choices.takes("jpeg_quality") else None
    return sigma, quality


def choose_steps(opened: OpenPicture, choices: Choices) -> Chosen:
    """Return what suits the picture. Raises RestorerError."""
    return restorer.choose_steps(choices.asked[0], opened.source, choices.settings)


def analyze(document: Document, pace: Mapping[tuple[str, ...], float]) -> Analysis:
    """Find out what suits a document that is not open. Raises RestorerError."""
    header = probe(document.file)
    page = read_page(document.file, number=document.page)
    is_gray = isinstance(page, Image) and page.pixels.shape[2] == 1
    recipe = document.recipe if is_gray else document.recipe.with_values(mosaic=None, raw_size=None)
    source = source_of(page, recipe)
    recipe = recipe.for_kind(raw=bool(source.pattern))
    recipe = recipe.suited(restorer.choose_steps(recipe.asked[0], source, recipe.settings))
    size = source.plain.width, source.plain.height
    return Analysis(recipe, size, header.pages, price_of(source, recipe, pace))


def price_of(source: Source, choices: Choices, pace: Mapping[tuple[str, ...], float]) -> Price:
    """Return what a run takes, by the speed that was measured here; see `State.pace`."""
    price = Price(*restorer.expected_cost(choices.steps, source, choices.settings))
    measured = pace.get(pace_key(choices))
    if measured is None:
        return price
    return replace(price, seconds=measured * source.region.height * source.region.width / 1e6)
