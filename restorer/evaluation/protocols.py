"""The papers' evaluation protocols: degradations of clean images, and comparison of results.

A protocol is one row of `PROTOCOLS`. Images are (H, W, 1 or 3) RGB uint8, 0-255; results are
rounded to 8 bits, as in files.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer import metrics
from restorer.color import is_gray
from restorer.errors import SettingsError
from restorer.evaluation import baselines, views
from restorer.image import Image
from restorer.restoration.api import restore
from restorer.sensor.bayer import PATTERNS
from restorer.tasks import default_model, usual_task
from restorer.training.degradations import Camera, Web
from restorer.training.degrade import (
    Bytes,
    bicubic_downscale,
    crop_to_multiple,
    gaussian_noise,
    jpeg,
    luma,
    mosaic,
    quantize,
)
from restorer.training.photographs import to_rgb

Value: TypeAlias = int | float | str


@dataclass(frozen=True, eq=False)
class Case:
    """A degraded image with its ground truth.

    Attributes:
        image: The degraded image: uint8, or float32 if the protocol does not round.
        truth: The clean image.
        value: Value of the protocol's setting.
        references: Reference images for the model.
    """

    image: Image
    truth: Bytes
    value: Any
    references: tuple[Image, ...] = ()

    @property
    def degraded(self) -> Bytes:
        """The degraded image, rounded to 8 bits."""
        return _bytes(self.image)


@dataclass(frozen=True)
class Protocol:
    """An evaluation protocol for one kind of degradation.

    Attributes:
        task: The task that restores it.
        title: One-line description for users.
        setting: The parameter that varies: ``scale``, ``sigma``, ``jpeg_quality`` or ``bayer``.
        label: Format of a column heading.
        usual: Values in the papers' tables; empty if they follow from the models.
        degrade: Returns (input, ground truth) for a clean RGB image, a value, and the number of the
            image, which seeds all randomness.
        baselines: Methods without a network, by their names in tables.
        compare: Returns PSNR in dB and SSIM of (result, ground truth, value).
        pick_reference: Returns the reference for a clean image, given the files of its folder, the
            files of the other folders, and its number; None if models take no references.
    """

    task: str
    title: str
    setting: str
    label: str
    usual: tuple[Value, ...]
    degrade: Callable[[Bytes, Any, int], tuple[Image, Bytes]]
    baselines: Mapping[str, Callable[[Case], Bytes]]
    compare: Callable[[Bytes, Bytes, Any], tuple[float, float]]
    pick_reference: Callable[[Bytes, Sequence[Path], Sequence[Path], int], Image] | None = None

    def case(self, clean: Bytes, value: Value, number: int) -> Case:
        """Degrade a clean (H, W, 3) image; the same number gives the same degradation."""
        image, truth = self.degrade(clean, value, number)
        return Case(image, truth, value)

    def checked(self, value: Value) -> Value:
        """Return a valid value of the setting. Raises SettingsError for others."""
        valid, range_ = _RANGES[self.setting]
        if not valid(value):
            name = self.setting.replace("_", " ")
            raise SettingsError(f"{name} {value}: expected {range_}")
        return value


def protocol_of(task: str) -> str:
    """Return the name of the default protocol of a task.

    Raises SettingsError for a task without one.
    """
    found = next((name for name, each in PROTOCOLS.items() if each.task == task), None)
    if found is None:
        known = ", ".join(dict.fromkeys(each.task for each in PROTOCOLS.values()))
        raise SettingsError(f"task {task!r} has no evaluation; expected one of {known}")
    return found


def pairs_protocol(scale: int) -> Protocol:
    """Return the comparison of given pairs, which are not degraded.

    Enlarged images are compared like those of the papers on super-resolution, others on all
    channels.
    """
    enlarged = scale > 1
    rule = f"PSNR and SSIM on Y, {scale} pixels shaved" if enlarged else "RGB, nothing shaved"
    return Protocol(
        task="",
        title=f"given pairs; {rule}",
        setting="scale",
        label="x{}" if enlarged else "pairs",
        usual=(scale,),
        degrade=_given,
        baselines={"bicubic": _bicubic} if enlarged else {"input": _unchanged},
        compare=_compare_luma if enlarged else _compare_all,
    )


def _given(clean: Bytes, value: Value, number: int) -> tuple[Image, Bytes]:
    raise AssertionError("pairs are given")


def _downscaled(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    truth = crop_to_multiple(clean, scale)
    return _image(bicubic_downscale(truth, scale)), truth


def _downscaled_center(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _downscaled(views.center_crop(clean, scale), scale, number)


def _noisy(clean: Bytes, sigma: float, number: int) -> tuple[Image, Bytes]:
    truth = _own_planes(clean)
    noisy = gaussian_noise(truth.astype(np.float32), sigma, seed=number)
    return _image(noisy / np.float32(255)), truth


def _noisy_file(clean: Bytes, sigma: float, number: int) -> tuple[Image, Bytes]:
    truth = _own_planes(clean)
    return _image(quantize(gaussian_noise(truth.astype(np.float32), sigma, seed=number))), truth


def _compressed(clean: Bytes, quality: int, number: int) -> tuple[Image, Bytes]:
    truth = _own_planes(clean)
    stored = jpeg(truth[..., 0] if truth.shape[2] == 1 else truth, quality)
    return _image(stored.reshape(truth.shape)), truth


def _compressed_luma(clean: Bytes, quality: int, number: int) -> tuple[Image, Bytes]:
    truth = clean[..., 0] if is_gray(clean) else luma(clean)
    return _image(jpeg(truth, quality)[..., None]), truth[..., None]


def _sampled(clean: Bytes, pattern: str, number: int) -> tuple[Image, Bytes]:
    return _image(mosaic(clean, pattern)), clean


def _camera(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _degraded(Camera(scale), clean, number)


def _web(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _degraded(Web(scale), clean, number)


def _degraded(degradation: Camera | Web, clean: Bytes, number: int) -> tuple[Image, Bytes]:
    """Degrade a whole image like a training patch; the result lacks the margin on each side."""
    small, clean = degradation.prepare(clean)
    inputs, targets = degradation.finish(small, clean, np.random.default_rng(number))
    return _image(quantize(inputs * 255)), quantize(targets * 255)


def _compare_luma(restored: Bytes, truth: Bytes, scale: int) -> tuple[float, float]:
    """Compare Y with `scale` pixels shaved on each side."""
    similarity = metrics.ssim(metrics.luma(restored), metrics.luma(truth), shave=scale, white=255)
    return metrics.psnr_luma(restored, truth, shave=scale), similarity


def _compare_all(restored: Bytes, truth: Bytes, value: Value) -> tuple[float, float]:
    """Compare all channels without shaving."""
    return metrics.psnr(restored, truth), metrics.ssim(restored, truth)


def _unchanged(case: Case) -> Bytes:
    return _as_truth(case)


def _bicubic(case: Case) -> Bytes:
    return baselines.bicubic(_as_truth(case), case.value)


def _as_truth(case: Case) -> Bytes:
    """Return the degraded image with the channels of the ground truth; alpha is dropped."""
    if case.degraded.shape[2] == case.truth.shape[2]:
        return case.degraded
    return to_rgb(case.image)


def _plain(case: Case) -> Bytes:
    """Enlarge without a reference."""
    return _bytes(restore(case.image, default_model(usual_task(), case.value)))


def _nlm(case: Case) -> Bytes:
    return baselines.non_local_means(case.degraded, case.value)


def _malvar(case: Case) -> Bytes:
    return baselines.malvar(case.degraded, case.value)


def _own_planes(clean: Bytes) -> Bytes:
    """Return one plane of gray images, which `load_rgb` repeats in three."""
    return clean[..., :1] if is_gray(clean) else clean


def _image(pixels: NDArray[Any]) -> Image:
    return Image(np.ascontiguousarray(pixels))


def _bytes(image: Image) -> Bytes:
    return quantize(image.to_float() * 255)


# The first protocol of a task is its default.
PROTOCOLS: dict[str, Protocol] = {
    "super-resolution": Protocol(
        task="super-resolution",
        title="MATLAB bicubic; PSNR and SSIM on Y, scale pixels shaved",
        setting="scale",
        label="x{}",
        usual=(),
        degrade=_downscaled,
        baselines={"bicubic": _bicubic},
        compare=_compare_luma,
    ),
    "web": Protocol(
        task="super-resolution",
        title="low-quality web images: blur, downscaling, noise and JPEG; RGB, nothing shaved",
        setting="scale",
        label="x{}",
        usual=(),
        degrade=_web,
        baselines={"bicubic": _bicubic},
        compare=_compare_all,
    ),
    "denoising": Protocol(
        task="denoising",
        title="white Gaussian noise, not clipped; RGB, or gray for gray images, nothing shaved",
        setting="sigma",
        label="sigma {:g}",
        usual=(15.0, 25.0, 50.0),
        degrade=_noisy,
        baselines={"input": _unchanged, "nlm": _nlm},
        compare=_compare_all,
    ),
    "denoising-8bit": Protocol(
        task="denoising",
        title="white Gaussian noise, rounded and clipped to 8 bits (PANet, RNAN)",
        setting="sigma",
        label="sigma {:g}",
        usual=(10.0, 30.0, 50.0, 70.0),
        degrade=_noisy_file,
        baselines={"input": _unchanged, "nlm": _nlm},
        compare=_compare_all,
    ),
    "camera": Protocol(
        task="denoising",
        title="simulated camera in low light: random noise, mosaic and JPEG; RGB, nothing shaved",
        setting="scale",
        label="camera",
        usual=(1,),
        degrade=_camera,
        baselines={"input": _unchanged},
        compare=_compare_all,
    ),
    "deblocking": Protocol(
        task="deblocking",
        title="JPEG by libjpeg, color 4:2:0; RGB, or gray for gray images, nothing shaved",
        setting="jpeg_quality",
        label="quality {}",
        usual=(10, 20, 30, 40),
        degrade=_compressed,
        baselines={"jpeg": _unchanged},
        compare=_compare_all,
    ),
    "deblocking-luma": Protocol(
        task="deblocking",
        title="JPEG of the Y channel alone, as a gray image (LIVE1)",
        setting="jpeg_quality",
        label="quality {}",
        usual=(10, 20, 30, 40),
        degrade=_compressed_luma,
        baselines={"jpeg": _unchanged},
        compare=_compare_all,
    ),
    "demosaicing": Protocol(
        task="demosaicing",
        title="Bayer mosaics with 8 bits and without noise; RGB, nothing shaved",
        setting="bayer",
        label="{}",
        usual=(),
        degrade=_sampled,
        baselines={"malvar": _malvar},
        compare=_compare_all,
    ),
}

PROTOCOLS = PROTOCOLS | {
    name: Protocol(
        task="reference-sr",
        title=f"central crop, MATLAB bicubic; reference: {title}; Y, scale pixels shaved",
        setting="scale",
        label="x{}",
        usual=(),
        degrade=_downscaled_center,
        baselines={"plain": _plain, "bicubic": _bicubic},
        compare=_compare_luma,
        pick_reference=pick,
    )
    for name, title, pick in (
        ("reference-sr", "the next view in the folder", views.neighbor),
        ("reference-unrelated", "an image from another folder", views.unrelated),
        ("reference-self", "the image itself, rotated and shifted", views.transformed),
    )
}

# Setting -> test for valid values, and their description.
_RANGES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "scale": (lambda value: value in range(1, 9), "an integer from 1 to 8"),
    "sigma": (lambda value: 0 < value <= 255, "a number above 0, at most 255"),
    "jpeg_quality": (lambda value: value in range(1, 101), "an integer from 1 to 100"),
    "bayer": (lambda value: value in PATTERNS, f"one of {', '.join(PATTERNS)}"),
}
