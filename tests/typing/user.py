"""A program of a user that calls every public function; type checkers accept it as it is.

mypy and pyright check it, and `tests/test_typing.py` that nothing public is missing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image as PilImage
from torch import Tensor, nn

import restorer
from restorer import Image, Region, Settings, Step


def restore_every_kind(
    bytes_: NDArray[np.uint8], floats: NDArray[np.float32], batch: Tensor, pil: PilImage.Image
) -> None:
    first: NDArray[Any] = restorer.restore(bytes_, "panet-sr-x2-lite")
    second: NDArray[Any] = restorer.restore(floats, Step("panet-denoise-lite", sigma=25))
    third: Tensor = restorer.restore(batch, Path("net.pth"))
    fourth: PilImage.Image = restorer.restore(pil, nn.Conv2d(3, 3, 3, padding=1))
    fifth: Image = restorer.restore("photo.jpg", ["panet-denoise-lite", "panet-sr-x2-lite"])
    sixth: Image = restorer.restore(
        Path("photo.jpg"),
        [restorer.load("panet-sr-x2-lite"), (nn.Identity(), Step("mine", strength=0.5))],
        references=[first, third, fourth, "sharp.jpg", fifth],
        settings=Settings(device="cpu", precision="fp32", tile=64),
        on_tile=lambda done, total: None,
        on_maps=lambda maps: None,
        cancel=restorer.CancelToken(),
    )
    part: NDArray[Any] = restorer.restore_region(second, "panet-sr-x2-lite", Region(0, 0, 8, 8))
    seen: Image = restorer.restore_region(
        restorer.Source(sixth),
        "panet-sr-x2-lite",
        Region(0, 0, 8, 8),
        on_plans=lambda plans: None,
    )
    display: restorer.Display = restorer.to_display(part, background=(255, 255, 255))
    change: restorer.Change = restorer.split_change(seen.to_float(), seen.to_float())
    print(change)
    whole: Image = restorer.at_strength(restorer.Source(seen), seen, 0.5, detail=0.25)
    restorer.check_steps(["panet-sr-x2-lite"], Settings())
    print(display.notes, whole.height)


def measure(picture: restorer.Picture, truth: restorer.Picture) -> list[float | None]:
    return [
        restorer.psnr(picture, truth, shave=4),
        restorer.psnr_luma(picture, truth),
        restorer.ssim(picture, truth, white=1),
        restorer.estimate_sigma(picture),
        restorer.diagnose(picture, scale=2).treatment.seconds,
        restorer.estimate_jpeg_quality(picture),
        restorer.estimate_run("panet-denoise-lite", (480, 640))[0],
        restorer.expected_cost([Step("panet-denoise-lite")], restorer.diagnose(picture).source)[0],
    ]


class Mine(nn.Module):
    def __init__(self, *, scale: int = 2) -> None:
        super().__init__()
        self.scale = scale

    def forward(self, x: Tensor) -> Tensor:
        return x.repeat_interleave(self.scale, 2).repeat_interleave(self.scale, 3)

    @staticmethod
    def arguments(shapes: Mapping[str, tuple[int, ...]]) -> dict[str, Any] | None:
        return None if shapes else {"scale": 2}


def use_models(x: Tensor) -> Tensor:
    restorer.ARCHITECTURES["mine"] = Mine
    module: restorer.Predictor = restorer.wrap_model(Mine(), scale=2, precision=torch.bfloat16)
    model = restorer.load(
        "panet-denoise-lite", device=torch.device("cpu"), precision=torch.float32, download=True
    )
    y: Tensor = module(model(x, sigma=25.0), seed=1)
    restorer.release_models()
    spec: restorer.ModelSpec = restorer.model_spec("panet-sr-x2-lite")
    family: restorer.Family | None = restorer.model_family(spec.architecture)
    specs: list[restorer.ModelSpec] = restorer.list_models("denoising")
    tasks: list[str] = [restorer.usual_task(), restorer.conditioned_task("sigma")]
    tasks += [restorer.mosaic_task(), restorer.raw_model()]
    speed: str = restorer.speed_class(specs[0])
    default: str = restorer.default_model(tasks[0], 4)
    devices: list[str] = restorer.available_devices()
    memory: restorer.TileMemory | None = restorer.tile_memory(model)
    trials = restorer.try_precisions(spec, devices[0])
    workers: dict[int, float] = restorer.try_workers(spec)
    print(family, speed, default, memory, trials, workers)
    return y


def keep_weights(path: str) -> Path:
    found: restorer.CheckpointInfo = restorer.identify_checkpoint(path)
    setting: str = restorer.missing_setting(found, found.tasks[0])
    spec = restorer.describe_model(
        found, id="mine-x2", trained_for={"sigma": 25} if setting else {}
    )
    fits: bool = restorer.fits_model(found, spec)
    installed: restorer.ModelSpec = restorer.add_weights(spec, path)
    states = [restorer.verify_weights(installed), restorer.weights_state(installed), fits]
    restorer.export_weights(installed.id, "copy.safetensors")
    written: restorer.OnnxModel = restorer.export_onnx(installed.id, "copy.onnx", size=(64, 64))
    restorer.fetch_model(restorer.fetch_weights(installed))
    print(
        states, written.checks[0].psnr, restorer.weights_path(installed), restorer.weights_folder()
    )
    return restorer.remove_weights(installed)


def use_files(folder: str) -> None:
    header: restorer.Header = restorer.probe(f"{folder}/photo.jpg")
    image: Image = restorer.read(Path(folder, "photo.jpg"), max_pixels=10**8)
    page: Image | restorer.Mosaic = restorer.read_page("photo.dng")
    page = restorer.as_mosaic(image, restorer.Settings(mosaic="rggb"))
    if isinstance(page, restorer.Mosaic):
        page = restorer.denoise_mosaic(page, "panet-denoise-lite")
        color: restorer.CameraColor = page.color
        image = restorer.plain_picture(page)
        print(color.neutral)
    pages: Iterator[Image] = restorer.read_pages("many.tif", on_damage=print)
    timed = replace(image.metadata, frame=restorer.Frame(delay_ms=40, loops=1))
    written: tuple[str, ...] = restorer.write_pages(
        [*pages, replace(image, metadata=timed)], "a.webp"
    )
    print(written)
    preview: Image | None = restorer.embedded_preview("photo.dng")
    print(preview)
    info: restorer.CaptureInfo = restorer.read_capture_info(image.metadata)
    profile: bytes | None = restorer.find_profile("display-p3")
    if profile is not None:
        image = restorer.with_profile(image, profile)
    wanted = Settings(long_edge=1000, dpi=300, metadata="copyright")
    size: tuple[int, int] = restorer.output_size(image.height, image.width, wanted)
    image = restorer.prepare_output(image, wanted)
    print(size)
    image = restorer.displayed(Image(image.to_float(), transfer="linear"))
    options: restorer.WriterOptions = restorer.writer_options("a.jpg", quality=90)
    notes: tuple[str, ...] = restorer.write(image, "a.jpg", options, existing="replace")
    result: restorer.Verification = restorer.verify_result("photo.jpg", "a.jpg", scale=1)
    print(header, info, notes, result, restorer.profile_name(profile))
    made: restorer.Provenance = restorer.read_provenance("a.jpg")
    own: restorer.Provenance | None = restorer.provenance_of(image)
    image = restorer.amend_provenance(image, made.steps, Settings(provenance="sidecar"))
    again: restorer.Replay = restorer.replay_result("a.jpg", source="photo.jpg")
    print(own, again.same)


def run_batch(folder: str) -> None:
    batch: restorer.Batch = restorer.plan_jobs(folder, Path("out"), ["panet-sr-x2-lite"])
    more = restorer.plan_sources([Path("a.jpg"), "b"], None, [Step("panet-denoise-lite")])
    jobs = restorer.number_targets([*restorer.exclude_results(batch).jobs, *more.jobs], ["a.png"])
    jobs = restorer.with_references(jobs, "sharp")
    jobs = restorer.with_raw_steps(jobs)
    jobs = tuple(restorer.load_jobs(restorer.dump_jobs(jobs)))
    restorer.check_job(jobs[0])
    place: Path | restorer.Address = restorer.location("s3://bucket/a.png")
    print(restorer.file_identity(place) == restorer.file_identity("a.png"))
    print(restorer.join_command(["restore", "image", str(place)]))
    with restorer.local_copy(place) as copied:
        print(restorer.probe(copied).width, str(place))
    decisions = restorer.OutputFolder("out").decide(jobs)
    restorer.check_apart(folder, "out")
    watch = restorer.FolderWatch(Path(folder), lambda: jobs, restorer.OutputFolder("out").decide)
    watch.stop()
    forecast: restorer.Forecast = restorer.forecast_batch(decisions, workers=2, on_file=print)
    needs: list[restorer.DiskNeed] = [disk for disk in forecast.disks if disk.short]
    print(needs, forecast.seconds)
    with restorer.open_journal("run.jsonl") as file:
        journal = restorer.Journal(file)
        for event in restorer.run_jobs(jobs, workers=2, control=restorer.RunControl()):
            if isinstance(event, restorer.Finished):
                journal.finish(jobs[0], event.result)
    result: restorer.Result = restorer.run_job(jobs[0])
    expected: tuple[Step, ...] = restorer.expected_steps([Step("auto", scale=2)])
    scale: int = restorer.scale_of_steps(expected)
    step = Step(restorer.AUTO if scale == 1 else restorer.AUTO_SR)
    chosen: restorer.Chosen = restorer.choose_steps(step, restorer.Source(restorer.read("a.jpg")))
    job = restorer.Job(Path("a.jpg"), Path("b.jpg"), chosen=(chosen,))
    name: str = restorer.target_name("a.jpg", job.steps)
    pairs: restorer.ResultPairs = restorer.pair_results(folder, "out")
    print(result.error, name, pairs, restorer.read_journal("run.jsonl"))
    command: tuple[tuple[str, ...], str] = restorer.last_command(Path(folder))
    print(command)


def use_references(image: Image) -> None:
    paths = restorer.pair_references("photo.jpg", "sharp")
    restorer.check_references("photo.jpg", [*paths, "more.jpg"])
    opened: tuple[restorer.Reference, ...] = restorer.open_references(paths)
    best: tuple[Path, ...] = restorer.choose_references(opened[0], paths)
    restorer.restore(image, "ttsr-x4-lite", references=[*opened, *best])


def use_presets() -> dict[str, Any]:
    path: Path = restorer.presets_file()
    restorer.write_preset(path, "mine", {"sigma": 25})
    names = list(restorer.read_presets(str(path)))
    known = [restorer.find_option("sigma").name]
    return restorer.read_preset(path, names[0], known)


def analyze(picture: NDArray[np.uint8]) -> None:
    region: Region = restorer.detailed_region(picture, 64)
    for sample in restorer.compare_models(picture, ["panet-denoise-lite", nn.Identity()], region):
        print(sample.psnr)
    found: restorer.AttentionMap = restorer.map_attention(picture, "panet-sr-x2-lite", (8, 8))
    speeds = list(restorer.measure_speed(["panet-sr-x2-lite"], [0.1], device=torch.device("cpu")))
    known: float | None = restorer.known_speed(restorer.model_spec("panet-sr-x2-lite"), "auto")
    print(found, speeds, known, restorer.__version__)


def train_and_measure() -> None:
    recipe: restorer.Recipe = restorer.read_recipe("panet-denoise-lite")
    for report in restorer.train(recipe, "photographs", Path("runs")):
        print(report.step, report.loss)
    scores: restorer.EvaluationTable = restorer.evaluate(["panet-denoise-lite"], "photographs")
    print(scores)
