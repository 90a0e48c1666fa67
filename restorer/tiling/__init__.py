"""Geometry of tiles in numpy: overlap, blending and padding."""
