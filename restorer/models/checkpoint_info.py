"""CheckpointInfo: what is known about a file of weights."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from restorer.models.catalog import ModelKind
from restorer.tiling.plan import TileNeeds


@dataclass(frozen=True)
class CheckpointInfo:
    """The properties of a supported checkpoint.

    Attributes:
        architecture: A key of ``ARCHITECTURES``, ``spandrel``, or ``ncnn``; `params` are its
            arguments.
        title: Name of the network in its paper.
        details: Size of the network, as text.
        tasks: Possible tasks, the most likely first; a single one if the file determines it.
        scale: Scale of the result.
        channels: Input and output channels.
        peak: Value of white in the network's input.
        condition: ``sigma`` or ``jpeg_quality`` if the network takes that as an input.
        parameters: Number of trained parameters.
        sha256: SHA-256 of the file.
        license: License of the weights, if known.
        source: Paper and repository of the network.
        published: Ids of the catalog's published models with the same layout.
        trained_for: Setting of the training (`ModelSpec.trained_for`), as recorded in the file;
            None if unknown.
        kind: What such networks do; see `ModelSpec.kind`. Weights do not show whether they were
            trained with an adversarial loss: networks of other projects count as ``generative``,
            but for those that are published for faithful restoration only.
    """

    architecture: str
    params: Mapping[str, Any]
    title: str
    details: str
    tasks: tuple[str, ...]
    scale: int
    channels: int
    peak: float
    condition: str
    parameters: int
    sha256: str
    license: str
    source: str
    tile: TileNeeds
    published: tuple[str, ...] = field(default=())
    trained_for: Mapping[str, Any] | None = None
    kind: ModelKind = "faithful"
