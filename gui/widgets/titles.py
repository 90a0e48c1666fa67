"""Names of models, tasks and speeds in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QT_TRANSLATE_NOOP, QCoreApplication

from restorer import TASKS, ModelSpec, speed_class

TITLES = (
    QT_TRANSLATE_NOOP("titles", "sharp, clean images, enlarged 2x"),
    QT_TRANSLATE_NOOP("titles", "sharp, clean images, enlarged 3x"),
    QT_TRANSLATE_NOOP("titles", "sharp, clean images, enlarged 4x"),
    QT_TRANSLATE_NOOP("titles", "low-quality web images (blur, noise, JPEG), enlarged 2x"),
    QT_TRANSLATE_NOOP("titles", "low-quality web images (blur, noise, JPEG), enlarged 4x"),
    QT_TRANSLATE_NOOP("titles", "even noise of any strength, color and gray"),
    QT_TRANSLATE_NOOP("titles", "camera noise: uneven, blotchy and colored"),
    QT_TRANSLATE_NOOP(
        "titles", "JPEG artifacts, quality 5 to 95, color and gray, also saved twice"
    ),
    QT_TRANSLATE_NOOP("titles", "Bayer mosaics without noise"),
    QT_TRANSLATE_NOOP("titles", "camera RAW with its noise"),
    QT_TRANSLATE_NOOP("titles", "enlarged 2x with texture from reference images"),
    QT_TRANSLATE_NOOP("titles", "enlarged 4x with texture from reference images"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, enlarges 2x"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, enlarges 3x"),
    QT_TRANSLATE_NOOP("titles", "the authors' PA-EDSR, enlarges 4x"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, enlarges 2x"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, enlarges 3x"),
    QT_TRANSLATE_NOOP("titles", "the authors' NLSN, enlarges 4x"),
    QT_TRANSLATE_NOOP("titles", "the authors' ENLCN, enlarges 2x"),
    QT_TRANSLATE_NOOP("titles", "the authors' ENLCN, enlarges 4x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet, enlarges 2x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet, enlarges 3x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet, enlarges 4x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet+, enlarges 2x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet+, enlarges 3x"),
    QT_TRANSLATE_NOOP("titles", "the authors' SMFANet+, enlarges 4x"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise with a sigma of 10"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise with a sigma of 30"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise with a sigma of 50"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for noise with a sigma of 70"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for Bayer mosaics"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG artifacts, quality 10"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG artifacts, quality 20"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG artifacts, quality 30"),
    QT_TRANSLATE_NOOP("titles", "the authors' PANet for JPEG artifacts, quality 40"),
    QT_TRANSLATE_NOOP("titles", "the authors' TTSR, enlarges 4x with a reference, looks sharpest"),
    QT_TRANSLATE_NOOP("titles", "the authors' TTSR, enlarges 4x with a reference, highest PSNR"),
    QT_TRANSLATE_NOOP("titles", "Real-ESRGAN general v3, enlarges 4x and removes noise"),
    QT_TRANSLATE_NOOP("titles", "Real-ESRGAN general v3, enlarges 4x and keeps more noise"),
    QT_TRANSLATE_NOOP("titles", "the published DnCNN for grayscale noise with a sigma of 25"),
    QT_TRANSLATE_NOOP("titles", "photographs and web pictures, enlarged 4x; invents texture"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 4x; invents texture"),
    QT_TRANSLATE_NOOP("titles", "frames of anime, enlarged 2x; invents texture"),
    QT_TRANSLATE_NOOP("titles", "frames of anime, enlarged 3x; invents texture"),
    QT_TRANSLATE_NOOP("titles", "frames of anime, enlarged 4x; invents texture"),
    QT_TRANSLATE_NOOP("titles", "photographs, enlarged 2x"),
    QT_TRANSLATE_NOOP("titles", "photographs, enlarged 2x, noise level 0"),
    QT_TRANSLATE_NOOP("titles", "photographs, enlarged 2x, noise level 1"),
    QT_TRANSLATE_NOOP("titles", "photographs, enlarged 2x, noise level 2"),
    QT_TRANSLATE_NOOP("titles", "photographs, enlarged 2x, noise level 3"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, noise level 0"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, noise level 1"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, noise level 2"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, noise level 3"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, slower"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, slower, noise level 0"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, slower, noise level 1"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, slower, noise level 2"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime, enlarged 2x, slower, noise level 3"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime with JPEG artifacts, noise level 0"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime with JPEG artifacts, noise level 1"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime with JPEG artifacts, noise level 2"),
    QT_TRANSLATE_NOOP("titles", "drawings and anime with JPEG artifacts, noise level 3"),
)


def title_of(spec: ModelSpec) -> str:
    """Return the title of a model; that of a model added by the user is not translated."""
    translate = QCoreApplication.translate
    return translate("titles", spec.title)


def core_text(text: str) -> str:
    """Return a text that the core marks with `restorer.options.window`, in the user's language."""
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
        "sensor-noise": translate("titles", "noise of the sensor"),
        "jpeg": translate("titles", "JPEG artifacts"),
        "resaved-jpeg": translate("titles", "JPEG artifacts, saved more than once"),
        "blur": translate("titles", "blur"),
        "small": translate("titles", "small size"),
    }
    return words.get(kind, kind)


def kind_title(kind: str) -> str:
    """Return the name of what a model does to a picture (`ModelSpec.kind`)."""
    translate = QCoreApplication.translate
    words = {
        "faithful": translate("titles", "faithful"),
        "generative": translate("titles", "generative clean-up"),
    }
    return words[kind]


def kind_sentence(kind: str) -> str:
    """Return what a kind of models means for the picture."""
    translate = QCoreApplication.translate
    words = {
        "faithful": translate("titles", "Faithful: it adds nothing to the picture."),
        "generative": translate(
            "titles",
            "Generative clean-up: it invents texture that looks right but may be wrong; the"
            " metadata of its results say so.",
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
