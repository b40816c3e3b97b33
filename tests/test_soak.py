"""A short soak; ``python -m benchmarks soak`` is the long one."""

from __future__ import annotations

from benchmarks.soak import soak, soak_async


def test_a_short_soak() -> None:
    report = soak(threads=16, calls=25, patience=0.5, limit=60)
    assert report.problems == [], report
    assert report.calls == 400
    assert report.mishaps, "no mishap happened"


def test_a_short_soak_of_an_asynchronous_client() -> None:
    report = soak_async(tasks=40, calls=10, patience=0.5, limit=60)
    assert report.problems == [], report
    assert report.calls == 400
    assert report.mishaps, "no mishap happened"
