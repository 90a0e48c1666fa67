"""Tiles that overlap, blend and pad: pure geometry on numpy."""
