"""Settings: the settings that hold for all steps of a run; plain data that can be pickled."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from restorer.errors import SettingsError
from restorer.settings.kinds import (
    Balance,
    Bytes,
    Choice,
    Device,
    Flag,
    Integer,
    Number,
    OpenChoice,
    PageNumbers,
    Size,
)
from restorer.settings.options import Checked, option, window

Existing: TypeAlias = Literal["skip", "replace", "number"]
Tiling: TypeAlias = Literal["blend", "chop"]
Context: TypeAlias = Literal["tile", "whole"]
ProvenancePlace: TypeAlias = Literal["embed", "sidecar", "none"]
KeptMetadata: TypeAlias = Literal["keep", "copyright", "none"]

_UNTOUCHED_QUALITY = 99  # of lossy files, see `Settings.writing_untouched`

# What torch calls its types.
_PRECISIONS = {"torch.float32": "fp32", "torch.bfloat16": "bf16", "torch.float16": "fp16"}


def torch_word(value: Any) -> Any:
    """Return the word for a ``torch.device`` or ``torch.dtype``; other values stay."""
    if type(value).__module__.split(".")[0] != "torch":
        return value
    return _PRECISIONS.get(str(value), str(value))


@dataclass(frozen=True)
class Settings(Checked):
    """The settings for all steps; ``auto`` and None leave the choice to the program.

    Each field is an entry of the table of options. An option declared here with a label appears on
    the command line, in presets and in the window. Values out of range raise SettingsError.

    Attributes:
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1``, ``mps``; a ``torch.device`` becomes its
            word.
        precision: ``auto``, ``fp32``, ``tf32``, ``bf16``, ``fp16``; a ``torch.dtype`` becomes its
            word.
        context: What attention sees: the ``tile``, or the ``whole`` picture. The whole picture has
            no tile effects but can take very long, see `estimate_run`.
        tile: Side of a tile in input pixels; part of the result for attention networks.
        overlap: Width of the strip that neighboring tiles share, in input pixels.
        memory: Bytes that the tiles at work may take together, or in context ``whole`` the feature
            maps; None takes most of the free memory.
        tiling: ``blend``, or ``chop`` as in the tests of the network's authors: recursive quarters
            of fixed sizes, joined without blending.
        self_ensemble: Whether each tile is the mean over its eight flips and transposes.
        keep_colors: Whether the local means of the result follow those of the input, so that flat
            areas keep their color; does not apply to the tiling ``chop``.
        seed: Seed of all random numbers.
        bits: Bit depth of the result; None keeps the depth of the input.
        profile: Color profile to which the result is converted: ``keep`` for that of the source,
            ``srgb``, ``display-p3``, ``adobe-rgb``, ``rec2020-linear``, ``prophoto-linear``, or
            the path of an ICC profile for RGB.
        white_balance: White balance of RAW pictures: ``camera``, or gains for red and blue, such as
            ``2.1,1.5``.
        exposure: Exposure correction of RAW pictures in stops.
        tone: Tone curve of RAW pictures: ``neutral`` brightens the midtones as cameras do;
            ``linear`` does not.
        highlights: What becomes of saturated channels in RAW pictures: ``reconstruct`` estimates
            them from the others, ``clip`` makes the pixel white.
        dither: Whether rounding to 8 bit is dithered.
        quality: Quality of lossy compression, 1 to 100.
        lossless: Whether formats that have both lossy and lossless compression use the latter.
        effort: Effort of compression, 1 to 9, in formats that have this setting; None takes the
            format's default.
        long_edge: Largest length of the longer side in pixels; larger results are shrunk.
        print_size: Length of the longer side in print, in cm. The result is shrunk to `dpi` (300 by
            default), and its file states the resolution that gives this length.
        dpi: Resolution stored in the file, in dots per inch; without `print_size`, no pixel
            changes.
        metadata: Which of the source's metadata to keep: all (``keep``); creator, credit, copyright
            and license (``copyright``); or none (``none``). The color profile stays.
        keep_times: Whether the result file gets the access and modification times of its source.
        provenance: Where to record how a result was made: ``embed`` in the file, or in a sidecar if
            its format has no XMP; ``sidecar`` always in a sidecar; ``none`` nowhere.
        existing: What to do where a target exists.
        pages: Which pages of a document or frames of an animation to restore, counted from 1:
            ``1,3-5``; None for all.
        mosaic: Bayer pattern, such as ``rggb``, of gray pictures whose values are linear samples of
            a sensor, and of files without a header; None for other pictures.
        raw_size: Width and height, ``4000x3000``, of files without a header.
        raw_bits: Bits per sample of such files: ``8``; ``10`` or ``12``, packed as in MIPI CSI-2;
            ``16`` or ``16be``, with the low or the high byte first; None derives it from the size
            of the file.
        raw_black: The sample value of a mosaic without light.
        raw_white: The sample value at which the sensor saturates; None for the largest possible.
        max_pixels: Larger inputs are refused before they are decoded; None for the built-in budget.
    """

    device: str = option(
        "auto",
        Device(),
        window("Device: auto, cpu, cuda, cuda:1 or mps."),
        metavar="NAME",
        group="machine",
        label=window("Device"),
    )
    precision: str = option(
        "auto",
        Choice(
            {
                "auto": window("Automatic"),
                "fp32": window("32 bit (exact)"),
                "tf32": window("TF32 (NVIDIA)"),
                "bf16": window("bfloat16 (fast)"),
                "fp16": window("float16 (fast)"),
            }
        ),
        window(
            "Number format of the computation; formats with fewer bits are faster on some devices."
        ),
        group="machine",
        label=window("Precision"),
    )
    memory: int | None = option(
        None,
        Bytes(1),
        window("Most memory that the tiles at work may take together, such as 4GB."),
        metavar="SIZE",
        usual="most of the free memory",
        group="machine",
        label=window("Memory"),
    )
    context: Context = option(
        "tile",
        Choice({"tile": window("Off"), "whole": window("On (slow)")}),
        window(
            "What the network sees at once: a tile, or the whole picture, which can take very long."
        ),
        group="machine",
        label=window("Use whole picture"),
    )
    self_ensemble: bool = option(
        False,
        Flag(),
        window(
            "Average the results of eight flips and rotations: slightly better, eight times slower."
        ),
        title="self-ensemble",
        group="machine",
        label=window("Highest quality (8 × slower)"),
        requires=("context", "tile"),
    )
    keep_colors: bool = option(
        True,
        Flag(),
        window("Keep the local color and brightness of the original."),
        title="keep-colors",
        group="machine",
        label=window("Keep colors"),
    )
    tile: int | None = option(
        None,
        Integer(1),
        "Side of the tiles that the picture is cut into, in pixels.",
        metavar="PIXELS|auto",
        auto="auto",
        usual="auto",
    )
    overlap: int | None = option(
        None,
        Integer(0),
        "Width of the strip that neighboring tiles share, in pixels.",
        metavar="PIXELS|auto",
        auto="auto",
        usual="auto",
    )
    tiling: Tiling = option(
        "blend",
        Choice({"blend": "", "chop": ""}),
        "Cut the picture as the network's authors did in their tests, to compare with published"
        " figures.",
        flag="chop",
    )
    seed: int = option(
        0,
        Integer(0, 2**63 - 1),
        "Seed of random numbers; the same seed gives the same picture.",
        metavar="N",
    )
    bits: Literal[8, 16, 32] | None = option(
        None,
        Choice({8: window("8 bit"), 16: window("16 bit"), 32: window("32 bit float")}),
        window("Bits per sample of the result; 32 is float."),
        usual="those of the source",
        group="result",
        label=window("Depth"),
        none=window("As the original"),
    )
    quality: int = option(
        95,
        Integer(1, 100),
        window("Quality of lossy compression, 1 to 100."),
        metavar="1-100",
        group="result",
        label=window("Quality"),
    )
    lossless: bool = option(
        False,
        Flag(),
        window("Compress without loss in formats that can do both (WebP, AVIF, JPEG XL)."),
        group="result",
        label=window("Lossless"),
    )
    effort: int | None = option(
        None,
        Integer(1, 9),
        "Effort of compression, 1 to 9, in formats that have this setting: more effort takes"
        " longer and makes smaller files.",
        metavar="1-9",
        usual="that of the format",
        group="result",
    )
    profile: str = option(
        "keep",
        OpenChoice(
            {
                "keep": window("As the original"),
                "srgb": window("sRGB"),
                "display-p3": window("Display P3"),
                "adobe-rgb": window("Adobe RGB (1998)"),
                "rec2020-linear": window("Rec. 2020, linear"),
                "prophoto-linear": window("ProPhoto RGB, linear"),
            },
            "the path of an ICC profile",
        ),
        window("Color profile of the result; by default the original's."),
        metavar="keep|srgb|display-p3|adobe-rgb|rec2020-linear|prophoto-linear|FILE",
        group="result",
        label=window("Color profile"),
    )
    white_balance: str = option(
        "camera",
        Balance(),
        window("White balance of RAW pictures: the camera's, or gains for red and blue."),
        metavar="camera|R,B",
        group="raw",
        label=window("White balance"),
    )
    exposure: float = option(
        0.0,
        Number(-10, 10),
        window("Exposure correction of RAW pictures in stops; below 0 darkens."),
        metavar="STOPS",
        group="raw",
        label=window("Exposure"),
    )
    tone: Literal["neutral", "linear"] = option(
        "neutral",
        Choice({"neutral": window("Neutral"), "linear": window("Linear")}),
        window("Tone curve of RAW pictures; neutral brightens the midtones as cameras do."),
        group="raw",
        label=window("Tone curve"),
    )
    highlights: Literal["reconstruct", "clip"] = option(
        "reconstruct",
        Choice({"reconstruct": window("Reconstruct"), "clip": window("Clip to white")}),
        window(
            "What becomes of saturated highlights in RAW pictures: estimated from the other"
            " channels, or clipped to white."
        ),
        group="raw",
        label=window("Highlights"),
    )
    dither: bool = option(
        False,
        Flag(),
        window("Dither, to hide banding in smooth gradients of 8-bit results."),
        group="result",
        label=window("Dither smooth gradients"),
    )
    long_edge: int | None = option(
        None,
        Integer(1),
        window("Longest allowed side of the result in pixels; larger results are shrunk."),
        metavar="PIXELS",
        title="long edge",
        usual="that of the result",
        group="output",
        label=window("Long edge"),
        none=window("As the result"),
    )
    print_size: float | None = option(
        None,
        Number(0.1, 10_000),
        window(
            "Longer side in print, in cm; the result is shrunk to fit, at the print resolution."
        ),
        metavar="CM",
        title="print size",
        usual="none",
        group="output",
        label=window("Print size (cm)"),
        none=window("None"),
    )
    dpi: float | None = option(
        None,
        Number(1, 65_535),
        window("Resolution stored in the file, in dots per inch; 300 is usual for prints."),
        metavar="N",
        usual="the source's; 300 with a print size",
        group="output",
        label=window("Resolution (dpi)"),
        none=window("As the original"),
    )
    metadata: KeptMetadata = option(
        "keep",
        Choice(
            {
                "keep": window("All"),
                "copyright": window("Creator and copyright"),
                "none": window("None"),
            }
        ),
        window("Which of the source's metadata to keep: all, only creator and copyright, or none."),
        group="output",
        label=window("Metadata"),
    )
    keep_times: bool = option(
        False,
        Flag(),
        window("Give the result the modification date of the source instead of the current date."),
        group="result",
        label=window("Keep file date"),
    )
    provenance: ProvenancePlace = option(
        "embed",
        Choice(
            {
                "embed": window("In the file (XMP)"),
                "sidecar": window("In a sidecar file"),
                "none": window("Not recorded"),
            }
        ),
        window(
            "Where to record source, models and settings, so that the result can be made again."
        ),
        group="result",
        label=window("Record"),
    )
    existing: Existing = option(
        "skip",
        Choice(
            {
                "skip": window("skip the file"),
                "replace": window("replace it"),
                "number": window("write a numbered copy"),
            }
        ),
        "What to do if the result already exists.",
        group="result",
    )
    pages: str | None = option(
        None,
        PageNumbers(),
        "Which pages of a document or frames of an animation to restore.",
        metavar="1,3-5",
        usual="all",
        group="input",
    )
    mosaic: Literal["rggb", "grbg", "gbrg", "bggr"] | None = option(
        None,
        Choice(dict.fromkeys(("rggb", "grbg", "gbrg", "bggr"), "")),
        window("Bayer pattern of RAW samples in gray pictures or in files without a header."),
        usual="none; gray pictures are taken as they are",
        group="mosaic",
        label=window("Bayer pattern"),
        none=window("None: a gray picture"),
    )
    raw_size: str | None = option(
        None,
        Size(),
        "Size of RAW files without a header.",
        metavar="WIDTHxHEIGHT",
        group="input",
    )
    raw_bits: Literal["8", "10", "12", "16", "16be"] | None = option(
        None,
        Choice(dict.fromkeys(("8", "10", "12", "16", "16be"), "")),
        "Bits per sample in RAW files without a header; 10 and 12 are packed as in MIPI CSI-2,"
        " 16be has the high byte first.",
        usual="by the size of the file",
        group="input",
    )
    raw_black: float = option(
        0.0,
        Number(0, 1e6),
        window("Sample value without light."),
        metavar="N",
        group="mosaic",
        label=window("Black level"),
    )
    raw_white: float | None = option(
        None,
        Number(0, 1e6),
        window("Sample value at which the sensor saturates."),
        metavar="N",
        usual="the largest of its bits",
        group="mosaic",
        label=window("White level"),
    )
    max_pixels: int | None = option(
        None,
        Integer(1),
        "Largest number of pixels that a picture may have.",
        metavar="N",
        usual="about 134 million",
        group="input",
    )

    def __post_init__(self) -> None:
        """Turn the objects of torch and paths into words, then check all values."""
        words = {"device": torch_word(self.device), "precision": torch_word(self.precision)}
        if isinstance(self.profile, os.PathLike):
            words["profile"] = os.fspath(self.profile)
        for name, word in words.items():
            object.__setattr__(self, name, word)  # the class is frozen
        super().__post_init__()
        if self.mosaic is None and self.raw_size is not None:
            raise SettingsError("raw size: without a Bayer pattern; set the mosaic, too")

    @property
    def writing(self) -> dict[str, Any]:
        """What is asked of the writer of the result, by the names of its options."""
        return self._writing(self.quality)

    @property
    def writing_untouched(self) -> dict[str, Any]:
        """The same for a picture that needed no repair: lossy files stay within 48 dB of it.

        At quality 95, JPEG files of 92 to 98 came out with 41.6 dB and more, at 99 with 51.7; files
        get a tenth larger.
        """
        usual = self.quality == Settings.quality  # the default
        return self._writing(_UNTOUCHED_QUALITY if usual else self.quality)

    def _writing(self, quality: int) -> dict[str, Any]:
        asked = {
            "quality": quality,
            "lossless": self.lossless or None,
            "effort": self.effort,
        }
        return {name: value for name, value in asked.items() if value is not None}
