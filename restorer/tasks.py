"""What the program can do to a picture: the tasks and their traits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from restorer.errors import UnknownModelError
from restorer.options import window


@dataclass(frozen=True)
class Task:
    """One kind of restoration; all that the program must know of it is said here.

    Attributes:
        id: Its word on the command line and in the catalog.
        title: One line for people.
        suffix: Its word in the ids of models.
        default_models: Model ids by scale; the first is meant when nothing else is said. Empty
            where no weights ship: a model has to be named.
        planes: What the input holds: ``color`` (gray included), or the ``mosaic`` of a camera.
        padding: How a picture is continued beyond its borders: ``repeat`` repeats the edge pixels,
            ``mirror`` does not. Set5 x2 and x4 gain 0.03 dB where they are repeated, and what was
            compressed in blocks of 8 continues as if the picture had been larger. Mosaics would
            lose the phase of their pattern, and repeated noise is no longer white.
        condition: The strength of the damage: a network takes it as one more plane, or its weights
            are trained for one value of it.
        enlarges: Whether the result is larger than the input.
        needs_references: Whether the networks take reference pictures.
        luma: Whether networks of one plane restore the luma of color pictures and leave chroma as
            it is; other networks of one plane restore each plane in turn.
        label: Its name in the window.
        place: Its place in a chain of steps on an ordinary picture, where artifacts and noise are
            removed before they are enlarged; 0 where it has none.
    """

    id: str
    title: str
    label: str
    suffix: str
    default_models: Mapping[int, str]
    planes: Literal["color", "mosaic"] = "color"
    padding: Literal["repeat", "mirror"] = "mirror"
    condition: Literal["", "sigma", "jpeg_quality"] = ""
    enlarges: bool = False
    needs_references: bool = False
    luma: bool = False
    place: int = 0

    @property
    def mosaic(self) -> bool:
        """Whether the input is a mosaic: its pixels cannot be flipped or mixed with the result."""
        return self.planes == "mosaic"

    @property
    def streams(self) -> bool:
        """Whether a step can run on bands of rows, without the rest of the picture."""
        return not self.mosaic and not self.needs_references

    @property
    def whole_context(self) -> bool:
        """Whether a step can run on the whole picture at once, and as the authors' tests do."""
        return not self.needs_references

    @property
    def attention_maps(self) -> bool:
        """Whether the attention can be shown on the input picture."""
        return not self.mosaic and not self.needs_references


TASKS: Mapping[str, Task] = {
    task.id: task
    for task in (
        Task(
            "super-resolution",
            "enlarge a sharp, clean picture",
            window("Enlarge"),
            "sr",
            {2: "panet-sr-x2-lite", 3: "panet-sr-x3-lite", 4: "panet-sr-x4-lite"},
            padding="repeat",
            enlarges=True,
            place=3,
        ),
        Task(
            "denoising",
            "remove noise",
            window("Remove noise"),
            "denoise",
            {1: "panet-denoise-lite"},
            condition="sigma",
            place=2,
        ),
        Task(
            "deblocking",
            "remove the artifacts of JPEG compression",
            window("Remove JPEG artifacts"),
            "deblock",
            {1: "panet-deblock-lite"},
            padding="repeat",
            condition="jpeg_quality",
            luma=True,
            place=1,
        ),
        Task(
            "demosaicing",
            "make colors of the raw samples of a camera",
            window("Demosaic"),
            "demosaic",
            {1: "panet-demosaic-lite"},
            planes="mosaic",
        ),
        Task(
            "reference-sr",
            "enlarge with the textures of reference pictures",
            window("Enlarge with reference pictures"),
            "refsr",
            {4: "ttsr-x4-lite", 2: "ttsr-x2-lite"},
            enlarges=True,
            needs_references=True,
            place=4,
        ),
    )
}


def default_model(task: str, scale: int | None = None) -> str:
    """Return the id of the default model of a task, at a scale if one is given.

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


def conditioned_task(condition: str) -> str:
    """Return the id of the task whose damage a condition measures: sigma or jpeg_quality."""
    return next(task.id for task in TASKS.values() if task.condition == condition)


def usual_task(*, references: bool = False) -> str:
    """Return the id of the task that is meant where none is named: an enlargement."""
    return next(t.id for t in TASKS.values() if t.enlarges and t.needs_references == references)
