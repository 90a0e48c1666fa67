"""Loaded models: opened, shared, released, fetched and exported."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from restorer.errors import RestorerError, SettingsError
from restorer.inference.autotune import GATE_DB, agreement_with_cpu, known_precision
from restorer.inference.devices import check_precision, choose_device, free_cache
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec, model_spec
from restorer.models.checkpoint import write_state
from restorer.models.identify import describe_model, identify_checkpoint
from restorer.models.store import fetch_weights, remove_weights
from restorer.networks import PublishedNetwork
from restorer.settings import CancelToken, OnTick, Settings


def open_model(
    model: ModelSpec | str | Path,
    *,
    device: str = "auto",
    precision: str = "auto",
    bits: int | None = None,
    task: str | None = None,
) -> Predictor:
    """Return a model, ready to run; models of the catalog are loaded once and shared.

    A path is that of a checkpoint, which is identified by its names and shapes; see
    `identify_checkpoint` and `describe_model`. `task` decides where that leaves several tasks open;
    by default the likeliest is taken. The precision ``auto`` is the fastest one that passed
    `try_precisions` on this machine for images of `bits` bits, and float32 before. With `bits`
    None, each image decides by its own depth; see `suited`. A model on Apple's ``mps``, some of
    whose operators are known to be wrong, is compared with the CPU once before it runs there.

    Raises UnknownModelError, WeightsError, CheckpointError, or SettingsError (no such device).
    """
    where, how = choose_device(device), check_precision(precision)
    if isinstance(model, Path):
        found = identify_checkpoint(model)
        spec = describe_model(found, task=task or found.tasks[0])
        return Predictor.from_checkpoint(spec, model, where, how or "fp32")
    spec = model_spec(model) if isinstance(model, str) else model
    if where == "mps" and (agreement := agreement_with_cpu(spec, where)) < GATE_DB:
        raise SettingsError(
            f"device mps: computes {spec.id} wrongly ({agreement:.1f} dB to the CPU); use cpu"
        )
    if isinstance(model, ModelSpec):
        predictor = Predictor.load(spec, where, "fp32")
    else:
        predictor = _shared(spec.id, spec.weights.sha256, where)
    if how is not None:
        return predictor.at(how)
    return predictor.at(known_precision(spec, where, bits or 8), automatic=bits is None)


def suited(predictor: Predictor, bits: int) -> Predictor:
    """Return a model with a precision for images of this depth; an explicit one stays."""
    if not predictor.automatic:
        return predictor
    return predictor.at(known_precision(predictor.spec, predictor.device, bits))


def estimate_run(
    model: str, size: tuple[int, int], settings: Settings | None = None
) -> tuple[float, int]:
    """Estimate the time in seconds of a picture of (height, width) in context ``whole``.

    Stages of the network run on small regions, for a few seconds in all; the estimate is good to a
    factor of two. Also returns the bytes of the feature maps, in memory and on the disk.

    Raises the errors of `open_model`, and SettingsError for a network without stages.

    Examples:
        >>> seconds, size_bytes = restorer.estimate_run("panet-denoise-lite", (48, 64))
        >>> seconds > 0
        True
    """
    settings = settings or Settings()
    predictor = open_model(model, device=settings.device, precision=settings.precision)
    return predictor.estimate_whole(size, memory_bytes=settings.memory)


def fetch_model(
    spec: ModelSpec, *, on_bytes: OnTick | None = None, cancel: CancelToken | None = None
) -> ModelSpec:
    """Download the weights of a model and keep them only if they load into it.

    Raises WeightsError, CheckpointError, Cancelled; see `fetch_weights`.

    Examples:
        >>> spec = restorer.model_spec("panet-sr-x2-lite")
        >>> spec = restorer.fetch_model(spec)  # nothing to do: it is included
        >>> spec.id
        'panet-sr-x2-lite'
    """
    installed = fetch_weights(spec, on_bytes=on_bytes, cancel=cancel)
    try:
        open_model(installed, device="cpu")
    except RestorerError:
        remove_weights(installed)
        raise
    return installed


def release_models() -> None:
    """Drop the shared models, so that their memory is free once nobody uses them.

    Examples:
        >>> predictor = restorer.open_model("panet-sr-x2-lite")
        >>> del predictor
        >>> restorer.release_models()
    """
    _shared.cache_clear()
    free_cache()


def export_weights(model: str, target: Path | str) -> None:
    """Write the weights of a model as its authors store them, whole or not at all.

    Args:
        model: Its weights must be installed.
        target: ``.safetensors``, or ``.pt`` or ``.pth`` for a pickled state dict; must not exist.

    Raises UnknownModelError, WeightsError, CheckpointError, SettingsError (no such suffix).

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> restorer.identify_checkpoint(Path("x2.pth")).scale
        2
    """
    network = open_model(model, device="cpu").network
    if not isinstance(network, PublishedNetwork):
        raise SettingsError(f"{model}: has no layout other than that of its file")
    write_state(network.published_state(), Path(target))


@lru_cache(maxsize=4)
def _shared(model: str, sha256: str, device: str) -> Predictor:
    """Load a model once for all precisions; again when other weights were installed for its id."""
    return Predictor.load(model_spec(model), device, "fp32")
