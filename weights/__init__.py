"""Weights are data: the catalogue, the small embedded networks and where they came from."""
