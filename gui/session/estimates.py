"""Estimates: what a picture needs, and what that costs; made in the threads of workers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import restorer  # attributes load torch at first use, not when the window opens
from restorer import Chosen, Image, probe, read_page

from .choices import Choices
from .documents import Document, Price
from .opening import source_of
from .pictures import OpenPicture

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


def analyze(document: Document) -> Analysis:
    """Find out what suits a document that is not open. Raises RestorerError."""
    header = probe(document.file)
    page = read_page(document.file, number=document.page)
    is_gray = isinstance(page, Image) and page.pixels.shape[2] == 1
    recipe = document.recipe if is_gray else document.recipe.with_values(mosaic=None, raw_size=None)
    source = source_of(page, recipe)
    recipe = recipe.for_kind(raw=bool(source.pattern))
    recipe = recipe.suited(restorer.choose_steps(recipe.asked[0], source, recipe.settings))
    size = source.plain.width, source.plain.height
    return Analysis(recipe, size, header.pages, price_of(source, recipe))


def price_of(source: Source, choices: Choices) -> Price:
    """Return what a run takes."""
    return Price(*restorer.expected_cost(choices.steps, source, choices.settings))
