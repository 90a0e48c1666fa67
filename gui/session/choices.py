"""Choices: what the user asks of the pictures, as data; without Qt.

They become the steps and settings of the core, a line for the shell, and a preset; the three say
the same.
"""

from __future__ import annotations

import os
import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from math import prod
from pathlib import Path
from typing import Any

from restorer import (
    TASKS,
    ModelSpec,
    Settings,
    Step,
    list_models,
    model_spec,
    target_name,
)

# In the order in which they help each other: artifacts and noise first, lest they are enlarged.
CHAIN = ("deblocking", "denoising", "super-resolution", "reference-sr")
ENLARGING = ("super-resolution", "reference-sr")
NAME = "{stem}-restored{suffix}"


@dataclass(frozen=True)
class Link:
    """One task of the chain.

    Attributes:
        model: Its model, whether or not it is wanted; empty where there is none.
    """

    task: str
    model: str
    wanted: bool = False


@dataclass(frozen=True)
class Choices:
    """What is to be done.

    Attributes:
        chain: One link for each task of CHAIN.
        sigma: Of the noise, on the 0-255 scale; None measures it.
        jpeg_quality: The lowest that a picture was saved with, 1 to 100; None finds it out.
        strength: 1 takes the networks' result, 0 the input.
        detail: The strength of grain and texture, where it differs from that of blotches and tone.
        references: Pictures for the task reference-sr.
        suffix: Of the result, with its dot; None for that of the source.
        settings: What holds for every step.
    """

    chain: tuple[Link, ...]
    sigma: float | None = None
    jpeg_quality: int | None = None
    strength: float = 1.0
    detail: float | None = None
    references: tuple[Path, ...] = ()
    suffix: str | None = None
    settings: Settings = field(default_factory=Settings)

    @property
    def models(self) -> tuple[ModelSpec, ...]:
        """The models of the tasks that are wanted, in order."""
        return tuple(model_spec(link.model) for link in self.chain if link.wanted and link.model)

    @property
    def scale(self) -> int:
        """How many times as large the result is."""
        return prod(spec.scale for spec in self.models)

    @property
    def steps(self) -> tuple[Step, ...]:
        """What the core is told to do."""
        return tuple(self.step(spec, self.strength, self.detail) for spec in self.models)

    def step(self, spec: ModelSpec, strength: float, detail: float | None = None) -> Step:
        """Return a step of a model, told the damage that is chosen."""
        return Step(
            spec.id,
            self.sigma if spec.condition == "sigma" else None,
            strength,
            detail=detail,
            jpeg_quality=self.jpeg_quality if spec.condition == "jpeg_quality" else None,
        )

    def link(self, task: str) -> Link:
        """Return the link of a task."""
        return next(link for link in self.chain if link.task == task)

    def with_link(self, task: str, **changes: Any) -> Choices:
        """Return choices with one link changed; of the two that enlarge only one can be wanted."""
        chain = tuple(replace(k, **changes) if k.task == task else k for k in self.chain)
        if task in ENLARGING and changes.get("wanted"):
            other = next(t for t in ENLARGING if t != task)
            chain = tuple(replace(k, wanted=False) if k.task == other else k for k in chain)
        return replace(self, chain=chain)

    def with_step(self, step: Step) -> Choices:
        """Return choices whose task of that model is done as a step says."""
        spec = model_spec(step.model)
        changed = replace(self, strength=step.strength, detail=step.detail)
        if spec.condition == "sigma":
            changed = replace(changed, sigma=step.sigma)
        if spec.condition == "jpeg_quality":
            changed = replace(changed, jpeg_quality=step.jpeg_quality)
        return changed.with_link(spec.task, model=spec.id, wanted=True)

    def with_changes(self, **changes: Any) -> Choices:
        """Return choices with some fields changed."""
        return replace(self, **changes)

    def with_settings(self, **changes: Any) -> Choices:
        """Return choices with some settings changed."""
        return replace(self, settings=replace(self.settings, **changes))

    def told(self, condition: str) -> bool:
        """Whether one of the networks is told that of the damage: sigma or jpeg_quality."""
        return any(spec.condition == condition for spec in self.models)

    @property
    def refers(self) -> bool:
        """Whether reference pictures are asked for."""
        return any(spec.task == "reference-sr" for spec in self.models)

    @property
    def ready(self) -> bool:
        """Whether there is something to do, with all that it needs."""
        return bool(self.models) and (not self.refers or bool(self.references))

    @property
    def blends(self) -> bool:
        """Whether the strength can change without a new run: where there is one step only.

        Of several, each mixes its result with what it was given, which the next one takes up.
        """
        return len(self.models) == 1

    def making(self) -> Choices:
        """Return what fixes the networks' own pixels.

        Depth and file format, and mostly the strength, change what becomes of these, and cost no
        new run.
        """
        settings = replace(self.settings, bits=None, dither=False, quality=95, existing="skip")
        references = self.references if self.refers else ()
        made = replace(self, suffix=None, settings=settings, references=references)
        return replace(made, strength=1.0, detail=None) if self.blends else made

    def at_full(self) -> Choices:
        """Return the same `making`, at full strength."""
        return replace(self.making(), strength=1.0, detail=None)

    @property
    def finish(self) -> tuple[object, ...]:
        """What fixes the pixels beside `making`: how the networks' own become those of a file."""
        own = self.settings
        blend = (self.strength, self.detail) if self.blends else ()
        return (*blend, own.bits, own.dither, own.seed if own.dither else 0)

    def target(self, source: Path) -> Path:
        """Return where the command line would write the result."""
        return source.with_name(target_name(source, self.steps, NAME, self.suffix))

    def options(self) -> dict[str, Any]:
        """Return the options of `restore image` that differ from its defaults, by their names."""
        usual, own = Settings(), self.settings
        found: dict[str, Any] = {"model": [spec.id for spec in self.models]}
        if self.sigma is not None and self.told("sigma"):
            found["sigma"] = self.sigma
        if self.jpeg_quality is not None and self.told("jpeg_quality"):
            found["jpeg-quality"] = self.jpeg_quality
        if self.strength != 1:
            found["strength"] = self.strength
        if self.detail is not None:
            found["detail"] = self.detail
        for name in ("device", "precision", "context", "tile", "overlap", "memory", "seed"):
            if getattr(own, name) != getattr(usual, name):
                found[name] = getattr(own, name)
        if own.tiling == "chop":
            found["chop"] = True
        if own.self_ensemble:
            found["self-ensemble"] = True
        if self.suffix:
            found["format"] = self.suffix.removeprefix(".")
        if own.quality != usual.quality:
            found["quality"] = own.quality
        if own.bits is not None:
            found["bits"] = str(own.bits)
        if own.dither:
            found["dither"] = True
        return found

    def command(self, source: Path, target: Path | None = None) -> str:
        """Return the line that does the same to a file in a shell."""
        words = ["restore", "image", str(source)]
        if target is not None and target != self.target(source):
            words += ["-o", str(target)]
        for name, value in self.options().items():
            for each in value if isinstance(value, list) else [value]:
                words += [f"--{name}"] if each is True else [f"--{name}", _word(each)]
        for reference in self.references if self.refers else ():
            words += ["--reference", str(reference)]
        return shlex.join(words)


def usual_choices() -> Choices:
    """Return what a new user finds: twice as large, with the models that ship."""
    links = tuple(Link(task, _usual_model(task)) for task in CHAIN)
    return Choices(links).with_link("super-resolution", wanted=True)


def from_options(options: Mapping[str, Any]) -> Choices:
    """Return the choices that a preset's options mean.

    Raises ValueError, saying which option the window does not know or cannot understand, and
    UnknownModelError.
    """
    choices, rest = usual_choices(), {k.replace("_", "-"): v for k, v in options.items()}
    tasks = _list(rest.pop("task", ()))
    models = [model_spec(m) for m in _list(rest.pop("model", ()))]
    if tasks or models:
        choices = replace(choices, chain=tuple(replace(k, wanted=False) for k in choices.chain))
    for task in tasks:
        if task not in CHAIN:
            raise ValueError(f"task {task!r}: the window knows {', '.join(CHAIN)}")
        choices = choices.with_link(task, wanted=True)
    for spec in models:
        if spec.task not in CHAIN:
            raise ValueError(f"model {spec.id}: is for {spec.task}, which the window cannot do")
        choices = choices.with_link(spec.task, model=spec.id, wanted=True)
    if (scale := rest.pop("scale", None)) and "super-resolution" in tasks:
        model = TASKS["super-resolution"].default_models[int(scale)]
        choices = choices.with_link("super-resolution", model=model)
    sigma, quality = rest.pop("sigma", None), rest.pop("jpeg-quality", None)
    suffix = rest.pop("format", None)
    detail = rest.pop("detail", None)
    choices = replace(
        choices,
        sigma=None if sigma in (None, "auto") else float(sigma),
        jpeg_quality=None if quality in (None, "auto") else int(quality),
        strength=float(rest.pop("strength", 1.0)),
        detail=None if detail is None else float(detail),
        suffix=f".{suffix}" if suffix else None,
    )
    settings = {}
    for name, value in rest.items():
        if name not in _SETTINGS:
            raise ValueError(f"{name!r}: the window has no such option")
        field_name, convert = _SETTINGS[name]
        settings[field_name] = convert(value)
    return choices.with_settings(**settings)


def _bytes(value: Any) -> int:
    """Return an amount of memory as the command line understands it."""
    text = str(value).strip().lower().removesuffix("b")
    step = 1024 if text.endswith("i") else 1000
    text = text.removesuffix("i").strip()
    power = " kmgt".index(text[-1]) if text[-1:] in "kmgt" and text else 0
    return int(float(text.rstrip("kmgt")) * step**power)


def _number(value: Any) -> int | None:
    return None if value == "auto" else int(value)


_SETTINGS: Mapping[str, tuple[str, Any]] = {
    "device": ("device", str),
    "precision": ("precision", str),
    "context": ("context", str),
    "tile": ("tile", _number),
    "overlap": ("overlap", _number),
    "memory": ("memory", _bytes),
    "chop": ("tiling", lambda chop: "chop" if chop else "blend"),
    "self-ensemble": ("self_ensemble", bool),
    "seed": ("seed", int),
    "quality": ("quality", int),
    "bits": ("bits", int),
    "dither": ("dither", bool),
    "existing": ("existing", str),
    "max-pixels": ("max_pixels", int),
}


def _usual_model(task: str) -> str:
    models = TASKS[task].default_models if task in TASKS else {}
    if models:
        return next(iter(models.values()))
    return next((spec.id for spec in list_models(task) if spec.weights.embedded), "")


def _list(value: Any) -> list[str]:
    return [str(v) for v in value] if isinstance(value, (list, tuple)) else [str(value)]


def _word(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else os.fspath(str(value))
