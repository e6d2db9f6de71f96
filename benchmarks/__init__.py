"""Benchmarks, each beside its peer in one run; results as JSON in benchmarks/results/."""
