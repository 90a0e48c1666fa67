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

import os
from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from restorer.batch import (
        Batch,
        Ignored,
        number_targets,
        plan_jobs,
        plan_sources,
        target_name,
        without_results,
    )
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
        speed_class,
        weights_folder,
    )
    from restorer.compare import Sample, compare_models, detailed_region
    from restorer.devices import available_devices
    from restorer.display import Display, to_display
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
    from restorer.explanation import ReferenceMaps, ReferenceRank, TextureSource
    from restorer.formats import (
        DEFAULT_MAX_PIXELS,
        FORMATS,
        SUFFIXES,
        Header,
        Shooting,
        probe,
        profile_name,
        read,
        read_shooting,
        write,
    )
    from restorer.image import Image, Metadata
    from restorer.jobs import CancelToken, Event, Job, Progress, Result, RunPlan, Settings, Step
    from restorer.journal import dump_jobs, journal_line, load_jobs, read_journal
    from restorer.looking import Look, LookLevel, LookMatch, look
    from restorer.metrics import psnr, psnr_luma, ssim
    from restorer.noise import estimate_sigma
    from restorer.picture import UNCOMPRESSED, Picture
    from restorer.pipeline import (
        check_job,
        estimate_run,
        export_weights,
        fetch_model,
        open_model,
        release_models,
        restore,
        restore_region,
        run_job,
    )
    from restorer.presets import presets_file, read_presets, write_preset
    from restorer.recognition import (
        Recognition,
        describe_model,
        fits_model,
        recognise,
        untold_setting,
    )
    from restorer.references import (
        Reference,
        check_references,
        choose_references,
        open_references,
        pair_references,
        refer_jobs,
    )
    from restorer.store import (
        add_weights,
        fetch_weights,
        remove_weights,
        verify_weights,
        weights_path,
        weights_state,
    )
    from restorer.strength import STRENGTH_REACH, Change, at_strength, split_change
    from restorer.tasks import TASKS, Task, default_model
    from restorer.tiling import ChopRule, Region, TileNeeds

__version__ = "0.1.0"

# Read at MKL's first product: pixels then do not depend on the number of threads. It costs no time.
os.environ.setdefault("MKL_CBWR", "AUTO,STRICT")
# Read when GNU OpenMP is loaded: how often a thread that waits for others looks before it sleeps.
# The usual 300,000 is a few milliseconds at each of thousands of operations where other programs
# have a core; a thirtieth of it is enough where they have none. See docs/benchmarks.md.
os.environ.setdefault("GOMP_SPINCOUNT", "10000")

# Public name -> the module that has it; the imports above say the same to type checkers.
_HOMES = {
    "batch": (
        "Batch",
        "Ignored",
        "number_targets",
        "plan_jobs",
        "plan_sources",
        "target_name",
        "without_results",
    ),
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
        "speed_class",
        "weights_folder",
    ),
    "compare": ("Sample", "compare_models", "detailed_region"),
    "devices": ("available_devices",),
    "display": (
        "Display",
        "to_display",
    ),
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
    "explanation": ("ReferenceMaps", "ReferenceRank", "TextureSource"),
    "formats": (
        "DEFAULT_MAX_PIXELS",
        "FORMATS",
        "SUFFIXES",
        "Header",
        "Shooting",
        "probe",
        "profile_name",
        "read",
        "read_shooting",
        "write",
    ),
    "image": ("Image", "Metadata"),
    "jobs": ("CancelToken", "Event", "Job", "Progress", "Result", "RunPlan", "Settings", "Step"),
    "journal": ("dump_jobs", "journal_line", "load_jobs", "read_journal"),
    "looking": (
        "Look",
        "LookLevel",
        "LookMatch",
        "look",
    ),
    "noise": ("estimate_sigma",),
    "metrics": ("psnr", "psnr_luma", "ssim"),
    "picture": ("UNCOMPRESSED", "Picture"),
    "pipeline": (
        "check_job",
        "estimate_run",
        "export_weights",
        "fetch_model",
        "open_model",
        "release_models",
        "restore",
        "restore_region",
        "run_job",
    ),
    "presets": ("presets_file", "read_presets", "write_preset"),
    "recognition": (
        "Recognition",
        "describe_model",
        "fits_model",
        "recognise",
        "untold_setting",
    ),
    "references": (
        "Reference",
        "check_references",
        "choose_references",
        "open_references",
        "pair_references",
        "refer_jobs",
    ),
    "store": (
        "add_weights",
        "fetch_weights",
        "remove_weights",
        "verify_weights",
        "weights_path",
        "weights_state",
    ),
    "strength": (
        "Change",
        "STRENGTH_REACH",
        "at_strength",
        "split_change",
    ),
    "tasks": ("TASKS", "Task", "default_model"),
    "tiling": (
        "ChopRule",
        "Region",
        "TileNeeds",
    ),
}
_MODULES = {name: module for module, names in _HOMES.items() for name in names}

__all__ = [  # noqa: PLE0604, RUF022, RUF100  kept sorted by a test
    "Batch",
    "CancelToken",
    "Cancelled",
    "Change",
    "CheckpointError",
    "ChopRule",
    "DEFAULT_MAX_PIXELS",
    "Display",
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
    "Look",
    "LookLevel",
    "LookMatch",
    "Metadata",
    "ModelError",
    "ModelSpec",
    "OutOfMemoryError",
    "Picture",
    "PrecisionTrial",
    "Progress",
    "Recognition",
    "Reference",
    "ReferenceMaps",
    "ReferenceRank",
    "Region",
    "RestorerError",
    "Result",
    "RunPlan",
    "STRENGTH_REACH",
    "SUFFIXES",
    "Sample",
    "Settings",
    "SettingsError",
    "Shooting",
    "Speed",
    "Step",
    "TASKS",
    "TargetExistsError",
    "Task",
    "TextureSource",
    "TileMemory",
    "TileNeeds",
    "UNCOMPRESSED",
    "UnknownModelError",
    "WeightsError",
    "WeightsFile",
    "__version__",
    "add_weights",
    "at_strength",
    "available_devices",
    "check_job",
    "check_references",
    "choose_references",
    "compare_models",
    "default_model",
    "describe_model",
    "detailed_region",
    "dump_jobs",
    "estimate_run",
    "estimate_sigma",
    "export_weights",
    "fetch_model",
    "fetch_weights",
    "fits_model",
    "journal_line",
    "list_models",
    "load_jobs",
    "look",
    "measure_speed",
    "model_family",
    "model_spec",
    "number_targets",
    "open_model",
    "open_references",
    "pair_references",
    "plan_jobs",
    "plan_sources",
    "presets_file",
    "probe",
    "profile_name",
    "psnr",
    "psnr_luma",
    "read",
    "read_journal",
    "read_presets",
    "read_shooting",
    "recognise",
    "refer_jobs",
    "release_models",
    "remove_weights",
    "restore",
    "restore_region",
    "run_job",
    "run_jobs",
    "speed_class",
    "split_change",
    "ssim",
    "target_name",
    "tile_memory",
    "to_display",
    "try_precisions",
    "try_workers",
    "untold_setting",
    "verify_weights",
    "weights_folder",
    "weights_path",
    "weights_state",
    "without_results",
    "write",
    "write_preset",
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
