from __future__ import annotations

from typing import Literal

from ..core import BaseDomain, Timestamp, record

__all__ = ["Metrics", "TimeSeries"]

TimeSeries = dict[str, dict[Literal["values"], list[tuple[float, str]]]]
"""Measurements by metric name: pairs of a Unix time, in seconds, and a value, as decimal text."""


@record
class Metrics(BaseDomain, shown=("start", "end", "step")):
    """Measurements of a resource in a period of time."""

    start: Timestamp = Timestamp()
    """Start of the period, UTC."""
    end: Timestamp = Timestamp()
    """End of the period, UTC."""
    step: float = None  # type: ignore[assignment]  # always sent by the API
    """Time between two values, in seconds."""
    time_series: TimeSeries = None  # type: ignore[assignment]  # always sent by the API
    """Measurements by metric name, such as ``cpu``."""
