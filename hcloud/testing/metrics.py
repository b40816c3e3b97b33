"""Metrics: time series that are smooth and reproducible."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import UTC

from dateutil.parser import isoparse

from .clock import iso
from .error_responses import invalid
from .schema import Record

__all__ = ["series"]

DEFAULT_SAMPLES = 200
MAX_SAMPLES = 500


def _moment(field: str, text: str) -> float:
    try:
        # A plus sign that was not percent-encoded arrives as a space.
        parsed = isoparse(text.strip().replace(" ", "+"))
        moment = (parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp()
        iso(moment)
    except (OverflowError, ValueError):
        raise invalid(field, "must be a timestamp as in RFC 3339") from None
    return moment


def series(levels: Mapping[str, float], start: str, end: str, step: str | None, seed: int) -> Record:
    """Return time series that oscillate around levels.

    :param levels: Mean values by name of the series
    :param step: Seconds between two samples; by default about 200 samples are returned. The number is increased
        if there would be more than 500 samples.
    :param seed: ID of the measured resource; the series of different resources differ
    :raises ErrorResponse: ``invalid_input``
    """
    first, last = _moment("start", start), _moment("end", end)
    if last <= first:
        raise invalid("end", "must be after start")
    try:
        seconds = float(step) if step else math.ceil((last - first) / DEFAULT_SAMPLES)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise invalid("step", "must be a positive number of seconds")
    seconds = max(1, math.ceil(max(seconds, (last - first) / MAX_SAMPLES)))
    moments = [first + at * seconds for at in range(int((last - first) // seconds) + 1)][:MAX_SAMPLES]
    return {
        "start": iso(first),
        "end": iso(last),
        "step": seconds,
        "time_series": {
            name: {"values": [[moment, f"{_level(level, moment, seed + at):.6f}"] for moment in moments]}
            for at, (name, level) in enumerate(levels.items())
        },
    }


def _level(level: float, moment: float, seed: int) -> float:
    day = math.sin(2 * math.pi * (moment % 86400) / 86400 + seed)
    quarter = math.sin(2 * math.pi * (moment % 900) / 900 + 2 * seed)
    return max(0.0, level * (1 + 0.4 * day + 0.1 * quarter))
