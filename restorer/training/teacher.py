"""Targets from a better network (knowledge distillation, Hinton et al. 2015, arXiv:1503.02531).

A photograph contains noise, and detail that no network can infer from the input. Both only add
noise to the gradients of a small network; the result of a better network contains less of them.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from restorer.errors import SettingsError
from restorer.formats.files import created
from restorer.image import Image
from restorer.inference.loading import open_model
from restorer.models.catalog import model_spec
from restorer.restoration.api import restore
from restorer.settings import Settings
from restorer.training.degradations import Bicubic, Degradation
from restorer.training.degrade import Bytes

_WHITE_STEPS = 257  # from 8 to 16 bits


class Teacher:
    """A network whose results replace the photographs as targets.

    Each result is made once and kept in a file, whose name is a hash of the weights and of the
    input, and thus of photograph and degradation.

    Args:
        model: Id of an installed model, or path of a checkpoint.
        degradation: The degradation that it restores.
        folder: Folder of the results.
        device: Device that makes them, in float32.

    Raises SettingsError for another task or scale than that of the degradation, and for a
    degradation that is drawn for every patch; ModelError.
    """

    def __init__(self, model: str, degradation: Degradation, folder: Path, device: str) -> None:
        spec = model_spec(Path(model) if Path(model).is_file() else model)
        if not isinstance(degradation, Bicubic):
            raise SettingsError(
                f"teacher {model}: requires an input that is the same for all patches of a"
                " photograph, which only the degradation 'bicubic' has"
            )
        if (spec.task, spec.scale) != (degradation.task, degradation.scale):
            raise SettingsError(
                f"teacher {model}: is for {spec.task} with scale {spec.scale}, expected"
                f" {degradation.task} with scale {degradation.scale}, as in the degradation"
            )
        self._predictor = open_model(spec, device=device, precision="fp32")
        self._sha256, self._folder = spec.weights.sha256, folder
        # one tile: seams between tiles would be learned
        self._settings = Settings(device=device, precision="fp32", keep_colors=False, tile=512)

    def target(self, degraded: Bytes) -> NDArray[np.uint16]:
        """Return the result for a whole (h, w, 3) input, (h * scale, w * scale, 3)."""
        path = self._folder / f"{self._key(degraded)}.npy"
        if not path.exists():
            taken = Image(degraded.astype(np.uint16) * np.uint16(_WHITE_STEPS))
            result = restore(taken, self._predictor, settings=self._settings).pixels
            with created(path, "replace") as file:
                np.save(file, result)
        kept: NDArray[np.uint16] = np.load(path)
        return kept

    def _key(self, degraded: Bytes) -> str:
        content = hashlib.sha256(f"{self._sha256} {degraded.shape} ".encode())
        content.update(degraded.tobytes())
        return content.hexdigest()
