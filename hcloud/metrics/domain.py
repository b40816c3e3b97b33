from __future__ import annotations

from typing import Literal

from ..core import BaseDomain, Timestamp, record

__all__ = ["Metrics", "TimeSeries"]

TimeSeries = dict[str, dict[Literal["values"], list[tuple[float, str]]]]
"""What was measured, by name: pairs of a time, in seconds since 1970, and a number as text."""


@record
class Metrics(BaseDomain):
    """What was measured of a resource in a span of time."""

    start: Timestamp = Timestamp()
    """Where the span begins."""
    end: Timestamp = Timestamp()
    """Where the span ends."""
    step: float = None  # type: ignore[assignment]  # the API sends it always
    """Seconds between two values."""
    time_series: TimeSeries = None  # type: ignore[assignment]  # this, too
    """The values, by what was measured."""
