"""Measurements that look like something: smooth, repeatable, of the resolution that was asked for."""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import timezone

from dateutil.parser import isoparse

from .clock import iso
from .error_responses import invalid
from .schema import Record

__all__ = ["series"]

USUAL_SAMPLES = 200
MOST_SAMPLES = 500


def _moment(field: str, text: str) -> float:
    try:
        # A plus sign that was not quoted arrives as a space.
        found = isoparse(text.strip().replace(" ", "+"))
        moment = (found if found.tzinfo else found.replace(tzinfo=timezone.utc)).timestamp()
        iso(moment)
    except (OverflowError, ValueError):
        raise invalid(field, "must be a timestamp as in RFC 3339") from None
    return moment


def series(levels: Mapping[str, float], start: str, end: str, step: str | None, seed: int) -> Record:
    """Time series that swing around levels, by name.

    :param step: seconds between two samples; default so that there are about 200, never so that there are over 500.
    :param seed: what makes them differ: the id of what is measured.
    :raises ErrorResponse: ``invalid_input``
    """
    begun, ended = _moment("start", start), _moment("end", end)
    if ended <= begun:
        raise invalid("end", "must be after start")
    try:
        seconds = float(step) if step else math.ceil((ended - begun) / USUAL_SAMPLES)
    except ValueError:
        seconds = 0.0
    if not 0 < seconds < math.inf:
        raise invalid("step", "must be a positive number of seconds")
    seconds = max(1, math.ceil(max(seconds, (ended - begun) / MOST_SAMPLES)))
    moments = [begun + at * seconds for at in range(int((ended - begun) // seconds) + 1)][:MOST_SAMPLES]
    return {
        "start": iso(begun),
        "end": iso(ended),
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
