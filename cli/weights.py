"""``restore weights``: bring checkpoints into the user's store, explain them, take them out."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .stopping import stoppable
from .words import size, table, tell

if TYPE_CHECKING:
    from restorer import CheckpointInfo, ModelSpec

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
# What the weights are for: option, question, and the kind of number.
_SETTINGS: Mapping[str, tuple[str, str, type]] = {
    "sigma": ("--sigma", "noise level that it was trained for, 0-255 scale", float),
    "jpeg_quality": ("--jpeg-quality", "JPEG quality that it was trained for", int),
}


@click.group()
def weights() -> None:
    """Add, fetch, explain, verify and remove the weights of models."""


@weights.command()
@click.argument("file", type=_FILE)
@click.option("--id", help="Name of the model; that of a catalog entry makes it that model.")
@click.option("--title", default="", help="What it is good at.")
@click.option("--task", default="", help="What it is for, where the file does not tell.")
@click.option("--sigma", type=click.FloatRange(0, 255), help="Noise level it was trained for.")
@click.option("--jpeg-quality", type=click.IntRange(1, 100), help="Quality it was trained for.")
@click.option(
    "--bayer",
    type=click.Choice(["rggb", "grbg", "gbrg", "bggr"]),
    help="Mosaic it was trained for.  [default: grbg, the papers']",
)
@click.option("--license", default="", help="License of the weights, for `restore models`.")
def add(
    file: Path,
    id: str | None,
    title: str,
    task: str,
    sigma: float | None,
    jpeg_quality: int | None,
    bayer: str | None,
    license: str,
) -> None:
    """Make a checkpoint a model like any other.

    The network is told by the names and shapes in the file, of which nothing is run. What they
    cannot tell is asked for, or given by options.
    """
    from restorer import add_weights, describe_model, identify_checkpoint

    found = identify_checkpoint(file)
    told = {"sigma": sigma, "jpeg_quality": jpeg_quality, "bayer": bayer}
    settings = {key: value for key, value in told.items() if value is not None}
    if id is not None and (entry := _catalog_entry(id)) is not None:
        _require_same(found, entry, file)
        spec = entry
    else:
        task = task or _ask_task(found)
        settings |= _ask_setting(found, task, settings)
        spec = describe_model(
            found, id=id or "", title=title, task=task, license=license, trained_for=settings
        )
    installed = add_weights(spec, file)
    tell(f"{installed.id}: added; {_trait(found)}, {installed.task}, license {installed.license}")
    tell(f"use it with: --model {installed.id}")


@weights.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Say what a checkpoint is, or why it cannot be used."""
    from restorer import identify_checkpoint

    found = identify_checkpoint(file)
    if as_json:
        tell(json.dumps(asdict(found), indent=2))
        return
    rows = [
        ("network", f"{found.title}: {found.details}" if found.details else found.title),
        ("source", found.source),
        ("task", " or ".join(found.tasks)),
        ("scale", f"{found.scale}x"),
        ("channels", "gray" if found.channels == 1 else "RGB"),
        ("white", f"{found.peak:g}"),
        ("parameters", f"{found.parameters:,}"),
        ("license", found.license or "not in the file; ask where it came from"),
        ("sha-256", found.sha256),
    ]
    if found.published:
        rows.append(("layout of", ", ".join(found.published)))
    tell(table((str(file), ""), rows))
    named = f" --id {found.published[0]}" if len(found.published) == 1 else ""
    tell(f"add it with: restore weights add {file}{named}")


@weights.command()
@click.argument("models", nargs=-1, required=True, metavar="ID...")
@click.pass_context
def fetch(ctx: click.Context, models: tuple[str, ...]) -> None:
    """Download the weights of models; a download that was cut goes on.

    Nothing else in this program uses the network. Weights that only a browser can get are named
    with their address, and the exit code is 1.
    """
    from restorer import model_spec, verify_weights

    missing = False
    for spec in [model_spec(model) for model in models]:
        if verify_weights(spec) == "ok":
            tell(f"{spec.id}: is here already")
        elif spec.weights.url or not spec.weights.page:
            _fetch(spec)
        else:
            missing = True
            tell(f"{spec.id}: its host hands files to browsers only")
            tell(f"  1. download the file from {spec.weights.page}")
            tell(f"  2. restore weights add FILE --id {spec.id}")
            tell(f"  license {spec.license}; source {spec.source}")
    ctx.exit(1 if missing else 0)


@weights.command()
@click.argument("models", nargs=-1, metavar="[ID]...")
@click.pass_context
def verify(ctx: click.Context, models: tuple[str, ...]) -> None:
    """Check size and SHA-256 of all installed weights, or of those named."""
    from restorer import list_models, model_spec, verify_weights

    specs = [model_spec(model) for model in models] or list_models()
    states = {spec.id: verify_weights(spec) for spec in specs}
    wrong = ("corrupt", "absent") if models else ("corrupt",)
    for model, state in states.items():
        if models or state != "absent":
            tell(f"{model}: {state}")
    ctx.exit(1 if any(state in wrong for state in states.values()) else 0)


@weights.command()
@click.argument("model", metavar="ID")
def remove(model: str) -> None:
    """Delete a model's weights from the store."""
    from restorer import model_spec, remove_weights

    tell(f"{model}: removed {remove_weights(model_spec(model))}")


@weights.command()
@click.argument("model", metavar="ID")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
def export(model: str, file: Path) -> None:
    """Write a model's weights in the layout that the authors' own code loads.

    FILE ends in .pt, .pth or .safetensors and must not exist.
    """
    from restorer import export_weights

    export_weights(model, file)
    tell(f"{file}: weights of {model}")


def _catalog_entry(model: str) -> ModelSpec | None:
    from restorer import list_models

    return next((spec for spec in list_models() if spec.id == model), None)


def _require_same(found: CheckpointInfo, entry: ModelSpec, file: Path) -> None:
    """Refuse a checkpoint that is not of the network of the entry whose weights it is to be."""
    from restorer import CheckpointError, fits_model

    if entry.weights.embedded:
        raise CheckpointError(
            f"{entry.id}: ships with the program; give the new model another --id"
        )
    if not (entry.weights.page or entry.weights.url):
        raise CheckpointError(
            f"{entry.id}: is taken; remove it first (restore weights remove {entry.id}), or give"
            " the new model another --id"
        )
    if not fits_model(found, entry):
        raise CheckpointError(
            f"{file}: is {_trait(found)}, not what {entry.id} needs"
            f" ({entry.architecture} {dict(entry.params)})"
        )


def _trait(found: CheckpointInfo) -> str:
    return f"{found.title} ({found.details})" if found.details else found.title


def _ask_task(found: CheckpointInfo) -> str:
    """Return the task, which the file may leave open."""
    if len(found.tasks) == 1:
        return found.tasks[0]
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"--task: the file is {_trait(found)}, which may be for {', '.join(found.tasks)}"
        )
    answer: str = click.prompt("what is it for", type=click.Choice(found.tasks))
    return answer


def _ask_setting(found: CheckpointInfo, task: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the noise level or quality that the network is for, unless it is told each time."""
    from restorer import missing_setting

    key = missing_setting(found, task)
    if not key or key in given:
        return {}
    option, question, kind = _SETTINGS[key]
    if not sys.stdin.isatty():
        raise click.UsageError(f"{option}: {found.title} is made for one value each; say which")
    return {key: click.prompt(question, type=kind)}


def _fetch(spec: ModelSpec) -> None:
    from restorer import Cancelled, CancelToken, fetch_model

    cancel = CancelToken()
    with _byte_bar(spec.id) as on_bytes, stoppable("these bytes", cancel.cancel):
        try:
            installed = fetch_model(spec, on_bytes=on_bytes, cancel=cancel)
        except Cancelled as error:
            raise Cancelled(f"{spec.id}: stopped; run again to go on") from error
    tell(f"{spec.id}: {size(installed.weights.size)}, SHA-256 {installed.weights.sha256}")
    tell(f"  license {spec.license}; source {spec.source}")


@contextmanager
def _byte_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show bytes, speed and the time that is left, on a terminal only."""
    from tqdm import tqdm

    with tqdm(
        desc=name, unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield show
