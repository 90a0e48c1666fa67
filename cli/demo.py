"""``restore demo``: degrade sample photos, restore them, and show the gain in PSNR."""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .words import table, tell

if TYPE_CHECKING:
    from restorer.training.degrade import Bytes

    from .montage import Panel

_SIDE = 288  # the largest side for four photos across a README page at 100 %


@dataclass(frozen=True)
class Sample:
    """A square of a sample photo in scikit-image, and its degradation.

    Attributes:
        file: File name in scikit-image.
        top, left: Corner of the square of `_SIDE` pixels.
        sigma: Gaussian noise of the noisy version, on the 0-255 scale.
        detail: Corner (top, left) of an interesting detail within the square.
        bits: Bit depth of the noisy version.
    """

    file: str
    top: int
    left: int
    sigma: float
    detail: tuple[int, int]
    bits: int = 8

    @property
    def name(self) -> str:
        """File name in the folders of the demo."""
        return f"{Path(self.file).stem}.png"


@dataclass(frozen=True)
class Pair:
    """Input and result with their ground truth: (H, W, 3) uint8 of the same size."""

    name: str
    degradation: str
    truth: Bytes
    before: Bytes
    after: Bytes

    def psnr(self) -> tuple[float, float]:
        """Return PSNR in dB before and after."""
        from restorer import psnr

        return psnr(self.before, self.truth), psnr(self.after, self.truth)


SAMPLES = (
    Sample("astronaut.png", 0, 90, 25, (30, 100)),
    Sample("chelsea.png", 6, 90, 50, (40, 60)),
    Sample("coffee.png", 60, 170, 15, (110, 140)),
    Sample("rocket.jpg", 100, 180, 25, (30, 110), bits=16),
)


@click.command()
@click.argument("folder", metavar="[DIR]", default="demo", type=click.Path(path_type=Path))
@click.pass_context
def demo(ctx: click.Context, folder: Path) -> None:
    """Restore sample photos and print the gain in PSNR.

    The command works offline. It writes DIR/noisy, DIR/small, DIR/restored and
    DIR/before-after.png; DIR is "demo" by default.
    """
    from .montage import before_and_after

    truths = [(sample, _ground_truth(sample)) for sample in SAMPLES]
    for number, (sample, truth) in enumerate(truths):
        _degrade(sample, truth, folder, seed=number)
    _restore(ctx, folder / "noisy", folder / "restored" / "noisy")
    _restore(ctx, folder / "small", folder / "restored" / "small", "--scale", "2")
    denoised = [_denoised(sample, truth, folder) for sample, truth in truths]
    enlarged = [_enlarged(sample, truth, folder) for sample, truth in truths]
    head = ("image", "degradation", "before", "after", "gain")
    tell(*table(head, [_row(pair) for pair in denoised + enlarged]))
    picture = folder / "before-after.png"
    halves = [_split(pair) for pair in denoised]
    details = [_twice(pair, sample) for pair, sample in zip(enlarged, SAMPLES, strict=True)]
    before_and_after([halves, details]).save(picture, optimize=True)
    tell(f"PSNR in dB, higher is better; see {picture}")


def _ground_truth(sample: Sample) -> Bytes:
    """Return the clean square from the files in scikit-image, without a download."""
    from restorer import read

    try:
        with resources.as_file(resources.files("skimage.data").joinpath(sample.file)) as path:
            pixels = read(path).pixels
    except ModuleNotFoundError as error:
        raise click.ClickException(
            "the sample photos require scikit-image: pip install 'restorer[demo]'"
        ) from error
    square = pixels[sample.top : sample.top + _SIDE, sample.left : sample.left + _SIDE, :3]
    return square  # type: ignore[return-value]  # these files are 8 bit


def _degrade(sample: Sample, truth: Bytes, folder: Path, seed: int) -> None:
    import numpy as np

    from restorer import Image, write
    from restorer.training.degrade import bicubic_downscale, gaussian_noise

    clean = truth.astype(np.float32)
    noisy = gaussian_noise(clean, sample.sigma, seed) / np.float32(255)
    small = np.ascontiguousarray(bicubic_downscale(truth, 2))
    for kind, image in (
        ("noisy", Image(np.ascontiguousarray(truth)).with_float(noisy, bits=sample.bits)),  # type: ignore[arg-type]  # 8 or 16
        ("small", Image(small)),
    ):
        write(image, folder / kind / sample.name, existing="replace")


def _restore(ctx: click.Context, source: Path, target: Path, *asked: str) -> None:
    """Run the command that a user would type."""
    from restorer import join_command

    words = ["batch", str(source), str(target), *asked, "--existing", "replace"]
    tell(f"$ restore {join_command(words)}")
    command = ctx.find_root().command
    code = command.main(words, prog_name="restore", standalone_mode=False)
    tell("")
    if code:
        ctx.exit(code)


def _denoised(sample: Sample, truth: Bytes, folder: Path) -> Pair:
    before, after = (_bytes(folder / kind / sample.name) for kind in ("noisy", "restored/noisy"))
    return Pair(sample.name, f"noise, sigma {sample.sigma:g}", truth, before, after)


def _enlarged(sample: Sample, truth: Bytes, folder: Path) -> Pair:
    from restorer.training.degrade import pillow_bicubic

    small, large = (_bytes(folder / kind / sample.name) for kind in ("small", "restored/small"))
    before = pillow_bicubic(small, (_SIDE, _SIDE))
    return Pair(sample.name, "half size, enlarged", truth, before, large)


def _bytes(path: Path) -> Bytes:
    from restorer import read

    image = read(path)
    pixels: Bytes = image.with_float(image.to_float(), bits=8).pixels  # type: ignore[assignment]  # 8 bit
    return pixels


def _row(pair: Pair) -> tuple[str, ...]:
    before, after = pair.psnr()
    return (pair.name, pair.degradation, f"{before:.2f}", f"{after:.2f}", f"{after - before:+.2f}")


def _split(pair: Pair) -> Panel:
    """Show the left half before and the right half after, at 100 %."""
    from .montage import Panel

    half = _SIDE // 2
    return Panel(pair.before[:, :half], pair.after[:, half:], ("noisy", "restored"), _caption(pair))


def _twice(pair: Pair, sample: Sample) -> Panel:
    """Show the same detail before and after, at 200 %."""
    from .montage import Panel

    top, left = sample.detail
    place = slice(top, top + _SIDE // 2), slice(left, left + _SIDE // 4)
    before, after = (x[place].repeat(2, 0).repeat(2, 1) for x in (pair.before, pair.after))
    return Panel(before, after, ("bicubic", "restored"), _caption(pair))


def _caption(pair: Pair) -> str:
    before, after = pair.psnr()
    return f"{pair.degradation}: {before:.1f} to {after:.1f} dB"
