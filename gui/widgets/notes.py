"""Notes: what the core says of files and results that came about, see `messages`."""

from __future__ import annotations

from .titles import QT_TRANSLATE_NOOP

NOTES = (
    # what was found, and what became of the picture
    QT_TRANSLATE_NOOP("notes", "nothing to repair"),
    QT_TRANSLATE_NOOP("notes", "found %1: %2"),
    QT_TRANSLATE_NOOP("notes", "JPEG compression of quality %1"),
    QT_TRANSLATE_NOOP("notes", "JPEG compression of quality %1, saved again"),
    QT_TRANSLATE_NOOP("notes", "JPEG compression"),
    QT_TRANSLATE_NOOP("notes", "JPEG compression, saved again"),
    QT_TRANSLATE_NOOP("notes", "white noise"),
    QT_TRANSLATE_NOOP("notes", "camera noise"),
    QT_TRANSLATE_NOOP("notes", "coarse noise"),
    QT_TRANSLATE_NOOP("notes", "film grain"),
    QT_TRANSLATE_NOOP("notes", "chroma noise"),
    QT_TRANSLATE_NOOP("notes", "%1 of level %2"),
    QT_TRANSLATE_NOOP("notes", "a clean photograph"),
    QT_TRANSLATE_NOOP("notes", "clean art"),
    QT_TRANSLATE_NOOP("notes", "a clean screenshot"),
    QT_TRANSLATE_NOOP("notes", "a clean scan"),
    QT_TRANSLATE_NOOP("notes", "a clean RAW picture"),
    QT_TRANSLATE_NOOP("notes", "it was saved at JPEG quality %1, which leaves no visible traces"),
    QT_TRANSLATE_NOOP("notes", "no traces of JPEG compression were found"),
    QT_TRANSLATE_NOOP("notes", "no noise was found, as in drawings and text"),
    QT_TRANSLATE_NOOP("notes", "%1 is a generative model: it may have invented texture"),
    QT_TRANSLATE_NOOP("notes", "white was assumed to be %1"),
    QT_TRANSLATE_NOOP("notes", "the gray color profile was dropped, the result has color"),
    QT_TRANSLATE_NOOP(
        "notes",
        "%1: its result depends on the whole picture, which was cut into %2 tiles"
        " of %3; brightness and texture may differ between them",
    ),
    QT_TRANSLATE_NOOP("notes", "%1 in %2 on %3; it was computed again in fp32 on the CPU"),
    QT_TRANSLATE_NOOP("notes", "a tile is NaN or infinity"),
    QT_TRANSLATE_NOOP("notes", "the colors of a tile are wrong"),
    QT_TRANSLATE_NOOP(
        "notes",
        "%1 took about %2 MB, more than the memory limit: its tiles cannot be smaller",
    ),
    QT_TRANSLATE_NOOP("notes", "%1 cm are printed at %2 dpi"),
    # references
    QT_TRANSLATE_NOOP("notes", "reference %1 gave %2 of the fine texture"),
    QT_TRANSLATE_NOOP("notes", "reference %1 adds nothing to the picture and was ignored"),
    QT_TRANSLATE_NOOP("notes", "reference %1 does not match the picture and was ignored"),
    QT_TRANSLATE_NOOP("notes", "no reference matches this picture; it was enlarged without one"),
    QT_TRANSLATE_NOOP("notes", "%1 shows how much came from references, %2 from where"),
    QT_TRANSLATE_NOOP("notes", "%1 more references show less of the picture and were left out"),
    # runs to files
    QT_TRANSLATE_NOOP("notes", "exists already"),
    QT_TRANSLATE_NOOP("notes", "exists already, and is older than its source"),
    QT_TRANSLATE_NOOP("notes", "was changed after it was written"),
    QT_TRANSLATE_NOOP("notes", "done before"),
    QT_TRANSLATE_NOOP("notes", "done before, without the pages that could not be read"),
    QT_TRANSLATE_NOOP("notes", "left out: %1"),
    QT_TRANSLATE_NOOP("notes", "files at an address get the time of their upload"),
    # what files hold
    QT_TRANSLATE_NOOP("notes", "not kept: %1"),
    QT_TRANSLATE_NOOP(
        "notes", "not kept: ImageJ %1, which ImageJ reads only from compressed pages"
    ),
    QT_TRANSLATE_NOOP("notes", "not kept: %1, which has other pages now"),
    QT_TRANSLATE_NOOP("notes", "moved to EXIF: %1"),
    QT_TRANSLATE_NOOP("notes", "%1 holds no %2; left out"),
    QT_TRANSLATE_NOOP("notes", "%1 holds no transparency; the picture was laid on white"),
    QT_TRANSLATE_NOOP("notes", "%1 holds no color profile"),
    QT_TRANSLATE_NOOP("notes", "the %1 color profile does not fit %2 pixels"),
    QT_TRANSLATE_NOOP("notes", "%1; left out"),
    QT_TRANSLATE_NOOP("notes", "%1; it was left out"),
    QT_TRANSLATE_NOOP("notes", "%1; the colors were converted to sRGB"),
    QT_TRANSLATE_NOOP("notes", "%1 holds at most %2 bits; 16-bit values were rounded"),
    QT_TRANSLATE_NOOP("notes", "%1 holds no floats; values were rounded to %2 bits"),
    QT_TRANSLATE_NOOP(
        "notes", "%1 holds no floats; values were rounded to %2 bits and clipped to 0..1"
    ),
    QT_TRANSLATE_NOOP("notes", "%1 holds no floats; values were divided by %3, rounded to %2 bits"),
    QT_TRANSLATE_NOOP(
        "notes",
        "%1 holds no floats; values were divided by %3, rounded to %2 bits and clipped to 0..1",
    ),
    QT_TRANSLATE_NOOP("notes", "AVIF holds at most 12 bits; 16-bit values were rounded to %1"),
    QT_TRANSLATE_NOOP(
        "notes",
        "GIF holds 256 colors per frame; other colors became the nearest of these (WebP and PNG"
        " hold all)",
    ),
    QT_TRANSLATE_NOOP(
        "notes",
        "GIF holds no partial transparency; pixels with less than half became transparent",
    ),
    QT_TRANSLATE_NOOP(
        "notes", "Radiance HDR holds 8 bits per color and an exponent; values were rounded"
    ),
    QT_TRANSLATE_NOOP(
        "notes",
        "Radiance HDR holds 8 bits per color and an exponent; values were rounded; %1 %"
        " were below 0 and became 0",
    ),
    QT_TRANSLATE_NOOP(
        "notes", "transparency with 16 bits or with a color profile was written without loss"
    ),
    QT_TRANSLATE_NOOP("notes", "%1 of %2 bytes is too large for JPEG; it was left out"),
    QT_TRANSLATE_NOOP("notes", "the gain map counts as metadata and was left out"),
    QT_TRANSLATE_NOOP("notes", "the gain map states no parameters; it was left out"),
    QT_TRANSLATE_NOOP(
        "notes", "the gain map belongs to the colors before conversion; it was left out"
    ),
    QT_TRANSLATE_NOOP(
        "notes", "the XMP is damaged and cannot describe the gain map, which was left out"
    ),
    QT_TRANSLATE_NOOP("notes", "%1 holds the provenance"),
    QT_TRANSLATE_NOOP("notes", "%1 is a damaged XMP file; the provenance was left out"),
    QT_TRANSLATE_NOOP("notes", "the provenance was left out: %1"),
    # colors and values
    QT_TRANSLATE_NOOP("notes", "the %1 color description (%2) was turned into an ICC profile"),
    QT_TRANSLATE_NOOP("notes", "%1 was decoded to linear light, in which %2 cd/m² are white"),
    QT_TRANSLATE_NOOP("notes", "the tone curve %1 of the %2 is not known and was left out"),
    QT_TRANSLATE_NOOP("notes", "the colors of the %1 make no sense and were left out"),
    QT_TRANSLATE_NOOP("notes", "the nclx color description %1 is not known and was left out"),
    QT_TRANSLATE_NOOP("notes", "the cICP color description %1 is not known and was left out"),
    QT_TRANSLATE_NOOP("notes", "gAMA %1 and cHRM were turned into an ICC profile"),
    QT_TRANSLATE_NOOP("notes", "the PNG's gamma value makes no sense and was ignored"),
    QT_TRANSLATE_NOOP("notes", "linear light was encoded with the sRGB tone curve"),
    QT_TRANSLATE_NOOP("notes", "%1 % of the values were above white and were clipped"),
    QT_TRANSLATE_NOOP("notes", "%1 % of the values were clipped to 65,504"),
    QT_TRANSLATE_NOOP(
        "notes", "%1 % of the pixels are bright but have no alpha; they became black"
    ),
    QT_TRANSLATE_NOOP(
        "notes", "the data window does not cover the display window; the rest became black"
    ),
    QT_TRANSLATE_NOOP(
        "notes", "CMYK without a usable profile was converted to sRGB with the simple formula"
    ),
    QT_TRANSLATE_NOOP("notes", "CMYK was converted to sRGB with its profile"),
    QT_TRANSLATE_NOOP("notes", "Lab was converted to sRGB"),
    QT_TRANSLATE_NOOP("notes", "the inks of the duotone were treated as gray"),
    QT_TRANSLATE_NOOP("notes", "the file calls its colors linear, but they were treated as sRGB"),
    QT_TRANSLATE_NOOP("notes", "the gamma of %1 in the file was undone"),
    QT_TRANSLATE_NOOP("notes", "%1 NaN became 0"),
    QT_TRANSLATE_NOOP("notes", "%1 infinite values became %2"),
    QT_TRANSLATE_NOOP("notes", "floats of %1 bits were rounded to 32 bits"),
    QT_TRANSLATE_NOOP("notes", "%1 samples of %2 bits became floats, %3"),
    QT_TRANSLATE_NOOP("notes", "signed"),
    QT_TRANSLATE_NOOP("notes", "unsigned"),
    QT_TRANSLATE_NOOP("notes", "rounded to 24 binary digits"),
    QT_TRANSLATE_NOOP("notes", "which keep their values"),
    QT_TRANSLATE_NOOP("notes", "JPEG samples of %1 bits were stretched to %2 bits"),
    QT_TRANSLATE_NOOP("notes", "samples above the maximum %1 of the file were clipped"),
    QT_TRANSLATE_NOOP("notes", "premultiplied alpha was made straight"),
    QT_TRANSLATE_NOOP("notes", "transparency that hides the whole picture was left out"),
    QT_TRANSLATE_NOOP("notes", "the last channel has no label and was treated as alpha"),
    # damage of files
    QT_TRANSLATE_NOOP("notes", "the file is a %1, though %2"),
    QT_TRANSLATE_NOOP("notes", "the file claims %1 frames, but holds %2"),
    QT_TRANSLATE_NOOP(
        "notes",
        "the file is cut short: a part of the picture is missing; get another copy of the file",
    ),
    QT_TRANSLATE_NOOP("notes", "the file has no end marker; all its pixels were read"),
    QT_TRANSLATE_NOOP("notes", "the JPEG data are damaged; parts of the picture may be wrong"),
    QT_TRANSLATE_NOOP("notes", "some scans of the JPEG are missing, and with them fine detail"),
    QT_TRANSLATE_NOOP("notes", "the file contains a losslessly recompressed JPEG, which was read"),
    QT_TRANSLATE_NOOP("notes", "the JPEG from which the file was made cannot be recovered"),
    QT_TRANSLATE_NOOP("notes", "the EXIF block is damaged and was left out"),
    QT_TRANSLATE_NOOP("notes", "the ICC profile is incomplete and was left out"),
    QT_TRANSLATE_NOOP("notes", "the damaged ICC profile was left out"),
    QT_TRANSLATE_NOOP("notes", "the damaged XMP was left out"),
    QT_TRANSLATE_NOOP("notes", "the damaged %1 chunk was left out"),
    QT_TRANSLATE_NOOP("notes", "a damaged %1 box was left out"),
    QT_TRANSLATE_NOOP("notes", "rows %1 to %2 are damaged"),
    QT_TRANSLATE_NOOP("notes", "the tags are damaged; metadata were left out"),
    QT_TRANSLATE_NOOP("notes", "the stack has more pages in %1 other files"),
    QT_TRANSLATE_NOOP(
        "notes", "the regions (ROI) in the OME-XML still have the coordinates of the source"
    ),
    # camera RAW
    QT_TRANSLATE_NOOP(
        "notes", "the file does not state the colors of the camera; they were treated as sRGB"
    ),
    QT_TRANSLATE_NOOP("notes", "the colors of this camera are unknown; they were treated as sRGB"),
    QT_TRANSLATE_NOOP("notes", "the file states no white balance; daylight was assumed"),
    QT_TRANSLATE_NOOP("notes", "no sample is above %1 of %2; set the white level"),
    QT_TRANSLATE_NOOP("notes", "the DNG was demosaiced by the program that made it"),
    QT_TRANSLATE_NOOP("notes", "LibRaw demosaiced the picture, because the camera has %1"),
    QT_TRANSLATE_NOOP("notes", "an X-Trans sensor"),
    QT_TRANSLATE_NOOP("notes", "a monochrome sensor"),
    QT_TRANSLATE_NOOP("notes", "a sensor with the colors %1"),
    QT_TRANSLATE_NOOP("notes", "not applied: %1 of the DNG"),
    QT_TRANSLATE_NOOP("notes", "%1 of the sensor, filled from the neighbors"),
    QT_TRANSLATE_NOOP("notes", "1 dead pixel"),
    QT_TRANSLATE_NOOP("notes", "%1 dead pixels"),
    QT_TRANSLATE_NOOP("notes", "%1 were removed, because the result is already developed"),
    QT_TRANSLATE_NOOP("notes", "settings of %1"),
    QT_TRANSLATE_NOOP("notes", "metadata of the sidecar %1 were used"),
    QT_TRANSLATE_NOOP("notes", "the sidecar %1 was left out, because it is too large"),
    QT_TRANSLATE_NOOP("notes", "the sidecar %1 was left out, because it is damaged"),
    QT_TRANSLATE_NOOP("notes", "the sidecar %1 cannot be read: %2"),
    # parts of lists
    QT_TRANSLATE_NOOP("notes", "gain map"),
    QT_TRANSLATE_NOOP("notes", "color profile"),
    QT_TRANSLATE_NOOP("notes", "transparency"),
    QT_TRANSLATE_NOOP("notes", "maker note"),
    QT_TRANSLATE_NOOP("notes", "depth map"),
    QT_TRANSLATE_NOOP("notes", "motion photo"),
    QT_TRANSLATE_NOOP("notes", "extended XMP"),
    QT_TRANSLATE_NOOP("notes", "second EXIF"),
    QT_TRANSLATE_NOOP("notes", "second XMP packet"),
    QT_TRANSLATE_NOOP("notes", "times of frames"),
    QT_TRANSLATE_NOOP("notes", "axes of the stack"),
    QT_TRANSLATE_NOOP("notes", "overscan (pixels outside the display window)"),
    QT_TRANSLATE_NOOP("notes", "metadata of an unknown kind"),
    QT_TRANSLATE_NOOP("notes", "gain map of another shape"),
    QT_TRANSLATE_NOOP("notes", "the picture before the animation"),
    QT_TRANSLATE_NOOP("notes", "%1 reduced pages or masks"),
    QT_TRANSLATE_NOOP("notes", "1 layer"),
    QT_TRANSLATE_NOOP("notes", "%1 layers"),
    QT_TRANSLATE_NOOP("notes", "other pictures: %1 (MPF)"),
)
