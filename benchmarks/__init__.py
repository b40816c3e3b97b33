"""Comparison with other libraries, and runs under faults and a small rate limit: ``python -m benchmarks``."""
