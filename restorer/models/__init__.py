"""Models: the catalog, weights, checkpoints, and the networks built from them."""
