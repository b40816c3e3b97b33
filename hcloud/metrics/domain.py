from __future__ import annotations

from datetime import datetime
from typing import Literal

from ..core import Always, BaseDomain, Received, Timestamp, record

__all__ = ["Metrics", "TimeSeries"]

TimeSeries = dict[str, dict[Literal["values"], list[tuple[float, str]]]]
"""Measurements by metric name: pairs of a Unix time, in seconds, and a value, as decimal text."""


@record
class Metrics(BaseDomain, Received, shown=("start", "end", "step")):
    """Measurements of a resource in a period of time."""

    start: Timestamp[datetime] = Timestamp()
    """Start of the period, UTC."""
    end: Timestamp[datetime] = Timestamp()
    """End of the period, UTC."""
    step: Always[float] = Always()
    """Time between two values, in seconds."""
    time_series: Always[TimeSeries] = Always()
    """Measurements by metric name, such as ``cpu``."""
