"""``restore weights``: manage the weights in the user's folder."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from .stopping import stoppable
from .words import size, table, tell, tell_json

if TYPE_CHECKING:
    from restorer import CheckpointInfo, ModelSpec, OnnxModel

_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
_TARGET = click.Path(dir_okay=False, path_type=Path)
# Option, question and type of the setting that weights were trained for.
_SETTINGS: Mapping[str, tuple[str, str, type]] = {
    "sigma": ("--sigma", "noise level of the training, 0-255 scale", float),
    "jpeg_quality": ("--jpeg-quality", "JPEG quality of the training", int),
}


@click.group()
def weights() -> None:
    """Manage the weights of models."""


@weights.command()
@click.argument("file", type=_FILE)
@click.option("--id", help="Id for the model; the id of a catalog entry installs its weights.")
@click.option("--title", default="", help="Short description for `restore models`.")
@click.option("--task", default="", help="Task of the model, if the file does not show it.")
@click.option(
    "--sigma", type=click.FloatRange(0, 255), help="Noise level that the model was trained for."
)
@click.option(
    "--jpeg-quality",
    type=click.IntRange(1, 100),
    help="JPEG quality that the model was trained for.",
)
@click.option(
    "--bayer",
    type=click.Choice(["rggb", "grbg", "gbrg", "bggr"]),
    help="Bayer pattern that the model was trained for.  [default: grbg, as in the papers]",
)
@click.option("--license", default="", help="License of the weights, for `restore models`.")
@click.option(
    "--kind",
    type=click.Choice(["faithful", "generative"]),
    help="Whether the model is faithful or invents texture.  [default: by its network]",
)
def add(
    file: Path,
    id: str | None,
    title: str,
    task: str,
    sigma: float | None,
    jpeg_quality: int | None,
    bayer: str | None,
    license: str,
    kind: Literal["faithful", "generative"] | None,
) -> None:
    """Install a checkpoint as a model.

    The network is identified by the names and shapes of the tensors in the file; no code in it is
    run. The command asks for missing information unless you give it with the options.

    Weights do not show whether they were trained to invent texture, as with an adversarial loss
    (GAN). Most networks of other projects therefore count as generative unless you set --kind.
    """
    from restorer import add_weights, describe_model, identify_checkpoint

    found = identify_checkpoint(file)
    given = {"sigma": sigma, "jpeg_quality": jpeg_quality, "bayer": bayer}
    settings = {key: value for key, value in given.items() if value is not None}
    if id is not None and (entry := _catalog_entry(id)) is not None:
        _require_same(found, entry, file)
        spec = entry
    else:
        task = task or _ask_task(found)
        settings |= _ask_setting(found, task, settings)
        spec = describe_model(
            found,
            id=id or "",
            title=title,
            task=task,
            license=license,
            trained_for=settings,
            kind=kind,
        )
    installed = add_weights(spec, file)
    tell(
        f"{installed.id}: added; {_describe(found)}, {installed.task}, {installed.kind},"
        f" license {installed.license}"
    )
    if installed.kind == "generative" and kind is None:
        tell("it counts as generative, since its weights do not show that it invents no texture;")
        tell("if you know that, add it again with --kind faithful")
    tell(f"to use it: --model {installed.id}")


@weights.command()
@click.argument("file", type=_FILE)
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def inspect(file: Path, as_json: bool) -> None:
    """Identify a checkpoint, or explain why it cannot be used."""
    from restorer import identify_checkpoint

    found = identify_checkpoint(file)
    if as_json:
        tell_json(asdict(found))
        return
    rows = [
        ("network", f"{found.title}: {found.details}" if found.details else found.title),
        ("source", found.source),
        ("task", " or ".join(found.tasks)),
        ("scale", f"{found.scale}x"),
        ("kind", found.kind),
        ("channels", "gray" if found.channels == 1 else "RGB"),
        ("white", f"{found.peak:g}"),
        ("parameters", f"{found.parameters:,}"),
        ("license", found.license or "not stated in the file"),
        ("sha-256", found.sha256),
    ]
    if found.published:
        rows.append(("layout of", ", ".join(found.published)))
    tell(*table((str(file), ""), rows))
    named = f" --id {found.published[0]}" if len(found.published) == 1 else ""
    tell(f"to install it: restore weights add {file}{named}")


@weights.command()
@click.argument("models", nargs=-1, required=True, metavar="ID...")
@click.pass_context
def fetch(ctx: click.Context, models: tuple[str, ...]) -> None:
    """Download the weights of models.

    Interrupted downloads are resumed. If the weights can only be downloaded with a browser, the
    command prints the address and exits with 1. Restoring images never uses the network.
    """
    from restorer import model_spec, verify_weights

    missing = False
    for spec in [model_spec(model) for model in models]:
        if verify_weights(spec) == "ok":
            tell(f"{spec.id}: already installed")
        elif spec.weights.url or not spec.weights.page:
            _fetch(spec)
        else:
            missing = True
            tell(f"{spec.id}: can only be downloaded with a browser")
            tell(f"  1. download the file from {spec.weights.page}")
            tell(f"  2. restore weights add FILE --id {spec.id}")
            tell(f"  {spec.kind}; license {spec.license}; source {spec.source}")
    ctx.exit(1 if missing else 0)


@weights.command()
@click.argument("models", nargs=-1, metavar="[ID]...")
@click.pass_context
def verify(ctx: click.Context, models: tuple[str, ...]) -> None:
    """Check the size and SHA-256 of installed weights.

    Without IDs, all installed weights are checked.
    """
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
    """Delete the installed weights of a model."""
    from restorer import model_spec, remove_weights

    tell(f"{model}: removed {remove_weights(model_spec(model))}")


@weights.command()
@click.argument("model", metavar="ID")
@click.argument("file", type=_TARGET, required=False)
@click.option("--onnx", type=_TARGET, metavar="FILE", help="Write the whole model as ONNX (.onnx).")
@click.option(
    "--size",
    type=(int, int),
    metavar="HEIGHT WIDTH",
    help="Input size of the ONNX model.  [default: any size, or 64 64 if the network needs a"
    " fixed one]",
)
def export(model: str, file: Path | None, onnx: Path | None, size: tuple[int, int] | None) -> None:
    """Export a model's weights in the layout of its authors' code, or the model as ONNX.

    FILE must end in .pt, .pth or .safetensors, and must not exist yet. The ONNX file is compared
    with PyTorch before it is kept.
    """
    if file is None and onnx is None:
        raise click.UsageError("a FILE for the weights or --onnx FILE is required")
    if size is not None and onnx is None:
        raise click.UsageError("--size requires --onnx")
    if file is not None:
        from restorer import export_weights

        export_weights(model, file)
        tell(f"{file}: weights of {model}")
    if onnx is not None:
        from restorer import export_onnx

        _tell_onnx(export_onnx(model, onnx, size=size), model)


def _tell_onnx(written: OnnxModel, model: str) -> None:
    sides = f"any multiple of {written.multiple_of} from {written.min_side} on"
    if written.size is not None:
        sides = f"only {written.size[0]} x {written.size[1]}"
    tell(f"{written.path}: {model}, ONNX opset {written.opset}; height x width: {sides}")
    for check in written.checks:
        tell(
            f"  {check.size[0]} x {check.size[1]}: largest difference to PyTorch"
            f" {check.difference:.1e}, {check.psnr:.0f} dB"
        )


def _catalog_entry(model: str) -> ModelSpec | None:
    from restorer import list_models

    return next((spec for spec in list_models() if spec.id == model), None)


def _require_same(found: CheckpointInfo, entry: ModelSpec, file: Path) -> None:
    """Raise CheckpointError for a checkpoint that does not fit the network of the entry."""
    from restorer import CheckpointError, fits_model

    if entry.weights.embedded:
        raise CheckpointError(f"{entry.id}: is an included model; choose another --id")
    if entry.weights.package:
        raise CheckpointError(
            f"{entry.id}: is in the package {entry.weights.package}; choose another --id"
        )
    if not (entry.weights.page or entry.weights.url):
        raise CheckpointError(
            f"{entry.id}: already exists; choose another --id, or remove it first"
            f" (restore weights remove {entry.id})"
        )
    if not fits_model(found, entry):
        raise CheckpointError(
            f"{file}: is {_describe(found)}; {entry.id} requires"
            f" {entry.architecture} {dict(entry.params)}"
        )


def _describe(found: CheckpointInfo) -> str:
    return f"{found.title} ({found.details})" if found.details else found.title


def _ask_task(found: CheckpointInfo) -> str:
    """Return the task; ask if the file fits several of our own."""
    if len(found.tasks) == 1:
        return found.tasks[0]
    if found.architecture in ("spandrel", "ncnn"):
        others = ", ".join(found.tasks[1:])
        tell(f"task {found.tasks[0]}, by its name; if it is another one, --task: {others}")
        return found.tasks[0]
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"--task is required: the file is {_describe(found)}, which fits"
            f" {', '.join(found.tasks)}"
        )
    answer: str = click.prompt("task", type=click.Choice(found.tasks))
    return answer


def _ask_setting(found: CheckpointInfo, task: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the noise level or quality of the training, unless the network takes any value."""
    from restorer import missing_setting

    key = missing_setting(found, task)
    if not key or key in given:
        return {}
    option, question, kind = _SETTINGS[key]
    if not sys.stdin.isatty():
        raise click.UsageError(
            f"{option} is required: weights of {found.title} are trained for one value"
        )
    return {key: click.prompt(question, type=kind)}


def _fetch(spec: ModelSpec) -> None:
    from restorer import Cancelled, CancelToken, fetch_model

    cancel = CancelToken()
    with _byte_bar(spec.id) as on_bytes, stoppable("this block", cancel.cancel):
        try:
            installed = fetch_model(spec, on_bytes=on_bytes, cancel=cancel)
        except Cancelled as error:
            raise Cancelled(f"{spec.id}: stopped; run the command again to resume") from error
    tell(f"{spec.id}: {size(installed.weights.size)}, SHA-256 {installed.weights.sha256}")
    tell(f"  {spec.kind}; license {spec.license}; source {spec.source}")


@contextmanager
def _byte_bar(name: str) -> Iterator[Callable[[int, int], None]]:
    """Show bytes, speed and remaining time, only on a terminal."""
    from tqdm import tqdm

    with tqdm(
        desc=name, unit="B", unit_scale=True, disable=not sys.stderr.isatty(), leave=False
    ) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total or None
            bar.update(done - bar.n)

        yield show
