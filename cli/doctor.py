"""``restore doctor``: check the installation and measure the machine."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterator
from importlib import import_module, metadata
from typing import TYPE_CHECKING

import click

from .words import duration, size, tell, warn

if TYPE_CHECKING:
    from restorer import ModelSpec

# Distribution and module names: an installed library may fail to load, for example without libGL.
_LIBRARIES = {
    "torch": "torch",
    "numpy": "numpy",
    "pillow": "PIL",
    "tifffile": "tifffile",
    "imagecodecs": "imagecodecs",
    "opencv-python-headless": "cv2",
    "safetensors": "safetensors",
    "PySide6-Essentials": "PySide6.QtWidgets",
}
_LARGEST_TILE = 512  # whose memory is told; models may take whole pictures
_OPTIONAL = {"PySide6-Essentials"}
_BUSY = 0.75  # load of a core from which measurements are doubted


@click.command()
@click.option(
    "--verify",
    is_flag=True,
    help="Only compare all installed files, including the weights, with the hashes recorded at"
    " installation.",
)
@click.pass_context
def doctor(ctx: click.Context, verify: bool) -> None:
    """Check the installation and measure the speed of this machine.

    For every installed model, the command finds the fastest number format that agrees with float32
    to 50 dB; `--precision auto` and `--jobs auto` use these measurements. Run it while the machine
    is otherwise idle. Include the output in bug reports. The exit code is 1 if there is a problem.
    """
    from .installation import version_lines

    tell(*version_lines())
    if verify:
        ctx.exit(_verify_files())
    tell(f"on {platform.platform()}")
    problems = [*_check_libraries()]
    _show_machine()
    _warn_if_busy()
    problems += _check_models()
    tell(f"problems: {', '.join(problems)}" if problems else "no problems found")
    ctx.exit(1 if problems else 0)


def _verify_files() -> int:
    """Compare the installed files and the weights of the user with their hashes."""
    from restorer import list_models, weights_state

    from .installation import find_damage

    source, count, problems = find_damage()
    states = {spec.id: weights_state(spec) for spec in list_models()}
    problems += [f"changed: weights of {id}" for id, state in states.items() if state == "corrupt"]
    weights = sum(state in ("embedded", "installed") for state in states.values())
    tell(*problems)
    tell(f"{count} files of {source} and the weights of {weights} models, {len(problems)} problems")
    return 1 if problems else 0


def _check_libraries() -> Iterator[str]:
    """Print each version and yield the libraries that are missing or do not load."""
    for name, module in _LIBRARIES.items():
        try:
            import_module(module)
            tell(f"{name} {metadata.version(name)}")
        except metadata.PackageNotFoundError:  # loads, but from another distribution
            tell(f"{name}: unknown version, from another package")
        except (ImportError, OSError) as error:  # OSError: a DLL is missing
            installed = _installed(name)
            tell(f"{name}: cannot be loaded: {error}" if installed else f"{name}: not installed")
            if installed or name not in _OPTIONAL:
                yield name


def _installed(name: str) -> bool:
    try:
        return bool(metadata.version(name))
    except metadata.PackageNotFoundError:
        return False


def _show_machine() -> None:
    from restorer import available_devices

    threads = import_module("torch").get_num_threads()
    tell(f"{os.cpu_count()} CPUs, {threads} torch threads, {_memory()}")
    tell(f"devices: {', '.join(available_devices())}")


def _warn_if_busy() -> None:
    """Say that other programs use the cores, which would be measured along with the models."""
    try:
        load, cores = os.getloadavg()[0], os.cpu_count() or 1
    except (AttributeError, OSError):  # not on every system
        return
    if load > cores * _BUSY:
        warn(
            f"the machine is busy (load {load:.1f} on {cores} cores): speeds and the number of"
            " jobs will be wrong; run this again when it is idle"
        )


def _memory() -> str:
    try:
        page = os.sysconf("SC_PAGE_SIZE") / 1e9
        free, total = (page * os.sysconf(f"SC_{kind}PHYS_PAGES") for kind in ("AV", ""))
    except (AttributeError, OSError, ValueError):  # not on every system
        return "memory unknown"
    return f"{free:.1f} of {total:.1f} GB memory free"


def _check_models() -> Iterator[str]:
    """Verify all weights, run all installed models on all devices, and yield problems."""
    from restorer import available_devices, list_models, weights_state

    states = [(spec, weights_state(spec)) for spec in list_models()]
    for spec, found in states:
        if found in ("fetch", "browser"):
            continue
        tell(f"{spec.id}: weights {found}")
        if found in ("corrupt", "absent"):
            yield f"weights of {spec.id}"
        else:
            for device in available_devices():
                problem = _find_problem(spec, device)
                if problem:
                    yield f"{spec.id} on {device}"
                elif spec.runs_alone:
                    _measure(spec, device)
    others = sum(found in ("fetch", "browser") for _, found in states)
    tell(f"{others} more models are available, see `restore models`")


def _measure(spec: ModelSpec, device: str) -> None:
    """Measure and print the precision, the number of workers and the memory of a model."""
    from restorer import load, tile_memory, try_precisions, try_workers

    for trial in try_precisions(spec, device):
        depths = [f"{bits} bit" for bits in (8, 16) if trial.chosen(bits)]
        verdict = f"used for {' and '.join(depths)}" if depths else "not used"
        tell(
            f"    {trial.precision}: agrees with fp32 to {trial.psnr:.1f} dB,"
            f" {trial.reversed:.1%} of a 16-bit ramp runs backwards,"
            f" {trial.speedup:.1f}x as fast, {verdict}"
        )
    rates = try_workers(spec, device)
    if device == "cpu":
        several = ", ".join(f"{n} at a time {rate / rates[1]:.2f}x" for n, rate in rates.items())
        tell(f"    images: {several}")
    memory = tile_memory(load(spec.id, device=device), again=True)
    if memory is not None:
        side = min(spec.tile.side, _LARGEST_TILE)
        tell(f"    a tile of {side} x {side} takes {size(memory.bytes_for(side**2))}")


def _find_problem(spec: ModelSpec, device: str) -> str:
    """Restore a small image, print the outcome, and return the problem or ''."""
    import numpy as np

    from restorer import Image, RestorerError, Settings, restore

    planes = 1 if spec.traits.mosaic else 3
    pixels = np.random.default_rng(0).random((32, 32, planes), np.float32)
    start = time.monotonic()
    try:
        image = Image(pixels)
        references = [image] if spec.traits.needs_references else []
        settings = Settings(device=device)
        restored = restore(image, spec.id, references=references, settings=settings)
        problem = (
            "" if np.isfinite(restored.pixels).all() else "the result contains NaN or infinity"
        )
    except (RestorerError, RuntimeError) as error:  # RuntimeError: from a broken driver
        problem = str(error)
    tell(f"  on {device}: {problem or 'ok, ' + duration(time.monotonic() - start)}")
    return problem
