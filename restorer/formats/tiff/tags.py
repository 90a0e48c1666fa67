"""Values of the tags of TIFF files that say how pixels are stored."""

from __future__ import annotations

# PhotometricInterpretation
WHITE_IS_ZERO, BLACK_IS_ZERO, RGB, PALETTE = 0, 1, 2, 3
CMYK, YCBCR, CIELAB, ICCLAB = 5, 6, 8, 9
COLORS = {0: 1, 1: 1, 2: 3, 3: 1, 5: 4, 6: 3, 8: 3, 9: 3}  # samples without extra ones
# ExtraSamples
ASSOCIATED, STRAIGHT = 1, 2
# Compression
LZW = 5
JPEG = (6, 7)  # the kinds that turn YCbCr into RGB themselves
# SampleFormat
UNSIGNED, SIGNED, FLOAT = 1, 2, 3
