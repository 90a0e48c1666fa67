"""Restore photographs: super-resolution and denoising with attention networks, tiled, offline.

::

    import restorer

    image = restorer.read(Path("noisy.jpg"))
    restorer.write(restorer.restore(image, "panet-denoise-lite"), Path("clean.jpg"))

    batch = restorer.plan_jobs(Path("in"), Path("out"), ["panet-sr-x2-lite"])
    for event in restorer.run_jobs(batch.jobs):
        print(event)

Names are loaded at first use, so that importing the package costs nothing; torch comes with
`open_model`, `restore` and `run_jobs`.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restorer.batch import Batch, Ignored, plan_jobs, target_name
    from restorer.bench import Speed, measure_speed
    from restorer.calibration import (
        PrecisionTrial,
        TileMemory,
        tile_memory,
        try_precisions,
        try_workers,
    )
    from restorer.catalog import (
        Family,
        ModelSpec,
        WeightsFile,
        list_models,
        model_family,
        model_spec,
        weights_folder,
    )
    from restorer.devices import available_devices
    from restorer.engines import ENGINES, run_jobs
    from restorer.errors import (
        Cancelled,
        CheckpointError,
        ImageError,
        ImageFormatError,
        ImageTooLargeError,
        ImageWriteError,
        InferenceError,
        InvalidOutputError,
        ModelError,
        OutOfMemoryError,
        RestorerError,
        SettingsError,
        TargetExistsError,
        UnknownModelError,
        WeightsError,
    )
    from restorer.formats import DEFAULT_MAX_PIXELS, FORMATS, SUFFIXES, Header, probe, read, write
    from restorer.image import Image, Metadata
    from restorer.jobs import CancelToken, Event, Job, Progress, Result, RunPlan, Settings, Step
    from restorer.metrics import psnr, psnr_luma, ssim
    from restorer.noise import estimate_sigma
    from restorer.pipeline import (
        check_job,
        estimate_run,
        export_weights,
        open_model,
        restore,
        run_job,
    )
    from restorer.recognition import Recognition, describe_model, recognise
    from restorer.store import (
        add_weights,
        fetch_weights,
        remove_weights,
        verify_weights,
        weights_path,
    )
    from restorer.tasks import TASKS, Task, default_model
    from restorer.tiling import ChopRule, TileNeeds

__version__ = "0.1.0"

# Public name -> the module that has it; the imports above say the same to type checkers.
_HOMES = {
    "batch": ("Batch", "Ignored", "plan_jobs", "target_name"),
    "bench": ("Speed", "measure_speed"),
    "calibration": (
        "PrecisionTrial",
        "TileMemory",
        "tile_memory",
        "try_precisions",
        "try_workers",
    ),
    "catalog": (
        "Family",
        "ModelSpec",
        "WeightsFile",
        "list_models",
        "model_family",
        "model_spec",
        "weights_folder",
    ),
    "devices": ("available_devices",),
    "engines": ("ENGINES", "run_jobs"),
    "errors": (
        "Cancelled",
        "CheckpointError",
        "ImageError",
        "ImageFormatError",
        "ImageTooLargeError",
        "ImageWriteError",
        "InferenceError",
        "InvalidOutputError",
        "ModelError",
        "OutOfMemoryError",
        "RestorerError",
        "SettingsError",
        "TargetExistsError",
        "UnknownModelError",
        "WeightsError",
    ),
    "formats": ("DEFAULT_MAX_PIXELS", "FORMATS", "SUFFIXES", "Header", "probe", "read", "write"),
    "image": ("Image", "Metadata"),
    "jobs": ("CancelToken", "Event", "Job", "Progress", "Result", "RunPlan", "Settings", "Step"),
    "noise": ("estimate_sigma",),
    "metrics": ("psnr", "psnr_luma", "ssim"),
    "pipeline": ("check_job", "estimate_run", "export_weights", "open_model", "restore", "run_job"),
    "recognition": ("Recognition", "describe_model", "recognise"),
    "store": (
        "add_weights",
        "fetch_weights",
        "remove_weights",
        "verify_weights",
        "weights_path",
    ),
    "tasks": ("TASKS", "Task", "default_model"),
    "tiling": ("ChopRule", "TileNeeds"),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604, RUF022, RUF100  kept sorted by a test
    "Batch",
    "CancelToken",
    "Cancelled",
    "CheckpointError",
    "ChopRule",
    "DEFAULT_MAX_PIXELS",
    "ENGINES",
    "Event",
    "FORMATS",
    "Family",
    "Header",
    "Ignored",
    "Image",
    "ImageError",
    "ImageFormatError",
    "ImageTooLargeError",
    "ImageWriteError",
    "InferenceError",
    "InvalidOutputError",
    "Job",
    "Metadata",
    "ModelError",
    "ModelSpec",
    "OutOfMemoryError",
    "PrecisionTrial",
    "Progress",
    "Recognition",
    "RestorerError",
    "Result",
    "RunPlan",
    "SUFFIXES",
    "Settings",
    "SettingsError",
    "Speed",
    "Step",
    "TASKS",
    "TargetExistsError",
    "Task",
    "TileMemory",
    "TileNeeds",
    "UnknownModelError",
    "WeightsError",
    "WeightsFile",
    "__version__",
    "add_weights",
    "available_devices",
    "check_job",
    "default_model",
    "describe_model",
    "estimate_run",
    "estimate_sigma",
    "export_weights",
    "fetch_weights",
    "list_models",
    "measure_speed",
    "model_family",
    "model_spec",
    "open_model",
    "plan_jobs",
    "probe",
    "psnr",
    "psnr_luma",
    "read",
    "recognise",
    "remove_weights",
    "restore",
    "run_job",
    "run_jobs",
    "ssim",
    "target_name",
    "tile_memory",
    "try_precisions",
    "try_workers",
    "verify_weights",
    "weights_folder",
    "weights_path",
    "write",
]


def __getattr__(name: str) -> Any:
    """Import a public name from its module at first use."""
    if name not in _MODULES:
        raise AttributeError(f"module 'restorer' has no attribute {name!r}")
    value = getattr(import_module(f"restorer.{_MODULES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names, loaded or not."""
    return __all__
