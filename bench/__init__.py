"""Benchmarks with a fixed command line: ``scripts/bench --help``."""
