"""Checkpoints of other projects, identified and built by spandrel (extra `community`).

Where the package spandrel_extra_arches is installed, its networks are known, too. It is in no
extra: the licenses of its networks forbid some uses.
"""

from __future__ import annotations

import sys
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from importlib.machinery import ModuleSpec
from importlib.util import find_spec, module_from_spec
from types import ModuleType
from typing import Any, Literal, Protocol, TypeGuard

import torch
from torch import Tensor, nn

from restorer.errors import CheckpointError, InferenceError
from restorer.models.adapter import seeded
from restorer.models.budget import BuildBudget
from restorer.models.catalog import ModelKind

# Networks whose papers and published weights only minimize the distance to the truth. All others
# are also trained with adversarial losses, which weights do not show.
_FAITHFUL = {
    "DnCNN", "DRUNet", "FBCNN", "FFTformer", "HVICIDNet", "IPT", "KBNet", "MixDehazeNet", "NAFNet",
    "RetinexFormer", "SAFMNBCIE", "Uformer",
}  # fmt: skip

# Names that spandrel 0.4.2 imports from torchvision for LaMa and RestoreFormer, unsupported here.
_IMPORTED_NAMES = ("InterpolationMode", "normalize", "rotate")
_STAND_INS = ("torchvision", "torchvision.transforms", "torchvision.transforms.functional")
_importing = (
    threading.Lock()
)  # concurrent imports would take each other's stand-ins for real modules


@dataclass(frozen=True)
class CommunityModel:
    """The properties of a checkpoint's network.

    Attributes:
        architecture: Spandrel's id, such as ``ESRGAN``.
        name: Name of the architecture for users.
        purpose: ``SR`` enlarges; ``Restoration`` keeps the size.
        tags: Size and variant of the architecture, such as ``64nf``.
        scale: Scale of the result; 1 keeps the size.
        channels: Input and output channels: 3 is RGB, 1 is gray.
        multiple_of: Other sides than multiples of it are padded.
        min_side: Shorter sides are padded.
        square: Whether inputs are padded to squares.
        tiling: ``discouraged`` if the network uses the whole image, ``internal`` if it divides the
            image into tiles itself.
        bf16: Whether it supports bfloat16.
        fp16: Whether it supports float16.
    """

    architecture: str
    name: str
    purpose: Literal["SR", "Restoration"]
    tags: tuple[str, ...]
    scale: int
    channels: int
    multiple_of: int
    min_side: int
    square: bool
    tiling: Literal["supported", "discouraged", "internal"]
    bf16: bool
    fp16: bool


class ModelDescriptor(Protocol):
    """The part of spandrel's descriptor of a loaded model that is used here."""

    @property
    def model(self) -> nn.Module:
        """The network."""

    @property
    def scale(self) -> int:
        """Scale of the result."""

    def __call__(self, image: Tensor) -> Tensor:
        """Map (N, C, H, W) of any size, white 1, to the result, clipped to 0..1."""


def available() -> bool:
    """Whether the extra `community` is installed, which the other functions require."""
    return find_spec("spandrel") is not None


def has_restricted() -> bool:
    """Whether the networks are installed whose licenses forbid some uses."""
    return find_spec("spandrel_extra_arches") is not None


def identify_checkpoint(state: Mapping[str, Tensor]) -> CommunityModel | None:
    """Return the properties of the network of `state`, or None if spandrel does not know it.

    The network is built and loaded, so this takes as long as `build`. Raises CheckpointError for a
    known network that does not fit or is not supported.
    """
    found = _load(state)
    return None if found is None else _describe(found)


def build(state: Mapping[str, Tensor]) -> nn.Module:
    """Return the network of `state` for ``network(x, seed=0)``, in evaluation mode.

    It maps (N, C, H, W) with white = 1 to (N, C, H * scale, W * scale), clipped to 0..1. Inputs of
    any size are padded as needed, and the result is cropped. A noise level condition stays at the
    authors' default. Raises CheckpointError.
    """
    found = _load(state)
    if found is None:
        raise CheckpointError("state dict: spandrel does not recognize its network")
    return _CommunityNetwork(found)


def is_descriptor(value: object) -> TypeGuard[ModelDescriptor]:
    """Whether a value is a loaded model of spandrel."""
    spandrel = sys.modules.get("spandrel")
    return spandrel is not None and isinstance(value, spandrel.ImageModelDescriptor)


def describe(descriptor: ModelDescriptor) -> CommunityModel:
    """Return the properties of a loaded model of spandrel.

    Raises CheckpointError for one that does not map photographs to photographs.
    """
    _accept(descriptor)
    return _describe(descriptor)


def kind_of(found: CommunityModel) -> ModelKind:
    """Return what a network does: generative, unless its architecture is faithful in general."""
    return "faithful" if found.architecture in _FAITHFUL else "generative"


class _CommunityNetwork(nn.Module):
    """A network around spandrel's descriptor, which pads, sets noise levels, and clips."""

    def __init__(self, descriptor: Any) -> None:
        super().__init__()
        self.network: nn.Module = descriptor.model  # registered, so that `to` moves it
        self._descriptor = descriptor
        self.eval()

    def forward(self, x: Tensor, *, seed: int = 0) -> Tensor:
        with seeded(x, seed):  # AuraSR draws from torch's global generator
            try:
                y: Tensor = self._call(x.contiguous())
            except (OSError, MemoryError, torch.OutOfMemoryError):
                raise
            except Exception as error:  # 42 architectures raise all kinds of errors
                if "DefaultCPUAllocator" in str(error):  # lack of memory
                    raise
                name, size = self._descriptor.architecture.name, f"{x.shape[3]} x {x.shape[2]}"
                raise InferenceError(f"{name}: fails for {size}: {_reason(error)}") from error
        return y

    def _call(self, x: Tensor) -> Tensor:
        """Return the result; one that fails for channels last, as IPT, gets the usual layout."""
        try:
            y: Tensor = self._descriptor(x)
        except RuntimeError as error:
            if "view size is not compatible" not in str(error):
                raise
            for parameter in self.network.parameters():
                parameter.data = parameter.data.contiguous()
            y = self._descriptor(x)
        return y


def _load(state: Mapping[str, Tensor]) -> Any:
    """Return spandrel's descriptor of the loaded network, or None if it is unknown."""
    spandrel = _import_spandrel()
    try:
        with BuildBudget(state):
            found = spandrel.MAIN_REGISTRY.load(dict(state))  # a copy: some loaders drop keys
    except spandrel.UnsupportedModelError:
        return None
    except CheckpointError:
        raise
    except Exception as error:  # the loaders of 42 architectures raise all kinds of errors
        raise CheckpointError(f"state dict: does not fit its network: {_reason(error)}") from error
    _accept(found)
    return found


def _reason(error: Exception) -> str:
    return (" ".join(str(error).split()) or type(error).__name__)[:300]


def _accept(found: Any) -> None:
    """Raise CheckpointError unless the network maps photographs to photographs."""
    name = found.architecture.name
    if found.purpose not in ("SR", "Restoration"):
        raise CheckpointError(
            f"{name}: is for {found.purpose}, which requires masks or aligned faces; only"
            " super-resolution and restoration networks are supported"
        )
    if found.input_channels != found.output_channels or found.input_channels not in (1, 3):
        raise CheckpointError(
            f"{name}: maps {found.input_channels} channels to {found.output_channels}, expected"
            " gray to gray or RGB to RGB"
        )
    for key, parameter in found.model.named_parameters():
        if not bool(parameter.detach().isfinite().all()):
            raise CheckpointError(f"{name}: {key} contains NaN or infinity")


def _describe(found: Any) -> CommunityModel:
    return CommunityModel(
        architecture=str(found.architecture.id),
        name=found.architecture.name,
        purpose=found.purpose,
        tags=tuple(found.tags),
        scale=found.scale,
        channels=found.input_channels,
        multiple_of=found.size_requirements.multiple_of,
        min_side=found.size_requirements.minimum,
        square=found.size_requirements.square,
        tiling=found.tiling.name.lower(),
        bf16=found.supports_bfloat16,
        fp16=found.supports_half,
    )


def _import_spandrel() -> Any:
    with _importing, _torchvision(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of deprecated parts of torch
        try:
            import spandrel

            if has_restricted():
                restricted = import_module("spandrel_extra_arches")
                spandrel.MAIN_REGISTRY.add(*restricted.EXTRA_REGISTRY, ignore_duplicates=True)
        except Exception as error:
            raise CheckpointError(
                f"spandrel: cannot be imported ({error}); install it again:"
                " pip install 'restorer[community]'"
            ) from error
    return spandrel


@contextmanager
def _torchvision() -> Iterator[None]:
    """Provide a torchvision for ``import spandrel``: the loaded one, or a temporary stand-in.

    An installed torchvision is not imported, because one that does not match torch, such as PyPI's
    next to a CPU build of torch, raises and remains half loaded.
    """
    if "spandrel" in sys.modules or sys.modules.get("torchvision") is not None:
        yield
        return
    before = {name: sys.modules[name] for name in _STAND_INS if name in sys.modules}
    sys.modules.update({name: _stand_in(name) for name in _STAND_INS})
    try:
        yield
    finally:
        for name in _STAND_INS:
            del sys.modules[name]
        sys.modules.update(before)


def _stand_in(name: str) -> ModuleType:
    module = module_from_spec(ModuleSpec(name, loader=None, is_package=True))
    for imported in _IMPORTED_NAMES:
        setattr(module, imported, _refuse)
    return module


def _refuse(*_: object) -> None:
    raise NotImplementedError("import torchvision before spandrel is first used")
