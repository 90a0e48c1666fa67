"""The restoration tasks and their traits."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from restorer.errors import UnknownModelError
from restorer.settings.options import window

AUTO = "auto"  # in place of a model: repair what a picture needs, and enlarge it if asked
AUTO_SR = "auto-sr"  # enlarge it only, by the model that suits its damage


@dataclass(frozen=True)
class Task:
    """A kind of restoration with all traits that the rest of the program needs.

    Attributes:
        id: Name of the task on the command line and in the catalog.
        title: One-line description for users.
        suffix: Name of the task in model ids.
        default_models: Model ids by scale, the default scale first; empty if no included model
            exists and the user must choose one.
        raw_model: Id of the model for camera RAW, whose samples are noisy; empty if there is none.
        planes: Content of the input: ``color`` (including gray), or the ``mosaic`` of a camera.
        padding: Padding mode at the borders of the image. ``repeat`` repeats the edge pixels: it
            gains 0.03 dB on Set5 x2 and x4, and continues 8x8 compression blocks as if the image
            were larger. ``mirror`` keeps the phase of mosaics and leaves white noise white.
        condition: Strength of the degradation, which a network receives as an additional plane,
            or for one value of which its weights are trained. ``sensor_noise`` is that of each
            sample of a mosaic.
        enlarges: Whether the result is larger than the input.
        needs_references: Whether the networks take reference images.
        luma: Whether networks with one channel restore the luma of color images and keep the
            chroma; otherwise they restore each plane in turn.
        label: Name of the task in the window.
        place: Position in a chain of steps, where artifacts and noise are removed before the image
            is enlarged; 0 if the task cannot be part of a chain.
        changes_tones: Whether brightness and colors of areas may change; networks for other tasks
            leave them.
        words: Words in the names of networks and files that are for this task; those of up to three
            letters stand alone.
    """

    id: str
    title: str
    label: str
    suffix: str
    default_models: Mapping[int, str]
    planes: Literal["color", "mosaic"] = "color"
    padding: Literal["repeat", "mirror"] = "mirror"
    condition: Literal["", "sigma", "jpeg_quality", "sensor_noise"] = ""
    enlarges: bool = False
    needs_references: bool = False
    luma: bool = False
    place: int = 0
    raw_model: str = ""
    changes_tones: bool = False
    words: tuple[str, ...] = ()

    @property
    def mosaic(self) -> bool:
        """Whether the input is a mosaic, which cannot be flipped or blended with the result."""
        return self.planes == "mosaic"

    @property
    def streams(self) -> bool:
        """Whether a step can process bands of rows without the rest of the image."""
        return not self.mosaic and not self.needs_references

    @property
    def whole_context(self) -> bool:
        """Whether a step can process the whole image at once, and in the authors' tiles."""
        return not self.needs_references

    @property
    def attention_maps(self) -> bool:
        """Whether attention maps can be shown on the input image."""
        return not self.mosaic and not self.needs_references


TASKS: Mapping[str, Task] = {
    task.id: task
    for task in (
        Task(
            "super-resolution",
            "enlarge a sharp, clean image",
            window("Enlarge"),
            "sr",
            {2: "panet-sr-x2-lite", 3: "panet-sr-x3-lite", 4: "panet-sr-x4-lite"},
            padding="repeat",
            enlarges=True,
            place=7,
        ),
        Task(
            "denoising",
            "remove noise",
            window("Remove noise"),
            "denoise",
            {1: "panet-denoise-lite"},
            condition="sigma",
            place=2,
            words=("nois", "colordn", "graydn", "sidd", "dncnn", "drunet", "scunet", "dn"),
        ),
        Task(
            "deblocking",
            "remove JPEG artifacts",
            window("Remove JPEG artifacts"),
            "deblock",
            {1: "panet-deblock-lite"},
            padding="repeat",
            condition="jpeg_quality",
            luma=True,
            place=1,
            words=("jpeg", "jpg", "deblock", "artifact", "compress", "fbcnn", "bcie", "car"),
        ),
        Task(
            "demosaicing",
            "reconstruct colors from a camera's raw samples",
            window("Demosaic"),
            "demosaic",
            {1: "panet-demosaic-lite"},
            planes="mosaic",
            condition="sensor_noise",
            raw_model="panet-demosaic-noisy-lite",
        ),
        Task(
            "deblurring",
            "sharpen motion blur and defocus",
            window("Sharpen blurred pictures"),
            "deblur",
            {},
            place=3,
            words=("blur", "defocus", "gopro", "reds", "fftformer"),
        ),
        Task(
            "dehazing",
            "remove haze",
            window("Remove haze"),
            "dehaze",
            {},
            place=4,
            changes_tones=True,
            words=("haze", "hazing", "fog"),
        ),
        Task(
            "low-light",
            "brighten pictures taken in little light",
            window("Brighten dark pictures"),
            "light",
            {},
            place=5,
            changes_tones=True,
            words=("lowlight", "low-light", "low_light", "retinex", "cidnet", "lol"),
        ),
        Task(
            "restoration",
            "improve pictures in another way, which the model defines",
            window("Other restoration"),
            "restore",
            {},
            place=6,
            changes_tones=True,
        ),
        Task(
            "reference-sr",
            "enlarge with texture from reference images",
            window("Enlarge with reference pictures"),
            "refsr",
            {4: "ttsr-x4-lite", 2: "ttsr-x2-lite"},
            enlarges=True,
            needs_references=True,
            place=8,
        ),
    )
}


def default_model(task: str, scale: int | None = None) -> str:
    """Return the id of the default model of a task, for a scale if one is given.

    Raises UnknownModelError, which names the known tasks or scales.

    Examples:
        >>> restorer.default_model("super-resolution", scale=4)
        'panet-sr-x4-lite'
    """
    if task not in TASKS:
        raise UnknownModelError(f"task {task!r} is unknown; expected one of {', '.join(TASKS)}")
    models = TASKS[task].default_models
    if not models:
        raise UnknownModelError(
            f"task {task!r} has no included model; add the weights of one, and choose that model"
        )
    if scale is None:
        return next(iter(models.values()))
    if scale not in models:
        known = ", ".join(str(s) for s in models)
        raise UnknownModelError(f"task {task!r} has no model for scale {scale}; available: {known}")
    return models[scale]


def conditioned_task(condition: str) -> str:
    """Return the id of the task with the condition ``sigma`` or ``jpeg_quality``.

    Examples:
        >>> restorer.conditioned_task("sigma")
        'denoising'
    """
    return next(task.id for task in TASKS.values() if task.condition == condition)


def named_task(*names: str) -> str:
    """Return the id of the task without enlargement that names tell, else ``restoration``.

    The first name with a word of a task decides; one with words of several tasks decides nothing.
    A file ``NAFNet-GoPro-width32`` is for deblurring.
    """
    for name in map(str.lower, names):
        parts = re.split("[^a-z]+", name)
        told = [
            task.id
            for task in TASKS.values()
            if any(word in (parts if len(word) <= 3 else name) for word in task.words)
        ]
        if told:
            return told[0] if len(told) == 1 else "restoration"
    return "restoration"


def mosaic_task() -> str:
    """Return the id of the task that turns camera samples into colors.

    Examples:
        >>> restorer.mosaic_task()
        'demosaicing'
    """
    return next(task.id for task in TASKS.values() if task.mosaic)


def raw_model() -> str:
    """Return the id of the model that makes colors of camera RAW, whose samples are noisy.

    Examples:
        >>> restorer.raw_model()
        'panet-demosaic-noisy-lite'
    """
    return TASKS[mosaic_task()].raw_model


def usual_task(*, references: bool = False) -> str:
    """Return the id of the task that enlarges, with or without references.

    Examples:
        >>> restorer.usual_task(references=True)
        'reference-sr'
    """
    return next(t.id for t in TASKS.values() if t.enlarges and t.needs_references == references)
