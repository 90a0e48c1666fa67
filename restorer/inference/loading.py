"""Load models: open, share, release, fetch and export them."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import torch
from torch import nn

from restorer.errors import RestorerError, SettingsError, WeightsError
from restorer.inference.autotune import GATE_DB, agreement_with_cpu, known_precision
from restorer.inference.devices import check_precision, choose_device
from restorer.inference.memory import free_cache
from restorer.inference.predictor import Predictor
from restorer.inference.wrapping import Wrappable, wrapped
from restorer.models.catalog import ModelSpec, model_spec
from restorer.models.checkpoint import write_state
from restorer.models.community import is_descriptor
from restorer.models.described import checkpoint_spec
from restorer.models.store import fetch_weights, remove_weights, verify_weights
from restorer.networks import PublishedNetwork
from restorer.settings import CancelToken, OnTick, Settings, torch_word

Openable: TypeAlias = str | Path | ModelSpec | Predictor | Wrappable


def load(
    model: Openable,
    *,
    device: str | torch.device = "auto",
    precision: str | torch.dtype = "auto",
    bits: int | None = None,
    task: str | None = None,
    download: bool = False,
) -> Predictor:
    """Return a model, ready to run; models of the catalog are loaded once and shared.

    Args:
        model: A model id; the path of a checkpoint, which is identified by its names and shapes
            (`identify_checkpoint`, `describe_model`); an entry of the catalog; or a module, as for
            `wrap_model`, which stays on its device.
        device: ``auto`` (the best), ``cpu``, ``cuda``, ``cuda:1``, ``mps``, or a ``torch.device``.
        precision: ``fp32``, ``bf16``, ``fp16`` or a ``torch.dtype``. ``auto`` is the fastest one
            that passed `try_precisions` on this machine, or float32 if none was tried; it depends
            on the depth of each image.
        bits: Depth of all images, for ``auto``.
        task: The task of a checkpoint that fits several; None takes the most likely one.
        download: Whether missing weights are downloaded. Without it, the network is never used.

    Raises:
        UnknownModelError: No model has this id.
        WeightsError: The weights are missing (the message says how to get them), or damaged.
        CheckpointError: The file contains no supported network.
        SettingsError: The machine has no such device.

    Examples:
        >>> model = restorer.load("panet-sr-x2-lite", device="cpu", precision="fp32")
        >>> model
        Predictor(panet-sr-x2-lite: PANetLite, super-resolution, scale 2,
                  device cpu, precision fp32)
        >>> import torch
        >>> model(torch.zeros(1, 3, 10, 15)).shape
        torch.Size([1, 3, 20, 30])
    """
    if isinstance(model, str | ModelSpec):
        spec = model_spec(model) if isinstance(model, str) else model
        if download:
            model = fetch_model(spec)
        elif spec.weights.url and verify_weights(spec) == "absent":
            size = f"{spec.weights.size / 1e6:.0f} MB " if spec.weights.size else ""
            raise WeightsError(
                f"{spec.id}: weights {spec.weights.name} are not installed; download=True of load"
                f" downloads them ({size}from {spec.weights.url})"
            )
    return open_model(model, device=device, precision=precision, bits=bits, task=task)


def open_model(
    model: Openable,
    *,
    device: str | torch.device = "auto",
    precision: str | torch.dtype = "auto",
    bits: int | None = None,
    task: str | None = None,
) -> Predictor:
    """Return the model of `load`, whose weights are on the disk.

    Before a model runs on another device than the CPU, their results are compared once: some
    operators of Apple's ``mps`` are known to be wrong.
    """
    how = check_precision(torch_word(precision))
    if isinstance(model, Predictor):
        return model if how is None else model.at(how)
    if isinstance(model, nn.Module) or is_descriptor(model):
        return _on_device(wrapped(model, how), torch_word(device))
    where = choose_device(torch_word(device))
    if isinstance(model, Path) and task is None:
        model = str(model.absolute())
    if isinstance(model, Path):
        spec = checkpoint_spec(model, task)
    elif isinstance(model, str):
        spec = model_spec(model)
    elif isinstance(model, ModelSpec):
        spec = model
    else:
        found = type(model).__name__
        raise SettingsError(f"model: {found}, expected an id, a path, a Predictor or a module")
    if where != "cpu" and (agreement := agreement_with_cpu(spec, where)) < GATE_DB:
        raise SettingsError(
            f"device {where}: computes {spec.id} wrongly ({agreement:.1f} dB to the CPU); use cpu"
        )
    if isinstance(model, str):
        predictor = _shared(model, repr(spec), where)
    else:
        predictor = Predictor.load(spec, where, "fp32")
    if how is not None:
        return predictor.at(how)
    return predictor.at(known_precision(spec, where, bits or 8), automatic=bits is None)


def _on_device(predictor: Predictor, device: str) -> Predictor:
    """Return a wrapped module, which stays where it is."""
    if device not in ("auto", predictor.device, predictor.device.split(":")[0]):
        raise SettingsError(
            f"device {device!r}: {predictor.spec.id} lies on {predictor.device}; move the module"
            f" by module.to({device!r})"
        )
    return predictor


def with_denoise(predictor: Predictor, share: float | None) -> Predictor:
    """Return a model that removes a share of the noise, with the help of its twin (`Step.denoise`).

    The interpolated weights are made once for each share. Raises WeightsError, CheckpointError.
    """
    spec = predictor.spec
    if share in (None, 1):
        return predictor
    twin = model_spec(spec.twin)
    entries = repr(spec), repr(twin)
    between = _interpolated(spec.id, twin.id, entries, share, predictor.device)
    return between.at(predictor.precision, automatic=predictor.automatic)


@lru_cache(maxsize=2)
def _interpolated(
    model: str, twin: str, entries: tuple[str, str], share: float, device: str
) -> Predictor:
    """Interpolate the weights of two models; again when the entry of an id has changed."""
    own, other = (
        _shared(each, entry, device) for each, entry in zip((model, twin), entries, strict=True)
    )
    return own.interpolated(other, share)


def suited(predictor: Predictor, bits: int) -> Predictor:
    """Return a model with a precision for images of this depth; an explicit one stays."""
    if not predictor.automatic:
        return predictor
    return predictor.at(known_precision(predictor.spec, predictor.device, bits))


def estimate_run(
    model: Openable, size: tuple[int, int], settings: Settings | None = None
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
    """Release the shared models, so that their memory is freed once nothing uses them.

    Examples:
        >>> predictor = restorer.load("panet-sr-x2-lite")
        >>> del predictor
        >>> restorer.release_models()
    """
    _interpolated.cache_clear()
    _shared.cache_clear()
    free_cache()


def export_weights(model: str, target: Path | str) -> None:
    """Write the weights of a model as its authors store them, whole or not at all.

    Args:
        model: Its weights must be installed.
        target: ``.safetensors``, which records the arguments of the network and the task, or
            ``.pt`` or ``.pth`` for a pickled state dict; must not exist.

    Raises UnknownModelError, WeightsError, CheckpointError, SettingsError (no such suffix).

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("x2.pth"))
        >>> restorer.identify_checkpoint(Path("x2.pth")).scale
        2
    """
    predictor = open_model(model, device="cpu")
    network, spec = predictor.network, predictor.spec
    if not isinstance(network, PublishedNetwork):
        raise SettingsError(f"{model}: has no layout other than that of its file")
    record = {
        "architecture": spec.architecture,
        "params": dict(spec.params),
        "task": spec.task,
        "trained_for": dict(spec.trained_for),
    }
    write_state(network.published_state(), Path(target), record)


@lru_cache(maxsize=4)
def _shared(model: str, entry: str, device: str) -> Predictor:
    """Load a model once for all precisions; again when its entry has changed, or its weights."""
    return Predictor.load(model_spec(model), device, "fp32")
