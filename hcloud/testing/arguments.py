"""Checks of the numbers that a test passes to a fake, where the mistake is made and not where the number is used."""

from __future__ import annotations

from math import isfinite
from typing import Any

__all__ = ["check_count", "check_seconds", "check_time"]


def check_count(name: str, count: Any, minimum: int = 1) -> None:
    """Check an argument that is a whole number.

    :raises ValueError: if it is not, or less than the minimum
    """
    if not isinstance(count, int) or count < minimum:
        raise ValueError(f"{name} must be at least {minimum}, not {count!r}")


def check_seconds(name: str, seconds: Any) -> None:
    """Check an argument that is a duration.

    :raises ValueError: if it is negative, not finite, or no number
    """
    if not _is_number(seconds) or seconds < 0:
        raise ValueError(f"{name} must be 0 seconds or more, not {seconds!r}")


def check_time(name: str, time: Any) -> None:
    """Check an argument that is a point in time.

    :raises ValueError: if it is not finite, or no number
    """
    if not _is_number(time):
        hint = "; pass its timestamp()" if hasattr(time, "timestamp") else ""
        raise ValueError(f"{name} must be a number of seconds since 1970, not {time!r}{hint}")


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float)) and isfinite(value)
