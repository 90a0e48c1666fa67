"""How the papers measure: what is done to clean pictures, and how results are compared with them.

A protocol is one row of `PROTOCOLS`. Pictures are (H, W, 1 or 3) uint8, 0-255, RGB; results are
rounded to 8 bit, as files are.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from restorer import metrics
from restorer.bayer import PATTERNS
from restorer.color import is_gray
from restorer.errors import SettingsError
from restorer.evaluation import baselines, views
from restorer.image import Image
from restorer.restoration.api import restore
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

Value: TypeAlias = int | float | str


@dataclass(frozen=True, eq=False)
class Case:
    """One picture, damaged.

    Attributes:
        image: What is to be restored: uint8, or float32 where the protocol does not round.
        truth: The clean picture.
        value: Of the protocol's setting.
        references: What the model is given beside it.
    """

    image: Image
    truth: Bytes
    value: Any
    references: tuple[Image, ...] = ()

    @property
    def damaged(self) -> Bytes:
        """The input, rounded to 8 bit."""
        return _bytes(self.image)


@dataclass(frozen=True)
class Protocol:
    """How one kind of damage is measured.

    Attributes:
        task: What restores it.
        title: One line for people.
        setting: What varies: ``scale``, or what models are told or trained for: ``sigma``,
            ``jpeg_quality``, ``bayer``.
        label: How a column of a table says a value.
        usual: The values of the papers' tables; empty where those follow from the models.
        damage: Makes (input, truth) of a clean RGB picture, a value and the number of the picture,
            from which all randomness comes.
        baselines: What is used without a network, by the names of the tables.
        compare: Returns PSNR in dB and SSIM of a result for its truth and value.
        refer: Returns the reference of a clean picture, told the pictures of its folder, those of
            the other folders, and its number; None where models take none.
    """

    task: str
    title: str
    setting: str
    label: str
    usual: tuple[Value, ...]
    damage: Callable[[Bytes, Any, int], tuple[Image, Bytes]]
    baselines: Mapping[str, Callable[[Case], Bytes]]
    compare: Callable[[Bytes, Bytes, Any], tuple[float, float]]
    refer: Callable[[Bytes, Sequence[Path], Sequence[Path], int], Image] | None = None

    def case(self, clean: Bytes, value: Value, number: int) -> Case:
        """Damage a clean (H, W, 3) picture; the same number damages it in the same way."""
        image, truth = self.damage(clean, value, number)
        return Case(image, truth, value)

    def checked(self, value: Value) -> Value:
        """Return a value that this damage knows. Raises SettingsError."""
        known, range_ = _RANGES[self.setting]
        if not known(value):
            name = self.setting.replace("_", " ")
            raise SettingsError(f"{name} {value}: expected {range_}")
        return value


def protocol_of(task: str) -> str:
    """Return the name of the protocol that a task is measured by if nothing else is said.

    Raises SettingsError for a task without one.
    """
    found = next((name for name, each in PROTOCOLS.items() if each.task == task), None)
    if found is None:
        known = ", ".join(dict.fromkeys(each.task for each in PROTOCOLS.values()))
        raise SettingsError(f"task {task!r} has no evaluation; known are {known}")
    return found


def _shrunk(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    truth = crop_to_multiple(clean, scale)
    return _image(bicubic_downscale(truth, scale)), truth


def _shrunk_middle(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _shrunk(views.middle(clean, scale), scale, number)


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


def _photographed(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _drawn(Camera(scale), clean, number)


def _published_small(clean: Bytes, scale: int, number: int) -> tuple[Image, Bytes]:
    return _drawn(Web(scale), clean, number)


def _drawn(degradation: Camera | Web, clean: Bytes, number: int) -> tuple[Image, Bytes]:
    """Damage a whole picture as a patch is in training; it loses the margin all around."""
    small, clean = degradation.prepare(clean)
    inputs, targets = degradation.finish(small, clean, np.random.default_rng(number))
    return _image(quantize(inputs * 255)), quantize(targets * 255)


def _compare_luma(restored: Bytes, truth: Bytes, scale: int) -> tuple[float, float]:
    """Compare Y, `scale` pixels shaved on each side."""
    similarity = metrics.ssim(metrics.luma(restored), metrics.luma(truth), shave=scale)
    return metrics.psnr_luma(restored, truth, shave=scale), similarity


def _compare_all(restored: Bytes, truth: Bytes, value: Value) -> tuple[float, float]:
    """Compare all channels, nothing shaved."""
    return metrics.psnr(restored, truth), metrics.ssim(restored, truth)


def _unchanged(case: Case) -> Bytes:
    return case.damaged


def _bicubic(case: Case) -> Bytes:
    return baselines.bicubic(case.damaged, case.value)


def _plain(case: Case) -> Bytes:
    """Enlarge without the reference."""
    return _bytes(restore(case.image, default_model(usual_task(), case.value)))


def _nlm(case: Case) -> Bytes:
    return baselines.non_local_means(case.damaged, case.value)


def _malvar(case: Case) -> Bytes:
    return baselines.malvar(case.damaged, case.value)


def _own_planes(clean: Bytes) -> Bytes:
    """Return one plane of gray pictures, which `load_rgb` spreads over three."""
    return clean[..., :1] if is_gray(clean) else clean


def _image(pixels: NDArray[Any]) -> Image:
    return Image(np.ascontiguousarray(pixels))


def _bytes(image: Image) -> Bytes:
    return quantize(image.to_float() * 255)


# The first row of a task is its usual one.
PROTOCOLS: dict[str, Protocol] = {
    "super-resolution": Protocol(
        task="super-resolution",
        title="MATLAB bicubic; PSNR and SSIM on Y, scale pixels shaved",
        setting="scale",
        label="x{}",
        usual=(),
        damage=_shrunk,
        baselines={"bicubic": _bicubic},
        compare=_compare_luma,
    ),
    "web": Protocol(
        task="super-resolution",
        title="as on the web: blurred, shrunk, noisy, JPEG, each by chance; RGB, nothing shaved",
        setting="scale",
        label="x{}",
        usual=(),
        damage=_published_small,
        baselines={"bicubic": _bicubic},
        compare=_compare_all,
    ),
    "denoising": Protocol(
        task="denoising",
        title="white Gaussian noise, not clipped; RGB, gray of gray pictures, nothing shaved",
        setting="sigma",
        label="sigma {:g}",
        usual=(15.0, 25.0, 50.0),
        damage=_noisy,
        baselines={"input": _unchanged, "nlm": _nlm},
        compare=_compare_all,
    ),
    "denoising-8bit": Protocol(
        task="denoising",
        title="the same, rounded and clipped to 8 bit as in files (PANet, RNAN)",
        setting="sigma",
        label="sigma {:g}",
        usual=(10.0, 30.0, 50.0, 70.0),
        damage=_noisy_file,
        baselines={"input": _unchanged, "nlm": _nlm},
        compare=_compare_all,
    ),
    "camera": Protocol(
        task="denoising",
        title="as of cameras in bad light: noise, mosaic, JPEG, by chance; RGB, nothing shaved",
        setting="scale",
        label="camera",
        usual=(1,),
        damage=_photographed,
        baselines={"input": _unchanged},
        compare=_compare_all,
    ),
    "deblocking": Protocol(
        task="deblocking",
        title="JPEG by libjpeg, color 4:2:0; RGB, gray of gray pictures, nothing shaved",
        setting="jpeg_quality",
        label="quality {}",
        usual=(10, 20, 30, 40),
        damage=_compressed,
        baselines={"jpeg": _unchanged},
        compare=_compare_all,
    ),
    "deblocking-luma": Protocol(
        task="deblocking",
        title="the same of Y alone, a gray picture (LIVE1)",
        setting="jpeg_quality",
        label="quality {}",
        usual=(10, 20, 30, 40),
        damage=_compressed_luma,
        baselines={"jpeg": _unchanged},
        compare=_compare_all,
    ),
    "demosaicing": Protocol(
        task="demosaicing",
        title="one color of each pixel, 8 bit, without noise; RGB, nothing shaved",
        setting="bayer",
        label="{}",
        usual=(),
        damage=_sampled,
        baselines={"malvar": _malvar},
        compare=_compare_all,
    ),
}

PROTOCOLS = PROTOCOLS | {
    name: Protocol(
        task="reference-sr",
        title=f"middle of a view, MATLAB bicubic; reference: {title}; Y, scale pixels shaved",
        setting="scale",
        label="x{}",
        usual=(),
        damage=_shrunk_middle,
        baselines={"plain": _plain, "bicubic": _bicubic},
        compare=_compare_luma,
        refer=refer,
    )
    for name, title, refer in (
        ("reference-sr", "the next view in the folder", views.neighbor),
        ("reference-unrelated", "a picture of another folder", views.stranger),
        ("reference-self", "the picture itself, turned and shifted", views.itself),
    )
}

# Setting -> which values it knows, and how to say that.
_RANGES: Mapping[str, tuple[Callable[[Any], bool], str]] = {
    "scale": (lambda value: value in range(1, 9), "a whole factor"),
    "sigma": (lambda value: 0 < value <= 255, "more than 0, at most 255"),
    "jpeg_quality": (lambda value: value in range(1, 101), "a whole number of 1 to 100"),
    "bayer": (lambda value: value in PATTERNS, f"one of {', '.join(PATTERNS)}"),
}
