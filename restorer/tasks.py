"""What the program can do to a picture."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from restorer.errors import UnknownModelError


@dataclass(frozen=True)
class Task:
    """One kind of restoration.

    Attributes:
        id: Its word on the command line and in the catalog.
        title: One line for people.
        default_models: Model ids by scale; the first is meant when nothing else is said. Empty
            where no weights ship: a model has to be named.
    """

    id: str
    title: str
    default_models: Mapping[int, str]


TASKS: Mapping[str, Task] = {
    task.id: task
    for task in (
        Task(
            "super-resolution",
            "enlarge a sharp, clean picture",
            {2: "panet-sr-x2-lite", 3: "panet-sr-x3-lite", 4: "panet-sr-x4-lite"},
        ),
        Task("denoising", "remove noise", {1: "panet-denoise-lite"}),
        Task("deblocking", "remove the artifacts of JPEG compression", {1: "panet-deblock-lite"}),
        Task(
            "demosaicing", "make colors of the raw samples of a camera", {1: "panet-demosaic-lite"}
        ),
        Task(
            "reference-sr",
            "enlarge with the textures of reference pictures",
            {4: "ttsr-x4-lite", 2: "ttsr-x2-lite"},
        ),
    )
}


def default_model(task: str, scale: int | None = None) -> str:
    """Return the id of the model that a task means, at a scale if one is given.

    Raises UnknownModelError, naming what there is.
    """
    if task not in TASKS:
        raise UnknownModelError(f"task {task!r} is unknown; known are {', '.join(TASKS)}")
    models = TASKS[task].default_models
    if not models:
        raise UnknownModelError(
            f"task {task!r} has no weights that ship; name a model (`restore models --task {task}`)"
        )
    if scale is None:
        return next(iter(models.values()))
    if scale not in models:
        known = ", ".join(str(s) for s in models)
        raise UnknownModelError(f"task {task!r} has no model for scale {scale}; there is {known}")
    return models[scale]
