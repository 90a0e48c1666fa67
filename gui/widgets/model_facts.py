"""Facts of a model for people who know networks: id, license, test score, speed, file."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from restorer import ModelSpec

from .words import number, size


def expert_facts(spec: ModelSpec, pace: float | None = None) -> list[tuple[str, str]]:
    """Return the facts as pairs of name and text.

    Args:
        spec: The model.
        pace: Seconds per megapixel that were measured on this machine; None before that.
    """
    translate = QCoreApplication.translate
    here = translate("models", "%1 s per megapixel, measured here")
    usual = translate("models", "%1 s per megapixel on two CPU cores")
    seconds = spec.seconds if pace is None else pace
    speed = (usual if pace is None else here).replace("%1", number(seconds, 1))
    said = [
        (translate("models", "ID"), spec.id),
        (translate("models", "License"), spec.license),
        (translate("models", "Speed"), speed if seconds else ""),
        (translate("models", "Test score"), spec.figure),
        (translate("models", "Source"), spec.source),
        (translate("models", "File"), _file(spec)),
    ]
    return [(name, text) for name, text in said if text]


def _file(spec: ModelSpec) -> str:
    if not spec.weights.size:
        return ""
    digest = spec.weights.sha256[:16]
    return f"{spec.weights.name}, {size(spec.weights.size)}, SHA-256 {digest}…"
