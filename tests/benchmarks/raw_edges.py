"""The picture of demosaiced edges in docs/files.md: `python tests/benchmarks/raw_edges.py`.

A chart is drawn in code, sampled by a sensor and written as DNG; LibRaw's AHD and DCB and the
network demosaic the file, in the colors of the camera.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont
from raw import BLACK, NEUTRAL, demosaiced
from raw_files import write_dng

from restorer.formats.color import matrix
from restorer.sensor import bayer

TARGET = Path(__file__).parents[2] / "docs" / "raw-edges.png"
SIDE, FINE, ZOOM, LABEL = 96, 8, 3, 26
WHITE = 16_383


def chart() -> NDArray[np.float32]:
    """Return linear colors: a star, slanted lines and colored edges."""
    side = SIDE * FINE
    picture = Image.new("RGB", (side, side), (225, 222, 215))
    draw = ImageDraw.Draw(picture)
    center, radius = side * 0.32, side * 0.29
    box = [center - radius, center - radius, center + radius, center + radius]
    for spoke in range(0, 36, 2):
        draw.pieslice(box, spoke * 10, spoke * 10 + 10, fill=(35, 32, 30))
    for line in range(9):
        x = side * (0.68 + 0.035 * line)
        draw.line([x, side * 0.04, x + side * 0.05, side * 0.6], fill=(40, 40, 45), width=FINE)
    draw.polygon([(0, side * 0.72), (side * 0.5, side * 0.66), (side * 0.5, side), (0, side)],
                 fill=(180, 40, 45))  # fmt: skip
    draw.polygon([(side * 0.25, side * 0.7), (side * 0.75, side * 0.95), (side * 0.2, side)],
                 fill=(40, 75, 160))  # fmt: skip
    for line in range(7):
        y = side * (0.68 + 0.04 * line)
        draw.line([side * 0.6, y, side, y + side * 0.02], fill=(60, 120, 60), width=FINE * 2)
    linear = matrix.decoded(np.asarray(picture, np.float32) / np.float32(255))
    return linear.reshape(SIDE, FINE, SIDE, FINE, 3).mean((1, 3))


def main() -> None:
    """Write the picture."""
    linear = chart()
    samples = np.zeros(linear.shape[:2])
    for y, x, color in bayer.sites("rggb"):
        samples[y::2, x::2] = linear[y::2, x::2, color] * NEUTRAL[color]
    counts = np.rint(samples * (WHITE - BLACK) + BLACK).astype(np.uint16)
    with tempfile.TemporaryDirectory() as folder:
        dng = Path(folder, "a.dng")
        write_dng(dng, counts, white=(50717, 4, 1, WHITE))
        found = [("truth", linear), *demosaiced(dng, noisy=False)]
    width = SIDE * ZOOM
    sheet = Image.new("RGB", (len(found) * (width + 8) - 8, width + LABEL), "white")
    draw, font = ImageDraw.Draw(sheet), ImageFont.load_default(16)
    for number, (name, colors) in enumerate(found):
        shown = np.rint(matrix.encoded(np.clip(colors, 0, 1)) * 255).astype(np.uint8)
        tile = Image.fromarray(shown).resize((width, width), Image.Resampling.NEAREST)
        sheet.paste(tile, (number * (width + 8), LABEL))
        draw.text((number * (width + 8), 2), name, fill="black", font=font)
    sheet.quantize(192, dither=Image.Dither.NONE).save(TARGET, optimize=True)


if __name__ == "__main__":
    main()
