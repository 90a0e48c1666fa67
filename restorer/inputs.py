"""Convert callers' pictures to images and back: arrays, tensors, PIL images, paths.

Neither torch nor PIL is imported: a tensor or a PIL image can only exist where its library is
loaded already.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeAlias, TypeGuard, TypeVar

import numpy as np
from numpy.typing import NDArray

from restorer.errors import ImageDataError, SettingsError
from restorer.formats import open_source, plain_picture
from restorer.formats.raw.plain import PlainMosaic
from restorer.image import HEADROOM, Bits, Image, Metadata
from restorer.sensor.mosaic import Mosaic
from restorer.settings import Settings

if TYPE_CHECKING:
    import torch
    from PIL import Image as PilImage

Picture: TypeAlias = (
    "Image | Mosaic | NDArray[Any] | torch.Tensor | PilImage.Image | str | os.PathLike[str]"
)
# What `restore` returns in kind.
PictureT = TypeVar("PictureT", Image, NDArray[Any], "torch.Tensor", "PilImage.Image")

# Unclipped noise of sigma 75 makes a tenth of a black picture darker than -0.38; a picture that was
# mapped to -1..1, or normalized by mean and deviation, has more pixels below.
_LOWEST, _LOWEST_SHARE = -0.4, 0.1
_FLOATS = ("float16", "bfloat16", "float32", "float64")
_KINDS = "an Image, a Mosaic, a numpy array, a torch tensor, a PIL image or a path"
# PIL modes by the mode that holds the same pixels for us; the others have colors of other spaces.
_PIL_MODES = {
    **{mode: mode for mode in ("L", "LA", "RGB", "RGBA", "F")},
    **{mode: mode for mode in ("I;16", "I;16L", "I;16B", "I;16N")},
    "1": "L",
    "P": "RGB",
    "PA": "RGBA",
    "La": "LA",
    "RGBa": "RGBA",
}


@dataclass(frozen=True, eq=False)
class Opened:
    """A picture as images, with the way back to its kind.

    Attributes:
        images: The image, or those of a batch.
        rebuild: Returns as many results in the kind of the picture.
    """

    images: Sequence[Image | Mosaic]
    rebuild: Callable[[Sequence[Image]], Any]


def open_picture(picture: Picture, plain: PlainMosaic | None = None) -> Opened:
    """Return a picture of any kind as images; integer samples share its memory where they can.

    - An `Image` and a `Mosaic` stay as they are, and results are images. A path is read, with
      `plain` as `open_source` takes it.
    - An array is (H, W) or (H, W, C), uint8, uint16 or float, with the channels gray, gray and
      alpha, RGB, or RGB and alpha. Results have as many dimensions, unless a gray mosaic becomes
      color.
    - A tensor is (C, H, W) or (N, C, H, W), with the same types and channels, bfloat16 too. Results
      are contiguous, on its device.
    - A PIL image has the mode 1, L, LA, P, PA, RGB, RGBA, I;16 or F. Results keep its ``info``,
      with color profile and EXIF; a palette becomes RGB or RGBA, and the mode 1 becomes L.

    The white of floats is 1; they are computed in float32, and results have their type again.

    Raises ImageDataError for another kind, shape, type or range, ImageError for a file.
    """
    if isinstance(picture, Image | Mosaic):
        return Opened([picture], _only)
    if isinstance(picture, (str, os.PathLike)):
        with open_source(os.fspath(picture), plain=plain) as source:
            return Opened([source.read_page()], _only)
    if isinstance(picture, np.ndarray):
        return _open_array(picture)
    if is_tensor(picture):
        return _open_tensor(picture)
    if _is_pil(picture):
        return _open_pil(picture)
    raise ImageDataError(f"picture: {type(picture).__name__}, expected {_KINDS}")


def as_mosaic(image: Image, settings: Settings) -> Image | Mosaic:
    """Return a gray image as RAW samples where the settings say so, else the image itself.

    Raises ImageFormatError where the black level is not below the white level.

    Examples:
        >>> samples = restorer.Image(np.full((24, 32, 1), 500, np.uint16))
        >>> settings = restorer.Settings(mosaic="rggb", raw_white=1000)
        >>> restorer.as_mosaic(samples, settings).samples.max()
        np.float32(0.5)
    """
    plain = plain_mosaic_of(settings)
    return image if plain is None or image.pixels.shape[2] != 1 else plain.of_image(image)


def plain_mosaic_of(settings: Settings) -> PlainMosaic | None:
    """Return what the settings say of samples without a header; None where they are none."""
    if settings.mosaic is None:
        return None
    size = None
    if settings.raw_size is not None:
        width, height = map(int, settings.raw_size.split("x"))
        size = height, width
    levels = settings.raw_black, settings.raw_white
    return PlainMosaic(settings.mosaic, size, settings.raw_bits, *levels)


def to_image(picture: Picture) -> Image:
    """Return a picture of any kind as one image; see `open_picture`.

    Raises ImageDataError, also for a tensor with several pictures.
    """
    images = open_picture(picture).images
    if len(images) > 1:
        raise ImageDataError(f"tensor: a batch of {len(images)} pictures, expected one")
    return images[0] if isinstance(images[0], Image) else plain_picture(images[0])


def device_of(picture: Any) -> str | None:
    """Return the GPU that a tensor lies on, ``cuda:0``; None for all other pictures."""
    return str(picture.device) if is_tensor(picture) and picture.is_cuda else None


def is_tensor(value: Any) -> TypeGuard[torch.Tensor]:
    """Whether a value is a torch tensor."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(value, torch.Tensor)


def _only(images: Sequence[Image]) -> Image:
    return images[0]


def _open_array(array: NDArray[Any]) -> Opened:
    shape = f"array: shape {array.shape}"
    if array.ndim not in (2, 3):
        raise ImageDataError(f"{shape}, expected (H, W) or (H, W, C); pass a batch one by one")
    pixels = array if array.ndim == 3 else array[..., None]
    if 0 in pixels.shape or pixels.shape[2] > 4:
        if array.ndim == 3 and array.shape[0] in (1, 2, 3, 4):
            raise ImageDataError(
                f"{shape} looks like (C, H, W), expected (H, W, C);"
                " array.transpose(1, 2, 0) converts it"
            )
        raise ImageDataError(f"{shape}, expected (H, W) or (H, W, C) with C in 1..4, not empty")

    def rebuild(images: Sequence[Image]) -> NDArray[Any]:
        result: NDArray[Any] = images[0].pixels
        if array.dtype.kind == "f" and result.dtype.kind == "f":
            result = result.astype(array.dtype.newbyteorder("="), copy=False)
        return result[..., 0] if array.ndim == 2 and result.shape[2] == 1 else result

    return Opened([_image(pixels, "array")], rebuild)


def _open_tensor(tensor: torch.Tensor) -> Opened:
    import torch

    shape = f"tensor: shape {tuple(tensor.shape)}"
    if tensor.requires_grad:
        raise ImageDataError(
            "tensor: requires gradients, which a restoration does not pass on; use"
            " tensor.detach(), or call a loaded model: load(...)(tensor)"
        )
    if tensor.layout is not torch.strided or tensor.is_meta:
        raise ImageDataError("tensor: sparse or without data; tensor.to_dense() makes a dense one")
    if tensor.ndim not in (3, 4):
        raise ImageDataError(f"{shape}, expected (C, H, W) or (N, C, H, W); gray is (1, H, W)")
    if 0 in tensor.shape or tensor.shape[-3] > 4:
        if tensor.shape[-1] in (1, 2, 3, 4):
            raise ImageDataError(
                f"{shape} looks like (H, W, C), expected (C, H, W);"
                f" tensor.movedim(-1, -3) converts it"
            )
        raise ImageDataError(f"{shape}, expected (C, H, W) with C in 1..4, not empty")
    host = tensor.cpu()
    if host.dtype == torch.bfloat16:
        host = host.float()
    arrays = host.movedim(-3, -1).numpy()

    def rebuild(images: Sequence[Image]) -> torch.Tensor:
        stacked = np.stack([image.pixels for image in images])
        result = torch.from_numpy(stacked).movedim(-1, -3).contiguous()
        result = result if tensor.ndim == 4 else result[0]
        floats = tensor.is_floating_point() and result.is_floating_point()
        return result.to(tensor.device, tensor.dtype if floats else result.dtype)

    many = arrays if tensor.ndim == 4 else arrays[None]
    return Opened([_image(pixels, "tensor") for pixels in many], rebuild)


def _open_pil(picture: PilImage.Image) -> Opened:
    mode = _PIL_MODES.get(picture.mode)
    if mode is None:
        raise ImageDataError(
            f"PIL image: mode {picture.mode}, expected L, LA, RGB, RGBA, I;16 or F;"
            " image.convert('RGB') converts it"
        )
    if "transparency" in picture.info and mode in ("L", "RGB"):  # of a palette, or one color
        mode = {"L": "LA", "RGB": "RGBA"}[mode]
    array = np.asarray(picture if mode == picture.mode else picture.convert(mode))
    profile = picture.info.get("icc_profile")
    image = _image(array if array.ndim == 3 else array[..., None], "PIL image")
    image = Image(image.pixels, Metadata(icc=profile))

    def rebuild(images: Sequence[Image]) -> PilImage.Image:
        from PIL import Image as PilImage

        restored = images[0]
        pixels = restored.pixels[..., 0] if restored.pixels.shape[2] == 1 else restored.pixels
        if restored.bits != 8 and pixels.ndim == 3:
            raise SettingsError(
                f"PIL image: has no colors of {restored.bits} bits; pass an array, or bits=8"
            )
        result = PilImage.fromarray(pixels)
        dropped = ("transparency", "icc_profile")
        result.info = {k: v for k, v in picture.info.items() if k not in dropped}
        if restored.metadata.icc is not None:
            result.info["icc_profile"] = restored.metadata.icc
        return result

    return Opened([image], rebuild)


def check_kept(picture: Picture, bits: Bits | None) -> None:
    """Refuse a depth that a PIL image of these colors cannot have, before it is computed."""
    gray = _is_pil(picture) and picture.mode in ("1", "L", "I;16", "F")
    if _is_pil(picture) and bits not in (None, 8) and not gray:
        raise SettingsError(f"bits {bits}: a PIL image has colors of 8 bits; pass an array")


def _image(pixels: NDArray[Any], kind: str) -> Image:
    """Return an image of (H, W, C) pixels, floats checked and as float32."""
    pixels = pixels.astype(pixels.dtype.newbyteorder("="), copy=False)
    if pixels.dtype.name in ("uint8", "uint16"):
        return Image(np.ascontiguousarray(pixels))
    if pixels.dtype.name not in _FLOATS:
        raise ImageDataError(
            f"{kind}: dtype {pixels.dtype}, expected uint8, uint16, or float from 0 to 1; values"
            " of 0 to 255 become uint8 by astype or .to(torch.uint8)"
        )
    values = np.ascontiguousarray(pixels, np.float32)
    lowest, highest = float(values.min()), float(values.max())
    if not np.isfinite((lowest, highest)).all():
        raise ImageDataError(f"{kind}: contains NaN or infinity")
    found = f"{kind}: float values from {lowest:.4g} to {highest:.4g}, expected 0 to 1"
    if highest > HEADROOM:
        raise ImageDataError(
            f"{found}; divide by {255 if highest < 256 else 65535}, or pass integers as uint8 or"
            " uint16; an Image may have highlights beyond white"
        )
    if lowest < _LOWEST and float(np.quantile(values, _LOWEST_SHARE)) < _LOWEST:
        raise ImageDataError(f"{found}; undo the normalization: -1 to 1 becomes (x + 1) / 2")
    return Image(values)


def _is_pil(value: Any) -> TypeGuard[PilImage.Image]:
    pil = sys.modules.get("PIL.Image")
    return pil is not None and isinstance(value, pil.Image)
