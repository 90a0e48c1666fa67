"""Names of models, tasks and speeds in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from restorer import TASKS, ModelSpec, speed_class

TITLES = (
    QT_TRANSLATE_NOOP("titles", "sharp, clean pictures, twice as large"),
    QT_TRANSLATE_NOOP("titles", "sharp, clean pictures, three times as large"),
    QT_TRANSLATE_NOOP("titles", "sharp, clean pictures, four times as large"),
    QT_TRANSLATE_NOOP(
        "titles", "pictures as the web has them, blurred, noisy or JPEG, twice as large"
    ),
    QT_TRANSLATE_NOOP(
        "titles", "pictures as the web has them, blurred, noisy or JPEG, four times as large"
    ),
    QT_TRANSLATE_NOOP("titles", "noise of any strength, color and gray"),
    QT_TRANSLATE_NOOP("titles", "the noise of cameras, uneven, spotty and colored"),
    QT_TRANSLATE_NOOP("titles", "JPEG of quality 5 to 95, color and gray, also saved twice"),
    QT_TRANSLATE_NOOP("titles", "Bayer mosaics without noise"),
    QT_TRANSLATE_NOOP("titles", "twice as large with the textures of reference pictures"),
    QT_TRANSLATE_NOOP("titles", "four times as large with the textures of reference pictures"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, twice as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, three times as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, four times as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, twice as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, three times as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, four times as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' ENLCN, twice as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' ENLCN, four times as large"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise of sigma 10"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise of sigma 30"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise of sigma 50"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise of sigma 70"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for Bayer mosaics"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG files of quality 10"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG files of quality 20"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG files of quality 30"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG files of quality 40"),
    QT_TRANSLATE_NOOP(
        "titles", "the authors' TTSR, four times as large by a reference, sharpest to the eye"
    ),
    QT_TRANSLATE_NOOP(
        "titles", "the authors' TTSR, four times as large by a reference, truest by PSNR"
    ),
    QT_TRANSLATE_NOOP("titles", "the published DnCNN for gray noise of sigma 25"),
)


def title_of(spec: ModelSpec) -> str:
    """Return what a model is good at; as the user wrote it, for one that the user added."""
    translate = QCoreApplication.translate
    return translate("titles", spec.title)


def core_text(text: str) -> str:
    """Return a text that the core marks with `restorer.options.window`, in the user's language."""
    translate = QCoreApplication.translate
    return translate("", text)


def task_title(task: str) -> str:
    """Return the name of a task; that of a task that the program does not know is its id."""
    return core_text(TASKS[task].label) if task in TASKS else task


def speed_title(spec: ModelSpec) -> str:
    """Return the word for the speed of a model; empty where it was not measured."""
    translate = QCoreApplication.translate
    words = {
        "fast": translate("titles", "fast"),
        "medium": translate("titles", "medium"),
        "slow": translate("titles", "slow"),
        "very slow": translate("titles", "very slow"),
    }
    return words.get(speed_class(spec), "")
