"""Metrics: what was measured of a resource over time."""

from __future__ import annotations

from .domain import Metrics, TimeSeries

__all__ = ["Metrics", "TimeSeries"]
