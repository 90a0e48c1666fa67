"""Where weights lie on this machine, and whether they are what the catalogue says."""

from __future__ import annotations

import hashlib
from importlib.resources import files
from pathlib import Path
from typing import Literal

from platformdirs import user_data_path

from restorer.catalog import ModelSpec, WeightsFile
from restorer.errors import WeightsError


def weights_path(spec: ModelSpec) -> Path:
    """Return the weights file of a model after checking its size and SHA-256.

    Embedded weights lie in the package, all others in `weights_folder`. Raises WeightsError.
    """
    path = _expected_path(spec.weights)
    if not path.is_file():
        raise WeightsError(
            f"{spec.id}: weights {spec.weights.name} are not installed; expected at {path}"
        )
    try:
        size, digest = path.stat().st_size, _sha256(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    if size != spec.weights.size:
        raise WeightsError(
            f"{path}: {size:,} bytes, expected {spec.weights.size:,}; the file was cut or replaced,"
            " install it again"
        )
    if digest != spec.weights.sha256:
        raise WeightsError(
            f"{path}: SHA-256 {digest}, expected {spec.weights.sha256}; the file was altered,"
            " install it again"
        )
    return path


def verify_weights(spec: ModelSpec) -> Literal["ok", "absent", "corrupt"]:
    """Say whether the weights of a model are there and whole."""
    if not _expected_path(spec.weights).is_file():
        return "absent"
    try:
        weights_path(spec)
    except WeightsError:
        return "corrupt"
    return "ok"


def weights_folder() -> Path:
    """Return the user's folder for weights that do not ship with the package; it may not exist."""
    return user_data_path("restorer") / "weights"


def _expected_path(weights: WeightsFile) -> Path:
    if weights.embedded:
        return Path(str(files("restorer.weights").joinpath("embedded", weights.name)))
    return weights_folder() / weights.name


def _sha256(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while block := file.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()
