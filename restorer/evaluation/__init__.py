"""Evaluation of models on test sets by the papers' protocols."""
