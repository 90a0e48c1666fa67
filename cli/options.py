"""The options that `restore image` and `restore batch` share, and what they ask of the core."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields
from functools import wraps
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from .presets import DEFAULT_FILE, take_preset

if TYPE_CHECKING:
    from restorer import Job, ModelSpec, Settings, Step

Command = TypeVar("Command", bound=Callable[..., Any])


class AutoOr(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """A number, or the word ``auto``, which becomes None."""

    name = "auto"

    def __init__(self, number: click.IntRange | click.FloatRange) -> None:
        self.number = number

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Leave ``auto`` to the program."""
        return None if value == "auto" else self.number.convert(value, param, ctx)


class Bytes(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.5 only
    """An amount of memory: ``4GB``, ``512 MB``, ``1.5GiB``, or a number of bytes."""

    name = "bytes"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Return the number of bytes."""
        from restorer import Bytes as Kind

        try:
            return Kind().parse(str(value))
        except ValueError:
            self.fail(f"{value!r} is no amount of memory; expected 4GB or 512MB", param, ctx)


@dataclass(frozen=True)
class Wishes:
    """What the user asks for every picture; fields are the names of the options."""

    task: tuple[str, ...]
    model: tuple[str, ...]
    scale: int | None
    sigma: float | None
    jpeg_quality: int | None
    strength: float
    detail: float | None
    bayer: str | None
    reference: tuple[Path, ...]
    reference_dir: Path | None
    explain: bool
    device: str
    precision: str
    context: str
    tile: int | None
    overlap: int | None
    memory: int | None
    chop: bool
    self_ensemble: bool
    seed: int
    format: str | None
    quality: int
    bits: str | None
    dither: bool
    existing: str
    max_pixels: int | None

    @property
    def suffix(self) -> str | None:
        """Suffix of the targets, None for that of the source."""
        return f".{self.format}" if self.format else None

    def steps(self) -> tuple[Step, ...]:
        """Return the passes in the order asked for; without task or model, super-resolution."""
        from restorer import Step, model_spec

        specs = [model_spec(model) for model in self.model or self._default_models()]
        self._check_references(specs)
        if self.scale not in (None, enlargement := prod(spec.scale for spec in specs)):
            names = " and ".join(spec.id for spec in specs)
            raise click.UsageError(f"--scale {self.scale}: {names} has scale {enlargement}")
        if self.sigma is not None and not any(spec.condition == "sigma" for spec in specs):
            names = " and ".join(spec.id for spec in specs)
            raise click.UsageError(f"--sigma: {names} takes no noise level; denoising does")
        if self.jpeg_quality is not None and not any(
            spec.condition == "jpeg_quality" for spec in specs
        ):
            names = " and ".join(spec.id for spec in specs)
            raise click.UsageError(f"--jpeg-quality: {names} takes none; deblocking does")
        if self.bayer is not None and not any(spec.task == "demosaicing" for spec in specs):
            names = " and ".join(spec.id for spec in specs)
            raise click.UsageError(f"--bayer: {names} takes no mosaic; demosaicing does")
        return tuple(
            Step(
                spec.id,
                self.sigma if spec.condition == "sigma" else None,
                self.strength,
                self.bayer if spec.task == "demosaicing" else None,
                self.detail,
                self.jpeg_quality if spec.condition == "jpeg_quality" else None,
            )
            for spec in specs
        )

    def refer(self, jobs: Iterable[Job]) -> tuple[Job, ...]:
        """Return the jobs with the references that were asked for."""
        from dataclasses import replace

        from restorer import with_references

        referring = tuple(
            replace(job, references=self.reference, explain=self.explain) for job in jobs
        )
        return (
            referring
            if self.reference_dir is None
            else with_references(referring, self.reference_dir)
        )

    def settings(self) -> Settings:
        """Return what holds for every step."""
        from restorer import Settings

        return Settings(
            device=self.device,
            precision=self.precision,
            context=self.context,  # type: ignore[arg-type]  # closed by click.Choice
            tile=self.tile,
            overlap=self.overlap,
            memory=self.memory,
            tiling="chop" if self.chop else "blend",
            self_ensemble=self.self_ensemble,
            seed=self.seed,
            bits=int(self.bits) if self.bits else None,  # type: ignore[arg-type]  # closed by click.Choice
            dither=self.dither,
            quality=self.quality,
            existing=self.existing,  # type: ignore[arg-type]  # closed by click.Choice
            max_pixels=self.max_pixels,
        )

    @property
    def _referring(self) -> bool:
        return bool(self.reference or self.reference_dir)

    def _check_references(self, specs: Sequence[ModelSpec]) -> None:
        taking = [spec.id for spec in specs if spec.task == "reference-sr"]
        if taking and not self._referring:
            raise click.UsageError(
                f"{taking[0]}: needs pictures to refer to; give --reference FILE"
            )
        if self._referring and not taking:
            names = " and ".join(spec.id for spec in specs)
            raise click.UsageError(f"--reference: {names} takes none; --task reference-sr does")
        if self.explain and not self._referring:
            raise click.UsageError("--explain: tells of references; give --reference FILE")

    def _default_models(self) -> list[str]:
        from restorer import TASKS, default_model

        models = []
        usual = "reference-sr" if self._referring else "super-resolution"
        for task in self.task or (usual,):
            enlarges = task in TASKS and max(TASKS[task].default_models, default=1) > 1
            models.append(default_model(task, self.scale if enlarges else None))
        return models


_WISHES = (
    click.option(
        "--task",
        multiple=True,
        metavar="TASK",
        help="super-resolution, denoising, deblocking, demosaicing or reference-sr; several run in"
        " the order given.  [default: super-resolution, with references reference-sr]",
    ),
    click.option(
        "--model", multiple=True, metavar="ID", help="A model by its id, see `restore models`."
    ),
    click.option("--scale", metavar="N", type=click.IntRange(1), help="Enlarge by this factor."),
    click.option(
        "--sigma",
        type=AutoOr(click.FloatRange(0, 75)),
        metavar="0-75|auto",
        help="Noise level for denoising, on the 0-255 scale; auto measures it.  [default: auto]",
    ),
    click.option(
        "--jpeg-quality",
        type=AutoOr(click.IntRange(1, 100)),
        metavar="1-100|auto",
        help="Lowest quality it was saved with, for deblocking; auto takes it from file and"
        " pixels.  [default: auto]",
    ),
    click.option(
        "--strength",
        type=click.FloatRange(0, 1),
        metavar="0..1",
        default=1.0,
        show_default=True,
        help="1 takes the full effect, 0 none, between them a mixture.",
    ),
    click.option(
        "--detail",
        type=click.FloatRange(0, 1),
        metavar="0..1",
        help="The strength of fine changes (grain, texture); --strength is then that of coarse ones"
        " (blotches, blocks).  [default: as --strength]",
    ),
    click.option(
        "--bayer",
        type=click.Choice(["rggb", "grbg", "gbrg", "bggr"]),
        help="Colors of the first two rows of a mosaic.  [default: those the model knows]",
    ),
    click.option(
        "--reference",
        multiple=True,
        metavar="FILE",
        type=click.Path(exists=True, dir_okay=False, path_type=Path),
        help="A sharp picture of the same thing, whose fine texture is taken; may be given again.",
    ),
    click.option(
        "--reference-dir",
        metavar="DIR",
        type=click.Path(exists=True, file_okay=False, path_type=Path),
        help="A folder of references: those of a picture's name, or else those that show most of"
        " what it shows.",
    ),
    click.option(
        "--explain",
        is_flag=True,
        help="Write beside the result what came from which reference: OUT-confidence.png and"
        " OUT-source.png.",
    ),
    click.option(
        "--device",
        metavar="NAME",
        default="auto",
        show_default=True,
        help="auto, cpu, cuda, cuda:1 or mps.",
    ),
    click.option(
        "--precision",
        type=click.Choice(["auto", "fp32", "bf16", "fp16"]),
        default="auto",
        show_default=True,
        help="Number format; less is faster on some devices.",
    ),
    click.option(
        "--context",
        type=click.Choice(["tile", "whole"]),
        default="tile",
        show_default=True,
        help="What attention looks at: the tile, or the whole picture, which can take very long.",
    ),
    click.option(
        "--tile",
        type=AutoOr(click.IntRange(1)),
        metavar="PIXELS|auto",
        help="Side of the squares a picture is cut into.  [default: auto]",
    ),
    click.option(
        "--overlap",
        type=AutoOr(click.IntRange(0)),
        metavar="PIXELS|auto",
        help="What neighboring squares share.  [default: auto]",
    ),
    click.option(
        "--memory",
        type=Bytes(),
        metavar="SIZE",
        help="Memory that a tile may take, such as 4GB.  [default: most of what is free]",
    ),
    click.option(
        "--chop",
        is_flag=True,
        help="Cut the picture as the authors of the network did in their tests; published figures"
        " were made so.",
    ),
    click.option(
        "--self-ensemble",
        is_flag=True,
        help="Take the mean over eight flips and rotations: a little better, eight times as long.",
    ),
    click.option(
        "--seed",
        type=click.IntRange(0),
        metavar="N",
        default=0,
        show_default=True,
        help="Same seed, same picture.",
    ),
    click.option(
        "--format",
        type=click.Choice(["png", "jpg", "tif", "webp", "bmp"], case_sensitive=False),
        help="File format of the result.  [default: that of the source]",
    ),
    click.option(
        "--quality",
        type=click.IntRange(1, 100),
        metavar="1-100",
        default=95,
        show_default=True,
        help="Of JPEG and WebP.",
    ),
    click.option(
        "--bits",
        type=click.Choice(["8", "16", "32"]),
        help="Bits per sample of the result; 32 is float.  [default: those of the source]",
    ),
    click.option("--dither", is_flag=True, help="Keep smooth gradients smooth in 8 bit."),
    click.option(
        "--existing",
        type=click.Choice(["skip", "replace", "number"]),
        default="skip",
        show_default=True,
        help="What to do where the result already exists.",
    ),
    click.option(
        "--max-pixels",
        type=click.IntRange(1),
        metavar="N",
        help="Refuse pictures of more pixels; the default is about 134 million.",
    ),
)

_RUN = (
    click.option(
        "--dry-run", is_flag=True, help="Show what would be made, and how large; write nothing."
    ),
    click.option(
        "--report",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write JSON lines: one object for each file, then a summary.",
    ),
    click.option("-q", "--quiet", is_flag=True, help="Say nothing but trouble."),
    click.option("-v", "--verbose", is_flag=True, help="Name every file and note as they come."),
    click.option(
        "--preset",
        metavar="NAME",
        is_eager=True,
        expose_value=False,
        callback=take_preset,
        help="Options under this name in the presets file; options given here win.",
    ),
    click.option(
        "--presets",
        metavar="FILE",
        type=click.Path(path_type=Path),
        default=DEFAULT_FILE,
        show_default=True,
        is_eager=True,
        expose_value=False,
        callback=take_preset,
        help="TOML file with one table for each preset.",
    ),
)


def restoration_options(command: Command) -> Command:
    """Add the shared options; those on pictures reach the command as one `wishes`."""

    @wraps(command)
    def collected(*args: Any, **options: Any) -> Any:
        wishes = Wishes(**{field.name: options.pop(field.name) for field in fields(Wishes)})
        return command(*args, wishes=_settled(wishes), **options)

    for option in reversed(_WISHES + _RUN):
        option(collected)
    return collected  # type: ignore[return-value]  # same to callers: click passes by keyword


def given(name: str) -> bool:
    """Whether the option stands on the command line itself, not in a preset or by default."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE


def _settled(wishes: Wishes) -> Wishes:
    """Let a task or model of the command line put aside the other one of a preset."""
    from dataclasses import replace

    if wishes.task and wishes.model:
        if given("task") == given("model"):
            raise click.UsageError("--task and --model: give one; a model knows its task")
        return replace(wishes, task=()) if given("model") else replace(wishes, model=())
    return wishes
