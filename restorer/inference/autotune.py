"""Measure a model on this machine: memory of a tile, fastest accurate precision, number of workers.

Each is made once and kept.
"""

from __future__ import annotations

import logging
import math
import platform
import statistics
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass, replace
from functools import partial

import numpy as np
import torch

from restorer.errors import InferenceError
from restorer.image import FloatArray
from restorer.inference import calibration
from restorer.inference.devices import (
    Precision,
    choose_device,
    cpu_threads,
    fast_precisions,
    shared_threads,
)
from restorer.inference.memory import MemoryMeter, tile_budget
from restorer.inference.merging import merging
from restorer.inference.predictor import Predictor
from restorer.metrics import psnr
from restorer.models.catalog import ModelSpec
from restorer.sensor import bayer
from restorer.tiling.plan import TileNeeds, TilePlan, plan_tiles, round_up

log = logging.getLogger(__name__)

GATE_DB = 50.0  # PSNR to float32 below which a precision is not used
# Share of the steps of a 16-bit ramp that may run backwards: 0 to 2 % in float32 for most shipped
# models, 5 to 23 % in bfloat16.
_GATE_REVERSED = 0.02
_RAMP_WIDTH = 1024  # steps of 64 of 65535 levels, finer than any of 8 bits
_RAMP_MARGIN = 8  # input pixels at the edges of the ramp that are not counted
_PROBE_SIDES = (48, 96, 144)
_RUNS = 3
_LARGEST_CHECK = 512  # side of a tile that is timed on a GPU; models may take whole pictures
LARGEST_BATCH = 16  # tiles that saturate a GPU; a cancel waits for all of them
_TRIALS = "precision and ramp"  # the kind of measurement that `PrecisionTrial` holds
_measuring = threading.Lock()  # the memory of the whole process is measured


@dataclass(frozen=True)
class TileMemory:
    """Peak working memory of a tile of N input pixels: a + b N + c N**2 bytes."""

    a: float
    b: float
    c: float

    def bytes_for(self, pixels: int) -> float:
        """Return the memory of a tile with this number of input pixels."""
        return self.a + self.b * pixels + self.c * pixels**2


@dataclass(frozen=True)
class PrecisionTrial:
    """A number format against float32 on the same device.

    Attributes:
        precision: The format.
        psnr: PSNR in dB between its result and the float32 result, peak 1.
        speedup: Time of float32 divided by its time.
        reversed: Share of the steps of a 16-bit ramp that run backwards in its result.
    """

    precision: Precision
    psnr: float
    speedup: float
    reversed: float

    def chosen(self, bits: int = 8) -> bool:
        """Whether it is faster, and safe for images of this depth."""
        safe = self.psnr >= GATE_DB and (bits <= 8 or self.reversed <= _GATE_REVERSED)
        return safe and self.speedup > 1


def tile_memory(predictor: Predictor, *, again: bool = False) -> TileMemory | None:
    """Return the memory model of a loaded network, from the cache or from three small probes.

    `again` measures even if there is a stored result. None if the system does not report the peak
    of a process, and for networks without a file.

    Examples:
        >>> predictor = restorer.load("panet-denoise-lite", device="cpu")
        >>> memory = restorer.tile_memory(predictor)
        >>> memory.bytes_for(128) > memory.bytes_for(64)
        True
    """
    if not predictor.spec.weights.sha256 or not predictor.spec.runs_alone:
        return None
    key = _key(predictor.spec, predictor.device, predictor.precision, "memory")
    with _measuring:
        found = None if again else calibration.load(key)
        if found is None:
            found = _fit(_as_run(predictor))
            if found is not None:
                calibration.store(key, found)
    return None if found is None else TileMemory(**found)


def largest_side(memory: TileMemory, needs: TileNeeds, budget_bytes: float) -> int:
    """Return the largest side, at most `needs.side`, whose tile stays within the budget.

    It is never below `min_side`. Steps of 64 pixels let similar machines choose the same side.
    """
    steps = range(needs.side // 64 * 64, 0, -64)
    sides = [needs.side, *(s for s in steps if s < needs.side and s % needs.multiple_of == 0)]
    fitting = (s for s in sides if s >= needs.min_side and memory.bytes_for(s**2) <= budget_bytes)
    return next(fitting, round_up(needs.min_side, needs.multiple_of))


def fitting_batch(memory: TileMemory, pixels: int, budget_bytes: float, most: int) -> int:
    """Return the number of tiles of `pixels` input pixels to run at once, 1 to `most`."""
    each = memory.b * pixels + memory.c * pixels**2
    return max(1, min(most, int((budget_bytes - memory.a) / max(1.0, each))))


def even_batch(tiles: int, most: int) -> int:
    """Return how many of `tiles` to run at once so that the last batch is hardly smaller."""
    return math.ceil(tiles / math.ceil(tiles / most))


def known_precision(spec: ModelSpec, device: str, bits: int = 8) -> Precision:
    """Return the precision of a model on a device for images of a depth; fp32 before any trial."""
    found = calibration.load(_key(spec, device, "auto", _TRIALS)) if spec.weights.sha256 else None
    trials = [PrecisionTrial(**trial) for trial in found["trials"]] if found else []
    fastest = max((t for t in trials if t.chosen(bits)), key=lambda t: t.speedup, default=None)
    return "fp32" if fastest is None else fastest.precision


def try_precisions(spec: ModelSpec, device: str) -> tuple[PrecisionTrial, ...]:
    """Run a model in float32 and in all formats that may be faster; store the trials.

    As many tiles run at once as for a large picture; on a GPU they are also as large, because with
    small ones the time is that of the CPU that launches the work.

    Raises ModelError where the model cannot be opened.

    Examples:
        >>> trials = restorer.try_precisions(restorer.model_spec("panet-denoise-lite"), "cpu")
        >>> all(trial.psnr > 30 for trial in trials)  # compared with float32
        True
    """
    reference = _loaded(spec, device, "fp32")
    side, batch = _planned(reference)
    planes, plan = _check(spec, side, batch)

    def run(predictor: Predictor) -> tuple[FloatArray, float]:
        return _timed(lambda: np.clip(predictor.run(planes, plan, batch=batch), 0, 1))

    exact, seconds = run(reference)
    trials = []
    for precision in fast_precisions(device):
        try:
            predictor = _loaded(spec, device, precision)
            result, own = run(predictor)
            share = reversed_share(predictor)
        except InferenceError as error:  # overflows, or an operator that this format lacks
            log.info("%s: %s on %s: %s", spec.id, precision, device, error)
            continue
        found = psnr(result, exact, white=1)
        trials.append(PrecisionTrial(precision, found, seconds / own, share))
    if spec.weights.sha256:
        key = _key(spec, device, "auto", _TRIALS)
        calibration.store(key, {"trials": [asdict(trial) for trial in trials]})
    return tuple(trials)


def reversed_share(predictor: Predictor) -> float:
    """Return the share of the steps of a 16-bit ramp that run backwards in a model's result.

    The ramp rises from black to white without noise. The result is rounded to 16 bits.
    """
    spec = predictor.spec
    height = round_up(max(4 * _RAMP_MARGIN, spec.tile.min_side), spec.tile.multiple_of)
    levels = np.rint(np.linspace(0, 65535, _RAMP_WIDTH)).astype(np.float32) / np.float32(65535)
    ramp = np.broadcast_to(levels[:, None], (height, _RAMP_WIDTH, spec.channels))
    if spec.traits.mosaic:
        ramp = bayer.spread(ramp[..., :1], str(spec.trained_for["bayer"]))
    side = calibration.check_side(spec)
    plan = plan_tiles((height, _RAMP_WIDTH), spec.tile, side=side, overlap=side // 2)
    result = predictor.run(_with_level(spec, ramp, 0.0), plan)[..., : spec.channels]
    inside = slice(_RAMP_MARGIN * spec.scale, -_RAMP_MARGIN * spec.scale)
    rounded = np.rint(np.clip(result[inside, inside], 0, 1) * 65535)
    return float((np.diff(rounded, axis=1) < 0).mean())


def try_workers(spec: ModelSpec, device: str = "cpu") -> dict[int, float]:
    """Measure and store tiles per second by the number of workers that share the cores of the CPU.

    As many tiles run at once as for a large picture. On a GPU, one worker is measured, and the
    tiles are larger, and count as several of the side that is measured on a CPU.

    Raises ModelError where the model cannot be opened.

    Examples:
        >>> speeds = restorer.try_workers(restorer.model_spec("panet-denoise-lite"))
        >>> 1 in speeds
        True
    """
    predictor = _loaded(spec, device, known_precision(spec, device))
    side, batch = _planned(predictor)
    planes, plan = _check(spec, side, batch)
    tiles = batch * side**2 / calibration.check_side(spec) ** 2
    rates: dict[int, float] = {}
    workers, most = 1, torch.get_num_threads() if device == "cpu" else 1
    while workers <= most:
        with shared_threads(workers), ThreadPoolExecutor(workers) as pool:
            run = partial(predictor.run, planes, plan, batch=batch)
            for _ in range(2):  # the first round starts the threads
                start = time.perf_counter()
                for done in [pool.submit(run) for _ in range(_RUNS * workers)]:
                    done.result()
                rates[workers] = _RUNS * workers * tiles / (time.perf_counter() - start)
        workers *= 2
    calibration.store_rates(spec, _words(device), rates)
    return rates


def _words(device: str) -> list[str]:
    """Return the words that choose a device."""
    words = dict.fromkeys(("auto", device.split(":")[0], device))
    return [word for word in words if choose_device(word) == device]


def agreement_with_cpu(spec: ModelSpec, device: str) -> float:
    """Return the PSNR in dB between the float32 results of a device and the CPU; measured once.

    Infinite for networks that do not run without references, and those without a file.
    """
    if not (spec.runs_alone or spec.base) or not spec.weights.sha256:
        return math.inf
    key = _key(spec, device, "fp32", "agreement")
    found = calibration.load(key)
    if found is None:
        found = _agreement(spec, device)
        calibration.store(key, found)
    return float(found)


def check_picture(side: int) -> FloatArray:
    """Return a test picture (side, side, 3) of waves, an edge, a gradient and grain, white 1."""
    y, x = np.mgrid[:side, :side].astype(np.float32) / np.float32(side)
    waves = 0.15 * np.sin(60 * x**2) * np.cos(40 * y)
    disc = 0.3 * ((x - 0.4) ** 2 + (y - 0.5) ** 2 < 0.06)
    planes = np.stack([0.4 + waves + disc, 0.2 + 0.6 * x, 0.8 - 0.6 * y + waves], 2)
    grain = np.random.default_rng(0).normal(0, 0.02, planes.shape)
    return np.clip(planes + grain, 0, 1).astype(np.float32)


def _agreement(spec: ModelSpec, device: str) -> float:
    planes, plan = _check(spec)
    here, there = (
        np.clip(_loaded(spec, where, "fp32").run(planes, plan), 0, 1) for where in (device, "cpu")
    )
    return psnr(here, there, white=1)


def _loaded(spec: ModelSpec, device: str, precision: Precision) -> Predictor:
    return _as_run(Predictor.load(spec, device, precision))


def _as_run(predictor: Predictor) -> Predictor:
    """Return the network that runs on tiles: the merging half of a model with a base."""
    return merging(predictor) if predictor.spec.base else predictor


def _planned(predictor: Predictor) -> tuple[int, int]:
    """Return the side and the number of the tiles that keep a device busy."""
    spec, device = predictor.spec, predictor.device
    if predictor.runs_in_threads:
        return calibration.check_side(spec), cpu_threads()
    memory = tile_memory(predictor) if device.startswith("cuda") else None
    if memory is None:
        return calibration.check_side(spec), 1
    budget, largest = tile_budget(device), min(spec.tile.side, _LARGEST_CHECK)
    side = largest_side(memory, replace(spec.tile, side=largest), budget)
    return side, fitting_batch(memory, side**2, budget, LARGEST_BATCH)


def _check(spec: ModelSpec, side: int | None = None, batch: int = 1) -> tuple[FloatArray, TilePlan]:
    """Return the test picture, `batch` times, as input planes of a model, and a tile for each."""
    length = side or calibration.CHECK_SIDE
    planes = _with_level(spec, check_picture(length)[..., : spec.channels], 0.1)
    side = side or calibration.check_side(spec)
    plan = plan_tiles((length, length * batch), spec.tile, side=side, overlap=0)
    return np.tile(planes, (1, batch, 1)), plan


def _with_level(spec: ModelSpec, planes: FloatArray, level: float) -> FloatArray:
    """Return the input planes of a model: with a reference that shows the same, or a level."""
    if spec.base:
        planes = np.concatenate([planes, planes, np.ones_like(planes[..., :1])], axis=2)
    elif spec.condition:
        plane = np.full((*planes.shape[:2], 1), level, np.float32)
        planes = np.concatenate([planes, plane], axis=2)
    return np.ascontiguousarray(planes)


def _timed(run: Callable[[], FloatArray]) -> tuple[FloatArray, float]:
    """Return the result and the median time; the first run warms up, unless it takes long."""
    start = time.perf_counter()
    result = run()
    first = time.perf_counter() - start
    if first > 5:
        return result, first
    times = []
    for _ in range(_RUNS):
        start = time.perf_counter()
        run()
        times.append(time.perf_counter() - start)
    return result, statistics.median(times)


def _fit(predictor: Predictor) -> dict[str, float] | None:
    """Fit the memory of tiles of three sizes with coefficients that are not negative."""
    needs = predictor.spec.tile
    probes = [2 * s for s in _PROBE_SIDES] if needs.whole else _PROBE_SIDES  # nearer to a picture
    sides = sorted({round_up(max(s, needs.min_side), needs.multiple_of) for s in probes})
    planes = [_planes_of(predictor.spec, side) for side in sides]
    _runner(predictor, planes[0])()  # libraries prepare themselves, and keep what they need
    meter = MemoryMeter(predictor.device)
    peaks = [meter.own_peak(_runner(predictor, each)) for each in planes]
    if None in peaks or len(sides) < 3:
        return None
    pixels = np.array(sides, float) ** 2
    powers = [0, 1, 2] if predictor.spec.tile.global_context else [0, 1]
    while powers:
        matrix = np.stack([pixels**power for power in powers], 1)
        coefficients = np.linalg.lstsq(matrix, np.array(peaks, float), rcond=None)[0]
        if (coefficients >= 0).all():
            fit = dict(zip(powers, coefficients.tolist(), strict=True))
            return {name: fit.get(power, 0.0) for power, name in enumerate("abc")}
        powers.remove(max(p for p, c in zip(powers, coefficients, strict=True) if c < 0))
    return None  # memory that other threads free meanwhile can make every peak negative


def _planes_of(spec: ModelSpec, side: int) -> FloatArray:
    return np.random.default_rng(0).random((side, side, spec.planes), np.float32)


def _runner(predictor: Predictor, planes: FloatArray) -> Callable[[], object]:
    size = (planes.shape[0], planes.shape[1])
    plan = plan_tiles(size, predictor.spec.tile, side=len(planes), overlap=0)
    return lambda: predictor.run(planes, plan)


def _key(spec: ModelSpec, device: str, precision: str, kind: str) -> str:
    card = torch.cuda.get_device_name(device) if device.startswith("cuda") else platform.machine()
    return calibration.key(spec, device, kind, card, precision, torch.__version__)
