"""The resumable training loop: photographs, batches, checkpoints and the resulting weights."""

from __future__ import annotations

import math
import shutil
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from statistics import fmean

import cv2
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset

from restorer.errors import SettingsError
from restorer.inference.devices import Precision, check_precision, fast_precisions
from restorer.training.learner import Learner
from restorer.training.on_device import DevicePatches, fits
from restorer.training.patches import PatchSource, prepare
from restorer.training.photographs import find_photographs
from restorer.training.ranks import Ranks, joined
from restorer.training.recipe import Recipe
from restorer.training.reference import Referenced
from restorer.training.schedule import Schedule
from restorer.training.state import add_line, export, forget, load_state, save_state
from restorer.training.teacher import Teacher
from restorer.training.validation import Validation, write_picture

_READ_EVERY = 20  # iterations on a GPU, which stands still while its loss is read


@dataclass(frozen=True)
class TrainingReport:
    """The state of the training after `step` iterations.

    Attributes:
        loss: Loss of the iteration, on a GPU that of one of the last twenty; at a checkpoint, the
            mean since the previous checkpoint.
        validation_psnr: Mean PSNR in dB on the validation patches over all networks; None between
            checkpoints, and in all processes but the first.
        seconds: Time since this run was started or resumed.
    """

    step: int
    loss: float
    validation_psnr: float | None = None
    seconds: float = 0.0


def train(
    recipe: Recipe,
    data: Path | str,
    out: Path | str,
    *,
    inputs: Path | str | None = None,
    device: str | torch.device = "cpu",
    precision: str = "auto",
    workers: int = 0,
    compiled: bool = False,
    resume: bool = True,
    minutes: float | None = None,
    on_note: Callable[[str], None] | None = None,
) -> Generator[TrainingReport, None, None]:
    """Train, or resume the training in `out`, and write ``<model>.safetensors`` for each network.

    Every iteration yields a report. Every `checkpoint_every` iterations, the state is saved, a
    line is added to ``log.jsonl``, ``validation/<model>-<step>.png`` shows some of the held-out
    patches, and the report contains the validation PSNR. Closing the generator also saves the
    state. Patches depend only on (seed, step, number), so that a resumed run is equal to an
    uninterrupted one.

    In processes started by ``torchrun``, each takes its share of every batch, and the result is
    that of one process, apart from rounding. Only the first process writes files and notes.

    Args:
        recipe: The recipe, see `read_recipe`.
        data: Folder of clean photographs; one in 25 is held out for validation, and at least one
            (a part of it, if there is only one).
        out: Folder for the state (``state.pt``), the log and the result.
        inputs: Folder of degraded versions of the photographs, which replace the degradation of
            the recipe: equal names, or names that differ in a final word such as ``_noisy``.
        device: ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or ``auto`` for the best one.
        precision: ``fp32``, ``tf32``, ``bf16``, ``fp16`` with a scaled loss, or ``auto``: bfloat16
            where the device multiplies it in hardware, else float16 on GPUs and float32 on CPUs.
            The weights stay in float32.
        workers: Processes that prepare batches; 0 uses this process. A GPU cuts the patches of
            recipes without random damage itself.
        compiled: Whether to use `torch.compile`, which makes iterations faster but takes some
            minutes at the start and requires a C++ compiler or Triton.
        resume: Whether to continue from the state in `out`; otherwise it is deleted.
        minutes: Total time of the iterations instead of their number, over all runs in `out`. The
            learning rate follows the clock, so the result is not exactly repeatable. Works with one
            process only.
        on_note: Called before the first iteration with sentences about the photographs: which
            ones are held out or not used, how much memory they take, and once a minute, how many
            are prepared.

    Raises SettingsError, ModelError or ImageError at the first iteration.

    Examples:
        >>> from dataclasses import replace
        >>> recipe = restorer.read_recipe("panet-sr-x2-lite")
        >>> recipe = replace(recipe, model="my-x2", iterations=2, batch=1, patch=16)
        >>> for report in restorer.train(recipe, "photos", "runs/my-x2"):
        ...     print(report.step, report.validation_psnr is not None)
        1 False
        2 True
        >>> restorer.identify_checkpoint("runs/my-x2/my-x2.safetensors").scale
        2
    """
    with joined(str(device)) as ranks:
        run = _Run(
            recipe if inputs is None else recipe.with_pairs(),
            Path(data),
            Path(out),
            None if inputs is None else Path(inputs),
            ranks,
            on_note if on_note is not None and ranks.rank == 0 else _ignore,
            minutes,
        )
        if minutes is not None and ranks.count > 1:
            raise SettingsError("minutes: works with one process only; give iterations for several")
        if ranks.rank == 0 and not resume:
            forget(run.out)
        ranks.any(False)  # nobody loads a state that is being deleted
        try:
            yield from run.iterate(_precision(precision, ranks.device), workers, compiled)
        finally:
            if ranks.local_rank == 0:
                shutil.rmtree(run.spool, ignore_errors=True)


@dataclass(frozen=True)
class _Run:
    """What a training consists of, besides its networks."""

    recipe: Recipe
    data: Path
    out: Path
    inputs: Path | None
    ranks: Ranks
    on_note: Callable[[str], None]
    minutes: float | None

    @property
    def spool(self) -> Path:
        """Folder for photographs that do not fit into memory."""
        return self.out / "prepared"

    def sources(self) -> tuple[list[PatchSource], list[Validation]]:
        """Read the photographs; validation is up to the first process."""
        degradations = [
            replace(each, device=self.ranks.device) if isinstance(each, Referenced) else each
            for each in (member.degrade() for member in self.recipe.members())
        ]
        least = max((self.recipe.patch + 2 * each.margin) * each.scale for each in degradations)
        scales = [each.scale for each in degradations]
        found = find_photographs(
            self.data, self.inputs, scale=scales[0], unit=math.lcm(*scales), least=least
        )
        for note in found.notes:
            self.on_note(note)
        training, held_out = (
            prepare(photographs, degradations, self.spool / name, self.ranks, on_note, teachers)
            for photographs, name, on_note, teachers in (
                (found.training, "training", self.on_note, self.teachers()),
                (found.held_out, "validation", _ignore, ()),
            )
        )
        return training, [Validation(each) for each in held_out if self.ranks.rank == 0]

    def teachers(self) -> list[Teacher | None]:
        """Open the teacher of each network."""
        members = self.recipe.members()
        folder = self.out / "teacher"
        if names := dict.fromkeys(each.teacher for each in members if each.teacher):
            self.on_note(
                f"the targets are results of {', '.join(names)}, made once and kept in {folder}"
            )
        return [
            Teacher(each.teacher, each.degrade(), folder, self.ranks.device)
            if each.teacher
            else None
            for each in members
        ]

    def iterate(
        self, precision: Precision, workers: int, compiled: bool
    ) -> Generator[TrainingReport, None, None]:
        """Train; see `train`."""
        began = time.monotonic()
        recipe, ranks = self.recipe, self.ranks
        share = ranks.share(recipe.batch)
        self.out.mkdir(parents=True, exist_ok=True)
        sources, validations = self.sources()
        learner = Learner(recipe, ranks, precision, compiled=compiled)
        for turn, source in enumerate(sources):
            one = source.batch([0], recipe.patch, recipe.seed, 0)
            learner.check(turn, *(_to_device(torch.from_numpy(x), ranks.device) for x in one))
        start, spent = load_state(self.out, learner, ranks.device)
        schedule = Schedule(recipe, self.minutes, spent)
        losses: list[Tensor] = []
        shown = math.nan
        steps = schedule.steps(start)
        batches = _batches(sources, recipe, share, steps, workers, ranks.device)
        for step, pair in zip(steps, batches, strict=False):
            degraded, clean = (_to_device(x, ranks.device) for x in pair)
            rate, exact = schedule.rate(step), schedule.exact(step)
            losses.append(learner.update(step, degraded, clean, rate=rate, exact=exact))
            done, ended = step + 1, schedule.ends(step + 1)
            if ranks.device == "cpu" or done % _READ_EVERY == 0 or math.isnan(shown):
                shown = float(losses[-1])
            report = TrainingReport(done, shown)
            if done % recipe.checkpoint_every == 0 or ended:
                self.save(done, schedule, learner)
                figure = self.validate(done, learner.average, validations)
                mean = float(torch.stack(losses).mean())
                report = TrainingReport(done, mean, figure, time.monotonic() - began)
                losses.clear()
                if ranks.rank == 0:
                    add_line(self.out, asdict(report))
            try:
                yield report
            except GeneratorExit:
                ranks.any(True)
                self.save(done, schedule, learner)
                raise
            if ranks.any(False):  # another process was stopped
                self.save(done, schedule, learner)
                return
            if ended:
                break
        for member, network in zip(recipe.members(), learner.average, strict=True):
            if ranks.rank == 0:
                export(network, member, self.out)

    def save(self, step: int, schedule: Schedule, learner: Learner) -> None:
        """Write the state, in the first process."""
        if self.ranks.rank == 0:
            save_state(self.out, step, schedule.seconds(), learner)

    def validate(
        self, step: int, average: nn.ModuleList, validations: Sequence[Validation]
    ) -> float | None:
        """Write pictures and return the mean PSNR of all networks; None in other processes."""
        figures = []
        members = self.recipe.members()
        for member, network, validation in zip(members, average, validations, strict=False):
            figure, picture = validation.measure(network, self.ranks.device)
            write_picture(picture, self.out / "validation" / f"{member.model}-{step:06}.png")
            figures.append(figure)
        return fmean(figures) if figures else None


class _Batches(Dataset[tuple[Tensor, Tensor]]):
    """The batches of a recipe by step; its networks take turns."""

    def __init__(
        self, sources: Sequence[PatchSource], recipe: Recipe, share: Sequence[int]
    ) -> None:
        self._sources, self._recipe, self._share = sources, recipe, share

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        recipe, source = self._recipe, self._sources[step % len(self._sources)]
        inputs, targets = source.batch(self._share, recipe.patch, recipe.seed, step)
        return torch.from_numpy(inputs), torch.from_numpy(targets)


def _batches(
    sources: Sequence[PatchSource],
    recipe: Recipe,
    share: Sequence[int],
    steps: range,
    workers: int,
    device: str,
) -> Iterator[tuple[Tensor, Tensor]]:
    if torch.device(device).type != "cpu" and fits(sources, device):
        return _device_batches(sources, recipe, share, steps, device)
    loader = DataLoader(
        _Batches(sources, recipe, share),
        sampler=steps,
        batch_size=None,
        num_workers=workers,
        pin_memory=device.startswith("cuda"),
    )
    with _single_threaded_opencv():
        return iter(loader)


def _device_batches(
    sources: Sequence[PatchSource], recipe: Recipe, share: Sequence[int], steps: range, device: str
) -> Iterator[tuple[Tensor, Tensor]]:
    """Yield the batches of `_Batches`, cut on the device."""
    patches = [DevicePatches(source, device) for source in sources]
    for step in steps:
        yield patches[step % len(patches)].batch(share, recipe.patch, recipe.seed, step)


def _precision(precision: str, device: str) -> Precision:
    """Return the format of the computation. Raises SettingsError for an unknown one."""
    chosen = check_precision(precision)
    if chosen is not None:
        return chosen
    fast = () if device == "mps" else fast_precisions(device)
    halves: tuple[Precision, ...] = ("bf16", "fp16")
    return next((half for half in halves if half in fast), "fp32")


@contextmanager
def _single_threaded_opencv() -> Iterator[None]:
    """Let processes that begin inside the context use one thread; PyTorch's do so anyway.

    A forked process has none of the threads that OpenCV counts on, and hangs when it ends them.
    """
    before = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        yield
    finally:
        cv2.setNumThreads(before)


def _to_device(values: Tensor, device: str) -> Tensor:
    return values.to(device, memory_format=torch.channels_last, non_blocking=True)


def _ignore(note: str) -> None:
    """Drop a note."""
