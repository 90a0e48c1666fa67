"""Traits of tasks; no other module compares task ids."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from restorer.models.catalog import list_models
from restorer.tasks import TASKS, named_task, usual_task

ROOT = Path(__file__).parents[2]
# Protocols and degradations are made for one task, and say which.
NAMERS = {"restorer/tasks.py", "restorer/evaluation/protocols.py"}
NAMERS |= {f"restorer/training/{name}.py" for name in ("degradations", "noisy_photo", "reference")}
SOURCES = [
    path
    for folder in ("restorer", "cli", "gui")
    for path in sorted((ROOT / folder).rglob("*.py"))
    if path.relative_to(ROOT).as_posix() not in NAMERS
]


@pytest.mark.parametrize("path", SOURCES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_other_module_contains_task_ids(path: Path) -> None:
    words = {
        node.value
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }
    assert not words & set(TASKS)


@pytest.mark.parametrize("spec", list_models(), ids=lambda spec: spec.id)
def test_the_models_of_a_task_agree_with_its_traits(spec) -> None:
    task = spec.traits
    assert task.enlarges == (spec.scale > 1)
    assert task.mosaic == ("bayer" in spec.trained_for)
    assert spec.condition in ("", task.condition)


def test_the_default_task_is_super_resolution() -> None:
    assert TASKS[usual_task()].enlarges
    assert not TASKS[usual_task()].needs_references
    assert TASKS[usual_task(references=True)].needs_references


@pytest.mark.parametrize(
    ("names", "task"),
    [
        (("NAFNet-SIDD-width64", "NAFNet"), "denoising"),
        (("NAFNet-REDS-width64", "NAFNet"), "deblurring"),
        (("005_colorDN_DFWB_s128w8_SwinIR-M_noise25", "SwinIR"), "denoising"),
        (("006_CAR_DFWB_s126w7_SwinIR-M_jpeg40", "SwinIR"), "deblocking"),
        (("single_image_defocus_deblurring", "Restormer"), "deblurring"),
        (("LOL_v1", "RetinexFormer"), "low-light"),
        (("net_g_latest", "MixDehazeNet"), "dehazing"),
        (("net_g_latest", "NAFNet"), "restoration"),
        (("1x_DeBlur_DeNoise", "FFTformer"), "restoration"),  # of two tasks at once
        (("cartoon-lollipop", "ESRGAN"), "restoration"),  # "car" and "lol" are parts of words
    ],
)
def test_the_name_of_a_network_of_one_size_tells_its_task(names, task) -> None:
    assert named_task(*names) == task
    assert not TASKS[task].enlarges
