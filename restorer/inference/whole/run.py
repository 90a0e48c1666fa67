"""Run a network on the whole picture (context ``whole``): equal to one piece, in bounded memory.

A network's stages are run one after the other over whole feature maps: convolutions region by
region, attentions over the map. Regions get a halo as wide as their layers see and are clipped at
the border of the image, where the layers pad with zeros as they do in `forward`: the result is that
of `forward` up to rounding, whatever the regions.
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.overrides import TorchFunctionMode

from restorer.errors import InvalidOutputError, OutOfMemoryError
from restorer.image import FloatArray
from restorer.inference.devices import Precision, number_format
from restorer.inference.memory import fitting
from restorer.inference.whole.blocks import REGION_SHARE, Region, halo, plan_regions
from restorer.inference.whole.feature_maps import Maps
from restorer.networks.stages import Global, Local, Program, Stage, Staged, maps_of
from restorer.settings import CancelToken, OnTick

log = logging.getLogger(__name__)

_PROBE_SIDE = 32  # pixels to begin with
# Shorter runs are measured three times too slow where others use the cores; a GPU has its own.
_PROBE_SECONDS = {"cpu": 0.3, "gpu": 0.03}


@dataclass(frozen=True)
class Estimate:
    """Estimated cost of a run.

    Attributes:
        seconds: Good to a factor of two, less so where other programs use the same cores.
        map_bytes: Peak size of the feature maps, in memory and in files.
    """

    seconds: float
    map_bytes: int


def run_whole(
    network: Staged,
    values: FloatArray,
    *,
    peak: float = 1.0,
    seed: int = 0,
    device: str = "cpu",
    precision: Precision = "fp32",
    memory_bytes: int,
    device_bytes: int | None = None,
    scratch: Path | None = None,
    side: int | None = None,
    on_tick: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> FloatArray:
    """Map (H, W, C) planes, white 1, to (H * scale, W * scale, C'), not clipped.

    Sides that are not multiples of a cell of the network are extended by mirroring.

    Args:
        network: On `device`, in eval mode, laid out channels last.
        values: The input planes of the network.
        peak: White level of the network.
        seed: Seed for networks that draw random numbers.
        device: Device of the computation; the maps lie in host memory.
        precision: Number format of the convolutions; maps are float32, attentions as the network
            defines them.
        memory_bytes: Memory of the host for the maps. Image and result, and the memory of a pyramid
            or dense attention, are not included; the attentions of NLSN and ENLCN read and write
            maps block by block.
        device_bytes: Memory of the device, of which one region takes a part; None where it is the
            memory of the host.
        scratch: Folder for maps that do not fit; the system's temporary folder by default.
        side: Side of the regions in pixels of the input map; by default it follows from the memory.
        on_tick: Called with (done, total), regions and attentions.
        cancel: Stops before the next operation on tensors, within an attention too.

    Raises:
        OutOfMemoryError: An attention or a region does not fit into memory, or a map on the disk.
        InvalidOutputError: A region is NaN or infinite in float32 too.
        Cancelled: `cancel` was set.
    """
    program = network.stages(seed=seed)
    machine = _Machine(device, precision)
    image = _pad(values, program.image.density) * np.float32(peak)
    cells = _count_cells(program, values.shape)
    maps = Maps(cells, int(memory_bytes * (1 - REGION_SHARE)), scratch)
    maps.give(program.image, image)
    result = np.empty(program.result.shape(cells), np.float32)
    maps.give(program.result, result)
    budget = device_bytes or memory_bytes
    plans = [plan_regions(stage, cells, budget, side) for stage in program.stages]
    done, total = 0, sum(len(regions) for regions in plans)
    what = f"the whole image of {values.shape[1]} x {values.shape[0]}"
    watch = nullcontext() if cancel is None else _Watch(cancel)
    with torch.inference_mode(), watch, fitting(device, what):
        for index, stage in enumerate(program.stages):
            maps.make(stage.writes)
            for region in plans[index]:
                if isinstance(stage, Local):
                    machine.convolve(stage, region, maps)
                else:
                    machine.attend(stage, maps)
                done += 1
                if on_tick is not None:
                    on_tick(done, total)
            maps.keep(program.needed(index + 1))
    scale = program.result.density // program.image.density
    result /= np.float32(peak)
    return np.ascontiguousarray(result[: values.shape[0] * scale, : values.shape[1] * scale])


def estimate_whole(
    network: Staged,
    size: tuple[int, int],
    *,
    device: str = "cpu",
    precision: Precision = "fp32",
    device_bytes: int,
) -> Estimate:
    """Estimate the cost of `run_whole` for an image of `size` (height, width), in a few seconds.

    Stages run on noise, on a small region that grows until its time can be measured, or until it
    does not fit into memory. Raises OutOfMemoryError where the smallest one does not.
    """
    program = network.stages()
    machine = _Machine(device, precision)
    cells = _count_cells(program, size)
    seconds, alive, most = 0.0, {program.image}, 0
    measured: dict[tuple[object, ...], float] = {}
    with torch.inference_mode():
        for index, stage in enumerate(program.stages):
            alive = (alive | maps_of(stage)) & program.needed(index)
            most = max(most, sum(m.size_bytes(cells) for m in alive))
            kind = _kind(stage)
            if kind not in measured:
                measured[kind] = _probe(machine, stage, cells)
            if isinstance(stage, Local):
                regions = plan_regions(stage, cells, device_bytes, None)
                area = sum(region.grown(halo(stage), cells).area for region in regions)
                seconds += measured[kind] * area
            else:
                seconds += measured[kind] * float(math.prod(cells)) ** stage.order
    return Estimate(seconds, most)


@dataclass(frozen=True)
class _Machine:
    """The device and number format of stages."""

    device: str
    precision: Precision

    def convolve(self, stage: Local, region: Region, maps: Maps) -> None:
        """Compute one region of the output of a stage, again in float32 if it is not finite."""
        outer = region.grown(halo(stage), maps.cells)
        inputs = [self._load(outer.of(maps[m], m.density)) for m in stage.reads]
        density = stage.writes.density
        for precision in dict.fromkeys((self.precision, "fp32")):
            with number_format(self.device, precision):
                computed = stage.run(*inputs)
            inner = region.of(computed, density, (outer.top, outer.left))
            if torch.isfinite(inner).all():
                region.of(maps[stage.writes], density).copy_(inner)
                return
            log.warning("region not finite in %s", precision)
        raise InvalidOutputError(f"the network returned NaN or infinity on {self.device}")

    def attend(self, stage: Global, maps: Maps) -> None:
        """Fill a map by an attention; on the host nothing is copied."""
        filled = maps[stage.writes]
        inputs = [self._load(maps[m]) for m in stage.reads]
        there = dict(zip(stage.reads, inputs, strict=True)).get(stage.writes)
        out = self._load(filled) if there is None else there
        with number_format(self.device, self.precision):
            stage.run(*inputs, out)
        if out.data_ptr() != filled.data_ptr():
            filled.copy_(out)

    def time(self, stage: Stage, inputs: Sequence[Tensor], out: Tensor) -> float:
        """Return the time of a stage on these maps in seconds, transfers included."""
        start = time.perf_counter()
        with number_format(self.device, self.precision):
            loaded = [self._load(x) for x in inputs]
            if isinstance(stage, Local):
                out = stage.run(*loaded)
            else:
                out = self._load(out)
                stage.run(*loaded, out)
        float(out[0, 0, 0, 0])  # waits for the device
        return time.perf_counter() - start

    def _load(self, x: Tensor) -> Tensor:
        return x.to(self.device).contiguous(memory_format=torch.channels_last)


def _count_cells(program: Program, size: Sequence[int]) -> tuple[int, int]:
    """Return the number of cells of an image of (height, width, ...), partial ones included."""
    height, width = (math.ceil(n / program.image.density) for n in size[:2])
    return height, width


def _pad(values: FloatArray, multiple: int) -> FloatArray:
    """Extend an image to a multiple by mirroring, without repeating the edge."""
    missing = [(0, -n % multiple) for n in values.shape[:2]]
    return np.pad(values, (*missing, (0, 0)), mode="reflect")


def _probe(machine: _Machine, stage: Stage, cells: tuple[int, int]) -> float:
    """Return the time of a stage in seconds, divided by the number of cells to its order."""
    order = stage.order if isinstance(stage, Global) else 1
    side = max(1, _PROBE_SIDE // stage.reads[0].density)
    enough = _PROBE_SECONDS["cpu" if machine.device == "cpu" else "gpu"]
    found: float | None = None
    while True:
        size = (min(side, cells[0]), min(side, cells[1]))
        try:
            with fitting(machine.device, f"a probe of {size[1]} x {size[0]} cells"):
                *noise, out = (
                    torch.rand(1, *m.shape(size)).permute(0, 3, 1, 2)
                    for m in (*stage.reads, stage.writes)
                )
                # The first call of a size builds what later ones find ready.
                seconds = min(machine.time(stage, noise, out) for _ in range(2))
        except OutOfMemoryError:
            if found is None:
                raise
            return found
        found = seconds / float(math.prod(size)) ** order
        if seconds >= enough or size == cells:
            return found
        side *= 2


def _kind(stage: Stage) -> tuple[object, ...]:
    """Return a key that is equal for stages with the same time per cell."""
    reach = stage.order if isinstance(stage, Global) else stage.radius
    maps = (*stage.reads, stage.writes)
    return (type(stage), reach, *((m.channels, m.density) for m in maps))


class _Watch(TorchFunctionMode):
    """Checks a token before each operation: an attention over a large map takes minutes."""

    def __init__(self, cancel: CancelToken) -> None:
        super().__init__()
        self._cancel = cancel

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Any = (), kwargs: Any = None
    ) -> Any:
        """Call the operation, unless a stop was requested."""
        self._cancel.check()
        return func(*args, **(kwargs or {}))
