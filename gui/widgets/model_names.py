"""Names of models, and what they are good for, in the user's language."""

from __future__ import annotations

from PySide6.QtCore import QCoreApplication

from restorer import AUTO, ModelSpec, Step, list_models

from .titles import QT_TRANSLATE_NOOP

# What a model is good for, by the words that the table below refers to.
_USES: dict[str, str] = {
    "sr": QT_TRANSLATE_NOOP("titles", "Enlarges clean, sharp pictures."),
    "web": QT_TRANSLATE_NOOP(
        "titles", "Enlarges and cleans pictures that are blurred, noisy or strongly compressed."
    ),
    "even": QT_TRANSLATE_NOOP(
        "titles",
        "Removes noise that is the same everywhere, unlike the noise of a camera.",
    ),
    "photo": QT_TRANSLATE_NOOP(
        "titles", "Removes the blotchy, colored noise of photographs taken in low light."
    ),
    "jpeg": QT_TRANSLATE_NOOP(
        "titles",
        "Removes the blocks and fringes of JPEG files, also of those saved several times.",
    ),
    "raw": QT_TRANSLATE_NOOP(
        "titles",
        "Turns the samples of a camera sensor into colors, for photographs with little noise.",
    ),
    "rawn": QT_TRANSLATE_NOOP(
        "titles", "Turns the samples of a camera sensor into colors and removes their noise."
    ),
    "ref": QT_TRANSLATE_NOOP(
        "titles", "Enlarges with fine texture from sharp pictures of the same subject."
    ),
    "slowsr": QT_TRANSLATE_NOOP(
        "titles",
        "Enlarges clean, sharp pictures with the finest lines; much slower than others.",
    ),
    "midsr": QT_TRANSLATE_NOOP(
        "titles", "Enlarges clean, sharp pictures, a little finer than the included models."
    ),
    "level": QT_TRANSLATE_NOOP(
        "titles", "Removes noise that is the same all over the picture, at one fixed level."
    ),
    "jpegq": QT_TRANSLATE_NOOP(
        "titles", "Removes the blocks and fringes of JPEG files that were saved at this quality."
    ),
    "gray": QT_TRANSLATE_NOOP("titles", "Removes even noise from gray pictures."),
    "gan": QT_TRANSLATE_NOOP("titles", "Enlarges pictures of any quality into crisp ones."),
    "anime": QT_TRANSLATE_NOOP("titles", "Enlarges drawings and anime."),
    "photos": QT_TRANSLATE_NOOP("titles", "Enlarges photographs."),
    "clean": QT_TRANSLATE_NOOP("titles", "Cleans drawings and anime in their own size."),
}
# The name of a model and its use, by the title in the catalog.
NAMES: dict[str, tuple[str, str]] = {
    "sharp, clean images, enlarged 2x": (QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x"), "sr"),
    "sharp, clean images, enlarged 3x": (QT_TRANSLATE_NOOP("titles", "Sharp pictures, 3x"), "sr"),
    "sharp, clean images, enlarged 4x": (QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x"), "sr"),
    "low-quality web images (blur, noise, JPEG), enlarged 2x": (
        QT_TRANSLATE_NOOP("titles", "Low-quality web pictures, 2x"),
        "web",
    ),
    "low-quality web images (blur, noise, JPEG), enlarged 4x": (
        QT_TRANSLATE_NOOP("titles", "Low-quality web pictures, 4x"),
        "web",
    ),
    "even noise of any strength, color and gray": (
        QT_TRANSLATE_NOOP("titles", "Even, synthetic noise"),
        "even",
    ),
    "camera noise: uneven, blotchy and colored": (
        QT_TRANSLATE_NOOP("titles", "Camera noise (photos)"),
        "photo",
    ),
    "JPEG artifacts, quality 5 to 95, color and gray, also saved twice": (
        QT_TRANSLATE_NOOP("titles", "JPEG artifacts of any quality"),
        "jpeg",
    ),
    "Bayer mosaics without noise": (QT_TRANSLATE_NOOP("titles", "Camera RAW, little noise"), "raw"),
    "camera RAW with its noise": (QT_TRANSLATE_NOOP("titles", "Camera RAW, with noise"), "rawn"),
    "enlarged 2x with texture from reference images": (
        QT_TRANSLATE_NOOP("titles", "With reference pictures, 2x"),
        "ref",
    ),
    "enlarged 4x with texture from reference images": (
        QT_TRANSLATE_NOOP("titles", "With reference pictures, 4x"),
        "ref",
    ),
    "the authors' PA-EDSR, enlarges 2x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x (PA-EDSR)"),
        "slowsr",
    ),
    "the authors' PA-EDSR, enlarges 3x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 3x (PA-EDSR)"),
        "slowsr",
    ),
    "the authors' PA-EDSR, enlarges 4x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x (PA-EDSR)"),
        "slowsr",
    ),
    "the authors' NLSN, enlarges 2x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x (NLSN)"),
        "slowsr",
    ),
    "the authors' NLSN, enlarges 3x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 3x (NLSN)"),
        "slowsr",
    ),
    "the authors' NLSN, enlarges 4x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x (NLSN)"),
        "slowsr",
    ),
    "the authors' ENLCN, enlarges 2x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x (ENLCN)"),
        "slowsr",
    ),
    "the authors' ENLCN, enlarges 4x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x (ENLCN)"),
        "slowsr",
    ),
    "the authors' SMFANet, enlarges 2x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x (SMFANet)"),
        "midsr",
    ),
    "the authors' SMFANet, enlarges 3x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 3x (SMFANet)"),
        "midsr",
    ),
    "the authors' SMFANet, enlarges 4x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x (SMFANet)"),
        "midsr",
    ),
    "the authors' SMFANet+, enlarges 2x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 2x (SMFANet+)"),
        "midsr",
    ),
    "the authors' SMFANet+, enlarges 3x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 3x (SMFANet+)"),
        "midsr",
    ),
    "the authors' SMFANet+, enlarges 4x": (
        QT_TRANSLATE_NOOP("titles", "Sharp pictures, 4x (SMFANet+)"),
        "midsr",
    ),
    "the authors' PANet for noise with a sigma of 10": (
        QT_TRANSLATE_NOOP("titles", "Even noise of level 10 (PANet)"),
        "level",
    ),
    "the authors' PANet for noise with a sigma of 30": (
        QT_TRANSLATE_NOOP("titles", "Even noise of level 30 (PANet)"),
        "level",
    ),
    "the authors' PANet for noise with a sigma of 50": (
        QT_TRANSLATE_NOOP("titles", "Even noise of level 50 (PANet)"),
        "level",
    ),
    "the authors' PANet for noise with a sigma of 70": (
        QT_TRANSLATE_NOOP("titles", "Even noise of level 70 (PANet)"),
        "level",
    ),
    "the authors' PANet for Bayer mosaics": (
        QT_TRANSLATE_NOOP("titles", "Camera RAW, little noise (PANet)"),
        "raw",
    ),
    "the authors' PANet for JPEG artifacts, quality 10": (
        QT_TRANSLATE_NOOP("titles", "JPEG quality 10 (PANet)"),
        "jpegq",
    ),
    "the authors' PANet for JPEG artifacts, quality 20": (
        QT_TRANSLATE_NOOP("titles", "JPEG quality 20 (PANet)"),
        "jpegq",
    ),
    "the authors' PANet for JPEG artifacts, quality 30": (
        QT_TRANSLATE_NOOP("titles", "JPEG quality 30 (PANet)"),
        "jpegq",
    ),
    "the authors' PANet for JPEG artifacts, quality 40": (
        QT_TRANSLATE_NOOP("titles", "JPEG quality 40 (PANet)"),
        "jpegq",
    ),
    "the authors' TTSR, enlarges 4x with a reference, looks sharpest": (
        QT_TRANSLATE_NOOP("titles", "References, sharp (TTSR)"),
        "ref",
    ),
    "the authors' TTSR, enlarges 4x with a reference, highest PSNR": (
        QT_TRANSLATE_NOOP("titles", "References, exact (TTSR)"),
        "ref",
    ),
    "Real-ESRGAN general v3, enlarges 4x and removes noise": (
        QT_TRANSLATE_NOOP("titles", "Smooth, 4x (Real-ESRGAN)"),
        "gan",
    ),
    "Real-ESRGAN general v3, enlarges 4x and keeps more noise": (
        QT_TRANSLATE_NOOP("titles", "Grainy, 4x (Real-ESRGAN)"),
        "gan",
    ),
    "the published DnCNN for grayscale noise with a sigma of 25": (
        QT_TRANSLATE_NOOP("titles", "Even noise, gray (DnCNN)"),
        "gray",
    ),
    "photographs and web pictures, enlarged 4x; invents texture": (
        QT_TRANSLATE_NOOP("titles", "Photographs and web pictures, 4x"),
        "gan",
    ),
    "drawings and anime, enlarged 4x; invents texture": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 4x"),
        "anime",
    ),
    "frames of anime, enlarged 2x; invents texture": (
        QT_TRANSLATE_NOOP("titles", "Frames of anime, 2x"),
        "anime",
    ),
    "frames of anime, enlarged 3x; invents texture": (
        QT_TRANSLATE_NOOP("titles", "Frames of anime, 3x"),
        "anime",
    ),
    "frames of anime, enlarged 4x; invents texture": (
        QT_TRANSLATE_NOOP("titles", "Frames of anime, 4x"),
        "anime",
    ),
    "photographs, enlarged 2x": (QT_TRANSLATE_NOOP("titles", "Photographs, 2x"), "photos"),
    "photographs, enlarged 2x, noise level 0": (
        QT_TRANSLATE_NOOP("titles", "Photographs, 2x, noise level 0"),
        "photos",
    ),
    "photographs, enlarged 2x, noise level 1": (
        QT_TRANSLATE_NOOP("titles", "Photographs, 2x, noise level 1"),
        "photos",
    ),
    "photographs, enlarged 2x, noise level 2": (
        QT_TRANSLATE_NOOP("titles", "Photographs, 2x, noise level 2"),
        "photos",
    ),
    "photographs, enlarged 2x, noise level 3": (
        QT_TRANSLATE_NOOP("titles", "Photographs, 2x, noise level 3"),
        "photos",
    ),
    "drawings and anime, enlarged 2x": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, noise level 0": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, noise level 0"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, noise level 1": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, noise level 1"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, noise level 2": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, noise level 2"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, noise level 3": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, noise level 3"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, slower": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, slower"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, slower, noise level 0": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, slower, noise level 0"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, slower, noise level 1": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, slower, noise level 1"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, slower, noise level 2": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, slower, noise level 2"),
        "anime",
    ),
    "drawings and anime, enlarged 2x, slower, noise level 3": (
        QT_TRANSLATE_NOOP("titles", "Drawings and anime, 2x, slower, noise level 3"),
        "anime",
    ),
    "drawings and anime with JPEG artifacts, noise level 0": (
        QT_TRANSLATE_NOOP("titles", "JPEG artifacts of drawings, noise level 0"),
        "clean",
    ),
    "drawings and anime with JPEG artifacts, noise level 1": (
        QT_TRANSLATE_NOOP("titles", "JPEG artifacts of drawings, noise level 1"),
        "clean",
    ),
    "drawings and anime with JPEG artifacts, noise level 2": (
        QT_TRANSLATE_NOOP("titles", "JPEG artifacts of drawings, noise level 2"),
        "clean",
    ),
    "drawings and anime with JPEG artifacts, noise level 3": (
        QT_TRANSLATE_NOOP("titles", "JPEG artifacts of drawings, noise level 3"),
        "clean",
    ),
}


def model_name(spec: ModelSpec) -> str:
    """Return the name of a model; that of a model added by the user is its id."""
    translate = QCoreApplication.translate
    if spec.title in NAMES:
        return translate("titles", NAMES[spec.title][0])
    return spec.id


def model_use(spec: ModelSpec) -> str:
    """Return what a model is good for; of a model added by the user, in the user's words."""
    translate = QCoreApplication.translate
    if spec.title in NAMES:
        return translate("titles", _USES[NAMES[spec.title][1]])
    return f"{spec.title[:1].upper()}{spec.title[1:]}"


def step_name(step: Step) -> str:
    """Return the name of the model of a step."""
    translate = QCoreApplication.translate
    if step.model == AUTO:
        return translate("", "Automatic")
    found = (spec for spec in list_models() if spec.id == step.model)
    return next(map(model_name, found), step.model)
