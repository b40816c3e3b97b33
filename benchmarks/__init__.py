"""What the library costs beside others, and how it fares under faults and a small budget: ``python -m benchmarks``."""
