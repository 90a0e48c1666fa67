"""Weights are data: the catalog, the small embedded networks and where they came from."""
