"""The attention map: the parts of a picture that a network uses for a pixel."""
