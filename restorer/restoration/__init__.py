"""Restore an image: steps, conditions, strength, references."""
