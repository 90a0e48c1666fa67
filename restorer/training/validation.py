"""Validate during training: PSNR on fixed patches, and pictures of some of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import torch
from PIL import Image as PilImage
from PIL import ImageDraw
from torch import nn

from restorer.image import FloatArray
from restorer.inference.devices import number_format
from restorer.metrics import psnr
from restorer.training.degrade import Bytes, pillow_bicubic, quantize
from restorer.training.patches import PatchSource

_COUNT = 32
_SIDE = 128  # input pixels of a patch
_ROWS = 4  # patches in a picture
_SHOWN = 128  # side of the central part of a result that is shown
_CAPTION = 14  # height of a line of text
_GAP = 4
_WIDTH = 96  # for the text


class Validation:
    """Fixed pairs of patches, as large as the smallest held-out image allows."""

    def __init__(self, source: PatchSource) -> None:
        side = min(_SIDE, source.shortest() - 2 * source.degradation.margin)
        side -= side % 8 if side >= 8 else 0
        self._inputs, self._targets = source.batch(range(_COUNT), side, seed=0, step=0)

    def measure(self, network: nn.Module, device: str) -> tuple[float, Bytes]:
        """Return the mean RGB PSNR in dB, and a picture (H, W, 3) of the first patches.

        A row of the picture shows the central parts of input, result and ground truth, with the
        PSNR of the patch. Smaller inputs are enlarged with bicubic interpolation.
        """
        figures, results = [], []
        for degraded, clean in zip(self._inputs, self._targets, strict=True):
            with torch.no_grad(), number_format(device, "fp32"):
                batch = torch.from_numpy(degraded[None]).to(device)
                restored = network(batch.to(memory_format=torch.channels_last), seed=0)[0]
            values = np.clip(restored.float().cpu().numpy(), 0, 1)
            figures.append(psnr(_upright(values), _upright(clean), white=1))
            results.append(values)
        rows = zip(self._inputs[:_ROWS], results, self._targets, strict=False)
        return float(np.mean(figures)), np.concatenate([_row(*each) for each in rows])


def write_picture(picture: Bytes, path: Path) -> None:
    """Write a picture as PNG."""
    path.parent.mkdir(parents=True, exist_ok=True)
    PilImage.fromarray(picture).save(path)


def _row(degraded: FloatArray, restored: FloatArray, clean: FloatArray) -> Bytes:
    """Return input, result and ground truth side by side, under their captions."""
    truth, result = (quantize(_upright(values) * 255) for values in (clean, restored))
    given = quantize(_upright(degraded[:3]) * 255)
    if given.shape != truth.shape:
        given = pillow_bicubic(given, (truth.shape[0], truth.shape[1]))
    captions = (
        f"input {psnr(given, truth):.2f} dB",
        f"result {psnr(result, truth):.2f} dB",
        "truth",
    )
    parts = zip((given, result, truth), captions, strict=True)
    return np.concatenate([_captioned(image, text) for image, text in parts], 1)


def _captioned(image: Bytes, text: str) -> Bytes:
    """Return the central part of an image, repeated if it is tiny, with a line of text above."""
    top, left = (max(0, n - _SHOWN) // 2 for n in image.shape[:2])
    shown = image[top : top + _SHOWN, left : left + _SHOWN]
    times = max(1, -(-_WIDTH // shown.shape[1]))
    shown = shown.repeat(times, 0).repeat(times, 1)
    sheet = PilImage.new("RGB", (shown.shape[1] + _GAP, shown.shape[0] + _CAPTION + _GAP), "white")
    sheet.paste(PilImage.fromarray(shown), (0, _CAPTION))
    ImageDraw.Draw(sheet).text((1, 1), text, fill="black")
    return np.asarray(sheet)


def _upright(values: FloatArray) -> FloatArray:
    return np.moveaxis(values, 0, 2)
