"""Denoise the samples of camera RAW without demosaicing them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from restorer.errors import SettingsError
from restorer.restoration.provenance import FileHash
from restorer.restoration.resolve import (
    Model,
    denoises_samples,
    model_and_step,
    open_steps,
    spec_of,
    steps_of,
)
from restorer.restoration.run import Restoration
from restorer.restoration.source import Source, development_of
from restorer.sensor import bayer
from restorer.sensor.mosaic import Mosaic
from restorer.sensor.noise import SensorNoise
from restorer.settings import CancelToken, OnTick, RunPlan, Settings

_LEFT = 0.1  # of the noise at full strength; profiles must state some


def denoise_mosaic(
    mosaic: Mosaic,
    model: Model = "panet-denoise-lite",
    *,
    settings: Settings | None = None,
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> Mosaic:
    """Return RAW samples with less noise, for `write` to a DNG file.

    Args:
        mosaic: The samples.
        model: The default model for denoising, or a `Step` with it and with the strength.
        settings: Options of the run; None takes the defaults.
        on_tile: Called with (done, total) tiles.
        cancel: Stops the work between two tiles, with Cancelled.

    Raises SettingsError for other models, and the errors of `restore`.

    Examples:
        >>> color = restorer.CameraColor(np.ones(3), np.eye(3))
        >>> samples = np.full((24, 32, 1), 0.5, np.float32)
        >>> clean = restorer.denoise_mosaic(restorer.Mosaic(samples, "rggb", color))
        >>> restorer.write(clean, "clean.dng")
        ()
    """
    settings = settings or Settings()
    if not gives_samples(model, settings):
        raise SettingsError(
            "samples of a sensor stay samples in one step alone, by the default model for denoising"
            " without a noise level"
        )
    return run_mosaic(mosaic, model, settings, on_tile=on_tile, cancel=cancel)[0]


def gives_samples(model: Model, settings: Settings) -> bool:
    """Whether the steps make samples of samples: one step that removes the noise of RAW."""
    steps = steps_of(model)
    if len(steps) != 1:
        return False
    named, step = model_and_step(steps[0], settings)
    return denoises_samples(step, spec_of(named))


def run_mosaic(
    mosaic: Mosaic,
    model: Model,
    settings: Settings,
    *,
    file: FileHash | None = None,
    plans: Sequence[RunPlan] = (),
    on_tile: OnTick | None = None,
    cancel: CancelToken | None = None,
) -> tuple[Mosaic, tuple[RunPlan, ...]]:
    """Return the samples and the plan of `denoise_mosaic`.

    Args:
        mosaic: The samples.
        model: What `gives_samples`.
        settings: Options of the run; white balance and exposure are stated in the result.
        file: The file of the samples, for the provenance.
        plans: The plan of an earlier run, which is repeated; none for a new one.
        on_tile: Called with (done, total) tiles.
        cancel: Stops the work between two tiles.
    """
    steps = open_steps(model, settings, mosaic.bits, mosaic.pattern)
    source = Source(mosaic, file, settings, samples=True)
    own = replace(settings, bits=None, profile="keep", dither=False)
    restoration = Restoration(source, steps, own, plans=plans, on_tile=on_tile, cancel=cancel)
    image, run_plans = restoration.run()
    samples = image.to_float()
    for y, x, number in bayer.sites(mosaic.pattern):
        samples[y::2, x::2] *= source.neutral[number]
    ((_, step),) = steps
    noise, _ = source.sensor_noise(mosaic.pattern)
    left = max(1 - step.shares[1], _LEFT)
    return (
        replace(
            mosaic,
            samples=samples,
            color=development_of(settings).applied(mosaic.color),
            metadata=image.metadata,
            notes=image.notes,
            noise=_reduced(noise.balanced(1 / source.neutral), left),
            noise_reduction=step.shares[1],
        ),
        run_plans,
    )


def _reduced(noise: SensorNoise, share: float) -> SensorNoise:
    """Return the noise whose standard deviation is a share of another one."""
    (a, b, c), (d, e, f) = noise.scale, noise.offset
    return SensorNoise(
        (a * share**2, b * share**2, c * share**2), (d * share**2, e * share**2, f * share**2)
    )
