"""Analyze models and results: comparisons, benchmarks, attention maps, verification."""
