"""The methods to evaluate: models, and torch modules or functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

from torch import Tensor, nn

from restorer.errors import SettingsError
from restorer.evaluation.protocols import Case
from restorer.inference.loading import open_model
from restorer.inference.predictor import Predictor
from restorer.inference.wrapping import wrap_model
from restorer.models.catalog import ModelSpec, list_models, model_spec
from restorer.models.entries import describe_model
from restorer.models.identify import identify_checkpoint
from restorer.models.store import weights_path
from restorer.restoration.api import restore
from restorer.settings import Settings, Step
from restorer.training.degrade import Bytes, quantize

# An id, the path of a checkpoint, a loaded model, or a module or function of tensors.
EvaluatedModel: TypeAlias = str | Path | Predictor | Callable[[Tensor], Tensor]

Run: TypeAlias = Callable[[Case, Mapping[str, Any]], Bytes]  # of a case, with options of `Step`


@dataclass(frozen=True)
class Method:
    """A model under evaluation.

    Attributes:
        name: Row heading.
        model: An id, the path of a checkpoint, or a loaded model.
        spec: Its specification.
        any_task: Whether nobody said what the model is for.
    """

    name: str
    model: str | Path | Predictor
    spec: ModelSpec
    any_task: bool = False

    def open(self, settings: Settings) -> Run:
        """Return the restoration of a case; its result is rounded to 8 bits."""
        predictor = self.model
        if not isinstance(predictor, Predictor):
            task = self.spec.task if isinstance(self.model, Path) else None
            device, precision = settings.device, settings.precision
            predictor = open_model(predictor, device=device, precision=precision, task=task)

        def run(case: Case, options: Mapping[str, Any]) -> Bytes:
            steps = [(predictor, Step(self.spec.id, **options))]
            restored = restore(case.image, steps, references=case.references, settings=settings)
            return quantize(restored.to_float() * 255)

        return run


def method_of(name: str, model: EvaluatedModel, task: str | None) -> Method:
    """Return the method of a model.

    Args:
        name: Row heading.
        model: The model.
        task: Task of a checkpoint that fits several, and of a module; None if it is unknown.

    Raises SettingsError for a checkpoint that fits several tasks without `task`, or for another
    kind of object, and ModelError.
    """
    if isinstance(model, Predictor):
        return Method(name, model, model.spec)
    if isinstance(model, str) and not _is_path(model):
        spec = model_spec(model)
        weights_path(spec)  # the error explains how to install missing weights
        return Method(name, model, spec)
    if isinstance(model, (str, Path)):
        found = identify_checkpoint(model)
        if task is None and len(found.tasks) > 1:
            raise SettingsError(f"{model}: fits the tasks {' and '.join(found.tasks)}; choose one")
        return Method(name, Path(model), describe_model(found, task=task or found.tasks[0]))
    if not callable(model):
        kind = type(model).__name__  # type: ignore[unreachable]  # by a caller without type checks
        raise SettingsError(f"{name}: {kind}, expected an id, a path, a loaded model or a module")
    module = model if isinstance(model, nn.Module) else _Function(model)
    predictor = wrap_model(module, task=task or "", name=name)
    return Method(name, predictor, predictor.spec, any_task=task is None)


def name_of(model: EvaluatedModel) -> str:
    """Return the row heading of a model for which the caller gave none."""
    if isinstance(model, Predictor):
        return model.spec.id
    if isinstance(model, (str, Path)):
        return str(model)
    return getattr(model, "__name__", type(model).__name__)


class _Function(nn.Module):
    """A function as a module without parameters."""

    def __init__(self, function: Callable[[Tensor], Tensor]) -> None:
        super().__init__()
        self._function = function

    def forward(self, x: Tensor) -> Tensor:
        return self._function(x)


def _is_path(word: str) -> bool:
    """Whether a word that is no id names a file."""
    return all(spec.id != word for spec in list_models()) and (
        Path(word).is_file() or "/" in word or "\\" in word
    )
