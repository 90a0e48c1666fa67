"""Evaluate models on test sets with the papers' protocols."""
