"""Analysis of models: comparisons, benchmarks and attention maps."""
