"""Titles: names of tasks, damages, kinds and speeds in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from restorer import TASKS, ModelSpec, speed_class


def QT_TRANSLATE_NOOP(context: str, text: str) -> str:
    """Mark a text for translation, as Qt's function of this name does, which is not typed."""
    return text


def core_text(text: str) -> str:
    """Return a text that the core marks with `window`, in the user's language."""
    translate = QCoreApplication.translate
    return translate("", text)


def task_title(task: str) -> str:
    """Return the name of a task; that of a task that the program does not know is its id."""
    return core_text(TASKS[task].label) if task in TASKS else task


def damage_title(kind: str) -> str:
    """Return the name of a damage (`Finding.kind`); that of an unknown one is its id."""
    translate = QCoreApplication.translate
    words = {
        "white-noise": translate("titles", "even noise"),
        "camera-noise": translate("titles", "camera noise"),
        "coarse-noise": translate("titles", "coarse noise"),
        "film-grain": translate("titles", "film grain"),
        "chroma-noise": translate("titles", "color noise"),
        "sensor-noise": translate("titles", "sensor noise"),
        "jpeg": translate("titles", "JPEG artifacts"),
        "resaved-jpeg": translate("titles", "JPEG artifacts, saved more than once"),
        "blur": translate("titles", "blur"),
        "small": translate("titles", "low resolution"),
    }
    return words.get(kind, kind)


def found_title(kind: str, strength: float) -> str:
    """Return the name of a damage with what is known of its strength, for a sentence."""
    if kind in ("jpeg", "resaved-jpeg") and strength:
        text = QCoreApplication.translate("titles", "JPEG quality about %1")
        return text.replace("%1", f"{strength:.0f}")
    return damage_title(kind)


def kind_title(kind: str) -> str:
    """Return the name of what a model does to a picture (`ModelSpec.kind`)."""
    translate = QCoreApplication.translate
    words = {
        "faithful": translate("titles", "faithful"),
        "generative": translate("titles", "generative (invents texture)"),
    }
    return words[kind]


def kind_sentence(kind: str) -> str:
    """Return what a kind of models means for the picture."""
    translate = QCoreApplication.translate
    words = {
        "faithful": translate("titles", "Faithful: it adds nothing that is not in the picture."),
        "generative": translate(
            "titles",
            "Generative: it invents texture that looks right but may be wrong. Its results say so"
            " in their metadata.",
        ),
    }
    return words[kind]


def speed_title(spec: ModelSpec) -> str:
    """Return the speed class of a model; empty if it was not measured."""
    translate = QCoreApplication.translate
    words = {
        "fast": translate("titles", "fast"),
        "medium": translate("titles", "medium"),
        "slow": translate("titles", "slow"),
        "very slow": translate("titles", "very slow"),
    }
    return words.get(speed_class(spec), "")
