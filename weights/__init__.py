"""Data only: the catalog of models, the included weights and their training recipes."""
