"""Models as ONNX files for other runtimes, verified against PyTorch before they are kept."""

from __future__ import annotations

import logging
import math
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from restorer.errors import CheckpointError, ImageWriteError, InferenceError, SettingsError
from restorer.formats.files import created
from restorer.inference.loading import Openable, open_model
from restorer.inference.predictor import Predictor
from restorer.models.catalog import ModelSpec
from restorer.networks import ARCHITECTURES, reference_use

_LEVELS = {
    "sigma": "sigma / 255",
    "jpeg_quality": "(100 - jpeg quality) / 255",
    "sensor_noise": "4 * standard deviation of the noise of each sample",
}
OPSET = 18  # the first with all operators (Col2Im); ONNX Runtime supports it since 1.14

_MIN_PSNR = 60.0  # dB to PyTorch; rounding gives 110 to 150, a match that flips 80, an error 40
_MIN_CELLS = 4  # the coarsest of the usual three levels of attention has two pixels from here on
_FIXED_SIDE = 64  # the scores of PANet need 0.7 GB here, and 3.5 GB at its usual tile of 96


@dataclass(frozen=True)
class OnnxCheck:
    """The agreement of an exported model with PyTorch on a synthetic image.

    Attributes:
        size: Height and width of the input.
        difference: Largest absolute difference of two samples, white 1.
        psnr: PSNR between the two results in dB; infinite if they are equal.
    """

    size: tuple[int, int]
    difference: float
    psnr: float


@dataclass(frozen=True)
class OnnxModel:
    """A written ONNX file.

    Attributes:
        path: The file.
        opset: Version of the ONNX operators.
        size: Height and width of its input, None if it takes any multiple of `multiple_of` from
            `min_side` on.
        multiple_of: Height and width are multiples of this.
        min_side: Smallest height and width.
        checks: The verification, at two sizes if the size is free.
    """

    path: Path
    opset: int
    size: tuple[int, int] | None
    multiple_of: int
    min_side: int
    checks: tuple[OnnxCheck, ...]


def export_onnx(
    model: Openable,
    path: str | Path,
    *,
    size: tuple[int, int] | None = None,
    seed: int = 0,
) -> OnnxModel:
    """Write a model as an ONNX file with opset 18, whole or not at all.

    The input ``image`` is (1, planes, H, W) float32 with white 1: RGB or gray, and for models with
    a condition one plane more, filled with sigma / 255 or (100 - JPEG quality) / 255. The output
    ``restored`` is (1, C, scale H, scale W) and is not clipped. TTSR has a second input,
    ``reference``, of the result's size. The metadata of the file describe the model.

    The file computes the same as PyTorch, except for rounding: it is run with ONNX Runtime and
    kept only if the results agree. It computes all attention scores at once, so it needs much more
    memory than this program for large inputs; run it on tiles.

    Args:
        model: What `load` takes; its weights must be installed.
        path: The ``.onnx`` file; must not exist.
        size: Height and width of the input. By default any size is possible where the network
            allows it; others (NLSN, whose hashing depends on the size, and pyramids of more than
            three levels) get 64 x 64.
        seed: Seed of networks that draw random numbers, which are constants in the file.

    Raises UnknownModelError, WeightsError, CheckpointError (also if the file cannot be written),
    SettingsError (no such size; onnx is not installed), or InferenceError (no ONNX form exists, or
    the results differ).

    Examples:
        >>> written = restorer.export_onnx("panet-sr-x2-lite", "x2.onnx")  # doctest: +SKIP
        >>> written.multiple_of, written.min_side  # doctest: +SKIP
        (8, 32)
    """
    path = Path(path)
    if path.suffix != ".onnx":
        raise SettingsError(f"{path}: unknown suffix; expected .onnx")
    _require_onnx()
    predictor = open_model(model, device="cpu", precision="fp32")
    if predictor.device != "cpu":
        raise SettingsError(f"{predictor.spec.id}: is on {predictor.device}; export it on the cpu")
    spec, wrapped = predictor.spec, _wrap(predictor, seed)
    cell = spec.tile.multiple_of
    cells = max(math.ceil(spec.tile.min_side / cell), _MIN_CELLS)
    fixed = size or (None if _takes_any_size(predictor) else _fixed_size(spec))
    if size is not None and (min(size) < spec.tile.min_side or any(n % cell for n in size)):
        raise SettingsError(
            f"size {size[0]} x {size[1]}: {spec.id} takes multiples of {cell} from"
            f" {spec.tile.min_side} on"
        )
    first = fixed or ((cells + 2) * cell, (cells + 3) * cell)
    sizes = [first] if fixed else [first, (2 * cells * cell, (cells + 1) * cell)]
    try:
        with created(path, "fail") as file:
            program = _to_onnx(spec, wrapped, _examples(spec, first), None if fixed else cells)
            described = OnnxModel(path, OPSET, fixed, cell, cells * cell, ())
            content = _with_metadata(program, _describe(spec, described, seed))
            checks = tuple(_verify(content, spec, wrapped, size) for size in sizes)
            file.write(content)
    except ImageWriteError as error:
        raise CheckpointError(str(error)) from error
    return OnnxModel(path, OPSET, fixed, cell, cells * cell, checks)


class _Wrapped(nn.Module):
    """A network with white 1 and a fixed seed, which takes the reference itself."""

    def __init__(self, network: nn.Module, peak: float, seed: int, *, searches: bool) -> None:
        super().__init__()
        self.network, self.peak, self.seed, self.searches = network, peak, seed, searches

    def forward(self, image: Tensor, *reference: Tensor) -> Tensor:
        image = image if self.peak == 1 else image * self.peak
        more = [self.network.encode_reference(*reference)] if self.searches else []  # type: ignore[operator]
        restored: Tensor = self.network(image, *more, seed=self.seed)
        return restored if self.peak == 1 else restored / self.peak


def _wrap(model: Predictor, seed: int) -> _Wrapped:
    return _Wrapped(model.network, model.spec.peak, seed, searches=_searches(model.spec)).eval()


def _searches(spec: ModelSpec) -> bool:
    return reference_use(spec.architecture) == "searched"


def _takes_any_size(model: Predictor) -> bool:
    """Whether one program of the network is right for all sizes."""
    known = model.spec.architecture in ARCHITECTURES and not _searches(model.spec)
    return known and all(getattr(m, "exports_any_size", True) for m in model.network.modules())


def _fixed_size(spec: ModelSpec) -> tuple[int, int]:
    cell = spec.tile.multiple_of
    side = max(spec.tile.min_side, _FIXED_SIDE // cell * cell)
    return side, side


def _examples(spec: ModelSpec, size: tuple[int, int]) -> tuple[Tensor, ...]:
    """Return the inputs of a model: a synthetic image with edges, gradients and noise."""
    generator = torch.Generator().manual_seed(0)

    def scene(height: int, width: int) -> Tensor:
        planes = torch.zeros(1, spec.channels, height, width)
        for cells in (3, 8, 21):
            grid = torch.rand(1, spec.channels, cells, cells, generator=generator)
            mode = "bilinear" if cells == 3 else "nearest"
            planes += F.interpolate(grid, (height, width), mode=mode) / 3.2
        return planes + torch.randn(planes.shape, generator=generator) / 50

    image = scene(*size)
    if spec.base:  # an enlargement, a reference and its mask
        noise = torch.randn(image.shape, generator=generator) / 50
        return (torch.cat([image, image + noise, torch.ones_like(image[:, :1])], 1),)
    if spec.condition:
        image = torch.cat([image, torch.full_like(image[:, :1], 25 / 255)], 1)
    if not _searches(spec):
        return (image,)
    reference = F.interpolate(image.flip(3), scale_factor=spec.scale, mode="bilinear")
    return image, reference + torch.randn(reference.shape, generator=generator) / 50


def _to_onnx(
    spec: ModelSpec, wrapped: nn.Module, examples: tuple[Tensor, ...], cells: int | None
) -> Any:
    """Return the model as an ONNX protobuf; its size is free from `cells` cells on, or fixed."""
    shapes = None
    if cells is not None:
        cell = spec.tile.multiple_of
        sides = [cell * torch.export.Dim(name, min=cells) for name in ("rows", "columns")]
        shapes = ({2: sides[0], 3: sides[1]},)
    inputs = ["image", "reference"][: len(examples)]
    try:
        with _quiet():
            program = torch.export.export(wrapped, examples, dynamic_shapes=shapes)
            exported = torch.onnx.export(
                program,
                dynamo=True,
                opset_version=OPSET,
                input_names=inputs,
                output_names=["restored"],
                verbose=False,
            )
    except Exception as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        raise InferenceError(f"{spec.id}: has no form in ONNX: {reason}") from error
    assert exported is not None, "torch.onnx.export returns a program in this mode"
    return exported.model_proto


def _describe(spec: ModelSpec, model: OnnxModel, seed: int) -> Mapping[str, str]:
    """Return the metadata of the file."""
    colors = "gray" if spec.channels == 1 else "RGB"
    planes = colors
    if spec.base:
        planes = f"{colors} enlargement by {spec.base}, {colors} registered reference, mask"
    elif spec.condition:
        planes = f"{colors}, {_LEVELS[spec.condition]}"
    size = f"multiples of {model.multiple_of} from {model.min_side} on"
    if model.size is not None:
        size = f"{model.size[0]} x {model.size[1]}"
    return {
        "model": spec.id,
        "title": spec.title,
        "task": spec.task,
        "scale": str(spec.scale),
        "planes": planes,
        "channel_order": colors,
        "range": "0 to 1, encoded (sRGB) values; the result is not clipped",
        "size": f"height x width: {size}",
        "seed": str(seed),
        "license": spec.license,
        "source": spec.source,
        "weights_sha256": spec.weights.sha256,
    }


def _with_metadata(model: Any, metadata: Mapping[str, str]) -> bytes:
    import onnx

    onnx.helper.set_model_props(model, dict(metadata))
    onnx.checker.check_model(model)
    content: bytes = model.SerializeToString()
    return content


def _verify(
    content: bytes, spec: ModelSpec, wrapped: nn.Module, size: tuple[int, int]
) -> OnnxCheck:
    """Compare a run of the file with PyTorch. Raises InferenceError if they disagree."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.log_severity_level = 3  # errors only
    examples = _examples(spec, size)
    with torch.inference_mode():
        expected = wrapped(*examples)
    try:
        session = onnxruntime.InferenceSession(content, options, providers=["CPUExecutionProvider"])
        names = [each.name for each in session.get_inputs()]
        feed = {name: x.numpy() for name, x in zip(names, examples, strict=True)}
        error = torch.from_numpy(session.run(None, feed)[0]) - expected
    except Exception as reason:
        raise InferenceError(f"{spec.id}: the ONNX form does not run: {reason}") from reason
    mean = float(error.double().square().mean())
    psnr = math.inf if mean == 0 else -10 * math.log10(mean)
    check = OnnxCheck(size, float(error.abs().max()), psnr)
    if not psnr >= _MIN_PSNR:
        raise InferenceError(
            f"{spec.id}: the ONNX form differs from PyTorch at {size[0]} x {size[1]} by"
            f" {check.difference:.2g} ({psnr:.1f} dB); it was not kept"
        )
    return check


def _require_onnx() -> None:
    try:
        import onnx  # noqa: F401  looks whether it is installed
        import onnxruntime  # noqa: F401
        import onnxscript  # noqa: F401
    except ImportError as error:
        raise SettingsError(
            f"ONNX: needs {error.name}; install it: pip install 'restorer[onnx]'"
        ) from error


@contextmanager
def _quiet() -> Iterator[None]:
    """Silence the exporter, which warns of its own internals."""
    loggers = [logging.getLogger(name) for name in ("onnxscript", "onnx_ir", "torch.onnx")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)
