"""Tile geometry in numpy: overlap, blending and padding."""
