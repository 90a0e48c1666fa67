"""The user's weights folder: install, verify and remove weights."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from importlib.resources import files
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from restorer.errors import ImageWriteError, WeightsError
from restorer.formats.files import created, file_sha256
from restorer.models.catalog import ModelSpec, WeightsFile, is_shipped, weights_folder
from restorer.models.download import download
from restorer.models.ncnn.pairs import graph_beside
from restorer.models.packages import package_folder
from restorer.settings import CancelToken, OnTick

WeightsState: TypeAlias = Literal["embedded", "installed", "fetch", "browser", "absent", "corrupt"]

_BLOCK = 1 << 20


def weights_path(spec: ModelSpec) -> Path:
    """Return the weights file of a model after checking its size and SHA-256.

    Embedded weights are in this package, those of data packages in theirs, all others in the user's
    folder. Raises WeightsError.

    Examples:
        >>> restorer.weights_path(restorer.model_spec("panet-sr-x2-lite")).name
        'panet-sr-x2-lite.safetensors'
    """
    path = _expected_path(spec.weights)
    if not path.is_file() or not spec.weights.sha256:
        raise WeightsError(
            f"{spec.id}: weights {spec.weights.name} are not installed; {_remedy(spec)}"
        )
    try:
        size, digest = path.stat().st_size, file_sha256(path)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be read: {error.strerror}") from error
    if size != spec.weights.size:
        raise WeightsError(
            f"{path}: {size:,} bytes, expected {spec.weights.size:,}; the file is incomplete or was"
            " replaced, install it again"
        )
    if digest != spec.weights.sha256:
        raise WeightsError(
            f"{path}: SHA-256 {digest}, expected {spec.weights.sha256}; the file was modified,"
            " install it again"
        )
    return path


def verify_weights(spec: ModelSpec) -> Literal["ok", "absent", "corrupt"]:
    """Return whether the weights of a model are installed and intact.

    Examples:
        >>> restorer.verify_weights(restorer.model_spec("panet-sr-x2-lite"))
        'ok'
    """
    if not _expected_path(spec.weights).is_file() or not spec.weights.sha256:
        return "absent"
    try:
        weights_path(spec)
    except WeightsError:
        return "corrupt"
    return "ok"


def weights_state(spec: ModelSpec) -> WeightsState:
    """Return the state of the weights of a model; reads the whole file.

    ``embedded``: in this package; ``installed``: in the user's folder or a data package; ``fetch``:
    `fetch_weights` can download them; ``browser``: they require a manual download; ``absent``: no
    address is known;
    ``corrupt``: truncated or modified.

    Examples:
        >>> restorer.weights_state(restorer.model_spec("nlsn-x2-paper"))  # its page needs a browser
        'browser'
    """
    found = verify_weights(spec)
    if found == "ok":
        return "embedded" if spec.weights.embedded else "installed"
    if found == "absent" and not spec.weights.embedded:
        return "fetch" if spec.weights.url else "browser" if spec.weights.page else found
    return found


def add_weights(spec: ModelSpec, source: Path | str) -> ModelSpec:
    """Install a checkpoint as the weights of `spec` and return the updated entry.

    The file must match the hash in the catalog or in the record of an earlier file; without one,
    the hash of `source` is recorded. The two files of an ncnn network, of which `source` is one,
    become one safetensors file. Raises WeightsError, CheckpointError.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("mine.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("mine.pth"))
        >>> spec = restorer.add_weights(
        ...     restorer.describe_model(checkpoint, id="mine-x2"), Path("mine.pth")
        ... )
        >>> large = restorer.restore(restorer.read("photo.jpg"), "mine-x2")
    """
    source = Path(source)
    suffix = source.suffix.lower()
    packed: BinaryIO | None = None
    if graph_beside(source) is not None:
        from restorer.models.ncnn.files import pack  # loads torch

        suffix, packed = ".safetensors", BytesIO(pack(source))
    target = weights_folder() / f"{spec.id}{suffix}"
    try:
        with created(target, "replace") as file, packed or source.open("rb") as original:
            digest = hashlib.sha256()
            while block := original.read(_BLOCK):
                digest.update(block)
                file.write(block)
            if spec.weights.sha256 not in ("", digest.hexdigest()):
                raise WeightsError(
                    f"{source}: SHA-256 {digest.hexdigest()}, expected {spec.weights.sha256}: not"
                    f" the weights of {spec.id}"
                )
    except ImageWriteError as error:
        raise WeightsError(str(error)) from error
    return _record(spec, target, digest.hexdigest())


def fetch_weights(
    spec: ModelSpec, *, on_bytes: OnTick | None = None, cancel: CancelToken | None = None
) -> ModelSpec:
    """Download the weights of a model unless they are installed; return the updated entry.

    Interrupted downloads are resumed. An unknown hash is recorded and checked from then on. Raises
    WeightsError, Cancelled.

    Examples:
        >>> spec = restorer.model_spec("panet-sr-x2-lite")
        >>> spec = restorer.fetch_weights(spec)  # nothing to do: it is included
        >>> restorer.weights_state(spec)
        'embedded'
    """
    if verify_weights(spec) == "ok":
        return spec
    if not spec.weights.url:
        raise WeightsError(f"{spec.id}: has no download address; {_remedy(spec)}")
    target = weights_folder() / spec.weights.name
    digest = download(
        spec.weights.url,
        target,
        sha256=spec.weights.sha256,
        size=spec.weights.size,
        on_bytes=on_bytes,
        cancel=cancel,
    )
    return _record(spec, target, digest)


def remove_weights(spec: ModelSpec) -> Path:
    """Delete the weights and the entry of a model; return the path of the deleted file.

    A model that the user had added disappears; a model of the catalog can be installed again.
    Raises WeightsError for embedded weights, and if nothing is installed.

    Examples:
        >>> restorer.export_weights("panet-sr-x2-lite", Path("mine.pth"))
        >>> checkpoint = restorer.identify_checkpoint(Path("mine.pth"))
        >>> spec = restorer.add_weights(
        ...     restorer.describe_model(checkpoint, id="mine-x2"), Path("mine.pth")
        ... )
        >>> restorer.remove_weights(spec).exists()
        False
    """
    path, entry = _expected_path(spec.weights), _entry_path(spec.id)
    if spec.weights.embedded:
        raise WeightsError(f"{spec.id}: comes with the program and cannot be removed")
    if spec.weights.package:
        raise WeightsError(
            f"{spec.id}: belongs to the package {spec.weights.package}; pip uninstall removes it"
        )
    outside = Path(spec.weights.name).is_absolute()  # a checkpoint that is named by its path
    if outside or (not path.exists() and not entry.exists()):
        raise WeightsError(f"{spec.id}: is not installed")
    try:
        entry.unlink(missing_ok=True)
        path.unlink(missing_ok=True)
    except OSError as error:
        raise WeightsError(f"{path}: cannot be removed: {error.strerror}") from error
    return path


def _record(spec: ModelSpec, path: Path, digest: str) -> ModelSpec:
    """Write an entry with `path` as the weights of `spec`."""
    size = path.stat().st_size
    weights = replace(spec.weights, name=path.name, sha256=digest, size=size)
    installed = replace(spec, weights=weights)
    entry = asdict(installed)
    if is_shipped(spec.id):  # the catalog of each release provides the rest
        entry = {"id": spec.id, "weights": {"name": path.name, "sha256": digest, "size": size}}
    try:
        with created(_entry_path(spec.id), "replace") as file:
            file.write(json.dumps(entry, indent=2).encode())
    except ImageWriteError as error:
        raise WeightsError(str(error)) from error
    for other in path.parent.glob(f"{spec.id}.*"):  # earlier weights with another suffix
        if other not in (path, _entry_path(spec.id)):
            other.unlink(missing_ok=True)
    return installed


def _remedy(spec: ModelSpec) -> str:
    """Return instructions for installing the weights."""
    if spec.weights.url:
        return f"download the weights of {spec.id}"
    if spec.weights.page:
        return (
            f"download the file from {spec.weights.page} with a browser, then"
            f" install it as the weights of {spec.id}"
        )
    return f"expected at {_expected_path(spec.weights)}"


def _expected_path(weights: WeightsFile) -> Path:
    if weights.embedded:
        return Path(str(files("restorer.weights").joinpath("embedded", weights.name)))
    if weights.package:
        return (package_folder(weights.package) or Path(weights.package)) / weights.name
    return weights_folder() / weights.name


def _entry_path(model: str) -> Path:
    return weights_folder() / f"{model}.json"
